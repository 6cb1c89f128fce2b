"""The ledger over random worlds: every cent, every line of profit, every default and every cause add up."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from worlds import Shape, business_days, hand_made, random_world

from engine.names import Cash, FundColumn, Line, PositionColumn, Status, What
from engine.run import Run, Setup, run
from engine.schedule import SETTLEMENT_TIME

TOLERANCE = 1e-9  # relative to the gross size of the books

shapes = st.builds(
    Shape,
    days=st.integers(2, 40),
    funds=st.integers(1, 3),
    positions=st.integers(1, 3),
    contracts=st.integers(1, 3),
    daily_marks=st.integers(1, 4),
)
seeds = st.integers(0, 2**32 - 1)


class Books:
    """What a run hands back, by fund."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.run: Run = run(setup)
        self.funds = range(len(setup.funds))
        owner = np.concatenate((setup.positions["fund"], self.funds))
        self.lines = np.stack([self.run.attribution[:, owner == f].sum(axis=1) for f in self.funds], axis=1)
        self.flows = np.stack([self.run.cash_flows[:, owner == f].sum(axis=1) for f in self.funds], axis=1)
        self.gross = 1.0 + np.abs(self.run.attribution).sum() + np.abs(self.run.cash_flows).sum(axis=(1, 2)).max()

    def column(self, name: FundColumn) -> NDArray[np.float64]:
        """A column of the daily record, [days, funds]."""
        return self.run.fund_days[:, :, name]

    def positions_of(self, f: int) -> Any:
        """Positions of a fund as they stand at the end."""
        return self.run.positions[self.run.funds[f].first : self.run.funds[f].last]

    def log_of(self, f: int, *whats: What) -> NDArray[np.int64]:
        """Rows of the event log of one fund."""
        return np.flatnonzero((self.run.log["fund"] == f) & np.isin(self.run.log["what"], whats))

    def near(self, left: Any, right: Any) -> None:
        """Assert that two amounts agree to `TOLERANCE` of the gross size."""
        np.testing.assert_allclose(left, right, rtol=0.0, atol=TOLERANCE * self.gross)


def check(setup: Setup) -> Books:
    """Every law of the ledger on one world."""
    books = Books(setup)
    check_equity(books)
    check_cash(books)
    check_limits(books)
    check_losses(books)
    check_log(books)
    for f in books.funds:
        if len(books.log_of(f, What.DEFAULT)):
            check_default(books, f)
        else:
            assert books.column(FundColumn.EQUITY)[-1, f] > 0.0
            assert books.run.funds[f].status == Status.ACTIVE
    return books


def check_equity(books: Books) -> None:
    """Equity is what its parts say, and changes by what the attribution says."""
    equity = books.column(FundColumn.EQUITY)
    assets = (
        books.column(FundColumn.CASH)
        + books.column(FundColumn.BONDS)
        + books.column(FundColumn.INITIAL_MARGIN)
        + books.column(FundColumn.VARIATION_UNSETTLED)
        + books.column(FundColumn.UNSETTLED_TRADES)
    )
    owed = books.column(FundColumn.REPO_OWED) + books.column(FundColumn.CREDIT_DRAWN)
    books.near(equity, assets - owed - books.column(FundColumn.OWED_ELSEWHERE))
    books.near(np.diff(equity, axis=0, prepend=0.0), books.lines.sum(axis=2))


def check_cash(books: Books) -> None:
    """Cash changes by its lines, and every cent a fund holds came from a party."""
    books.near(np.diff(books.column(FundColumn.CASH), axis=0, prepend=0.0), books.flows.sum(axis=2))
    books.near(books.column(FundColumn.CASH)[-1], books.run.funds["cash"])
    books.near(books.run.funds["cash"].sum() + books.run.parties["cash"].sum(), 0.0)


def check_limits(books: Books) -> None:
    """No overdraft but interest the credit bank grants; no negative margin or loan."""
    entry = books.setup.funds["entry_equity"]
    assert np.all(books.run.funds["lowest_cash"] >= -1e-6 * entry)
    charged = np.maximum(-books.flows[:, :, Cash.CASH_INTEREST], 0.0).cumsum(axis=0)
    drawn = books.column(FundColumn.CREDIT_DRAWN)
    assert np.all(drawn >= 0.0)
    assert np.all(drawn <= books.setup.funds["credit_line"] + charged + 1e-6 * entry)
    for column in (PositionColumn.INITIAL_MARGIN, PositionColumn.REPO_OWED, PositionColumn.FACE, PositionColumn.UNMET):
        assert np.all(books.run.position_days[:, :, column] >= -TOLERANCE * books.gross)


def check_losses(books: Books) -> None:
    """What funds cannot pay is the loss of named parties, and nobody else's gain."""
    log = books.run.log
    losses = log[log["what"] == What.LOSS]
    by_party = np.zeros(len(books.run.parties))
    np.add.at(by_party, losses["party"], losses["amount"])
    books.near(books.run.parties["loss"], by_party)
    books.near(books.run.attribution[:, :, Line.DEFAULT_LOSS].sum(), by_party.sum())


