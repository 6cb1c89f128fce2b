"""Unwinds: a breach of a risk limit becomes an order by the fund's rule, executed in slices of both legs."""

import math

from basis_engine.base.compile import callee
from basis_engine.base.units import BasisPoints, Index, Share, Usd
from basis_engine.simulation.ledger import book_value, capped_cost, equity, fund_row, log, market_value, transfer
from basis_engine.simulation.names import CashLine, EventKind, LogEvent, Party, SaleOrder, Status, Unwind
from basis_engine.simulation.outcome import note_order
from basis_engine.simulation.queue import push
from basis_engine.simulation.repo import lendable, sold_share, term_surplus
from basis_engine.simulation.rows import ContractRow, Event, Fund, Position
from basis_engine.simulation.trades import close
from basis_engine.simulation.world import World

CENT = 0.01  # sold beyond a gap: rounding must not fail the call


@callee
def check_limits(world: World) -> None:
    """Check liquidity, leverage, drawdown and value at risk of every active fund; order what the worst breach needs."""
    for f in range(len(world.funds)):
        fund = world.funds[f]
        if fund.status == Status.ACTIVE:
            spare = spare_liquidity(world, f)
            if world.clock[0].repo_after_clearing:
                spare = min(spare, spare_for_clearing(world, f))
            repay_credit(world, f, spare)
            if fund.unwind != Unwind.HOLD:
                decide(world, f, spare)


@callee
def decide(world: World, f: Index, spare: Usd) -> None:
    """Order the largest sale that a breached limit needs, and never more than the book."""
    fund = world.funds[f]
    book = book_value(world, fund)
    worth = equity(world, fund)
    order, limit, amount, origin = 0.0, LogEvent.NOTHING, 0.0, world.clock[0].price_cause
    if spare < 0.0:
        order, limit, amount = liquidity_order(world, f, spare, book), LogEvent.LIQUIDITY_LIMIT, spare
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
        if limit == LogEvent.LIQUIDITY_LIMIT:
            origin = liquidity_cause(world, f)
        cause = log(world, limit, f, -1, amount, origin)
        note_order(world, f, limit)
        if fund.sale_order == SaleOrder.MOST_LIQUID:
            place_most_liquid(world, f, min(order / book, 1.0), limit == LogEvent.LIQUIDITY_LIMIT, cause)
        else:
            place(world, f, min(order / book, 1.0), cause)


@callee
def liquidity_cause(world: World, f: Index) -> int:
    """Return the log row of the claim in sight that takes most cash: margin, repo, a redemption or another loss."""
    fund, clock = world.funds[f], world.clock[0]
    prices, margins, repo, largest_margin = 0.0, 0.0, 0.0, 0.0
    cause = margin_cause = clock.price_cause
    for p in range(fund.first, fund.last):
        position = world.positions[p]
        margin = position.margin_posted - margin_asked(world, position)
        prices += position.variation_due + position.variation_open
        margins, repo = margins + margin, repo - position.unmet - position.called
        if margin < largest_margin:
            largest_margin, margin_cause = margin, world.contracts[position.contract].margin_cause
    largest = min(prices, 0.0)
    if margins < largest and margin_cause >= 0:
        largest, cause = margins, margin_cause
    if repo < largest:
        largest, cause = repo, fund.repo_cause
    if -fund.redemption < largest:
        largest, cause = -fund.redemption, fund.redemption_cause
    if -fund.other_loss_owed < largest:
        cause = fund.other_loss_cause
    return cause


@callee
def stop_order(fund: Fund, book: Usd, drawdown: Share) -> Usd:
    """Return the market value that a fund past its drawdown limit sells today: a share of the rest of its stop."""
    if drawdown > fund.drawdown_limit and not fund.stopped:
        fund.stopped, fund.to_cut = True, fund.stop_cut * book
    order = fund.stop_speed * fund.to_cut
    fund.to_cut -= order
    return order


@callee
def value_at_risk(world: World, fund: Fund, book: Usd, worth: Usd) -> float:
    """Return value at risk over equity as a multiple of that at entry: leverage times volatility of the dislocation."""
    if fund.calm_volatility <= 0.0:
        return 0.0
    calm = fund.calm_volatility * fund.calm_volatility
    return book / worth / fund.entry_leverage * math.sqrt((calm + world.dealers[0].volatility) / calm)


@callee
def place(world: World, f: Index, share: Share, cause: Index) -> None:
    """Order a share of every position."""
    for p in range(world.funds[f].first, world.funds[f].last):
        order_face(world, p, share * abs(world.positions[p].face), cause)


@callee
def order_face(world: World, p: Index, face: Usd, cause: Index) -> None:
    """Order the sale of a face of one position, unless a larger order is open."""
    position = world.positions[p]
    if face > position.order:
        position.order = face
        position.order_cause = log(world, LogEvent.ORDER, position.fund, p, face, cause)
        if not position.slice_waiting:
            position.slice_waiting = True
            push(world, EventKind.UNWIND_SLICE, world.clock[0].now, position.fund, p, position.order_cause)


@callee
def place_most_liquid(world: World, f: Index, share: Share, for_cash: bool, cause: Index) -> None:
    """Order positions by cost of sale, cheapest first, until a share of the book (or of its cash) is reached."""
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
def next_cheapest(world: World, f: Index, cost: BasisPoints, after: Index) -> int:
    """Return the next position by (cost of sale, row) after a given one; -1 if none is left."""
    chosen = -1
    for p in range(world.funds[f].first, world.funds[f].last):
        asked = cost_of_sale(world, p)
        dearer = asked > cost or (asked == cost and p > after)
        if world.positions[p].face != 0.0 and dearer and (chosen < 0 or asked < cost_of_sale(world, chosen)):
            chosen = p
    return chosen


