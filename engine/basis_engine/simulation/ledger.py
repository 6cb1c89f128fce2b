"""The ledger: every cent moves between two parties, under a named line; equity; the event log."""

from basis_engine.base.compile import callee
from basis_engine.base.units import BasisPoints, Index, Points, Share, Usd, Word
from basis_engine.simulation.names import CashLine, Claim, LogEvent, Party, PnlLine, Status
from basis_engine.simulation.rows import Fund, Position
from basis_engine.simulation.world import World

WHOLE_PRICE = 1e4
"""Basis points."""


@callee(optimize=True)
def transfer(world: World, fund_index: Index, row: Index, line: Word, party: Word, amount: Usd) -> None:
    """Pay an amount from a party to a fund (amount < 0: from the fund to the party)."""
    fund = world.funds[fund_index]
    fund.cash += amount
    world.parties[party].cash -= amount
    day = world.clock[0].day
    if day < len(world.cash_flows):
        world.cash_flows[day, row, line] += amount


@callee(optimize=True)
def between(world: World, payer: Word, receiver: Word, amount: Usd) -> None:
    """Move cash between two parties that are not funds."""
    world.parties[payer].cash -= amount
    world.parties[receiver].cash += amount


@callee(optimize=True)
def attribute(world: World, row: Index, line: Word, amount: Usd) -> None:
    """Attribute a change in equity to a profit line."""
    day = world.clock[0].day
    world.profit[row, line] += amount
    if day < len(world.attribution):
        world.attribution[day, row, line] += amount


@callee(optimize=True)
def capped_cost(cost: BasisPoints) -> BasisPoints:
    """Limit a cost of trading to the whole price: no sale fetches less than zero, basis points of price."""
    return min(cost, WHOLE_PRICE)


@callee(optimize=True)
def fund_row(world: World, fund_index: Index) -> int:
    """Return the row of flows that belong to a fund and to none of its positions."""
    return len(world.positions) + fund_index


@callee(inline=True)
def dirty_value(face: Usd, clean: Points, accrued: Points) -> Usd:
    """Return the value of notes with accrued interest, USD."""
    return face * (clean + accrued) / 100.0


@callee(optimize=True)
def market_value(position: Position) -> Usd:
    """Return the dirty value of the notes at the last mark, for regular settlement, USD."""
    return dirty_value(position.face, position.clean, position.accrued)


@callee(inline=True)
def advanced(value: Usd, haircut: Share, term_share: Share, not_rolled: Share) -> Usd:
    """Return what lenders advance overnight on the value of notes held, USD."""
    return (1.0 - haircut) * value * (1.0 - term_share) * (1.0 - not_rolled)


@callee(optimize=True)
def repo_owed(position: Position) -> Usd:
    """Return principal and interest accrued to the value date, overnight and term, USD."""
    return position.overnight + position.overnight_interest + position.term + position.term_interest


@callee(optimize=True)
def position_equity(position: Position) -> Usd:
    """Return a position's equity, USD: notes and receivables, less repo, plus margin posted and not yet settled."""
    assets = market_value(position) + position.coupon_receivable + position.unsettled
    clearing = position.margin_posted + position.variation_open + position.variation_due
    return assets - repo_owed(position) + clearing


@callee(inline=True)
def equity(world: World, fund: Fund) -> Usd:
    """Return cash + notes - repo + margin posted + unsettled variation - credit drawn - other losses owed, USD."""
    total = fund.cash - fund.credit_drawn - fund.other_loss_owed
    for p in range(fund.first, fund.last):
        total += position_equity(world.positions[p])
    return total


@callee(optimize=True)
def book_value(world: World, fund: Fund) -> Usd:
    """Return the dirty value of all of a fund's notes, short positions counted as positive, USD."""
    total = 0.0
    for p in range(fund.first, fund.last):
        total += abs(market_value(world.positions[p]))
    return total


@callee(optimize=True)
def clearing_house_of(world: World, p: Index) -> int:
    """Return the clearing house of a position's contract."""
    if world.contracts[world.positions[p].contract].swap:
        return Party.SWAP_HOUSE
    return Party.CLEARING_HOUSE


@callee(optimize=True)
def last_clearing_house(world: World) -> int:
    """Return the last clearing house of the run: that of swaps if there are any."""
    for c in range(len(world.contracts)):
        if world.contracts[c].swap:
            return Party.SWAP_HOUSE
    return Party.CLEARING_HOUSE


@callee(optimize=True)
def margin_excess(world: World, p: Index) -> Usd:
    """Return initial margin posted less that required today, USD."""
    position = world.positions[p]
    return position.margin_posted - abs(position.contracts) * world.contracts[position.contract].initial_margin


@callee(optimize=True)
def settle_coupon(world: World, p: Index) -> None:
    """Pay a coupon that is due; for notes that a failed fund sold short, the repo lender pays it and is owed it."""
    position = world.positions[p]
    due = position.coupon_receivable
    position.coupon_receivable = 0.0
    if due >= 0.0 or world.funds[position.fund].status == Status.ACTIVE:
        transfer(world, position.fund, p, CashLine.COUPON, Party.TREASURY, due)
    else:
        between(world, Party.REPO_LENDER, Party.TREASURY, -due)
        position.overnight -= due


@callee(optimize=True)
def log(world: World, what: Word, fund: Index, position: Index, amount: float, cause: Index) -> int:
    """Write a row of the event log and return its number; rows beyond the end are counted, not written."""
    clock = world.clock[0]
    number = clock.logged
    clock.logged += 1
    if number < len(world.log):
        row = world.log[number]
        row.time = clock.now
        row.what = what
        row.claim = Claim.NONE
        row.fund = fund
        row.position = position
        row.contract = -1
        row.party = Party.NONE
        row.cause = cause
        row.amount = amount
        if position >= 0:
            row.contract = world.positions[position].contract
    return number


@callee(optimize=True)
def name_claim(world: World, number: Index, claim: Word, party: Word) -> None:
    """Set the claim of a log row and the party that has it."""
    if number < len(world.log):
        world.log[number].claim = claim
        world.log[number].party = party


@callee(optimize=True)
def name_contract(world: World, number: Index, contract: Index) -> None:
    """Set the contract of a log row."""
    if number < len(world.log):
        world.log[number].contract = contract


@callee(optimize=True)
def write_off(world: World, fund_index: Index, party: Word, amount: Usd, cause: Index) -> None:
    """Write off a claim that the estate cannot pay: a loss of the party, and an increase of the fund's equity."""
    if amount > 0.0:
        world.parties[party].loss += amount
        outcome = world.outcomes[fund_index]
        outcome.loss_beyond_equity += amount
        outcome.equity += amount  # of the evening before: what others bear is no profit of the day
        attribute(world, fund_row(world, fund_index), PnlLine.DEFAULT_LOSS, amount)
        number = log(world, LogEvent.LOSS, fund_index, -1, amount, cause)
        name_claim(world, number, Claim.NONE, party)


@callee(optimize=True)
def pay_estate(world: World, fund_index: Index, party: Word, claim: Usd) -> Usd:
    """Pay a claim from a fund's remaining cash; return what stays unpaid, USD."""
    paid = min(claim, max(world.funds[fund_index].cash, 0.0))
    transfer(world, fund_index, fund_row(world, fund_index), CashLine.ESTATE, party, -paid)
    return claim - paid
