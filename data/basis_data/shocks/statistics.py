"""What generators are held to: spread, co-movement, tails and clustering of daily curve changes.

Statistics of any changes [n, 11], of history with its gaps or of a simulated path, side by side. Co-movement is the
correlation of each pair of tenors; tails are excess kurtosis; clustering is the autocorrelation of absolute changes,
averaged over a week, a month and a quarter of lags, as single lags say little (Cont 2001, Quantitative Finance 1).
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from basis_data.tables.layouts import TENOR_YEARS

Array = NDArray[np.float64]

TENOR_NAMES = tuple(name.removeprefix("y_").removesuffix("_pct") for name in TENOR_YEARS)
LAGS = {"clustering, 1-5 days": (1, 5), "clustering, 6-20 days": (6, 20), "clustering, 21-60 days": (21, 60)}
GROUPS = ("standard deviation, bp", "correlation", "excess kurtosis", *LAGS)
_PAIRS = np.triu_indices(len(TENOR_NAMES), 1)
_LABELS = (
    [(GROUPS[0], name) for name in TENOR_NAMES]
    + [(GROUPS[1], f"{TENOR_NAMES[i]}-{TENOR_NAMES[j]}") for i, j in zip(*_PAIRS, strict=True)]
    + [(group, name) for group in GROUPS[2:] for name in TENOR_NAMES]
)
INDEX = pd.MultiIndex.from_tuples(_LABELS, names=["statistic", "of"])


def statistics(changes: Array) -> Array:
    """Statistics of changes [n, 11], decimal with NaN where absent, in the order of `INDEX`; NaN where never seen."""
    seen = ~np.isnan(changes)
    present = seen.astype(np.float64)
    days = present.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        centred = np.where(seen, changes - np.where(seen, changes, 0.0).sum(axis=0) / days, 0.0)
        squares = centred * centred
        variance = squares.sum(axis=0) / days
        kurtosis = (squares * squares).sum(axis=0) / days / variance**2 - 3.0
        both = squares.T @ present  # of the row's tenor, over days on which the column's is present too
        correlation = (centred.T @ centred) / np.sqrt(both * both.T)
        memory = autocorrelation(np.abs(changes), LAGS["clustering, 21-60 days"][1])
    clustering = [memory[first : last + 1].mean(axis=0) for first, last in LAGS.values()]
    return np.concatenate([1e4 * np.sqrt(variance), correlation[_PAIRS], kurtosis, *clustering])


def autocorrelation(values: Array, most: int) -> Array:
    """Autocorrelation of columns [n, k] at lags 0 to `most` [most + 1, k], over the pairs of days that are present."""
    present = ~np.isnan(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        centred = np.where(present, values - np.nansum(values, axis=0) / present.sum(axis=0), 0.0)
        products, pairs = _lagged(centred, most), _pairs(present, most)
        covariance = np.where(pairs > 0.5, products / pairs, np.nan)
        return np.asarray(covariance / covariance[0])


def _pairs(present: NDArray[np.bool_], most: int) -> Array:
    """Days with both ends present, lags 0 to `most` [most + 1, k]; known without counting where nothing is absent."""
    pairs = np.repeat(len(present) - np.arange(most + 1.0)[:, None], present.shape[1], axis=1)
    gaps = ~present.all(axis=0)
    if gaps.any():
        pairs[:, gaps] = np.round(_lagged(present[:, gaps].astype(np.float64), most))
    return pairs


def _lagged(values: Array, most: int) -> Array:
    """Sum over days of each column times itself some days before, lags 0 to `most`, through the spectrum."""
    size = next_fast_len(len(values) + most, real=True)
    power = np.abs(rfft(values, size, axis=0)) ** 2
    return np.asarray(irfft(power, size, axis=0)[: most + 1])


def joint_band(simulated: Array, share: float = 0.95) -> tuple[Array, Array, float]:
    """Band that the given share of simulations leave nowhere: lower and upper end [s] of simulations [m, s].

    Ranks are compared, so that no statistic's scale or skew matters (Myllymäki et al. 2017, JRSS B 79, the global
    rank envelope): the band runs from the k-th smallest to the k-th largest value of each statistic, with the largest
    k at which enough simulations stay inside throughout. If there are too few for that, it runs from the smallest to
    the largest and holds less; the last value is the share of simulations that touch neither end anywhere, which is
    about the share of further ones that would stay inside.
    """
    ranks = simulated.argsort(axis=0).argsort(axis=0)
    depth = np.minimum(ranks, len(simulated) - 1 - ranks).min(axis=1)  # 0: the most extreme in something
    k = int(np.quantile(depth, 1 - share, method="lower"))
    ordered = np.sort(simulated, axis=0)
    return ordered[k], ordered[len(simulated) - 1 - k], float((depth > k).mean())


def pointwise_band(simulated: Array, share: float = 0.95) -> tuple[Array, Array]:
    """Band that the given share of simulations keep to in each statistic alone: [s] and [s] of simulations [m, s]."""
    low, high = np.quantile(simulated, [(1 - share) / 2, (1 + share) / 2], axis=0)
    return low, high
