"""Calls on a fund: each is met at its deadline from cash, then credit, then excess collateral, or else it fails."""

import math

from basis_engine.base.compile import callee
from basis_engine.base.units import Index, Share, Usd, Word
from basis_engine.simulation.clearing import raise_call
from basis_engine.simulation.defaults import begin_default
from basis_engine.simulation.ledger import (
    attribute,
    clearing_house_of,
    fund_row,
    log,
    margin_excess,
    name_claim,
    transfer,
)
from basis_engine.simulation.names import CashLine, Claim, EventKind, LogEvent, Party, PnlLine, Status
from basis_engine.simulation.outcome import note_call, note_default, note_missed_call
from basis_engine.simulation.queue import push
from basis_engine.simulation.repo import term_surplus
from basis_engine.simulation.rows import Event
from basis_engine.simulation.world import World


@callee
def cents(amount: Usd) -> Usd:
    """Round an amount up to whole cents, USD."""
    return math.ceil(max(amount, 0.0) * 100.0) / 100.0


@callee
def draw_credit(world: World, f: Index, amount: Usd, cause: Index) -> None:
    """Draw on the committed credit line until cash reaches an amount or the line is used up."""
    fund = world.funds[f]
    drawn = min(cents(amount - fund.cash), fund.credit_line - fund.credit_drawn)
    if drawn > 0.0:
        fund.credit_drawn += drawn
        transfer(world, f, fund_row(world, f), CashLine.CREDIT_LINE, Party.CREDIT_BANK, drawn)
        log(world, LogEvent.CREDIT_DRAWN, f, -1, drawn, cause)


@callee
def recall_excess_collateral(world: World, f: Index, amount: Usd, cause: Index) -> None:
    """Borrow against collateral that term lenders hold beyond their haircut."""
    fund = world.funds[f]
    for p in range(fund.first, fund.last):
        position = world.positions[p]
        returned = min(cents(amount - fund.cash), fund.call_back * max(term_surplus(position), 0.0))
        if position.term_share > 0.0 and returned > 0.0:
            position.term += returned
            transfer(world, f, p, CashLine.REPO_REMARGIN, Party.REPO_LENDER, returned)
            log(world, LogEvent.COLLATERAL_RECALLED, f, p, returned, cause)


@callee
def raise_cash(world: World, f: Index, amount: Usd, cause: Index) -> bool:
    """Bring cash up to an amount from credit, then from excess collateral; return whether it is reached."""
    fund = world.funds[f]
    if fund.cash < amount:
        draw_credit(world, f, amount, cause)
    if fund.cash < amount:
        recall_excess_collateral(world, f, amount, cause)
    return fund.cash >= amount


@callee
def meet_call(world: World, f: Index, amount: Usd, claim: Word, cause: Index) -> bool:
    """Raise the cash for a call that is due; a fund that cannot defaults (its sales were made the day before)."""
    fund = world.funds[f]
    cash = fund.cash
    fund.calls += 1
    fund.largest_call = max(fund.largest_call, amount)
    note_call(world, f, amount, claim)
    if not raise_cash(world, f, amount, cause):
        failed = log(world, LogEvent.CALL_FAILED, f, -1, amount, cause)
        name_claim(world, failed, claim, Party.NONE)
        note_missed_call(world, f, amount, cash)
        note_default(world, f, claim)
        begin_default(world, f, failed)
        return False
    fund.calls_paid += amount
    paid = log(world, LogEvent.CALL_PAID, f, -1, amount, cause)
    name_claim(world, paid, claim, Party.NONE)
    return True


@callee
def settle_margin(world: World, event: Event) -> None:
    """Settle variation or initial margin with one clearing house, netted over a fund's positions."""
    f, clearing_house = event.fund, event.party
    fund = world.funds[f]
    initial = event.kind in (EventKind.MARGIN_RELEASE, EventKind.INITIAL_CALL)
    claim, line = Claim.VARIATION_MARGIN, CashLine.VARIATION_MARGIN
    if initial:
        claim, line = Claim.INITIAL_MARGIN, CashLine.INITIAL_MARGIN
    if fund.status != Status.ACTIVE:
        return
    net = 0.0
    for p in range(fund.first, fund.last):
        if clearing_house_of(world, p) == clearing_house:
            net += margin_flow(world, p, initial)
    if net < 0.0 and event.kind == EventKind.MARGIN_RELEASE:
        return  # a rise was called since then: its call falls due separately
    if net < 0.0 and not meet_call(world, f, -net, claim, event.cause):
        return
    for p in range(fund.first, fund.last):
        if clearing_house_of(world, p) == clearing_house:
            flow = margin_flow(world, p, initial)
            transfer(world, f, p, line, clearing_house, flow)
            if initial:
                world.positions[p].margin_posted -= flow
            else:
                world.positions[p].variation_due = 0.0


@callee
def margin_flow(world: World, p: Index, initial: bool) -> Usd:
    """Return the margin, initial or variation, that a clearing house pays (+) or takes (-) on a position, USD."""
    if initial:
        return margin_excess(world, p)
    return world.positions[p].variation_due


@callee
def present_shortfalls(world: World, event: Event) -> None:
    """Pay what the morning's roll left owed, after clearing has paid; call the rest for tomorrow."""
    for f in range(len(world.funds)):
        owed = repo_due(world, f, True)
        if world.funds[f].status == Status.ACTIVE and owed > 0.0:
            cause, share = world.funds[f].repo_cause, 1.0
            note_call(world, f, owed, Claim.REPO_MARGIN)
            if not raise_cash(world, f, owed, cause):
                share = (1.0 - 1e-14) * world.funds[f].cash / owed  # less by rounding, which could overdraw
            left = owed - pay_repo(world, f, share, True)
            if left > 0.0 and world.funds[f].shortfall_due == 0:
                world.funds[f].shortfall_due = event.calls_due
                raised = raise_call(world, f, left, Claim.REPO_MARGIN, Party.REPO_LENDER, cause)
                push(world, EventKind.REPO_CALL, event.calls_due, f, -1, raised)


