"""Treasury notes and bonds: accrued interest, price, yield and risk, per 100 face.

Street convention (31 CFR 356, appendix B; Fabozzi, "Bond Markets", ch. 4): actual/actual semi-annual
compounding, simple interest in the last coupon period. With n coupons left, the first after a fraction w of a
period, g = log(1 + y/2) and v = exp(-g), the dirty price is 100 v^w [c/2 (1 + v + ... + v^(n-1)) + v^(n-1)].
Settlement is before maturity throughout: the border refuses anything else.
"""

import math

from basis_engine.base.compile import kernel
from basis_engine.base.units import Day, Points, Rate, Years
from basis_engine.bonds.dates import coupon_period, coupons_left

NEWTON_STEPS = 100
LARGEST_EXPONENT = 709.0
# Below this rate the closed form of the weighted annuity loses more than three digits to cancellation.
SUM_TERMS_BELOW = 1e-3


@kernel
def accrued_interest(coupon: Rate, maturity: Day, settle: Day) -> Points:
    """100 c/2 (days since the last coupon) / (days in the coupon period)."""
    _, wait = coupon_period(maturity, settle)
    return 50.0 * coupon * (1.0 - wait)


@kernel
def coupons_between(coupon: Rate, maturity: Day, start: Day, end: Day) -> Points:
    """Sum of the coupons paid after start, up to and on end."""
    return 50.0 * coupon * (coupons_left(maturity, start) - coupons_left(maturity, end))


@kernel
def annuity(g: float, count: int) -> float:
    """1 + v + ... + v^(n-1) = expm1(-n g) / expm1(-g), exact at zero, tiny and negative rates."""
    if g == 0.0:
        return float(count)
    return math.expm1(-count * g) / math.expm1(-g)


@kernel
def weighted_annuity(g: float, count: int) -> float:
    """Sum of k v^k, k = 1 to n-1: v + 2 v^2 + ... + (n-1) v^(n-1)."""
    if abs(g) < SUM_TERMS_BELOW:
        total = 0.0
        for k in range(1, count):
            total += k * math.exp(-k * g)
        return total
    return (math.exp(-g) * annuity(g, count) - count * math.exp(-count * g)) / -math.expm1(-g)


@kernel
def compounded_price(g: float, coupon: Rate, count: int, wait: float) -> Points:
    """Dirty price with compound interest throughout."""
    principal = math.exp(-g * (count - 1))
    return 100.0 * math.exp(-g * wait) * (0.5 * coupon * annuity(g, count) + principal)


@kernel
def compounded_periods(g: float, coupon: Rate, count: int, wait: float) -> float:
    """Macaulay duration in half-years: the value-weighted mean of the times w, w + 1, ... w + n - 1."""
    principal = math.exp(-g * (count - 1))
    value = 0.5 * coupon * annuity(g, count) + principal
    return wait + (0.5 * coupon * weighted_annuity(g, count) + (count - 1) * principal) / value


@kernel
def present_value(yield_: Rate, coupon: Rate, count: int, wait: float) -> Points:
    """Dirty price, simple interest in the last period; nan where the yield discounts by nothing or less."""
    if count == 1:
        growth = 1.0 + 0.5 * yield_ * wait
        return (100.0 + 50.0 * coupon) / growth if growth > 0.0 else math.nan
    if not yield_ > -2.0:
        return math.nan
    return compounded_price(math.log1p(0.5 * yield_), coupon, count, wait)


@kernel
def price(yield_: Rate, coupon: Rate, maturity: Day, settle: Day) -> Points:
    """Clean price: present value less accrued interest."""
    count, wait = coupon_period(maturity, settle)
    return present_value(yield_, coupon, count, wait) - 50.0 * coupon * (1.0 - wait)


@kernel
def compounded_rate(dirty: Points, coupon: Rate, count: int, wait: float) -> float:
    """The g at which the compounded price is the given one.

    Newton on log price against g: it is convex and its slope stays between -w and -(w + n - 1), so the
    iteration converges from every start, and the coupon rate is a near one. A step to the left stops where
    the last payment alone is worth the price, which keeps exponentials in range.
    """
    lowest = -math.log(dirty / (100.0 + 50.0 * coupon)) / (wait + count - 1)
    g = math.log1p(0.5 * coupon)
    for _ in range(NEWTON_STEPS):
        excess = math.log(compounded_price(g, coupon, count, wait) / dirty)
        step = excess / compounded_periods(g, coupon, count, wait)
        g = max(g + step, lowest)
        if abs(step) < 1e-10:  # the next step would be its square
            return g
    return math.nan


@kernel
def yield_to_maturity(clean: Points, coupon: Rate, maturity: Day, settle: Day) -> Rate:
    """The yield at which `price` is the clean price; nan if the dirty price is not positive."""
    count, wait = coupon_period(maturity, settle)
    dirty = clean + 50.0 * coupon * (1.0 - wait)
    if not 0.0 < dirty < math.inf:
        return math.nan
    if count == 1:
        return 2.0 * ((100.0 + 50.0 * coupon) / dirty - 1.0) / wait
    g = compounded_rate(dirty, coupon, count, wait)
    return math.inf if g > LARGEST_EXPONENT else 2.0 * math.expm1(g)


@kernel
def yield_sensitivity(yield_: Rate, coupon: Rate, count: int, wait: float) -> Years:
    """-(dP/dy) / P in years, P the dirty price."""
    if count == 1:
        growth = 1.0 + 0.5 * yield_ * wait
        return 0.5 * wait / growth if growth > 0.0 else math.nan
    if not yield_ > -2.0:
        return math.nan
    growth = 1.0 + 0.5 * yield_
    return 0.5 * compounded_periods(math.log1p(0.5 * yield_), coupon, count, wait) / growth


@kernel
def modified_duration(yield_: Rate, coupon: Rate, maturity: Day, settle: Day) -> Years:
    """Relative loss of dirty price per unit of yield, in years."""
    count, wait = coupon_period(maturity, settle)
    return yield_sensitivity(yield_, coupon, count, wait)


@kernel
def dv01(yield_: Rate, coupon: Rate, maturity: Day, settle: Day) -> Points:
    """Price points lost when the yield rises by a basis point."""
    count, wait = coupon_period(maturity, settle)
    duration = yield_sensitivity(yield_, coupon, count, wait)
    return 1e-4 * duration * present_value(yield_, coupon, count, wait)
