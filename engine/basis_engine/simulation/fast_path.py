"""The fast path for routine days: it processes the fixed events of a day of one fund without the event loop.

It writes exactly the bytes that the event loop would write. Before any event that is not routine (a dated event, a cash
balance that does not cover a claim, a loan that is not rolled in full, a breached limit) it stops; everything before is
then processed and nothing after, and the event loop continues. Each function below names the events that it replaces.

The fast path serves only runs that keep outcomes alone: they write no log and no daily record. A fund-day takes 50 ns
instead of 260 ns, attribution included.
"""

from basis_engine.base.compile import callee
from basis_engine.base.units import Days, Index, Usd
from basis_engine.simulation.dealers import dealer_dislocation, take_inventory
from basis_engine.simulation.ledger import fund_row, margin_excess, market_value, position_equity
from basis_engine.simulation.marks import cheapened, check_solvency, hedge_gain
from basis_engine.simulation.names import Claim, EventKind, Party, PnlLine, Status, Unwind
from basis_engine.simulation.outcome import follow_day, follow_mark, note_call
from basis_engine.simulation.queue import pop, push_claim
from basis_engine.simulation.repo import lendable, term_surplus
from basis_engine.simulation.rows import Position
from basis_engine.simulation.schedule import ROUTINE
from basis_engine.simulation.unwind import clearing_flow, repo_flow, value_at_risk
from basis_engine.simulation.world import World

# Places of the events of a routine day, counted from its opening.
AT_ROLL = ROUTINE.index(EventKind.REPO_ROLL)
AT_SHORTFALL = ROUTINE.index(EventKind.REPO_SHORTFALL)
AT_MARK = ROUTINE.index(EventKind.MARK)
AT_SETTLEMENT = ROUTINE.index(EventKind.SETTLEMENT)
AT_REPO_MARK = ROUTINE.index(EventKind.REPO_MARK)
AT_LIMITS = ROUTINE.index(EventKind.RISK_LIMITS)
EVENTS_OF_A_DAY = len(ROUTINE)
"""The last day of a run has one event more, the end of the window, which is logged."""


@callee
def process_routine_days(world: World) -> None:
    """Process routine days until the first non-routine one, then return to the event loop."""
    if len(world.funds) == 1 and len(world.log) == 0 and len(world.fund_days) == 0:
        while (
            is_routine_day(world) and open_routine_day(world) and mark_routine_day(world) and close_routine_day(world)
        ):
            pass


@callee(inline=True, optimize=True)
def is_routine_day(world: World) -> bool:
    """Return whether the next day is routine by its schedule, and only last night's variation margin is due."""
    clock, fund = world.clock[0], world.funds[0]
    if clock.scheduled >= len(world.schedule) or world.schedule[clock.scheduled].routine == 0:
        return False
    if fund.status != Status.ACTIVE or fund.credit_drawn != 0.0 or fund.other_loss_owed != 0.0:
        return False
    if clock.queued > 1:
        return False
    if clock.queued == 1 and world.queue[clock.first_fifo].kind not in (
        EventKind.VARIATION_CREDIT,
        EventKind.VARIATION_CALL,
    ):
        return False
    for p in range(fund.first, fund.last):
        position = world.positions[p]
        if (
            has_open_items(position)
            or world.contracts[position.contract].swap
            or margin_excess(world, p) != 0.0
            or position.financed_roll != clock.not_rolled
        ):
            return False
        if position.term_share > 0.0 and clock.value_date >= position.term_maturity:
            return False
        if clock.queued == 0 and position.variation_due != 0.0:
            return False
    return True


@callee(inline=True, optimize=True)
def has_open_items(position: Position) -> bool:
    """Return whether a trade, a coupon, a call, a new haircut or a short sale of notes is open."""
    trades = position.face < 0.0 or position.unsettled != 0.0 or position.unsettled_face != 0.0 or position.committed
    claims = position.unmet != 0.0 or position.called != 0.0 or position.coupon_receivable != 0.0
    return trades or claims or position.haircut != position.financed_haircut or position.variation_open != 0.0


