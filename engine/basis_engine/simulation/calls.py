"""Calls: raised with a deadline, cured from cash, then credit, then over-collateral called back; else failed."""

import math

from basis_engine.base.compile import callee
from basis_engine.simulation.defaults import begin_default
from basis_engine.simulation.ledger import attribute, fund_row, house_of, log, margin_excess, name_claim, transfer
from basis_engine.simulation.names import CashLine, Claim, EventKind, LogEvent, Party, PnlLine, Status
from basis_engine.simulation.outcome import note_call, note_default
from basis_engine.simulation.queue import push
from basis_engine.simulation.repo import term_surplus
from basis_engine.simulation.rows import Event
from basis_engine.simulation.world import World


@callee
def cents(amount: float) -> float:
    """An amount rounded up to whole cents: what one draws to cover it."""
    return math.ceil(max(amount, 0.0) * 100.0) / 100.0


@callee
def draw_credit(world: World, f: int, amount: float, cause: int) -> None:
    """Draw on the committed credit line as far as it goes."""
    fund = world.funds[f]
    drawn = min(cents(amount - fund.cash), fund.credit_line - fund.credit_drawn)
    if drawn > 0.0:
        fund.credit_drawn += drawn
        transfer(world, f, fund_row(world, f), CashLine.CREDIT_LINE, Party.CREDIT_BANK, drawn)
        log(world, LogEvent.CREDIT_DRAWN, f, -1, drawn, cause)


@callee
def recall_excess_collateral(world: World, f: int, amount: float, cause: int) -> None:
    """Borrow against what term lenders hold beyond their haircut."""
    fund = world.funds[f]
    for p in range(fund.first, fund.last):
        position = world.positions[p]
        returned = min(cents(amount - fund.cash), fund.call_back * max(term_surplus(position), 0.0))
        if position.term_share > 0.0 and returned > 0.0:
            position.term += returned
            transfer(world, f, p, CashLine.REPO_REMARGIN, Party.REPO_LENDER, returned)
            log(world, LogEvent.COLLATERAL_RECALLED, f, p, returned, cause)


@callee
def raise_cash(world: World, f: int, amount: float, cause: int) -> bool:
    """Bring cash up to an amount from credit, then from over-collateral; says whether it is enough."""
    fund = world.funds[f]
    if fund.cash < amount:
        draw_credit(world, f, amount, cause)
    if fund.cash < amount:
        recall_excess_collateral(world, f, amount, cause)
    return fund.cash >= amount


@callee
def meet_call(world: World, f: int, amount: float, claim: int, cause: int) -> bool:
    """Find the cash for a call that is due; a fund that cannot is in default (sales were made the day before)."""
    fund = world.funds[f]
    fund.calls += 1
    fund.largest_call = max(fund.largest_call, amount)
    note_call(world, f, amount, claim)
    if not raise_cash(world, f, amount, cause):
        failed = log(world, LogEvent.CALL_FAILED, f, -1, amount, cause)
        name_claim(world, failed, claim, Party.NONE)
        note_default(world, f, claim)
        begin_default(world, f, failed)
        return False
    fund.calls_paid += amount
    paid = log(world, LogEvent.CALL_PAID, f, -1, amount, cause)
    name_claim(world, paid, claim, Party.NONE)
    return True


@callee
def settle_variation(world: World, event: Event) -> None:
    """Pay or collect the variation margin struck at the last clearing cycle, all contracts of a house netted."""
    f, house = event.fund, event.party
    fund = world.funds[f]
    if fund.status != Status.ACTIVE:
        return
    net = 0.0
    for p in range(fund.first, fund.last):
        if house_of(world, p) == house:
            net += world.positions[p].variation_due
    if net < 0.0 and not meet_call(world, f, -net, Claim.VARIATION_MARGIN, event.cause):
        return
    for p in range(fund.first, fund.last):
        position = world.positions[p]
        if house_of(world, p) == house:
            transfer(world, f, p, CashLine.VARIATION_MARGIN, house, position.variation_due)
            position.variation_due = 0.0


