"""The ledger: every cent moves between two parties, under a named line; what a fund is worth; the event log."""

from basis_engine.base.compile import callee
from basis_engine.simulation.names import CashLine, Claim, LogEvent, Party, PnlLine, Status
from basis_engine.simulation.rows import Fund, Position
from basis_engine.simulation.world import World


@callee(optimize=True)
def transfer(world: World, fund_index: int, row: int, line: int, party: int, amount: float) -> None:
    """Pay a fund (amount > 0) out of a party's cash, or the party out of the fund's."""
    fund = world.funds[fund_index]
    fund.cash += amount
    world.parties[party].cash -= amount
    day = world.clock[0].day
    if day < len(world.cash_flows):
        world.cash_flows[day, row, line] += amount


@callee(optimize=True)
def between(world: World, payer: int, receiver: int, amount: float) -> None:
    """Move cash between two parties that are not funds."""
    world.parties[payer].cash -= amount
    world.parties[receiver].cash += amount


@callee(optimize=True)
def attribute(world: World, row: int, line: int, amount: float) -> None:
    """Explain a change in equity."""
    day = world.clock[0].day
    world.profit[row, line] += amount
    if day < len(world.attribution):
        world.attribution[day, row, line] += amount


@callee(optimize=True)
def fund_row(world: World, fund_index: int) -> int:
    """Row of flows that belong to a fund and to none of its positions."""
    return len(world.positions) + fund_index


@callee(optimize=True)
def market_value(position: Position) -> float:
    """Dirty value of the notes at the last mark, for regular settlement."""
    return position.face * (position.clean + position.accrued) / 100.0


@callee(optimize=True)
def repo_owed(position: Position) -> float:
    """Principal and interest accrued to the value date, overnight and term."""
    return position.overnight + position.overnight_interest + position.term + position.term_interest


@callee(optimize=True)
def position_equity(position: Position) -> float:
    """What a position is worth to its fund: notes and receivables, less repo, plus what clearing holds."""
    assets = market_value(position) + position.coupon_receivable + position.unsettled
    clearing = position.margin_posted + position.variation_open + position.variation_due
    return assets - repo_owed(position) + clearing


@callee(inline=True)
def equity(world: World, fund: Fund) -> float:
    """Equity = cash + notes - repo owed + margin posted + unsettled variation margin - credit drawn and owed."""
    total = fund.cash - fund.credit_drawn - fund.elsewhere
    for p in range(fund.first, fund.last):
        total += position_equity(world.positions[p])
    return total


@callee(optimize=True)
def book_value(world: World, fund: Fund) -> float:
    """Dirty value of all of a fund's notes, those sold short counted like those held."""
    total = 0.0
    for p in range(fund.first, fund.last):
        total += abs(market_value(world.positions[p]))
    return total


@callee(optimize=True)
def house_of(world: World, p: int) -> int:
    """Which house clears a position's contract."""
    if world.contracts[world.positions[p].contract].swap:
        return Party.SWAP_HOUSE
    return Party.CLEARING_HOUSE


@callee(optimize=True)
def last_house(world: World) -> int:
    """The last of the houses that clear any contract of the run: that of swaps if there are any."""
    for c in range(len(world.contracts)):
        if world.contracts[c].swap:
            return Party.SWAP_HOUSE
    return Party.CLEARING_HOUSE


@callee(optimize=True)
def margin_excess(world: World, p: int) -> float:
    """Initial margin posted beyond what its house asks today."""
    position = world.positions[p]
    return position.margin_posted - abs(position.contracts) * world.contracts[position.contract].initial_margin


@callee(optimize=True)
def settle_coupon(world: World, p: int) -> None:
    """Pay a coupon that is due; of notes that a failed fund sold short, their lender pays it and is owed it."""
    position = world.positions[p]
    due = position.coupon_receivable
    position.coupon_receivable = 0.0
    if due >= 0.0 or world.funds[position.fund].status == Status.ACTIVE:
        transfer(world, position.fund, p, CashLine.COUPON, Party.TREASURY, due)
    else:
        between(world, Party.REPO_LENDER, Party.TREASURY, -due)
        position.overnight -= due


@callee(optimize=True)
def log(world: World, what: int, fund: int, position: int, amount: float, cause: int) -> int:
    """Write a row of the event log and return its number; rows past the end are counted, not written."""
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
def name_claim(world: World, number: int, claim: int, party: int) -> None:
    """Say which claim, and whose, a log row is about."""
    if number < len(world.log):
        world.log[number].claim = claim
        world.log[number].party = party


@callee(optimize=True)
def name_contract(world: World, number: int, contract: int) -> None:
    """Say which contract a log row is about."""
    if number < len(world.log):
        world.log[number].contract = contract


@callee(optimize=True)
def write_off(world: World, fund_index: int, party: int, amount: float, cause: int) -> None:
    """A claim that the estate cannot pay: the party's loss, and the fund's relief."""
    if amount > 0.0:
        world.parties[party].loss += amount
        outcome = world.outcomes[fund_index]
        outcome.loss_beyond_equity += amount
        outcome.equity += amount  # of the evening before: what others bear is no profit of the day's
        attribute(world, fund_row(world, fund_index), PnlLine.DEFAULT_LOSS, amount)
        number = log(world, LogEvent.LOSS, fund_index, -1, amount, cause)
        name_claim(world, number, Claim.NONE, party)


@callee(optimize=True)
def pay_estate(world: World, fund_index: int, party: int, claim: float) -> float:
    """Pay a claim out of what is left of a fund's cash; returns what stays unpaid."""
    paid = min(claim, max(world.funds[fund_index].cash, 0.0))
    transfer(world, fund_index, fund_row(world, fund_index), CashLine.ESTATE, party, -paid)
    return claim - paid