@callee(inline=True, optimize=True)
def open_routine_day(world: World) -> bool:
    """Process OPEN, REPO_ROLL, variation margin and REPO_SHORTFALL, if cash covers them all."""
    clock, fund = world.clock[0], world.funds[0]
    opening, rolling = world.schedule[clock.scheduled], world.schedule[clock.scheduled + AT_ROLL]
    years = (clock.value_date - fund.interest_from) / 360.0
    earning, net, variation = fund.cash, 0.0, 0.0
    for p in range(fund.first, fund.last):
        position = world.positions[p]
        earning += position.margin_posted
        variation += position.variation_due
        lent = lendable(position, position.haircut, clock.not_rolled)
        net += 0.0 - (position.overnight + position.overnight_interest) + lent
    interest = earning * clock.cash_rate * years
    cash = fund.cash + interest
    if cash < 0.0 or max(-variation, 0.0) - cash - net > 0.0:
        return False
    clock.calls_due, fund.interest_from = opening.calls_due, clock.value_date
    world.parties[Party.CASH_BANK].cash -= interest
    world.profit[fund_row(world, 0), PnlLine.CASH_INTEREST] += interest
    fund.lowest_cash = min(fund.lowest_cash, cash)
    clock.repo_rate_before = rolling.value
    if rolling.day > 1:
        clock.repo_rate_before = clock.repo_rate
    clock.repo_rate, clock.cash_rate = rolling.value, rolling.second_value
    lender = world.parties[Party.REPO_LENDER]
    for p in range(fund.first, fund.last):
        position = world.positions[p]
        lent = lendable(position, position.haircut, clock.not_rolled)
        remargin = lent - position.overnight
        cash -= position.overnight_interest
        cash += remargin
        lender.cash += position.overnight_interest
        lender.cash -= remargin
        if remargin < -0.005:
            clock.logged += 1
        position.overnight, position.overnight_interest = lent, 0.0
        position.overnight_rate = rolling.value + position.repo_spread
    fund.cash, fund.lowest_cash = cash, min(fund.lowest_cash, cash)
    clock.scheduled += AT_SHORTFALL
    clock.now, clock.day, clock.next_mark = rolling.time, rolling.day, rolling.next_mark
    if clock.queued == 1 and not settle_routine_variation(world, variation):
        return False
    clock.scheduled += AT_MARK - AT_SHORTFALL
    return True


@callee(inline=True, optimize=True)
def settle_routine_variation(world: World, net: Usd) -> bool:
    """Process VARIATION_CREDIT or VARIATION_CALL, if cash covers it."""
    clock, fund, clearing_house = world.clock[0], world.funds[0], world.parties[Party.CLEARING_HOUSE]
    if net < 0.0:
        if fund.cash < -net:
            return False
        fund.calls += 1
        fund.largest_call = max(fund.largest_call, -net)
        note_call(world, 0, -net, Claim.VARIATION_MARGIN)
        fund.calls_paid += -net
        clock.logged += 1
    cash = fund.cash
    for p in range(fund.first, fund.last):
        position = world.positions[p]
        cash += position.variation_due
        clearing_house.cash -= position.variation_due
        position.variation_due = 0.0
    fund.cash, fund.lowest_cash = cash, min(fund.lowest_cash, cash)
    pop(world)
    return True


@callee(inline=True, optimize=True)
def mark_routine_day(world: World) -> bool:
    """Process MARK: update prices, accrue interest and coupons; return False for an insolvent fund."""
    clock, fund, market = world.clock[0], world.funds[0], world.market
    event = world.schedule[clock.scheduled]
    value_date = market.marks[event.mark].value_date
    days = value_date - clock.value_date
    clock.mark, clock.value_date, clock.price_cause = event.mark, value_date, clock.logged
    clock.now, clock.next_mark = event.time, event.next_mark
    clock.logged += 1
    clock.scheduled += AT_SETTLEMENT - AT_MARK
    if days > 0:
        take_inventory(world)
    for c in range(len(world.contracts)):
        contract = world.contracts[c]
        contract.dislocation = market.futures[event.mark, c].dislocation + dealer_dislocation(world, contract)
    worth = fund.cash - fund.credit_drawn
    for p in range(fund.first, fund.last):
        mark_routine_position(world, p, days)
        worth += position_equity(world.positions[p])
    for c in range(len(world.contracts)):
        world.contracts[c].futures = market.futures[event.mark, c].price
    if worth <= 0.0:
        check_solvency(world, 0)
        return False
    fund.peak_equity = max(fund.peak_equity, worth)
    follow_mark(world, 0, worth)
    return True


