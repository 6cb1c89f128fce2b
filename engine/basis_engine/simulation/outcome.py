"""The outcome of a run for each fund: its first binding constraint, its state at the end, its losses.

A fund counts as *called* when a call is larger than the cash it entered with, its buffer, or than its cash at that
moment: every short future owes variation margin in a rally, and a call within the buffer is routine. A call above the
buffer is met only because repo lenders advance the notes' gain first, or from credit or excess collateral.
"""

from basis_engine.base.compile import callee
from basis_engine.base.units import Index, Usd, Word
from basis_engine.simulation.ledger import equity, fund_row
from basis_engine.simulation.names import Constraint, Outcome, PnlLine
from basis_engine.simulation.world import World


@callee
def begin_outcome(world: World, f: Index) -> None:
    """Initialise a fund's row at entry."""
    fund, outcome = world.funds[f], world.outcomes[f]
    outcome.outcome, outcome.constraint, outcome.failure = Outcome.SURVIVED, Constraint.NONE, Constraint.NONE
    outcome.entry_equity, outcome.entry_leverage, outcome.entry_cash = fund.entry_equity, fund.entry_leverage, fund.cash
    outcome.equity = outcome.lowest_equity = equity(world, fund)
    outcome.worst_profit, outcome.worst_day = 0.0, -1
    outcome.loss_beyond_equity = outcome.seized = outcome.seizure_proceeds = 0.0
    outcome.missed_call = outcome.missed_call_cash = outcome.missed_call_credit = outcome.default_equity = 0.0
    outcome.first_call = Constraint.NONE
    outcome.first_call_day = outcome.first_order_day = outcome.default_day = -1


@callee
def note_call(world: World, f: Index, amount: Usd, claim: Word) -> None:
    """Compare a call that is due with the buffer and with cash."""
    outcome, cash = world.outcomes[f], world.funds[f].cash
    if outcome.first_call_day < 0 and amount > min(outcome.entry_cash, cash):
        outcome.first_call, outcome.first_call_day = claim, world.clock[0].day
    if amount > cash:
        note_constraint(world, f, claim)


@callee
def note_order(world: World, f: Index, limit: Word) -> None:
    """Record that a limit ordered a sale."""
    outcome = world.outcomes[f]
    if outcome.first_order_day < 0:
        outcome.first_order_day = world.clock[0].day
    note_constraint(world, f, limit)


@callee
def note_default(world: World, f: Index, constraint: Word) -> None:
    """Record a default: a claim was missed while equity was left, or equity is gone."""
    outcome = world.outcomes[f]
    outcome.failure, outcome.default_day = constraint, world.clock[0].day
    outcome.default_equity = equity(world, world.funds[f])
    outcome.outcome = Outcome.ILLIQUID
    if outcome.default_equity <= 0.0:
        outcome.outcome = Outcome.INSOLVENT
    note_constraint(world, f, constraint)


@callee
def note_missed_call(world: World, f: Index, amount: Usd, cash: Usd) -> None:
    """Record the call that a fund missed, and the cash that it had before it drew on anything else."""
    outcome = world.outcomes[f]
    outcome.missed_call, outcome.missed_call_cash = amount, cash
    outcome.missed_call_credit = world.funds[f].credit_drawn


@callee
def note_constraint(world: World, f: Index, constraint: Word) -> None:
    """Keep the first binding constraint."""
    if world.outcomes[f].constraint == Constraint.NONE:
        world.outcomes[f].constraint = constraint


@callee
def follow_mark(world: World, f: Index, worth: Usd) -> None:
    """Keep the lowest equity at any mark."""
    outcome = world.outcomes[f]
    if worth < outcome.lowest_equity:
        outcome.lowest_equity = worth


@callee
def follow_day(world: World, f: Index, worth: Usd) -> None:
    """Keep the worst profit of a day, and equity at the day's end."""
    outcome = world.outcomes[f]
    profit = worth - outcome.equity
    if profit < outcome.worst_profit:
        outcome.worst_profit, outcome.worst_day = profit, world.clock[0].day
    outcome.equity = worth
    follow_mark(world, f, worth)


@callee
def conclude(world: World) -> None:
    """Decide every fund's outcome, and copy its counters."""
    for f in range(len(world.funds)):
        fund, outcome = world.funds[f], world.outcomes[f]
        outcome.lowest_cash, outcome.sold = fund.lowest_cash, fund.sold
        outcome.calls, outcome.calls_paid, outcome.largest_call = fund.calls, fund.calls_paid, fund.largest_call
        if outcome.default_day < 0 and outcome.first_order_day >= 0:
            outcome.outcome = Outcome.FORCED_SALE
        elif outcome.default_day < 0 and outcome.first_call_day >= 0:
            outcome.outcome = Outcome.CALLED
        if outcome.constraint == Constraint.NONE:
            outcome.constraint = outcome.first_call
        attribute_run(world, f)


@callee
def attribute_run(world: World, f: int) -> None:
    """Sum each profit line over all rows of the fund."""
    outcome = world.outcomes[f]
    outcome.profit_coupon_accrual = line_total(world, f, PnlLine.COUPON_ACCRUAL)
    outcome.profit_repo_interest = line_total(world, f, PnlLine.REPO_INTEREST)
    outcome.profit_cash_interest = line_total(world, f, PnlLine.CASH_INTEREST)
    outcome.profit_curve = line_total(world, f, PnlLine.CURVE)
    outcome.profit_basis_convergence = line_total(world, f, PnlLine.BASIS_CONVERGENCE)
    outcome.profit_dislocation = line_total(world, f, PnlLine.DISLOCATION)
    outcome.profit_swap_spread = line_total(world, f, PnlLine.SWAP_SPREAD)
    outcome.profit_cost = line_total(world, f, PnlLine.COST)
    outcome.profit_default_loss = line_total(world, f, PnlLine.DEFAULT_LOSS)
    outcome.profit_capital = line_total(world, f, PnlLine.CAPITAL)
    outcome.profit_other_loss = line_total(world, f, PnlLine.OTHER_LOSS)
    outcome.profit_financing_hedge = line_total(world, f, PnlLine.FINANCING_HEDGE)


@callee
def line_total(world: World, f: Index, line: Word) -> Usd:
    """Return the sum of a line over a fund's positions and the fund's own row, USD."""
    total: float = world.profit[fund_row(world, f), line]
    for p in range(world.funds[f].first, world.funds[f].last):
        total += world.profit[p, line]
    return total
