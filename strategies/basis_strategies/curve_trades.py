"""The library's DV01-neutral trades in notes without futures: slope and curvature, off the run against on the run."""

from typing import Literal

from pydantic import Field

from basis_engine.base.compile import decision
from basis_engine.simulation.observation import FundView, PairView
from basis_engine.simulation.world import Floats, Rows
from basis_strategies.rules import may_hold, unless_close
from basis_strategies.strategy import BasisPoints, Days, Share, Strategy


class CurveStrategy(Strategy):
    """Notes long and short by DV01, rolled each quarter to the notes of the next."""

    haircut: float = Field(0.02, ge=-0.1, le=0.5, title="decimal share of market value, 0.02 is 2%")
    """Repo haircut; unlike a hedged basis, such books pay a haircut (tri-party median)."""
    risk: float = Field(0.001, gt=0, le=0.1, title="share of equity per basis point, 0.001 is 0.1%")
    """Gain or loss of equity when the spread of the trade moves by a basis point."""
    side: Literal[1, -1] = 1
    """1: as the class is named; -1: reversed."""
    stop: Share = 1.0
    """Loss from the high since entry at which everything is sold; 1 is never."""
    wait_days: Days = 20
    """Days to stay out after that."""
    band: Share = 0.1
    """Share of a position within which its target is not traded."""


@decision
def weigh(
    terms: CurveStrategy,
    fund: FundView,
    pairs: Rows[PairView],
    target: Floats,
    weights: tuple[float, float, float],
) -> None:
    """Hold each leg's note of this quarter at ``weights`` of the risk in DV01, within leverage; sell older notes."""
    value_per_risk = 0.0
    for p in range(len(pairs)):
        if pairs[p].front and pairs[p].tradable:
            value_per_risk += abs(weights[pairs[p].leg]) * pairs[p].dirty / pairs[p].note_dv01
    risk = 0.0
    if may_hold(fund, terms.stop, terms.wait_days) and value_per_risk > 0.0:
        risk = terms.side * min(terms.risk, terms.leverage / value_per_risk) * fund.equity
    for p in range(len(pairs)):
        pair, face = pairs[p], 0.0
        if pair.front:
            face = weights[pair.leg] * risk / (pair.note_dv01 / 100.0)
        if pair.tradable:
            target[p] = unless_close(pair.face, face, terms.band)


class Steepener(CurveStrategy):
    """Long the short-dated note, short the long-dated note, of equal DV01.

    Earns as the long yield rises against the short yield. Loses as the curve flattens, and while the short-dated note
    yields less than the long-dated: the carry of a steepener is negative on a steep curve.

    Legs: two notes on the run, re-chosen each quarter. Margin: repo haircut only. Financing: repo on the note held,
    reverse repo at ``special_bp`` below SOFR on the note sold.

    >>> Steepener(legs=("5Y on-the-run", "30Y on-the-run"), side=-1).side
    -1
    """

    legs: tuple[str, ...] = Field(("2Y on-the-run", "10Y on-the-run"), min_length=2, max_length=2, title="two notes")
    """The short-dated note, then the long-dated note."""

    @decision
    def decide(terms: "Steepener", fund: FundView, pairs: Rows[PairView], target: Floats) -> None:
        """Long the first leg, short the second."""
        weigh(terms, fund, pairs, target, (1.0, -1.0, 0.0))


class Butterfly(CurveStrategy):
    """Long the wings, short the belly, the DV01 of each wing half of the belly's.

    Earns as the yield of the belly rises against the wings. Loses as it falls, and the difference in carry between
    belly and wings.

    Legs: three notes on the run, re-chosen each quarter. Margin, financing: those of `Steepener`.

    >>> Butterfly(risk=0.002).legs
    ('2Y on-the-run', '5Y on-the-run', '10Y on-the-run')
    """

    legs: tuple[str, ...] = Field(
        ("2Y on-the-run", "5Y on-the-run", "10Y on-the-run"), min_length=3, max_length=3, title="three notes"
    )
    """Short wing, belly, long wing."""

    @decision
    def decide(terms: "Butterfly", fund: FundView, pairs: Rows[PairView], target: Floats) -> None:
        """Long the first and the last leg, short the middle leg."""
        weigh(terms, fund, pairs, target, (0.5, -1.0, 0.5))


class OnTheRunOffTheRun(CurveStrategy):
    """Long the old note, short the new note, of equal DV01: on-the-run against off-the-run.

    Earns as the new note ages and loses its premium. Loses when liquidity is scarce and the premium grows, and the cost
    of borrowing the new note, which is special in repo because of its liquidity.

    Legs: the note before the newest, and the newest, re-chosen each quarter. Margin: repo haircut only. Financing: repo
    on the old note, reverse repo at ``special_bp`` below SOFR on the new note.

    The premium is an assumption (`basis_data.markets.on_the_run`), not an observation.

    >>> OnTheRunOffTheRun(special_bp=25).special_bp
    25.0
    """

    legs: tuple[str, ...] = Field(
        ("10Y off-the-run", "10Y on-the-run"), min_length=2, max_length=2, title="two notes of one term"
    )
    """The old note, then the new note."""
    risk: float = Field(0.005, gt=0, le=0.1, title="share of equity per basis point, 0.005 is 0.5%")
    """Gain or loss of equity when the spread of the trade moves by a basis point."""
    leverage: float = Field(30.0, gt=0, le=1000, title="notes over equity, 20 is 20x")
    """Maximum value of both notes over equity."""
    special_bp: BasisPoints = 20.0
    """Cash lent against the new note earns this below SOFR (an assumption)."""

    @decision
    def decide(terms: "OnTheRunOffTheRun", fund: FundView, pairs: Rows[PairView], target: Floats) -> None:
        """Long the first leg, short the second."""
        weigh(terms, fund, pairs, target, (1.0, -1.0, 0.0))
