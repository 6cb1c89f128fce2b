"""Rules that strategies are put together from: when to hold, how much, when to roll, when to stop.

Each is a few lines of arithmetic on plain numbers; call them from a decision, compiled or not.
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
    """Implied repo less expected repo, decimal per year: what the basis earns to delivery beyond its financing."""
    return pair.implied_repo - pair.expected_repo


@decision
def worth_holding(held: bool, signal: float, enter: float, leave: float) -> bool:
    """Hysteresis: enter above one level, leave below another; between them, go on as before."""
    if held:
        return signal > leave
    return signal > enter


@decision
def carry_to_risk(carry: float, volatility: float, full: float) -> float:
    """Share of full size: carry per year over volatility per year, 1 from ``full`` upwards.

    ``volatility`` is of a day. A pair that has not moved yet is taken in full.
    """
    if full <= 0.0:
        return 1.0
    if volatility <= 0.0:
        return 1.0 if carry > 0.0 else 0.0
    return min(max(carry / (volatility * math.sqrt(TRADING_DAYS)) / full, 0.0), 1.0)


@decision
def volatility_leverage(leverage: float, target: float, volatility: float) -> float:
    """Leverage at which equity moves by a target per year, and never more than ``leverage``; a target of 0 is none."""
    if target <= 0.0 or volatility <= 0.0:
        return leverage
    return min(leverage, target / (volatility * math.sqrt(TRADING_DAYS)))


@decision
def value_at_risk_leverage(leverage: float, limit: float, volatility: float) -> float:
    """Leverage at which a day in a hundred loses ``limit`` of equity, and never more than ``leverage``; 0 is no limit.

    Asked every day, it lets go of what a rise of volatility has made too large.
    """
    if limit <= 0.0 or volatility <= 0.0:
        return leverage
    return min(leverage, limit / (VALUE_AT_RISK_QUANTILE * volatility))


@decision
def affordable_leverage(leverage: float, haircut: float, margin: float, buffer: float, growth: float) -> float:
    """Leverage = 1 / (haircut + margin + buffer + growth x margin) at most; ``margin`` per dollar of notes."""
    needed = haircut + margin + buffer + growth * margin
    if needed * leverage <= 1.0:
        return leverage
    return 1.0 / needed


@decision
def left_to_roll(days_to_notice: int, roll_days: int) -> float:
    """Share still held in the old month: it is let go over some days, the last of them the day before first notice."""
    return min(max((days_to_notice - 1) / max(roll_days, 1), 0.0), 1.0)


@decision
def may_hold(fund: FundView, stop: float, wait_days: int) -> bool:
    """Stop at a loss from the high since entry; once out, for whatever reason, stay out for some days."""
    if fund.days_in > 0:
        return fund.equity > (1.0 - stop) * fund.high_equity
    return fund.days_out >= wait_days


@decision
def unless_close(held: float, wanted: float, band: float) -> float:
    """The face wanted, or the face held where the two are within a band: trading costs."""
    if abs(wanted - held) <= band * abs(held) and wanted * held > 0.0:
        return held
    return wanted


@decision
def face_of(value: float, pair: PairView) -> float:
    """Face of notes that are worth so many dollars."""
    return 100.0 * value / pair.dirty


@decision
def count_legs(pairs: Rows[PairView]) -> int:
    """Legs that have a pair today, counted from the first."""
    legs = 0
    for p in range(len(pairs)):
        legs = max(legs, pairs[p].leg + 1)
    return legs


@decision
def holds_leg(pairs: Rows[PairView], leg: int) -> bool:
    """Whether anything of a leg is held."""
    for p in range(len(pairs)):
        if pairs[p].leg == leg and pairs[p].face != 0.0:
            return True
    return False
