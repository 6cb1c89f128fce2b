"""The order of events: the schedule, the queue against a sorted list, and the log of a day with nearly every event."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import basis_engine.simulation.queue
import basis_engine.simulation.run
from basis_engine.base.compile import kernel
from basis_engine.simulation.day import advance
from basis_engine.simulation.names import Claim, EventKind, LogEvent, Party, Unwind
from basis_engine.simulation.queue import push
from basis_engine.simulation.record import enter
from basis_engine.simulation.rows import Event, empty_rows
from basis_engine.simulation.run import Setup, run
from basis_engine.simulation.schedule import (
    CALL_TIME,
    INTRADAY_DUE,
    INTRADAY_TIME,
    LIMITS_TIME,
    ROLL_TIME,
    SETTLEMENT_TIME,
    DatedEvent,
)
from basis_engine.simulation.world import World
from support import timed_books as books
from support.worlds import FIRST_DAY, MINUTES_PER_DAY, Shape, digest, hand_made, random_world

moments = st.tuples(st.integers(0, 6), st.integers(0, 3))  # few, so that ties are common


@kernel
def proceed(world: World) -> bool:
    """Let time pass to the next event: what the event loop does, for Python to call."""
    return basis_engine.simulation.queue.next_event(world)


@kernel
def now(world: World) -> tuple[int, int, int, int]:
    """Time, kind, creation and cause of the event that happens now."""
    event = basis_engine.simulation.queue.current_event(world)
    return event.time, event.kind, event.sequence, event.cause


def order(event: Any) -> tuple[int, int, int]:
    """The declared order: time, kind, creation."""
    return int(event.time), int(event.kind), int(event.sequence)


@pytest.mark.parametrize("seed", range(10))
def test_the_schedule_is_sorted_and_the_record_comes_last(seed: int) -> None:
    schedule = random_world(seed, Shape(days=20, contracts=3, daily_marks=3)).schedule
    assert all(order(left) < order(right) for left, right in pairwise(schedule))
    assert [EventKind(kind) for kind in schedule["kind"][-2:]] == [EventKind.END, EventKind.RECORD]
    assert np.all(schedule["calls_due"] > schedule["time"])
    assert np.all(schedule["next_mark"] > schedule["time"])


def laid_out(setup: Setup, capacity: int) -> World:
    """The rows of a world before anything happens."""
    return basis_engine.simulation.run._lay_out(setup, capacity)


def empty_world(scheduled: list[tuple[int, int]]) -> World:
    """A world with nothing but a schedule."""
    schedule = empty_rows(Event, len(scheduled))
    for sequence, (row, (time, kind)) in enumerate(zip(schedule, sorted(scheduled), strict=True)):
        row.time, row.kind, row.sequence = time, kind, sequence
    return laid_out(replace(hand_made([100.0, 100.0]), schedule=schedule), 4096)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(scheduled=st.lists(moments, min_size=1, max_size=20), created=st.lists(moments, max_size=40))
def test_the_next_event_is_the_first_of_a_sorted_union(
    scheduled: list[tuple[int, int]], created: list[tuple[int, int]]
) -> None:
    """Created events carry their number as cause; of equals in all three keys the scheduled one comes first."""
    world = empty_world(scheduled)
    for number, (time, kind) in enumerate(created):
        push(world, kind, time, 0, 0, number)
    expected = [(*moment, number, -1) for number, moment in enumerate(sorted(scheduled))]
    expected += [(*moment, number, number) for number, moment in enumerate(created)]
    expected.sort()
    last_scheduled = max(i for i, row in enumerate(expected) if row[3] < 0)
    happened = []
    while proceed(world):
        happened.append(now(world))
        assert world.clock[0].now == happened[-1][0]
    assert happened == expected[: last_scheduled + 1]  # a run is over with its schedule


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    scheduled=st.lists(moments, min_size=1, max_size=12),
    created=st.lists(st.lists(moments, max_size=4), max_size=40),
)
def test_events_created_on_the_way_fall_into_place(
    scheduled: list[tuple[int, int]], created: list[list[tuple[int, int]]]
) -> None:
    """At every step the next is the first of all that wait, those just created for now or later included."""
    world = empty_world(scheduled)
    waiting = [(*moment, number, -1) for number, moment in enumerate(sorted(scheduled))]
    batches, number = iter(created), 0
    while proceed(world):
        happened = now(world)
        assert happened == min(waiting)
        waiting.remove(happened)
        for delay, kind in next(batches, []):
            time = int(world.clock[0].now) + delay
            push(world, kind, time, 0, 0, number)
            waiting.append((time, kind, number, number))
            number += 1
    assert all(row[3] >= 0 for row in waiting)


def rich_day() -> Setup:
    """A fund that meets nearly everything on its third day."""
    prices = [100.0, 100.0, 100.0, 99.8, 99.8, 99.8, 99.6]
    futures = [100.0, 100.0, 100.0, 100.3, 100.4, 100.6, 100.7]
    coupon_due = [0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0]
    dated = [
        DatedEvent(2, EventKind.MARGIN_CHANGE, SETTLEMENT_TIME, 1500.0, contract=0),
        DatedEvent(2, EventKind.REDEMPTION, CALL_TIME + 1, 5e4, fund=0),
        DatedEvent(3, EventKind.HAIRCUT_CHANGE, ROLL_TIME, 0.001, contract=0),
        DatedEvent(3, EventKind.NOT_ROLLED_CHANGE, ROLL_TIME, 0.01),
        DatedEvent(3, EventKind.REDEMPTION, CALL_TIME + 1, 4e5, fund=0),
        DatedEvent(3, EventKind.MARGIN_CHANGE, SETTLEMENT_TIME, 2000.0, contract=0),
        DatedEvent(3, EventKind.MARGIN_NOTICE, SETTLEMENT_TIME, 2500.0, contract=0),
        DatedEvent(3, EventKind.FINAL_SETTLEMENT, SETTLEMENT_TIME, contract=0),
    ]
    return hand_made(
        [*prices, 99.6, 99.6],
        [*futures, 100.7, 100.7],
        coupon_due=[*coupon_due, 0.0, 0.0],
        minutes=(10 * 60, SETTLEMENT_TIME),
        fund={"entry_equity": 1.1e6},
        position={"term_share": 0.5, "term_maturity": FIRST_DAY + 90, "factor": 0.985},
        dated=dated,
    )


def test_a_rich_day_happens_in_the_order_of_the_day() -> None:
    log = run(rich_day()).log
    day, minute = np.divmod(log["time"] - FIRST_DAY * MINUTES_PER_DAY, MINUTES_PER_DAY)
    told = [
        (int(at), LogEvent(row.what), Claim(row.claim)) for at, row in zip(minute[day == 3], log[day == 3], strict=True)
    ]
    assert told == [
        (ROLL_TIME, LogEvent.COUPON_PAID, Claim.NONE),
        (ROLL_TIME, LogEvent.HAIRCUT_CHANGE, Claim.NONE),
        (ROLL_TIME, LogEvent.NOT_ROLLED_CHANGE, Claim.NONE),
        (ROLL_TIME, LogEvent.REPO_REMARGIN, Claim.NONE),
        (CALL_TIME, LogEvent.CALL_PAID, Claim.VARIATION_MARGIN),
        (CALL_TIME, LogEvent.CALL_PAID, Claim.INITIAL_MARGIN),
        (CALL_TIME, LogEvent.CALL_PAID, Claim.REPO_MARGIN),
        (CALL_TIME, LogEvent.REDEMPTION, Claim.REDEMPTION),
        (CALL_TIME + 1, LogEvent.REDEMPTION, Claim.NONE),
        (10 * 60, LogEvent.PRICE_MOVE, Claim.NONE),
        (INTRADAY_TIME, LogEvent.CALL_RAISED, Claim.VARIATION_MARGIN),
        (INTRADAY_DUE, LogEvent.CALL_PAID, Claim.VARIATION_MARGIN),
        (SETTLEMENT_TIME, LogEvent.PRICE_MOVE, Claim.NONE),
        (SETTLEMENT_TIME, LogEvent.MARGIN_NOTICE, Claim.NONE),
        (SETTLEMENT_TIME, LogEvent.MARGIN_CHANGE, Claim.NONE),
        (SETTLEMENT_TIME, LogEvent.CALL_RAISED, Claim.VARIATION_MARGIN),
        (SETTLEMENT_TIME, LogEvent.CALL_RAISED, Claim.INITIAL_MARGIN),
        (SETTLEMENT_TIME, LogEvent.FINAL_SETTLEMENT, Claim.NONE),
        (SETTLEMENT_TIME, LogEvent.CALL_RAISED, Claim.REPO_MARGIN),
        (LIMITS_TIME, LogEvent.LIQUIDITY_LIMIT, Claim.NONE),
        (LIMITS_TIME, LogEvent.ORDER, Claim.NONE),
        (LIMITS_TIME, LogEvent.SALE, Claim.NONE),
    ]


def test_every_call_of_the_rich_day_names_its_cause() -> None:
    log = run(rich_day()).log
    causes = {Claim.VARIATION_MARGIN: LogEvent.PRICE_MOVE, Claim.INITIAL_MARGIN: LogEvent.MARGIN_CHANGE}
    for row in log[log["what"] == LogEvent.CALL_RAISED]:
        assert log[row.cause].what == causes.get(Claim(row.claim), LogEvent.PRICE_MOVE)
    for row in log[np.isin(log["what"], [LogEvent.CALL_PAID, LogEvent.CALL_FAILED])]:
        assert log[row.cause].what == LogEvent.CALL_RAISED
        assert log[row.cause].party in (Party.CLEARING_HOUSE, Party.REPO_LENDER)


def long_seizure() -> Setup:
    """A seizure of a hundred days."""
    return hand_made(
        np.full(120, 100.0), [100.0, 100.0, *[106.0] * 118], contract={"depth": 2e5}, fund={"unwind": Unwind.HOLD}
    )


def busy_day() -> Setup:
    """More created events than the queue first holds: a sale at each of fifty marks, its margin due next morning."""
    minutes = [*range(CALL_TIME + 5, CALL_TIME + 260, 5), SETTLEMENT_TIME]
    rule = {"unwind": Unwind.STOP_OUT, "drawdown_limit": -0.5}
    return hand_made(np.full(1 + 2 * len(minutes), 100.0), minutes=minutes, fund=rule, contract={"depth": 1e5})


def capacities_of_runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Rows of log that each world is laid out with from here on."""
    capacities: list[int] = []
    before = basis_engine.simulation.run._lay_out

    def spy(setup: Setup, capacity: int) -> World:
        capacities.append(capacity)
        return before(setup, capacity)

    monkeypatch.setattr(basis_engine.simulation.run, "_lay_out", spy)
    return capacities


@pytest.mark.parametrize("setup", [long_seizure(), busy_day()], ids=["log", "queue"])
def test_a_run_that_overflows_runs_again_and_tells_the_same(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    capacities = capacities_of_runs(monkeypatch)
    monkeypatch.setattr(basis_engine.simulation.run, "log_rows", lambda setup: 128)
    roomy = laid_out(setup, 100_000)
    enter(roomy)
    assert not advance(roomy)
    capacities.clear()
    assert digest([run(setup)]) == digest([basis_engine.simulation.run.hand_back(roomy)])
    assert len(capacities) > 1


@pytest.mark.parametrize("setup", [long_seizure(), rich_day(), books.quiet(), books.stressed()])
def test_ordinary_books_run_once(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    capacities = capacities_of_runs(monkeypatch)
    assert len(run(setup).log) <= capacities[0]
    assert len(capacities) == 1
