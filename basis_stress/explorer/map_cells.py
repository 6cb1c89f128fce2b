"""Outcomes of the cells of a map: books in one market, in a market for each level of a shock, or one for each cell."""

from __future__ import annotations

import numpy as np

from basis_data.markets.cached_markets import scenario_market
from basis_data.markets.pricing import PricedMarket
from basis_engine.simulation.world import Floats, Records
from basis_strategies.cells import CellBook, prepare, unchanged
from basis_stress.breaking.levers import levered_book
from basis_stress.explorer.state import State

SHARE = "leverage_share"
"""Leverage as a share of the most that haircut and initial margin allow: every cell can enter."""
SCALE = "yield_scale"
LEVERS = {SCALE: ("scale", 1.0), "not_rolled": ("not_rolled", None)}
"""Shocks that the engine runs without pricing a market for each: the lever, and the value of the field without it."""
PRICED = ("scenario_repo_bp", "basis_bp")
"""Shocks for each level of which a market is priced; the markets are kept for the next book."""
SHOCKS = (*LEVERS, *PRICED)
Found = tuple[Records, Floats | None]
"""Rows of outcomes [cells], and the leverage of each cell where an axis is `SHARE`."""


def books(state: State, x: str, y: str, across: Floats, up: Floats) -> Found:
    """Cells whose axes are both fields of the book, in the rows of one sweep."""
    cells = prepare(_market(state, x, y), state.strategy, state.execution)
    right, high = np.meshgrid(across, up)
    columns, leverage = _columns(cells, {x: right.ravel(), y: high.ravel()})
    return cells.outcomes(columns), leverage


def shocked(state: State, x: str, y: str, across: Floats, up: Floats) -> Found:
    """Cells of which one axis is a shock."""
    shock, values, other, levels = (x, across, y, up) if x in SHOCKS else (y, up, x, across)
    rows, leverage = (_levered if shock in LEVERS else _priced)(state, shock, values, other, levels)
    if x == shock:
        return rows.T.ravel(), None if leverage is None else leverage.T.ravel()
    return rows.ravel(), None if leverage is None else leverage.ravel()


def twice_shocked(state: State, x: str, y: str, across: Floats, up: Floats) -> Found:
    """Cells of which both axes are shocks: a market each."""
    rows = []
    for high in up:
        for right in across:
            market = _market(state, **{x: float(right), y: float(high)})
            rows.append(prepare(market, state.strategy, state.execution).outcomes(unchanged(1)))
    found: Records = np.concatenate(rows)
    return found, None


def _levered(state: State, shock: str, values: Floats, other: str, levels: Floats) -> Found:
    """Rows [values, levels] of a shock that is a lever."""
    lever, neutral = LEVERS[shock]
    multiple = {"margin_multiple": 1.0} if other == "margin_multiple" else {}
    scenario = state.scenario(**{shock: neutral}, **multiple)
    of = levered_book(scenario, lever, state.contract or None, None, state.execution, **state.terms)
    columns, leverage = _columns(of.book.cells, {other: levels})
    rows = of.outcomes(values, columns)
    return rows, None if leverage is None else np.repeat(leverage[None], len(values), 0)


def _priced(state: State, shock: str, values: Floats, other: str, levels: Floats) -> Found:
    """Rows [values, levels] of a shock for each level of which a market is priced."""
    rows, leverages = [], []
    for value in values:
        market = _market(state, other, **{shock: float(value)})
        cells = prepare(market, state.strategy, state.execution)
        columns, leverage = _columns(cells, {other: levels})
        rows.append(cells.outcomes(columns))
        leverages.append(leverage)
    found: Records = np.stack(rows)
    return found, None if leverages[0] is None else np.stack([each for each in leverages if each is not None])


def _market(state: State, *axes: str, **shocks: float) -> PricedMarket:
    """The market of the state under shocks; a multiple on an axis replaces that of the state, scaling needs par."""
    if "margin_multiple" in axes:
        shocks = {**shocks, "margin_multiple": 1.0}
    curve = {"curve": "par"} if SCALE in shocks else {}
    return scenario_market(state.scenario(**shocks, **curve), state.contracts)


def _columns(cells: CellBook, grid: dict[str, Floats]) -> tuple[dict[str, Floats], Floats | None]:
    """Columns of the cells, the share of the most leverage turned into leverage."""
    if SHARE not in grid:
        return grid, None
    rest = {name: column for name, column in grid.items() if name != SHARE}
    count = len(grid[SHARE])
    sized = cells.base.books(cells.market, cells.legs, {**rest, "leverage": np.ones(count)}, count)
    leverage = np.minimum(grid[SHARE] / np.maximum(sized.sizes.required, 1e-3), 1000.0)
    return {**rest, "leverage": leverage}, leverage
