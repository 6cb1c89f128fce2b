"""Run worlds: check the input rows once, allocate output rows, simulate, return the rows."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np

from basis_engine.base.errors import InputError
from basis_engine.simulation.day import advance, simulate, simulate_all
from basis_engine.simulation.names import CashLine, DealerColumn, EventKind, FundColumn, Party, PnlLine, PositionColumn
from basis_engine.simulation.record import enter
from basis_engine.simulation.rows import (
    Account,
    Clock,
    ContractRow,
    Dealers,
    Event,
    Fund,
    Log,
    OutcomeRow,
    Position,
    dtype_of,
    empty_rows,
)
from basis_engine.simulation.trades import execute
from basis_engine.simulation.world import Floats, Integers, Market, Records, World, WorldBatch


@dataclass(frozen=True)
class Setup:
    """One world before it runs: rows of ``basis_engine.simulation.rows`` classes; positions are sorted by fund."""

    market: Market
    schedule: Records
    funds: Records
    positions: Records
    contracts: Records
    days: int
    dealers: Records = field(default_factory=lambda: empty_rows(Dealers, 1))
    """One row; without a slope dealers absorb everything at no spread."""


@dataclass(frozen=True)
class Run:
    """One world after it ran; money in USD, day 0 is the day of entry."""

    parties: Records  # rows of basis_engine.simulation.rows.Account, by basis_engine.simulation.names.Party
    cash_flows: Floats  # [days, positions + funds, cash lines]
    attribution: Floats  # [days, positions + funds, attribution lines]
    fund_days: Floats  # [days, funds, fund columns]
    position_days: Floats  # [days, positions, position columns]
    dealer_days: Floats  # [days, dealer columns]
    log: Records  # rows of basis_engine.simulation.rows.Log
    funds: Records
    positions: Records
    contracts: Records
    outcomes: Records  # rows of basis_engine.simulation.rows.Outcome, by fund


def run(setup: Setup) -> Run:
    """Run one world.

    Raises
    ------
    InputError
        If the rows do not fit together or hold a value that is not finite.
    """
    return run_all([setup], parallel=False)[0]


def run_deciding(setup: Setup, decide: Callable[[World], Floats]) -> Run:
    """Run one world in which a strategy trades.

    Parameters
    ----------
    decide
        Given the world after each day's settlement, it returns the target face of every position, USD [positions];
        reductions are traded first. It is called again from the first day if the event log was too short, and may keep
        no state between days but the world's. An exception ends the run.
    """
    check(setup)
    capacity = log_rows(setup)
    while True:
        world = _lay_out(setup, capacity)
        enter(world)
        while advance(world):
            execute(world, decide(world))
        if world.clock[0].logged <= capacity and not world.clock[0].dropped:
            return hand_back(world)
        capacity = 2 * max(capacity, int(world.clock[0].logged))


def run_all(setups: Sequence[Setup], *, parallel: bool = True) -> list[Run]:
    """Run worlds that share one market and one shape, each on its own rows; results do not depend on threads."""
    for setup in setups:
        check(setup)
    capacity = max(map(log_rows, setups))
    while True:
        worlds = [_lay_out(setup, capacity) for setup in setups]
        if parallel:
            worlds = _simulate_all(worlds)
        else:
            for world in worlds:
                simulate(world)
        needed = max(int(world.clock[0].logged) for world in worlds)
        if needed <= capacity and not any(world.clock[0].dropped for world in worlds):
            return [hand_back(world) for world in worlds]
        capacity = 2 * max(capacity, needed)


def log_rows(setup: Setup) -> int:
    """Return the rows allocated for the event log: enough for ordinary days; a run that needs more runs again.

    A mark logs itself, a re-margin of each position and a call on each fund, raised and paid; a decision logs a trade
    of each position and its margin, raised and paid.
    """
    positions, funds = len(setup.positions), len(setup.funds)
    decisions = np.count_nonzero(setup.schedule["kind"] == EventKind.DECISION)
    dated = 64 * (1 + positions + funds)
    return dated + len(setup.market.marks) * (1 + positions + 2 * funds) + int(decisions) * (1 + 3 * positions)


def _simulate_all(worlds: Sequence[World]) -> list[World]:
    """Run over all threads on stacked rows; return the worlds with those rows."""
    stacked = _stack(worlds)
    simulate_all(worlds[0].market, stacked)
    tables = [np.asarray(rows) for rows in stacked]
    return [World(world.market, *(rows[w] for rows in tables)) for w, world in enumerate(worlds)]


def _stack(worlds: Sequence[World]) -> WorldBatch:
    """Stack rows of many worlds of one shape: each array gets a first axis of worlds."""
    tables: list[Any] = []
    for same in zip(*(world[1:] for world in worlds), strict=True):
        one = np.asarray(same[0])
        rows = np.empty((len(same), *one.shape), one.dtype)  # numpy.stack would promote every field of a record
        for w, row in enumerate(same):
            rows[w] = row
        tables.append(rows)
    return WorldBatch(*tables)


def scratch_worlds(setup: Setup, count: int, queue: int) -> WorldBatch:
    """Return worlds of one shape before entry, to run books in; they keep neither log nor daily record."""
    blank = _lay_out(replace(setup, days=0), 0)._replace(queue=empty_rows(Event, queue))
    arrays = [np.asarray(array) for array in blank[1:]]
    copies: list[Any] = [np.repeat(array[None], count, 0).view(array.dtype) for array in arrays]
    return WorldBatch(*copies)


def _lay_out(setup: Setup, capacity: int) -> World:
    """Copy the rows that the run changes and allocate those that it writes; log and queue are written row by row."""
    rows = len(setup.positions) + len(setup.funds)
    queue = 16 + 4 * rows + capacity // 8
    return World(
        setup.market,
        setup.schedule,
        np.zeros(queue, dtype_of(Event)),
        empty_rows(Event, 1),
        empty_rows(Clock, 1),
        setup.funds.copy(),
        setup.positions.copy(),
        setup.contracts.copy(),
        empty_rows(Account, len(Party) - 1),
        setup.dealers.copy(),
        empty_rows(OutcomeRow, len(setup.funds)),
        np.zeros((rows, len(PnlLine))),
        np.zeros((setup.days, rows, len(CashLine))),
        np.zeros((setup.days, rows, len(PnlLine))),
        np.zeros((setup.days, len(setup.funds), len(FundColumn))),
        np.zeros((setup.days, len(setup.positions), len(PositionColumn))),
        np.zeros((setup.days, len(DealerColumn))),
        np.zeros(capacity, dtype_of(Log)),
    )


def hand_back(world: World) -> Run:
    """Return the rows of a world that ran."""
    log: Any = world.log
    return Run(
        np.asarray(world.parties),
        world.cash_flows,
        world.attribution,
        world.fund_days,
        world.position_days,
        world.dealer_days,
        log[: world.clock[0].logged],
        np.asarray(world.funds),
        np.asarray(world.positions),
        np.asarray(world.contracts),
        np.asarray(world.outcomes),
    )


def check(setup: Setup) -> None:
    """Refuse rows that do not fit together, once, before any kernel reads them."""
    for name, rows, kind in (
        ("Fund", setup.funds, Fund),
        ("Position", setup.positions, Position),
        ("Contract", setup.contracts, ContractRow),
    ):
        if rows.dtype != dtype_of(kind) or not len(rows):
            raise InputError(f"engine: {name} rows given as {len(rows)} rows of {rows.dtype}, one or more needed")
    tables = {"market.notes": setup.market.notes, "market.futures": setup.market.futures}
    tables |= {"funds": setup.funds, "positions": setup.positions}
    check_finite(tables | {"contracts": setup.contracts, "schedule": setup.schedule, "dealers": setup.dealers})
    market = setup.market
    notes, contracts = np.asarray(market.notes).shape[1], len(setup.contracts)
    for name, limit in (("fund", len(setup.funds)), ("bond", notes), ("contract", contracts)):
        values = setup.positions[name]
        if values.min() < 0 or values.max() >= limit:
            raise InputError(
                f"engine: positions.{name} runs from {values.min()} to {values.max()}, allowed 0 to {limit - 1}"
            )
    if np.any(np.diff(np.asarray(market.marks)["time"]) <= 0):
        raise InputError("engine: the marks of the path are not in increasing order of time; sort them")
    if np.any(np.diff(setup.positions["fund"]) < 0):
        raise InputError("engine: positions are not sorted by fund; sort them")
    expected = np.searchsorted(setup.positions["fund"], np.arange(len(setup.funds) + 1))
    if np.any(setup.funds["first"] != expected[:-1]) or np.any(setup.funds["last"] != expected[1:]):
        raise InputError("engine: funds.first and funds.last do not span their positions; use run.assign_positions")


def check_finite(tables: Mapping[str, Any]) -> None:
    """Refuse NaN and infinity in every row of named tables."""
    for where, table in tables.items():
        rows = np.asarray(table)
        for name in (rows.dtype.names or ()) if _may_be_infinite(rows) else ():
            if rows[name].dtype.kind == "f" and not np.all(np.isfinite(rows[name])):
                row = ", ".join(str(i) for i in np.argwhere(~np.isfinite(rows[name]))[0])
                raise InputError(f"engine: {where}[{row}].{name} is not finite; every row needs a value")


def _may_be_infinite(rows: Records) -> bool:
    """Return whether all exponent bits of some float's highest byte are set: quicker than a look at every field."""
    flat = np.ascontiguousarray(rows).reshape(-1).view(np.uint8).reshape(-1, rows.dtype.itemsize)
    return bool((flat[:, highest_bytes(rows.dtype)] & 127 == 127).any())


@cache
def highest_bytes(row: np.dtype[Any]) -> Integers:
    """Offset of the highest byte of every float of a row, which has most of its exponent."""
    fields: Any = row.fields
    highest = 7 if sys.byteorder == "little" else 0
    return np.array([offset + highest for kind, offset in fields.values() if kind.kind == "f"], np.int64)


def assign_positions(funds: Records, positions: Records) -> None:
    """Fill ``funds.first`` and ``funds.last`` from positions sorted by fund."""
    spans = np.searchsorted(positions["fund"], np.arange(len(funds) + 1))
    funds["first"], funds["last"] = spans[:-1], spans[1:]
