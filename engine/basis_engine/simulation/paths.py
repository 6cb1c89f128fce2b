"""Many paths of one market, and some books through each, of which only the outcomes are kept.

Paths differ in yields, repo, margins, haircuts and the share not rolled; days, notes and the books at entry are the
same. Paths run in blocks. A block owns one scratch market, one scratch schedule and, as in `cells`, one scratch world:
one kernel bootstraps, prices and schedules each path there and runs its books. Built singly in Python, a path of sixty
days takes some twenty times as long.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from basis_engine.base.compile import callee, parallel_kernel, pass_by_pointer, portion
from basis_engine.base.errors import InputError
from basis_engine.bonds.curves import NODE_TIMES, PAR
from basis_engine.simulation.cells import QUEUE, BookRows, check_books, run_entered
from basis_engine.simulation.day import world_at
from basis_engine.simulation.lanes import Lanes, empty_lanes
from basis_engine.simulation.market import Baskets, CurvePath, Priced, bootstrap_rows, fill_held, price_rows
from basis_engine.simulation.names import EventKind
from basis_engine.simulation.rows import Dealers, Event, FuturesQuote, NoteQuote, OutcomeRow
from basis_engine.simulation.run import Setup, scratch_worlds
from basis_engine.simulation.world import Floats, Integers, Market, Records, Rows, RowTable, World, WorldBatch

BLOCKS = 64
"""Block b runs paths b, b + 64, ...: neighbours in a sweep cost the same, and so do the blocks."""


class Drivers(NamedTuple):
    """The inputs of each path; on the first day all are the same."""

    yields: Floats  # [paths, marks, tenors] par yields, decimal; [paths, 0, tenors]: prices are the set-up's
    repo: Floats  # [paths, days] decimal per year
    margin: Floats  # [paths, days, contracts] initial margin, USD per contract
    rise: Floats  # [paths, days, contracts] of the haircut over that of entry
    not_rolled: Floats  # [paths, days] share


class Frame(NamedTuple):
    """Inputs that all paths share, beside days and baskets."""

    held: Integers  # [notes] rows of the baskets
    contract_of: Integers  # [notes]
    tenors: Floats  # years
    last_node: int  # of a curve that reaches its longest tenor
    delivery: Integers  # [marks, contracts] days, where prices are the set-up's
    schedule: Rows[Event]  # with a place for every change that a path may bring; see `needed`


class Scratch(NamedTuple):
    """Arrays that a block overwrites for each path; each has a first axis of blocks."""

    curves: Floats
    clean: Floats  # the fields of `Priced`
    prices: Floats
    cheapest: Integers
    delivery: Integers
    notes: "np.ndarray[tuple[int, int, int], np.dtype[np.void]]"
    futures: "np.ndarray[tuple[int, int, int], np.dtype[np.void]]"
    lanes: Floats  # the fields of `Lanes`
    dealers: Sequence[Rows[Dealers]]


class Course(NamedTuple):
    """All inputs and scratch arrays together."""

    path: CurvePath  # its curves are of no use where yields are given
    baskets: Baskets
    frame: Frame
    drivers: Drivers
    scratch: Scratch


def run_paths(
    setup: Setup, path: CurvePath, baskets: Baskets, frame: Frame, drivers: Drivers, books: BookRows
) -> Records:
    """Run every book through every path.

    Parameters
    ----------
    setup
        A world of one fund, whose schedule is that of ``frame``; its prices apply where no yields are given.

    Returns
    -------
    Records
        Rows of `OutcomeRow` [paths, books]; rows of outcome NOT_ENTERED are unchanged.

    Raises
    ------
    InputError
        If the rows do not fit the set-up, or the yields of a path are no curve.
    """
    check_books(setup, books)
    paths, blocks, queue = len(drivers.repo), min(len(drivers.repo), BLOCKS), QUEUE
    outcomes: Any = np.repeat(np.asarray(books.outcomes)[None], paths, 0).view(np.asarray(books.outcomes).dtype)
    no_curve, dropped = np.zeros(paths, np.bool_), np.ones(blocks, np.int64)
    scratch = _scratch(setup, baskets, frame, blocks)
    while dropped.any():
        worlds = scratch_worlds(setup, blocks + 1, queue)
        simulate_paths(setup.market, path, baskets, frame, drivers, scratch, worlds, books, outcomes, no_curve, dropped)
        queue *= 4
    if no_curve.any():
        raise InputError(
            f"engine: the par yields of path {no_curve.argmax()} are no curve, as a discount factor would not be "
            "positive; give smaller moves"
        )
    rows: Records = outcomes
    return rows


def _scratch(setup: Setup, baskets: Baskets, frame: Frame, blocks: int) -> Scratch:
    """Allocate a market for each block, with the set-up's prices at first."""

    def repeated(rows: Records) -> Records:
        copies: Records = np.repeat(rows[None], blocks, 0).view(rows.dtype)
        return copies

    marks, contracts = frame.delivery.shape
    return Scratch(
        np.empty((blocks, marks, len(NODE_TIMES))),
        np.empty((blocks, marks, len(baskets.coupon))),
        np.empty((blocks, marks, contracts)),
        np.empty((blocks, marks, contracts), np.int64),
        repeated(frame.delivery),
        repeated(np.asarray(setup.market.notes)),
        repeated(np.asarray(setup.market.futures)),
        *(repeated(np.asarray(rows)) for rows in empty_lanes(len(setup.positions))),  # type: ignore[arg-type]
    )


