"""Marks: update prices, revalue positions line by line, accrue repo interest; delivery and the end of the window."""

from basis_engine.base.compile import callee, kernel
from basis_engine.base.units import BasisPoints, Days, Index, Points, Rate, Usd
from basis_engine.simulation.dealers import dealer_dislocation, take_inventory
from basis_engine.simulation.defaults import begin_default, keep_proceeds, seize
from basis_engine.simulation.ledger import attribute, equity, log
from basis_engine.simulation.names import Constraint, LogEvent, PnlLine, PositionColumn, Status
from basis_engine.simulation.outcome import follow_mark, note_default
from basis_engine.simulation.rows import ContractRow, Event, Position
from basis_engine.simulation.world import World


@kernel
def cheapened(clean: Points, dislocation: BasisPoints) -> Points:
    """Return the price of a note, per 100 face, that is cheap against futures by a dislocation."""
    return clean * (1.0 - dislocation / 1e4)


@callee(optimize=True)
def mark(world: World, event: Event) -> None:
    """Reprice every position at a row of the market path, then every contract."""
    clock = world.clock[0]
    value_date = world.market.marks[event.mark].value_date
    days = value_date - clock.value_date
    clock.mark = event.mark
    clock.value_date = value_date
    clock.price_cause = log(world, LogEvent.PRICE_MOVE, -1, -1, 0.0, -1)
    if days > 0:
        take_inventory(world.dealers[0])
    for c in range(len(world.contracts)):
        contract = world.contracts[c]
        contract.dislocation = world.market.futures[clock.mark, c].dislocation + dealer_dislocation(world, contract)
    for p in range(len(world.positions)):
        mark_hedge(world, p)
        if days > 0:
            accrue_repo(world, p, days)
            accrue_coupon(world, p)
        reprice(world, p)
    for c in range(len(world.contracts)):
        world.contracts[c].futures = world.market.futures[clock.mark, c].price
    for f in range(len(world.funds)):
        if world.funds[f].status == Status.ACTIVE:
            check_solvency(world, f)


@callee(optimize=True)
def check_solvency(world: World, f: Index) -> None:
    """Follow the peak of equity; put a fund without equity in default."""
    fund = world.funds[f]
    worth = equity(world, fund)
    fund.peak_equity = max(fund.peak_equity, worth)
    follow_mark(world, f, worth)
    if worth <= 0.0:
        note_default(world, f, Constraint.INSOLVENCY)
        begin_default(world, f, log(world, LogEvent.INSOLVENCY, f, -1, worth, world.clock[0].price_cause))


@callee(optimize=True)
def hedge_gain(world: World, position: Position) -> Usd:
    """Return the gain of the hedge of overnight repo: share x owed x rise of expected policy x years to delivery."""
    hedged = world.funds[position.fund].financing_hedge * position.overnight
    return hedged * world.market.futures[world.clock[0].mark, position.contract].policy_gain


@callee(optimize=True)
def mark_hedge(world: World, p: Index) -> None:
    """Mark the hedge of overnight repo against policy; it is cleared with the futures, so it adds to their margin."""
    position = world.positions[p]
    gain = hedge_gain(world, position)
    position.variation_open += gain
    attribute(world, p, PnlLine.FINANCING_HEDGE, gain)


@callee(optimize=True)
def accrue_repo(world: World, p: Index, days: Days) -> None:
    """Accrue interest on repo to the new value date, actual/360."""
    position = world.positions[p]
    overnight = repo_interest(position.overnight, position.overnight_rate, days)
    term = repo_interest(position.term, position.term_rate, days)
    position.overnight_interest += overnight
    position.term_interest += term
    attribute(world, p, PnlLine.REPO_INTEREST, -overnight - term)


@callee(inline=True)
def repo_interest(principal: Usd, rate: Rate, days: Days) -> Usd:
    """Return the interest of a loan over some days, actual/360, USD."""
    return principal * rate * days / 360.0


@callee(optimize=True)
def accrue_coupon(world: World, p: Index) -> None:
    """Accrue the coupon to the new value date; a coupon that falls due until then becomes a receivable."""
    position = world.positions[p]
    quote = world.market.notes[world.clock[0].mark, position.bond]
    due = position.face * quote.coupon_due / 100.0
    attribute(world, p, PnlLine.COUPON_ACCRUAL, position.face * (quote.accrued - position.accrued) / 100.0 + due)
    position.coupon_receivable += due
    position.accrued = quote.accrued


