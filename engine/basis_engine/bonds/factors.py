"""Conversion factors of Treasury futures.

The factor is the price, per 1 of face, at which the security would yield 6% on the first day of the delivery
month (CME Group, "Calculating U.S. Treasury Futures Conversion Factors"); n, z, v, a, b, c, d are theirs.
"""

import math

from basis_engine.base.compile import kernel
from basis_engine.base.units import Day, Rate
from basis_engine.bonds.dates import civil_from_days

LOG_HALF_YEAR_GROWTH = math.log(1.03)


@kernel
def months_to_maturity(maturity: Day, delivery_month_first_day: Day) -> int:
    """Whole months from the first day of the delivery month to maturity, rounded down."""
    year, month, _ = civil_from_days(maturity)
    delivery_year, delivery_month, _ = civil_from_days(delivery_month_first_day)
    return 12 * (year - delivery_year) + month - delivery_month


@kernel
def conversion_factor(is_long: bool, coupon: Rate, maturity: Day, delivery_month_first_day: Day) -> float:
    """Round a (c/2 + C + d) - b to four decimals; long is TY, TN, TWE, US, UB: quarters, not months."""
    c = math.floor(coupon * 800.0 + 0.5) / 800.0
    n, z = divmod(months_to_maturity(maturity, delivery_month_first_day), 12)
    if is_long:
        z -= z % 3
    if z < 7:
        v, half_years = z, 2 * n
    else:
        v, half_years = (3 if is_long else z - 6), 2 * n + 1
    a = math.exp(-LOG_HALF_YEAR_GROWTH * v / 6.0)
    b = 0.5 * c * (6 - v) / 6.0
    principal = math.exp(-LOG_HALF_YEAR_GROWTH * half_years)
    d = c / 0.06 * (1.0 - principal)
    return math.floor((a * (0.5 * c + principal + d) - b) * 1e4 + 0.5) / 1e4
