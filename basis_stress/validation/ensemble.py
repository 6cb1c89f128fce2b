"""Many draws of one episode: populations, and parameters inside their intervals, with quantiles by day."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from basis_data.markets.parameters import Fit, Parameters, parameters
from basis_data.scenarios.scenario import Scenario, market_era
from basis_data.tables.data_in_use import cached
from basis_engine.base.errors import InputError
from basis_engine.base.processes import workers
from basis_engine.simulation.names import DealerColumn
from basis_strategies.population import Population
from basis_stress.funds_market.episodes import EpisodeMarket, episode_market, run_episode

PORTION = 16
"""Members that a process runs at a time."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Ensemble:
    """Series of every member: days (rows) by members (columns)."""

    scenario: str
    shorts: pd.DataFrame
    """Change in gross shorts since the first day, percent."""
    balance_sheet_spread: pd.DataFrame
    """Dealers' balance-sheet spread, basis points a year."""
    members: pd.DataFrame
    """One row per member: seed, capacity_multiple, slope, placement_rate, risk_speed, and defaults."""

    def quantiles(self, series: pd.DataFrame) -> pd.DataFrame:
        """Quantiles over members, by day."""
        return series.quantile(QUANTILES, axis=1).T


def ensemble(
    scenario: str,
    members: int = 1000,
    seed: int = 0,
    frozen: Parameters | None = None,
    done: Callable[[int, int], None] = lambda count, of: None,
    processes: int = 1,
) -> Ensemble:
    """Draw members of an episode.

    Each member has its own population, a capacity multiple of the file, and slope, placement rate and speed drawn
    uniformly (in logarithms) from the intervals of the fit, independently: wider than the data allow jointly.

    Parameters
    ----------
    done
        Called with the number of members that are done, and of all.
    processes
        Processes of this machine that share the members; they do not change the result.

    Raises
    ------
    InputError
        If ``members`` is less than two or more than a million.
    """
    if not 2 <= members <= 1_000_000:
        raise InputError(f"members: {members} given, allowed are 2 to 1,000,000")
    fits = (frozen or parameters()).fits
    market = episode_market(scenario)
    streams = np.random.SeedSequence(seed).spawn(members)
    portions = [streams[first : first + PORTION] for first in range(0, members, PORTION)]
    runs: list[_Member] = []
    with workers(min(processes, len(portions))) as each:
        for portion in each(partial(_portion, market.scenario, fits), portions):
            runs += portion
            done(len(runs), members)
    shorts, spreads, rows = zip(*runs, strict=True)
    return Ensemble(
        market.scenario.name,
        pd.DataFrame(np.column_stack(shorts), market.days),
        pd.DataFrame(np.column_stack(spreads), market.days),
        pd.DataFrame(rows).rename_axis("member"),
    )


_Member = tuple[Any, Any, dict[str, float]]
"""Change of shorts and balance-sheet spread by day, and the row of a member."""


@cached
def _market(scenario: Scenario) -> EpisodeMarket:
    """The market of all members, priced once per process."""
    return episode_market(scenario)


def _portion(scenario: Scenario, fits: tuple[Fit, ...], streams: Sequence[np.random.SeedSequence]) -> list[_Member]:
    """Run some members."""
    market = _market(scenario)
    return [_member(market, fits, stream) for stream in streams]


def _member(market: EpisodeMarket, fits: tuple[Fit, ...], stream: np.random.SeedSequence) -> _Member:
    """Draw and run one member."""
    era = market_era(market.scenario)
    random = np.random.default_rng(stream)
    fit = fits[random.integers(len(fits))]
    drawn = {name: float(np.exp(random.uniform(*np.log(span)))) for name, span in sorted(fit.intervals.items())}
    seed = int(random.integers(2**31))
    population = Population(buffer_sd=era.buffer_sd, calm_volatility=era.volatility_floor_bp, seed=seed)
    episode = run_episode(market, fit.model_copy(update=drawn), population)
    held = episode.shorts_usd
    row = {"seed": seed, "capacity_multiple": fit.capacity_multiple, **drawn, "defaults": episode.defaults}
    return 100 * (held / held[0] - 1), episode.run.dealer_days[:, DealerColumn.BALANCE_SHEET_SPREAD], row
