"""Bond arithmetic over rows: each loop applies one scalar kernel to columns of equal length.

Rates and prices are float64, dates int64 days since 1970-01-01. The last column is the result.
"""

import numpy as np
from numpy.typing import NDArray

from basis_engine.base.compile import kernel
from basis_engine.bonds import delivery, factors
from basis_engine.bonds import prices as bonds

Floats = NDArray[np.float64]
Days = NDArray[np.int64]


@kernel
def accrued_interests(coupon: Floats, maturity: Days, settle: Days, out: Floats) -> None:
    """Accrued interest, row by row."""
    for i in range(len(out)):
        out[i] = bonds.accrued_interest(coupon[i], maturity[i], settle[i])


@kernel
def prices(yield_: Floats, coupon: Floats, maturity: Days, settle: Days, out: Floats) -> None:
    """Clean prices, row by row."""
    for i in range(len(out)):
        out[i] = bonds.price(yield_[i], coupon[i], maturity[i], settle[i])


@kernel
def yields_to_maturity(clean: Floats, coupon: Floats, maturity: Days, settle: Days, out: Floats) -> None:
    """Yields, row by row."""
    for i in range(len(out)):
        out[i] = bonds.yield_to_maturity(clean[i], coupon[i], maturity[i], settle[i])


@kernel
def modified_durations(yield_: Floats, coupon: Floats, maturity: Days, settle: Days, out: Floats) -> None:
    """Modified durations, row by row."""
    for i in range(len(out)):
        out[i] = bonds.modified_duration(yield_[i], coupon[i], maturity[i], settle[i])


@kernel
def conversion_factors(
    is_long: NDArray[np.bool_], coupon: Floats, maturity: Days, first_day: Days, out: Floats
) -> None:
    """Conversion factors, row by row."""
    for i in range(len(out)):
        out[i] = factors.conversion_factor(is_long[i], coupon[i], maturity[i], first_day[i])


@kernel
def forward_prices(
    clean: Floats,
    coupon: Floats,
    maturity: Days,
    settle: Days,
    delivery_day: Days,
    repo: Floats,
    reinvestment: Floats,
    out: Floats,
) -> None:
    """Clean forward prices, row by row."""
    for i in range(len(out)):
        out[i] = delivery.forward_price_reinvested(
            clean[i], coupon[i], maturity[i], settle[i], delivery_day[i], repo[i], reinvestment[i]
        )


@kernel
def net_bases(
    clean: Floats,
    futures: Floats,
    factor: Floats,
    coupon: Floats,
    maturity: Days,
    settle: Days,
    delivery_day: Days,
    repo: Floats,
    out: Floats,
) -> None:
    """Bases net of carry, row by row."""
    for i in range(len(out)):
        out[i] = delivery.net_basis(
            clean[i], futures[i], factor[i], coupon[i], maturity[i], settle[i], delivery_day[i], repo[i]
        )


@kernel
def implied_repos(
    clean: Floats,
    futures: Floats,
    factor: Floats,
    coupon: Floats,
    maturity: Days,
    settle: Days,
    delivery_day: Days,
    out: Floats,
) -> None:
    """Implied repo rates, coupons reinvested at them, row by row."""
    for i in range(len(out)):
        out[i] = delivery.implied_repo(
            clean[i], futures[i], factor[i], coupon[i], maturity[i], settle[i], delivery_day[i]
        )


@kernel
def implied_repos_reinvested(
    clean: Floats,
    futures: Floats,
    factor: Floats,
    coupon: Floats,
    maturity: Days,
    settle: Days,
    delivery_day: Days,
    reinvestment: Floats,
    out: Floats,
) -> None:
    """Implied repo rates with a reinvestment rate of their own, row by row."""
    for i in range(len(out)):
        out[i] = delivery.implied_repo_reinvested(
            clean[i],
            futures[i],
            factor[i],
            coupon[i],
            maturity[i],
            settle[i],
            delivery_day[i],
            reinvestment[i],
        )
