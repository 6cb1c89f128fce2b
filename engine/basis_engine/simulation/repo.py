"""Repo: overnight loans are repaid and lent again each morning, term loans are marked, each against a haircut."""

import math

from basis_engine.base.compile import callee
from basis_engine.simulation.ledger import (
    attribute,
    fund_row,
    house_of,
    last_house,
    log,
    margin_excess,
    market_value,
    name_claim,
    name_contract,
    settle_coupon,
    transfer,
)
from basis_engine.simulation.names import CashLine, Claim, EventKind, LogEvent, Party, PnlLine, Status
from basis_engine.simulation.queue import push
from basis_engine.simulation.rows import Event, Position
from basis_engine.simulation.world import World


@callee(optimize=True)
def lendable(position: Position, haircut: float, not_rolled: float) -> float:
    """What lenders advance overnight: (1 - haircut) of dirty value, on the share they roll.

    Against notes sold short it is negative: (1 + haircut) of their value, which the fund lends to borrow them.
    """
    value = market_value(position)
    if value < 0.0:
        return (1.0 + haircut) * value
    return (1.0 - haircut) * value * (1.0 - position.term_share) * (1.0 - not_rolled)


@callee(optimize=True)
def sold_share(position: Position) -> float:
    """Share of the financed notes whose position was closed and settles at the next roll."""
    financed = position.face + position.unsettled_face
    if financed * position.unsettled_face > 0.0:
        return position.unsettled_face / financed
    return 0.0


@callee(optimize=True)
def new_share(position: Position) -> float:
    """Share of the notes that was bought (or sold short) and is financed for the first time at the next roll."""
    if position.face * position.unsettled_face < 0.0:
        return -position.unsettled_face / position.face
    return 0.0


@callee(optimize=True)
def term_surplus(position: Position) -> float:
    """Value after haircut of the notes that stay in a term loan, less what is owed on them; negative is a deficit."""
    value = (1.0 - position.haircut) * market_value(position) * position.term_share
    return value - (1.0 - sold_share(position)) * (position.term + position.term_interest)


@callee(optimize=True)
def open_day(world: World, event: Event) -> None:
    """Pay the night's interest on cash and margin, and the coupons that have fallen due."""
    clock = world.clock[0]
    clock.calls_due, clock.funding_cause = event.calls_due, -1
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
def charge_overdraft(world: World, f: int) -> None:
    """What cash does not cover of interest, and of coupons on notes sold short, is lent by the credit bank.

    It lends that much beyond the line if need be.
    """
    fund = world.funds[f]
    overdraft = -fund.cash
    if overdraft > 0.0:
        fund.credit_drawn += overdraft
        transfer(world, f, fund_row(world, f), CashLine.CREDIT_LINE, Party.CREDIT_BANK, overdraft)
        log(world, LogEvent.CREDIT_DRAWN, f, -1, overdraft, -1)


@callee
def pay_coupon(world: World, p: int) -> None:
    """The Treasury pays the holder of record, who has it from whoever sold the note short."""
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
def roll_fund(world: World, f: int) -> None:
    """Roll all of a fund's loans as one payment; what its cash cannot cover stays owed until clearing has paid."""
    fund, clock = world.funds[f], world.clock[0]
    net, outflow = 0.0, 0.0
    for p in range(fund.first, fund.last):
        mature_term(world.positions[p], clock.value_date)
        flow = roll_flow(world.positions[p], clock.not_rolled)
        net += flow
        outflow += max(-flow, 0.0)
    # Clearing has the first claim on cash: what it is owed this morning is not there to pay lenders with.
    shortfall = min(max(clearing_due(world, f) - fund.cash - net, 0.0), outflow)
    shortfall = math.ceil(shortfall * 100.0) / 100.0  # whole cents, so that rounding leaves no negative balance
    for p in range(fund.first, fund.last):
        kept = 0.0
        if shortfall > 0.0:
            kept = shortfall * max(-roll_flow(world.positions[p], clock.not_rolled), 0.0) / outflow
        roll_position(world, p, kept)


