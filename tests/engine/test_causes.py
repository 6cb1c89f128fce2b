"""The cause of every call and limit, on worlds in which a single cause acts; see `support.worlds.hand_made`.

Each world has $1m of equity, $20m of notes at par with a 2% haircut, 200 futures short at $1,000 of initial margin, and
$400,000 of free cash; prices are constant unless the price is the cause.
"""

from collections.abc import Sequence

import numpy as np
import pytest

from basis_engine.simulation.names import Claim, EventKind, LogEvent, Unwind
from basis_engine.simulation.schedule import (
    CALL_TIME,
    INTRADAY_TIME,
    OTHER_LOSS_TIME,
    ROLL_TIME,
    SETTLEMENT_TIME,
    DatedEvent,
    margin_change,
)
from support.laws import Books, check
from support.worlds import FIRST_DAY, MINUTES_PER_DAY, hand_made

FLAT = [100.0] * 8
TERM = {"term_share": 1.0, "term_maturity": FIRST_DAY + 90}
HAIRCUT = DatedEvent(2, EventKind.HAIRCUT_CHANGE, ROLL_TIME, 0.03, contract=0)
NOT_ROLLED = DatedEvent(2, EventKind.NOT_ROLLED_CHANGE, ROLL_TIME, 0.04)


def root(books: Books, what: LogEvent, claim: Claim = Claim.NONE) -> LogEvent:
    """The first cause, followed back through the log, of the first row of a kind and claim."""
    log = books.run.log
    row = int(np.flatnonzero((log["what"] == what) & (log["claim"] == claim))[0])
    while log[row].cause >= 0:
        row = int(log[row].cause)
    return LogEvent(log[row].what)


@pytest.mark.parametrize("margin", [2_500.0, 5_000.0], ids=["within cash", "beyond cash"])
def test_a_margin_hike_causes_its_call(margin: float) -> None:
    books = check(hand_made(FLAT, dated=margin_change(3, margin, 0), fund={"unwind": Unwind.HOLD}))
    assert root(books, LogEvent.CALL_RAISED, Claim.INITIAL_MARGIN) == LogEvent.MARGIN_CHANGE


def test_a_margin_notice_causes_the_sale_that_meets_the_call() -> None:
    books = check(hand_made(FLAT, dated=margin_change(3, 5_000.0, 0)))
    assert root(books, LogEvent.SALE) == LogEvent.MARGIN_NOTICE


def test_a_margin_hike_causes_the_shortfall_of_a_roll_whose_cash_it_takes() -> None:
    """Initial margin takes $395,000 of $395,644; part of a night's interest of $2,178 stays owed to the lender."""
    dated = margin_change(3, 2_975.0, 0)
    books = check(hand_made(FLAT, repo_rate=0.04, dated=dated, fund={"unwind": Unwind.HOLD}))
    assert root(books, LogEvent.CALL_RAISED, Claim.REPO_MARGIN) == LogEvent.MARGIN_CHANGE


def test_the_larger_of_two_margin_changes_is_the_cause() -> None:
    """A cut in force the day before a hike does not take its place."""
    dated = (*margin_change(2, 900.0, 0), *margin_change(4, 2_000.0, 0))
    log = check(hand_made(FLAT, dated=dated)).run.log
    (call,) = log[(log["what"] == LogEvent.CALL_RAISED)]
    assert log[call.cause].amount == 2_000.0
    assert log[call.cause].what == LogEvent.MARGIN_CHANGE


@pytest.mark.parametrize("position", [{}, TERM, {**TERM, "term_share": 0.5}], ids=["overnight", "term", "both"])
def test_a_haircut_rise_causes_the_call_of_its_lender(position: dict[str, float]) -> None:
    """Three points of $20m: more than cash at the overnight roll, and a deficit of term repo."""
    books = check(hand_made(FLAT, dated=[HAIRCUT], position=position))
    assert root(books, LogEvent.CALL_RAISED, Claim.REPO_MARGIN) == LogEvent.HAIRCUT_CHANGE


def test_a_haircut_rise_causes_the_sale_that_meets_its_call() -> None:
    assert root(check(hand_made(FLAT, dated=[HAIRCUT])), LogEvent.SALE) == LogEvent.HAIRCUT_CHANGE


