"""Unwinds: at the risk limits a fund's rule turns a breach into an order, carried out in slices, both legs together."""

import math

from basis_engine.base.compile import callee
from basis_engine.simulation.ledger import book_value, equity, fund_row, log, market_value, transfer
from basis_engine.simulation.names import CashLine, EventKind, LogEvent, Party, SaleOrder, Status, Unwind
from basis_engine.simulation.outcome import note_order
from basis_engine.simulation.queue import push
from basis_engine.simulation.repo import lendable, sold_share, term_surplus
from basis_engine.simulation.rows import Contract, Event, Fund, Position
from basis_engine.simulation.trades import close
from basis_engine.simulation.world import World

CENT = 0.01  # sold beyond a gap, so that rounding does not fail the call


@callee
def check_limits(world: World) -> None:
    """Let every active fund look at its liquidity, leverage and drawdown, and order what the worst breach asks."""
    for f in range(len(world.funds)):
        fund = world.funds[f]
        if fund.status == Status.ACTIVE:
            spare = spare_liquidity(world, f)
            repay_credit(world, f, spare)
            if fund.unwind != Unwind.HOLD:
                decide(world, f, spare)


@callee
def decide(world: World, f: int, spare: float) -> None:
    """The largest order applies, and never more than the book."""
    fund = world.funds[f]
    book = book_value(world, fund)
    worth = equity(world, fund)
    order, limit, amount = 0.0, LogEvent.NOTHING, 0.0
    if spare < 0.0:
        order, limit, amount = cash_order(world, fund, CENT - spare, book), LogEvent.LIQUIDITY_LIMIT, spare
    if fund.unwind == Unwind.TARGET_LEVERAGE and book > fund.leverage_limit * worth:
        excess = book - fund.leverage_target * worth
        if excess > order:
            order, limit, amount = excess, LogEvent.LEVERAGE_LIMIT, book / worth
    drawdown = 1.0 - worth / fund.peak_equity
    if fund.unwind == Unwind.STOP_OUT:
        stop = stop_order(fund, book, drawdown)
        if stop > order:
            order, limit, amount = stop, LogEvent.DRAWDOWN_LIMIT, drawdown
    excess_risk = value_at_risk(world, fund, book, worth)
    if fund.unwind == Unwind.VALUE_AT_RISK and excess_risk > fund.risk_limit:
        excess = fund.risk_speed * book * (1.0 - fund.risk_limit / excess_risk)
        if excess > order:
            order, limit, amount = excess, LogEvent.VALUE_AT_RISK_LIMIT, excess_risk
    if order > 0.0 and book > 0.0:
        cause = log(world, limit, f, -1, amount, world.clock[0].price_cause)
        note_order(world, f, limit)
        if fund.sale_order == SaleOrder.MOST_LIQUID:
            place_most_liquid(world, f, min(order / book, 1.0), limit == LogEvent.LIQUIDITY_LIMIT, cause)
        else:
            place(world, f, min(order / book, 1.0), cause)


@callee
def stop_order(fund: Fund, book: float, drawdown: float) -> float:
    """Market value that a fund past its drawdown limit sells today: a share of what is left of the cut."""
    if drawdown > fund.drawdown_limit and not fund.stopped:
        fund.stopped, fund.to_cut = True, fund.stop_cut * book
    order = fund.stop_speed * fund.to_cut
    fund.to_cut -= order
    return order


@callee
def value_at_risk(world: World, fund: Fund, book: float, worth: float) -> float:
    """Value at risk over equity, as a multiple of that at entry: leverage times volatility of the dislocation."""
    if fund.calm_volatility <= 0.0:
        return 0.0
    calm = fund.calm_volatility * fund.calm_volatility
    return book / worth / fund.entry_leverage * math.sqrt((calm + world.dealers[0].volatility) / calm)


@callee
def place(world: World, f: int, share: float, cause: int) -> None:
    """Order a share of every position."""
    for p in range(world.funds[f].first, world.funds[f].last):
        order_face(world, p, share * abs(world.positions[p].face), cause)


@callee
def order_face(world: World, p: int, face: float, cause: int) -> None:
    """Order a face of one position, unless more of it is already being sold."""
    position = world.positions[p]
    if face > position.order:
        position.order = face
        position.order_cause = log(world, LogEvent.ORDER, position.fund, p, face, cause)
        if not position.slice_waiting:
            position.slice_waiting = True
            push(world, EventKind.UNWIND_SLICE, world.clock[0].now, position.fund, p, position.order_cause)


@callee
def place_most_liquid(world: World, f: int, share: float, for_cash: bool, cause: int) -> None:
    """Order what costs least to sell, position by position, until a share of the book (or of its cash) is reached."""
    fund, left = world.funds[f], 0.0
    for p in range(fund.first, fund.last):
        left += share * sale_yields(world, p, for_cash)
    cost, after = -1.0, -1
    while left > 0.0:
        chosen = next_cheapest(world, f, cost, after)
        if chosen < 0:
            return
        yields = sale_yields(world, chosen, for_cash)
        if yields > 0.0:
            order_face(world, chosen, min(left / yields, 1.0) * abs(world.positions[chosen].face), cause)
        left -= max(yields, 0.0)
        cost, after = cost_of_sale(world, chosen), chosen


