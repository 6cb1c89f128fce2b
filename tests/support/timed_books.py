"""The books that are timed: one fund, a note in repo against a short future, over a path made for the purpose.

``quiet`` is an ordinary stretch: one mark a day, no sale, a call when the market rallies. ``stressed`` has three marks
and the intraday clearing cycle, wild prices, haircut and margin changes, repo not rolled, term loans, a credit line and
forced sales; nobody in it defaults: every contender does the same work to the last day.
"""

from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_engine.simulation.names import EventKind, Unwind
from basis_engine.simulation.rows import ContractRow, Fund, FuturesQuote, Mark, NoteQuote, Position, empty_rows
from basis_engine.simulation.run import Setup, assign_positions
from basis_engine.simulation.schedule import ROLL_TIME, SETTLEMENT_TIME, Calendar, DatedEvent, build_schedule
from basis_engine.simulation.world import Market

FIRST_DAY = 20_178  # Monday 31 March 2025
MINUTES_PER_DAY = 24 * 60
COUPON_PERIOD = 182
MORNING, AFTERNOON = 10 * 60 + 30, 14 * 60 + 30
LEVERAGE = {"quiet": 20.0, "stressed": 24.0}


@dataclass(frozen=True)
class Size:
    """How large a timed book is."""

    days: int = 250
    positions: int = 1
    funds: int = 1


SIZE = Size()


def quiet(size: Size = SIZE, seed: int = 1) -> Setup:
    """An ordinary stretch: daily marks of a quarter of a percent."""
    rng = np.random.default_rng(seed)
    return _setup(size, rng, "quiet", (SETTLEMENT_TIME,), 2.5e-3, [])


def stressed(size: Size = SIZE, seed: int = 1) -> Setup:
    """A crisis: three marks a day, lenders and clearing house asking more, orders sold in slices."""
    rng = np.random.default_rng(seed)
    dated = []
    for day in range(5, size.days - 5, 10):
        rise = (0.0, 0.004, 0.008)[day // 10 % 3]
        margin = (1_200.0, 1_500.0)[day // 10 % 2]
        dated.append(DatedEvent(day, EventKind.HAIRCUT_CHANGE, ROLL_TIME, rise))
        for later, kind in ((2, EventKind.MARGIN_NOTICE), (3, EventKind.MARGIN_CHANGE)):
            dated += [DatedEvent(day + later, kind, SETTLEMENT_TIME, margin, c) for c in range(size.positions)]
        for later, not_rolled in ((4, 0.01), (5, 0.0)):
            dated.append(DatedEvent(day + later, EventKind.NOT_ROLLED_CHANGE, ROLL_TIME, not_rolled))
    return _setup(size, rng, "stressed", (MORNING, AFTERNOON, SETTLEMENT_TIME), 2e-3, dated)


def _setup(
    size: Size, rng: np.random.Generator, kind: str, minutes: tuple[int, ...], step: float, dated: list[DatedEvent]
) -> Setup:
    dates = FIRST_DAY + np.arange(size.days + 1) + 2 * (np.arange(size.days + 1) // 5)  # weekends have no day
    mark_day = np.concatenate(([0], np.repeat(np.arange(1, size.days), len(minutes))))
    minute = np.concatenate((minutes[-1:], np.tile(minutes, size.days - 1)))
    marks = empty_rows(Mark, len(mark_day))
    marks["time"], marks["value_date"] = dates[mark_day] * MINUTES_PER_DAY + minute, dates[mark_day + 1]
    notes, quotes = _prices(size, rng, marks, step, 6.0 if kind == "stressed" else 1.0)
    funds, positions, contracts = _book(size, kind)
    rate = 0.043 + rng.normal(0.0, 3e-4, size.days)
    midnight = dates[:-1] * MINUTES_PER_DAY
    calendar = Calendar(midnight, rate, rate - 5e-4, marks["time"], mark_day, tuple(dated))
    return Setup(Market(marks, notes, quotes), build_schedule(calendar), funds, positions, contracts, size.days)


def _prices(size: Size, rng: np.random.Generator, marks: Any, step: float, noise: float) -> tuple[Any, Any]:
    """Notes and futures that move together, a dislocation in basis points that reverts to zero."""
    count = len(marks)
    shocks = rng.normal(0.0, step, count)
    shocks[0] = 0.0
    level = np.exp(_reverting(shocks, 0.98))
    notes = empty_rows(NoteQuote, count * size.positions).reshape(count, size.positions)
    quotes = empty_rows(FuturesQuote, count * size.positions).reshape(count, size.positions)
    for column in range(size.positions):
        paid, since = np.divmod(marks["value_date"] + 40 * column, COUPON_PERIOD)
        notes["clean"][:, column] = 99.0 * level
        notes["accrued"][:, column] = 2.125 * since / COUPON_PERIOD
        notes["coupon_due"][1:, column] = 2.125 * np.diff(paid)
        notes["convergence"][1:, column] = 1e-3
        quotes["price"][:, column] = 110.0 * level
        quotes["dislocation"][:, column] = _reverting(rng.normal(0.0, noise, count), 0.8)
    return notes, quotes


def _reverting(shocks: NDArray[np.float64], memory: float) -> NDArray[np.float64]:
    """A mean-reverting path: x <- memory x + shock."""
    return np.array(list(accumulate(shocks, lambda level, shock: memory * level + shock)))


def _book(size: Size, kind: str) -> tuple[Any, Any, Any]:
    """Funds of $100m, each split evenly over its positions; position p of every fund is in contract p."""
    funds = empty_rows(Fund, size.funds)
    funds["entry_equity"], funds["drawdown_limit"], funds["depth_share"] = 1e8, 1.0, 0.1
    funds["unwind"], funds["call_back"], funds["credit_spread"] = Unwind.CURE, 1.0, 0.01
    rows = empty_rows(Position, size.funds * size.positions)
    rows["fund"] = np.repeat(np.arange(size.funds), size.positions)
    rows["bond"] = rows["contract"] = np.tile(np.arange(size.positions), size.funds)
    rows["face"] = 1e8 * LEVERAGE[kind] / size.positions
    rows["factor"], rows["base_haircut"], rows["repo_spread"] = 0.9, 0.01, 2e-4
    contracts = empty_rows(ContractRow, size.positions)
    contracts["notional"], contracts["point_value"], contracts["seizure_cost"] = 1e5, 1e3, 2.0
    contracts["initial_margin"] = contracts["announced_margin"] = 1_200.0
    contracts["depth"], contracts["impact"] = 1e9, 0.3
    contracts["bond_cost"], contracts["futures_cost"] = 0.05, 0.02
    if kind == "stressed":
        funds["credit_line"] = 1e7
        funds["unwind"] = Unwind.TARGET_LEVERAGE
        funds["leverage_target"], funds["leverage_limit"] = LEVERAGE[kind], 1.02 * LEVERAGE[kind]
        rows["term_share"], rows["term_rate"], rows["repo_threshold"] = 0.25, 0.045, 0.001
        rows["term_maturity"] = FIRST_DAY + 90
    rows["contracts"] = -np.round(rows["face"] * rows["factor"] / 1e5)
    assign_positions(funds, rows)
    return funds, rows, contracts


def cells(setup: Setup, count: int) -> list[Setup]:
    """Books of 0.9 to 1 times the size of the positions, which is the leverage, all different."""
    found = [replace(setup, positions=setup.positions.copy()) for _ in range(count)]
    for one, scale in zip(found, np.linspace(0.9, 1.0, count), strict=True):
        one.positions["face"] *= scale
        one.positions["contracts"] *= scale
    return found
