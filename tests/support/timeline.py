"""The input of the twins: the days of one setup as plain arrays, in the order of events.

A twin has no event queue. It needs a last mark at 15:00 on every day and none at noon itself. The timeline is that of
one book of notes held and futures sold: a world with anything that only the engine does (deliveries, redemptions, daily
decisions, notes sold short, swaps at a second house) is refused. Only the C twin does dealers
who charge for balance sheet.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_engine.base.errors import InputError
from basis_engine.simulation.names import EventKind
from basis_engine.simulation.run import Setup
from basis_engine.simulation.schedule import CALL_TIME, DAY_LENGTH, INTRADAY_DUE, INTRADAY_TIME, SETTLEMENT_TIME

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

EVERY_DAY = {
    EventKind.OPEN, EventKind.REPO_ROLL, EventKind.REPO_SHORTFALL, EventKind.MARK, EventKind.INTRADAY_CYCLE,
    EventKind.SETTLEMENT, EventKind.REPO_MARK, EventKind.RISK_LIMITS, EventKind.END, EventKind.RECORD,
}  # fmt: skip
NO_MARK = -1


@dataclass(frozen=True)
class Timeline:
    """The days and marks of a run; day 0 is the day of entry, rates decimal per year, prices per 100 face."""

    first_mark: Integers  # [days] row of the day's first mark.
    last_mark: Integers  # [days] row of the mark at settlement.
    cycle_mark: Integers  # [days] mark that follows the intraday clearing cycle; -1 without one.
    pay_mark: Integers  # [days] mark that follows the deadline of its calls; -1 without one.
    repo_rate: Floats  # [days]
    cash_rate: Floats  # [days]
    not_rolled: Floats  # [days] share of overnight repo that lenders do not roll that morning.
    haircut_rise: Floats  # [days, contracts] above the haircut of entry, from that morning.
    initial_margin: Floats  # [days, contracts] USD per contract in force from that day's settlement.
    announced_margin: Floats  # [days, contracts] USD per contract, announced by that day's risk limits.
    other_loss: Floats  # [marks] USD of other losses of the fund just before the mark.
    outside_sales: Floats  # [marks] USD that outsiders sell to dealers just before the mark.
    purchases: Floats  # [marks] USD that the central bank buys from them.
    value_date: Integers  # [marks] days since 1970-01-01.
    notes: Any  # [marks, notes] rows of basis_engine.simulation.rows.NoteQuote.
    futures: Any  # [marks, contracts] rows of basis_engine.simulation.rows.FuturesQuote.
    contracts: Any  # [contracts] rows of basis_engine.simulation.rows.Contract.


def timeline(setup: Setup) -> Timeline:
    """Lay a setup's schedule out day by day; refuses what a twin does not do."""
    days, count = setup.days, len(setup.contracts)
    first, last, cycle, pay = (np.full(days, NO_MARK) for _ in range(4))
    repo, cash, not_rolled = np.zeros(days), np.zeros(days), np.zeros(days)
    rise = np.zeros((days, count))
    margin = np.tile(setup.contracts["initial_margin"], (days, 1))
    announced = np.tile(setup.contracts["announced_margin"], (days, 1))
    multiple = setup.contracts["margin_multiple"]
    other_loss, sales, purchases = (np.zeros(len(setup.market.marks)) for _ in range(3))
    first[0] = last[0] = 0
    schedule: Any = setup.schedule
    for event in schedule:
        day = int(event.day)
        contracts = slice(None) if event.contract < 0 else slice(event.contract, event.contract + 1)
        if event.kind == EventKind.MARK:
            first[day] = event.mark if first[day] == NO_MARK else first[day]
            last[day] = event.mark
        elif event.kind == EventKind.INTRADAY_CYCLE:
            cycle[day], pay[day] = _after(setup, day, INTRADAY_TIME), _after(setup, day, INTRADAY_DUE)
        elif event.kind == EventKind.REPO_ROLL:
            repo[day], cash[day] = event.value, event.second_value
        elif event.kind == EventKind.NOT_ROLLED_CHANGE:
            not_rolled[day:] = event.value
        elif event.kind == EventKind.HAIRCUT_CHANGE:
            rise[day:, contracts] = event.value
        elif event.kind == EventKind.MARGIN_NOTICE:
            announced[day:, contracts] = event.value * multiple[contracts]
        elif event.kind == EventKind.MARGIN_CHANGE:
            margin[day:, contracts] = announced[day:, contracts] = event.value * multiple[contracts]
        elif event.kind == EventKind.OTHER_LOSS:
            lost = event.value + event.second_value * setup.funds["entry_equity"][event.fund]
            other_loss[_after(setup, day, _minute(setup, event))] += lost
        elif event.kind == EventKind.OUTSIDE_FLOW:
            flow = sales if event.value >= 0.0 else purchases
            flow[_after(setup, day, _minute(setup, event))] += abs(event.value)
        elif event.kind not in EVERY_DAY:
            raise InputError(
                f"benchmarks: {EventKind(event.kind).name} is scheduled, which the twins do not do; leave it out"
            )
    _check(setup, last, other_loss)
    marks: Any = setup.market.marks
    rates, levels = (repo, cash, not_rolled), (rise, margin, announced)
    quotes = setup.market.notes, setup.market.futures, setup.contracts
    flows, dates = (other_loss, sales, purchases), np.ascontiguousarray(marks["value_date"])
    return Timeline(first, last, cycle, pay, *rates, *levels, *flows, dates, *quotes)


def _after(setup: Setup, day: int, minute: int) -> int:
    """First mark of a day at or after a minute of it; no mark is at noon, where the cycle would follow it."""
    marks: Any = setup.market.marks
    minutes = (marks["time"] - _midnight(setup, day)) if day else np.zeros(0)
    return int(np.searchsorted(minutes, minute))


def _minute(setup: Setup, event: Any) -> int:
    minute = int(event.time) - _midnight(setup, int(event.day))
    if not CALL_TIME < minute <= SETTLEMENT_TIME:
        raise InputError(
            f"benchmarks: {EventKind(event.kind).name} is scheduled at {minute // 60:02d}:{minute % 60:02d}, "
            "allowed is after 09:00 and up to 15:00; move it"
        )
    return minute


def _midnight(setup: Setup, day: int) -> int:
    """Midnight of a day, minutes UTC, from its settlement."""
    schedule: Any = setup.schedule
    rows = schedule[(schedule["day"] == day) & (schedule["kind"] == EventKind.SETTLEMENT)]
    return int(rows["time"][0]) - SETTLEMENT_TIME


def _check(setup: Setup, last: Integers, other_loss: Floats) -> None:
    marks: Any = setup.market.marks
    for day in range(1, setup.days):
        minutes = (marks["time"] - _midnight(setup, day)) % DAY_LENGTH
        if minutes[last[day]] != SETTLEMENT_TIME or np.any(minutes == INTRADAY_TIME):
            raise InputError(
                f"benchmarks: day {day} has no mark at 15:00, or one at 12:00; the twins need and refuse them"
            )
    if np.any(setup.positions["face"] < 0.0):
        raise InputError("benchmarks: notes sold short were given, the twins hold notes only; give faces of 0 or more")
    if np.any(setup.contracts["swap"]):
        raise InputError("benchmarks: swaps were given, the twins clear futures only; give contracts without swaps")
    if np.any(other_loss) and len(setup.funds) > 1:
        raise InputError("benchmarks: OTHER_LOSS is scheduled among several funds; give one fund, or leave it out")