@callee(optimize=True)
def clearing_due(world: World, f: int) -> float:
    """Cash that clearing houses take this morning: variation margin struck, initial margin lacking."""
    due = 0.0
    for house in range(Party.CLEARING_HOUSE, last_house(world) + 1):
        variation, excess = 0.0, 0.0
        for p in range(world.funds[f].first, world.funds[f].last):
            if house_of(world, p) == house:
                variation += world.positions[p].variation_due
                excess += margin_excess(world, p)
        due += max(-variation, 0.0) + max(-excess, 0.0)
    return due


@callee
def mature_term(position: Position, today: int) -> None:
    """A maturing term loan is financed overnight from today."""
    if position.term_share > 0.0 and today >= position.term_maturity:
        position.overnight += position.term
        position.overnight_interest += position.term_interest
        position.term = position.term_interest = position.term_share = position.called = 0.0


@callee(optimize=True)
def roll_flow(position: Position, not_rolled: float) -> float:
    """Cash a position brings (+) or needs (-) at the roll."""
    sold = sold_share(position)
    repaid = position.overnight + position.overnight_interest + sold * (position.term + position.term_interest)
    return position.unsettled - repaid + lendable(position, position.haircut, not_rolled)


@callee(optimize=True)
def roll_position(world: World, p: int, kept: float) -> None:
    """Book one position's roll, line by line; ``kept`` stays owed because the fund cannot pay it."""
    position, clock = world.positions[p], world.clock[0]
    sold, old = sold_share(position), 1.0 - new_share(position)
    before_haircut = old * lendable(position, position.financed_haircut, position.financed_roll)
    before_roll = old * lendable(position, position.haircut, position.financed_roll)
    lent = lendable(position, position.haircut, clock.not_rolled)
    target = old * lent
    remargin = before_haircut - position.overnight * (1.0 - sold) + kept
    sales = position.unsettled - sold * (position.overnight + position.term) + (lent - target)
    interest = position.overnight_interest + sold * position.term_interest
    pay_line(world, p, CashLine.SALES, sales, Party.DEALERS, position.unsettled)
    pay_line(world, p, CashLine.REPO_INTEREST, -interest, Party.REPO_LENDER, -interest)
    pay_line(world, p, CashLine.HAIRCUT, before_roll - before_haircut, Party.REPO_LENDER, before_roll - before_haircut)
    pay_line(world, p, CashLine.REPO_NOT_ROLLED, target - before_roll, Party.REPO_LENDER, target - before_roll)
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
def pay_line(world: World, p: int, line: int, amount: float, party: int, from_party: float) -> None:
    """Book a line whose cash comes from a named party, and whatever is left of it from repo lenders."""
    fund = world.positions[p].fund
    if from_party != 0.0:
        transfer(world, fund, p, line, party, from_party)
    if amount != from_party:
        transfer(world, fund, p, line, Party.REPO_LENDER, amount - from_party)


@callee(optimize=True)
def mark_term_loans(world: World) -> None:
    """Call the deficit of term loans whose collateral has fallen beyond the threshold."""
    for f in range(len(world.funds)):
        fund = world.funds[f]
        if fund.status != Status.ACTIVE:
            continue
        called = 0.0
        for p in range(fund.first, fund.last):
            position = world.positions[p]
            deficit = -term_surplus(position)
            threshold = position.repo_threshold * market_value(position) * position.term_share
            position.called = 0.0
            if position.term_share > 0.0 and deficit > threshold + 0.01:  # less than a cent is rounding
                position.called = deficit
                called += deficit
        if called > 0.0:
            raised = log(world, LogEvent.CALL_RAISED, f, -1, called, world.clock[0].price_cause)
            name_claim(world, raised, Claim.REPO_MARGIN, Party.REPO_LENDER)
            push(world, EventKind.REPO_CALL, world.clock[0].calls_due, f, -1, raised)


@callee
def change_haircuts(world: World, event: Event) -> None:
    """Lenders ask ``value`` more (or less) haircut than at entry, in one contract or in all."""
    world.clock[0].funding_cause = log(world, LogEvent.HAIRCUT_CHANGE, event.fund, -1, event.value, -1)
    name_contract(world, world.clock[0].funding_cause, event.contract)
    for p in range(len(world.positions)):
        position = world.positions[p]
        if event.contract < 0 or event.contract == position.contract:
            position.haircut = position.base_haircut + event.value