def check_log(books: Books) -> None:
    """The log runs forward, and every cause comes before its effect."""
    log = books.run.log
    assert np.all(np.diff(log["time"]) >= 0)
    assert np.all(log["cause"] < np.arange(len(log)))


def check_default(books: Books, f: int) -> None:
    """A fund in default decides and pays nothing more, and ends closed, empty and not in debt."""
    (default,) = books.log_of(f, What.DEFAULT)
    acts = (What.ORDER, What.SALE, What.CALL_RAISED, What.CALL_PAID, What.REDEMPTION, What.COLLATERAL_CALLED_BACK)
    assert np.all(books.log_of(f, *acts, What.CREDIT_DRAWN) < default)
    assert books.run.funds[f].status == Status.CLOSED
    assert books.run.funds[f].credit_drawn == books.run.funds[f].elsewhere == 0.0
    held = books.positions_of(f)
    for name in ("face", "contracts", "unsettled", "margin_posted", "overnight", "term", "variation_open"):
        assert np.all(held[name] == 0.0), name
    equity = books.column(FundColumn.EQUITY)[:, f]
    closed = books.column(FundColumn.STATUS)[:, f] == Status.CLOSED
    assert closed[-1]
    assert np.all(equity[closed] >= -1e-6)
    assert np.all(np.diff(equity[closed]) == 0.0)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(seed=seeds, shape=shapes)
def test_every_law_holds_in_random_worlds(seed: int, shape: Shape) -> None:
    check(random_world(seed, shape))


@pytest.mark.slow
@settings(max_examples=4000, deadline=None)
@given(seed=seeds, shape=shapes)
def test_every_law_holds_in_thousands_of_worlds(seed: int, shape: Shape) -> None:
    check(random_world(seed, shape))


def test_random_worlds_meet_everything() -> None:
    """The evidence above is empty unless the worlds default, sell, deliver and call."""
    met = set()
    for seed in range(60):
        met |= set(run(random_world(seed, Shape(days=30, funds=3, daily_marks=2))).log["what"].tolist())
    assert met == {int(what) for what in What} - {What.NOTHING}


def test_nothing_moves_but_carry() -> None:
    """Flat prices and rates: profit is coupon less repo interest plus interest on cash, and nothing costs."""
    days, face, rate, cash_rate, coupon = 40, 2e7, 0.04, 0.03, 0.05
    value_date = business_days(days + 1)[1:]
    held = value_date - value_date[0]
    setup = hand_made(np.full(days, 100.0), accrued=coupon * 100.0 * held / 365.0, repo_rate=rate, cash_rate=cash_rate)
    books = check(setup)
    profit = books.lines[1:].sum(axis=(0, 1))
    moved = np.flatnonzero(profit)
    assert set(moved) == {Line.COUPON_ACCRUAL, Line.REPO_INTEREST, Line.CASH_INTEREST}
    assert profit[Line.COUPON_ACCRUAL] == pytest.approx(face * coupon * held[-1] / 365.0, rel=1e-12)
    # The morning's roll lends 98% of the dirty value of the mark before, until the next value date.
    lent = 0.98 * face * (1.0 + coupon * held[:-1] / 365.0)
    interest = (lent * rate * np.diff(value_date) / 360.0).sum()
    assert -profit[Line.REPO_INTEREST] == pytest.approx(interest, rel=1e-12)
    earning = books.column(FundColumn.CASH) + books.column(FundColumn.INITIAL_MARGIN)
    assert profit[Line.CASH_INTEREST] > 0.0
    longest = cash_rate * (value_date[-2] - value_date[0]) / 360.0
    assert earning.min() * longest <= profit[Line.CASH_INTEREST] <= earning.max() * longest


@pytest.mark.parametrize("marks", [(SETTLEMENT_TIME,), (10 * 60, SETTLEMENT_TIME)])
def test_coupons_paid_are_coupons_accrued(marks: tuple[int, ...]) -> None:
    """Over the life of a position, coupons received and accrued interest held are what was attributed."""
    days, face = 30, 2e7
    value_date = business_days(days + 1)[np.concatenate(([1], 1 + np.repeat(np.arange(1, days), len(marks))))]
    paid, since = np.divmod(value_date - value_date[0] + 170, 182)
    due = 2.5 * np.diff(paid, prepend=paid[0])
    accrued = 2.5 * since / 182.0
    books = check(hand_made(np.full(len(due), 100.0), accrued=accrued, coupon_due=due, minutes=marks))
    received = books.flows[:, 0, Cash.COUPON].sum()
    assert received == pytest.approx(face * 2.5 / 100.0, rel=1e-12)
    holding = face * (accrued[-1] - accrued[0]) / 100.0
    assert received + holding == pytest.approx(books.lines[:, 0, Line.COUPON_ACCRUAL].sum(), rel=1e-12)
    assert (books.run.log["what"] == What.COUPON_PAID).sum() == 1
