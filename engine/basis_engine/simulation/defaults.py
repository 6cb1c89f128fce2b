"""Default: the legs are seized and sold separately at the market's depth; unpaid claims are their owners' losses.

Clearing members guarantee futures, repo lenders hold the notes. After its default a fund decides nothing: its notes and
futures belong to those who seized them, and the estate keeps what is left after all claims.
"""

import math

from basis_engine.base.compile import callee
from basis_engine.base.units import BasisPoints, Index, Usd, Word
from basis_engine.simulation.dealers import buy_from_fund
from basis_engine.simulation.ledger import (
    attribute,
    between,
    capped_cost,
    clearing_house_of,
    fund_row,
    log,
    name_claim,
    pay_estate,
    repo_owed,
    settle_coupon,
    transfer,
    write_off,
)
from basis_engine.simulation.names import CashLine, Claim, EventKind, LogEvent, Party, PnlLine, Status
from basis_engine.simulation.queue import push
from basis_engine.simulation.rows import Event, Position
from basis_engine.simulation.world import World


@callee
def begin_default(world: World, f: Index, cause: Index) -> None:
    """Put a fund in default: settle its trades into the estate, stop interest, start seizures at the next mark."""
    fund, clock = world.funds[f], world.clock[0]
    number = log(world, LogEvent.DEFAULT, f, -1, 0.0, cause)
    fund.status, fund.default_cause = Status.LIQUIDATING, number
    first_slice = clock.next_mark
    if clock.now == world.market.marks[clock.mark].time:
        first_slice = clock.now
    for p in range(fund.first, fund.last):
        position = world.positions[p]
        transfer(world, f, p, CashLine.SALES, Party.DEALERS, max(position.unsettled, 0.0))
        # The lender against the notes pays for purchases that are not settled yet.
        between(world, Party.REPO_LENDER, Party.DEALERS, max(-position.unsettled, 0.0))
        position.overnight += max(-position.unsettled, 0.0)
        position.unsettled = position.unsettled_face = position.order = 0.0
        position.overnight_rate = position.term_rate = 0.0
        push(world, EventKind.SEIZURE_SLICE, first_slice, f, p, number)


@callee
def seize(world: World, event: Event, without_limit: bool) -> None:
    """Sell a slice of each leg; after the fund's last leg, settle its estate."""
    position = world.positions[event.position]
    fund = world.funds[position.fund]
    if fund.status != Status.LIQUIDATING:
        return
    limit = world.contracts[position.contract].depth * fund.depth_share
    if without_limit or limit <= 0.0:
        limit = max(abs(position.face), abs(position.contracts) * world.contracts[position.contract].notional)
    close_futures(world, event.position, limit, event.cause)
    close_notes(world, event.position, math.copysign(min(limit, abs(position.face)), position.face), event.cause)
    if position.face != 0.0 or position.contracts != 0.0:
        push(world, EventKind.SEIZURE_SLICE, world.clock[0].next_mark, position.fund, event.position, event.cause)
    elif all_closed(world, position.fund):
        settle_estate(world, position.fund)


@callee
def seizure_cost(world: World, position: Position, base: BasisPoints, face: Usd) -> BasisPoints:
    """Return the cost of selling a seized leg, basis points of price."""
    contract = world.contracts[position.contract]
    return capped_cost(contract.seizure_cost * (base + contract.impact * face / 1e9))


@callee
def close_futures(world: World, p: Index, limit: Usd, cause: Index) -> None:
    """Close a slice of futures for the clearing member; the cost is added to variation margin."""
    position = world.positions[p]
    contract = world.contracts[position.contract]
    face = abs(position.contracts) * contract.notional
    if face <= 0.0:
        return
    share = min(limit / face, 1.0)
    cost = seizure_cost(world, position, contract.futures_cost, share * face) / 1e4
    loss = share * abs(position.contracts) * contract.point_value * contract.futures * cost
    position.contracts -= share * position.contracts
    position.variation_open -= loss
    attribute(world, p, PnlLine.COST, -loss)
    number = log(world, LogEvent.SEIZURE, position.fund, p, share * face, cause)
    name_claim(world, number, Claim.VARIATION_MARGIN, Party.CLEARING_MEMBER)


@callee
def close_notes(world: World, p: Index, face: Usd, cause: Index) -> None:
    """Sell a slice of notes for the repo lender, or buy back a slice sold short (face < 0), and settle its loan."""
    position = world.positions[p]
    if face == 0.0:
        return
    cost = seizure_cost(world, position, world.contracts[position.contract].bond_cost, abs(face)) / 1e4
    price = position.clean * (1.0 - math.copysign(cost, face))
    proceeds = face * (price + position.accrued) / 100.0
    position.face -= face
    world.outcomes[position.fund].seized += abs(face)
    world.outcomes[position.fund].seizure_proceeds += proceeds
    attribute(world, p, PnlLine.COST, face * (price - position.clean) / 100.0)
    buy_from_fund(world, position.fund, proceeds)
    keep_proceeds(world, p, proceeds)
    number = log(world, LogEvent.SEIZURE, position.fund, p, abs(face), cause)
    name_claim(world, number, Claim.REPO_MARGIN, Party.REPO_LENDER)


