"""Counts and quantiles of outcomes, with intervals for sampling error."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from basis_engine.base.errors import InputError
from basis_engine.simulation.world import Floats

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


def check_share(name: str, value: float) -> float:
    """A share strictly between 0 and 1.

    Raises
    ------
    InputError
        If it is not.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.0 < value < 1.0:
        raise InputError(f"{name}: {value!r} given, allowed is a share between 0 and 1, such as 0.95")
    return float(value)


def wilson(count: "Floats | NDArray[np.int64]", of: int, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Interval of a share of which ``count`` in ``of`` were counted (Wilson 1927).

    Unlike the normal interval it stays inside 0 to 1, and it is informative where the count is 0.
    """
    z = float(ndtri(0.5 + confidence / 2))
    share = np.asarray(count, np.float64) / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * np.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    low, high = np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)
    return np.where(share == 0.0, 0.0, low), np.where(share == 1.0, 1.0, high)  # exactly, without rounding error


def expected_shortfall(losses: Floats, level: float) -> float:
    """Mean of the worst ``1 - level`` of losses, of which the last is counted in part (Acerbi and Tasche 2002)."""
    worst = np.sort(losses)[::-1]
    tail = (1.0 - level) * len(worst)
    whole = min(math.floor(tail + 1e-9), len(worst))
    rest = max(tail - whole, 0.0)
    partly = rest * worst[whole] if rest > 1e-9 else 0.0
    return float((worst[:whole].sum() + partly) / tail)


def shortfall_interval(
    losses: Floats, level: float, confidence: float, seed: int, draws: int = 400
) -> tuple[float, float]:
    """Bootstrap interval of an expected shortfall: percentiles over resamples of the paths."""
    random = np.random.default_rng(np.random.SeedSequence(seed))
    ends = (0.5 - confidence / 2, 0.5 + confidence / 2)
    # The tail of a resample depends only on how often each of the worst was drawn, so ranks are drawn.
    ordered = np.sort(losses)[::-1]
    found = []
    for _ in range(draws):
        picked = np.bincount(random.integers(0, len(ordered), len(ordered)), minlength=len(ordered))
        found.append(_weighted_tail(ordered, picked, (1.0 - level) * len(ordered)))
    low, high = np.quantile(found, ends)
    return float(low), float(high)


def _weighted_tail(ordered: Floats, times: NDArray[np.int64], tail: float) -> float:
    """Mean of the first ``tail`` of values of which each was drawn so many times."""
    before = np.concatenate([[0], np.cumsum(times)[:-1]])
    counted = np.clip(tail - before, 0.0, times)
    return float((counted * ordered).sum() / tail)


def losses_table(losses: dict[float, Floats], levels: Sequence[float], confidence: float, seed: int) -> pd.DataFrame:
    """A row per leverage: mean, quantiles, worst, and expected shortfall at each level with its interval."""
    rows = []
    for leverage, values in losses.items():
        row = {"leverage": leverage, "mean": float(values.mean())}
        row |= {f"q{100 * q:g}": float(np.quantile(values, q)) for q in QUANTILES}
        row["worst"] = float(values.max())
        for level in levels:
            low, high = shortfall_interval(values, level, confidence, seed)
            name = f"es{100 * level:g}"
            row |= {name: expected_shortfall(values, level), f"{name}_low": low, f"{name}_high": high}
        rows.append(row)
    return pd.DataFrame(rows)


def time_to(days: "NDArray[np.int64]", last: int, confidence: float = 0.95) -> pd.DataFrame:
    """Share of books to which an event has happened by each day, with its interval.

    Parameters
    ----------
    days
        [books] day on which it first happened, -1 for never. Every book is followed to the last day, so that the share
        is Kaplan and Meier's estimate without censoring.

    Returns
    -------
    DataFrame
        `day` from 0, `share`, `low`, `high`.
    """
    counts = np.bincount(days[days >= 0], minlength=last + 1)[: last + 1].cumsum()
    low, high = wilson(counts, len(days), confidence)
    return pd.DataFrame({"day": np.arange(last + 1), "share": counts / len(days), "low": low, "high": high})
