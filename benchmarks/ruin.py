"""The ruin probe: $1m of equity, 20x, a price that falls from 100 to 80: what is left, and whether it is still held.

$20m of notes lose $4m. A ledger in which every cent has an owner cannot end below zero without a lender who paid.
"""

from typing import Any

import numpy as np

from basis_engine.simulation.names import Party, Unwind
from basis_engine.simulation.rows import ContractRow, Fund, FuturesQuote, Mark, NoteQuote, Position, empty_rows
from basis_engine.simulation.run import Setup, assign_positions, run
from basis_engine.simulation.schedule import SETTLEMENT_TIME, Calendar, build_schedule
from basis_engine.simulation.world import Market
from benchmarks.harness import Fact

GROUP = "ruin probe, $1m at 20x, 100 to 80"
PATH = tuple(float(price) for price in np.round(np.linspace(100.0, 80.0, 14), 2))
"""Thirteen equal falls; equity is gone between the third and the fourth."""


def ours() -> list[Fact]:
    """The answer of the engine."""
    setup = _setup()
    outcome = run(setup)
    held = float(outcome.positions["face"][0])
    loss = float(outcome.parties["loss"][Party.REPO_LENDER])
    note = f"seized on the day equity went; the lender lost ${loss:,.0f}"
    return facts("basis-stress", float(outcome.fund_days[-1, 0, 0]), held > 0.0, note)


def facts(who: str, equity: float, is_open: bool, note: str) -> list[Fact]:
    """One contender's answer."""
    return [Fact(GROUP, who, equity, "USD", f"{'still open' if is_open else 'closed'}{': ' if note else ''}{note}")]


def _setup() -> Setup:
    """One unhedged note in overnight repo without a haircut, marked once a day."""
    days, step = len(PATH), np.arange(len(PATH) + 1)
    dates = 20_178 + step + 2 * (step // 5)
    midnight = dates[:-1] * 24 * 60
    marks = empty_rows(Mark, days)
    marks["time"], marks["value_date"] = midnight + SETTLEMENT_TIME, dates[1:]
    notes = empty_rows(NoteQuote, days).reshape(days, 1)
    notes["clean"][:, 0] = PATH
    quotes = empty_rows(FuturesQuote, days).reshape(days, 1)
    quotes["price"][:, 0] = PATH
    funds, positions, contracts = empty_rows(Fund, 1), empty_rows(Position, 1), empty_rows(ContractRow, 1)
    rows: list[tuple[Any, dict[str, float]]] = [
        (funds, {"entry_equity": 1e6, "unwind": Unwind.HOLD, "depth_share": 1.0, "drawdown_limit": 1.0}),
        (positions, {"fund": 0, "contract": 0, "face": 2e7, "factor": 1.0}),
        (contracts, {"notional": 1e5, "point_value": 1e3, "seizure_cost": 1.0}),
    ]
    for table, values in rows:
        for name, value in values.items():
            table[name] = value
    assign_positions(funds, positions)
    calendar = Calendar(midnight, np.zeros(days), np.zeros(days), marks["time"], np.arange(days))
    return Setup(Market(marks, notes, quotes), build_schedule(calendar), funds, positions, contracts, days)
