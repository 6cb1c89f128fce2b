"""basis-stress: replay a leveraged Treasury cash-futures basis book through a real crisis.

>>> import basis_stress as bs
>>> result = bs.backtest("april-2025", contract="TY", leverage=50)
>>> result.cash, result.attribution, result.events        # DataFrames
>>> result.report("april.html")
"""

import importlib
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from basis_data.markets.as_of import as_of as as_of
    from basis_data.refresh.snapshot import refresh as refresh
    from basis_data.scenarios.scenario import Scenario as Scenario
    from basis_data.scenarios.scenario import scenario as scenario
    from basis_data.shocks.funding import FundingTerms as FundingTerms
    from basis_data.shocks.generators import shocks as shocks
    from basis_data.shocks.paths import Paths as Paths
    from basis_data.shocks.paths import chunks as chunks
    from basis_data.shocks.paths import generate as generate
    from basis_data.tables.data_in_use import data_in_use as data_in_use
    from basis_data.tables.data_in_use import use_data as use_data
    from basis_engine.base.compile import compiled as compiled
    from basis_engine.base.errors import InputError as InputError
    from basis_strategies import rules as rules
    from basis_strategies.cash_futures_basis import CashFuturesBasis as CashFuturesBasis
    from basis_strategies.curve_trades import Butterfly as Butterfly
    from basis_strategies.curve_trades import OnTheRunOffTheRun as OnTheRunOffTheRun
    from basis_strategies.curve_trades import Steepener as Steepener
    from basis_strategies.hedged_trades import CalendarRoll as CalendarRoll
    from basis_strategies.hedged_trades import HoldToDelivery as HoldToDelivery
    from basis_strategies.hedged_trades import LongBasis as LongBasis
    from basis_strategies.hedged_trades import MultiContractBasis as MultiContractBasis
    from basis_strategies.hedged_trades import ShortBasis as ShortBasis
    from basis_strategies.hedged_trades import SwapSpread as SwapSpread
    from basis_strategies.plan import Execution as Execution
    from basis_strategies.run import StrategyError as StrategyError
    from basis_strategies.strategy import Portfolio as Portfolio
    from basis_strategies.strategy import Strategy as Strategy
    from basis_stress.bonds.delivery import cheapest_to_deliver as cheapest_to_deliver
    from basis_stress.bonds.delivery import conversion_factor as conversion_factor
    from basis_stress.bonds.delivery import futures_price as futures_price
    from basis_stress.bonds.delivery import gross_basis as gross_basis
    from basis_stress.bonds.delivery import implied_repo as implied_repo
    from basis_stress.bonds.delivery import net_basis as net_basis
    from basis_stress.bonds.prices import accrued_interest as accrued_interest
    from basis_stress.bonds.prices import modified_duration as modified_duration
    from basis_stress.bonds.prices import price as price
    from basis_stress.bonds.prices import yield_to_maturity as yield_to_maturity
    from basis_stress.breaking.find import breaking_point as breaking_point
    from basis_stress.breaking.frontier import Frontier as Frontier
    from basis_stress.breaking.frontier import frontier as frontier
    from basis_stress.breaking.largest import LargestLeverage as LargestLeverage
    from basis_stress.breaking.largest import largest_leverage as largest_leverage
    from basis_stress.breaking.point import BreakingPoint as BreakingPoint
    from basis_stress.breaking.slide_figure import slide as slide
    from basis_stress.catalogue.comparison import compare_scenarios as compare_scenarios
    from basis_stress.catalogue.listing import scenarios as scenarios
    from basis_stress.ensembles.simulate import Simulation as Simulation
    from basis_stress.ensembles.simulate import simulate_paths as simulate_paths
    from basis_stress.front_door.backtest import backtest as backtest
    from basis_stress.front_door.backtest import strategies as strategies
    from basis_stress.funds_market.result import MarketResult as MarketResult
    from basis_stress.multi_year.comparison import compare as compare
    from basis_stress.multi_year.result import MultiYearRun as MultiYearRun
    from basis_stress.multi_year.run import run_strategy as run_strategy
    from basis_stress.reporting.dictionary import data_dictionary as data_dictionary
    from basis_stress.single_book.result import Result as Result
    from basis_stress.sweeps.reading import Sweep as Sweep
    from basis_stress.sweeps.reading import read_sweep as read_sweep
    from basis_stress.sweeps.run import sweep as sweep