@callee
def keep_proceeds(world: World, p: Index, proceeds: Usd) -> None:
    """Pay the repo lender for the notes it seized: it keeps what it is owed, the rest goes to the estate."""
    position = world.positions[p]
    between(world, Party.DEALERS, Party.REPO_LENDER, proceeds)
    surplus = repay(position, proceeds)
    transfer(world, position.fund, p, CashLine.ESTATE, Party.REPO_LENDER, surplus)


@callee
def repay(position: Position, proceeds: Usd) -> Usd:
    """Apply proceeds to interest, then principal; return what is left, USD.

    The cash lent against notes sold short pays for their purchase (proceeds < 0).
    """
    if proceeds < 0.0:
        position.overnight -= proceeds
        return 0.0
    paid = min(proceeds, position.overnight_interest)
    position.overnight_interest -= paid
    proceeds -= paid
    paid = min(proceeds, position.term_interest)
    position.term_interest -= paid
    proceeds -= paid
    paid = min(proceeds, position.overnight)
    position.overnight -= paid
    proceeds -= paid
    paid = min(proceeds, position.term)
    position.term -= paid
    proceeds -= paid
    return proceeds


@callee
def all_closed(world: World, f: Index) -> bool:
    """Return whether every leg of a fund has been sold or closed."""
    fund = world.funds[f]
    for p in range(fund.first, fund.last):
        if world.positions[p].face != 0.0 or world.positions[p].contracts != 0.0:
            return False
    return True


@callee
def settle_estate(world: World, f: Index) -> None:
    """Pay claims in order (clearing, repo lenders, credit bank, other losses); write off the rest."""
    fund = world.funds[f]
    futures, swaps = clearing_balance(world, f, Party.CLEARING_HOUSE), clearing_balance(world, f, Party.SWAP_HOUSE)
    lenders = 0.0
    for p in range(fund.first, fund.last):
        position = world.positions[p]
        settle_coupon(world, p)
        position.lender_loss = max(repo_owed(position), 0.0)
        lenders += position.lender_loss
        transfer(world, f, p, CashLine.ESTATE, Party.REPO_LENDER, max(-repo_owed(position), 0.0))
        position.margin_posted = position.variation_open = position.variation_due = 0.0
        position.overnight = position.overnight_interest = position.term = position.term_interest = 0.0
        position.unmet = position.called = 0.0
    transfer(world, f, fund_row(world, f), CashLine.ESTATE, Party.CLEARING_HOUSE, max(futures, 0.0))
    transfer(world, f, fund_row(world, f), CashLine.ESTATE, Party.SWAP_HOUSE, max(swaps, 0.0))
    unpaid_clearing = pay_clearing_house(world, f, Party.CLEARING_HOUSE, max(-futures, 0.0))
    unpaid_clearing += pay_clearing_house(world, f, Party.SWAP_HOUSE, max(-swaps, 0.0))
    unpaid_lenders = pay_estate(world, f, Party.REPO_LENDER, lenders)
    for p in range(fund.first, fund.last):
        world.positions[p].lender_loss *= unpaid_lenders / max(lenders, 1e-300)
    unpaid_credit = pay_estate(world, f, Party.CREDIT_BANK, fund.credit_drawn)
    unpaid_other_loss = pay_estate(world, f, Party.OTHER_MARKETS, fund.other_loss_owed)
    fund.credit_drawn = fund.other_loss_owed = 0.0
    fund.clearing_loss, fund.credit_loss = unpaid_clearing, unpaid_credit
    fund.status = Status.CLOSED
    settled = log(world, LogEvent.ESTATE_SETTLED, f, -1, fund.cash, fund.default_cause)
    write_off(world, f, Party.CLEARING_MEMBER, unpaid_clearing, settled)
    write_off(world, f, Party.REPO_LENDER, unpaid_lenders, settled)
    write_off(world, f, Party.CREDIT_BANK, unpaid_credit, settled)
    write_off(world, f, Party.OTHER_MARKETS, unpaid_other_loss, settled)


@callee
def clearing_balance(world: World, f: Index, clearing_house: Word) -> Usd:
    """Return what a clearing house holds for a fund less what the fund owes it, USD."""
    balance = 0.0
    for p in range(world.funds[f].first, world.funds[f].last):
        position = world.positions[p]
        if clearing_house_of(world, p) == clearing_house:
            balance += position.margin_posted + position.variation_open + position.variation_due
    return balance


@callee
def pay_clearing_house(world: World, f: Index, clearing_house: Word, claim: Usd) -> Usd:
    """Pay a clearing house from the estate; its member pays the rest, which is returned, USD."""
    unpaid = pay_estate(world, f, clearing_house, claim)
    between(world, Party.CLEARING_MEMBER, clearing_house, unpaid)
    return unpaid
