"""What the report, the figures and the terminal tables read from a result: tables by day, summed over funds.

Nothing is modelled here. Views are indexed by New York business day; money is USD and outflows are negative.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from basis_stress.single_book.result import Result

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
    "repo_shortfall": "repo shortfall",
    "margin_change": "margin change",
    "haircut_change": "haircut change",
    "not_rolled_change": "not rolled change",
    "redemption": "redemption",
    "delivery": "delivery",
}


def _by_day(frame: pd.DataFrame, values: list[str]) -> pd.DataFrame:
    """Sum columns over all rows of a day."""
    days = pd.DatetimeIndex(pd.to_datetime(frame["date"]), name="date")
    return frame[values].set_axis(days, axis=0).groupby(level=0).sum()


def _numbers(frame: pd.DataFrame, leaving_out: tuple[str, ...]) -> list[str]:
    """Names of the money columns of a table."""
    return [name for name in frame.columns if name not in ("date", "fund", "contract", *leaving_out)]


def funds_by_day(result: Result) -> pd.DataFrame:
    """Balance sheet of all funds together at the end of each day.

    Columns ``equity``, ``cash``, ``bonds``, ``due`` (variation margin struck, not yet settled; negative is
    owed by the funds), ``free`` (cash once what is owed is paid) and ``leverage`` (bonds over equity; blank
    once equity is gone or no bonds are left).
    """
    columns = {
        "equity_usd": "equity",
        "cash_usd": "cash",
        "bonds_usd": "bonds",
        "variation_margin_due_usd": "due",
    }
    days = _by_day(result.timeline, list(columns)).rename(columns=columns)
    owed = result.timeline.assign(owed=result.timeline["variation_margin_due_usd"].clip(upper=0.0))
    days["free"] = days["cash"] + _by_day(owed, ["owed"])["owed"]
    days["leverage"] = leverage(days["bonds"], days["equity"])
    return days


def leverage(bonds: pd.Series[float], equity: pd.Series[float]) -> pd.Series[float]:
    """Bonds over equity, blank where either is gone."""
    alive = (equity > 0.0) & (bonds > 0.0)
    return (bonds / equity.where(alive)).where(alive)


def leverage_by_fund(result: Result) -> pd.DataFrame:
    """Leverage of each fund at the end of each day: days by funds."""
    table = result.timeline.assign(date=pd.to_datetime(result.timeline["date"]))
    table["ratio"] = leverage(table["bonds_usd"], table["equity_usd"])
    return table.pivot(index="date", columns="fund", values="ratio")


def cash_by_day(result: Result) -> pd.DataFrame:
    """Cash waterfall of all funds: every line of ``result.cash``, by day."""
    return _by_day(result.cash, _numbers(result.cash, ("opening_cash_usd", "closing_cash_usd")))


def calls_by_leg(result: Result) -> pd.DataFrame:
    """Margin cash by leg and day after the day of entry, whose margin is a purchase and not a call.

    Legs: variation margin, initial margin, repo re-margin, haircut, and repo not rolled where there was any.
    """
    legs = _after_entry(_by_day(result.calls, list(LEGS)))
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
    return float(_by_day(result.calls, list(LEGS)).iloc[0].sum())


def attribution_by_day(result: Result) -> pd.DataFrame:
    """Profit lines of all funds by day; capital is none, and lines that are zero throughout are left out."""
    lines = _by_day(result.attribution, _numbers(result.attribution, ("equity_change", "capital")))
    kept: pd.DataFrame = lines.loc[:, (lines != 0.0).any()]
    return kept


def clock(result: Result) -> str:
    """New York time of the daily balance sheets: ``15:30``."""
    return f"{pd.Timestamp(result.timeline['time'].iloc[0]):%H:%M}"


def first_low(series: pd.Series[float]) -> pd.Timestamp:
    """Day of the lowest value (the first of equals)."""
    return pd.Timestamp(series.index[int(np.nanargmin(series.to_numpy(dtype=np.float64)))])


def first_high(series: pd.Series[float]) -> pd.Timestamp:
    """Day of the highest value (the first of equals)."""
    return first_low(-series)


def business_days(result: Result) -> pd.DatetimeIndex:
    """The days of the result."""
    return pd.DatetimeIndex(pd.to_datetime(pd.unique(result.timeline["date"])), name="date").sort_values()


def contracts(result: Result) -> list[str]:
    """Contracts of the book in the order in which they were given."""
    return [str(name) for name in pd.unique(result.positions["contract"])]


def futures(result: Result) -> pd.DataFrame:
    """Settlement prices: days by contracts of the book."""
    table = result.market.assign(date=pd.to_datetime(result.market["date"]))
    return table.pivot(index="date", columns="contract", values="futures_price")[contracts(result)]


def par_yields(result: Result, tenors: tuple[str, ...]) -> pd.DataFrame:
    """Par yields (percent) of those of the tenors that the result carries, inside the window."""
    days = business_days(result)
    table = result.yields_pct.set_axis(pd.to_datetime(result.yields_pct.index), axis=0)
    inside = (table.index >= days.min()) & (table.index <= days.max())
    return table.loc[inside, [tenor for tenor in tenors if tenor in table.columns]]


def base_yields(result: Result, tenors: tuple[str, ...]) -> pd.DataFrame | None:
    """Par yields of the same days without the scenario's changes; None where they are the same, or for a record."""
    base = getattr(result, "base", None)
    if base is None:
        return None
    here, real = par_yields(result, tenors), par_yields(base, tenors)
    return None if here.equals(real) else real


def notes_by_day(result: Result) -> dict[pd.Timestamp, list[str]]:
    """The notable kinds of event of each day, the gravest first."""
    events = result.events[result.events["event"].isin(list(NOTABLE))]
    days = pd.DatetimeIndex(events["time"]).tz_localize(None).normalize()
    seen: dict[pd.Timestamp, set[str]] = {}
    for day, kind in zip(days, events["event"], strict=True):
        seen.setdefault(day, set()).add(kind)
    return {day: [words for kind, words in NOTABLE.items() if kind in kinds] for day, kinds in seen.items()}


def daily(result: Result) -> pd.DataFrame:
    """The desk's daily table, all funds together.

    Columns: ``ten_year`` (percent), ``futures`` (first contract, points), then USD: ``variation_margin``,
    ``initial_margin``, ``repo`` (re-margin, haircut, not rolled), ``carry`` (coupons, repo and cash interest paid),
    ``other`` (capital, sales, credit line and the rest), ``net`` (their sum), ``cash``, ``equity``; ``leverage``;
    ``note``.
    """
    lines, funds = cash_by_day(result), funds_by_day(result)
    days = funds.index
    lines = lines.reindex(days, fill_value=0.0)
    table = pd.DataFrame(index=days)
    table["ten_year"] = par_yields(result, ("10y",)).reindex(days).get("10y", np.nan)
    table["futures"] = futures(result).iloc[:, 0].reindex(days)
    table["variation_margin"] = lines["variation_margin"]
    table["initial_margin"] = lines["initial_margin"]
    table["repo"] = lines[["repo_remargin", "haircut", "repo_not_rolled"]].sum(axis=1)
    table["carry"] = lines[list(CARRY)].sum(axis=1)
    table["other"] = lines.drop(columns=[*LEGS, *CARRY]).sum(axis=1)
    table["net"] = lines.sum(axis=1)
    table[["cash", "equity", "leverage"]] = funds[["cash", "equity", "leverage"]]
    notes = notes_by_day(result)
    table["note"] = [", ".join(notes.get(pd.Timestamp(day), [])) for day in days]
    return table
