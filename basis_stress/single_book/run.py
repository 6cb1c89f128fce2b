"""Run a leveraged basis book through a scenario."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from basis_data.markets.as_of import outlasted, roll_days, scenario_as_of
from basis_data.markets.as_of import remarks as as_of_remarks
from basis_data.markets.books import Book, Table, held_in
from basis_data.markets.cached_markets import scenario_market
from basis_data.markets.left_out import left_out
from basis_data.markets.market_data import MarketData
from basis_data.markets.note_spreads import told as observed_notes
from basis_data.markets.pricing import PricedMarket
from basis_data.scenarios.scenario import Scenario
from basis_data.scenarios.scenario import scenario as load_scenario
from basis_data.scenarios.shock import Shock
from basis_data.tables.calendars import DateLike
from basis_data.tables.contracts import codes
from basis_data.tables.data_in_use import data_in_use
from basis_data.tables.validation import did_you_mean, validated
from basis_engine.base.errors import InputError
from basis_engine.bonds.curves import SVENSSON
from basis_engine.simulation.run import run
from basis_strategies.assemble import assemble
from basis_strategies.books import check_carried, fund_books
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_strategies.funds_market import BOOK_CONTRACTS, leveraged_fund_book
from basis_strategies.plan import Execution, Plan
from basis_stress.single_book.observed_prices import labels
from basis_stress.single_book.own_book import book_settings, own_book
from basis_stress.single_book.result import Result


def backtest_book(
    scenario: str | Path | Scenario,
    strategy: CashFuturesBasis | None,
    *,
    contract: str | Sequence[str] | None,
    book: Table | None,
    funds: Table | None,
    fund: str | None = None,
    execution: Execution | None,
    changes: Mapping[str, object],
    as_of: DateLike | None = None,
    terms: Mapping[str, Any],
) -> Result:
    """Backtest one book; see `basis_stress.front_door.backtest.backtest`.

    ``changes`` are fields of the scenario and of a `Shock`; None leaves a field as it is. They are made before the
    scenario is put on another day.
    """
    chosen = changed_scenario(scenario, changes)
    for name, value, kind in (("strategy", strategy, CashFuturesBasis), ("execution", execution, Execution)):
        if value is not None and not isinstance(value, kind):
            raise InputError(f"{name}: {value!r} given, allowed is bs.{kind.__name__}(...); give that")
    if strategy is not None and terms:
        raise InputError(f"{next(iter(terms))}: given with a strategy, which has this field; set it there")
    if (own := own_book(book, funds, contract, strategy, terms)) is not None:
        return _backtest_own(own, scenario_as_of(chosen, as_of, own.codes), execution or Execution(), fund=fund)
    if fund is not None:
        raise InputError("fund: given without a table of positions; give book=..., or --book on the command line")
    strategy = strategy or validated(CashFuturesBasis, dict(terms), "backtest")
    held = chosen_contracts(contract, book)
    return _through(strategy, held, book, execution or Execution(), scenario_as_of(chosen, as_of, held))


def _through(
    strategy: CashFuturesBasis,
    codes: Sequence[str],
    book: Table | None,
    execution: Execution,
    chosen: Scenario,
    snapshot_prices: bool = True,
) -> Result:
    """Run a book through a scenario."""
    priced = scenario_market(chosen, codes, snapshot_prices=snapshot_prices)
    plan, remarks = _plan(strategy, priced, book, execution)
    settings = {**_settings(strategy, plan, priced), **remarks, "data": str(data_in_use())}
    outcome, again = run(assemble(plan, priced)), partial(_through, strategy, codes, book, execution)
    return Result(priced.data.scenario, settings, _assumptions(plan, priced), outcome, plan, priced, through=again)


def _backtest_own(
    book: Book, scenario: Scenario, execution: Execution, snapshot_prices: bool = True, fund: str | None = None
) -> Result:
    """Backtest a user's own book: every fund of it, or one, in the market of the whole book."""
    held, remarks = held_in(book, scenario)
    again = partial(_backtest_own, book, execution=execution, fund=fund)
    book = book if fund is None else book.only(fund)
    priced = scenario_market(held, snapshot_prices=snapshot_prices)
    funds = fund_books(book)
    mapped = {"held": remarks[0]} if remarks else {}
    remarks += tuple(remark for fund in funds for remark in check_carried(fund, priced))
    plan = Plan(tuple(fund.fund(priced) for fund in funds), execution)
    settings = {**book_settings(book, funds, priced), **mapped, **vars(execution), "data": str(data_in_use())}
    kept = ["lender", *book.labels] if (book.positions["lender"] != "").any() else book.labels
    return Result(
        held,
        settings,
        [*remarks, *_assumptions(plan, priced)],
        run(assemble(plan, priced)),
        plan,
        priced,
        {name: tuple(book.positions[name]) for name in kept},
        again,
    )


def changed_scenario(given: str | Path | Scenario, changes: Mapping[str, object]) -> Scenario:
    """The scenario with changed fields of its own and of a `Shock`; None is no change."""
    base = given if isinstance(given, Scenario) else load_scenario(given)
    stated = {name: value for name, value in changes.items() if value is not None}
    shock = {name: stated.pop(name) for name in Shock.model_fields if name in stated}
    if stated:
        base = validated(Scenario, {**base.model_dump(), **stated}, base.name)
    return validated(Shock, shock, "backtest").on(base) if shock else base