@pytest.mark.parametrize("order", [1, -1])
def test_the_larger_of_two_changes_by_lenders_is_the_cause(order: int) -> None:
    """Three points of haircut take $600,000, a share of 1% not rolled $190,000, whichever comes first in the log."""
    small = DatedEvent(2, EventKind.NOT_ROLLED_CHANGE, ROLL_TIME, 0.01)
    books = check(hand_made(FLAT, dated=[HAIRCUT, small][::order]))
    assert root(books, LogEvent.CALL_RAISED, Claim.REPO_MARGIN) == LogEvent.HAIRCUT_CHANGE


def test_a_price_move_on_the_day_of_a_small_haircut_rise_causes_the_term_call() -> None:
    """Two points of price take $392,000 of collateral; a tenth of a point of haircut $19,600."""
    rise = DatedEvent(2, EventKind.HAIRCUT_CHANGE, ROLL_TIME, 0.001, contract=0)
    setup = hand_made([100.0, 100.0, *[98.0] * 6], 100.0 * np.ones(8), dated=[rise], position=TERM)
    assert root(check(setup), LogEvent.CALL_RAISED, Claim.REPO_MARGIN) == LogEvent.PRICE_MOVE


def test_repo_that_is_not_rolled_causes_the_call_of_the_shortfall() -> None:
    books = check(hand_made(FLAT, dated=[NOT_ROLLED]))
    assert root(books, LogEvent.CALL_RAISED, Claim.REPO_MARGIN) == LogEvent.NOT_ROLLED_CHANGE
    assert root(books, LogEvent.SALE) == LogEvent.NOT_ROLLED_CHANGE


@pytest.mark.parametrize(
    ("clean", "futures", "position", "claim"),
    [
        ([100.0] * 8, [100.0, 100.0, *[101.0] * 6], {}, Claim.VARIATION_MARGIN),
        ([100.0, 100.0, *[96.0] * 6], [100.0] * 8, {"contracts": 0.0}, Claim.REPO_MARGIN),
        ([100.0, 100.0, *[98.0] * 6], [100.0] * 8, {"contracts": 0.0, **TERM}, Claim.REPO_MARGIN),
    ],
    ids=["variation margin", "overnight repo", "term repo"],
)
def test_a_price_move_causes_the_calls_of_both_legs(
    clean: Sequence[float], futures: Sequence[float], position: dict[str, float], claim: Claim
) -> None:
    books = check(hand_made(clean, futures, position=position, fund={"unwind": Unwind.HOLD}))
    assert root(books, LogEvent.CALL_RAISED, claim) == LogEvent.PRICE_MOVE


def test_an_intraday_mark_causes_the_call_of_the_intraday_cycle() -> None:
    """Futures rise one point at 10:00 of the second day, and stay: the call of 12:00 names that mark."""
    futures = [100.0, 100.0, 100.0, *[101.0] * 4]
    setup = hand_made([100.0] * 7, futures, minutes=(10 * 60, SETTLEMENT_TIME), fund={"unwind": Unwind.HOLD})
    log = check(setup).run.log
    (call,) = log[log["what"] == LogEvent.CALL_RAISED]
    assert (call.time - FIRST_DAY * MINUTES_PER_DAY) % MINUTES_PER_DAY == INTRADAY_TIME
    assert log[call.cause].what == LogEvent.PRICE_MOVE
    assert (log[call.cause].time - FIRST_DAY * MINUTES_PER_DAY) % MINUTES_PER_DAY == 10 * 60


@pytest.mark.parametrize(
    ("kind", "minute", "cause", "paid", "claim"),
    [
        (EventKind.REDEMPTION, CALL_TIME + 1, LogEvent.REDEMPTION, LogEvent.REDEMPTION, Claim.REDEMPTION),
        (EventKind.OTHER_LOSS, OTHER_LOSS_TIME, LogEvent.OTHER_LOSS, LogEvent.CALL_PAID, Claim.OTHER_LOSS),
    ],
)
def test_redemptions_and_other_losses_cause_their_calls_and_the_sales_for_them(
    kind: EventKind, minute: int, cause: LogEvent, paid: LogEvent, claim: Claim
) -> None:
    """$500,000 are due with $400,000 of cash: the fund sells the day before."""
    books = check(hand_made(FLAT, dated=[DatedEvent(2, kind, minute, 5e5, fund=0)]))
    assert root(books, paid, claim) == cause
    assert root(books, LogEvent.SALE) == cause
