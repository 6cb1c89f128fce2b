"""Sizing and rolling of the library's hedged trades: shared parameters, and the order in which rules apply."""

from pydantic import Field

from basis_engine.base.compile import decision
from basis_engine.simulation.observation import FundView, PairView
from basis_engine.simulation.world import Floats, Rows
from basis_strategies.rules import (
    affordable_leverage,
    carry,
    carry_to_risk,
    count_legs,
    face_of,
    holds_leg,
    left_to_roll,
    may_hold,
    unless_close,
    value_at_risk_leverage,
    volatility_leverage,
    worth_holding,
)
from basis_strategies.strategy import BasisPoints, Days, Share, Strategy


class SizedStrategy(Strategy):
    """Size by leverage, limited by volatility, margin and a cash buffer; stop, wait, and enter again."""

    volatility_target: Share = 0.0
    """Maximum annual volatility of equity, which limits leverage; 0: none."""
    var_limit: Share = 0.0
    """Maximum daily value at risk (99%, normal, legs added up) over equity, to which the book is reduced; 0: none."""
    buffer: Share = 0.005
    """Free cash to keep, as a share of the notes."""
    buffer_growth: float = Field(1.0, ge=0, le=10, title="multiple of initial margin")
    """Additional buffer per dollar of initial margin: margins rise when cash is scarce."""
    stop: Share = 1.0
    """Loss from the high since entry at which everything is sold; 1 is never."""
    wait_days: Days = 20
    """Days to stay out after that."""
    band: Share = 0.05
    """Share of a position within which its target is not traded."""


class BasisStrategy(SizedStrategy):
    """A basis that rolls from one delivery month to the next, with entry and exit by carry."""

    enter_bp: BasisPoints = -1000.0
    """Enter when implied repo less expected repo is above this; the default is always."""
    exit_bp: BasisPoints = -1000.0
    """Exit when the same falls below this; hysteresis if lower than ``enter_bp``."""
    roll_days: int = Field(5, ge=0, le=10, title="business days")
    """Days over which the old month is sold in equal shares, the last the day before first notice; the new month is
    the front ten days before notice."""


@decision
def size(terms: SizedStrategy, pair: PairView) -> float:
    """Leverage of a pair today."""
    leverage = volatility_leverage(terms.leverage, terms.volatility_target, pair.volatility)
    leverage = value_at_risk_leverage(leverage, terms.var_limit, pair.volatility)
    per_dollar = 100.0 * pair.margin / pair.dirty
    return affordable_leverage(leverage, max(pair.haircut, 0.0), per_dollar, terms.buffer, terms.buffer_growth)


@decision
def share_of_roll(terms: BasisStrategy, pairs: Rows[PairView], p: int) -> float:
    """Share of a leg's size in a pair today: old months are sold over the roll, the front has the rest."""
    pair, old = pairs[p], 0.0
    for q in range(len(pairs)):
        if pairs[q].leg == pair.leg and not pairs[q].front and pairs[q].tradable and pairs[q].face != 0.0:
            old = max(old, left_to_roll(pairs[q].days_to_notice, terms.roll_days))
    if pair.front:
        return 1.0 - old
    if pair.tradable and pair.face != 0.0:
        return left_to_roll(pair.days_to_notice, terms.roll_days)
    return 0.0


@decision
def hold_front(
    terms: BasisStrategy, fund: FundView, pairs: Rows[PairView], target: Floats, sign: float, full: float
) -> None:
    """Hold each leg's front month, long (sign 1) or short (-1), while its carry pays; ``full`` as `carry_to_risk`."""
    legs = count_legs(pairs)
    for p in range(len(pairs)):
        pair, leg_size = pairs[p], 0.0
        held = holds_leg(pairs, pair.leg)
        pays = worth_holding(held, sign * carry(pair), terms.enter_bp / 1e4, terms.exit_bp / 1e4)
        if pair.tradable and pays and may_hold(fund, terms.stop, terms.wait_days):
            leg_size = size(terms, pair) * share_of_roll(terms, pairs, p) / legs
            leg_size *= carry_to_risk(sign * carry(pair), pair.volatility, full)
        if pair.tradable:
            target[p] = unless_close(pair.face, sign * face_of(leg_size * fund.equity, pair), terms.band)
