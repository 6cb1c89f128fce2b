"""What the report, the figures and the terminal tables read from a result: tables by day, summed over funds.

Nothing is modelled here. Views are indexed by New York business day; money is USD and outflows are negative.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from basis_data.tables.calendars import to_new_york
from basis_engine.simulation.names import CashLine, FundColumn, LogEvent, column_names
from basis_engine.simulation.world import Floats
from basis_stress.single_book.tabulate import WATERFALL, days_of
from basis_stress.single_book.term_repo import attribution_lines

if TYPE_CHECKING:
    from basis_stress.single_book.result import Result

Kept = TypeVar("Kept")

LEGS = ("variation_margin", "initial_margin", "repo_remargin", "haircut", "repo_not_rolled")
CARRY = ("coupon", "repo_interest", "cash_interest")

# Events worth a word on a day, the gravest first; calls raised and paid already show as cash.
NOTABLE = {
    "default": "default",
    "insolvency": "insolvent",
    "seizure": "seizure",
    "loss": "loss",
    "call_failed": "call failed",
    "sale": "sale",
    "credit_drawn": "credit drawn",
    "collateral_recalled": "collateral recalled",
    "margin_change": "margin change",
    "haircut_change": "haircut change",
    "not_rolled_change": "not rolled change",
    "redemption": "redemption",
    "delivery": "delivery",
}
_NOTABLE = {int(LogEvent[name.upper()]): name for name in NOTABLE}


def _kept(view: Callable[[Result], Kept]) -> Callable[[Result], Kept]:
    """Keep a view with its frozen result: the headline, the tables and the charts read the same. Never change one."""

    @wraps(view)
    def get(result: Result) -> Kept:
        kept: dict[str, Kept] = result.__dict__.setdefault("_views", {})
        if view.__name__ not in kept:
            kept[view.__name__] = view(result)
        return kept[view.__name__]

    return get


def _table(result: Result, values: Floats, columns: Sequence[str]) -> pd.DataFrame:
    """Values [days, columns] by day."""
    return pd.DataFrame(values, days_of(result.priced), list(columns))


@_kept
def facts_by_fund(result: Result) -> dict[str, dict[str, Any]]:
    """The summary as plain values: columns by fund."""
    columns = {str(name): column.tolist() for name, column in result.summary.items()}
    rows = zip(*columns.values(), strict=True)
    return {
        str(fund): dict(zip(columns, row, strict=True)) for fund, row in zip(result.summary.index, rows, strict=True)
    }


@_kept
def funds_by_day(result: Result) -> pd.DataFrame:
    """Balance sheet of all funds together at the end of each day.

    Columns ``equity``, ``cash``, ``bonds``, ``due`` (variation margin struck, not yet settled; negative is
    owed by the funds), ``free`` (cash once what is owed is paid) and ``leverage`` (bonds over equity; blank
    once equity is gone or no bonds are left).
    """
    every = result.run.fund_days
    wanted = [FundColumn.EQUITY, FundColumn.CASH, FundColumn.BONDS, FundColumn.VARIATION_UNSETTLED]
    equity, cash, bonds, due = every[:, :, wanted].sum(axis=1).T
    owed = np.minimum(every[:, :, FundColumn.VARIATION_UNSETTLED], 0.0).sum(axis=1)
    values = np.column_stack([equity, cash, bonds, due, cash + owed, _ratio(bonds, equity)])
    return _table(result, values, ("equity", "cash", "bonds", "due", "free", "leverage"))


def _ratio(bonds: Floats, equity: Floats) -> Floats:
    """Bonds over equity, NaN where either is gone."""
    alive = (equity > 0.0) & (bonds > 0.0)
    return np.divide(bonds, equity, out=np.full_like(bonds, np.nan), where=alive)


def leverage_by_fund(result: Result) -> pd.DataFrame:
    """Leverage of each fund at the end of each day: days by funds."""
    every = result.run.fund_days
    ratios = _ratio(every[:, :, FundColumn.BONDS], every[:, :, FundColumn.EQUITY])
    return _table(result, ratios, [fund.name for fund in result.plan.funds]).rename_axis(columns="fund")


@_kept
def cash_by_day(result: Result) -> pd.DataFrame:
    """Cash waterfall of all funds: every line of ``result.cash``, by day."""
    return _table(result, result.run.cash_flows.sum(axis=1), column_names(CashLine))


@_kept
def calls_by_leg(result: Result) -> pd.DataFrame:
    """Margin cash by leg and day after the day of entry, whose margin is a purchase and not a call.

    Legs: variation margin, initial margin, repo re-margin, haircut, and repo not rolled where there was any.
    """
    legs = _after_entry(_table(result, _legs(result).sum(axis=1), LEGS))
    return legs if (legs["repo_not_rolled"] != 0.0).any() else legs.drop(columns="repo_not_rolled")


def calls_by_contract(result: Result) -> pd.DataFrame:
    """Margin cash of all legs by contract and day after the day of entry, contracts in the order of the book."""
    table = result.calls.assign(date=pd.to_datetime(result.calls["date"]), total=result.calls[list(LEGS)].sum(axis=1))
    wide = table.pivot_table(index="date", columns="contract", values="total", aggfunc="sum", fill_value=0.0)
    return _after_entry(wide[[name for name in contracts(result) if name in wide.columns]])


def _after_entry(days: pd.DataFrame) -> pd.DataFrame:
    """Every day with the first emptied."""
    days = days.copy()
    days.iloc[0] = 0.0
    return days


def entry_margin(result: Result) -> float:
    """Cash that initial margin and haircuts took on the day of entry (USD, negative)."""
    return float(_legs(result)[0].sum())


def _legs(result: Result) -> Floats:
    """Margin cash of each position [days, positions, legs]."""
    legs: Floats = result.run.cash_flows[:, : len(result.run.positions)][:, :, WATERFALL]
    return legs


@_kept
def attribution_by_day(result: Result) -> pd.DataFrame:
    """Profit lines of all funds by day; capital is none, and lines that are zero throughout are left out."""
    names, lines = attribution_lines(result.run)
    sums = lines.sum(axis=1)
    kept = [i for i, name in enumerate(names) if name != "capital" and sums[:, i].any()]
    return _table(result, sums[:, kept], [names[i] for i in kept])


def clock(result: Result) -> str:
    """New York time of the daily balance sheets: ``15:30``."""
    return f"{to_new_york(result.priced.data.minutes[:1])[0]:%H:%M}"


def first_low(series: pd.Series[float]) -> pd.Timestamp:
    """Day of the lowest value (the first of equals)."""
    return pd.Timestamp(series.index[int(np.nanargmin(series.to_numpy(dtype=np.float64)))])


def first_high(series: pd.Series[float]) -> pd.Timestamp:
    """Day of the highest value (the first of equals)."""
    return first_low(-series)


def business_days(result: Result) -> pd.DatetimeIndex:
    """The days of the result."""
    return days_of(result.priced)


@_kept
def contracts(result: Result) -> list[str]:
    """Contracts of the book in the order in which they were given."""
    labels = result.priced.labels
    return list(dict.fromkeys(labels[held.contract] for fund in result.plan.funds for held in fund.positions))


def futures(result: Result) -> pd.DataFrame:
    """Settlement prices: days by contracts of the book."""
    prices = pd.DataFrame(result.priced.priced.futures, days_of(result.priced), result.priced.labels)
    return prices[contracts(result)]


def par_yields(result: Result, tenors: tuple[str, ...]) -> pd.DataFrame:
    """Par yields (percent) of those of the tenors that the result carries, inside the window."""
    return result.yields_pct[[tenor for tenor in tenors if tenor in result.yields_pct.columns]]


def base_yields(result: Result, tenors: tuple[str, ...]) -> pd.DataFrame | None:
    """Par yields of the same days without the scenario's changes; None where they are the same, or for a record."""
    base = getattr(result, "base", None)
    if base is None:
        return None
    here, real = par_yields(result, tenors), par_yields(base, tenors)
    return None if here.equals(real) else real


