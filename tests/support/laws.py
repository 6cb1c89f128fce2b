"""Laws that hold in every run: equity, cash, limits, losses, the log, and what a default leaves."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_engine.simulation.names import CashLine, FundColumn, LogEvent, PnlLine, PositionColumn, Status
from basis_engine.simulation.run import Run, Setup, run

TOLERANCE = 1e-9  # relative to the gross size of the books


class Books:
    """The record of a run, by fund."""

    def __init__(self, setup: Setup, played: Run | None = None) -> None:
        self.setup = setup
        self.run: Run = played or run(setup)
        self.funds = range(len(setup.funds))
        owner = np.concatenate((setup.positions["fund"], self.funds))
        self.lines = np.stack([self.run.attribution[:, owner == f].sum(axis=1) for f in self.funds], axis=1)
        self.flows = np.stack([self.run.cash_flows[:, owner == f].sum(axis=1) for f in self.funds], axis=1)
        self.gross = 1.0 + np.abs(self.run.attribution).sum() + np.abs(self.run.cash_flows).sum(axis=(1, 2)).max()

    def column(self, name: FundColumn) -> NDArray[np.float64]:
        """A column of the daily record, [days, funds]."""
        return self.run.fund_days[:, :, name]

    def positions_of(self, f: int) -> Any:
        """Positions of a fund at the end."""
        return self.run.positions[self.run.funds[f].first : self.run.funds[f].last]

    def log_of(self, f: int, *whats: LogEvent) -> NDArray[np.int64]:
        """Rows of the event log of one fund."""
        return np.flatnonzero((self.run.log["fund"] == f) & np.isin(self.run.log["what"], whats))

    def near(self, left: Any, right: Any) -> None:
        """Assert that two amounts agree to `TOLERANCE` of the gross size."""
        np.testing.assert_allclose(left, right, rtol=0.0, atol=TOLERANCE * self.gross)


def check(setup: Setup, played: Run | None = None) -> Books:
    """Assert every law of the ledger on one world."""
    books = Books(setup, played)
    check_equity(books)
    check_cash(books)
    check_limits(books)
    check_losses(books)
    check_log(books)
    for f in books.funds:
        if len(books.log_of(f, LogEvent.DEFAULT)):
            check_default(books, f)
        else:
            assert books.column(FundColumn.EQUITY)[-1, f] > 0.0
            assert books.run.funds[f].status == Status.ACTIVE
    return books


def check_equity(books: Books) -> None:
    """Assert that equity is the sum of its parts, and its change the sum of the attribution."""
    equity = books.column(FundColumn.EQUITY)
    assets = (
        books.column(FundColumn.CASH)
        + books.column(FundColumn.BONDS)
        + books.column(FundColumn.INITIAL_MARGIN)
        + books.column(FundColumn.VARIATION_UNSETTLED)
        + books.column(FundColumn.UNSETTLED_TRADES)
    )
    owed = books.column(FundColumn.REPO_OWED) + books.column(FundColumn.CREDIT_DRAWN)
    books.near(equity, assets - owed - books.column(FundColumn.OTHER_LOSS_OWED))
    books.near(np.diff(equity, axis=0, prepend=0.0), books.lines.sum(axis=2))


def check_cash(books: Books) -> None:
    """Assert that cash changes by its lines, and that every cent of a fund came from a party."""
    books.near(np.diff(books.column(FundColumn.CASH), axis=0, prepend=0.0), books.flows.sum(axis=2))
    books.near(books.column(FundColumn.CASH)[-1], books.run.funds["cash"])
    books.near(books.run.funds["cash"].sum() + books.run.parties["cash"].sum(), 0.0)


def check_limits(books: Books) -> None:
    """Assert no overdraft beyond interest and coupons that the credit bank lends, and no negative margin or loan."""
    entry = books.setup.funds["entry_equity"]
    assert np.all(books.run.funds["lowest_cash"] >= -1e-6 * entry)
    charged = np.maximum(-books.flows[:, :, [CashLine.CASH_INTEREST, CashLine.COUPON]], 0.0).sum(axis=2).cumsum(axis=0)
    drawn = books.column(FundColumn.CREDIT_DRAWN)
    assert np.all(drawn >= 0.0)
    assert np.all(drawn <= books.setup.funds["credit_line"] + charged + 1e-6 * entry)
    for column in (PositionColumn.INITIAL_MARGIN, PositionColumn.UNMET):
        assert np.all(books.run.position_days[:, :, column] >= -TOLERANCE * books.gross)
    # Notes sold short are borrowed against cash: a loan to the repo lender, unless it costs more to buy them back.
    days = books.run.position_days
    long = np.all(days[:, :, PositionColumn.FACE] >= 0.0, axis=0)
    assert np.all(days[:, long, PositionColumn.REPO_OWED] >= -TOLERANCE * books.gross)


def check_losses(books: Books) -> None:
    """Assert that what funds cannot pay is the loss of named parties and no gain of others."""
    log = books.run.log
    losses = log[log["what"] == LogEvent.LOSS]
    by_party = np.zeros(len(books.run.parties))
    np.add.at(by_party, losses["party"], losses["amount"])
    books.near(books.run.parties["loss"], by_party)
    books.near(books.run.attribution[:, :, PnlLine.DEFAULT_LOSS].sum(), by_party.sum())


def check_log(books: Books) -> None:
    """Assert that the log is in time order, and that every cause precedes its effect."""
    log = books.run.log
    assert np.all(np.diff(log["time"]) >= 0)
    assert np.all(log["cause"] < np.arange(len(log)))


def check_default(books: Books, f: int) -> None:
    """Assert that a fund in default orders and pays nothing more, and ends closed, empty and without debt."""
    (default,) = books.log_of(f, LogEvent.DEFAULT)
    acts = (
        LogEvent.ORDER,
        LogEvent.SALE,
        LogEvent.CALL_RAISED,
        LogEvent.CALL_PAID,
        LogEvent.REDEMPTION,
        LogEvent.COLLATERAL_RECALLED,
    )
    assert np.all(books.log_of(f, *acts, LogEvent.CREDIT_DRAWN) < default)
    assert books.run.funds[f].status == Status.CLOSED
    assert books.run.funds[f].credit_drawn == books.run.funds[f].other_loss_owed == 0.0
    held = books.positions_of(f)
    for name in ("face", "contracts", "unsettled", "margin_posted", "overnight", "term", "variation_open"):
        assert np.all(held[name] == 0.0), name
    equity = books.column(FundColumn.EQUITY)[:, f]
    closed = books.column(FundColumn.STATUS)[:, f] == Status.CLOSED
    assert closed[-1]
    assert np.all(equity[closed] >= -1e-6)
    assert np.all(np.diff(equity[closed]) == 0.0)


def twin(terms: Mapping[str, float], bought: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inventory, rent and volatility by day in plain Python, from what dealers buy before each mark."""
    inventory = rent = variance = 0.0
    days = []
    for amount in bought:
        inventory = max(0.0, inventory - terms["placement_rate"] * inventory + amount)
        above = max(0.0, inventory - terms["capacity"])
        asked = terms["slope"] * (inventory + (terms["capacity_multiple"] - 1.0) * above) / 1e9
        if terms["ceiling"] > 0.0:
            asked = terms["ceiling"] * (1.0 - math.exp(-asked / terms["ceiling"]))
        rise = max(asked - rent, 0.0)
        variance = terms["memory"] * variance + (1.0 - terms["memory"]) * 2.0 * rise**2
        rent = asked
        days.append((inventory, rent, math.sqrt(variance)))
    return np.array(days)
