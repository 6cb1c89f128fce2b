"""Repo: overnight loans roll each morning at 08:30, term loans are marked at 15:00, each against a haircut."""

import math

from basis_engine.base.compile import callee
from basis_engine.base.units import Day, Index, Share, Usd, Word
from basis_engine.simulation.clearing import raise_call
from basis_engine.simulation.ledger import (
    advanced,
    attribute,
    clearing_house_of,
    fund_row,
    last_clearing_house,
    log,
    margin_excess,
    market_value,
    name_contract,
    settle_coupon,
    transfer,
)
from basis_engine.simulation.names import CashLine, Claim, EventKind, LogEvent, Party, PnlLine, Status
from basis_engine.simulation.queue import push
from basis_engine.simulation.rows import Event, Position
from basis_engine.simulation.world import World


@callee(optimize=True)
def lendable(position: Position, haircut: Share, not_rolled: Share) -> Usd:
    """Return what lenders advance overnight, USD: (1 - haircut) of dirty value, on the share they roll.

    Against notes sold short it is negative: (1 + haircut) of their value, which the fund lends to borrow them.
    """
    value = market_value(position)
    if value >= 0.0:
        return advanced(value, haircut, position.term_share, not_rolled)
    return (1.0 + haircut) * value


@callee(optimize=True)
def sold_share(position: Position) -> Share:
    """Return the share of the financed notes whose position was closed and settles at the next roll."""
    financed = position.face + position.unsettled_face
    if financed * position.unsettled_face > 0.0:
        return position.unsettled_face / financed
    return 0.0


@callee(optimize=True)
def new_share(position: Position) -> Share:
    """Return the share of the notes, bought or sold short, that is financed for the first time at the next roll."""
    if position.face * position.unsettled_face < 0.0:
        return -position.unsettled_face / position.face
    return 0.0


@callee(optimize=True)
def term_surplus(position: Position) -> Usd:
    """Return the value after haircut of notes in a term loan, less the debt on them, USD; negative is a deficit."""
    value = (1.0 - position.haircut) * market_value(position) * position.term_share
    return value - (1.0 - sold_share(position)) * (position.term + position.term_interest)


@callee(optimize=True)
def open_day(world: World, event: Event) -> None:
    """Pay the night's interest on cash and margin, and the coupons that have fallen due."""
    clock = world.clock[0]
    clock.calls_due, clock.repo_after_clearing = event.calls_due, event.second_value > 0.0
    for f in range(len(world.funds)):
        fund = world.funds[f]
        if fund.status == Status.ACTIVE:
            years = (clock.value_date - fund.interest_from) / 360.0
            fund.interest_from = clock.value_date
            earning = fund.cash
            for p in range(fund.first, fund.last):
                earning += world.positions[p].margin_posted
            interest = earning * clock.cash_rate * years
            interest -= fund.credit_drawn * (clock.cash_rate + fund.credit_spread) * years
            transfer(world, f, fund_row(world, f), CashLine.CASH_INTEREST, Party.CASH_BANK, interest)
            attribute(world, fund_row(world, f), PnlLine.CASH_INTEREST, interest)
            charge_overdraft(world, f)
    for p in range(len(world.positions)):
        pay_coupon(world, p)
    for f in range(len(world.funds)):
        if world.funds[f].status == Status.ACTIVE:
            charge_overdraft(world, f)


@callee(optimize=True)
def charge_overdraft(world: World, f: Index) -> None:
    """Draw on the credit bank for interest and coupons of notes sold short that cash does not cover.

    The bank lends even beyond the credit line.
    """
    fund = world.funds[f]
    overdraft = -fund.cash
    if overdraft > 0.0:
        fund.credit_drawn += overdraft
        transfer(world, f, fund_row(world, f), CashLine.CREDIT_LINE, Party.CREDIT_BANK, overdraft)
        log(world, LogEvent.CREDIT_DRAWN, f, -1, overdraft, -1)


@callee
def pay_coupon(world: World, p: Index) -> None:
    """Pay a position's coupon that is due; a short seller pays it to the lender of the note."""
    position = world.positions[p]
    if position.coupon_receivable != 0.0 and world.funds[position.fund].status != Status.CLOSED:
        log(world, LogEvent.COUPON_PAID, position.fund, p, position.coupon_receivable, -1)
        settle_coupon(world, p)


