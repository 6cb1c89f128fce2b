"""The schedule: the events known before a run begins, in order of time, and the events of each dated change.

Times of day are minutes after midnight in New York; ``midnight`` gives each day's midnight in minutes UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from basis_engine.base.errors import InputError
from basis_engine.simulation.names import EventKind
from basis_engine.simulation.rows import Event, dtype_of, empty_rows
from basis_engine.simulation.world import Floats, Integers, Records

ROLL_TIME = 8 * 60 + 30
CALL_TIME = 9 * 60
FLOW_TIME = 9 * 60 + 30
OTHER_LOSS_TIME = 10 * 60
INTRADAY_TIME = 12 * 60
INTRADAY_DUE = 14 * 60
SETTLEMENT_TIME = 15 * 60
LIMITS_TIME = 15 * 60 + 30
DAY_LENGTH = 24 * 60
ROUTINE = (
    EventKind.OPEN,
    EventKind.REPO_ROLL,
    EventKind.REPO_SHORTFALL,
    EventKind.MARK,
    EventKind.SETTLEMENT,
    EventKind.REPO_MARK,
    EventKind.RISK_LIMITS,
    EventKind.RECORD,
)
"""The events of a day without dated events; the last day of a run has the end of the window before its record."""


@dataclass(frozen=True)
class DatedEvent:
    """An event that is not part of every day."""

    day: int
    kind: EventKind
    minute_of_day: int
    value: float = 0.0
    contract: int = -1
    fund: int = -1
    share: float = 0.0
    """Of another loss: share of the fund's equity at entry, besides the amount; cells of one schedule differ in it."""


@dataclass(frozen=True)
class Calendar:
    """The days of a run and their marks; on day 0 the book is entered, and no other event takes place."""

    midnight: Integers  # [days] minutes UTC of midnight in New York
    repo_rate: Floats  # [days] decimal per year
    cash_rate: Floats  # [days] decimal per year
    mark_time: Integers  # [marks] minutes UTC
    mark_day: Integers  # [marks] index of the day
    dated: Sequence[DatedEvent] = field(default_factory=tuple)
    decides: bool = False
    """Whether a strategy decides every day, after settlement and before risk limits."""
    repo_time: int = ROLL_TIME
    """When repo rolls and its cash reaches the fund, minutes after midnight; after 09:00, clearing is paid first."""


def other_loss(day: int, usd: float, fund: int, share: float = 0.0) -> DatedEvent:
    """Return a fund's loss in its other businesses, USD and a share of entry equity, due the next morning.

    A loss on day 0 follows entry.
    """
    minute = OTHER_LOSS_TIME if day > 0 else ROLL_TIME
    return DatedEvent(max(day, 1), EventKind.OTHER_LOSS, minute, usd, fund=fund, share=share)


def contract_roll(day: int, fund: int, contract: int) -> DatedEvent:
    """Return a fund's roll of a contract into the next month; its cost is due the next morning."""
    return DatedEvent(max(day, 1), EventKind.OTHER_LOSS, OTHER_LOSS_TIME, fund=fund, contract=contract)


def funding_change(day: int, kind: EventKind, value: float, contract: int = -1) -> DatedEvent:
    """Return a change of a haircut (a rise above entry) or of the share of repo not rolled, from this day's roll."""
    return DatedEvent(day, kind, ROLL_TIME, value, contract=contract)


def margin_change(day: int, value: float, contract: int) -> tuple[DatedEvent, DatedEvent]:
    """Return notice and change of an initial margin, USD per contract.

    The change is called at settlement of the day; the notice is given at settlement of the day before, or on the first
    day at 09:00 of the same day.
    """
    notice, minute = (day - 1, SETTLEMENT_TIME) if day > 1 else (1, CALL_TIME)
    return (
        DatedEvent(notice, EventKind.MARGIN_NOTICE, minute, value, contract=contract),
        DatedEvent(day, EventKind.MARGIN_CHANGE, SETTLEMENT_TIME, value, contract=contract),
    )


def delivery(days: int, settled: int, delivered: int, contract: int, value: float = 0.0) -> list[DatedEvent]:
    """Return final settlement and delivery of a contract, as far as a window of ``days`` reaches them."""
    both = (
        DatedEvent(settled, EventKind.FINAL_SETTLEMENT, SETTLEMENT_TIME, value, contract=contract),
        DatedEvent(delivered, EventKind.DELIVERY, ROLL_TIME, value, contract=contract),
    )
    return [event for event in both if event.day < days]


def build_schedule(calendar: Calendar) -> Records:
    """Return rows of every scheduled event, sorted by time, kind and sequence."""
    _check_marks(calendar)
    _check_dated(calendar)
    last = len(calendar.midnight) - 1
    end = int(calendar.midnight[-1]) + LIMITS_TIME
    parts = [*_every_day(calendar), _dated_rows(calendar), _rows(1, time=end, kind=EventKind.END, day=last)]
    rows = np.concatenate([np.asarray(part) for part in parts])
    schedule: Records = rows[np.lexsort((rows["kind"], rows["time"]))].view(dtype_of(Event))
    schedule["sequence"] = np.arange(len(schedule))
    schedule["calls_due"] = _calls_due(calendar, schedule)
    of_repo = np.isin(schedule["kind"], (EventKind.REPO_SHORTFALL, EventKind.REPO_MARK))
    schedule["calls_due"][of_repo] += max(calendar.repo_time - CALL_TIME, 0)
    schedule["next_mark"] = _next_mark(calendar, schedule["time"], end)
    kinds = schedule["kind"].tolist()
    routine = calendar.repo_time <= CALL_TIME  # the fast path rolls before it pays clearing
    for first in np.flatnonzero((schedule["kind"] == EventKind.OPEN) & routine):
        schedule["routine"][first] = _routine(kinds[first : first + len(ROUTINE) + 1])
    return schedule