@parallel_kernel
def simulate_paths(
    market: Market,
    path: CurvePath,
    baskets: Baskets,
    frame: Frame,
    drivers: Drivers,
    scratch: Scratch,
    worlds: WorldBatch,
    books: BookRows,
    outcomes: Sequence[Rows[OutcomeRow]],
    no_curve: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
    dropped: Integers,
    turn: int,
    turns: int,
) -> None:
    """Run the paths of each block; the last world stays blank."""
    first, last = portion(len(dropped), turn, turns)
    for block in range(first, last):
        course = Course(path, baskets, frame, drivers, scratch)
        own = Market(market.marks, scratch.notes[block], scratch.futures[block])
        world, blank = (
            pass_by_pointer(world_at(own, worlds, block)),
            pass_by_pointer(world_at(own, worlds, len(dropped))),
        )
        dropped[block] = 0
        for p in range(block, len(drivers.repo), len(dropped)):
            no_curve[p] = not price_one(course, p, block)
            if not no_curve[p]:
                count = schedule_one(course, worlds.schedule[block], p, block)
                shortened = pass_by_pointer(with_schedule_length(world, count))
                lanes = pass_by_pointer(Lanes(scratch.lanes[block], scratch.dealers[block]))
                dropped[block] += run_entered(shortened, blank, lanes, books, outcomes[p])


@callee
def price_one(course: Course, path: int, block: int) -> bool:
    """Bootstrap and price a path into a block's scratch market; return False if its yields are no curve."""
    frame, shared, scratch = course.frame, course.path, course.scratch
    if course.drivers.yields.shape[1] == 0:
        return True
    curves = scratch.curves[block]
    bootstrap_rows(frame.tenors, course.drivers.yields[path], NODE_TIMES, curves)
    for m in range(len(curves)):
        for node in range(frame.last_node + 1):
            if np.isnan(curves[m, node]):
                return False
    on_path = CurvePath(shared.time, shared.value_date, PAR, curves, shared.repo)
    priced = Priced(scratch.clean[block], scratch.prices[block], scratch.cheapest[block], scratch.delivery[block])
    price_rows(on_path, course.baskets, priced)
    quote(course, on_path, priced, scratch.notes[block], scratch.futures[block])
    return True


