"""Response of funding to the curve: initial margins that follow volatility, and a repo spread that rises with it.

**Margin** is value-at-risk: proportional to the volatility of bonds over the last months, between a floor and a cap,
changed by notices. The weight of the day before, 0.99, is the value between 0.94 and 0.995 at which CME's margins of
2009-2022 follow a contract's own volatility one for one over sixty days; `basis_data.shocks.margin_check` computes the
fit. Floor and cap are CME's lowest and highest margin of a contract over its mean, rounded outwards; the step gives
about as many notices a year as CME gave.

**Repo** over the policy rate did not rise with yield volatility from 2018 to 2026: a day's absolute move explains none
of it. Its own shocks are therefore drawn from history (including September 2019), and the loading on volatility is an
assumption: the value of March 2020 (`march_2020_loading_bp`), the only episode in which both jumped.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from basis_data.shocks.history import BILLS, History, history, smoothed, turbulence
from basis_data.tables.data_in_use import cached
from basis_data.tables.fields import StrictModel
from basis_data.tables.reader import read

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

REPO_DECAY = 0.94
"""Weight of the day before in the turbulence to which repo responds, RiskMetrics' daily value: about two weeks."""
REPO_LAST_DAY = pd.Timestamp("2026-08-06")
"""Last day of the repo rates that the noise is fitted on, as for `basis_data.shocks.history.LAST_DAY`."""
_TREND_DAYS = 61
"""Business days of the median from which a repo spread is measured: its level changes with reserves over the years."""


class FundingTerms(StrictModel):
    """How margins and repo respond to the curve."""

    margin_decay: float = Field(default=0.99, ge=0.8, lt=1, title="weight of the day before in margin's volatility")
    """Memory of the volatility from which margins are set."""
    margin_floor: float = Field(default=0.4, gt=0, le=5, title="least volatility margined, multiple of its average")
    """Margins do not fall below this volatility."""
    margin_cap: float = Field(default=3.0, gt=0, le=20, title="most volatility margined, multiple of its average")
    """Margins do not rise above this volatility."""
    margin_step: float = Field(default=0.07, ge=0, le=1, title="gap to the margin in force that brings a notice, share")
    """How far the margin must be off before a notice changes it."""
    repo_loading_bp: float = Field(default=10.0, ge=0, le=500, title="basis points per unit of volatility over average")
    """Rise of repo with the turbulence of the curve."""
    repo_noise: float = Field(default=1.0, ge=0, le=10, title="multiple of history's own shocks to repo")
    """Size of shocks to repo that do not come from the curve."""

    @model_validator(mode="after")
    def _floor_under_cap(self) -> Self:
        """Refuse a floor above the cap."""
        if self.margin_floor > self.margin_cap:
            raise ValueError(
                f"margin_floor: {self.margin_floor} given, allowed is at most the margin_cap {self.margin_cap}"
            )
        return self


@dataclass(frozen=True)
class RepoNoise:
    """Shocks to repo over the policy rate, decimal per year, and their persistence."""

    persistence: float
    """Share left a day later."""
    shocks: Array
    """[m] of history."""


@cached
def repo_noise() -> RepoNoise:
    """Fit deviations of SOFR less interest on reserves, 2018 to 2026, from their centred three-month median."""
    rows = read("repo").dropna(subset=["iorb_pct"])
    rows = rows[rows["date"] <= REPO_LAST_DAY]
    spread = (rows["sofr_pct"] - rows["iorb_pct"]) / 100
    deviation = (spread - spread.rolling(_TREND_DAYS, center=True, min_periods=20).median()).to_numpy(np.float64)
    persistence = float(deviation[1:] @ deviation[:-1] / (deviation[:-1] @ deviation[:-1]))
    return RepoNoise(persistence, deviation[1:] - persistence * deviation[:-1])


def repo_spread(
    changes: Array, past: History, start: Integers | None, terms: FundingTerms, random: np.random.Generator | None
) -> Array:
    """Compute the cost of repo over its rate of the day [paths, days], decimal per year.

    Parameters
    ----------
    changes
        [paths, days, 11] decimal.
    start
        [paths] day of history after which each path begins; None: ordinary days before and during the path.
    random
        Source of repo's own shocks; None: no such shocks.
    """
    excess = np.maximum(np.sqrt(along(changes, past, start, REPO_DECAY)[:, 1:]) - 1.0, 0.0)
    spread = terms.repo_loading_bp / 1e4 * excess
    if random is not None:
        noise = repo_noise()
        # Drawn day by day, so that fewer days are the first of more days.
        shocks = noise.shocks[random.integers(0, len(noise.shocks), spread.shape[::-1]).T]
        spread += terms.repo_noise * smoothed(shocks, 1.0, noise.persistence, np.zeros(len(shocks)))
    return np.asarray(spread)


def margin_multiple(changes: Array, past: History, start: Integers | None, terms: FundingTerms) -> Array:
    """Compute the initial margin of each day over that of the day before the path [paths, days].

    A notice is given on the day on which the required margin first differs by `margin_step` from the margin in force,
    and takes effect the day after.
    """
    required = np.sqrt(along(changes, past, start, terms.margin_decay))
    return notices(np.clip(required, terms.margin_floor, terms.margin_cap), terms.margin_step)


def notices(required: Array, step: float) -> Array:
    """Margin in force from day 1 [paths, days] over that of day 0, from the margin required [paths, days + 1]."""
    in_force = required[:, 0].copy()
    multiple = np.empty((len(required), required.shape[1] - 1))
    for day in range(1, required.shape[1]):
        multiple[:, day - 1] = in_force
        far = np.abs(required[:, day] / in_force - 1.0) >= step
        in_force = np.where(far, required[:, day], in_force)
    return multiple / required[:, :1]


def along(changes: Array, past: History, start: Integers | None, decay: float) -> Array:
    """Trailing variance of bonds over its average, before the first day and after each day [paths, days + 1].

    Where `start` is None, the variance of ordinary days is added to that of the changes.
    """
    scale, before = _past_turbulence(decay) if past is history() else _turbulence(past, decay)
    begin = np.ones(len(changes)) if start is None else before[start]
    squares = ((changes[:, :, BILLS:] / scale) ** 2).mean(axis=-1)
    if start is None:
        squares = squares + 1.0  # an impulse is added to ordinary days; without them margins would fall after it
    later = smoothed(squares, 1 - decay, decay, decay * begin)
    return np.concatenate([begin[:, None], later], axis=1)


@cached
def _past_turbulence(decay: float) -> tuple[Array, Array]:
    """Return `_turbulence` of all history, cached: hundreds of chunks use it."""
    return _turbulence(history(), decay)


def _turbulence(past: History, decay: float) -> tuple[Array, Array]:
    """Standard deviation of each bond tenor [7], and trailing variance of bonds after each day [n]."""
    scale = past.changes[:, BILLS:].std(axis=0)
    return scale, turbulence(past.changes[:, BILLS:], scale, decay)


def march_2020_loading_bp() -> float:
    """Regress repo (bp) on volatility over average in the first three weeks of March 2020, through zero."""
    rows = read("repo").set_index("date")
    spread = 100 * (rows["sofr_pct"] - rows["iorb_pct"])
    past = history()
    rise = spread["2020-03-02":"2020-03-20"] - spread["2020-02-03":"2020-02-28"].median()
    volatility = pd.Series(np.sqrt(_past_turbulence(REPO_DECAY)[1]), pd.DatetimeIndex(past.dates))
    excess = (volatility - 1.0).clip(lower=0.0)["2020-03-02":"2020-03-20"]
    return float((rise * excess).sum() / (excess**2).sum())