def _rows(count: int, **columns: Any) -> Records:
    """Return rows of events with the given columns."""
    rows = empty_rows(Event, count)
    for name, values in columns.items():
        rows[name] = values
    return rows


def _routine(kinds: list[int]) -> int:
    """Return the number of events of the first day of the given kinds if it is a routine day, else 0."""
    for day in (ROUTINE, (*ROUTINE[:-1], EventKind.END, EventKind.RECORD)):
        if kinds[: len(day)] == list(day):
            return len(day)
    return 0


def _check_marks(calendar: Calendar) -> None:
    """Refuse marks outside business hours: no clearing cycle of the day would settle their moves."""
    minutes = calendar.mark_time - calendar.midnight[calendar.mark_day]
    outside = np.flatnonzero((minutes < ROLL_TIME) | (minutes > SETTLEMENT_TIME))
    if len(outside):
        hours, rest = divmod(int(minutes[outside[0]]), 60)
        raise InputError(f"engine: mark {outside[0]} is at {hours:02d}:{rest:02d} New York, allowed is 08:30 to 15:00")
    first = minutes[calendar.mark_day > 0].min(initial=SETTLEMENT_TIME)
    if calendar.repo_time != ROLL_TIME and not ROLL_TIME <= calendar.repo_time < first:
        hours, rest = divmod(calendar.repo_time, 60)
        if first == ROLL_TIME:
            raise InputError(
                f"repo_time: {hours:02d}:{rest:02d} given, but this path has marks at 08:30, by which repo cash must "
                "have arrived; leave repo_time out"
            )
        raise InputError(
            f"repo_time: {hours:02d}:{rest:02d} given, allowed is from 08:30 to before the first mark of each day, "
            f"{first // 60:02d}:{first % 60:02d}; give an earlier time"
        )


def _check_dated(calendar: Calendar) -> None:
    """Refuse events outside the days after entry: the book is entered at the mark of day 0, after its morning."""
    for dated in calendar.dated:
        if not 0 < dated.day < len(calendar.midnight):
            raise InputError(
                f"engine: {dated.kind.name} on day {dated.day}, allowed is 1 to {len(calendar.midnight) - 1}; "
                "the book is entered on day 0"
            )


def _every_day(calendar: Calendar) -> list[Records]:
    """Return the events of every business day, kind by kind."""
    days = np.arange(1, len(calendar.midnight))
    marks = np.flatnonzero(calendar.mark_day > 0)
    mark_time, mark_day = calendar.mark_time[marks], calendar.mark_day[marks]
    early = np.unique(mark_day[mark_time < calendar.midnight[mark_day] + INTRADAY_TIME])
    times = [
        (EventKind.REPO_SHORTFALL, max(CALL_TIME, calendar.repo_time), days),
        (EventKind.INTRADAY_CYCLE, INTRADAY_TIME, early),
        (EventKind.SETTLEMENT, SETTLEMENT_TIME, days),
        (EventKind.REPO_MARK, SETTLEMENT_TIME, days),
        (EventKind.RISK_LIMITS, LIMITS_TIME, days),
        (EventKind.RECORD, LIMITS_TIME, days),
    ]
    if calendar.decides:
        times.append((EventKind.DECISION, LIMITS_TIME, days))
    rows = [_rows(len(on), time=calendar.midnight[on] + minute, kind=kind, day=on) for kind, minute, on in times]
    rolls = _rows(
        len(days),
        time=calendar.midnight[days] + calendar.repo_time,
        kind=EventKind.REPO_ROLL,
        day=days,
        value=calendar.repo_rate[days],
        second_value=calendar.cash_rate[days],
    )
    late = float(calendar.repo_time > CALL_TIME)
    opening = _rows(
        len(days), time=calendar.midnight[days] + ROLL_TIME, kind=EventKind.OPEN, day=days, second_value=late
    )
    return [opening, *rows, rolls, _rows(len(marks), time=mark_time, kind=EventKind.MARK, day=mark_day, mark=marks)]


def _dated_rows(calendar: Calendar) -> Records:
    """Return the dated events in their order."""
    dated = calendar.dated
    days = np.array([event.day for event in dated], np.int64)
    return _rows(
        len(dated),
        time=calendar.midnight[days] + [event.minute_of_day for event in dated],
        kind=[event.kind for event in dated],
        day=days,
        value=[event.value for event in dated],
        second_value=[event.share for event in dated],
        contract=[event.contract for event in dated],
        fund=[event.fund for event in dated],
    )


def _calls_due(calendar: Calendar, schedule: Records) -> Integers:
    """Return when calls fall due: 09:00 of the next business day; for the intraday cycle, 14:00 of the same day.

    A loss before 09:00 is of the evening before, and falls due at 09:00 of the same day.
    """
    mornings = np.append(calendar.midnight, calendar.midnight[-1] + DAY_LENGTH) + CALL_TIME
    day, kind = schedule["day"], schedule["kind"]
    before_morning = (kind == EventKind.OTHER_LOSS) & (schedule["time"] < mornings[day])
    due: Integers = np.where(before_morning, mornings[day], mornings[day + 1])
    due[kind == EventKind.INTRADAY_CYCLE] = calendar.midnight[day[kind == EventKind.INTRADAY_CYCLE]] + INTRADAY_DUE
    return due


def _next_mark(calendar: Calendar, times: Integers, end: int) -> Integers:
    """Return the time of the first mark after each time; a time beyond the end of the run if there is none."""
    marks = np.append(calendar.mark_time, end + DAY_LENGTH)
    following: Integers = marks[np.searchsorted(calendar.mark_time, times, side="right")]
    return following
