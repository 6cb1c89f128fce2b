"""Moves of an episode on the levels of another day: the days whose data a window takes, and levels moved by them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from basis_data.markets.margins import MarginPath, margin_path
from basis_data.scenarios.scenario import Scenario
from basis_data.tables.calendars import Days, mark_days
from basis_data.tables.windows import column_or_nan, covers, read_days

Array = NDArray[np.float64]


def source_days(scenario: Scenario, days: Days) -> Days:
    """Return the business day whose data each day of a window takes [m]: its own, or that of `moves_from`.

    Day i of the window takes business day i of `moves_from`; after its last one, that one.
    """
    if scenario.moves_from is None:
        return days
    past = mark_days(scenario.moves_from.start, scenario.moves_from.end)
    chosen: Days = past[np.minimum(np.arange(len(days)), len(past) - 1)]
    return chosen


def level_file(name: str, days: Days, path: Path | None) -> Path | None:
    """Return the user's own file of a table if it covers the first day, on which levels are read; or None."""
    return path if path is not None and covers(name, days[:1], path) else None


def moved(level: Array, path: Array) -> Array:
    """Shift a path [m] so that it starts at a level [1]: the path itself, to the last bit, if it starts there."""
    shifted: Array = path + (level[0] - path[0])
    return shifted


def moved_rate(scenario: Scenario, days: Days, column: str) -> Array:
    """Rate of a column of the repo table on each day [m], decimal, NaN where blank; every day needs a SOFR."""
    past, own = source_days(scenario, days), scenario.files.repo
    taken = np.unique(past)
    rates = column_or_nan(read_days("repo", taken, ["sofr_pct"], own), column)[np.searchsorted(taken, past)] / 100
    if scenario.moves_from is None:
        return rates
    first = read_days("repo", days[:1], ["sofr_pct"], level_file("repo", days, own))
    return moved(column_or_nan(first, column) / 100, rates)


def moved_expectation(expected: Callable[[Days, Path | None], Array], scenario: Scenario, days: Days) -> Array:
    """Expected rate on each day [m], decimal, without the scenario's spread and shifts.

    Parameters
    ----------
    expected
        The expectation on given days, from the user's own file of rates or the tables in use.
    """
    own = scenario.files.repo
    path = expected(source_days(scenario, days), own)
    return path if scenario.moves_from is None else moved(expected(days[:1], level_file("repo", days, own)), path)


def moved_margin(scenario: Scenario, code: str, days: Days) -> MarginPath:
    """Margin of a contract at the level of the first day, multiplied as it was over the days of `moves_from`.

    Where the source changes within those days, from CME's level to an assumed margin leverage, the last multiple stays.
    """
    own = scenario.files.margins
    if scenario.moves_from is None:
        return margin_path(code, days, own)
    first, past = margin_path(code, days[:1], own), margin_path(code, source_days(scenario, days), own)
    levels = np.where(np.isnan(past.usd[0]), 1.0 / past.leverage, past.usd)
    known = np.maximum.accumulate(np.where(np.isnan(levels), 0, np.arange(len(days))))
    usd = levels[known] * (first.usd[0] / levels[0])  # in this order the episode's own levels stay to the last bit
    return replace(first, usd=usd, leverage=first.leverage[0] / (levels[known] / levels[0]))
