"""The order of a day, on one screen.

=====  ====================================================================================================
08:30  interest and coupons; haircut and roll-share changes; deliveries; repo is repaid and lent again
09:00  clearing pays and collects: variation margin, initial margin; then what the roll left owed, repo calls,
       losses elsewhere, redemptions
marks  prices arrive; funds whose equity is gone stop; seized legs and waiting orders sell a slice
12:00  intraday clearing cycle, due the same day (when the path has a mark before it)
15:00  margin notices and changes; settlement: variation margin struck; final settlement; term repo marked
15:30  a strategy's decision is traded; risk limits: breaches become orders, and the first slice is sold; then
       the day is recorded
=====  ====================================================================================================

Scheduled events and those a run creates stand in one order: by time, then by the numbers of ``EventKind``, then by
creation. In sweeps, days of nothing but routine are settled straight on by `basis_engine.simulation.fast_path`, to the same bytes.
"""

from basis_engine.base.compile import callee, kernel, parallel_kernel, pass_by_pointer, portion
from basis_engine.simulation.calls import (
    present_shortfalls,
    settle_elsewhere,
    settle_initial,
    settle_redemption,
    settle_repo_call,
    settle_variation,
)
from basis_engine.simulation.clearing import announce_margin, change_margin, clear
from basis_engine.simulation.dated import change_roll_share, close_window, lose_elsewhere, request_redemption
from basis_engine.simulation.dealers import take_outside_flow
from basis_engine.simulation.defaults import seize
from basis_engine.simulation.fast_path import quiet_days
from basis_engine.simulation.marks import commit_to_delivery, deliver, mark
from basis_engine.simulation.names import EventKind
from basis_engine.simulation.outcome import conclude
from basis_engine.simulation.queue import event_now, next_event
from basis_engine.simulation.record import enter, note_lowest_cash, record
from basis_engine.simulation.repo import change_haircuts, mark_term_loans, open_day, roll
from basis_engine.simulation.rows import Event
from basis_engine.simulation.unwind import check_limits, sell_slice
from basis_engine.simulation.world import Market, World, WorldBatch


@callee(inline=True)
def happen(world: World, event: Event) -> None:
    """Let one event happen."""
    kind = event.kind
    if kind == EventKind.OPEN:
        open_day(world, event)
    elif kind == EventKind.HAIRCUT_CHANGE:
        change_haircuts(world, event)
    elif kind == EventKind.NOT_ROLLED_CHANGE:
        change_roll_share(world, event)
    elif kind == EventKind.DELIVERY:
        deliver(world, event.contract)
    elif kind == EventKind.REPO_ROLL:
        roll(world, event)
    elif kind in (EventKind.VARIATION_CREDIT, EventKind.VARIATION_CALL):
        settle_variation(world, event)
    elif kind in (EventKind.MARGIN_RELEASE, EventKind.INITIAL_CALL):
        settle_initial(world, event)
    elif kind == EventKind.REPO_SHORTFALL:
        present_shortfalls(world)
    elif kind == EventKind.REPO_CALL:
        settle_repo_call(world, event)
    elif kind == EventKind.OTHER_LOSS:
        lose_elsewhere(world, event)
    elif kind == EventKind.OTHER_LOSS_CALL:
        settle_elsewhere(world, event)
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
        mark_term_loans(world)
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
    """Run one world, entered before, to the next decision; False at the end of its schedule."""
    world = pass_by_pointer(world)
    while next_event(world):
        event = event_now(world)
        if event.kind == EventKind.DECISION:
            return True
        happen(world, event)
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
def simulate_outcomes(world: World) -> None:
    """Run one world, entered before, that keeps no record: the same bytes, but days of nothing but routine pass on."""
    world = pass_by_pointer(world)
    quiet_days(world)
    while next_event(world):
        event = event_now(world)
        happen(world, event)
        note_lowest_cash(world, event.fund)
        if event.kind == EventKind.RECORD:
            quiet_days(world)
    conclude(world)


@callee
def world_at(market: Market, worlds: WorldBatch, w: int) -> World:
    """World ``w`` of many, whose arrays are stacked along a first axis and share one market."""
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
