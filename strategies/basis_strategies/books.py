"""One fund of a user's own book as a strategy: a plan in a market, or columns of many books in a sweep."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from basis_data.markets.books import FUND_COLUMNS, POSITION_COLUMNS, QUARTERS_ON, Book
from basis_data.markets.pricing import PricedMarket
from basis_engine.base.errors import InputError
from basis_engine.simulation.names import Unwind
from basis_engine.simulation.world import Floats
from basis_strategies.book_entry import Entries, entries
from basis_strategies.entry_sizing import BookColumns, Legs, Needs, Sizes, needs, total
from basis_strategies.plan import FundPlan, PositionPlan

UNWINDS = {
    "hold": Unwind.HOLD,
    "cure": Unwind.CURE,
    "target-leverage": Unwind.TARGET_LEVERAGE,
    "stop-out": Unwind.STOP_OUT,
}
PAIR_COLUMNS = ("haircut", "term_share", "term_days", "term_spread_bp", "repo_spread_bp", "repo_threshold")
"""Numeric terms of a position, which a sweep may replace in every position of a book."""


class BookPosition(BaseModel):
    """A position of a book as a row of values, so that a book can be compared, hashed and written as text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contract: str
    contracts: float | None
    face_usd: float | None
    delivery_month: str
    cusip: str
    coupon_pct: float | None
    maturity: date | None
    haircut: float | None
    term_share: float
    term_days: float
    term_spread_bp: float
    repo_spread_bp: float
    repo_threshold: float
    lender: str
    quarters_on: int | None = None
    """Quarters from the earliest delivery month of the user's whole table to that of the row."""


class FundBook(BaseModel):
    """One fund of a user's book; like a strategy, it turns into a plan in a market, and into columns of many books."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    source: str
    rows: tuple[int, ...]
    """Rows of the user's table."""
    positions: tuple[BookPosition, ...]
    equity_usd: float | None
    cash_usd: float | None
    credit_line_usd: float
    clearing_member: str
    unwind: str
    leverage_limit_multiple: float
    drawdown_limit: float
    depth_share: float

    # Fields of `CashFuturesBasis` that pages print; a book's size is its own.
    @property
    def leverage(self) -> None:
        """Not a term of a book: it follows from positions and equity."""
        return

    @property
    def buffer(self) -> None:
        """Not a term of a book."""
        return

    def table(self) -> pd.DataFrame:
        """Positions as in the table `book_positions`."""
        table = pd.DataFrame([position.model_dump() for position in self.positions], index=list(self.rows))
        numeric = ["contracts", "face_usd", "coupon_pct", "haircut"]
        return table.astype(dict.fromkeys(numeric, np.float64)).assign(
            maturity=pd.to_datetime(table["maturity"]), fund=self.name
        )

    def legs(self, market: PricedMarket) -> "BookLegs":
        """Lay out the positions at the first mark."""
        table = self.table()
        held = entries(table, market, self.source)
        return BookLegs(
            notes=tuple(held.note.tolist()),
            dirty=held.dirty,
            futures_per_face=held.futures_per_face,
            margin=held.margin,
            contracts=tuple(held.contract.tolist()),
            held=held,
            terms={name: table[name].to_numpy(np.float64) for name in PAIR_COLUMNS},
        )

    def books(self, market: PricedMarket, legs: Legs, columns: Any, count: int) -> BookColumns:
        """Size many copies of the book, with a value per copy for each column.

        ``equity``, ``buffer`` or ``leverage`` set the equity behind the same positions; ``notional`` scales all
        positions to that face, and ``leverage`` with ``equity`` scales them to that leverage. Terms replace those of
        every position.
        """
        assert isinstance(legs, BookLegs), "made by `legs` above"
        held = legs.held
        worth = np.abs(held.face) * held.dirty / 100
        value = float(total(worth))
        scale = self._scale(columns, count, value, float(total(np.abs(held.face))))
        face, contracts = scale[:, None] * held.face, scale[:, None] * held.contracts
        contracts = np.where(scale[:, None] == 1.0, held.contracts, np.round(contracts))
        terms = {name: self._each(columns, name, legs.terms[name], count) for name in PAIR_COLUMNS[1:]}
        haircut = self._each(columns, "haircut", held.haircut, count)
        multiple = columns.get("margin_multiple", np.ones(count))[:, None]
        needed = needs(np.abs(face), held.dirty, haircut, contracts, held.margin * multiple)
        book_value = np.maximum(needed.value, 1e-300)  # of a book of futures alone
        required = (needed.haircut + needed.margin) / book_value
        equity = self._equity(columns, count, needed, held)
        with np.errstate(divide="ignore"):
            leverage = np.maximum(needed.value, 1e-9) / equity
        funds = {
            "equity_usd": equity,
            "leverage_target": leverage,
            "leverage_limit": leverage * self._own(columns, "leverage_limit_multiple", count),
            "drawdown_limit": self._own(columns, "drawdown_limit", count),
            "depth_share": self._own(columns, "depth_share", count),
            "credit_line_usd": columns.get("credit_line", np.full(count, self.credit_line_usd)),
        }
        positions: dict[str, NDArray[Any]] = {
            "face_usd": face,
            "contracts": contracts,
            "haircut": haircut,
            "term_share": terms["term_share"],
            "term_rate": float(market.data.repo_rate[0]) + terms["term_spread_bp"] / 1e4,
            "term_maturity": int(market.data.settle[0]) + terms["term_days"].astype(np.int64),
            "repo_spread": terms["repo_spread_bp"] / 1e4,
            "repo_threshold": terms["repo_threshold"],
        }
        sizes = Sizes(required, leverage, equity, total(np.abs(face)), contracts, may_be_unhedged=True)
        return BookColumns(sizes, funds, positions)

    def fund(self, market: PricedMarket) -> FundPlan:
        """Return the plan of the fund at the first mark of a market."""
        legs = self.legs(market)
        book = self.books(market, legs, {}, 1)
        pairs = zip(legs.contracts, legs.notes, strict=True)
        return FundPlan(
            name=self.name,
            positions=tuple(
                PositionPlan(c, note, **{name: column[0, p].item() for name, column in book.positions.items()})
                for p, (c, note) in enumerate(pairs)
            ),
            unwind=UNWINDS[self.unwind],
            **{name: column[0].item() for name, column in book.funds.items()},
        )

    def _scale(self, columns: Any, count: int, value: float, face: float) -> Floats:
        """Multiple of every position."""
        if "notional" in columns:
            return np.asarray(columns["notional"] / face)
        if "leverage" in columns and "equity" in columns:
            return np.asarray(columns["leverage"] * columns["equity"] / value)
        return np.ones(count)

    def _equity(self, columns: Any, count: int, needed: Needs, held: Entries) -> Floats:
        """Equity behind each copy, USD."""
        if "equity" in columns:
            return np.asarray(columns["equity"])
        if "leverage" in columns:
            return np.asarray(needed.value / columns["leverage"])
        if "buffer" in columns:
            return np.asarray(needed.haircut + needed.margin + columns["buffer"] * needed.value)
        if self.cash_usd is not None:
            own = held.needs()
            return np.full(count, own.haircut.sum() + own.margin.sum() + self.cash_usd)
        return np.full(count, self.equity_usd)

    def _own(self, columns: Any, name: str, count: int) -> Floats:
        """A term of the fund, or its column."""
        return columns[name] if name in columns else np.full(count, getattr(self, name))

    def _each(self, columns: Any, name: str, own: Floats, count: int) -> Floats:
        """A term of each position [books, positions], or its column in every position."""
        if name in columns:
            return np.repeat(columns[name][:, None], len(own), 1)
        return np.repeat(own[None], count, 0)


