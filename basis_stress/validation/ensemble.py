"""Many draws of one episode: populations, and parameters inside their intervals; quantiles by day."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from basis_data.markets.parameters import Parameters, parameters
from basis_data.scenarios.scenario import market_era
from basis_engine.base.errors import InputError
from basis_strategies.population import Population
from basis_stress.funds_market.episodes import play, stage

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Ensemble:
    """Paths of every member, by day (rows) and member (columns)."""

    scenario: str
    shorts: pd.DataFrame
    """Change in gross shorts since the first day, percent."""
    rent: pd.DataFrame
    """Dealers' rent, basis points a year."""
    members: pd.DataFrame
    """One row per member: seed, kink, slope, decay, risk_speed, and defaults."""

    def quantiles(self, paths: pd.DataFrame) -> pd.DataFrame:
        """Quantiles over members, by day."""
        return paths.quantile(QUANTILES, axis=1).T


def ensemble(
    scenario: str,
    members: int = 1000,
    seed: int = 0,
    frozen: Parameters | None = None,
    say: Callable[[int], None] = lambda done: None,
) -> Ensemble:
    """Draw members of an episode.

    Each member has a population of its own, a kink of the file's, and slope, decay and speed drawn evenly (in
    logarithms) from the intervals of the fit, independently of one another: wider than the data allow jointly.

    Raises
    ------
    InputError
        If fewer than two members are asked.
    """
    if not 2 <= members <= 1_000_000:
        raise InputError(f"members: {members} given, allowed are 2 to 1,000,000")
    fits = (frozen or parameters()).fits
    on = stage(scenario)
    era = market_era(on.scenario)
    base = Population(buffer_sd=era.buffer_sd, calm_volatility=era.volatility_floor_bp)
    streams = np.random.SeedSequence(seed).spawn(members)
    shorts, rents, rows = [], [], []
    for member, stream in enumerate(streams):
        random = np.random.default_rng(stream)
        fit = fits[random.integers(len(fits))]
        drawn = {name: float(np.exp(random.uniform(*np.log(span)))) for name, span in sorted(fit.intervals.items())}
        population = replace(base, seed=int(random.integers(2**31)))
        episode = play(on, fit.model_copy(update=drawn), population)
        path = episode.shorts
        shorts.append(100 * (path / path.iloc[0] - 1))
        rents.append(episode.dealers["rent"])
        rows.append({"seed": population.seed, "kink": fit.kink, **drawn, "defaults": episode.defaults})
        say(member + 1)
    return Ensemble(
        on.scenario.name,
        pd.concat(shorts, axis=1, keys=range(members)),
        pd.concat(rents, axis=1, keys=range(members)),
        pd.DataFrame(rows).rename_axis("member"),
    )
