"""Dated happenings of one line each: a lender's pull-back, a redemption, a loss elsewhere, the end of the window."""

from basis_engine.base.compile import callee
from basis_engine.simulation.defaults import seize
from basis_engine.simulation.ledger import attribute, fund_row, log
from basis_engine.simulation.marks import check_solvency
from basis_engine.simulation.names import EventKind, LogEvent, PnlLine, Status
from basis_engine.simulation.queue import push
from basis_engine.simulation.rows import Event
from basis_engine.simulation.world import World


@callee
def change_roll_share(world: World, event: Event) -> None:
    """From today lenders do not roll a share of overnight repo."""
    world.clock[0].not_rolled = event.value
    world.clock[0].funding_cause = log(world, LogEvent.NOT_ROLLED_CHANGE, event.fund, -1, event.value, -1)


@callee
def request_redemption(world: World, event: Event) -> None:
    """Investors ask an amount back, due with the next calls."""
    fund = world.funds[event.fund]
    if fund.status == Status.ACTIVE:
        fund.redemption += event.value
        asked = log(world, LogEvent.REDEMPTION, event.fund, -1, event.value, -1)
        push(world, EventKind.REDEMPTION_CALL, world.clock[0].calls_due, event.fund, -1, asked)


@callee
def lose_elsewhere(world: World, event: Event) -> None:
    """Another business of the fund (equities, another market's margin) loses an amount, due with the next calls."""
    fund = world.funds[event.fund]
    if fund.status == Status.ACTIVE:
        fund.elsewhere += event.value
        attribute(world, fund_row(world, event.fund), PnlLine.OTHER_LOSS, -event.value)
        lost = log(world, LogEvent.OTHER_LOSS, event.fund, -1, event.value, -1)
        push(world, EventKind.OTHER_LOSS_CALL, world.clock[0].calls_due, event.fund, -1, lost)


@callee
def close_window(world: World) -> None:
    """Finish liquidations that the window would cut off, at the last mark, so that every loss has its owner."""
    event = world.event[0]
    for f in range(len(world.funds)):
        if world.funds[f].status == Status.ACTIVE:
            check_solvency(world, f)
    ending = log(world, LogEvent.END_OF_WINDOW, -1, -1, 0.0, -1)
    for p in range(len(world.positions)):
        if world.funds[world.positions[p].fund].status == Status.LIQUIDATING:
            event.position, event.cause = p, ending
            seize(world, event, True)