@callee
def repo_due(world: World, f: Index, shortfall: bool) -> Usd:
    """Return what a fund owes lenders beyond what they lend, USD: the roll's shortfall, or called term deficits."""
    owed = 0.0
    for p in range(world.funds[f].first, world.funds[f].last):
        if shortfall:
            owed += world.positions[p].unmet
        else:
            owed += world.positions[p].called
    return owed


@callee
def pay_repo(world: World, f: Index, share: Share, shortfall: bool) -> Usd:
    """Pay a share of the roll's shortfall, or of called term deficits; return the amount, USD."""
    paid = 0.0
    for p in range(world.funds[f].first, world.funds[f].last):
        position = world.positions[p]
        amount = share * position.called
        if shortfall:
            amount = share * position.unmet
            position.overnight -= amount
            position.unmet -= amount
        else:
            position.term -= amount
            position.called -= amount
        transfer(world, f, p, CashLine.REPO_REMARGIN, Party.REPO_LENDER, -amount)
        paid += amount
    return paid


@callee
def settle_repo_call(world: World, event: Event) -> None:
    """Pay called term deficits, and a shortfall of the roll that is due."""
    f = event.fund
    fund = world.funds[f]
    if fund.status != Status.ACTIVE:
        return
    overdue = fund.shortfall_due > 0 and fund.shortfall_due <= world.clock[0].now
    owed = repo_due(world, f, False)
    if overdue:
        owed += repo_due(world, f, True)
        fund.shortfall_due = 0
    if owed <= 0.0:
        cured = log(world, LogEvent.CALL_CURED, f, -1, 0.0, event.cause)
        name_claim(world, cured, Claim.REPO_MARGIN, Party.REPO_LENDER)
    elif meet_call(world, f, owed, Claim.REPO_MARGIN, event.cause):
        pay_repo(world, f, 1.0, False)
        if overdue:
            pay_repo(world, f, 1.0, True)


@callee
def request_redemption(world: World, event: Event) -> None:
    """Book a redemption request, due with the next calls."""
    fund = world.funds[event.fund]
    if fund.status == Status.ACTIVE:
        fund.redemption += event.value
        fund.redemption_cause = log(world, LogEvent.REDEMPTION, event.fund, -1, event.value, -1)
        push(world, EventKind.REDEMPTION_CALL, world.clock[0].calls_due, event.fund, -1, fund.redemption_cause)


@callee
def roll_cost(world: World, event: Event) -> float:
    """Cost of leaving both legs of a contract and entering them again, USD: two half spreads of each."""
    contract, cost = world.contracts[event.contract], 0.0
    for p in range(world.funds[event.fund].first, world.funds[event.fund].last):
        position = world.positions[p]
        if position.contract == event.contract:
            cost += 2e-4 * abs(position.face) * contract.bond_cost
            cost += 2e-4 * abs(position.contracts) * contract.notional * contract.futures_cost
    return cost


@callee
def book_other_loss(world: World, event: Event) -> None:
    """Book a loss in the fund's other business (equities, margin of another market), due with the next calls.

    With a contract it is the cost of rolling the fund's positions in it into the next month.
    """
    fund = world.funds[event.fund]
    if fund.status == Status.ACTIVE:
        rolls = event.contract >= 0
        lost = roll_cost(world, event) if rolls else event.value + event.second_value * fund.entry_equity
        if rolls and lost <= 0.0:
            return
        fund.other_loss_owed += lost
        attribute(world, fund_row(world, event.fund), PnlLine.COST if rolls else PnlLine.OTHER_LOSS, -lost)
        what = LogEvent.CONTRACT_ROLL if rolls else LogEvent.OTHER_LOSS
        fund.other_loss_cause = log(world, what, event.fund, event.contract, lost, -1)
        push(world, EventKind.OTHER_LOSS_CALL, event.calls_due, event.fund, -1, fund.other_loss_cause)


@callee
def settle_other_loss(world: World, event: Event) -> None:
    """Pay the losses of the fund's other business."""
    f = event.fund
    fund = world.funds[f]
    if fund.status != Status.ACTIVE or fund.other_loss_owed <= 0.0:
        return
    if meet_call(world, f, fund.other_loss_owed, Claim.OTHER_LOSS, event.cause):
        transfer(world, f, fund_row(world, f), CashLine.OTHER_LOSS, Party.OTHER_MARKETS, -fund.other_loss_owed)
        fund.other_loss_owed = 0.0


@callee
def settle_redemption(world: World, event: Event) -> None:
    """Pay a redemption as far as cash goes; the rest waits until the next morning."""
    f = event.fund
    fund = world.funds[f]
    if fund.status != Status.ACTIVE:
        return
    note_call(world, f, fund.redemption, Claim.REDEMPTION)
    paid = min(fund.redemption, fund.cash)
    fund.redemption -= paid
    transfer(world, f, fund_row(world, f), CashLine.CAPITAL, Party.OUTSIDE_INVESTORS, -paid)
    attribute(world, fund_row(world, f), PnlLine.CAPITAL, -paid)
    world.outcomes[f].equity -= paid  # of the evening before: a redemption is no loss of the day
    number = log(world, LogEvent.REDEMPTION, f, -1, -paid, event.cause)
    name_claim(world, number, Claim.REDEMPTION, Party.OUTSIDE_INVESTORS)
    if fund.redemption > 0.0:
        push(world, EventKind.REDEMPTION_CALL, world.clock[0].calls_due, f, -1, event.cause)
