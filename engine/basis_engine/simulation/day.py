"""The order of a day, on one screen.

=====  ====================================================================================================
08:30  interest and coupons; changes of haircuts and of the share not rolled; deliveries; repo is repaid and lent
       again
09:00  clearing pays and collects: variation margin, initial margin; then what the roll left owed, repo calls,
       other losses, redemptions
marks  prices are updated; funds without equity default; seized legs and open orders sell a slice
12:00  intraday clearing cycle, due the same day (if there is a mark before it)
15:00  margin notices and changes; settlement: variation margin computed; final settlement; term repo marked
15:30  a strategy's decision is traded; risk limits: breaches become orders, and the first slice is sold; then
       the day is recorded
=====  ====================================================================================================

Scheduled events and those that a run creates have one order: by time, then by the numbers of ``EventKind``, then by
creation. In sweeps, `basis_engine.simulation.fast_path` processes routine days to the same bytes.
"""

from basis_engine.base.compile import callee, kernel, parallel_kernel, pass_by_pointer, portion
from basis_engine.base.units import Index
from basis_engine.simulation.calls import (
    book_other_loss,
    present_shortfalls,
    request_redemption,
    settle_margin,
    settle_other_loss,
    settle_redemption,
    settle_repo_call,
)
from basis_engine.simulation.clearing import announce_margin, change_margin, clear
from basis_engine.simulation.dealers import take_outside_flow
from basis_engine.simulation.defaults import seize
from basis_engine.simulation.fast_path import process_routine_days
from basis_engine.simulation.lanes import Lanes
from basis_engine.simulation.marks import close_window, commit_to_delivery, deliver, mark
from basis_engine.simulation.names import EventKind
from basis_engine.simulation.outcome import conclude
from basis_engine.simulation.queue import current_event, next_event
from basis_engine.simulation.record import enter, note_lowest_cash, record
from basis_engine.simulation.repo import change_haircuts, change_not_rolled, mark_term_loans, open_day, roll
from basis_engine.simulation.rows import Event
from basis_engine.simulation.unwind import check_limits, sell_slice
from basis_engine.simulation.world import Market, World, WorldBatch


@callee(inline=True)
def dispatch(world: World, event: Event) -> None:
    """Dispatch one event to its handler."""
    kind = event.kind
    if kind == EventKind.OPEN:
        open_day(world, event)
    elif kind == EventKind.HAIRCUT_CHANGE:
        change_haircuts(world, event)
    elif kind == EventKind.NOT_ROLLED_CHANGE:
        change_not_rolled(world, event)
    elif kind == EventKind.DELIVERY:
        deliver(world, event.contract)
    elif kind == EventKind.REPO_ROLL:
        roll(world, event)
    elif kind in (
        EventKind.MARGIN_RELEASE,
        EventKind.VARIATION_CREDIT,
        EventKind.VARIATION_CALL,
        EventKind.INITIAL_CALL,
    ):
        settle_margin(world, event)
    elif kind == EventKind.REPO_SHORTFALL:
        present_shortfalls(world, event)
    elif kind == EventKind.REPO_CALL:
        settle_repo_call(world, event)
    elif kind == EventKind.OTHER_LOSS:
        book_other_loss(world, event)
    elif kind == EventKind.OTHER_LOSS_CALL:
        settle_other_loss(world, event)
    elif kind == EventKind.REDEMPTION:
        request_redemption(world, event)
    elif kind == EventKind.REDEMPTION_CALL:
        settle_redemption(world, event)
    elif kind == EventKind.OUTSIDE_FLOW:
        take_outside_flow(world, event)
    elif kind == EventKind.MARK:
        mark(world, event)
    elif kind in (EventKind.INTRADAY_CYCLE, EventKind.SETTLEMENT):
        clear(world, event.calls_due)
    elif kind == EventKind.MARGIN_NOTICE:
        announce_margin(world, event)
    elif kind == EventKind.MARGIN_CHANGE:
        change_margin(world, event)
    elif kind == EventKind.FINAL_SETTLEMENT:
        commit_to_delivery(world, event.contract)
    elif kind == EventKind.REPO_MARK:
        mark_term_loans(world, event)
    elif kind == EventKind.SEIZURE_SLICE:
        seize(world, event, False)
    elif kind == EventKind.UNWIND_SLICE:
        sell_slice(world, event)
    elif kind == EventKind.RISK_LIMITS:
        check_limits(world)
    elif kind == EventKind.RECORD:
        record(world)
    elif kind == EventKind.END:
        close_window(world)


@kernel
def advance(world: World) -> bool:
    """Run one world, entered before, to the next decision; return False at the end of its schedule."""
    world = pass_by_pointer(world)
    while next_event(world):
        event = current_event(world)
        if event.kind == EventKind.DECISION:
            return True
        dispatch(world, event)
        note_lowest_cash(world, event.fund)
    conclude(world)
    return False


@kernel
def simulate(world: World) -> None:
    """Enter one world and run it to its end; at decisions nothing is traded."""
    world = pass_by_pointer(world)
    enter(world)
    while advance(world):
        pass


@kernel
def simulate_outcomes(world: World, lanes: Lanes) -> None:
    """Run one world, entered before, that keeps no record: the same outcomes, routine days by the fast path."""
    world, lanes = pass_by_pointer(world), pass_by_pointer(lanes)
    simulate_until(world, lanes, len(world.schedule))
    conclude(world)


@callee
def simulate_until(world: World, lanes: Lanes, until: Index) -> None:
    """Run a world that keeps no record up to the event ``until`` of its schedule, routine days by the fast path."""
    is_alone = len(world.funds) == 1
    if is_alone:
        process_routine_days(world, lanes, until)
    while world.clock[0].scheduled < until and next_event(world):
        event = current_event(world)
        dispatch(world, event)
        note_lowest_cash(world, event.fund)
        if event.kind == EventKind.RECORD and is_alone:
            process_routine_days(world, lanes, until)


@callee
def world_at(market: Market, worlds: WorldBatch, w: int) -> World:
    """Return world ``w`` of a batch, whose arrays have a first axis of worlds and share one market."""
    return World(
        market,
        worlds.schedule[w],
        worlds.queue[w],
        worlds.event[w],
        worlds.clock[w],
        worlds.funds[w],
        worlds.positions[w],
        worlds.contracts[w],
        worlds.parties[w],
        worlds.dealers[w],
        worlds.outcomes[w],
        worlds.profit[w],
        worlds.cash_flows[w],
        worlds.attribution[w],
        worlds.fund_days[w],
        worlds.position_days[w],
        worlds.dealer_days[w],
        worlds.log[w],
    )


@parallel_kernel
def simulate_all(market: Market, worlds: WorldBatch, turn: int, turns: int) -> None:
    """Run many worlds; each writes its own rows only."""
    first, last = portion(len(worlds.parties), turn, turns)
    for w in range(first, last):
        simulate(world_at(market, worlds, w))
