"""Gather the market data of a run: one mark per business day at 15:00 New York, as plain arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_data.markets.baskets import Basket, known_basket, stacked
from basis_data.markets.curves import Curves, curves, scaled
from basis_data.markets.expectations import carry_rate, expected_policy
from basis_data.markets.expected_spread import expected_spikes
from basis_data.markets.intraday import IntradayMarks, intraday_marks
from basis_data.markets.left_out import check_dated, federal_funds_rate
from basis_data.markets.margins import MarginPath
from basis_data.markets.moves import moved_expectation, moved_margin, moved_rate, source_days
from basis_data.markets.note_spreads import NoteSpreads, note_spreads
from basis_data.markets.yield_paths import check_range
from basis_data.scenarios.parts import DatedPart
from basis_data.scenarios.scenario import Scenario, changed
from basis_data.tables.calendars import Days, mark_days, new_york_minutes, settlement_date
from basis_data.tables.contracts import code_and_month, contract, delivery_dates, delivery_month_for, month_start
from basis_data.tables.reader import read
from basis_engine.base.errors import InputError
from basis_engine.bonds.curves import PAR

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

MARK_TIME = "15:00"


@dataclass(frozen=True)
class FuturesContract:
    """A contract in a delivery month: its dates (days since 1970-01-01), sizes, basket and margin."""

    code: str
    delivery_month: str
    notional_usd: float
    point_value_usd: float
    listed: int
    """Day from which the contract and its notes are priced."""
    first_delivery: int
    last_trading: int
    last_delivery: int
    basket: Basket
    margin: MarginPath


@dataclass(frozen=True)
class MarketData:
    """The market of a scenario over m marks and k contracts, each value known on its day; rates decimal per year."""

    scenario: Scenario
    dates: Integers
    """[m] business day of each mark, days since 1970-01-01."""
    settle: Integers
    """[m] settlement (T+1) of a cash trade at each mark."""
    minutes: Integers
    """[m] time of each mark, minutes UTC since 1970-01-01."""
    curves: Curves
    sofr: Array
    """[m] rate of the overnight trade of that day."""
    effr: Array
    """[m] effective federal funds rate; NaN where not published."""
    repo_rate: Array
    """[m] SOFR plus the scenario's repo spread and shifts."""
    carry_rate: Array
    """[m] expected overnight repo, which carries notes to delivery; [m, k] where it is to each contract's delivery."""
    policy_rate: Array
    """[m] expected average of the federal funds rate, the part of `carry_rate` that a hedge against policy fixes."""
    cash_rate: Array
    """[m] SOFR minus the scenario's cash spread."""
    haircut: Array
    """[m, k] share of market value."""
    other_haircut: Array
    """[m] haircut of collateral in no contract's basket."""
    not_rolled: Array
    """[m] share of the repo falling due that lenders do not roll that day."""
    margin_multiple: Array
    """[m] multiple of each contract's own margin."""
    dislocation_bp: Array
    """[m, k] basis points of price by which cash is cheap against futures."""
    other_loss_share: Array
    """[m] share of equity at entry that every fund loses in other businesses that day."""
    other_loss_usd: Array
    """[m] USD that all funds together lose in other businesses that day."""
    futures: tuple[FuturesContract, ...]
    """The k contracts."""
    intraday: IntradayMarks
    """Marks besides the closes; none in most scenarios."""
    note_spreads: NoteSpreads | None = None
    """Spreads of the notes of all baskets over the curve, from observed prices; None: notes are priced on the curve."""

    def initial_margin_usd(self, first_prices: Array) -> Array:
        """Margin per contract in force at each mark, USD [m, k], from the futures prices [k] at the first mark."""
        return self.margin_usd(first_prices) * self.margin_multiple[:, None]

    def margin_usd(self, first_prices: Array) -> Array:
        """Each contract's own margin, before the scenario's multiple, USD per contract [m, k]."""
        paths = [
            future.margin.initial_usd(float(price), future.point_value_usd)
            for future, price in zip(self.futures, first_prices, strict=True)
        ]
        return np.column_stack(paths)


