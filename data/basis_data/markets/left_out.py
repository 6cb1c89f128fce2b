"""Inputs of a scenario that a run would leave out: refused in one sentence, or said among its assumptions."""

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basis_data.markets.moves import moved_rate
from basis_data.scenarios.composition import DATED
from basis_data.scenarios.parts import DayOrPeriodPart
from basis_data.scenarios.scenario import Scenario
from basis_data.tables.calendars import Days
from basis_data.tables.reader import read
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


def observed_prices(scenario: Scenario, first: np.datetime64, cusips: Collection[str]) -> "pd.Series[float]":
    """Clean prices of the user's file on the first day, by CUSIP, of notes that are deliverable.

    Raises
    ------
    InputError
        If the file has no such price.
    """
    rows = read("prices", scenario.files.prices)
    used = rows[(rows["date"] == pd.Timestamp(first)) & rows["cusip"].isin(list(cusips))]
    if used.empty:
        raise InputError(
            f"{scenario.files.prices}: no row is used, as none has the first day {first} and the CUSIP of a "
            "deliverable note of the contracts; give such rows"
        )
    return used.set_index("cusip")["clean_price"]


def left_out(scenario: Scenario, days: Days, cusips: Collection[str], effr: Array, svensson: bool) -> Iterator[str]:
    """Sentences on the inputs that a run does not use.

    Parameters
    ----------
    cusips
        Deliverable notes of the run's contracts.
    effr
        [m] federal funds rate of the days, NaN where blank.
    svensson
        Whether the run is priced on a Svensson curve.
    """
    if scenario.files.prices is not None:
        rows = read("prices", scenario.files.prices)
        unused = len(rows) - len(observed_prices(scenario, days[0], cusips))
        if unused:
            yield (
                f"{unused} of {len(rows)} rows of {scenario.files.prices.name} are not used: only prices of {days[0]}, "
                "the first day, of deliverable notes are."
            )
    if scenario.files.svensson is not None and not svensson:
        yield f"{scenario.files.svensson.name} is not used: the run is priced on par yields."
    blank = int(np.isnan(effr).sum())
    if blank:
        yield (
            f"On {blank} of {len(effr)} days no federal funds rate is given, from "
            f"{days[int(np.isnan(effr).argmax())]}: "
            "futures are then carried at that day's SOFR."
        )
