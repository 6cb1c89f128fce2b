"""Sweeps of the whole market: every cell runs the episode with its own fit, era and population."""

from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from basis_data.markets.market_data import with_yield_scale
from basis_data.markets.parameters import Fit
from basis_data.markets.pricing import priced_market
from basis_data.scenarios.scenario import Scenario, changed, market_era
from basis_engine.base.processes import process_pool
from basis_stress.funds_market.episodes import Episode, EpisodeMarket, episode_market, era_population, run_episode
from basis_stress.sweeps.designs import Cells, Design
from basis_stress.sweeps.digests import data_digest
from basis_stress.sweeps.fields import ERA_FIELDS, FIT_FIELDS
from basis_stress.sweeps.jobs import SCALE, Columns, common_inputs

MARKET_OUTCOMES = (
    "shorts_change",
    "hedged_change",
    "fund_sales_usd",
    "peak_rent_bp",
    "peak_dislocation_bp",
    "peak_inventory_usd",
    "worst_return",
    "defaults",
)


@dataclass(frozen=True)
class MarketJob:
    """The market of funds, run once for each cell: about 40 ms each, so chunks are small."""

    scenarios: tuple[Scenario, ...]
    design: Design
    fit: Fit
    settings: dict[str, float] = field(default_factory=dict)
    """Fields that are the same in every cell."""
    chunk: int = 64

    def inputs(self) -> dict[str, object]:
        """All inputs on which the bytes of the result depend."""
        return common_inputs(self) | {"kind": "market", "fit": self.fit.model_dump(), "settings": dict(self.settings)}

    def run(self, scenario: int, cells: Cells) -> Columns:
        """Outcomes of cells of one path, as columns of a table."""
        market = cached_market(self.scenarios[scenario], data_digest())
        names = list(cells)
        rows = [
            _outcomes(_run_cell(market, self.fit, {**self.settings, **dict(zip(names, cell, strict=True))}))
            for cell in zip(*cells.values(), strict=True)
        ]
        return dict(zip(MARKET_OUTCOMES, np.array(rows).T, strict=True))

    def pool(self, threads: int) -> Executor:
        """Processes: most of the time of a market is its set-up in Python, which runs in one thread at a time."""
        return ThreadPoolExecutor(1) if threads == 1 else process_pool(threads)


@lru_cache(maxsize=4)
def cached_market(scenario: Scenario, digest: str) -> EpisodeMarket:
    """What the markets of a path start from, cached from chunk to chunk; ``digest`` identifies the data files."""
    return episode_market(scenario)


def _run_cell(market: EpisodeMarket, fit: Fit, cell: dict[str, float]) -> Episode:
    """One cell: the market, the fit and the population with its values in them."""
    values = {name: float(value) for name, value in cell.items()}
    data = market.priced.data
    if SCALE in values:
        data = with_yield_scale(data, values[SCALE])
    if "margin_multiple" in values:
        data = replace(data, margin_multiple=data.margin_multiple * values["margin_multiple"])
    era = {name: values[name] for name in ERA_FIELDS if name in values}
    changed_era = market_era(market.scenario).model_copy(update=era)
    scenario = changed(market.scenario, market.scenario.name, market=changed_era.model_dump())
    priced = market.priced if data is market.priced.data else priced_market(data)
    if changed_era.swap_spread_book_usd_bn and priced.swaps is None:
        priced = priced.with_swaps()
    changed_market = replace(market, scenario=scenario, priced=priced)
    population = replace(era_population(changed_era), seed=int(values.get("seed", 0)))
    return run_episode(
        changed_market, fit.model_copy(update={name: values[name] for name in FIT_FIELDS if name in values}), population
    )


def _outcomes(episode: Episode) -> list[float]:
    """Outcomes of a cell, in the order of `MARKET_OUTCOMES`."""
    dealers = episode.dealers
    return [
        episode.shorts_change,
        episode.hedged_change,
        1e9 * float(dealers["fund_sales"].iloc[-1]),
        float(dealers["balance_sheet_spread"].max()),
        float(episode.dislocations.to_numpy().max()),
        1e9 * float(dealers["inventory"].max()),
        float(episode.returns.min()),
        float(episode.defaults),
    ]
