"""What a run comes to, fund by fund: what bound it first, what became of it, what it lost, kept as the days go by.

A call counts as *called* when it is larger than the cash the fund entered with, its buffer, or than its cash of that
moment: every short future owes variation margin in a rally, and what the buffer absorbs is routine. A call above the
buffer is met only because repo lenders have advanced the notes' gain first, or from credit or over-collateral.
"""

from basis_engine.base.compile import callee
from basis_engine.simulation.ledger import equity, fund_row
from basis_engine.simulation.names import Constraint, Outcome, PnlLine
from basis_engine.simulation.world import World


@callee
def begin_outcome(world: World, f: int) -> None:
    """Open a fund's row at entry."""
    fund, outcome = world.funds[f], world.outcomes[f]
    outcome.outcome, outcome.constraint, outcome.failure = Outcome.SURVIVED, Constraint.NONE, Constraint.NONE
    outcome.entry_equity, outcome.entry_leverage, outcome.entry_cash = fund.entry_equity, fund.entry_leverage, fund.cash
    outcome.equity = outcome.lowest_equity = equity(world, fund)
    outcome.worst_profit, outcome.worst_day = 0.0, -1
    outcome.loss_beyond_equity = outcome.seized = 0.0
    outcome.first_call = Constraint.NONE
    outcome.first_call_day = outcome.first_order_day = outcome.default_day = -1


@callee
def note_call(world: World, f: int, amount: float, claim: int) -> None:
    """A call is presented: see whether it is larger than the buffer, and whether than cash."""
    outcome, cash = world.outcomes[f], world.funds[f].cash
    if outcome.first_call_day < 0 and amount > min(outcome.entry_cash, cash):
        outcome.first_call, outcome.first_call_day = claim, world.clock[0].day
    if amount > cash:
        note_constraint(world, f, claim)


@callee
def note_order(world: World, f: int, limit: int) -> None:
    """A limit orders a sale."""
    outcome = world.outcomes[f]
    if outcome.first_order_day < 0:
        outcome.first_order_day = world.clock[0].day
    note_constraint(world, f, limit)


@callee
def note_default(world: World, f: int, constraint: int) -> None:
    """A claim is missed, or equity is gone."""
    outcome = world.outcomes[f]
    outcome.failure, outcome.default_day = constraint, world.clock[0].day
    note_constraint(world, f, constraint)


@callee
def note_constraint(world: World, f: int, constraint: int) -> None:
    """Keep the first constraint that bound."""
    if world.outcomes[f].constraint == Constraint.NONE:
        world.outcomes[f].constraint = constraint


@callee
def follow_mark(world: World, f: int, worth: float) -> None:
    """Equity at a mark."""
    outcome = world.outcomes[f]
    if worth < outcome.lowest_equity:
        outcome.lowest_equity = worth


@callee
def follow_day(world: World, f: int, worth: float) -> None:
    """The day's profit, and equity at its end."""
    outcome = world.outcomes[f]
    profit = worth - outcome.equity
    if profit < outcome.worst_profit:
        outcome.worst_profit, outcome.worst_day = profit, world.clock[0].day
    outcome.equity = worth
    follow_mark(world, f, worth)


@callee
def conclude(world: World) -> None:
    """Name every fund's fate, and copy what its row has counted."""
    for f in range(len(world.funds)):
        fund, outcome = world.funds[f], world.outcomes[f]
        outcome.lowest_cash, outcome.sold = fund.lowest_cash, fund.sold
        outcome.calls, outcome.calls_paid, outcome.largest_call = fund.calls, fund.calls_paid, fund.largest_call
        if outcome.default_day >= 0:
            outcome.outcome = Outcome.DEFAULTED
        elif outcome.first_order_day >= 0:
            outcome.outcome = Outcome.FORCED_SALE
        elif outcome.first_call_day >= 0:
            outcome.outcome = Outcome.CALLED
        if outcome.constraint == Constraint.NONE:
            outcome.constraint = outcome.first_call
        attribute_run(world, f)


@callee
def attribute_run(world: World, f: int) -> None:
    """Copy what each line came to, all rows of the fund together."""
    outcome = world.outcomes[f]
    outcome.profit_coupon_accrual = came_to(world, f, PnlLine.COUPON_ACCRUAL)
    outcome.profit_repo_interest = came_to(world, f, PnlLine.REPO_INTEREST)
    outcome.profit_cash_interest = came_to(world, f, PnlLine.CASH_INTEREST)
    outcome.profit_curve = came_to(world, f, PnlLine.CURVE)
    outcome.profit_basis_convergence = came_to(world, f, PnlLine.BASIS_CONVERGENCE)
    outcome.profit_dislocation = came_to(world, f, PnlLine.DISLOCATION)
    outcome.profit_swap_spread = came_to(world, f, PnlLine.SWAP_SPREAD)
    outcome.profit_cost = came_to(world, f, PnlLine.COST)
    outcome.profit_default_loss = came_to(world, f, PnlLine.DEFAULT_LOSS)
    outcome.profit_capital = came_to(world, f, PnlLine.CAPITAL)
    outcome.profit_other_loss = came_to(world, f, PnlLine.OTHER_LOSS)


@callee
def came_to(world: World, f: int, line: int) -> float:
    """Sum of a line over a fund's positions and the fund's own row."""
    total: float = world.profit[fund_row(world, f), line]
    for p in range(world.funds[f].first, world.funds[f].last):
        total += world.profit[p, line]
    return total
