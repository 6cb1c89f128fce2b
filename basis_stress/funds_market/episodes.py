"""Replay an episode with the market of funds: what shorts, dislocation, dealers and funds did, beside what is known."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from basis_data.markets.flows import outside_flows
from basis_data.markets.market_data import market_data
from basis_data.markets.parameters import Fit
from basis_data.markets.pricing import PricedMarket, priced_market
from basis_data.scenarios.parts import MarketEra
from basis_data.scenarios.scenario import Scenario, market_era
from basis_data.scenarios.scenario import scenario as load_scenario
from basis_engine.simulation.names import DealerColumn, FundColumn, PositionColumn, Status
from basis_engine.simulation.run import Run, run
from basis_strategies.assemble import assemble
from basis_strategies.funds_market import BookOfFunds, book_of_funds
from basis_strategies.plan import DealerPlan
from basis_strategies.population import Population
from basis_stress.single_book.tabulate import days_of

FLOWS = ("outside_sales", "swap_sales", "fund_sales", "purchases")
"""Columns of `Episode.dealers` that are flows."""


@dataclass(frozen=True)
class Stage:
    """What an episode starts from: its priced market and the flows of others; shared by every run of it."""

    scenario: Scenario
    market: PricedMarket
    sales: np.ndarray[tuple[int], np.dtype[np.float64]]
    purchases: np.ndarray[tuple[int], np.dtype[np.float64]]

    @property
    def days(self) -> pd.DatetimeIndex:
        """Business days of the episode."""
        return days_of(self.market)


@dataclass(frozen=True)
class Episode:
    """One run of an episode."""

    stage: Stage
    book: BookOfFunds
    run: Run

    @property
    def shorts(self) -> pd.Series:
        """Gross shorts of leveraged funds, USD by day: those reported, less what the population bought back."""
        held = self.hedged
        return pd.Series(self.book.gross_shorts_usd + held - held.iloc[0])

    @property
    def hedged(self) -> pd.Series:
        """Face of the population's short futures by day, USD."""
        futures = self.run.positions["contract"] < len(self.stage.market.codes)
        notional = np.array(self.stage.market.notionals)[self.run.positions["contract"]]
        contracts = self.run.position_days[:, :, PositionColumn.CONTRACTS]
        return pd.Series(-(contracts * notional)[:, futures].sum(axis=1), self.stage.days)

    @property
    def dealers(self) -> pd.DataFrame:
        """Inventory and cumulative flows in $bn, rent and its volatility in basis points a year, by day.

        `fund_sales` are those of basis trades, `swap_sales` those of swap-spread trades.
        """
        table = pd.DataFrame(self.run.dealer_days, self.stage.days, [one.name.lower() for one in DealerColumn])
        table["swap_sales"] = self._swap_sales()
        table["fund_sales"] -= table["swap_sales"]
        table[list(FLOWS)] /= 1e9
        table["inventory"] /= 1e9
        return table

    def _swap_sales(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Treasuries that swap-spread trades have sold since entry, by day, USD at the closes of the days."""
        swaps = self.run.positions["contract"] >= len(self.stage.market.codes)
        days = self.run.position_days[:, swaps]
        dirty = (days[:, :, PositionColumn.CLEAN] + days[:, :, PositionColumn.ACCRUED]) / 100
        sold = -np.diff(days[:, :, PositionColumn.FACE], axis=0, prepend=days[:1, :, PositionColumn.FACE])
        total: np.ndarray[Any, np.dtype[np.float64]] = (sold * dirty).sum(axis=1).cumsum()
        return total

    @property
    def returns(self) -> pd.Series:
        """Return of the average basis fund since entry, by day."""
        equity = self.run.fund_days[:, : self.book.basis_funds, FundColumn.EQUITY]
        return pd.Series((equity / equity[0]).mean(axis=1) - 1, self.stage.days)

    @property
    def defaults(self) -> int:
        """Basis funds that failed."""
        return int((self.run.funds["status"][: self.book.basis_funds] != Status.ACTIVE).sum())

    def change(self, start: str, end: str) -> float:
        """Change in gross shorts between two days, percent."""
        return float(100 * (self.shorts[end] / self.shorts[start] - 1))


def stage(name: str | Scenario) -> Stage:
    """Gather and price an episode, with swap-spread trades where the era has them."""
    chosen = name if isinstance(name, Scenario) else load_scenario(name)
    market = priced_market(market_data(chosen, market_era(chosen).contracts))
    sales, purchases = outside_flows(chosen, market.data.dates.astype("datetime64[D]"))
    if market_era(chosen).swap_spread_book_usd_bn:
        market = market.with_swaps()
    return Stage(chosen, market, sales, purchases)


def era_population(era: MarketEra) -> Population:
    """Funds as the era has them."""
    return Population(
        buffer_sd=era.buffer_sd,
        calm_volatility=era.volatility_floor_bp,
        term_share=era.term_share,
        mixed_share=era.mixed_share,
        swap_leverage=era.swap_spread_leverage,
    )


def play(
    on: Stage,
    fit: Fit,
    population: Population | None = None,
    dealers: DealerPlan | None = None,
    extra_sales: np.ndarray[tuple[int], np.dtype[np.float64]] | float = 0.0,
) -> Episode:
    """Run an episode with one fit.

    Parameters
    ----------
    population
        How funds differ; the era's leverage and the fit's speed apply in any case.
    dealers
        What is assumed of dealers; the fit's slope, decay and kink apply in any case.
    extra_sales
        USD sold by others each day on top of the episode's own flows.
    """
    era = market_era(on.scenario)
    who = replace(
        population or era_population(era),
        leverage=era.era_leverage,
        haircut_floor=-1.0 if era.haircut_floor is None else era.haircut_floor,
        risk_speed=fit.risk_speed,
    )
    whom = replace(
        dealers or DealerPlan(capacity_usd=era.capacity_usd_bn * 1e9, ceiling=era.ceiling_bp),
        slope=fit.slope,
        decay=fit.decay,
        kink=fit.kink,
    )
    swaps = 1e9 * (era.swap_spread_book_usd_bn or 0.0)
    book = book_of_funds(on.market, who, whom, era.hedged_share, on.sales + extra_sales, on.purchases, swaps)
    return Episode(on, book, run(assemble(book.plan, on.market)))
