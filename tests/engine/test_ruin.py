"""Ruin, a dollar at a time: who is called, who pays, who is left short, on worlds small enough to work by hand.

Unless a test says otherwise: $1m of equity, $20m of notes at par in overnight repo with a 2% haircut, 200 futures short
at $1,000 of initial margin, free cash of $400,000, no costs, no rates.
"""

import numpy as np
import pytest

from basis_engine.simulation.names import (
    CashLine,
    Claim,
    EventKind,
    FundColumn,
    LogEvent,
    Party,
    PnlLine,
    PositionColumn,
    Status,
    Unwind,
)
from basis_engine.simulation.schedule import CALL_TIME, ROLL_TIME, SETTLEMENT_TIME, DatedEvent
from support.laws import Books, check
from support.worlds import FIRST_DAY, MINUTES_PER_DAY, hand_made

UNHEDGED = {"contracts": 0.0}
TERM = {"term_share": 1.0, "term_maturity": FIRST_DAY + 90}
HOLD = {"unwind": Unwind.HOLD}


def story(books: Books) -> list[str]:
    """What the log tells, marks and entries left out."""
    silent = (LogEvent.ENTRY, LogEvent.PRICE_MOVE, LogEvent.END_OF_WINDOW)
    return [LogEvent(what).name for what in books.run.log["what"] if what not in silent]


def amounts(books: Books, what: LogEvent) -> list[float]:
    """Amounts of every log row of a kind."""
    return [float(amount) for amount in books.run.log["amount"][books.run.log["what"] == what]]


def when(books: Books, what: LogEvent) -> list[tuple[int, int]]:
    """Day of the run (calendar days from the first) and minute of day of every log row of a kind."""
    times = books.run.log["time"][books.run.log["what"] == what] - FIRST_DAY * MINUTES_PER_DAY
    return [divmod(int(time), MINUTES_PER_DAY) for time in times]


def path(*prices: float, days: int = 8) -> list[float]:
    """Prices of the first days, the last one held to the end."""
    return [*prices, *([prices[-1]] * (days - len(prices)))]


@pytest.mark.parametrize("hedge", [{"contracts": 0.0}, {"contracts": -200.0}])
def test_a_slow_fall_ruins_a_fund_that_does_not_sell(hedge: dict[str, float]) -> None:
    """100 to 80 in 40 days at 20x, unhedged or hedged by futures that do not move: cash goes, then the roll fails."""
    books = check(hand_made(np.linspace(100.0, 80.0, 41), np.full(41, 100.0), fund=HOLD, position=hedge))
    told = story(books)
    calls = told.index("CALL_RAISED")
    assert set(told[:calls]) == {"REPO_REMARGIN"}
    assert told[calls : calls + 3] == ["CALL_RAISED", "CALL_FAILED", "DEFAULT"]
    assert told.index("DEFAULT") < told.index("SEIZURE") < told.index("ESTATE_SETTLED")
    remargins = -books.flows[:, 0, CashLine.REPO_REMARGIN]
    assert remargins[2:6] == pytest.approx(98_000.0)  # half a point of $20m, 98% of it borrowed
    # The deadline that is missed is the 09:00 of the business day after the call.
    (raised, *_), (failed,) = when(books, LogEvent.CALL_RAISED), when(books, LogEvent.CALL_FAILED)
    assert raised[1] == failed[1] == CALL_TIME
    assert failed[0] - raised[0] in (1, 3)
    face = books.column(FundColumn.FACE)[:, 0]
    closed = books.column(FundColumn.STATUS)[:, 0] == Status.CLOSED
    assert closed[-1]
    assert np.all(face[closed] == 0.0)


def test_a_slow_fall_deleverages_a_fund_that_cures() -> None:
    """The same fall sold into day by day: every remargin is met out of sales, and no lender loses a cent."""
    books = check(hand_made(np.linspace(100.0, 80.0, 41), np.full(41, 100.0), position=UNHEDGED))
    assert {"LIQUIDITY_LIMIT", "ORDER", "SALE"} <= set(story(books))
    assert "CALL_FAILED" not in story(books)
    assert books.run.parties["loss"].sum() == 0.0
    assert np.all(np.diff(books.column(FundColumn.FACE)[:, 0]) <= 0.0)
    assert books.column(FundColumn.EQUITY)[-1, 0] > 0.0


