"""The schedule: the events known before a run begins, in order of time, and the events of each dated change.

Times of day are minutes after midnight in New York; ``midnight`` gives each day's midnight in minutes UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from basis_engine.base.errors import InputError
from basis_engine.simulation.names import EventKind
from basis_engine.simulation.rows import Event, empty_rows
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
    rows: list[dict[str, float]] = []
    for day in range(1, len(calendar.midnight)):
        rows += _every_day(calendar, day)
    rows += [_dated_row(calendar, dated) for dated in calendar.dated]
    end = int(calendar.midnight[-1]) + LIMITS_TIME
    rows.append({"time": end, "kind": EventKind.END, "day": len(calendar.midnight) - 1})
    rows.sort(key=lambda row: (row["time"], row["kind"]))
    schedule = empty_rows(Event, len(rows))
    for sequence, row in enumerate(rows):
        event = schedule[sequence]
        event.sequence = sequence
        for name, value in row.items():
            setattr(event, name, value)
        event.calls_due = _calls_due(calendar, int(event.day), int(event.kind), int(event.time))
        if event.kind in (EventKind.REPO_SHORTFALL, EventKind.REPO_MARK):
            event.calls_due += max(calendar.repo_time - CALL_TIME, 0)
        event.next_mark = _next_mark(calendar, int(event.time), end)
    for first in np.flatnonzero(schedule["kind"] == EventKind.OPEN):
        if calendar.repo_time <= CALL_TIME:  # the fast path rolls before it pays clearing
            schedule[first].routine = _routine(schedule["kind"][first:].tolist())
    return schedule


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


def _every_day(calendar: Calendar, day: int) -> list[dict[str, float]]:
    """Return the events of every business day."""
    midnight = int(calendar.midnight[day])
    marks = np.flatnonzero(calendar.mark_day == day)
    times = [
        (EventKind.REPO_SHORTFALL, max(CALL_TIME, calendar.repo_time)),
        (EventKind.SETTLEMENT, SETTLEMENT_TIME),
        (EventKind.REPO_MARK, SETTLEMENT_TIME),
    ]
    times += [(EventKind.RISK_LIMITS, LIMITS_TIME), (EventKind.RECORD, LIMITS_TIME)]
    if calendar.decides:
        times.append((EventKind.DECISION, LIMITS_TIME))
    if np.any(calendar.mark_time[marks] < midnight + INTRADAY_TIME):
        times.append((EventKind.INTRADAY_CYCLE, INTRADAY_TIME))
    rows: list[dict[str, float]] = [{"time": midnight + minute, "kind": kind, "day": day} for kind, minute in times]
    late = float(calendar.repo_time > CALL_TIME)
    rows.append({"time": midnight + ROLL_TIME, "kind": EventKind.OPEN, "day": day, "second_value": late})
    rows.append(
        {
            "time": midnight + calendar.repo_time,
            "kind": EventKind.REPO_ROLL,
            "day": day,
            "value": float(calendar.repo_rate[day]),
            "second_value": float(calendar.cash_rate[day]),
        }
    )
    return rows + [
        {"time": int(calendar.mark_time[m]), "kind": EventKind.MARK, "day": day, "mark": int(m)} for m in marks
    ]


def _dated_row(calendar: Calendar, dated: DatedEvent) -> dict[str, float]:
    """Return a dated event as a row of the schedule."""
    return {
        "time": int(calendar.midnight[dated.day]) + dated.minute_of_day,
        "kind": dated.kind,
        "day": dated.day,
        "value": dated.value,
        "second_value": dated.share,
        "contract": dated.contract,
        "fund": dated.fund,
    }


def _calls_due(calendar: Calendar, day: int, kind: int, time: int) -> int:
    """Return when calls fall due: 09:00 of the next business day; for the intraday cycle, 14:00 of the same day.

    A loss before 09:00 is of the evening before, and falls due at 09:00 of the same day.
    """
    if kind == EventKind.INTRADAY_CYCLE:
        return int(calendar.midnight[day]) + INTRADAY_DUE
    if kind == EventKind.OTHER_LOSS and time < int(calendar.midnight[day]) + CALL_TIME:
        return int(calendar.midnight[day]) + CALL_TIME
    if day + 1 < len(calendar.midnight):
        return int(calendar.midnight[day + 1]) + CALL_TIME
    return int(calendar.midnight[day]) + DAY_LENGTH + CALL_TIME


def _next_mark(calendar: Calendar, time: int, end: int) -> int:
    """Return the time of the first mark after a time; a time beyond the end of the run if there is none."""
    later = np.searchsorted(calendar.mark_time, time, side="right")
    return int(calendar.mark_time[later]) if later < len(calendar.mark_time) else end + DAY_LENGTH