@callee(optimize=True)
def reprice(world: World, p: Index) -> None:
    """Mark note and hedge; split the change into dislocation, convergence, swap spread and the residual, the curve."""
    position, m = world.positions[p], world.clock[0].mark
    contract = world.contracts[position.contract]
    note, future = world.market.notes[m, position.bond], world.market.futures[m, position.contract]
    per_point = position.contracts * contract.point_value
    gain = per_point * (future.price - contract.futures)
    position.variation_open += gain
    if position.committed:
        attribute(world, p, PnlLine.CURVE, gain)
        return
    clean = cheapened(note.clean, contract.dislocation)
    fair = position.face * (note.clean - position.undislocated) / 100.0
    total = position.face * (clean - position.clean) / 100.0
    convergence = position.face * note.convergence / 100.0
    attribute(world, p, PnlLine.DISLOCATION, total - fair)
    attribute(world, p, PnlLine.BASIS_CONVERGENCE, -convergence)
    if future.accrual != 0.0 or future.spread != 0.0:  # of swaps alone
        attribute(world, p, PnlLine.COUPON_ACCRUAL, per_point * future.accrual)
        attribute(world, p, PnlLine.SWAP_SPREAD, per_point * future.spread)
    attribute(world, p, PnlLine.CURVE, fair + gain + convergence - per_point * (future.accrual + future.spread))
    position.clean, position.undislocated = clean, note.clean
    split_curve(world, p, per_point * future.expected_repo, per_point * future.cheapest_switch)


@callee(inline=True)
def split_curve(world: World, p: Index, expected_repo: Usd, cheapest_switch: Usd) -> None:
    """Record the parts of the curve line that a run with a daily record tells apart; the rest is hedge residual."""
    day = world.clock[0].day
    if day < len(world.position_days):
        world.position_days[day, p, PositionColumn.EXPECTED_REPO] += expected_repo
        world.position_days[day, p, PositionColumn.CHEAPEST_SWITCH] += cheapest_switch


@callee
def commit_to_delivery(world: World, c: Index) -> None:
    """Fix the invoice price: futures cease to trade, and each note earns futures x factor at delivery."""
    contract: ContractRow = world.contracts[c]
    for p in range(len(world.positions)):
        position: Position = world.positions[p]
        if position.contract == c and position.contracts * position.face < 0.0:
            invoice = contract.futures * position.factor
            attribute(world, p, PnlLine.BASIS_CONVERGENCE, position.face * (invoice - position.clean) / 100.0)
            position.clean = position.undislocated = invoice
            position.contracts = 0.0
            position.committed = True
            log(world, LogEvent.FINAL_SETTLEMENT, position.fund, p, position.face, world.clock[0].price_cause)


@callee
def deliver(world: World, c: Index) -> None:
    """Deliver committed notes; the invoice amount settles at this morning's roll, or goes to a lender that seized."""
    for p in range(len(world.positions)):
        position = world.positions[p]
        if position.contract == c and position.committed and position.face != 0.0:
            invoice = position.face * (position.clean + position.accrued) / 100.0
            if world.funds[position.fund].status == Status.ACTIVE:
                position.unsettled += invoice
                position.unsettled_face += position.face
            else:
                keep_proceeds(world, p, invoice)
            log(world, LogEvent.DELIVERY, position.fund, p, invoice, -1)
            position.face = position.called = 0.0
            position.committed = False


@callee
def close_window(world: World) -> None:
    """Finish open liquidations at the last mark: every loss has an owner at the end of the window."""
    event = world.event[0]
    for f in range(len(world.funds)):
        if world.funds[f].status == Status.ACTIVE:
            check_solvency(world, f)
    ending = log(world, LogEvent.END_OF_WINDOW, -1, -1, 0.0, -1)
    for p in range(len(world.positions)):
        if world.funds[world.positions[p].fund].status == Status.LIQUIDATING:
            event.position, event.cause = p, ending
            seize(world, event, True)
