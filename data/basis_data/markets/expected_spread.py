"""Trailing spread of overnight repo over policy that skips the turns of quarters, and the fit of its half-life.

On a turn day (the first or last print of a calendar quarter) the average keeps its value; on others it moves by a share
1 - 2^(-1 / half-life) of its distance to the day's spread. A scenario's own spike of repo passes the same filter.
"""

import hashlib
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basis_data.tables.calendars import Days

FITTED = Path(__file__).parents[1] / "fitted" / "expected-repo.toml"
HALF_LIVES = (5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0)
"""Prints; the grid of the fit."""
AHEAD = 66
"""Prints of the average that is forecast: the distance from a June roll to its delivery."""
FIT_FROM, FIT_BEFORE = "2015-01-01", "2019-09-01"
"""Forecasts from the first day, whose targets end before the second."""


@cache
def half_life() -> float:
    """Half-life in force, prints: that of fitted/expected-repo.toml."""
    return float(tomllib.loads(FITTED.read_text(encoding="utf-8"))["half_life_prints"])


def digest() -> str:
    """SHA-256 of fitted/expected-repo.toml, first twelve digits."""
    return hashlib.sha256(FITTED.read_bytes()).hexdigest()[:12]


def trailing_spread(spread: "pd.Series[float]", prints: float | None = None) -> "pd.Series[float]":
    """Average the spread by day, skipping turn days and days without a spread; before the first print it is NaN."""
    weight = 1.0 - 2.0 ** (-1.0 / (prints or half_life()))
    known = spread.dropna()
    usual = known[~turn_days(pd.DatetimeIndex(known.index))]
    average = (usual if len(usual) else known).ewm(alpha=weight, adjust=False).mean()
    return average.reindex(spread.index).ffill()


def expected_spikes(days: Days, spikes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average a scenario's passing shifts of repo as `trailing_spread` does, from zero before the first day [m]."""
    weight, turn = 1.0 - 2.0 ** (-1.0 / half_life()), turn_days(pd.DatetimeIndex(days))
    average, level = np.zeros(len(days)), 0.0
    for day, spike in enumerate(spikes):
        level += 0.0 if turn[day] else weight * (spike - level)
        average[day] = level
    return average


def turn_days(days: pd.DatetimeIndex) -> NDArray[np.bool_]:
    """Flag the first and last business day of a calendar quarter among consecutive business days."""
    before, after = days - pd.offsets.BDay(1), days + pd.offsets.BDay(1)
    quarter = days.quarter
    turn: NDArray[np.bool_] = (before.quarter != quarter) | (after.quarter != quarter)
    # New Year's Day and Good Friday are holidays: the neighbour among the prints decides where it is nearer.
    turn[1:] |= quarter[1:] != quarter[:-1]
    turn[:-1] |= quarter[:-1] != quarter[1:]
    return turn


def forecast_errors(spread: "pd.Series[float]", half_lives: Sequence[float] = HALF_LIVES) -> "pd.Series[float]":
    """Root mean square error, basis points, of each half-life as a forecast of the spread's next `AHEAD` prints."""
    followed = spread.rolling(AHEAD).mean().shift(-AHEAD)
    ends = pd.Series(spread.index, spread.index).shift(-AHEAD)
    chosen = (spread.index >= FIT_FROM) & (ends < FIT_BEFORE).to_numpy()
    errors = {
        prints: 100 * float(np.sqrt(((trailing_spread(spread, prints) - followed)[chosen] ** 2).mean()))
        for prints in half_lives
    }
    return pd.Series(errors, name="rmse_bp")


def as_toml(errors: "pd.Series[float]") -> str:
    """Format the fitted file: the half-life of least error, and the errors of the grid."""
    lines = [
        'source = "Fitted by `basis-stress calibrate`: least error of the trailing spread of SOFR over federal funds"',
        f'forecasts = "the average spread of the next {AHEAD} prints"',
        f'data = "history/sofr.csv, forecasts from {FIT_FROM}, targets before {FIT_BEFORE}"',
        f"half_life_prints = {errors.idxmin():g}",
        "[rmse_bp]",
        *(f'"{prints:g}" = {error:.3f}' for prints, error in errors.items()),
    ]
    return "\n".join(lines) + "\n"