@_kept
def notes_by_day(result: Result) -> dict[pd.Timestamp, list[str]]:
    """The notable kinds of event of each day, the gravest first."""
    log = result.run.log[np.isin(result.run.log["what"], list(_NOTABLE))]
    seen: dict[pd.Timestamp, set[str]] = {}
    for time, what in zip(to_new_york(log["time"]), log["what"].tolist(), strict=True):
        seen.setdefault(time.tz_localize(None).normalize(), set()).add(_NOTABLE[what])
    return {day: [words for kind, words in NOTABLE.items() if kind in kinds] for day, kinds in seen.items()}


def daily(result: Result) -> pd.DataFrame:
    """The desk's daily table, all funds together.

    Columns: ``ten_year`` (percent), ``futures`` (first contract, points), then USD: ``variation_margin``,
    ``initial_margin``, ``repo`` (re-margin, haircut, not rolled), ``carry`` (coupons, repo and cash interest paid),
    ``other`` (capital, sales, credit line and the rest), ``net`` (their sum), ``cash``, ``equity``; ``leverage``;
    ``note``.
    """
    funds, lines = funds_by_day(result), result.run.cash_flows.sum(axis=1)
    legs, carry = [[CashLine[name.upper()] for name in names] for names in (LEGS, CARRY)]
    margin, initial, *repo = legs
    notes, yields = notes_by_day(result), par_yields(result, ("10y",))
    return pd.DataFrame(
        {
            "ten_year": yields["10y"].to_numpy() if "10y" in yields else np.nan,
            "futures": futures(result).to_numpy()[:, 0],
            "variation_margin": lines[:, margin],
            "initial_margin": lines[:, initial],
            "repo": lines[:, repo].sum(axis=1),
            "carry": lines[:, carry].sum(axis=1),
            "other": np.delete(lines, [*legs, *carry], axis=1).sum(axis=1),
            "net": lines.sum(axis=1),
            **{name: funds[name].to_numpy() for name in ("cash", "equity", "leverage")},
            "note": [", ".join(notes.get(day, [])) for day in funds.index],
        },
        funds.index,
    )
