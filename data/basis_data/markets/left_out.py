"""Inputs of a scenario that a run would leave out: refused in one sentence, or said among its assumptions."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from basis_data.markets.moves import moved_rate
from basis_data.scenarios.composition import DATED
from basis_data.scenarios.parts import DayOrPeriodPart
from basis_data.scenarios.scenario import Scenario
from basis_data.tables.calendars import Days
from basis_engine.base.errors import InputError

Array = NDArray[np.float64]


def check_dated(scenario: Scenario, days: Days) -> None:
    """Refuse dated parts that no business day of the window sees.

    Raises
    ------
    InputError
        If a part begins after the last business day, or a level that ends with `until` holds on no business day.
    """
    for field in DATED:
        for part in getattr(scenario, field):
            until = getattr(part, "until", None)
            first = int(np.searchsorted(days, np.datetime64(part.date)))
            if first == len(days):
                raise InputError(
                    f"scenario {scenario.name}, {field}: {part.date} given, after the last business day {days[-1]}; "
                    "date it earlier, or give a later end"
                )
            # A part of a day, such as a loss, that falls on a holiday counts on the next business day.
            if until is not None and not isinstance(part, DayOrPeriodPart) and days[first] > np.datetime64(until):
                raise InputError(
                    f"scenario {scenario.name}, {field}: {part.date} to {until} holds no business day; "
                    "give a later until, or none"
                )


def federal_funds_rate(scenario: Scenario, days: Days) -> Array:
    """Effective federal funds rate on each day [m], decimal, NaN where the file has none.

    Raises
    ------
    InputError
        If a user's file has it on some days of the window only: without it futures are carried at SOFR, and a change
        from one rate to the other is no move of the market.
    """
    effr = moved_rate(scenario, days, "effr_pct")
    blank = np.isnan(effr)
    if scenario.files.repo is not None and blank.any() and not blank.all():
        raise InputError(
            f"{scenario.files.repo}, column effr_pct: blank on {days[int(blank.argmax())]}, given on other days of the "
            "window; fill it in, or leave the column out"
        )
    return effr


def left_out(scenario: Scenario, days: Days, effr: Array, svensson: bool) -> Iterator[str]:
    """Sentences on the inputs that a run does not use.

    Parameters
    ----------
    effr
        [m] federal funds rate of the days, NaN where blank.
    svensson
        Whether the run is priced on a Svensson curve.
    """
    if scenario.files.svensson is not None and not svensson:
        yield f"{scenario.files.svensson.name} is not used: the run is priced on par yields."
    blank = int(np.isnan(effr).sum())
    if blank:
        yield (
            f"On {blank} of {len(effr)} days no federal funds rate is given, from "
            f"{days[int(np.isnan(effr).argmax())]}: "
            "futures are then carried at that day's SOFR."
        )
