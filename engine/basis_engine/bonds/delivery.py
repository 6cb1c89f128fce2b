"""From the cash bond to the future: basis, carry, implied repo, forward price.

Money is actual/360, simple. Coupons paid between settlement and delivery are reinvested to delivery, at the
repo rate itself unless another rate is given (Burghardt and Belton, "The Treasury Bond Basis", ch. 2-3).
With D the dirty price, T the days to delivery, I the coupons and t their days to delivery:
forward = D (1 + r T/360) - sum I (1 + r t/360) - AI(delivery), and carry = clean - forward.
"""

import math

from basis_engine.base.compile import kernel
from basis_engine.base.units import Day, Points, Rate
from basis_engine.bonds.dates import coupon_date, coupons_left
from basis_engine.bonds.prices import accrued_interest


@kernel
def coupon_income(coupon: Rate, maturity: Day, settle: Day, delivery: Day) -> tuple[float, float]:
    """(sum I, sum I t): coupons paid after settlement up to delivery, and their money-days."""
    income = 0.0
    income_days = 0.0
    for k in range(coupons_left(maturity, delivery), coupons_left(maturity, settle)):
        income += 50.0 * coupon
        income_days += 50.0 * coupon * (delivery - coupon_date(maturity, k))
    return income, income_days


@kernel
def forward_price_reinvested(
    clean: Points, coupon: Rate, maturity: Day, settle: Day, delivery: Day, repo: Rate, reinvestment: Rate
) -> Points:
    """Clean forward price with coupons reinvested at a rate of their own."""
    dirty = clean + accrued_interest(coupon, maturity, settle)
    income, income_days = coupon_income(coupon, maturity, settle, delivery)
    financed = dirty * (1.0 + repo * (delivery - settle) / 360.0)
    return financed - income - reinvestment * income_days / 360.0 - accrued_interest(coupon, maturity, delivery)


@kernel
def forward_price(clean: Points, coupon: Rate, maturity: Day, settle: Day, delivery: Day, repo: Rate) -> Points:
    """Clean forward price with coupons reinvested at repo."""
    return forward_price_reinvested(clean, coupon, maturity, settle, delivery, repo, repo)


@kernel
def futures_from_forward(forward: Points, factor: float) -> Points:
    """The futures price at which delivery of this bond costs its forward price."""
    return forward / factor


@kernel
def gross_basis(clean: Points, futures: Points, factor: float) -> Points:
    """P - F CF, in price points."""
    return clean - futures * factor


@kernel
def carry(clean: Points, coupon: Rate, maturity: Day, settle: Day, delivery: Day, repo: Rate) -> Points:
    """Coupon income less financing cost, settlement to delivery: the spot price less the forward."""
    return clean - forward_price(clean, coupon, maturity, settle, delivery, repo)


@kernel
def net_basis(
    clean: Points,
    futures: Points,
    factor: float,
    coupon: Rate,
    maturity: Day,
    settle: Day,
    delivery: Day,
    repo: Rate,
) -> Points:
    """Basis net of carry (BNOC), gross basis - carry = forward - F CF: what the short's options cost."""
    return forward_price(clean, coupon, maturity, settle, delivery, repo) - futures * factor


@kernel
def delivery_gain(
    clean: Points, futures: Points, factor: float, coupon: Rate, maturity: Day, settle: Day, delivery: Day
) -> tuple[float, float, float]:
    """(F CF + AI(d) + sum I - D, D T, sum I t): what delivery earns, and the money-days it ties up."""
    dirty = clean + accrued_interest(coupon, maturity, settle)
    income, income_days = coupon_income(coupon, maturity, settle, delivery)
    invoice = futures * factor + accrued_interest(coupon, maturity, delivery)
    return invoice + income - dirty, dirty * (delivery - settle), income_days


@kernel
def implied_repo(
    clean: Points, futures: Points, factor: float, coupon: Rate, maturity: Day, settle: Day, delivery: Day
) -> Rate:
    """[(F CF + AI(d) + sum I) - D] 360 / (D T - sum I t): the repo at which the net basis is nil."""
    gain, lent, income_days = delivery_gain(clean, futures, factor, coupon, maturity, settle, delivery)
    return 360.0 * gain / (lent - income_days) if lent > income_days else math.nan


@kernel
def implied_repo_reinvested(
    clean: Points,
    futures: Points,
    factor: float,
    coupon: Rate,
    maturity: Day,
    settle: Day,
    delivery: Day,
    reinvestment: Rate,
) -> Rate:
    """Implied repo with coupons reinvested at a rate of their own."""
    gain, lent, income_days = delivery_gain(clean, futures, factor, coupon, maturity, settle, delivery)
    return (360.0 * gain + reinvestment * income_days) / lent if lent > 0.0 else math.nan
