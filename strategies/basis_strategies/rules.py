"""Building blocks of strategies: when to hold, how much, when to roll, when to stop.

Each rule is a few lines of arithmetic on plain numbers, for use in compiled or interpreted decisions.
"""

import math

from basis_engine.base.compile import decision
from basis_engine.simulation.observation import FundView, PairView
from basis_engine.simulation.world import Rows

TRADING_DAYS = 252
VALUE_AT_RISK_QUANTILE = 2.326
"""Standard normal quantile of 99%."""


@decision
def carry(pair: PairView) -> float:
    """Implied repo less expected repo, decimal per year: yield of the basis to delivery after financing."""
    return pair.implied_repo - pair.expected_repo


@decision
def worth_holding(held: bool, signal: float, enter: float, leave: float) -> bool:
    """Hysteresis: enter above one level, leave below another, otherwise keep the position."""
    if held:
        return signal > leave
    return signal > enter


@decision
def carry_to_risk(carry: float, volatility: float, full: float) -> float:
    """Share of full size: carry per year over volatility per year, over ``full``, between 0 and 1.

    ``volatility`` is daily. A pair with positive carry and no volatility yet has full size.
    """
    if full <= 0.0:
        return 1.0
    if volatility <= 0.0:
        return 1.0 if carry > 0.0 else 0.0
    return min(max(carry / (volatility * math.sqrt(TRADING_DAYS)) / full, 0.0), 1.0)


@decision
def volatility_leverage(leverage: float, target: float, volatility: float) -> float:
    """Leverage at which volatility of equity is ``target`` a year, at most ``leverage``; 0: no target."""
    if target <= 0.0 or volatility <= 0.0:
        return leverage
    return min(leverage, target / (volatility * math.sqrt(TRADING_DAYS)))


@decision
def value_at_risk_leverage(leverage: float, limit: float, volatility: float) -> float:
    """Leverage at which a day in a hundred loses ``limit`` of equity, at most ``leverage``; 0: no limit.

    Used every day, it reduces a book when volatility rises.
    """
    if limit <= 0.0 or volatility <= 0.0:
        return leverage
    return min(leverage, limit / (VALUE_AT_RISK_QUANTILE * volatility))


@decision
def affordable_leverage(leverage: float, haircut: float, margin: float, buffer: float, growth: float) -> float:
    """Limit leverage to 1 / (haircut + margin + buffer + growth x margin); ``margin`` per dollar of notes."""
    needed = haircut + margin + buffer + growth * margin
    if needed * leverage <= 1.0:
        return leverage
    return 1.0 / needed


@decision
def left_to_roll(days_to_notice: int, roll_days: int) -> float:
    """Share still held in the old month: it is sold over ``roll_days``, the last the day before first notice."""
    return min(max((days_to_notice - 1) / max(roll_days, 1), 0.0), 1.0)


@decision
def may_hold(fund: FundView, stop: float, wait_days: int) -> bool:
    """Stop at a loss from the high since entry; after any exit, stay out for ``wait_days``."""
    if fund.days_in > 0:
        return fund.equity > (1.0 - stop) * fund.high_equity
    return fund.days_out >= wait_days


@decision
def unless_close(held: float, wanted: float, band: float) -> float:
    """Return the face wanted, or the face held if the two differ by less than a band, to save trading costs."""
    if abs(wanted - held) <= band * abs(held) and wanted * held > 0.0:
        return held
    return wanted


@decision
def face_of(value: float, pair: PairView) -> float:
    """Face of notes worth ``value``, USD."""
    return 100.0 * value / pair.dirty


@decision
def count_legs(pairs: Rows[PairView]) -> int:
    """Number of legs, from the highest leg with a pair today."""
    legs = 0
    for p in range(len(pairs)):
        legs = max(legs, pairs[p].leg + 1)
    return legs


@decision
def holds_leg(pairs: Rows[PairView], leg: int) -> bool:
    """Whether any pair of a leg is held."""
    for p in range(len(pairs)):
        if pairs[p].leg == leg and pairs[p].face != 0.0:
            return True
    return False