@callee
def next_cheapest(world: World, f: int, cost: float, after: int) -> int:
    """The position that costs least to sell of those dearer than ``cost``, or as dear and after a row; -1: none."""
    chosen = -1
    for p in range(world.funds[f].first, world.funds[f].last):
        asked = cost_of_sale(world, p)
        dearer = asked > cost or (asked == cost and p > after)
        if world.positions[p].face != 0.0 and dearer and (chosen < 0 or asked < cost_of_sale(world, chosen)):
            chosen = p
    return chosen


@callee
def cost_of_sale(world: World, p: int) -> float:
    """Half spreads of note and hedge, basis points of price."""
    contract = world.contracts[world.positions[p].contract]
    if world.positions[p].contracts == 0.0:
        return contract.bond_cost
    return contract.bond_cost + contract.futures_cost


@callee
def sale_yields(world: World, p: int, for_cash: bool) -> float:
    """Market value of a position, or the cash that its sale sets free."""
    if for_cash:
        return cash_freed(world, p)
    return abs(market_value(world.positions[p]))


@callee
def slice_limit(contract: Contract, fund: Fund, face: float) -> float:
    """Face of the next slice: no more than the fund's share of market depth."""
    if contract.depth > 0.0:
        return min(face, contract.depth * fund.depth_share)
    return face


@callee
def sell_slice(world: World, event: Event) -> None:
    """Sell the next slice, no larger than the fund's share of market depth; the rest waits for the next mark."""
    p = event.position
    position = world.positions[p]
    fund = world.funds[position.fund]
    position.slice_waiting = False
    face = slice_limit(world.contracts[position.contract], fund, min(position.order, abs(position.face)))
    if fund.status != Status.ACTIVE or face <= 0.0:
        return
    close(world, p, face, position.order_cause)
    fund.sold += face
    position.order -= face
    if position.order > 0.0 and position.face != 0.0:
        position.slice_waiting = True
        push(world, EventKind.UNWIND_SLICE, world.clock[0].next_mark, position.fund, p, position.order_cause)


@callee
def spare_liquidity(world: World, f: int) -> float:
    """Cash, credit and collateral at hand tomorrow morning once every call in sight is met; negative is a gap."""
    fund = world.funds[f]
    spare = fund.cash + fund.credit_line - fund.credit_drawn - fund.elsewhere - fund.redemption
    for p in range(fund.first, fund.last):
        position = world.positions[p]
        spare += clearing_flow(world, position) + repo_flow(position, fund, world.clock[0].not_rolled)
        spare += position.coupon_receivable
    return spare


@callee
def clearing_flow(world: World, position: Position) -> float:
    """Variation margin unpaid and initial margin to come free (+) or be posted (-), announced changes included."""
    clearing = position.variation_due + position.variation_open + position.margin_posted
    return clearing - margin_asked(world, position)


@callee
def margin_asked(world: World, position: Position) -> float:
    """Initial margin of the futures held, at the level in force or announced, whichever is higher."""
    contract = world.contracts[position.contract]
    return abs(position.contracts) * max(contract.initial_margin, contract.announced_margin)


@callee
def repo_flow(position: Position, fund: Fund, not_rolled: float) -> float:
    """What tomorrow's roll at today's haircut brings (+) or asks (-), term deficits and call-backs included."""
    sold = sold_share(position)
    owed = position.overnight + position.overnight_interest + sold * (position.term + position.term_interest)
    term = -position.called
    if position.term_share > 0.0 and position.called == 0.0:
        term = fund.call_back * max(term_surplus(position), 0.0)
    return position.unsettled - owed + lendable(position, position.haircut, not_rolled) + term


@callee
def cash_order(world: World, fund: Fund, gap: float, book: float) -> float:
    """Market value to sell for a gap of cash: gap / (haircut + initial margin - cost), what a sale sets free."""
    freed = 0.0
    for p in range(fund.first, fund.last):
        freed += cash_freed(world, p)
    if freed <= gap:
        return book
    return gap * book / freed


@callee
def cash_freed(world: World, p: int) -> float:
    """Cash that the sale of all of a position sets free: haircut and initial margin, less cost and impact."""
    position = world.positions[p]
    contract, fund = world.contracts[position.contract], world.funds[position.fund]
    # A slice costs part of its proceeds; left out, the fund would miss the call by the cost of curing it.
    impact = contract.impact * slice_limit(contract, fund, abs(position.face)) / 1e9
    financed = (1.0 - position.haircut) * (1.0 - world.clock[0].not_rolled * (1.0 - position.term_share))
    freed: float = (1.0 - financed - (contract.bond_cost + impact) / 1e4) * abs(market_value(position))
    return freed + margin_asked(world, position)


@callee
def repay_credit(world: World, f: int, spare: float) -> None:
    """Repay the credit line out of cash that no call in sight needs."""
    fund = world.funds[f]
    free = spare - (fund.credit_line - fund.credit_drawn)
    repaid = min(min(fund.credit_drawn, fund.cash), free)
    if repaid > 0.0:
        fund.credit_drawn -= repaid
        transfer(world, f, fund_row(world, f), CashLine.CREDIT_LINE, Party.CREDIT_BANK, -repaid)
        log(world, LogEvent.CREDIT_REPAID, f, -1, repaid, -1)
