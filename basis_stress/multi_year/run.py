"""Run a strategy over years: observed and modelled basis, quarterly rolls, published margins, daily decisions."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

from basis_data.multi_year.market import FIRST_DAY, last_day, multi_year_market
from basis_data.multi_year.rates import Expectations
from basis_data.tables.calendars import DateLike
from basis_data.tables.data_in_use import on_new_data
from basis_engine.base.errors import InputError
from basis_strategies.multi_year_market import MarketRows, market_rows
from basis_strategies.plan import Execution
from basis_strategies.run import StrategyError, run_years
from basis_strategies.strategy import Portfolio, Strategy
from basis_stress.multi_year.result import MultiYearRun
from basis_stress.multi_year.tables import tabulate_years


def run_strategy(
    strategy: Strategy | Portfolio,
    start: DateLike = FIRST_DAY,
    end: DateLike | None = None,
    *,
    execution: Execution | None = None,
    basis: Literal["observed", "none"] = "observed",
    expectations: Expectations = "bills",
    cash_spread_bp: float = 0.0,
    swap_spreads: str | Path | None = None,
) -> MultiYearRun:
    """Run a strategy, the user's own or the library's, over years.

    Parameters
    ----------
    strategy
        For instance ``bs.LongBasis(leverage=20)``; the library is in `bs.strategies()`.
    start, end
        From 2018-04-02, when SOFR begins, to the last day of the data in use (2026-04-17 in the embedded tables), which
        is the default.
    execution
        Trading costs in the 10-year contract; others in proportion
        (`basis_strategies.multi_year_market.COST_MULTIPLES`).
    basis
        'observed' for the published basis to August 2024, modelled and labelled so elsewhere; 'none' for fair futures.
    expectations
        Rate that carries notes to delivery: 'bills' or 'overnight'.
    cash_spread_bp
        Cash and margin earn SOFR less this.
    swap_spreads
        The user's own swap spreads; a leg needs them outside the public windows.

    Raises
    ------
    InputError
        If the window, a leg or a parameter is wrong.
    StrategyError
        If the strategy decides an impossible position: its ``result`` holds the days before.
    """
    if not isinstance(strategy, (Strategy, Portfolio)):
        raise InputError(f"strategy: {strategy!r} given, allowed is a strategy such as bs.LongBasis(); give that")
    return run_strategies(
        [strategy],
        start,
        end,
        execution=execution,
        basis=basis,
        expectations=expectations,
        cash_spread_bp=cash_spread_bp,
        swap_spreads=swap_spreads,
    )[0]


def run_strategies(
    strategies: Sequence[Strategy | Portfolio],
    start: DateLike = FIRST_DAY,
    end: DateLike | None = None,
    *,
    execution: Execution | None = None,
    basis: Literal["observed", "none"] = "observed",
    expectations: Expectations = "bills",
    cash_spread_bp: float = 0.0,
    swap_spreads: str | Path | None = None,
) -> list[MultiYearRun]:
    """Run several strategies over the same days and the same market; see `run_strategy`."""
    legs = sorted({leg for strategy in strategies for sleeve in _sleeves(strategy) for leg in sleeve.legs})
    tenors = tuple(sorted(int(leg.split("Y")[0]) for leg in legs if leg.endswith("swap spread")))
    codes = tuple(leg for leg in ("TU", "FV", "TY", "US") if leg in legs) or ("TY",)
    terms = tuple(term for term in (2, 5, 10, 30) if any(leg.startswith(f"{term}Y o") for leg in legs))
    file = None if swap_spreads is None else Path(swap_spreads)
    market = _market(
        str(start),
        str(end or last_day()),
        codes,
        terms,
        basis,
        expectations,
        cash_spread_bp,
        execution or Execution(),
        tenors,
        file,
    )
    return [_run(strategy, market) for strategy in strategies]


def _sleeves(strategy: Strategy | Portfolio) -> tuple[Strategy, ...]:
    """The strategies that share a pool of cash."""
    return strategy.strategies if isinstance(strategy, Portfolio) else (strategy,)


@lru_cache(maxsize=4)
def _market(
    start: str,
    end: str,
    codes: tuple[str, ...],
    terms: tuple[int, ...],
    basis: Literal["observed", "none"],
    expectations: Expectations,
    cash_spread_bp: float,
    execution: Execution,
    tenors: tuple[int, ...],
    swap_spreads: Path | None,
) -> MarketRows:
    """Build the market of a window, cached: it takes seconds, a strategy a fraction of one."""
    market = multi_year_market(
        start,
        end,
        codes,
        terms=terms,
        cash_spread_bp=cash_spread_bp,
        expectations=expectations,
        basis=basis,
        swap_tenors=tenors,
        swap_spreads=swap_spreads,
    )
    return market_rows(market, execution)


on_new_data(_market.cache_clear)


def _run(strategy: Strategy | Portfolio, market: MarketRows) -> MultiYearRun:
    """Run one strategy; attach the days before an error to the error."""
    try:
        return tabulate_years(run_years(strategy, market))
    except StrategyError as error:
        if error.partial_run is not None and error.partial_run.days > 1:
            error.result = tabulate_years(error.partial_run)
        raise