@callee(inline=True, optimize=True)
def mark_routine_position(world: World, p: Index, days: Days) -> None:
    """Mark one position's interest, coupon and prices, line by line as in `basis_engine.simulation.marks`."""
    position, m, profit = world.positions[p], world.clock[0].mark, world.profit[p]
    contract = world.contracts[position.contract]
    note, future = world.market.notes[m, position.bond], world.market.futures[m, position.contract]
    hedge = hedge_gain(world, position)
    position.variation_open += hedge
    profit[PnlLine.FINANCING_HEDGE] += hedge
    overnight = position.overnight * position.overnight_rate * days / 360.0
    term = position.term * position.term_rate * days / 360.0
    position.overnight_interest += overnight
    position.term_interest += term
    profit[PnlLine.REPO_INTEREST] += -overnight - term
    due = 0.0
    if days > 0:
        due = position.face * note.coupon_due / 100.0
    profit[PnlLine.COUPON_ACCRUAL] += position.face * (note.accrued - position.accrued) / 100.0 + due
    position.coupon_receivable += due
    per_point = position.contracts * contract.point_value
    gain = per_point * (future.price - contract.futures)
    position.variation_open += gain
    clean = cheapened(note.clean, contract.dislocation)
    fair = position.face * (note.clean - position.undislocated) / 100.0
    convergence = position.face * note.convergence / 100.0
    profit[PnlLine.DISLOCATION] += position.face * (clean - position.clean) / 100.0 - fair
    profit[PnlLine.BASIS_CONVERGENCE] -= convergence
    profit[PnlLine.COUPON_ACCRUAL] += per_point * future.accrual
    profit[PnlLine.SWAP_SPREAD] += per_point * future.spread
    profit[PnlLine.CURVE] += fair + gain + convergence - per_point * (future.accrual + future.spread)
    position.clean, position.undislocated, position.accrued = clean, note.clean, note.accrued


@callee(inline=True, optimize=True)
def strike_routine_variation(world: World, net: Usd) -> None:
    """Process SETTLEMENT: the day's variation margin falls due tomorrow."""
    clock = world.clock[0]
    due = world.schedule[clock.scheduled].calls_due
    if net > 0.0:
        push_claim(world, EventKind.VARIATION_CREDIT, due, 0, -1, Party.CLEARING_HOUSE, clock.price_cause)
    elif net < 0.0:
        push_claim(world, EventKind.VARIATION_CALL, due, 0, -1, Party.CLEARING_HOUSE, clock.logged)
        clock.logged += 1
    clock.scheduled += AT_REPO_MARK - AT_SETTLEMENT


@callee(inline=True, optimize=True)
def breaches(world: World, book: Usd, worth: Usd, spare: Usd) -> bool:
    """Return whether a limit may order a sale: the tests of `basis_engine.simulation.unwind.decide`."""
    fund = world.funds[0]
    if fund.unwind == Unwind.TARGET_LEVERAGE and book > fund.leverage_limit * worth:
        return True
    if fund.unwind == Unwind.STOP_OUT and (fund.stopped or 1.0 - worth / fund.peak_equity > fund.drawdown_limit):
        return True
    if fund.unwind == Unwind.VALUE_AT_RISK and value_at_risk(world, fund, book, worth) > fund.risk_limit:
        return True
    return spare < 0.0


@callee(inline=True, optimize=True)
def close_routine_day(world: World) -> bool:
    """Process SETTLEMENT, REPO_MARK, RISK_LIMITS and RECORD, if no loan lacks collateral and no limit is breached."""
    clock, fund = world.clock[0], world.funds[0]
    net, book = 0.0, 0.0
    worth, spare = fund.cash - fund.credit_drawn, fund.cash + fund.credit_line - fund.credit_drawn - fund.redemption
    for p in range(fund.first, fund.last):
        position = world.positions[p]
        position.variation_due += position.variation_open
        position.variation_open = 0.0
        net += position.variation_due
    strike_routine_variation(world, net)
    for p in range(fund.first, fund.last):
        position = world.positions[p]
        threshold = position.repo_threshold * market_value(position) * position.term_share
        if position.term_share > 0.0 and -term_surplus(position) > threshold + 0.01:
            return False
        worth += position_equity(position)
        book += market_value(position)
        spare += clearing_flow(world, position) + repo_flow(position, fund, clock.not_rolled)
        spare += position.coupon_receivable
    clock.scheduled += AT_LIMITS - AT_REPO_MARK
    if fund.unwind != Unwind.HOLD and breaches(world, book, worth, spare):
        return False
    opening = clock.scheduled - AT_LIMITS
    events = world.schedule[opening].routine
    last = world.schedule[opening + events - 1]
    clock.now, clock.day, clock.next_mark = last.time, last.day, last.next_mark
    clock.scheduled = opening + events
    clock.logged += events - EVENTS_OF_A_DAY
    follow_day(world, 0, worth)
    return True
