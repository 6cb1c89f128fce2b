"""The functions that users call first: `backtest` for one book or the whole market of funds, and `strategies`."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack, overload

import pandas as pd
from pydantic import BaseModel

from basis_data.markets.books import Table
from basis_data.scenarios.scenario import Scenario
from basis_data.tables.validation import with_new_names
from basis_engine.base.errors import InputError
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_strategies.plan import Execution
from basis_strategies.terms import BookTerms, showing
from basis_stress.single_book.result import Result
from basis_stress.single_book.run import backtest_book

if TYPE_CHECKING:
    from basis_stress.funds_market.result import MarketResult


class BacktestOptions(BookTerms, total=False):
    """Options of `backtest` beside its scenario, strategy and market; each is None, not given, by default."""

    contract: str | Sequence[str] | None
    book: Table | None
    funds: Table | None
    fund: str | None
    start: str | date | None
    end: str | date | None
    as_of: str | date | None
    curve: str | None
    margin_multiple: float | None
    yield_scale: float | None
    scenario_repo_bp: float | None
    repo_time: str | None
    basis_bp: float | None
    not_rolled: float | None
    bond_cost_bp: float | None
    execution: Execution | None


WINDOW = ("start", "end", "curve", "margin_multiple", "yield_scale", "scenario_repo_bp", "repo_time")
SHOCK = ("basis_bp", "not_rolled")


@overload
def backtest(
    scenario: str | Path | Scenario,
    strategy: CashFuturesBasis | None = None,
    *,
    market: Literal[False] = False,
    **options: Unpack[BacktestOptions],
) -> Result: ...


@overload
def backtest(scenario: str | Path | Scenario, *, market: Literal[True], **options: Any) -> "MarketResult": ...


@showing(BacktestOptions)
def backtest(
    scenario: str | Path | Scenario,
    strategy: CashFuturesBasis | None = None,
    *,
    market: bool = False,
    **options: Any,
) -> "Result | MarketResult":
    """Backtest a leveraged cash-futures basis book through a scenario.

    Parameters
    ----------
    scenario
        Name of a scenario (see `scenarios`), path of a TOML file, or a `Scenario`.
    strategy
        The position and its parameters; or give its fields as keywords: ``leverage=50, haircut=0.0, unwind="cure"``.
    contract
        One contract code or several ('TU', 'FV', 'TY', 'TN', 'US', 'UB'); 'TY', or the book's, by default.
    book
        Your own positions, a row each (table `book_positions` of SCHEMA.md), as a CSV or Parquet file or a DataFrame;
        or 'cftc' for the gross shorts of leveraged funds at the nearest report.
    funds
        Equity, cash, credit line and unwind rule of the funds of your book (table `book_funds`). For one fund
        ``equity=2e9`` will do.
    fund
        Of several funds, the name of one that is run alone; by default all are.
    start, end
        Another window than the scenario's; ISO dates.
    as_of
        Business day, ISO date, whose curve, contracts, notes and rates the episode's moves are put on.
    curve
        'auto', 'svensson' or 'par'.
    margin_multiple
        Multiple of each contract's initial margin on every day, those of the scenario's margin notices included.
    yield_scale
        Multiple of each yield's move from the first day.
    scenario_repo_bp
        A new level: repo costs SOFR plus this for every loan of the scenario, basis points, and futures are carried at
        it. A spike of some nights, which futures price little of, is ``Scenario.with_repo(date, bp, until=...)``; the
        fund's own spread, paid by it alone, is ``repo_spread_bp``.
    repo_time
        New York time HH:MM at which repo rolls and its cash reaches the fund; after 09:00 it comes after clearing is
        paid.
    basis_bp, not_rolled
        From the second business day on: cash is cheap against futures by this (basis points of price), and lenders do
        not roll this share of the repo falling due; see `basis_data.scenarios.shock.Shock`.
    bond_cost_bp
        Half spread of the notes that the fund sells, basis points; or give ``execution``.
    execution
        Costs of trading and depth of the market.
    market
        Run the whole market of funds instead of a single book; fields of a book are then refused.
    **options
        Fields of `CashFuturesBasis`, too.

    Returns
    -------
    Result
        Tables and the report; a `MarketResult` if ``market``.

    Raises
    ------
    InputError
        One sentence on the first argument that is wrong.
    """
    if "repo_spread_bp_all" in options:
        options = with_new_names(options, {"repo_spread_bp_all": "scenario_repo_bp"}, "backtest")
    changes = {name: options.pop(name, None) for name in (*WINDOW, *SHOCK)}
    if market:
        # A single book does not need these imports.
        from basis_stress.funds_market.episodes import market_scenario
        from basis_stress.funds_market.result import backtest_market

        given = {**changes, "strategy": strategy, **options}
        return backtest_market(
            market_scenario(scenario, {name: value for name, value in given.items() if value is not None})
        )
    own = {name: options.pop(name, None) for name in ("contract", "book", "funds", "fund", "as_of")}
    execution = _execution(options.pop("execution", None), options.pop("bond_cost_bp", None))
    return backtest_book(scenario, strategy, **own, execution=execution, changes=changes, terms=options)


def _execution(given: Execution | None, bond_cost_bp: float | None) -> Execution | None:
    """Trading costs as given, or the usual ones with another half spread of notes."""
    if bond_cost_bp is None:
        return given
    if given is not None:
        raise InputError("bond_cost_bp: given with an execution, which has this field; set it there")
    return Execution(bond_cost_bp=bond_cost_bp)


def strategies() -> pd.DataFrame:
    """Every strategy of the library and of plugins: `name`, `description`, `parameters`, a row each."""
    from basis_strategies.library import known_strategies
    from basis_strategies.strategy import Portfolio, first_line

    known: list[type[BaseModel]] = [CashFuturesBasis, *known_strategies().values(), Portfolio]
    return pd.DataFrame(
        {
            "name": [strategy.__name__ for strategy in known],
            "description": [first_line(strategy) for strategy in known],
            "parameters": [", ".join(strategy.model_fields) for strategy in known],
        }
    )
