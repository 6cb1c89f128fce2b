"""Run an episode with the market of funds: daily shorts, dislocation, dealers and funds."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from basis_data.markets.as_of import scenario_as_of
from basis_data.markets.cached_markets import scenario_market
from basis_data.markets.flows import outside_flows
from basis_data.markets.parameters import Fit
from basis_data.markets.pricing import PricedMarket
from basis_data.scenarios.parts import MarketEra
from basis_data.scenarios.scenario import Scenario, changed, market_era
from basis_data.scenarios.scenario import scenario as load_scenario
from basis_engine.base.errors import InputError
from basis_engine.simulation.names import DealerColumn, FundColumn, PositionColumn, Status
from basis_engine.simulation.run import Run, run
from basis_strategies.assemble import assemble
from basis_strategies.funds_market import BookOfFunds, book_of_funds
from basis_strategies.plan import BALANCE_SHEET_SHARES, DealerPlan
from basis_strategies.population import Population
from basis_stress.single_book.tabulate import days_of

FLOWS = ("outside_sales", "swap_sales", "fund_sales", "purchases")
"""Columns of `Episode.dealers` that are flows."""
Floats = np.ndarray[Any, np.dtype[np.float64]]
_FIELDS = {
    "start": "start",
    "end": "end",
    "curve": "curve",
    "margin_multiple": "margin_multiple",
    "yield_scale": "yield_scale",
    "scenario_repo_bp": "scenario_repo_bp",
    "repo_time": "repo_time",
}
"""Option of a backtest to the field of the scenario that it sets."""


@dataclass(frozen=True)
class EpisodeMarket:
    """The priced market of an episode and the flows of outside investors; every run of the episode shares it."""

    scenario: Scenario
    priced: PricedMarket
    sales: np.ndarray[tuple[int], np.dtype[np.float64]]
    """Sales of outside investors to dealers, USD by day."""
    purchases: np.ndarray[tuple[int], np.dtype[np.float64]]
    """Purchases of the central bank from dealers, USD by day."""

    @cached_property
    def days(self) -> pd.DatetimeIndex:
        """Business days of the episode."""
        return days_of(self.priced)


@dataclass(frozen=True)
class Episode:
    """One run of an episode."""

    market: EpisodeMarket
    book: BookOfFunds
    run: Run

    @cached_property
    def shorts(self) -> pd.Series:
        """Gross shorts of leveraged funds, USD by day: those reported, less what the population bought back."""
        return pd.Series(self.shorts_usd, self.market.days)

    @cached_property
    def hedged(self) -> pd.Series:
        """Face of the population's short futures by day, USD."""
        return pd.Series(self.hedged_usd, self.market.days)

    @cached_property
    def shorts_usd(self) -> Floats:
        """Values of `shorts`: a member of an ensemble needs no table."""
        shorts: Floats = self.book.gross_shorts_usd + self.hedged_usd - self.hedged_usd[0]
        return shorts

    @cached_property
    def hedged_usd(self) -> Floats:
        """Values of `hedged`."""
        futures = self.run.positions["contract"] < len(self.market.priced.codes)
        notional = np.array(self.market.priced.notionals)[self.run.positions["contract"]]
        contracts = self.run.position_days[:, :, PositionColumn.CONTRACTS]
        face: Floats = -(contracts * notional)[:, futures].sum(axis=1)
        return face

    @cached_property
    def dealers(self) -> pd.DataFrame:
        """Inventory and cumulative flows in $bn, balance-sheet spread and its volatility in bp a year, by day.

        `fund_sales` are those of basis trades, `swap_sales` those of swap-spread trades.
        """
        names = [*(column.name.lower() for column in DealerColumn), "swap_sales"]
        values = np.column_stack([self.run.dealer_days, self._swap_sales()])
        values[:, names.index("fund_sales")] -= values[:, -1]
        values[:, [names.index(name) for name in (*FLOWS, "inventory")]] /= 1e9
        return pd.DataFrame(values, self.market.days, names)

    def _swap_sales(self) -> Floats:
        """Treasuries that swap-spread trades have sold since entry, USD by day at the closes of the days."""
        swaps = self.run.positions["contract"] >= len(self.market.priced.codes)
        days = self.run.position_days[:, swaps]
        dirty = (days[:, :, PositionColumn.CLEAN] + days[:, :, PositionColumn.ACCRUED]) / 100
        sold = -np.diff(days[:, :, PositionColumn.FACE], axis=0, prepend=days[:1, :, PositionColumn.FACE])
        total: Floats = (sold * dirty).sum(axis=1).cumsum()
        return total

    @property
    def dealer_plan(self) -> DealerPlan:
        """Assumptions on dealers in this run."""
        plan = self.book.plan.dealers
        assert plan is not None  # `run_episode` always sets it
        return plan

    @cached_property
    def dislocations(self) -> pd.DataFrame:
        """Basis points of price by which notes are cheap against futures: days by contracts.

        See `basis_engine.simulation.dealers`.
        """
        data = self.market.priced.data
        jump = np.zeros(len(data.dates))
        jump[2:] = 1e4 * np.diff(data.repo_rate)[1:] / 360  # no rate precedes the first roll
        cheap = self.run.dealer_days[:, DealerColumn.BALANCE_SHEET_SPREAD] * self.dealer_plan.balance_sheet_years + jump
        cheap[0] = 0.0
        columns = {
            future.code: data.dislocation_bp[:, c] + BALANCE_SHEET_SHARES.get(future.code, 0.0) * cheap
            for c, future in enumerate(data.futures)
        }
        return pd.DataFrame(columns, self.market.days)

    @cached_property
    def returns(self) -> pd.Series:
        """Return of the average basis fund since entry, by day."""
        equity = self.run.fund_days[:, : self.book.basis_funds, FundColumn.EQUITY]
        return pd.Series((equity / equity[0]).mean(axis=1) - 1, self.market.days)

    @property
    def defaults(self) -> int:
        """Number of basis funds that failed."""
        return int((self.run.funds["status"][: self.book.basis_funds] != Status.ACTIVE).sum())

    @property
    def shorts_change(self) -> float:
        """Change in gross shorts over the episode, as a fraction."""
        return relative_change(self.shorts)

    @property
    def hedged_change(self) -> float:
        """Change in the hedged book over the episode, as a fraction."""
        return relative_change(self.hedged)

    def change(self, start: str, end: str) -> float:
        """Change in gross shorts between two days, percent."""
        first, last = (self.shorts_usd[self.market.days.get_loc(pd.Timestamp(day))] for day in (start, end))
        return float(100 * (last / first - 1))


