"""A user's own book, or the books of many clients: a table of positions and a table of funds, read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from basis_data.scenarios.scenario import Scenario, changed
from basis_data.tables.contracts import codes, delivery_dates, delivery_month_for
from basis_data.tables.layouts import TABLES
from basis_data.tables.reader import header, read_labelled
from basis_data.tables.validation import did_you_mean
from basis_engine.base.errors import InputError

Table = str | Path | pd.DataFrame

GLOBEX = {"ZT": "TU", "Z3": "Z3N", "ZF": "FV", "ZN": "TY", "ZB": "US"}
"""Globex codes and the codes used here; TN and UB are the same."""

POSITION_COLUMNS = tuple(column.name for column in TABLES["book_positions"].columns)
FUND_COLUMNS = tuple(column.name for column in TABLES["book_funds"].columns if column.name != "fund")
DEFAULTS: dict[str, Any] = {
    "term_share": 0.0,
    "term_days": 90.0,
    "term_spread_bp": 0.0,
    "repo_spread_bp": 0.0,
    "repo_threshold": 0.0,
    "credit_line_usd": 0.0,
    "unwind": "cure",
    "leverage_limit_multiple": 1.5,
    "drawdown_limit": 0.25,
    "depth_share": 0.1,
}
"""Values of blank cells; those of `basis_strategies.cash_futures_basis.CashFuturesBasis`."""
FARTHEST_MONTH = 3
"""Quarters from the front month to the last that trades."""
QUARTERS_ON = "quarters_on"
"""Computed column of positions: quarters from the book's earliest delivery month to the row's; None if open."""
TEXTS = ("contract", "fund", "delivery_month", "cusip", "lender", "unwind", "clearing_member")


@dataclass(frozen=True)
class Book:
    """Positions and funds, in an order that does not depend on that of the rows given."""

    positions: pd.DataFrame
    """By fund and contract; all columns of `POSITION_COLUMNS` but those of funds, and labels. NaN or '': not given."""
    funds: pd.DataFrame
    """By name: `FUND_COLUMNS`, and labels."""
    source: str
    """The file, or 'the table given' for a DataFrame."""
    codes: tuple[str, ...]
    """Contracts of the book, or of the whole that it is a part of, short tenors first."""

    @property
    def labels(self) -> list[str]:
        """Columns of positions that are labels."""
        return [str(name) for name in self.positions if name not in (*POSITION_COLUMNS, QUARTERS_ON)]

    def only(self, fund: str) -> "Book":
        """The book of one fund."""
        if fund not in self.funds.index:
            raise InputError(
                f"fund {fund!r}: not in {self.source}{did_you_mean(fund, self.funds.index)}; give one that is"
            )
        return replace(self, positions=self.positions[self.positions["fund"] == fund], funds=self.funds.loc[[fund]])


def is_positions_table(given: Table) -> bool:
    """Return whether a table holds positions in the layout of a book, rather than that of CFTC reports."""
    if isinstance(given, pd.DataFrame):
        return True
    if Path(given).suffix.lower() in (".parquet", ".pq"):
        return True
    columns = header(given)
    return "report_date" not in columns and "short_contracts" not in columns


def read_book(
    positions: Table,
    funds: Table | None = None,
    defaults: Mapping[str, Any] | None = None,
    shared_equity: bool = False,
) -> Book:
    """Read a book.

    Parameters
    ----------
    positions, funds
        Tables `book_positions` and `book_funds` of SCHEMA.md. Columns of funds may stand on rows of positions instead,
        with one value in each fund.
    defaults
        Values of blank cells, by column, such as the equity of a single fund.
    shared_equity
        Whether an equity in ``defaults`` may be that of each of several funds.

    Raises
    ------
    InputError
        If a table is wrong, a fund has no equity or no positions, or a position has neither contracts nor face.
    """
    source = "the table given" if isinstance(positions, pd.DataFrame) else str(positions)
    rows = read_labelled("book_positions", positions, {"contract": GLOBEX})
    lone = "fund" if isinstance(positions, pd.DataFrame) else Path(positions).stem
    for column in POSITION_COLUMNS:
        if column not in rows and column not in FUND_COLUMNS:
            rows[column] = "" if column in TEXTS else np.nan
    rows["fund"] = rows["fund"].where(rows["fund"] != "", lone)
    of_funds = _funds(rows, funds, source)
    own = dict(defaults or {})
    if not shared_equity and "equity_usd" in own and len(of_funds) > 1 and of_funds["equity_usd"].isna().any():
        raise InputError(f"{source}: has {len(of_funds)} funds, and one equity is given; give a table of funds")
    for column, value in {**DEFAULTS, **own}.items():
        table = of_funds if column in FUND_COLUMNS else rows
        blank = (table[column] == "") if column in TEXTS else table[column].isna()
        if column in own and not blank.any():
            raise InputError(f"{column}: given beside {source}, in which every row has its own; give it in one of them")
        table[column] = table[column].where(~blank, value)
    _check(rows, of_funds, source)
    rows[QUARTERS_ON] = _quarters_on(rows["delivery_month"])
    rows = rows.drop(columns=[column for column in FUND_COLUMNS if column in rows])
    order = {code: number for number, code in enumerate(codes())}
    place = {fund: number for number, fund in enumerate(of_funds.index)}
    keys = pd.DataFrame({"fund": rows["fund"].map(place), "contract": rows["contract"].map(order)})
    for column in ("delivery_month", "cusip", "maturity", "coupon_pct", "contracts", "face_usd", "haircut", "lender"):
        keys[column] = rows[column]
    held = tuple(code for code in order if (rows["contract"] == code).any())
    return Book(rows.loc[keys.sort_values(list(keys.columns), kind="stable").index], of_funds, source, held)


def _funds(rows: pd.DataFrame, funds: Table | None, source: str) -> pd.DataFrame:
    """Return a row per fund, by name, from the table of funds or from columns of positions."""
    held = rows["fund"].unique()
    stated = [column for column in FUND_COLUMNS if column in rows]
    if funds is not None:
        table = read_labelled("book_funds", funds).set_index("fund")
        where = "the table of funds" if isinstance(funds, pd.DataFrame) else str(funds)
        if stated:
            raise InputError(f"{source}: column {stated[0]!r} is one of {where} too; give it in one of them")
        if len(table) == 1 and len(held) == 1 and (rows["fund"] == held[0]).all() and held[0] not in table.index:
            rows["fund"] = table.index[0]
            held = rows["fund"].unique()
        absent = [fund for fund in held if fund not in table.index]
        if absent:
            raise InputError(
                f"{source}: fund {absent[0]!r} is not in {where}{did_you_mean(absent[0], table.index)}; add its row"
            )
        table = table[table.index.isin(held)]
    else:
        table = pd.DataFrame(index=pd.Index(sorted(held), name="fund"))
        for column in stated:
            given = rows[rows[column] != ""] if column in TEXTS else rows.dropna(subset=column)
            values = given.groupby("fund")[column]
            several = values.nunique()
            if (several > 1).any():
                raise InputError(
                    f"{source}, column {column}: fund {several.idxmax()!r} has {several.max()} values; give one"
                )
            table[column] = values.first().reindex(table.index)
    for column in FUND_COLUMNS:
        if column not in table:
            table[column] = "" if column in TEXTS else np.nan
        elif column in TEXTS:
            table[column] = table[column].fillna("")
    return table


def _quarters_on(months: "pd.Series[str]") -> "pd.Series[Any]":
    """Quarters from the earliest delivery month; None where it is blank."""
    stated = sorted(set(months) - {""})
    ahead = {month: _quarters(stated[0], month) for month in stated}
    return pd.Series([ahead.get(month) for month in months], months.index, dtype=object)


def _quarters(first: str, second: str) -> int:
    """Quarters from one delivery month to another."""
    return (pd.Period(second, "M") - pd.Period(first, "M")).n // 3


@cache
def later_month(month: str, quarters: int) -> str:
    """Delivery month so many quarters later."""
    return str(pd.Period(month, "M") + 3 * quarters)


def _check(rows: pd.DataFrame, funds: pd.DataFrame, source: str) -> None:
    """Refuse rows without size, notes named twice or by half, and funds without equity."""

    def refuse(bad: "pd.Series[bool]", sentence: str) -> None:
        if bad.any():
            raise InputError(f"{source}, row {bad.index[int(bad.to_numpy().argmax())]}, {sentence}")

    refuse(rows["contracts"].isna() & rows["face_usd"].isna(), "contracts: and face_usd are both blank; give one")
    refuse(
        (rows["contracts"].fillna(0.0) == 0.0) & (rows["face_usd"].fillna(0.0) == 0.0),
        "contracts: 0 given with no face_usd; give a size, or drop the row",
    )
    refuse(
        rows["coupon_pct"].isna() != rows["maturity"].isna(), "coupon_pct: and maturity name a note together; give both"
    )
    refuse((rows["cusip"] != "") & ~rows["maturity"].isna(), "cusip: given with coupon_pct and maturity; give one")
    refuse(
        (rows["delivery_month"] != "") & ~rows["delivery_month"].str[-2:].isin(["03", "06", "09", "12"]),
        "delivery_month: allowed are March, June, September and December, such as 2025-06",
    )
    poor = funds["equity_usd"].isna() & funds["cash_usd"].isna()
    if poor.any():
        raise InputError(
            f"{source}: fund {str(funds.index[int(poor.to_numpy().argmax())])!r} has no equity; give --equity, or "
            "equity_usd in a table of funds"
        )


def held_in(book: Book, scenario: Scenario) -> tuple[Scenario, tuple[str, ...]]:
    """Return the scenario with the book's contracts and delivery month, and remarks on what was mapped.

    A book whose delivery month does not trade on the scenario's first day is held in the front month of that day:
    contracts, haircuts and terms are kept, and the note is the cheapest to deliver there.
    """
    scenario = changed(scenario, scenario.name, contracts=book.codes)
    months = sorted(set(book.positions["delivery_month"]) - {""})
    if not months:
        return scenario, ()
    if len(months) > 1:
        return _held_in_several(book, scenario, months)
    start = np.datetime64(scenario.start)
    fronts = {scenario.delivery_month or delivery_month_for(code, start) for code in book.codes}
    if fronts == set(months):
        return scenario, ()
    front = min(fronts)
    ahead = 12 * (int(months[0][:4]) - int(front[:4])) + int(months[0][5:]) - int(front[5:])
    last = min(delivery_dates(code, months[0]).last_delivery_day for code in book.codes)
    if scenario.delivery_month is None and 0 < ahead <= 3 and last >= np.datetime64(scenario.end):
        if (book.positions["delivery_month"] == "").any():  # the front month, beside the one stated
            return _held_in_several(book, scenario, months)
        return changed(scenario, scenario.name, delivery_month=months[0]), ()
    return scenario, (
        f"The book is of {months[0]}, which does not trade on {scenario.start}: it is held in "
        f"{', '.join(sorted(fronts))} with the same number of futures, haircuts and terms, against the note that is "
        "cheapest to deliver there.",
    )


def _held_in_several(book: Book, scenario: Scenario, months: list[str]) -> tuple[Scenario, tuple[str, ...]]:
    """Return the scenario with each contract in every month that the book names, and remarks on what was mapped.

    Months that do not all trade throughout are held as many quarters after the front month as they are apart.
    """
    if _quarters(months[0], months[-1]) > FARTHEST_MONTH:
        raise InputError(
            f"{book.source}, delivery_month: {months[0]} and {months[-1]} given, allowed are months at most "
            f"{FARTHEST_MONTH} quarters apart, as no more trade at a time; correct the month, or split the book"
        )
    start, end = np.datetime64(scenario.start), np.datetime64(scenario.end)
    front = scenario.delivery_month or min(delivery_month_for(code, start) for code in book.codes)
    pairs = book.positions[["contract", "delivery_month", QUARTERS_ON]].drop_duplicates()
    stated = pairs[pairs["delivery_month"] != ""]
    ends = [delivery_dates(code, month).last_delivery_day for code, month, _ in stated.itertuples(index=False)]
    trade = front <= months[0] and _quarters(front, months[-1]) <= FARTHEST_MONTH and min(ends) >= end
    held = {
        (code, month or front if trade else later_month(front, quarters or 0))
        for code, month, quarters in pairs.itertuples(index=False)
    }
    names = [f"{code} {month}" for code in book.codes for month in sorted(m for c, m in held if c == code)]
    scenario = changed(scenario, scenario.name, contracts=tuple(names))
    if trade:
        return scenario, ()
    return scenario, (
        f"The book is of {', '.join(months)}, which do not all trade from {scenario.start} to {scenario.end}: "
        f"it is held in {', '.join(sorted({month for _, month in held}))} with the same number of futures, haircuts "
        "and terms, against the notes that are cheapest to deliver there.",
    )