def test_a_gap_costs_the_repo_lender_what_equity_does_not_cover() -> None:
    """Ten points lost at once: $2m on $1m of equity; the lender sells at 90 and is $1m short."""
    books = check(hand_made(path(100.0, 100.0, 90.0), np.full(8, 100.0), position=UNHEDGED))
    assert story(books) == ["INSOLVENCY", "DEFAULT", "SEIZURE", "ESTATE_SETTLED", "LOSS"]
    assert amounts(books, LogEvent.INSOLVENCY) == pytest.approx([-1e6])
    assert books.run.parties["loss"][Party.REPO_LENDER] == pytest.approx(1e6)
    assert books.run.parties["loss"].sum() == pytest.approx(1e6)
    assert books.column(FundColumn.EQUITY)[2:, 0] == pytest.approx(0.0)
    assert np.all(books.run.position_days[2:, 0, PositionColumn.FACE] == 0.0)


def test_a_gap_while_legs_are_sold_in_slices_adds_to_the_loss() -> None:
    """A quarter of the notes a day: what is unsold falls further after the default, at the lender's risk."""
    prices = path(100.0, 100.0, 90.0, 88.0, 86.0, 84.0, days=9)
    books = check(hand_made(prices, np.full(9, 100.0), position=UNHEDGED, contract={"depth": 5e6}))
    proceeds = 5e6 * (0.90 + 0.88 + 0.86 + 0.84)
    owed = 19.6e6 - 0.4e6 - 0.2e6  # the estate: free cash, and the cash of margin never posted
    assert books.run.parties["loss"][Party.REPO_LENDER] == pytest.approx(owed - proceeds)
    assert len(amounts(books, LogEvent.SEIZURE)) == 4
    assert np.all(books.column(FundColumn.EQUITY)[5:, 0] == 0.0)


def test_a_futures_rally_with_flat_cash_is_the_clearing_members_loss() -> None:
    """Six points against the short future only: $1.2m on $1m of equity; each leg is sold on its own."""
    books = check(hand_made(np.full(8, 100.0), path(100.0, 100.0, 106.0), contract={"depth": 5e6}))
    assert story(books)[:4] == ["INSOLVENCY", "DEFAULT", "SEIZURE", "SEIZURE"]
    assert story(books)[-2:] == ["ESTATE_SETTLED", "LOSS"]
    seizures = books.run.log[books.run.log["what"] == LogEvent.SEIZURE]
    assert list(seizures["party"]) == [Party.CLEARING_MEMBER, Party.REPO_LENDER] * 4
    assert list(seizures["amount"]) == pytest.approx([5e6] * 8)
    assert books.run.parties["loss"][Party.CLEARING_MEMBER] == pytest.approx(2e5)
    assert books.run.parties["loss"][Party.REPO_LENDER] == 0.0
    # The house is made whole by the member.
    assert books.run.parties["cash"][Party.CLEARING_HOUSE] == pytest.approx(1.2e6)


def test_variation_margin_is_struck_at_settlement_called_next_morning_and_failed() -> None:
    """3.5 points cost $700,000 in cash at 09:00; a fund with $400,000 that does not sell fails, solvent as it is."""
    books = check(hand_made(np.full(8, 100.0), path(100.0, 100.0, 103.5), fund=HOLD))
    assert story(books) == ["CALL_RAISED", "CALL_FAILED", "DEFAULT", "SEIZURE", "SEIZURE", "ESTATE_SETTLED"]
    assert when(books, LogEvent.CALL_RAISED) == [(2, SETTLEMENT_TIME)]
    assert when(books, LogEvent.DEFAULT) == [(3, CALL_TIME)]
    assert when(books, LogEvent.SEIZURE) == [(3, SETTLEMENT_TIME)] * 2
    assert books.run.log["claim"][books.log_of(0, LogEvent.CALL_FAILED)] == [Claim.VARIATION_MARGIN]
    assert books.run.parties["loss"].sum() == 0.0
    assert books.run.funds[0].cash == pytest.approx(3e5)


def test_variation_margin_is_cured_by_a_sale_the_day_before() -> None:
    """The same call met: 2% haircut and 1% margin come free on what is sold, $300,000 of them."""
    books = check(hand_made(np.full(8, 100.0), path(100.0, 100.0, 103.5)))
    assert story(books) == ["CALL_RAISED", "LIQUIDITY_LIMIT", "ORDER", "SALE", "CALL_PAID"]
    assert amounts(books, LogEvent.SALE) == pytest.approx([1e7], rel=1e-6)
    assert books.run.position_days[-1, 0, PositionColumn.CONTRACTS] == pytest.approx(-100.0, rel=1e-6)
    assert 0.0 <= books.run.funds[0].cash < 1.0


