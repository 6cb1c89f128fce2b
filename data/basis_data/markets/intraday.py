"""Marks within the day: par curves bridged through yields that were published for it, between the daily closes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from basis_data.markets.yield_paths import ALWAYS_NEEDED, observed
from basis_data.scenarios.scenario import Scenario
from basis_data.tables.calendars import Days, new_york_minutes
from basis_data.tables.fields import TENORS
from basis_engine.base.errors import InputError

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class IntradayMarks:
    """x marks beside the closes, in order of time."""

    day: Integers
    """[x] index of the business day."""
    minutes: Integers
    """[x] minutes UTC since 1970-01-01."""
    par_yields: Array
    """[x, 11] decimal."""


def intraday_marks(scenario: Scenario, days: Days, closes: Array) -> IntradayMarks:
    """Curves of a scenario's intraday marks.

    A mark's curve is the day's close, moved at the tenors given by what they stand away from the published close, in
    straight lines between those tenors and level beyond them (assumption), times the scale of yields.

    Parameters
    ----------
    closes
        Par yields of the run's closes [m, 11], decimal.

    Raises
    ------
    InputError
        If a mark stands on no business day, or on the day of entry.
    """
    parts = sorted(scenario.intraday, key=lambda one: (one.date, one.time))
    published = observed(scenario, days, ALWAYS_NEEDED)
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
    """Index of a mark's day."""
    day = int(np.searchsorted(days, np.datetime64(str(date))))
    if day == 0 or day == len(days) or str(days[day]) != str(date):
        why = f"the day of entry, which has its close alone; allowed is one after {days[0]}" if day == 0 else "closed"
        raise InputError(f"scenario {scenario.name}, intraday: {date} given, which is {why}; date it on a business day")
    return day


def _away(levels_pct: dict[str, float], close: Array) -> Array:
    """How far each tenor of the curve stands from the close [11], from the tenors given."""
    years: Sequence[float] = list(TENORS.values())
    given = sorted(
        (TENORS[tenor], level / 100 - close[list(TENORS).index(tenor)]) for tenor, level in levels_pct.items()
    )
    away: Array = np.interp(years, *np.array(given).T)
    return away
