"""Business days (SIFMA US for cash and repo, CME interest rates for futures) and New York clock time.

Both calendars are those of pandas_market_calendars, 1990 to 2036, as history/holidays.csv keeps them: the library takes
half a second to import and compute them. CME's includes shortened holiday sessions (Presidents' Day, Thanksgiving), on
which cash is closed; `mark_days` are the days of both.
"""

from datetime import date, datetime, time
from functools import cache
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basis_data.tables.data_in_use import cached
from basis_data.tables.reader import read
from basis_engine.base.errors import InputError

Days: TypeAlias = NDArray[np.datetime64]
DateLike: TypeAlias = str | date | np.datetime64 | pd.Timestamp

NEW_YORK = ZoneInfo("America/New_York")
FIRST, LAST = np.datetime64("1990-01-01"), np.datetime64("2036-12-31")


def day(when: DateLike) -> np.datetime64:
    """Convert a date to datetime64[D], from an ISO string, a date, a datetime64 or a Timestamp."""
    if isinstance(when, np.datetime64) and not np.isnat(when):
        known: np.datetime64 = when.astype("datetime64[D]")
        return known
    try:
        civil = date.fromisoformat(when) if isinstance(when, str) else pd.Timestamp(when)
    except ValueError:
        raise InputError(f"date {when!r}: not a date; give it as YYYY-MM-DD") from None
    return np.datetime64(civil.strftime("%Y-%m-%d"), "D")


@cache
def _open_days(calendar: Literal["sifma_us", "cme_interest_rate"]) -> Days:
    """List all days of a calendar: weekdays but its holidays."""
    holidays = read("holidays")
    closed = holidays.loc[holidays["calendar"] == calendar, "date"].to_numpy().astype("datetime64[D]")
    days = np.arange(FIRST, LAST + 1)
    opened: Days = days[np.is_busday(days, holidays=closed)]
    return opened


@cached
def _cash_days() -> Days:
    """List SIFMA days less the closures missing in the library (history/closures.csv)."""
    closures = read("closures")["date"].to_numpy().astype("datetime64[D]")
    return np.setdiff1d(_open_days("sifma_us"), closures)


def _between(days: Days, start: DateLike, end: DateLike) -> Days:
    """Select days from start to end, both included."""
    first, last = day(start), day(end)
    if first < FIRST or last > LAST:
        raise InputError(f"dates {first} to {last}: the calendars cover {FIRST} to {LAST}")
    chosen: Days = days[(days >= first) & (days <= last)]
    return chosen


def cash_days(start: DateLike, end: DateLike) -> Days:
    """List days from start to end, both included, on which Treasuries and repo trade and settle (SIFMA US)."""
    return _between(_cash_days(), start, end)


def futures_days(start: DateLike, end: DateLike) -> Days:
    """List days from start to end, both included, on which CME interest-rate futures trade."""
    return _between(_open_days("cme_interest_rate"), start, end)


def mark_days(start: DateLike, end: DateLike) -> Days:
    """List days from start to end, both included, on which both notes and futures can be marked."""
    return np.intersect1d(cash_days(start, end), futures_days(start, end))


def business_day_offset(when: DateLike, offset: int) -> np.datetime64:
    """Move by business days of the cash calendar; 0 is the date itself or the next business day."""
    days, origin = _cash_days(), day(when)
    _between(days, origin, origin)
    # From a holiday, -1 is the last open day before it and +1 the first open day after it.
    position = int(np.searchsorted(days, origin, side="right" if offset > 0 else "left"))
    position += offset - 1 if offset > 0 else offset
    if not 0 <= position < len(days):
        raise InputError(f"date {origin}: {offset} business days on is outside {FIRST} to {LAST}")
    moved: np.datetime64 = days[position]
    return moved


def next_cash_day(when: DateLike) -> np.datetime64:
    """First business day after a date."""
    return business_day_offset(when, 1)


def settlement_date(trade_date: DateLike) -> np.datetime64:
    """Settlement of a cash Treasury trade: T+1."""
    return next_cash_day(trade_date)


def new_york_minutes(when: DateLike, clock: str) -> int:
    """Minutes UTC since 1970-01-01 of a New York clock time, such as '15:00', on a date."""
    try:
        at = time.fromisoformat(clock)
    except ValueError:
        raise InputError(f"clock time {clock!r}: not a time; give it as HH:MM") from None
    moment = datetime.combine(pd.Timestamp(day(when)), at, tzinfo=NEW_YORK)
    return int(moment.timestamp()) // 60


def to_new_york(minutes: NDArray[np.int64]) -> pd.DatetimeIndex:
    """New York time of minutes UTC since 1970-01-01, in milliseconds, which Parquet keeps."""
    return (
        pd.DatetimeIndex(np.asarray(minutes, np.int64).astype("datetime64[m]").astype("datetime64[ms]"))
        .tz_localize("UTC")
        .tz_convert(NEW_YORK)
    )
