"""The cells of a sweep: many one-fund books with one market and one schedule, of which only the outcomes are kept.

The books run in groups of as many as `basis_engine.simulation.lanes` holds, each in a scratch world whose rows are
reset for the next book and allocated once. They walk through routine days side by side, and each alone through others.
They keep neither log nor daily record: their working set stays in the processor's caches. One call runs in one thread
without the GIL; a caller with several threads calls from each.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from basis_engine.base.compile import callee, kernel, pass_by_pointer
from basis_engine.base.errors import InputError
from basis_engine.base.units import Index
from basis_engine.simulation.day import simulate_outcomes, simulate_until, world_at
from basis_engine.simulation.fast_path import can_enter_lanes, enter_lane, hold_alike, leave_lane
from basis_engine.simulation.lane_walk import walk_lanes
from basis_engine.simulation.lanes import LANE_OF, LANES, Lanes, empty_lanes
from basis_engine.simulation.names import EventKind, Outcome
from basis_engine.simulation.outcome import conclude
from basis_engine.simulation.record import enter
from basis_engine.simulation.rows import ContractRow, Fund, OutcomeRow, Position, dtype_of
from basis_engine.simulation.run import Setup, check, check_finite, highest_bytes, scratch_worlds
from basis_engine.simulation.world import Floats, Integers, Market, Records, Rows, RowTable, World, WorldBatch

Bytes = NDArray[np.uint8]

QUEUE = 64
"""Length of the queue of created events; if a book needs more, all run again with a longer queue."""


class BookRows(NamedTuple):
    """Rows of many books, each with its own positions and contracts."""

    funds: Rows[Fund]  # [books]
    positions: RowTable[Position]  # [books, positions]
    contracts: RowTable[ContractRow]  # [books, contracts]
    outcomes: Rows[OutcomeRow]  # [books] written, but for those of outcome NOT_ENTERED


Group = tuple[World, World, World, World, World, World, World, World]
"""The scratch worlds of books side by side."""


def run_books(setup: Setup, books: BookRows) -> None:
    """Run every book in the market, schedule and dealers of a set-up, and write its outcome.

    Parameters
    ----------
    setup
        A world of one fund, whose positions and contracts have the shape of every book's.

    Raises
    ------
    InputError
        If the rows do not fit the set-up or hold a value that is not finite.
    """
    check_books(setup, books)
    BookRunner(setup).run(books)


class BookRunner:
    """Runs checked books of one set-up in one thread, block by block, in scratch worlds that are allocated once."""

    def __init__(self, setup: Setup) -> None:
        self._setup, self._queue = setup, QUEUE
        self._worlds, self._lanes = scratch_worlds(setup, LANES + 1, QUEUE), empty_lanes(len(setup.positions))
        self._meetings = meetings(setup.schedule)
        # Without routine days there is nothing to do side by side, and eight worlds at a time take a tenth longer.
        self._group_size = LANES if np.any(setup.schedule["routine"]) else 1

    def run(self, books: BookRows, losses: Floats | None = None) -> None:
        """Run every book and write its outcome; the rows are not checked: see `check_books`.

        ``losses`` [books, positions + 2] are written as `run_clients` returns them.
        """
        losses = np.empty((len(books.funds), 0)) if losses is None else losses
        market, lanes, size = self._setup.market, self._lanes, self._group_size
        while simulate_books(market, self._worlds, lanes, self._meetings, size, books, losses):
            self._queue *= 4
            self._worlds = scratch_worlds(self._setup, LANES + 1, self._queue)


def meetings(schedule: Records) -> Integers:
    """Return the events before which books meet again: openings of routine days after others, and the end."""
    openings = np.flatnonzero(schedule["kind"] == EventKind.OPEN)
    routine = schedule["routine"][openings] > 0
    return np.append(openings[1:][routine[1:] & ~routine[:-1]], len(schedule))


def run_clients(setup: Setup, books: BookRows) -> Floats:
    """Run every book as `run_books`, and return what others lost on it.

    Returns
    -------
    array
        [books, positions + 2] USD: of the lender against each position, of the clearing member, of the credit bank.

    Raises
    ------
    InputError
        As `run_books`.
    """
    check_books(setup, books)
    losses = np.zeros((len(books.funds), len(setup.positions) + 2))
    BookRunner(setup).run(books, losses)
    return losses


def check_books(setup: Setup, books: BookRows) -> None:
    """Refuse rows of another shape, or not finite, before any kernel reads them."""
    check(setup)
    count = len(books.funds)
    shapes = (count,), (count, len(setup.positions)), (count, len(setup.contracts)), (count,)
    for name, kind, shape in zip(books._fields, (Fund, Position, ContractRow, OutcomeRow), shapes, strict=True):
        rows = np.asarray(getattr(books, name))
        if rows.dtype != dtype_of(kind) or rows.shape != shape or len(setup.funds) > 1:
            raise InputError(f"engine: books.{name} given as {rows.shape} rows of {rows.dtype}, needed are {shape}")
    tables = {f"books.{name}": np.asarray(getattr(books, name)) for name in ("funds", "positions", "contracts")}
    if any(_may_be_infinite(table) for table in tables.values()):
        check_finite(tables)


def _may_be_infinite(rows: Records) -> bool:
    """Return whether `check_finite` is needed: a check field by field took a fifth of the time of books of six days."""
    flat = np.ascontiguousarray(rows).reshape(-1).view(np.uint8).reshape(-1, rows.dtype.itemsize)
    return bool(has_full_exponent(flat, highest_bytes(rows.dtype)))


@kernel
def has_full_exponent(rows: Bytes, highest: Integers) -> bool:
    """Return whether some float may be NaN or infinite: all exponent bits of its highest byte are set."""
    for row in range(len(rows)):
        for field in range(len(highest)):
            if rows[row, highest[field]] & 127 == 127:
                return True
    return False


@kernel
def simulate_books(
    market: Market,
    worlds: WorldBatch,
    lanes: Lanes,
    meetings: Integers,
    group_size: int,
    books: BookRows,
    losses: Floats,
) -> int:
    """Run every book that can be entered, in groups; the last world stays blank. Return the dropped events.

    ``losses`` [books, positions + 2] are written if they have columns.
    """
    blank, lanes = pass_by_pointer(world_at(market, worlds, LANES)), pass_by_pointer(lanes)
    group = (
        pass_by_pointer(world_at(market, worlds, 0)),
        pass_by_pointer(world_at(market, worlds, 1)),
        pass_by_pointer(world_at(market, worlds, 2)),
        pass_by_pointer(world_at(market, worlds, 3)),
        pass_by_pointer(world_at(market, worlds, 4)),
        pass_by_pointer(world_at(market, worlds, 5)),
        pass_by_pointer(world_at(market, worlds, 6)),
        pass_by_pointer(world_at(market, worlds, 7)),
    )
    dropped, after, count = 0, 0, len(books.funds)
    while after < count:
        first, members = after, 0
        while after < count and members < group_size:
            if books.outcomes[after].outcome != Outcome.NOT_ENTERED:
                set_up(group[members], blank, books, after)
                enter(group[members])
                members += 1
            after += 1
        walk_group(group, lanes, meetings, members)
        member = 0
        for book in range(first, after):
            if books.outcomes[book].outcome != Outcome.NOT_ENTERED:
                dropped += conclude_member(group[member], books, losses, book)
                member += 1
    return dropped


@callee
def conclude_member(world: World, books: BookRows, losses: Floats, book: Index) -> int:
    """Write the outcome of a book, and who lost what; return the dropped events."""
    conclude(world)
    books.outcomes[book] = world.outcomes[0]
    if losses.shape[1] > 0:
        count = len(world.positions)
        for p in range(count):
            losses[book, p] = world.positions[p].lender_loss
        losses[book, count] = world.funds[0].clearing_loss
        losses[book, count + 1] = world.funds[0].credit_loss
    return int(world.clock[0].dropped)


@callee
def walk_group(group: Group, lanes: Lanes, meetings: Integers, members: int) -> None:
    """Run some books, entered before: from one meeting to the next side by side where they can, or alone."""
    first, side_by_side = group[0], (len(lanes.dealers), len(lanes.dealers))
    for until in meetings:
        entered = 0
        for w in range(members):
            lanes.rows[LANE_OF + w] = -1.0
            if can_enter_lanes(group[w], until) and hold_alike(group[w], first):
                enter_lane(group[w], lanes, entered)
                lanes.rows[LANE_OF + w] = entered
                entered += 1
        held, not_rolled = first.positions, first.clock[0].not_rolled
        if entered > 0:
            walk_lanes(first.market, first.schedule, held, lanes, side_by_side, entered, until, not_rolled)
        for w in range(members):
            if lanes.rows[LANE_OF + w] >= 0.0:
                leave_lane(group[w], lanes, int(lanes.rows[LANE_OF + w]))
        for w in range(members):
            simulate_until(group[w], lanes, until)


@callee
def run_entered(world: World, blank: World, lanes: Lanes, books: BookRows, outcomes: Rows[OutcomeRow]) -> int:
    """Run every book that can be entered, one by one, and write its outcome; return the number of dropped events."""
    dropped = 0
    for book in range(len(books.funds)):
        if books.outcomes[book].outcome != Outcome.NOT_ENTERED:
            set_up(world, blank, books, book)
            enter(world)
            simulate_outcomes(world, lanes)
            dropped += world.clock[0].dropped
            outcomes[book] = world.outcomes[0]
    return dropped


@callee
def set_up(world: World, blank: World, books: BookRows, book: int) -> None:
    """Reset a scratch world to the rows of a book before entry."""
    world.clock[0] = blank.clock[0]
    world.dealers[0] = blank.dealers[0]
    for party in range(len(world.parties)):
        world.parties[party] = blank.parties[party]
    for row in range(len(world.profit)):
        for line in range(world.profit.shape[1]):
            world.profit[row, line] = 0.0
    world.funds[0] = books.funds[book]
    for p in range(len(world.positions)):
        world.positions[p] = books.positions[book, p]
    for c in range(len(world.contracts)):
        world.contracts[c] = books.contracts[book, c]