def test_futures_gains_are_paid_out_before_lenders_are() -> None:
    """A sell-off of a hedged pair: the roll is short at 08:30, clearing pays at 09:00, and nobody has to be called."""
    books = check(hand_made(path(100.0, 100.0, 97.0)))
    # 3 points of $20m are $600,000: 98% of it asked by lenders, $400,000 there, all of it paid by the future.
    assert story(books) == ["REPO_REMARGIN"]
    assert amounts(books, LogEvent.REPO_REMARGIN) == pytest.approx([-4e5])
    assert books.flows[3, 0, CashLine.VARIATION_MARGIN] == pytest.approx(6e5)
    assert books.flows[3, 0, CashLine.REPO_REMARGIN] == pytest.approx(-588_000.0)
    assert books.column(FundColumn.EQUITY)[-1, 0] == pytest.approx(1e6)


@pytest.mark.parametrize("shock", [(100.0,), (100.0, 100.0, 98.0)])
def test_a_repo_freeze_kills(shock: tuple[float, ...]) -> None:
    """Nothing rolls and only half of the notes can be sold in a day: the deadline is missed."""
    freeze = DatedEvent(2, EventKind.NOT_ROLLED_CHANGE, ROLL_TIME, 1.0)
    books = check(hand_made(path(*shock), dated=[freeze], contract={"depth": 1e7}))
    told = story(books)
    assert told[:2] == ["NOT_ROLLED_CHANGE", "CALL_RAISED"]
    assert amounts(books, LogEvent.CALL_RAISED) == pytest.approx([19.2e6])  # 19.6 owed, 0.4 there
    assert when(books, LogEvent.DEFAULT) == [(3, CALL_TIME)]
    assert books.run.parties["loss"].sum() == 0.0


def test_a_partial_freeze_deleverages_without_default() -> None:
    """Four percent not rolled is called for the next morning, and met out of sales."""
    books = check(hand_made(path(100.0), dated=[DatedEvent(2, EventKind.NOT_ROLLED_CHANGE, ROLL_TIME, 0.04)]))
    assert story(books)[:5] == ["NOT_ROLLED_CHANGE", "CALL_RAISED", "LIQUIDITY_LIMIT", "ORDER", "SALE"]
    assert amounts(books, LogEvent.CALL_RAISED) == pytest.approx([0.04 * 19.6e6 - 4e5])
    assert books.flows[2, 0, CashLine.REPO_NOT_ROLLED] == pytest.approx(-0.04 * 19.6e6)
    assert books.run.funds[0].status == Status.ACTIVE
    assert 0.0 < books.column(FundColumn.FACE)[-1, 0] < 2e7
    assert books.run.positions[0].unmet == 0.0


def margin_rise(level: float) -> list[DatedEvent]:
    """Notice on day 2, in force and called on day 3."""
    notice = DatedEvent(2, EventKind.MARGIN_NOTICE, SETTLEMENT_TIME, level, contract=0)
    return [notice, DatedEvent(3, EventKind.MARGIN_CHANGE, SETTLEMENT_TIME, level, contract=0)]


def test_a_margin_rise_is_called_the_morning_after_it_is_in_force() -> None:
    """From $1,000 to $2,500 on 200 contracts: notice Wednesday, in force Thursday, $300,000 paid on Friday at 09:00."""
    books = check(hand_made(path(100.0), dated=margin_rise(2500.0)))
    assert story(books) == ["MARGIN_NOTICE", "MARGIN_CHANGE", "CALL_RAISED", "CALL_PAID"]
    assert when(books, LogEvent.MARGIN_NOTICE) == [(2, SETTLEMENT_TIME)]
    assert when(books, LogEvent.CALL_RAISED) == [(3, SETTLEMENT_TIME)]
    assert when(books, LogEvent.CALL_PAID) == [(4, CALL_TIME)]
    assert books.flows[4, 0, CashLine.INITIAL_MARGIN] == pytest.approx(-3e5)
    assert books.run.log["claim"][books.log_of(0, LogEvent.CALL_PAID)] == [Claim.INITIAL_MARGIN]


def test_a_margin_rise_beyond_cash_is_cured_by_sale_after_the_notice() -> None:
    """The notice gives a day: the fund sells that afternoon, so the call finds the cash."""
    books = check(hand_made(path(100.0), dated=margin_rise(5000.0)))
    told = story(books)
    assert told[:4] == ["MARGIN_NOTICE", "LIQUIDITY_LIMIT", "ORDER", "SALE"]
    assert "CALL_FAILED" not in told
    contracts = books.run.positions[0].contracts
    assert books.run.positions[0].margin_posted == pytest.approx(-5000.0 * contracts)