@dataclass(frozen=True)
class BookLegs(Legs):
    """Legs of a user's book: every position, with the sizes and terms given."""

    held: Entries
    terms: dict[str, Floats]
    """By name of `PAIR_COLUMNS`; NaN where the scenario's applies."""


def fund_books(book: Book) -> tuple[FundBook, ...]:
    """Return the funds of a book, each with its own positions."""
    return tuple(_fund_book(book.only(str(fund))) for fund in book.funds.index)


def _fund_book(book: Book) -> FundBook:
    """Return the only fund of a book."""
    fund = book.funds.iloc[0]
    kept = [name for name in BookPosition.model_fields if name in (*POSITION_COLUMNS, QUARTERS_ON)]
    rows = book.positions[kept].astype(object).where(book.positions[kept].notna(), None).to_dict("records")
    own: dict[str, Any] = {name: None if pd.isna(fund[name]) else fund[name] for name in FUND_COLUMNS}
    return FundBook(
        name=str(book.funds.index[0]),
        source=book.source,
        rows=tuple(book.positions.index.tolist()),
        positions=tuple(BookPosition(**{str(name): value for name, value in row.items()}) for row in rows),
        **own,
    )


def check_carried(book: FundBook, market: PricedMarket) -> tuple[str, ...]:
    """Refuse a book that haircut and initial margin do not allow; return remarks on its equity.

    Raises
    ------
    InputError
        With value, haircut, margin and equity.
    """
    legs = book.legs(market)
    of = legs.held.needs()
    value, haircut, margin = float(of.value.sum()), float(of.haircut.sum()), float(of.margin.sum())
    given = float("inf") if book.equity_usd is None else book.equity_usd
    cash = book.cash_usd or 0.0
    if haircut + margin + cash > given * (1 + 1e-12):
        free = f" and cash of ${cash:,.0f}" if cash else ""
        raise InputError(
            f"fund {book.name}: haircut of ${haircut:,.0f} and initial margin of ${margin:,.0f} on ${value:,.0f} of "
            f"notes{free} need ${haircut + margin + cash:,.0f}, more than its equity of ${given:,.0f}; give more "
            "equity, or smaller positions, haircuts or margins"
        )
    naked = (legs.held.face == 0.0).any() and book.unwind != "hold"
    alone = (
        f"Futures of {book.name} without notes follow no rule of sale: held to the end, or closed in a default.",
    ) * bool(naked)
    if book.cash_usd is None or book.equity_usd is None:
        return alone
    elsewhere = given - haircut - margin - cash
    return (
        *alone,
        f"${elsewhere:,.0f} of the equity of {book.name} is not in this book and pays no call: the run counts the "
        f"${given - elsewhere:,.0f} of haircut, margin and cash.",
    )
