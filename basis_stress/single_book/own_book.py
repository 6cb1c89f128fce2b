"""A user's own book as an argument: which kind of book it is, and the terms that may be given beside it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from basis_data.markets.books import Book, Table, is_positions_table, read_book
from basis_data.markets.pricing import PricedMarket
from basis_data.tables.validation import validated
from basis_engine.base.errors import InputError
from basis_strategies.books import PAIR_COLUMNS, FundBook, check_carried, fund_books
from basis_strategies.cash_futures_basis import CashFuturesBasis

DEFAULT_OF = {
    "equity": "equity_usd",
    "credit_line": "credit_line_usd",
    **{name: name for name in ("unwind", "leverage_limit_multiple", "drawdown_limit", "depth_share", *PAIR_COLUMNS)},
}
"""Fields of `CashFuturesBasis` that fill blank cells of a book, and the columns that they fill."""


def own_book(
    book: Table | None,
    funds: Table | None,
    contract: str | Sequence[str] | None,
    strategy: CashFuturesBasis | None,
    terms: Mapping[str, Any],
    shared_equity: bool = False,
) -> Book | None:
    """Read a user's own book; None if ``book`` is none, or of CFTC reports.

    Parameters
    ----------
    terms
        Fields of `CashFuturesBasis`, for cells that the tables leave blank.

    Raises
    ------
    InputError
        If a table is wrong, or something is given that a book states itself.
    """
    if book is None or (isinstance(book, str) and book == "cftc") or not is_positions_table(book):
        if funds is not None:
            raise InputError("funds: given without a table of positions; give book=..., or --book on the command line")
        return None
    if contract is not None:
        raise InputError("contract: given with a book, whose rows name their contracts; leave it out")
    if strategy is not None:
        raise InputError("strategy: given with a book, whose rows have the terms; give columns of the book instead")
    for name in terms:
        if name not in DEFAULT_OF and name in CashFuturesBasis.model_fields:
            raise InputError(f"{name}: given with a book, which sets its own size and hedge; leave it out")
    checked = validated(CashFuturesBasis, dict(terms), "book")
    return read_book(book, funds, {DEFAULT_OF[name]: getattr(checked, name) for name in terms}, shared_equity)


def lone_book(book: Book, fund: str | None = None) -> FundBook:
    """Return the only fund of a book, or the fund named.

    Raises
    ------
    InputError
        If there are several and none is named.
    """
    if fund is not None:
        book = book.only(fund)
    found = fund_books(book)
    if len(found) > 1:
        raise InputError(
            f"{book.source}: has {len(found)} funds, such as {found[0].name} and {found[1].name}; name one "
            "with fund, or run them all with backtest or clients"
        )
    return found[0]


def book_settings(book: Book, funds: Sequence[FundBook], market: PricedMarket) -> dict[str, object]:
    """Settings of a run of a book, by name."""
    shown = {} if len(funds) > 1 else _of_one(funds[0])
    return {
        "book": Path(book.source).name,
        "funds": [fund.name for fund in funds],
        "contracts": [f"{future.code} {future.delivery_month}" for future in market.data.futures],
        **shown,
        "unwind": sorted({fund.unwind for fund in funds}) if len(funds) > 1 else funds[0].unwind,
        "curve": market.data.curves.remark,
    }


def held_codes(base: CashFuturesBasis | FundBook, codes: Sequence[str]) -> tuple[str, ...]:
    """Those of the market's contracts that a strategy, or a fund of a book, holds."""
    own = {position.contract for position in base.positions} if isinstance(base, FundBook) else set(codes)
    return tuple(code for code in codes if code in own)


def own_leverage(fund: FundBook, market: PricedMarket) -> float:
    """Return notes over equity of a book at its first mark; it is refused if it cannot be carried."""
    check_carried(fund, market)
    return fund.fund(market).leverage_target


def settings_of(base: CashFuturesBasis | FundBook) -> dict[str, object]:
    """Terms of a strategy or of a book, by name."""
    if isinstance(base, FundBook):
        return {"fund": base.name, "book": Path(base.source).name, **_of_one(base), "unwind": base.unwind}
    return {name: value for name, value in base.model_dump().items() if value is not None}


def _of_one(fund: FundBook) -> dict[str, object]:
    """Settings of a book of one fund: its terms, and those of its positions."""
    terms: dict[str, object] = {
        "equity_usd": fund.equity_usd,
        "cash_usd": fund.cash_usd,
        "credit_line_usd": fund.credit_line_usd,
    }
    rows: pd.DataFrame = fund.table()
    terms |= {
        "futures" if name == "contracts" else name: rows[name].tolist()
        for name in ("contracts", "face_usd", *PAIR_COLUMNS)
        if rows[name].notna().any()
    }
    return {name: value for name, value in terms.items() if value is not None}