@callee
def cost_of_sale(world: World, p: Index) -> BasisPoints:
    """Return the half spreads of note and hedge, basis points of price."""
    contract = world.contracts[world.positions[p].contract]
    if world.positions[p].contracts == 0.0:
        return contract.bond_cost
    return contract.bond_cost + contract.futures_cost


@callee
def sale_yields(world: World, p: Index, for_cash: bool) -> Usd:
    """Return the market value of a position, or the cash that its sale releases, USD."""
    if for_cash:
        return cash_freed(world, p)
    return abs(market_value(world.positions[p]))


@callee
def slice_limit(contract: ContractRow, fund: Fund, face: Usd) -> Usd:
    """Return the face of the next slice: at most the fund's share of market depth."""
    if contract.depth > 0.0:
        return min(face, contract.depth * fund.depth_share)
    return face


@callee
def sell_slice(world: World, event: Event) -> None:
    """Sell the next slice of an order; the rest waits for the next mark."""
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
def spare_liquidity(world: World, f: Index) -> Usd:
    """Return cash, credit and collateral left tomorrow morning after every call in sight, USD; negative is a gap."""
    fund = world.funds[f]
    spare = fund.cash + fund.credit_line - fund.credit_drawn - fund.other_loss_owed - fund.redemption
    for p in range(fund.first, fund.last):
        position = world.positions[p]
        spare += clearing_flow(world, position) + repo_flow(position, fund, world.clock[0].not_rolled)
        spare += position.coupon_receivable
    return spare


@callee
def spare_for_clearing(world: World, f: Index) -> Usd:
    """Return what is left for tomorrow's 09:00 before repo cash arrives, USD: cash, credit, coupons, recalls."""
    fund = world.funds[f]
    spare = fund.cash + fund.credit_line - fund.credit_drawn - fund.other_loss_owed - fund.redemption
    for p in range(fund.first, fund.last):
        position = world.positions[p]
        spare += clearing_flow(world, position) + position.coupon_receivable
        if position.term_share > 0.0:
            spare += fund.call_back * max(term_surplus(position), 0.0)
    return spare


@callee
def clearing_flow(world: World, position: Position) -> Usd:
    """Return unpaid variation margin and initial margin to be released (+) or posted (-), announcements included."""
    clearing = position.variation_due + position.variation_open + position.margin_posted
    return clearing - margin_asked(world, position)


@callee
def margin_asked(world: World, position: Position) -> Usd:
    """Return the initial margin of the futures held, USD, at the higher of the levels in force and announced."""
    contract = world.contracts[position.contract]
    return abs(position.contracts) * max(contract.initial_margin, contract.announced_margin)


@callee
def repo_flow(position: Position, fund: Fund, not_rolled: Share) -> Usd:
    """Return what tomorrow's roll at today's haircut brings (+) or takes (-), USD, with term deficits and recalls."""
    sold = sold_share(position)
    owed = position.overnight + position.overnight_interest + sold * (position.term + position.term_interest)
    term = -position.called
    if position.term_share > 0.0 and position.called == 0.0:
        term = fund.call_back * max(term_surplus(position), 0.0)
    return position.unsettled - owed + lendable(position, position.haircut, not_rolled) + term


@callee
def liquidity_order(world: World, f: Index, spare: Usd, book: Usd) -> Usd:
    """Return the market value to sell for a gap of cash, USD; before repo cash arrives only margin is set free."""
    fund = world.funds[f]
    if not world.clock[0].repo_after_clearing:
        return cash_order(world, fund, CENT - spare, book, False)
    in_all = cash_order(world, fund, max(CENT - spare_liquidity(world, f), 0.0), book, False)
    return max(in_all, cash_order(world, fund, max(CENT - spare_for_clearing(world, f), 0.0), book, True))


@callee
def cash_order(world: World, fund: Fund, gap: Usd, book: Usd, from_margin: bool) -> Usd:
    """Return the market value to sell for a gap of cash: gap / (haircut + initial margin - cost), USD."""
    if gap <= 0.0:
        return 0.0
    freed = 0.0
    for p in range(fund.first, fund.last):
        if from_margin:
            freed += margin_asked(world, world.positions[p])
        else:
            freed += cash_freed(world, p)
    if freed <= gap:
        return book
    return gap * book / freed


@callee
def cash_freed(world: World, p: Index) -> Usd:
    """Return the cash that the sale of a whole position releases: haircut and initial margin, less cost and impact."""
    position = world.positions[p]
    contract, fund = world.contracts[position.contract], world.funds[position.fund]
    # A slice costs part of its proceeds; without it, the fund would miss the call by the cost of the sale.
    impact = contract.impact * slice_limit(contract, fund, abs(position.face)) / 1e9
    financed = (1.0 - position.haircut) * (1.0 - world.clock[0].not_rolled * (1.0 - position.term_share))
    freed: float = (1.0 - financed - capped_cost(contract.bond_cost + impact) / 1e4) * abs(market_value(position))
    return freed + margin_asked(world, position)


@callee
def repay_credit(world: World, f: Index, spare: Usd) -> None:
    """Repay the credit line from cash that no call in sight needs."""
    fund = world.funds[f]
    free = spare - (fund.credit_line - fund.credit_drawn)
    repaid = min(min(fund.credit_drawn, fund.cash), free)
    if repaid > 0.0:
        fund.credit_drawn -= repaid
        transfer(world, f, fund_row(world, f), CashLine.CREDIT_LINE, Party.CREDIT_BANK, -repaid)
        log(world, LogEvent.CREDIT_REPAID, f, -1, repaid, -1)
