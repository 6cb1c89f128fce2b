"""Discount factors from two kinds of published Treasury curve, and bond prices on either.

A curve is a kind and one vector of parameters: for ``PAR`` the log discount factors at `NODE_TIMES`, for
``SVENSSON`` the six published parameters (beta0..beta3 in percent, tau1, tau2 in years). Time runs in years
from settlement; the coupons left stand at (w + k) / 2, k = 0, 1, ..., with w the fraction of the coupon
period still to come, so that a new par bond meets the half-year nodes exactly.

Par curve: par yields (semi-annual bond-equivalent; up to half a year simple interest) are interpolated by a
monotone cubic, and discount factors follow half-year by half-year, DF_k = (1 - c_k/2 sum DF) / (1 + c_k/2),
with log DF linear between nodes. Every published point therefore reprices to rounding.
Svensson curve: Gurkaynak, Sack and Wright (2007), J. Monetary Economics 54, eq. 22, continuous compounding.
"""

import math

import numpy as np

from basis_engine.base.compile import kernel
from basis_engine.base.units import Day, Floats, Points, Rate, Years
from basis_engine.bonds.dates import coupon_period
from basis_engine.bonds.pchip import pchip
from basis_engine.bonds.prices import accrued_interest

PAR = 0
SVENSSON = 1

# Bill tenors, then every half-year to 30 years: the half-year node k stands at index k + HALF_YEAR_OFFSET.
NODE_TIMES: Floats = np.array([0.0, 1.0 / 12.0, 0.25, *(0.5 * k for k in range(1, 61))])
HALF_YEAR_OFFSET = 2
LAST_NODE = len(NODE_TIMES) - 1


@kernel
def par_discount_nodes(tenors: Floats, yields: Floats, node_times: Floats, node_log_discounts: Floats) -> None:
    """Fill log discount factors at `NODE_TIMES`; nan yields are absent tenors, nodes past the last nan."""
    node_log_discounts[0] = 0.0
    annuity = 0.0
    for node in range(1, len(node_times)):
        years = node_times[node]
        par_yield = pchip(tenors, yields, years)
        if years < 0.5:
            node_log_discounts[node] = -math.log1p(par_yield * years)
        else:
            discount = (1.0 - 0.5 * par_yield * annuity) / (1.0 + 0.5 * par_yield)
            annuity += discount
            node_log_discounts[node] = math.log(discount) if discount > 0.0 else math.nan


@kernel
def node_after(years: Years) -> int:
    """Index of the first of `NODE_TIMES` at or after a time; the last beyond 30 years."""
    if years > 0.25:
        return min(math.ceil(2.0 * years) + HALF_YEAR_OFFSET, LAST_NODE)
    return 1 if years <= 1.0 / 12.0 else 2


@kernel
def log_discount_from_nodes(node_times: Floats, node_log_discounts: Floats, years: Years) -> float:
    """Log discount factor, linear between nodes; beyond 30 years the last forward rate holds."""
    after = node_after(years)
    start: float = node_log_discounts[after - 1]
    slope: float = (node_log_discounts[after] - start) / (node_times[after] - node_times[after - 1])
    log_discount: float = start + slope * (years - node_times[after - 1])
    return log_discount


@kernel
def log_discount_svensson(parameters: Floats, years: Years) -> float:
    """-t y(t), t y = b0 t + (b1 + b2) tau1 (1 - e1) - b2 t e1 + b3 (tau2 (1 - e2) - t e2) in percent."""
    beta0, beta1, beta2, beta3 = parameters[0], parameters[1], parameters[2], parameters[3]
    tau1, tau2 = parameters[4], parameters[5]
    e1 = math.exp(-years / tau1)
    e2 = math.exp(-years / tau2)
    slope = (beta1 + beta2) * tau1 * (1.0 - e1) - beta2 * years * e1
    hump = beta3 * (tau2 * (1.0 - e2) - years * e2)
    log_discount: float = -0.01 * (beta0 * years + slope + hump)
    return log_discount


@kernel
def log_discount(kind: int, parameters: Floats, years: Years) -> float:
    """Log discount factor of either kind of curve."""
    if kind == SVENSSON:
        return log_discount_svensson(parameters, years)
    return log_discount_from_nodes(NODE_TIMES, parameters, years)


@kernel
def dirty_price_on_curve(
    kind: int, parameters: Floats, coupon: Rate, maturity: Day, settle: Day, spread: Rate
) -> Points:
    """Coupons and principal times discount factors; the spread over the curve is continuous, per year."""
    count, wait = coupon_period(maturity, settle)
    annuity = 0.0
    discount = 1.0
    for k in range(count):
        years = 0.5 * (wait + k)
        discount = math.exp(log_discount(kind, parameters, years) - spread * years)
        annuity += discount
    return 100.0 * (0.5 * coupon * annuity + discount)


@kernel
def clean_price_on_curve(
    kind: int, parameters: Floats, coupon: Rate, maturity: Day, settle: Day, spread: Rate
) -> Points:
    """Clean price on a curve plus a spread (0.0 for the curve itself); nan past the last published tenor."""
    dirty = dirty_price_on_curve(kind, parameters, coupon, maturity, settle, spread)
    return dirty - accrued_interest(coupon, maturity, settle)


@kernel
def fitted_spread(kind: int, parameters: Floats, coupon: Rate, maturity: Day, settle: Day, clean: Points) -> Rate:
    """Spread over the curve, continuous, per year, at which a note has its observed clean price (secant steps)."""
    spread, step = 0.0, 1e-4
    miss = clean_price_on_curve(kind, parameters, coupon, maturity, settle, spread) - clean
    for _ in range(50):
        if abs(miss) < 1e-12 * clean or step == 0.0:
            break
        moved = clean_price_on_curve(kind, parameters, coupon, maturity, settle, spread + step) - clean
        slope = (moved - miss) / step
        spread, miss = spread + step, moved
        step = -miss / slope
    return spread