def market_data(
    scenario: Scenario, contracts: Sequence[str] | None = None, *, snapshot_prices: bool = True
) -> MarketData:
    """Gather the market data of a scenario, for its contracts or those given.

    Parameters
    ----------
    snapshot_prices
        Whether notes have the prices of the snapshot in use, where it has any.

    Raises
    ------
    InputError
        If a file does not cover the window, a part is dated outside it, or a contract is delivered before its end.
    """
    if contracts is not None:
        scenario = changed(scenario, "run", contracts=tuple(contracts))
    codes = [code_and_month(name)[0] for name in scenario.contracts]
    start, end = np.datetime64(scenario.start), np.datetime64(scenario.end)
    days = mark_days(start, end)
    if len(days) < 2:
        raise InputError(f"scenario {scenario.name}: {start} to {end} holds {len(days)} business days; give at least 2")
    check_dated(scenario, days)
    sofr, repo_rate = repo_rates(scenario, days)
    levels = [(shift.date, shift.bp) for shift in scenario.repo_rate_shifts if shift.until is None]
    lasting = (scenario.scenario_repo_bp + _steps(days, levels, 0.0)) / 1e4
    passing = repo_rate - sofr - lasting
    notices = [(notice.date, notice.multiple) for notice in scenario.margin_notices]
    chosen = curves(scenario, days, codes)
    settle = np.array([settlement_date(day) for day in days]).astype(np.int64)
    futures = tuple(_futures_contract(scenario, days, name) for name in scenario.contracts)
    notes = stacked([future.basket for future in futures])
    return MarketData(
        scenario=scenario,
        dates=days.astype(np.int64),
        settle=settle,
        minutes=np.array([new_york_minutes(day, MARK_TIME) for day in days], np.int64),
        curves=chosen,
        sofr=sofr,
        effr=federal_funds_rate(scenario, days),
        repo_rate=repo_rate,
        carry_rate=moved_expectation(carry_rate, scenario, days) + expected_spikes(days, passing) + lasting,
        policy_rate=moved_expectation(expected_policy, scenario, days),
        cash_rate=sofr - scenario.cash_spread_bp / 1e4,
        haircut=np.column_stack([_haircut(scenario, days, code) for code in codes]),
        other_haircut=_haircut(scenario, days, None),
        not_rolled=np.minimum(_on_days(days, [(part, part.share) for part in scenario.not_rolled]), 1.0),
        margin_multiple=scenario.margin_multiple * _steps(days, notices, 1.0),
        dislocation_bp=np.column_stack([_dislocation(scenario, days, code) for code in codes]),
        other_loss_share=_on_days(days, [(loss, loss.share or 0.0) for loss in scenario.other_losses]),
        other_loss_usd=_on_days(days, [(loss, loss.usd or 0.0) for loss in scenario.other_losses]),
        futures=futures,
        intraday=intraday_marks(scenario, days, chosen.par_yields),
        note_spreads=note_spreads(scenario, days, settle, chosen, notes, snapshot_prices),
    )


def with_yield_scale(data: MarketData, scale: float) -> MarketData:
    """Multiply every move of par yields from the first day; no file is read again.

    Raises
    ------
    InputError
        If the scale is out of range, or the market is priced on a Svensson curve, which cannot be scaled.
    """
    scenario = changed(data.scenario, data.scenario.name, yield_scale=scale)
    if data.curves.kind != PAR or data.scenario.yield_scale != 1.0:
        raise InputError(
            f"scenario {scenario.name}, curve: only unscaled par yields can be scaled; set curve to 'par' "
            "and yield_scale to 1"
        )
    closes, intraday = data.curves.par_yields, data.intraday
    moved = scaled(closes, scale)
    check_range(scenario, data.dates.astype("datetime64[D]"), moved)
    within = moved[intraday.day] + scale * (intraday.par_yields - closes[intraday.day])
    return replace(
        data,
        scenario=scenario,
        curves=replace(data.curves, par_yields=moved),
        intraday=replace(intraday, par_yields=within),
    )


