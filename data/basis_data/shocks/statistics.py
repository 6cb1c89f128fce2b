"""Statistics by which generators are tested: spread, co-movement, tails and clustering of daily curve changes.

They apply to changes [n, 11] of history, with gaps, or of a simulated path. Spread is the standard deviation;
co-movement the correlation of each pair of tenors; tails the excess kurtosis; clustering the autocorrelation of
absolute changes, averaged over lags of a week, a month and a quarter, because single lags are noisy (Cont 2001,
Quantitative Finance 1).
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
    """Compute statistics of changes [n, 11], decimal, NaN where absent, in the order of `INDEX`; NaN without data."""
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
    """Autocorrelation of columns [n, k] at lags 0 to `most` [most + 1, k], over pairs of days that are present."""
    present = ~np.isnan(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        centred = np.where(present, values - np.nansum(values, axis=0) / present.sum(axis=0), 0.0)
        products, pairs = _lagged(centred, most), _pairs(present, most)
        covariance = np.where(pairs > 0.5, products / pairs, np.nan)
        return np.asarray(covariance / covariance[0])


def _pairs(present: NDArray[np.bool_], most: int) -> Array:
    """Number of days with both ends present, lags 0 to `most` [most + 1, k]."""
    pairs = np.repeat(len(present) - np.arange(most + 1.0)[:, None], present.shape[1], axis=1)
    gaps = ~present.all(axis=0)
    if gaps.any():
        pairs[:, gaps] = np.round(_lagged(present[:, gaps].astype(np.float64), most))
    return pairs


def _lagged(values: Array, most: int) -> Array:
    """Sum over days of each column times itself lagged, lags 0 to `most`, by fast Fourier transform."""
    from scipy.fft import irfft, next_fast_len, rfft  # takes 50 ms to import, which a run of paths does not need

    size = next_fast_len(len(values) + most, real=True)
    power = np.abs(rfft(values, size, axis=0)) ** 2
    return np.asarray(irfft(power, size, axis=0)[: most + 1])


def joint_band(simulated: Array, share: float = 0.95) -> tuple[Array, Array, float]:
    """Band in which the given share of simulations [m, s] stays throughout: lower end [s], upper end [s], share inside.

    It compares ranks, so that scale and skew do not matter (Myllymäki et al. 2017, JRSS B 79, the global rank
    envelope): the band runs from the k-th smallest to the k-th largest value of each statistic, with the largest k at
    which enough simulations stay inside. With too few simulations it runs from the smallest to the largest and holds
    fewer. The third value is the share of simulations that touch neither end anywhere, about the share of further
    simulations that would stay inside.
    """
    ranks = simulated.argsort(axis=0).argsort(axis=0)
    depth = np.minimum(ranks, len(simulated) - 1 - ranks).min(axis=1)  # 0: the most extreme in something
    k = int(np.quantile(depth, 1 - share, method="lower"))
    ordered = np.sort(simulated, axis=0)
    return ordered[k], ordered[len(simulated) - 1 - k], float((depth > k).mean())


def pointwise_band(simulated: Array, share: float = 0.95) -> tuple[Array, Array]:
    """Band with the given share of simulations [m, s] in each statistic alone: lower and upper end [s]."""
    low, high = np.quantile(simulated, [(1 - share) / 2, (1 + share) / 2], axis=0)
    return low, high
