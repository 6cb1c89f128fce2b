"""The ruin probe: $1m of equity, 20x, a price that falls from 100 to 80: what is left, and whether it is still held.

$20m of notes lose $4m. A ledger in which every cent has an owner cannot end below zero without a lender who paid.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from basis_engine.simulation.names import Party, Unwind
from basis_engine.simulation.run import Setup, run
from basis_engine.simulation.world import Market
from benchmarks.harness import Fact
from support.timed_books import Size, quiet

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
    """One unhedged note in overnight repo without a haircut and without interest, marked once a day."""
    setup = quiet(Size(len(PATH)))
    notes, quotes, schedule = np.zeros_like(setup.market.notes), np.zeros_like(setup.market.futures), setup.schedule
    notes["clean"][:, 0] = quotes["price"][:, 0] = PATH
    schedule["value"] = schedule["second_value"] = 0.0
    funds, positions, contracts = (np.zeros_like(rows) for rows in (setup.funds, setup.positions, setup.contracts))
    rows: list[tuple[Any, dict[str, float]]] = [
        (funds, {"entry_equity": 1e6, "unwind": Unwind.HOLD, "depth_share": 1.0, "drawdown_limit": 1.0, "last": 1}),
        (positions, {"face": 2e7, "factor": 1.0}),
        (contracts, {"notional": 1e5, "point_value": 1e3, "seizure_cost": 1.0}),
    ]
    for table, values in rows:
        for name, value in values.items():
            table[name] = value
    market = Market(setup.market.marks, notes, quotes)
    return replace(setup, market=market, funds=funds, positions=positions, contracts=contracts)