def chosen_contracts(contract: str | Sequence[str] | None, book: Table | None = None) -> tuple[str, ...]:
    """Contract codes, checked and without repeats."""
    if contract is None:
        return BOOK_CONTRACTS if book is not None else ("TY",)
    single = isinstance(contract, str) or not isinstance(contract, Iterable)
    given = (str(contract),) if single else tuple(map(str, contract))
    known = codes()
    for code in given:
        if code not in known:
            raise InputError(f"contract {code!r}: unknown{did_you_mean(code, known)}; allowed are {', '.join(known)}")
    if len(set(given)) < len(given) or not given:
        raise InputError(f"contract {', '.join(given) or 'none'}: give one or more, each once")
    return given


def _plan(
    strategy: CashFuturesBasis, market: PricedMarket, book: Table | None, execution: Execution
) -> tuple[Plan, dict[str, object]]:
    """Funds of the run, and a remark on the source of a book."""
    if book is None:
        return Plan((strategy.fund(market),), execution), {}
    assert not isinstance(book, pd.DataFrame), "a table is read by `own_book`"
    fund, report = leveraged_fund_book(market, strategy, None if book == "cftc" else book)
    if book != "cftc":
        fund = replace(fund, name=Path(book).stem)
    return Plan((fund,), execution), {"book_report_date": f"{report['report_date'].iloc[0]:%Y-%m-%d}"}


def _settings(strategy: CashFuturesBasis, plan: Plan, market: PricedMarket) -> dict[str, object]:
    """Inputs of the run, by name."""
    given = {name: value for name, value in strategy.model_dump().items() if value is not None}
    return {
        "contracts": [f"{future.code} {future.delivery_month}" for future in market.data.futures],
        **given,
        "leverage": plan.funds[0].leverage_target,
        "haircut": [position.haircut for position in plan.funds[0].positions],
        "curve": market.data.curves.remark,
        **vars(plan.execution),
    }


def _assumptions(plan: Plan, market: PricedMarket) -> list[str]:
    """Assumptions of the run, a sentence each."""
    margins = [
        f"Initial margin of {future.code}: {future.margin.source}, ${usd:,.0f} per contract at entry."
        for future, usd in zip(market.data.futures, market.initial_margin[0], strict=True)
    ]
    data = market.data
    unpriced = [
        f"{future.basket.unpriced} deliverable notes of {future.code} are left out because their coupon is not known."
        for future in market.data.futures
        if future.basket.unpriced
    ]
    return [
        *as_of_remarks(data),
        *_roll(plan, market),
        "Futures are modelled: the basket minimum of forward over conversion factor, no option value, carried at "
        "expected overnight repo (policy as three-month bills expect it, plus the trailing spread of SOFR over it).",
        f"Notes are priced on the curve: {market.data.curves.remark}. {_marks(market)}",
        *margins,
        *unpriced,
        "Cash and margin earn SOFR; positions are entered at mid on the first day and valued for T+1 settlement.",
        f"Each slice of an unwind is at most {plan.funds[0].depth_share:.0%} of a depth of "
        f"${plan.execution.depth_usd / 1e9:,.0f}bn; half spreads {plan.execution.bond_cost_bp:g} and "
        f"{plan.execution.futures_cost_bp:g} bp, impact {plan.execution.impact_bp_per_bn:g} bp per $bn (assumptions).",
        "Sales of this book do not move the market beyond its own slices: a single fund, not the whole market.",
        *_observed(data),
        *left_out(data.scenario, data.dates.astype("datetime64[D]"), data.effr, data.curves.kind == SVENSSON),
    ]


def _observed(data: MarketData) -> list[str]:
    """Which notes have observed prices; nothing where notes are priced on the curve."""
    sizes = [len(future.basket.cusip) for future in data.futures]
    return [] if data.note_spreads is None else observed_notes(data.note_spreads, labels(data.futures), sizes)


def _roll(plan: Plan, market: PricedMarket) -> list[str]:
    """What the roll costs where the front month ends within the window of a run as of another day."""
    months = outlasted(market.data)
    if months is None:
        return []
    execution, rolls = plan.execution, roll_days(market.data)
    cost = sum(
        2e-4 * abs(position.face_usd) * execution.bond_cost_bp
        + 2e-4 * abs(position.contracts) * market.notionals[position.contract] * execution.futures_cost_bp
        for fund in plan.funds
        for position in fund.positions
        if position.contract < len(rolls) and rolls[position.contract]
    )
    day = market.data.dates.astype("datetime64[D]")[max(rolls)]
    return [
        f"The window lasts beyond the {months[0]} futures, the front month: it is held in {months[1]} throughout, and "
        f"the roll of both legs is charged on {day} at four half spreads, "
        f"{2 * (execution.futures_cost_bp + execution.bond_cost_bp):g} bp: ${cost:,.0f} of the book as entered."
    ]


def _marks(market: PricedMarket) -> str:
    """Times of the price marks, in a sentence."""
    within = len(market.data.intraday.day)
    if not within:
        return "Marks are daily closes, not intraday extremes."
    return (
        f"Marks are daily closes and {within} within the day, bridged through published yields: other tenors differ "
        "from the day's close as the nearest given tenor does, or by interpolation between two (assumption)."
    )