@callee
def quote(
    course: Course, path: CurvePath, priced: Priced, notes: RowTable[NoteQuote], futures: RowTable[FuturesQuote]
) -> None:
    """Write prices into the scratch market; its dislocation is the set-up's."""
    held = course.frame.held
    for m in range(len(path.time)):
        for h in range(len(held)):
            notes[m, h].clean = priced.clean[m, held[h]]
        for c in range(priced.futures.shape[1]):
            futures[m, c].price = priced.futures[m, c]
    fill_held(path, course.baskets, priced, held, course.frame.contract_of, notes)


@callee
def schedule_one(course: Course, schedule: Rows[Event], path: int, block: int) -> int:
    """Write the schedule of a path; return the number of its events."""
    places, drivers = course.frame.schedule, course.drivers
    count, opening = 0, 0
    for e in range(len(places)):
        place = places[e]
        if needed(course, place, path, block):
            schedule[count] = place
            event = schedule[count]
            event.sequence, event.value = count, carried(drivers, place, path)
            if place.kind == EventKind.OPEN:
                opening = count
            elif is_place(place.kind):
                schedule[opening].routine = 0
            count += 1
    return count


@callee(inline=True)
def is_place(kind: int) -> bool:
    """Return whether events of a kind are places in the shared schedule for changes that a path may have."""
    return kind in (
        EventKind.HAIRCUT_CHANGE,
        EventKind.NOT_ROLLED_CHANGE,
        EventKind.MARGIN_NOTICE,
        EventKind.MARGIN_CHANGE,
        EventKind.FINAL_SETTLEMENT,
        EventKind.DELIVERY,
    )


@callee(inline=True)
def needed(course: Course, place: Event, path: int, block: int) -> bool:
    """Return whether a path has the event of a place.

    The value of a place is the day whose level applies; the event is left out if the level is that of the day before.
    Deliveries have two places, whose value is the mark of the notice: positive for delivery on the first day, if carry
    is negative then, and negative (or 0 if no notice is possible) for delivery on the last.
    """
    drivers, kind, day, c = course.drivers, place.kind, int(place.value), place.contract
    if kind == EventKind.HAIRCUT_CHANGE:
        return bool(drivers.rise[path, day, c] != drivers.rise[path, day - 1, c])
    if kind == EventKind.NOT_ROLLED_CHANGE:
        return bool(drivers.not_rolled[path, day] != drivers.not_rolled[path, day - 1])
    if kind in (EventKind.MARGIN_NOTICE, EventKind.MARGIN_CHANGE):
        return bool(drivers.margin[path, day, c] != drivers.margin[path, day - 1, c])
    if kind in (EventKind.FINAL_SETTLEMENT, EventKind.DELIVERY):
        notice = abs(day)
        early = notice > 0 and course.scratch.delivery[block, notice, c] <= course.baskets.first_delivery[c]
        return bool(early) == (place.value > 0.0)
    return True


@callee(inline=True)
def carried(drivers: Drivers, place: Event, path: int) -> float:
    """Return the payload of the event of a place on a path."""
    kind, day, c = place.kind, int(place.value), place.contract
    if kind == EventKind.HAIRCUT_CHANGE:
        return float(drivers.rise[path, day, c])
    if kind == EventKind.NOT_ROLLED_CHANGE:
        return float(drivers.not_rolled[path, day])
    if kind in (EventKind.MARGIN_NOTICE, EventKind.MARGIN_CHANGE):
        return float(drivers.margin[path, day, c])
    if kind == EventKind.REPO_ROLL:
        return float(drivers.repo[path, place.day])
    return place.value


@callee
def with_schedule_length(world: World, count: int) -> World:
    """Return the world with the first ``count`` events of its schedule."""
    return World(
        world.market,
        world.schedule[:count],  # type: ignore[index, arg-type]
        world.queue,
        world.event,
        world.clock,
        world.funds,
        world.positions,
        world.contracts,
        world.parties,
        world.dealers,
        world.outcomes,
        world.profit,
        world.cash_flows,
        world.attribution,
        world.fund_days,
        world.position_days,
        world.dealer_days,
        world.log,
    )