@callee(optimize=True)
def roll(world: World, event: Event) -> None:
    """Settle yesterday's trades, repay the night's repo with interest, and borrow again at today's rate."""
    clock = world.clock[0]
    clock.repo_rate_before = event.value
    if clock.day > 1:  # the first roll has none before it
        clock.repo_rate_before = clock.repo_rate
    clock.repo_rate, clock.cash_rate = event.value, event.second_value
    for f in range(len(world.funds)):
        if world.funds[f].status == Status.ACTIVE:
            roll_fund(world, f)


@callee(optimize=True)
def roll_fund(world: World, f: Index) -> None:
    """Roll all of a fund's loans as one payment; what its cash does not cover stays owed until clearing has paid."""
    fund, clock = world.funds[f], world.clock[0]
    net, outflow = 0.0, 0.0
    for p in range(fund.first, fund.last):
        mature_term(world.positions[p], clock.value_date)
        flow = roll_flow(world.positions[p], clock.not_rolled)
        net += flow
        outflow += max(-flow, 0.0)
    # Clearing has the first claim on cash: what it is owed this morning cannot pay lenders.
    shortfall = min(max(clearing_due(world, f) - fund.cash - net, 0.0), outflow)
    shortfall = math.ceil(shortfall * 100.0) / 100.0  # whole cents, so that rounding leaves no negative balance
    if shortfall > 0.0:
        fund.repo_cause = shortfall_cause(world, f)
    for p in range(fund.first, fund.last):
        kept = 0.0
        if shortfall > 0.0:
            kept = shortfall * max(-roll_flow(world.positions[p], clock.not_rolled), 0.0) / outflow
        roll_position(world, p, kept)


@callee(optimize=True)
def clearing_due(world: World, f: Index) -> Usd:
    """Return the cash that clearing houses take this morning, USD: variation margin due and initial margin lacking."""
    due = 0.0
    for clearing_house in range(Party.CLEARING_HOUSE, last_clearing_house(world) + 1):
        variation, excess = 0.0, 0.0
        for p in range(world.funds[f].first, world.funds[f].last):
            if clearing_house_of(world, p) == clearing_house:
                variation += world.positions[p].variation_due
                excess += margin_excess(world, p)
        due += max(-variation, 0.0) + max(-excess, 0.0)
    return due


@callee
def mature_term(position: Position, today: Day) -> None:
    """Finance a maturing term loan overnight from today."""
    if position.term_share > 0.0 and today >= position.term_maturity:
        position.overnight += position.term
        position.overnight_interest += position.term_interest
        position.term = position.term_interest = position.term_share = position.called = 0.0


@callee(optimize=True)
def roll_flow(position: Position, not_rolled: Share) -> Usd:
    """Return the cash, USD, that a position brings (+) or needs (-) at the roll."""
    sold = sold_share(position)
    repaid = position.overnight + position.overnight_interest + sold * (position.term + position.term_interest)
    return position.unsettled - repaid + lendable(position, position.haircut, not_rolled)


@callee(optimize=True)
def roll_changes(position: Position, not_rolled: Share) -> tuple[float, float, float]:
    """Return the cash, USD, that prices, the haircut and the share not rolled bring (+) or take (-) at the roll."""
    old = 1.0 - new_share(position)
    before_haircut = old * lendable(position, position.financed_haircut, position.financed_roll)
    before_roll = old * lendable(position, position.haircut, position.financed_roll)
    target = old * lendable(position, position.haircut, not_rolled)
    remargin = before_haircut - position.overnight * (1.0 - sold_share(position))
    return remargin, before_roll - before_haircut, target - before_roll


@callee
def shortfall_cause(world: World, f: Index) -> int:
    """Return the log row of what took most cash this morning: prices, a margin, a haircut or the share not rolled."""
    fund, clock = world.funds[f], world.clock[0]
    prices, margins, haircuts, refused, largest_margin, largest_haircut = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    cause = margin_cause = haircut_cause = clock.price_cause
    for p in range(fund.first, fund.last):
        position = world.positions[p]
        remargin, haircut, not_rolled = roll_changes(position, clock.not_rolled)
        margin = margin_excess(world, p)
        prices += remargin + position.variation_due
        margins, haircuts, refused = margins + margin, haircuts + haircut, refused + not_rolled
        if margin < largest_margin:
            largest_margin, margin_cause = margin, world.contracts[position.contract].margin_cause
        if haircut < largest_haircut:
            largest_haircut, haircut_cause = haircut, position.haircut_cause
    largest = min(prices, 0.0)
    if margins < largest and margin_cause >= 0:
        largest, cause = margins, margin_cause
    if haircuts < largest and haircut_cause >= 0:
        largest, cause = haircuts, haircut_cause
    if refused < largest:
        cause = clock.not_rolled_cause
    return cause


