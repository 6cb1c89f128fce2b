"""The cells of a sweep: many one-fund books with one market and one schedule, of which only the outcomes are kept.

The books run one after the other in one scratch world, whose rows are reset for each book and allocated once. It keeps
neither log nor daily record: a book's working set stays in the processor's first cache. One call runs in one thread
without the GIL; a caller with several threads calls from each.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from basis_engine.base.compile import callee, kernel, pass_by_pointer
from basis_engine.base.errors import InputError
from basis_engine.simulation.day import simulate_outcomes, world_at
from basis_engine.simulation.names import Outcome
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
        self._worlds = scratch_worlds(setup, 2, QUEUE)

    def run(self, books: BookRows) -> None:
        """Run every book and write its outcome; the rows are not checked: see `check_books`."""
        while simulate_books(self._setup.market, self._worlds, books):
            self._queue *= 4
            self._worlds = scratch_worlds(self._setup, 2, self._queue)


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
    queue = QUEUE
    while simulate_clients(setup.market, scratch_worlds(setup, 2, queue), books, losses):
        queue *= 4
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
def simulate_books(market: Market, worlds: WorldBatch, books: BookRows) -> int:
    """Run every book that can be entered in the first world; the second stays blank. Return the dropped events."""
    world, blank = pass_by_pointer(world_at(market, worlds, 0)), pass_by_pointer(world_at(market, worlds, 1))
    return run_entered(world, blank, books, books.outcomes)


@kernel
def simulate_clients(market: Market, worlds: WorldBatch, books: BookRows, losses: Floats) -> int:
    """Run every book that can be entered; write its outcome and who lost what. Return the dropped events."""
    world, blank = pass_by_pointer(world_at(market, worlds, 0)), pass_by_pointer(world_at(market, worlds, 1))
    dropped = 0
    for book in range(len(books.funds)):
        if books.outcomes[book].outcome != Outcome.NOT_ENTERED:
            set_up(world, blank, books, book)
            enter(world)
            simulate_outcomes(world)
            dropped += world.clock[0].dropped
            books.outcomes[book] = world.outcomes[0]
            count = len(world.positions)
            for p in range(count):
                losses[book, p] = world.positions[p].lender_loss
            losses[book, count] = world.funds[0].clearing_loss
            losses[book, count + 1] = world.funds[0].credit_loss
    return dropped


@callee
def run_entered(world: World, blank: World, books: BookRows, outcomes: Rows[OutcomeRow]) -> int:
    """Run every book that can be entered, and write its outcome; return the number of dropped events."""
    dropped = 0
    for book in range(len(books.funds)):
        if books.outcomes[book].outcome != Outcome.NOT_ENTERED:
            set_up(world, blank, books, book)
            enter(world)
            simulate_outcomes(world)
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
