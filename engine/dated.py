"""Dated happenings of one line each: a lender's pull-back, a redemption, a loss elsewhere, the end of the window."""

from engine.compile import step
from engine.defaults import seize
from engine.ledger import attribute, fund_row, log
from engine.marks import check_solvency
from engine.names import Kind, Line, Status, What
from engine.queue import push
from engine.rows import Event
from engine.world import World


@step
def change_roll_share(world: World, event: Event) -> None:
    """From today lenders do not roll a share of overnight repo."""
    world.clock[0].not_rolled = event.value
    world.clock[0].funding_cause = log(world, What.ROLL_SHARE_CHANGE, event.fund, -1, event.value, -1)


@step
def request_redemption(world: World, event: Event) -> None:
    """Investors ask an amount back, due with the next calls."""
    fund = world.funds[event.fund]
    if fund.status == Status.ACTIVE:
        fund.redemption += event.value
        asked = log(world, What.REDEMPTION, event.fund, -1, event.value, -1)
        push(world, Kind.REDEMPTION_CALL, world.clock[0].calls_due, event.fund, -1, asked)


@step
def lose_elsewhere(world: World, event: Event) -> None:
    """Another business of the fund (equities, another market's margin) loses an amount, due with the next calls."""
    fund = world.funds[event.fund]
    if fund.status == Status.ACTIVE:
        fund.elsewhere += event.value
        attribute(world, fund_row(world, event.fund), Line.ELSEWHERE, -event.value)
        lost = log(world, What.LOSS_ELSEWHERE, event.fund, -1, event.value, -1)
        push(world, Kind.ELSEWHERE_CALL, world.clock[0].calls_due, event.fund, -1, lost)


@step
def close_window(world: World) -> None:
    """Finish liquidations that the window would cut off, at the last mark, so that every loss has its owner."""
    event = world.event[0]
    for f in range(len(world.funds)):
        if world.funds[f].status == Status.ACTIVE:
            check_solvency(world, f)
    ending = log(world, What.END_OF_WINDOW, -1, -1, 0.0, -1)
    for p in range(len(world.positions)):
        if world.funds[world.positions[p].fund].status == Status.LIQUIDATING:
            event.position, event.cause = p, ending
            seize(world, event, True)
