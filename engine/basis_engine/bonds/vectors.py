"""Bond arithmetic over rows: each loop applies one scalar kernel to columns of equal length.

The columns are the arguments of the scalar kernel, in its order: rates and prices float64, dates int64 days since
1970-01-01. One more argument, the last, is the column of results.
"""

from collections.abc import Callable
from inspect import signature
from typing import Any

from basis_engine.base.compile import kernel
from basis_engine.bonds import delivery, factors, prices

LOOP = """
def {name}({columns}, out):
    for i in range(len(out)):
        out[i] = scalar({cells})
"""


def row_loop(name: str, scalar: Callable[..., float]) -> Callable[..., None]:
    """Compile a loop over rows of a scalar kernel, of as many columns as the kernel has arguments.

    The loop is written as source because a compiled loop cannot unpack columns of several types. `numba.vectorize`
    compiled and ran as fast, but loads in 0.4 s more, warns where NumPy would (a missing yield is nan here, without
    a warning) and does not run interpreted.
    """
    columns = tuple(signature(scalar).parameters)
    source = LOOP.format(name=name, columns=", ".join(columns), cells=", ".join(f"{column}[i]" for column in columns))
    namespace: dict[str, Any] = {"scalar": scalar, "__name__": __name__}
    exec(compile(source, __file__, "exec"), namespace)  # of this file, beside which numba caches it
    return kernel(namespace[name])


accrued_interests = row_loop("accrued_interests", prices.accrued_interest)
clean_prices = row_loop("clean_prices", prices.price)
yields_to_maturity = row_loop("yields_to_maturity", prices.yield_to_maturity)
modified_durations = row_loop("modified_durations", prices.modified_duration)
conversion_factors = row_loop("conversion_factors", factors.conversion_factor)
forward_prices = row_loop("forward_prices", delivery.forward_price_reinvested)
net_bases = row_loop("net_bases", delivery.net_basis)
implied_repos = row_loop("implied_repos", delivery.implied_repo)
implied_repos_reinvested = row_loop("implied_repos_reinvested", delivery.implied_repo_reinvested)
