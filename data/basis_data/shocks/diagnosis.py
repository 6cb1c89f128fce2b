"""Figures of a generator's diagnostic page: clustering, tails and shapes of generated paths and of history."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import genpareto

from basis_data.shocks.components import components
from basis_data.shocks.history import History
from basis_data.shocks.innovations import Extremes
from basis_data.shocks.paths import HIGHEST_YIELD, LOWEST_YIELD, Paths
from basis_data.shocks.samplers import Sampler
from basis_data.shocks.statistics import TENOR_NAMES, autocorrelation
from basis_data.tables.layouts import TENOR_YEARS
from basis_data.tables.reader import read

Array = NDArray[np.float64]

SHOWN = ("3mo", "2y", "10y", "30y")
QUANTILES = (0.01, 0.05, 0.5, 0.95, 0.99)
LAGS = 60
_HISTORIES = 60
_POINTS = 400


@dataclass(frozen=True)
class Clustering:
    """Autocorrelation of absolute changes at lags 1 to 60 [60, 4]."""

    tenors: tuple[str, ...]
    observed: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class Tails:
    """By tenor [2, m]: absolute daily changes, bp, and share of days with a change as large; small ones thinned."""

    tenors: tuple[str, ...]
    observed: list[Array]
    simulated: list[Array]


@dataclass(frozen=True)
class Shapes:
    """First three components [3, 11], and quantiles of moves over the horizon, bp [5, 11]."""

    horizon: int
    observed_loadings: Array
    simulated_loadings: Array
    observed: Array
    simulated: Array


def clustering(sampler: Sampler, past: History, seed: int) -> Clustering:
    """Compute the autocorrelation of absolute changes, of history and of simulated histories of its length."""
    shown = [TENOR_NAMES.index(name) for name in SHOWN]
    gaps = np.where(past.observed, 0.0, np.nan)
    changes = np.empty((_HISTORIES, *past.changes.shape))
    sampler.draw(np.random.default_rng(seed), changes)
    simulated = [autocorrelation(np.abs(path + gaps)[:, shown], LAGS)[1:] for path in changes]
    low, high = np.quantile(simulated, [0.025, 0.975], axis=0)
    return Clustering(SHOWN, autocorrelation(np.abs(past.seen)[:, shown], LAGS)[1:], low, high)


def tails(drawn: Paths, past: History) -> Tails:
    """Compute the tails of daily changes of history and of generated paths."""
    shown = [TENOR_NAMES.index(name) for name in SHOWN]
    observed = [exceeding(1e4 * past.changes[past.observed[:, k], k]) for k in shown]
    return Tails(SHOWN, observed, [exceeding(1e4 * drawn.changes[:, :, k].ravel()) for k in shown])


def exceeding(values: Array) -> Array:
    """Sort absolute sizes from the largest, with the share of values as large [2, m]; ranks spaced geometrically."""
    sizes = np.sort(np.abs(values))[::-1]
    rank = np.unique(np.geomspace(1, len(sizes), _POINTS).astype(np.int64))
    return np.array([sizes[rank - 1], rank / len(sizes)])


def shapes(drawn: Paths, past: History) -> Shapes:
    """Compute components, and quantiles of moves over the length of the paths; windows of history overlap."""
    horizon = drawn.changes.shape[1]
    totals = np.cumsum(np.vstack([np.zeros(len(TENOR_NAMES)), past.changes]), axis=0)
    moves = totals[horizon:] - totals[:-horizon]
    present = np.cumsum(np.vstack([np.zeros(len(TENOR_NAMES)), past.observed]), axis=0)
    moves[present[horizon:] - present[:-horizon] < horizon] = np.nan
    days = drawn.changes.reshape(-1, len(TENOR_NAMES))
    return Shapes(
        horizon,
        components(past.changes).loadings[:3],
        components(days).loadings[:3],
        1e4 * np.nanquantile(moves, QUANTILES, axis=0),
        1e4 * np.quantile(drawn.changes.sum(axis=1), QUANTILES, axis=0),
    )


@dataclass(frozen=True)
class Oddities:
    """Share of days on which paths from a real curve leave the range of history."""

    start: np.datetime64
    """Day of the first curve."""
    negative: float
    """Some yield is below zero."""
    bounded: float
    """Some yield is clipped at a bound of `basis_data.shocks.paths`."""
    steeper: float
    """Some gap between neighbouring tenors is wider, or more inverted, than on any day of history."""


def oddities(drawn: Paths) -> Oddities:
    """Compute the shares for paths from the last day on which every tenor was published."""
    rows = read("par_yields").dropna(subset=list(TENOR_YEARS))
    yields = read("par_yields")[list(TENOR_YEARS)].to_numpy(np.float64) / 100
    gaps = np.diff(yields, axis=1)
    levels = drawn.levels(rows[list(TENOR_YEARS)].to_numpy(np.float64)[-1] / 100)[:, 1:]
    ahead = np.diff(levels, axis=2)
    beyond = (ahead < np.nanmin(gaps, axis=0)) | (ahead > np.nanmax(gaps, axis=0))
    return Oddities(
        rows["date"].to_numpy().astype("datetime64[D]")[-1],
        float((levels < 0.0).any(axis=2).mean()),
        float(((levels < LOWEST_YIELD) | (levels > HIGHEST_YIELD)).any(axis=2).mean()),
        float(beyond.any(axis=2).mean()),
    )


def extreme_fits(law: Extremes, count: int = 3) -> list[tuple[str, Array, Array, float]]:
    """Tails of the first components: title, ascending exceedances, quantiles of the fitted distribution, shape."""
    fits = []
    for side, word in ((1, "rises"), (0, "falls")):
        for k in range(count):
            values = (1.0 if side else -1.0) * law.days[:, k]
            observed = np.sort(values[values > law.threshold[side, k]] - law.threshold[side, k])
            chances = (np.arange(len(observed)) + 0.5) / len(observed)
            fitted = genpareto.ppf(chances, law.shape[side, k], scale=law.scale[side, k])
            fits.append((f"component {k + 1}, {word}", observed, np.asarray(fitted), float(law.shape[side, k])))
    return fits
