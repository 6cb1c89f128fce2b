"""basis-stress: replay a leveraged Treasury cash-futures basis book through a real crisis.

>>> import basis_stress as bs
>>> result = bs.backtest("april-2025", contract="TY", leverage=50)
>>> result.cash, result.attribution, result.events        # DataFrames
>>> result.report("april.html")
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from basis_stress.bonds import accrued_interest as accrued_interest
    from basis_stress.bonds import modified_duration as modified_duration
    from basis_stress.bonds import price as price
    from basis_stress.bonds import yield_to_maturity as yield_to_maturity
    from basis_stress.breaking.frontier import Frontier as Frontier
    from basis_stress.breaking.frontier import frontier as frontier
    from basis_stress.breaking.largest import LargestLeverage as LargestLeverage
    from basis_stress.breaking.largest import largest_leverage as largest_leverage
    from basis_stress.breaking.point import BreakingPoint as BreakingPoint
    from basis_stress.breaking.point import breaking_point as breaking_point
    from basis_stress.delivery import cheapest_to_deliver as cheapest_to_deliver
    from basis_stress.delivery import conversion_factor as conversion_factor
    from basis_stress.delivery import futures_price as futures_price
    from basis_stress.delivery import gross_basis as gross_basis
    from basis_stress.delivery import implied_repo as implied_repo
    from basis_stress.delivery import net_basis as net_basis
    from basis_stress.market.result import MarketResult as MarketResult
    from basis_stress.paths.simulate import Simulation as Simulation
    from basis_stress.paths.simulate import simulate_paths as simulate_paths
    from basis_stress.replay import backtest as backtest
    from basis_stress.replay import strategies as strategies
    from basis_stress.result import Result as Result
    from basis_stress.scenario_comparison import compare_scenarios as compare_scenarios
    from basis_stress.sweeps.reading import Sweep as Sweep
    from basis_stress.sweeps.reading import read_sweep as read_sweep
    from basis_stress.sweeps.run import sweep as sweep
    from basis_stress.years.comparison import compare as compare
    from basis_stress.years.result import LongRun as LongRun
    from basis_stress.years.run import run_strategy as run_strategy
    from data.catalogue import scenarios as scenarios
    from data.scenario import Scenario as Scenario
    from data.scenario import scenario as scenario
    from data.shocks.funding import FundingTerms as FundingTerms
    from data.shocks.generators import shocks as shocks
    from data.shocks.paths import Paths as Paths
    from data.shocks.paths import chunks as chunks
    from data.shocks.paths import generate as generate
    from engine.compile import compiled as compiled
    from engine.errors import InputError as InputError
    from strategies import rules as rules
    from strategies.basis_trades import CalendarRoll as CalendarRoll
    from strategies.basis_trades import HoldToDelivery as HoldToDelivery
    from strategies.basis_trades import LongBasis as LongBasis
    from strategies.basis_trades import MultiContractBasis as MultiContractBasis
    from strategies.basis_trades import ShortBasis as ShortBasis
    from strategies.cash_futures_basis import CashFuturesBasis as CashFuturesBasis
    from strategies.curve_trades import Butterfly as Butterfly
    from strategies.curve_trades import OnTheRunOffTheRun as OnTheRunOffTheRun
    from strategies.curve_trades import Steepener as Steepener
    from strategies.plan import Execution as Execution
    from strategies.play import StrategyError as StrategyError
    from strategies.portfolio import Portfolio as Portfolio
    from strategies.strategy import Strategy as Strategy
    from strategies.swap_spread import SwapSpread as SwapSpread

# Names are loaded on first use: `import basis_stress` costs milliseconds, and bond arithmetic needs no pandas.
_HOMES = {
    "backtest": "basis_stress.replay",
    "strategies": "basis_stress.replay",
    "accrued_interest": "basis_stress.bonds",
    "modified_duration": "basis_stress.bonds",
    "price": "basis_stress.bonds",
    "yield_to_maturity": "basis_stress.bonds",
    "cheapest_to_deliver": "basis_stress.delivery",
    "conversion_factor": "basis_stress.delivery",
    "futures_price": "basis_stress.delivery",
    "gross_basis": "basis_stress.delivery",
    "implied_repo": "basis_stress.delivery",
    "net_basis": "basis_stress.delivery",
    "MarketResult": "basis_stress.market.result",
    "Result": "basis_stress.result",
    "Sweep": "basis_stress.sweeps.reading",
    "read_sweep": "basis_stress.sweeps.reading",
    "sweep": "basis_stress.sweeps.run",
    "Scenario": "data.scenario",
    "scenario": "data.scenario",
    "scenarios": "data.catalogue",
    "compare_scenarios": "basis_stress.scenario_comparison",
    "BreakingPoint": "basis_stress.breaking.point",
    "breaking_point": "basis_stress.breaking.point",
    "Frontier": "basis_stress.breaking.frontier",
    "frontier": "basis_stress.breaking.frontier",
    "LargestLeverage": "basis_stress.breaking.largest",
    "largest_leverage": "basis_stress.breaking.largest",
    "Simulation": "basis_stress.paths.simulate",
    "simulate_paths": "basis_stress.paths.simulate",
    "FundingTerms": "data.shocks.funding",
    "shocks": "data.shocks.generators",
    "Paths": "data.shocks.paths",
    "chunks": "data.shocks.paths",
    "generate": "data.shocks.paths",
    "InputError": "engine.errors",
    "CashFuturesBasis": "strategies.cash_futures_basis",
    "Execution": "strategies.plan",
    "LongRun": "basis_stress.years.result",
    "run_strategy": "basis_stress.years.run",
    "compare": "basis_stress.years.comparison",
    "compiled": "engine.compile",
    "StrategyError": "strategies.play",
    "Strategy": "strategies.strategy",
    "Portfolio": "strategies.portfolio",
    "LongBasis": "strategies.basis_trades",
    "ShortBasis": "strategies.basis_trades",
    "HoldToDelivery": "strategies.basis_trades",
    "CalendarRoll": "strategies.basis_trades",
    "MultiContractBasis": "strategies.basis_trades",
    "SwapSpread": "strategies.swap_spread",
    "OnTheRunOffTheRun": "strategies.curve_trades",
    "Steepener": "strategies.curve_trades",
    "Butterfly": "strategies.curve_trades",
    "rules": "strategies.rules",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Load a public name from its home on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'basis_stress' has no attribute {name!r}; it has {', '.join(__all__)}")
    module = importlib.import_module(_HOMES[name])
    value = getattr(module, name, module)  # `rules` is a module
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Public names."""
    return __all__
