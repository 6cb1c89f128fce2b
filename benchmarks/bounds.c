/* What one core of the machine can do: bytes through memory, and multiply-adds in registers. */

#include <stdint.h>

typedef double Num __attribute__((vector_size(64)));
enum { CHAINS = 12 }; /* as many as hide the latency of a multiply-add */

void triad(double *restrict sum, const double *restrict a, const double *restrict b, int64_t count) {
    for (int64_t i = 0; i < count; i++) sum[i] = a[i] + 3.0 * b[i];
}

double multiply_adds(int64_t times) {
    Num x[CHAINS], total = {0};
    for (int i = 0; i < CHAINS; i++) x[i] = total + i;
    for (int64_t t = 0; t < times; t++)
#pragma GCC unroll 12
        for (int i = 0; i < CHAINS; i++) x[i] = x[i] * 0.999 + 0.001;
    for (int i = 0; i < CHAINS; i++) total += x[i];
    return total[0];
}