def test_a_margin_rise_beyond_cash_ruins_a_fund_that_does_not_sell() -> None:
    books = check(hand_made(path(100.0), dated=margin_rise(5000.0), fund=HOLD))
    assert amounts(books, LogEvent.CALL_FAILED) == pytest.approx([8e5])
    assert books.run.funds[0].cash == pytest.approx(1e6)
    assert books.run.parties["loss"].sum() == 0.0


def test_a_sale_does_not_bring_a_margin_call_forward() -> None:
    """What a sale sets free falls due before variation margin; the call of a rise waits for its own turn.

    On Thursday $600,000 more margin is in force, futures fall 3 points and a few notes are sold. On Friday the gain of
    $600,000 comes first: without it the call could not be met.
    """
    rise = DatedEvent(3, EventKind.MARGIN_CHANGE, SETTLEMENT_TIME, 4000.0, contract=0)
    seller = {"unwind": Unwind.STOP_OUT, "drawdown_limit": -0.5}
    futures = path(100.0, 100.0, 100.0, 97.0)
    books = check(hand_made(path(100.0), futures, dated=[rise], contract={"depth": 1e5}, fund=seller))
    (paid, *_) = books.run.log[books.run.log["what"] == LogEvent.CALL_PAID]
    assert paid.claim == Claim.INITIAL_MARGIN
    assert books.run.log[paid.cause].what == LogEvent.CALL_RAISED
    assert books.flows[4, 0, CashLine.VARIATION_MARGIN] > 4e5
    assert books.run.funds[0].status == Status.ACTIVE


def test_a_haircut_rise_is_paid_at_the_roll() -> None:
    """Two points more on $20m: $400,000 at 08:30, exactly the cash there is."""
    books = check(hand_made(path(100.0), dated=[DatedEvent(2, EventKind.HAIRCUT_CHANGE, ROLL_TIME, 0.02, contract=0)]))
    assert story(books) == ["HAIRCUT_CHANGE"]
    assert books.flows[2, 0, CashLine.HAIRCUT] == pytest.approx(-4e5)
    assert books.run.funds[0].cash == pytest.approx(0.0, abs=0.01)


def test_a_haircut_rise_beyond_cash_is_called_and_cured_by_sale() -> None:
    """Three points more: $200,000 stays owed until 09:00 of the next day; 5% haircut and 1% margin come free."""
    books = check(hand_made(path(100.0), dated=[DatedEvent(2, EventKind.HAIRCUT_CHANGE, ROLL_TIME, 0.03, contract=0)]))
    assert story(books)[:5] == ["HAIRCUT_CHANGE", "CALL_RAISED", "LIQUIDITY_LIMIT", "ORDER", "SALE"]
    assert amounts(books, LogEvent.CALL_RAISED) == pytest.approx([2e5])
    assert amounts(books, LogEvent.SALE) == pytest.approx([2e5 / 0.06], rel=1e-6)
    assert books.run.position_days[2, 0, PositionColumn.UNMET] == pytest.approx(2e5)
    assert books.run.positions[0].unmet == 0.0
    assert books.run.funds[0].status == Status.ACTIVE


def test_a_term_deficit_is_called_at_settlement_and_paid_next_morning() -> None:
    """Term repo is not remargined at the roll: 98% of a $600,000 fall is called at 15:00 and due at 09:00."""
    cash_rich = {"entry_equity": 1.2e6}
    books = check(hand_made(path(100.0, 100.0, 97.0), position={**TERM, **UNHEDGED}, fund=cash_rich))
    assert story(books) == ["CALL_RAISED", "CALL_PAID"]
    assert when(books, LogEvent.CALL_RAISED) == [(2, SETTLEMENT_TIME)]
    assert when(books, LogEvent.CALL_PAID) == [(3, CALL_TIME)]
    assert amounts(books, LogEvent.CALL_PAID) == pytest.approx([588_000.0])
    assert books.run.positions[0].term == pytest.approx(0.98 * 19.4e6)


def test_a_term_deficit_within_the_threshold_is_not_called() -> None:
    terms = {**TERM, **UNHEDGED, "repo_threshold": 0.04}
    assert story(check(hand_made(path(100.0, 100.0, 97.0), position=terms))) == []