def relative_change(values: pd.Series) -> float:
    """Last value over the first, less one."""
    return float(values.iloc[-1] / values.iloc[0] - 1)


def episode_market(name: str | Path | Scenario) -> EpisodeMarket:
    """Read and price the market of an episode, with swap-spread trades where the era has them."""
    chosen = name if isinstance(name, Scenario) else load_scenario(name)
    priced = scenario_market(chosen, market_era(chosen).contracts, snapshot_prices=False)
    sales, purchases = outside_flows(chosen, priced.data.dates.astype("datetime64[D]"))
    if market_era(chosen).swap_spread_book_usd_bn:
        priced = priced.with_swaps()
    return EpisodeMarket(chosen, priced, sales, purchases)


def market_scenario(given: str | Path | Scenario, options: dict[str, Any]) -> Scenario:
    """Apply the caller's options to a scenario of the market of funds.

    Raises
    ------
    InputError
        If an option belongs to a single book: the market's funds are drawn from the scenario's `[market]` part.
    """
    options = dict(options)
    when = options.pop("as_of", None)
    unknown = [name for name in options if name not in _FIELDS]
    if unknown:
        raise InputError(
            f"{unknown[0]}: given with the market, whose funds are drawn from the scenario's [market] part; leave it "
            "out or backtest a single book without the market"
        )
    base = given if isinstance(given, Scenario) else load_scenario(given)
    if options:
        base = changed(base, base.name, **{_FIELDS[name]: value for name, value in options.items()})
    return scenario_as_of(base, when, None if base.market is None else base.market.contracts)


def era_population(era: MarketEra) -> Population:
    """Population of funds with the era's parameters."""
    return Population(
        buffer_sd=era.buffer_sd,
        calm_volatility=era.volatility_floor_bp,
        term_share=era.term_share,
        financing_hedge=era.financing_hedge,
        mixed_share=era.mixed_share,
        swap_leverage=era.swap_spread_leverage,
    )


def era_dealers(era: MarketEra, **others: float) -> DealerPlan:
    """Dealers with the era's capacity and ceiling, and other fields as given."""
    return DealerPlan(capacity_usd=era.capacity_usd_bn * 1e9, ceiling=era.ceiling_bp, **others)


def run_episode(
    market: EpisodeMarket,
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
        Assumptions on dealers; the fit's slope, placement rate and capacity multiple apply in any case.
    extra_sales
        USD that outside investors sell each day on top of the episode's own flows.
    """
    era = market_era(market.scenario)
    funds = replace(
        population or era_population(era),
        leverage=era.era_leverage,
        haircut_floor=-1.0 if era.haircut_floor is None else era.haircut_floor,
        risk_speed=fit.risk_speed,
    )
    fitted = replace(
        dealers or era_dealers(era),
        slope=fit.slope,
        placement_rate=fit.placement_rate,
        capacity_multiple=fit.capacity_multiple,
    )
    swaps = 1e9 * (era.swap_spread_book_usd_bn or 0.0)
    book = book_of_funds(
        market.priced, funds, fitted, era.hedged_share, market.sales + extra_sales, market.purchases, swaps
    )
    return Episode(market, book, run(assemble(book.plan, market.priced)))