@callee
def settle_initial(world: World, event: Event) -> None:
    """Post or take back initial margin, all contracts of a house netted."""
    f, house = event.fund, event.party
    fund = world.funds[f]
    if fund.status != Status.ACTIVE:
        return
    net = 0.0
    for p in range(fund.first, fund.last):
        if house_of(world, p) == house:
            net += margin_excess(world, p)
    if net < 0.0 and event.kind == EventKind.MARGIN_RELEASE:
        return  # a rise called since: its call falls due in its own turn
    if net < 0.0 and not meet_call(world, f, -net, Claim.INITIAL_MARGIN, event.cause):
        return
    for p in range(fund.first, fund.last):
        if house_of(world, p) == house:
            excess = margin_excess(world, p)
            transfer(world, f, p, CashLine.INITIAL_MARGIN, house, excess)
            world.positions[p].margin_posted -= excess


@callee
def present_shortfalls(world: World) -> None:
    """Pay what the morning's roll left owed, now that clearing has paid; the rest is called for tomorrow."""
    clock = world.clock[0]
    for f in range(len(world.funds)):
        owed = repo_due(world, f, True)
        if world.funds[f].status == Status.ACTIVE and owed > 0.0:
            cause = clock.price_cause
            if clock.funding_cause >= 0:
                cause = clock.funding_cause
            share = 1.0
            note_call(world, f, owed, Claim.REPO_MARGIN)
            if not raise_cash(world, f, owed, cause):
                share = (1.0 - 1e-14) * world.funds[f].cash / owed  # a hair less, so that rounding cannot overdraw
            left = owed - pay_repo(world, f, share, True)
            if left > 0.0 and world.funds[f].shortfall_due == 0:
                world.funds[f].shortfall_due = clock.calls_due
                raised = log(world, LogEvent.CALL_RAISED, f, -1, left, cause)
                name_claim(world, raised, Claim.REPO_MARGIN, Party.REPO_LENDER)
                push(world, EventKind.REPO_CALL, clock.calls_due, f, -1, raised)


@callee
def repo_due(world: World, f: int, shortfall: bool) -> float:
    """What a fund owes lenders beyond what they would lend: the roll's shortfall, or called term deficits."""
    owed = 0.0
    for p in range(world.funds[f].first, world.funds[f].last):
        if shortfall:
            owed += world.positions[p].unmet
        else:
            owed += world.positions[p].called
    return owed


@callee
def pay_repo(world: World, f: int, share: float, shortfall: bool) -> float:
    """Pay down a share of the roll's shortfall, or of called term deficits; returns what was paid."""
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
    """Pay called term deficits, and a shortfall of the roll whose deadline is here."""
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
def settle_elsewhere(world: World, event: Event) -> None:
    """Pay for losses in another business of the fund: cash that its Treasuries have to find."""
    f = event.fund
    fund = world.funds[f]
    if fund.status != Status.ACTIVE or fund.elsewhere <= 0.0:
        return
    if meet_call(world, f, fund.elsewhere, Claim.OTHER_LOSS, event.cause):
        transfer(world, f, fund_row(world, f), CashLine.OTHER_LOSS, Party.OTHER_MARKETS, -fund.elsewhere)
        fund.elsewhere = 0.0


@callee
def settle_redemption(world: World, event: Event) -> None:
    """Pay investors out as far as cash goes; the rest is gated and asked again the next morning."""
    f = event.fund
    fund = world.funds[f]
    if fund.status != Status.ACTIVE:
        return
    note_call(world, f, fund.redemption, Claim.REDEMPTION)
    paid = min(fund.redemption, fund.cash)
    fund.redemption -= paid
    transfer(world, f, fund_row(world, f), CashLine.CAPITAL, Party.OUTSIDE_INVESTORS, -paid)
    attribute(world, fund_row(world, f), PnlLine.CAPITAL, -paid)
    world.outcomes[f].equity -= paid  # of the evening before: what investors take out is no loss of the day's
    number = log(world, LogEvent.REDEMPTION, f, -1, -paid, event.cause)
    name_claim(world, number, Claim.REDEMPTION, Party.OUTSIDE_INVESTORS)
    if fund.redemption > 0.0:
        push(world, EventKind.REDEMPTION_CALL, world.clock[0].calls_due, f, -1, event.cause)