@callee(optimize=True)
def roll_position(world: World, p: Index, kept: Usd) -> None:
    """Book one position's roll, line by line; ``kept`` stays owed because the fund cannot pay it."""
    position, clock = world.positions[p], world.clock[0]
    sold = sold_share(position)
    lent = lendable(position, position.haircut, clock.not_rolled)
    target = (1.0 - new_share(position)) * lent
    remargin, haircut, refused = roll_changes(position, clock.not_rolled)
    remargin += kept
    sales = position.unsettled - sold * (position.overnight + position.term) + (lent - target)
    interest = position.overnight_interest + sold * position.term_interest
    pay_line(world, p, CashLine.SALES, sales, Party.DEALERS, position.unsettled)
    pay_line(world, p, CashLine.REPO_INTEREST, -interest, Party.REPO_LENDER, -interest)
    pay_line(world, p, CashLine.HAIRCUT, haircut, Party.REPO_LENDER, haircut)
    pay_line(world, p, CashLine.REPO_NOT_ROLLED, refused, Party.REPO_LENDER, refused)
    pay_line(world, p, CashLine.REPO_REMARGIN, remargin, Party.REPO_LENDER, remargin)
    if remargin < -0.005:  # half a cent: less is rounding, not a call
        log(world, LogEvent.REPO_REMARGIN, position.fund, p, remargin, clock.price_cause)
    position.overnight, position.overnight_interest = lent + kept, 0.0
    position.overnight_rate = clock.repo_rate + position.repo_spread
    position.term *= 1.0 - sold
    position.term_interest *= 1.0 - sold
    position.unsettled = position.unsettled_face = 0.0
    position.unmet = kept
    position.financed_haircut, position.financed_roll = position.haircut, clock.not_rolled


@callee(optimize=True)
def pay_line(world: World, p: Index, line: Word, amount: Usd, party: Word, from_party: Usd) -> None:
    """Book a line of which ``from_party`` comes from a named party and the rest from repo lenders."""
    fund = world.positions[p].fund
    if from_party != 0.0:
        transfer(world, fund, p, line, party, from_party)
    if amount != from_party:
        transfer(world, fund, p, line, Party.REPO_LENDER, amount - from_party)


@callee(optimize=True)
def mark_term_loans(world: World, event: Event) -> None:
    """Call the deficit of term loans whose collateral lacks more than the threshold.

    The cause is the rise of the haircut since they were last marked if it makes most of the deficit, else prices.
    """
    for f in range(len(world.funds)):
        fund = world.funds[f]
        if fund.status != Status.ACTIVE:
            continue
        called, by_haircut, largest = 0.0, 0.0, 0.0
        cause = haircut_cause = world.clock[0].price_cause
        for p in range(fund.first, fund.last):
            position = world.positions[p]
            deficit = -term_surplus(position)
            threshold = position.repo_threshold * market_value(position) * position.term_share
            position.called = 0.0
            if position.term_share > 0.0 and deficit > threshold + 0.01:  # less than a cent is rounding
                position.called = deficit
                called += deficit
                raised = (position.haircut - position.marked_haircut) * market_value(position) * position.term_share
                by_haircut += raised
                if raised > largest:
                    largest, haircut_cause = raised, position.haircut_cause
            position.marked_haircut = position.haircut
        if called > 0.0:
            if by_haircut > 0.5 * called and haircut_cause >= 0:
                cause = haircut_cause
            fund.repo_cause = cause
            call = raise_call(world, f, called, Claim.REPO_MARGIN, Party.REPO_LENDER, cause)
            push(world, EventKind.REPO_CALL, event.calls_due, f, -1, call)


@callee
def change_haircuts(world: World, event: Event) -> None:
    """Set haircuts to ``value`` above those of entry, in one contract or in all."""
    number = log(world, LogEvent.HAIRCUT_CHANGE, event.fund, -1, event.value, -1)
    name_contract(world, number, event.contract)
    for p in range(len(world.positions)):
        position = world.positions[p]
        if event.contract < 0 or event.contract == position.contract:
            position.haircut, position.haircut_cause = position.base_haircut + event.value, number


@callee
def change_not_rolled(world: World, event: Event) -> None:
    """Set the share of overnight repo that lenders do not roll from today."""
    clock = world.clock[0]
    clock.not_rolled = event.value
    clock.not_rolled_cause = log(world, LogEvent.NOT_ROLLED_CHANGE, event.fund, -1, event.value, -1)