def test_a_term_deficit_is_repaid_with_the_loan_when_its_notes_are_sold() -> None:
    """A fund that stops out after the call owes the sold notes' loan, and not the called deficit once more."""
    rule = {"unwind": Unwind.STOP_OUT, "drawdown_limit": 0.3}
    books = check(hand_made(path(100.0, 100.0, 96.0), position={**TERM, **UNHEDGED}, fund=rule))
    assert story(books) == ["CALL_RAISED", "DRAWDOWN_LIMIT", "ORDER", "SALE", "CALL_CURED"]
    assert amounts(books, LogEvent.CALL_RAISED) == pytest.approx([784_000.0])
    assert books.run.positions[0].term == 0.0
    assert books.run.funds[0].cash == pytest.approx(2e5)


def test_notes_sold_in_the_morning_are_not_a_deficit_of_the_rest_at_settlement() -> None:
    """Half sold at 10:00 settles with its half of the loan next morning: at 15:00 nothing is missing."""
    setup = hand_made(
        np.full(9, 100.0),
        minutes=(10 * 60, SETTLEMENT_TIME),
        position={**TERM, **UNHEDGED},
        fund={"unwind": Unwind.STOP_OUT, "drawdown_limit": -0.5},
        contract={"depth": 5e6},
    )
    books = check(setup)
    assert len(amounts(books, LogEvent.SALE)) == 4
    assert "CALL_RAISED" not in story(books)
    assert books.run.funds[0].cash == pytest.approx(1e6)


def test_cash_then_credit_then_collateral_called_back() -> None:
    """$700,000 of variation margin: $400,000 of cash, $100,000 of credit, $200,000 called back from term lenders."""
    books = check(hand_made(path(100.0, 100.0, 103.5), position=TERM, fund={"credit_line": 1e5}))
    assert story(books) == ["CALL_RAISED", "CREDIT_DRAWN", "COLLATERAL_RECALLED", "CALL_PAID"]
    assert amounts(books, LogEvent.CREDIT_DRAWN) == pytest.approx([1e5])
    assert amounts(books, LogEvent.COLLATERAL_RECALLED) == pytest.approx([2e5])
    assert books.run.positions[0].term == pytest.approx(19.8e6)
    assert books.column(FundColumn.EQUITY)[-1, 0] == pytest.approx(1e6)


def test_collateral_that_lenders_keep_cannot_meet_variation_margin() -> None:
    """Rich and illiquid: the note's gain sits with the term lender, who gives nothing back, and the call fails."""
    books = check(hand_made(path(100.0, 100.0, 103.5), position=TERM, fund={**HOLD, "call_back": 0.0}))
    assert "CALL_FAILED" in story(books)
    assert books.run.funds[0].cash == pytest.approx(1e6)


def test_interest_beyond_cash_is_owed_to_the_credit_bank() -> None:
    """Negative rates on posted margin with no cash left: somebody grants the overdraft, and it is named."""
    drain = DatedEvent(2, EventKind.REDEMPTION, CALL_TIME + 1, 4e5, fund=0)
    books = check(hand_made(path(100.0), cash_rate=-0.01, dated=[drain], fund=HOLD))
    assert books.run.funds[0].credit_drawn > 0.0
    assert books.run.funds[0].lowest_cash >= 0.0
    assert -books.run.parties["cash"][Party.CREDIT_BANK] == pytest.approx(books.run.funds[0].credit_drawn)


def test_committed_notes_of_a_ruined_fund_are_delivered_for_their_lender() -> None:
    """Futures settle, then the fund fails before delivery: the invoice goes to the lender that seized the notes."""
    dated = [
        DatedEvent(2, EventKind.FINAL_SETTLEMENT, SETTLEMENT_TIME, contract=0),
        DatedEvent(3, EventKind.NOT_ROLLED_CHANGE, ROLL_TIME, 1.0),
        DatedEvent(5, EventKind.DELIVERY, ROLL_TIME, contract=0),
    ]
    books = check(hand_made(path(100.0), dated=dated, fund=HOLD, contract={"depth": 1e6}))
    told = story(books)
    steps = [told.index(what) for what in ("FINAL_SETTLEMENT", "DEFAULT", "DELIVERY", "ESTATE_SETTLED")]
    assert steps == sorted(steps)
    assert books.run.parties["loss"].sum() == 0.0
    assert books.run.funds[0].cash == pytest.approx(1e6)


def test_losses_beyond_equity_are_named_in_the_attribution() -> None:
    """The line of default losses is exactly the equity below zero that others bore."""
    books = check(hand_made(path(100.0, 100.0, 90.0), np.full(8, 100.0), position=UNHEDGED))
    assert books.lines[:, 0, PnlLine.DEFAULT_LOSS].sum() == pytest.approx(1e6)
    assert books.lines[1:, 0].sum() == pytest.approx(-1e6)
