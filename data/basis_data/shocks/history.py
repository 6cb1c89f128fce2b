"""Daily changes of the par curve since 1990, with absent tenors filled and flagged.

The Treasury published no 1-month yield before 31 July 2001, no 20-year before October 1993 and no 30-year from February
2002 to February 2006. A generator that draws whole days needs all eleven tenors, so an absent change is filled by its
regression on the tenors present that day, plus an observed residual of that regression. Residuals are taken evenly
spaced from all days that have them, in order, so that calm and turbulent years have their share and no random number is
needed. Only generators use filled changes; statistics by which generators are tested use observed changes only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basis_data.shocks.components import products
from basis_data.tables.data_in_use import cached
from basis_data.tables.layouts import TENOR_YEARS
from basis_data.tables.reader import read
from basis_engine.base.errors import InputError

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

FEWEST_DAYS = 500
"""Minimum number of days to fit a generator to, two years: fewer contain no information on tails."""
BILLS = 4
"""Number of tenors up to a year, the first columns: bills follow the policy rate, bonds do not."""


@dataclass(frozen=True)
class History:
    """Changes of n business days from the published day before, decimal."""

    dates: NDArray[np.datetime64]
    """[n] day on which the change ends."""
    changes: Array
    """[n, 11] all tenors; filled where absent."""
    observed: Mask
    """[n, 11] whether both days of the change were published."""

    @property
    def seen(self) -> Array:
        """Changes with NaN where absent [n, 11]."""
        return np.where(self.observed, self.changes, np.nan)


LAST_DAY = np.datetime64("2026-04-17")
"""Last day that generators draw from: results of a seed stay the same when newer days are added to the tables."""


@cached
def history(without: tuple[str, str] | None = None) -> History:
    """Return changes of the embedded par yields, 1990 to `LAST_DAY`.

    Parameters
    ----------
    without
        First and last day of a window to hold back, ISO dates; the days before and after it are joined.

    Raises
    ------
    InputError
        If fewer than 500 days are left.
    """
    rows = read("par_yields")
    rows = rows[rows["date"] <= pd.Timestamp(LAST_DAY)]
    yields = rows[list(TENOR_YEARS)].to_numpy(np.float64) / 100
    dates = rows["date"].to_numpy().astype("datetime64[D]")[1:]
    changes = np.diff(yields, axis=0)
    if without is not None:
        kept = (dates < np.datetime64(without[0])) | (dates > np.datetime64(without[1]))
        dates, changes = dates[kept], changes[kept]
    if len(dates) < FEWEST_DAYS:
        raise InputError(
            f"history without {without}: {len(dates)} days are left, at least {FEWEST_DAYS} are needed; hold back less"
        )
    observed = ~np.isnan(changes)
    return History(dates, filled(changes), observed)


def decade(first: str, last: str) -> History:
    """Select the days of a window, ISO dates, both included."""
    whole = history()
    inside = (whole.dates >= np.datetime64(first)) & (whole.dates <= np.datetime64(last))
    return History(whole.dates[inside], whole.changes[inside], whole.observed[inside])


def filled(changes: Array) -> Array:
    """Fill gaps of changes [n, k]: regression on the tenors present, plus evenly spaced observed residuals."""
    observed = ~np.isnan(changes)
    whole = changes.copy()
    for pattern in np.unique(observed[~observed.all(axis=1)], axis=0):
        absent = (observed == pattern).all(axis=1)
        complete = observed.all(axis=1)
        present: Sequence[int] = np.flatnonzero(pattern).tolist()
        for tenor in np.flatnonzero(~pattern):
            by, of = changes[complete][:, present], changes[complete][:, [tenor]]
            slopes = np.linalg.solve(products(by, by), products(by, of))[:, 0]
            residuals = of[:, 0] - (by * slopes).sum(axis=1)
            spread = np.arange(absent.sum()) * len(residuals) // absent.sum()
            whole[absent, tenor] = (changes[absent][:, present] * slopes).sum(axis=1) + residuals[spread]
    return whole


def turbulence(changes: Array, scale: Array, decay: float) -> Array:
    """Trailing variance of days [n] relative to its mean: exponentially weighted, averaged over tenors, mean 1.

    Parameters
    ----------
    changes
        [n, k] decimal, or [paths, n, k] of many paths.
    scale
        [k] standard deviation of each tenor.
    decay
        Weight of the day before; RiskMetrics (1996) uses 0.94.
    """
    squares = ((changes / scale) ** 2).mean(axis=-1)
    return smoothed(squares, 1 - decay, decay, np.full(squares.shape[:-1], decay))


def smoothed(values: Array, weight: float, memory: float, state: Array) -> Array:
    """Value by day along the last axis: weight x today's value + memory x the day before's, which `state` has at first.

    That is `scipy.signal.lfilter` to the last bit; its import takes a second, a third of a run of a thousand paths.
    """
    results = np.empty(values.shape)
    for day in range(values.shape[-1]):
        results[..., day] = weight * values[..., day] + state
        state = memory * results[..., day]
    return results
