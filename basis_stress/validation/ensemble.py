"""Many draws of one episode: populations, and parameters inside their intervals, with quantiles by day."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from basis_data.markets.parameters import Parameters, parameters
from basis_data.scenarios.scenario import market_era
from basis_engine.base.errors import InputError
from basis_strategies.population import Population
from basis_stress.funds_market.episodes import episode_market, run_episode

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
    say: Callable[[int], None] = lambda done: None,
) -> Ensemble:
    """Draw members of an episode.

    Each member has its own population, a capacity multiple of the file, and slope, placement rate and speed drawn
    uniformly (in logarithms) from the intervals of the fit, independently: wider than the data allow jointly.

    Raises
    ------
    InputError
        If ``members`` is less than two or more than a million.
    """
    if not 2 <= members <= 1_000_000:
        raise InputError(f"members: {members} given, allowed are 2 to 1,000,000")
    fits = (frozen or parameters()).fits
    market = episode_market(scenario)
    era = market_era(market.scenario)
    base = Population(buffer_sd=era.buffer_sd, calm_volatility=era.volatility_floor_bp)
    streams = np.random.SeedSequence(seed).spawn(members)
    shorts, spreads, rows = [], [], []
    for member, stream in enumerate(streams):
        random = np.random.default_rng(stream)
        fit = fits[random.integers(len(fits))]
        drawn = {name: float(np.exp(random.uniform(*np.log(span)))) for name, span in sorted(fit.intervals.items())}
        population = replace(base, seed=int(random.integers(2**31)))
        episode = run_episode(market, fit.model_copy(update=drawn), population)
        held = episode.shorts
        shorts.append(100 * (held / held.iloc[0] - 1))
        spreads.append(episode.dealers["balance_sheet_spread"])
        rows.append(
            {"seed": population.seed, "capacity_multiple": fit.capacity_multiple, **drawn, "defaults": episode.defaults}
        )
        say(member + 1)
    return Ensemble(
        market.scenario.name,
        pd.concat(shorts, axis=1, keys=range(members)),
        pd.concat(spreads, axis=1, keys=range(members)),
        pd.DataFrame(rows).rename_axis("member"),
    )