def repo_rates(scenario: Scenario, days: Days) -> tuple[Array, Array]:
    """SOFR on each day, and the repo rate with the scenario's spread and shifts, decimal [m]."""
    sofr = moved_rate(scenario, days, "sofr_pct")
    shifts = _steps(days, [(shift.date, shift.bp, shift.until) for shift in scenario.repo_rate_shifts], 0.0)
    return sofr, sofr + (scenario.scenario_repo_bp + shifts) / 1e4


def _steps(days: Days, changes: Sequence[tuple[Any, ...]], base: float) -> Array:
    """Level in force on each day [m]: the base, then the level of each change (date, level) from its date on.

    A change (date, level, until) with an end is in force to that day; then the previous level returns.
    """
    level = np.full(len(days), base)
    for date, value, *until in sorted(changes, key=lambda change: str(change[0])):
        last = np.datetime64(str(until[0])) if until and until[0] is not None else days[-1]
        level[(days >= np.datetime64(str(date))) & (days <= last)] = value
    return level


def _on_days(days: Days, dated: Sequence[tuple[DatedPart, float]]) -> Array:
    """Daily series [m]: each part adds its value from its date through `until`.

    A part dated on a holiday counts on the next business day.
    """
    values = np.zeros(len(days))
    for part, value in dated:
        values[part.days(days)] += value
    return values


def _haircut(scenario: Scenario, days: Days, code: str | None) -> Array:
    """Haircut of a contract's collateral, or of other collateral (code None), on each day [m]."""
    changes = [(part.date, part.haircut) for part in scenario.haircut_changes if part.contract in (None, code)]
    return _steps(days, changes, scenario.haircut)


def _dislocation(scenario: Scenario, days: Days, code: str) -> Array:
    """Dislocation in basis points of price on each day [m]: of the user's file, if any, plus those of the scenario."""
    stated = [(part.date, part.bp, part.until) for part in scenario.dislocations if part.contract in (None, code)]
    if scenario.files.basis is None:
        return _steps(days, stated, 0.0)
    rows = read("basis", scenario.files.basis)
    rows = rows[rows["contract"] == code]
    filed = _steps(source_days(scenario, days), list(zip(rows["date"].dt.date, rows["basis_bp"], strict=True)), 0.0)
    return filed + _steps(days, stated, 0.0)


def _futures_contract(scenario: Scenario, days: Days, name: str) -> FuturesContract:
    """Describe a contract in the month of its name, the scenario's delivery month, or the front month of the start."""
    code, own = code_and_month(name)
    month = own or scenario.delivery_month or delivery_month_for(code, days[0])
    dates = delivery_dates(code, month)
    if days[-1] > dates.last_delivery_day:
        raise InputError(
            f"scenario {scenario.name}, end: {days[-1]} is after {dates.last_delivery_day}, the last delivery "
            f"day of {code} {month}; futures are not rolled, so end the window by then"
        )
    return futures_contract(code, month, days[0], days[0], moved_margin(scenario, code, days))


def futures_contract(
    code: str, month: str, listed: np.datetime64, basket_day: np.datetime64, margin: MarginPath
) -> FuturesContract:
    """Describe a contract in a delivery month, priced from `listed`, with the basket known on `basket_day`.

    Raises
    ------
    InputError
        If no security of known coupon is deliverable.
    """
    rule, dates = contract(code, month_start(month)), delivery_dates(code, month)
    return FuturesContract(
        code=code,
        delivery_month=month,
        notional_usd=rule.notional_usd,
        point_value_usd=rule.point_value_usd,
        listed=int(listed.astype(np.int64)),
        first_delivery=int(dates.first_delivery_day.astype(np.int64)),
        last_trading=int(dates.last_trading_day.astype(np.int64)),
        last_delivery=int(dates.last_delivery_day.astype(np.int64)),
        basket=known_basket(code, month, basket_day),
        margin=margin,
    )
