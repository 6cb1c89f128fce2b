"""Test whether a generator reproduces history, and predicts a decade to which it was not fitted.

A fitted generator simulates stretches as long as the observed one, and each observed statistic should lie in the band
of the simulated statistics. There are two bands of 95%: one for each statistic alone, of which one in twenty may lie
outside by chance; and a joint band, which a simulated stretch leaves somewhere with 5% probability. Bands contain
sampling error of the days, not of the fit.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basis_data.shocks.generators import Generator
from basis_data.shocks.history import History, decade, history
from basis_data.shocks.samplers import Sampler
from basis_data.shocks.statistics import INDEX, joint_band, pointwise_band, statistics

Array = NDArray[np.float64]

DECADES = {
    "1990s": ("1990-01-01", "1999-12-31"),
    "2000s": ("2000-01-01", "2009-12-31"),
    "2010s": ("2010-01-01", "2019-12-31"),
    "last ten years": ("2016-04-18", "2026-04-17"),
}
"""Windows held back in turn; the last overlaps the previous window."""
_AT_ONCE = 50


@dataclass(frozen=True)
class Evidence:
    """Statistics of a stretch of history and of simulated stretches."""

    observed: Array
    """[s] in the order of `basis_data.shocks.statistics.INDEX`; NaN where a tenor did not exist."""
    simulated: Array
    """[m, s]"""

    @property
    def joint_share(self) -> float:
        """Share of stretches inside the joint band throughout: under 95% if simulations are few."""
        return joint_band(self.simulated[:, ~np.isnan(self.observed)])[2]

    def table(self) -> pd.DataFrame:
        """Tabulate by statistic: `observed`, `median`, ends of both bands, `inside` and `inside_joint`."""
        known = ~np.isnan(self.observed)
        low, high = pointwise_band(self.simulated)
        joint_low, joint_high = (np.full(len(known), np.nan) for _ in range(2))
        joint_low[known], joint_high[known], _ = joint_band(self.simulated[:, known])
        frame = pd.DataFrame(
            {
                "observed": self.observed,
                "median": np.median(self.simulated, axis=0),
                "low": low,
                "high": high,
                "joint_low": joint_low,
                "joint_high": joint_high,
            },
            index=INDEX,
        )[known]
        return frame.assign(
            inside=frame["observed"].between(frame["low"], frame["high"]),
            inside_joint=frame["observed"].between(frame["joint_low"], frame["joint_high"]),
        )


def reproduces(kind: Generator, samples: int = 400, seed: int = 0) -> Evidence:
    """Compare all of history with simulations of its length by a generator fitted to it."""
    past = history()
    sampler = kind.fit(past)
    return Evidence(statistics(past.seen), simulated_statistics(sampler, past, samples, seed))


def predicts(kind: Generator, held_back: str, samples: int = 400, seed: int = 0) -> Evidence:
    """Compare a decade of `DECADES` with simulations by a generator fitted to all other days."""
    window = decade(*DECADES[held_back])
    sampler = kind.fit(history(DECADES[held_back]))
    return Evidence(statistics(window.seen), simulated_statistics(sampler, window, samples, seed))


def simulated_statistics(sampler: Sampler, like: History, samples: int, seed: int) -> Array:
    """Compute statistics [samples, s] of simulated stretches with the length and gaps of a stretch of history."""
    gaps = np.where(like.observed, 0.0, np.nan)

    def simulated(stream: np.random.SeedSequence) -> list[Array]:
        changes = np.empty((_AT_ONCE, *like.changes.shape))
        sampler.draw(np.random.default_rng(stream), changes)
        return [statistics(path + gaps) for path in changes]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        chunks = pool.map(simulated, np.random.SeedSequence(seed).spawn(-(-samples // _AT_ONCE)))
        return np.array([row for rows in chunks for row in rows])[:samples]
