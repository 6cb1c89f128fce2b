"""Marks within the day: par curves interpolated through yields published for that time, between the daily closes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from basis_data.markets.moves import source_days
from basis_data.markets.yield_paths import ALWAYS_NEEDED, observed
from basis_data.scenarios.scenario import Scenario
from basis_data.tables.calendars import Days, new_york_minutes
from basis_data.tables.fields import TENORS
from basis_engine.base.errors import InputError

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class IntradayMarks:
    """x marks besides the closes, in order of time."""

    day: Integers
    """[x] index of the business day."""
    minutes: Integers
    """[x] minutes UTC since 1970-01-01."""
    par_yields: Array
    """[x, 11] decimal."""


def intraday_marks(scenario: Scenario, days: Days, closes: Array) -> IntradayMarks:
    """Build the curves of a scenario's intraday marks.

    Curve of a mark = close of the run that day + `yield_scale` x (published level - published close) at the tenors
    given; linear between those tenors and constant beyond them (assumption).

    Parameters
    ----------
    closes
        Par yields of the run's closes [m, 11], decimal.

    Raises
    ------
    InputError
        If a mark is dated on a day that is no business day, or on the day of entry.
    """
    parts = sorted(scenario.intraday, key=lambda mark: (mark.date, mark.time))
    published = observed(np.unique(source_days(scenario, days)), ALWAYS_NEEDED, scenario.files.par_yields)
    index = [_day(scenario, part.date, days) for part in parts]
    yields = [
        closes[day] + scenario.yield_scale * _away(part.yields_pct, published[day])
        for day, part in zip(index, parts, strict=True)
    ]
    return IntradayMarks(
        day=np.array(index, np.int64),
        minutes=np.array([new_york_minutes(part.date, part.time) for part in parts], np.int64),
        par_yields=np.array(yields).reshape(len(parts), closes.shape[1]),
    )


def _day(scenario: Scenario, date: object, days: Days) -> int:
    """Find the index of a mark's day."""
    day = int(np.searchsorted(days, np.datetime64(str(date))))
    if day == 0 or day == len(days) or str(days[day]) != str(date):
        why = f"the day of entry, which has its close only; allowed is a day after {days[0]}" if day == 0 else "closed"
        raise InputError(f"scenario {scenario.name}, intraday: {date} given, which is {why}; date it on a business day")
    return day


def _away(levels_pct: dict[str, float], close: Array) -> Array:
    """Distance of each tenor from the close [11], decimal, interpolated from the tenors given."""
    years: Sequence[float] = list(TENORS.values())
    given = sorted(
        (TENORS[tenor], level / 100 - close[list(TENORS).index(tenor)]) for tenor, level in levels_pct.items()
    )
    away: Array = np.interp(years, *np.array(given).T)
    return away
