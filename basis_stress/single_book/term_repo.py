"""Term repo marked to market beside its accrued value, and the parts of the curve line of the attribution.

A future is carried at expected repo. When that falls, a short future gains, but a book whose financing is locked for a
term does not earn the fall: it goes on paying the old rate. The mark of the loan says so.
"""

import numpy as np

from basis_data.markets.pricing import PricedMarket
from basis_engine.simulation.names import FundColumn, PnlLine, PositionColumn, Status, column_names
from basis_engine.simulation.run import Run
from basis_engine.simulation.world import Floats
from basis_strategies.plan import Plan

CURVE_PARTS = ("hedge_residual", "expected_repo", "cheapest_switch")
"""The engine's line `curve`, split: they sum to it."""


def term_marks(run: Run, plan: Plan, market: PricedMarket) -> Floats:
    """Value of each fund's term loans to it, beside what is accrued, USD [days, funds].

    A loan is at par on the day of entry. Later, a new loan to the same day costs the locked rate plus the change of
    expected repo since then; the mark is that difference of interest to maturity, discounted at the new rate.
    """
    marks = np.zeros((len(run.fund_days), len(plan.funds)))
    positions = [(f, position) for f, fund in enumerate(plan.funds) for position in fund.positions]
    for row, (f, position) in enumerate(positions):
        if position.term_share > 0.0 and position.contract < market.path.repo.shape[1]:
            expected = market.path.repo[:, position.contract]
            years = np.maximum(position.term_maturity - market.path.value_date, 0) / 360.0
            rise = expected - expected[0]
            active = run.fund_days[:, f, FundColumn.STATUS] == Status.ACTIVE
            principal = run.position_days[:, row, PositionColumn.TERM] * active
            marks[:, f] += principal * rise * years / (1.0 + (position.term_rate + rise) * years)
    return marks


def attribution_lines(run: Run) -> tuple[list[str], Floats]:
    """Names and amounts [days, positions + funds, lines] of the attribution, with the curve line in its three parts."""
    names = column_names(PnlLine)
    parts = np.zeros((*run.attribution.shape[:2], 2))
    parts[:, : len(run.positions)] = run.position_days[
        :, :, [PositionColumn.EXPECTED_REPO, PositionColumn.CHEAPEST_SWITCH]
    ]
    residual = run.attribution[:, :, PnlLine.CURVE] - parts.sum(axis=2)
    split = [residual[:, :, None], parts]
    lines = [run.attribution[:, :, : PnlLine.CURVE], *split, run.attribution[:, :, PnlLine.CURVE + 1 :]]
    return [*names[: PnlLine.CURVE], *CURVE_PARTS, *names[PnlLine.CURVE + 1 :]], np.concatenate(lines, axis=2)
