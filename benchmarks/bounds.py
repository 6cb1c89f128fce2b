"""What one core can do, by a triad and by multiply-adds in C, and the least time of a quiet fund-day by each."""

import ctypes

import numpy as np

from benchmarks.c_twin import built, struct
from benchmarks.harness import Contender, Fact, race

GROUP = "bounds of one core"
DOUBLES = 8_000_000
"""Of each array of the triad: more than caches hold."""
CHAINS, TIMES = 96, 200_000
"""Multiply-adds in one turn of the loop, and turns."""
OPERATIONS = 270
"""Additions, multiplications and divisions of a quiet day of one position, counted in the source of twin.c."""
DAYS = 250


def machine_bounds(rounds: int) -> list[Fact]:
    """Bandwidth, arithmetic, and what a quiet fund-day takes at the least if only the one or the other counts."""
    code, rows = built("bounds.c"), [np.zeros(DOUBLES) for _ in range(3)]
    triad = [ctypes.c_void_p(row.ctypes.data) for row in rows]
    contenders = [
        Contender("triad", lambda: code.triad(*triad, ctypes.c_int64(DOUBLES)), 3 * 8 * DOUBLES),
        Contender("multiply-adds", lambda: code.multiply_adds(ctypes.c_int64(TIMES)), CHAINS * TIMES),
    ]
    byte, pair = (min(one.seconds) for one in race(GROUP, "unit", contenders, rounds))
    moved = sum(struct(name).itemsize for name in ("FundTerms", "PositionTerms", "Dealers", "Outcome")) / DAYS
    return [
        Fact(GROUP, "memory, triad", 1e-9 / byte, "GB a second"),
        Fact(GROUP, "arithmetic, multiply-adds", 2e-9 / pair, "thousand million operations a second"),
        Fact(GROUP, f"{moved:.1f} bytes of a quiet fund-day", 1e9 * moved * byte, "ns"),
        Fact(GROUP, f"{OPERATIONS} operations of a quiet fund-day, none fused", 1e9 * OPERATIONS * pair, "ns"),
    ]