# Names are loaded on first use: `import basis_stress` costs milliseconds, and bond arithmetic needs no pandas.
_HOMES = {
    "clients": "basis_stress.client_books.run",
    "ClientsResult": "basis_stress.client_books.result",
    "DealerPlan": "basis_strategies.plan",
    "backtest": "basis_stress.front_door.backtest",
    "strategies": "basis_stress.front_door.backtest",
    "accrued_interest": "basis_stress.bonds.prices",
    "modified_duration": "basis_stress.bonds.prices",
    "price": "basis_stress.bonds.prices",
    "yield_to_maturity": "basis_stress.bonds.prices",
    "cheapest_to_deliver": "basis_stress.bonds.delivery",
    "conversion_factor": "basis_stress.bonds.delivery",
    "futures_price": "basis_stress.bonds.delivery",
    "gross_basis": "basis_stress.bonds.delivery",
    "implied_repo": "basis_stress.bonds.delivery",
    "net_basis": "basis_stress.bonds.delivery",
    "data_dictionary": "basis_stress.reporting.dictionary",
    "MarketResult": "basis_stress.funds_market.result",
    "Result": "basis_stress.single_book.result",
    "Sweep": "basis_stress.sweeps.reading",
    "read_sweep": "basis_stress.sweeps.reading",
    "sweep": "basis_stress.sweeps.run",
    "Scenario": "basis_data.scenarios.scenario",
    "as_of": "basis_data.markets.as_of",
    "use_data": "basis_data.tables.data_in_use",
    "data_in_use": "basis_data.tables.data_in_use",
    "refresh": "basis_data.refresh.snapshot",
    "scenario": "basis_data.scenarios.scenario",
    "scenarios": "basis_stress.catalogue.listing",
    "compare_scenarios": "basis_stress.catalogue.comparison",
    "BreakingPoint": "basis_stress.breaking.point",
    "breaking_point": "basis_stress.breaking.find",
    "every_lever": "basis_stress.breaking.every_lever",
    "slide": "basis_stress.breaking.slide_figure",
    "LeverTable": "basis_stress.breaking.every_lever",
    "Frontier": "basis_stress.breaking.frontier",
    "frontier": "basis_stress.breaking.frontier",
    "LargestLeverage": "basis_stress.breaking.largest",
    "largest_leverage": "basis_stress.breaking.largest",
    "Simulation": "basis_stress.ensembles.simulate",
    "simulate_paths": "basis_stress.ensembles.simulate",
    "FundingTerms": "basis_data.shocks.funding",
    "shocks": "basis_data.shocks.generators",
    "Paths": "basis_data.shocks.paths",
    "chunks": "basis_data.shocks.paths",
    "generate": "basis_data.shocks.paths",
    "InputError": "basis_engine.base.errors",
    "CashFuturesBasis": "basis_strategies.cash_futures_basis",
    "Execution": "basis_strategies.plan",
    "MultiYearRun": "basis_stress.multi_year.result",
    "run_strategy": "basis_stress.multi_year.run",
    "compare": "basis_stress.multi_year.comparison",
    "compiled": "basis_engine.base.compile",
    "StrategyError": "basis_strategies.run",
    "Strategy": "basis_strategies.strategy",
    "Portfolio": "basis_strategies.strategy",
    "LongBasis": "basis_strategies.hedged_trades",
    "ShortBasis": "basis_strategies.hedged_trades",
    "HoldToDelivery": "basis_strategies.hedged_trades",
    "CalendarRoll": "basis_strategies.hedged_trades",
    "MultiContractBasis": "basis_strategies.hedged_trades",
    "SwapSpread": "basis_strategies.hedged_trades",
    "OnTheRunOffTheRun": "basis_strategies.curve_trades",
    "Steepener": "basis_strategies.curve_trades",
    "Butterfly": "basis_strategies.curve_trades",
    "rules": "basis_strategies.rules",
}

_RENAMED = {"LongRun": "MultiYearRun"}
"""Old public names, which work for one release, and the new ones."""

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Load a public name from its home on first use."""
    if name in _RENAMED:
        new = _RENAMED[name]
        warnings.warn(f"basis_stress.{name} is now basis_stress.{new}", DeprecationWarning, stacklevel=2)
        return __getattr__(new)
    if name not in _HOMES:
        raise AttributeError(f"module 'basis_stress' has no attribute {name!r}; it has {', '.join(__all__)}")
    module = importlib.import_module(_HOMES[name])
    value = getattr(module, name, module)  # `rules` is a module
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Public names."""
    return __all__
