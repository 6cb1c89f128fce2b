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

Scheduled events and those a run creates stand in one order: by time, then by the numbers of ``Kind``, then by
creation. In sweeps, days of nothing but routine are settled straight on by `engine.quiet`, to the same bytes.
"""

from engine.calls import (
    present_shortfalls,
    settle_elsewhere,
    settle_initial,
    settle_redemption,
    settle_repo_call,
    settle_variation,
)
from engine.clearing import announce_margin, change_margin, clear
from engine.compile import by_reference, kernel, parallel_kernel, part, portion, step
from engine.dated import change_roll_share, close_window, lose_elsewhere, request_redemption
from engine.dealers import take_outside_flow
from engine.defaults import seize
from engine.marks import commit_to_delivery, deliver, mark
from engine.names import Kind
from engine.outcome import conclude
from engine.queue import event_now, next_event
from engine.quiet import quiet_days
from engine.record import enter, note_lowest_cash, record
from engine.repo import change_haircuts, mark_term_loans, open_day, roll
from engine.rows import Event
from engine.unwind import check_limits, sell_slice
from engine.world import Market, Stacked, World


@part
def happen(world: World, event: Event) -> None:
    """Let one event happen."""
    kind = event.kind
    if kind == Kind.OPEN:
        open_day(world, event)
    elif kind == Kind.HAIRCUT_CHANGE:
        change_haircuts(world, event)
    elif kind == Kind.ROLL_SHARE_CHANGE:
        change_roll_share(world, event)
    elif kind == Kind.DELIVERY:
        deliver(world, event.contract)
    elif kind == Kind.REPO_ROLL:
        roll(world, event)
    elif kind in (Kind.VARIATION_CREDIT, Kind.VARIATION_CALL):
        settle_variation(world, event)
    elif kind in (Kind.MARGIN_RELEASE, Kind.INITIAL_CALL):
        settle_initial(world, event)
    elif kind == Kind.REPO_SHORTFALL:
        present_shortfalls(world)
    elif kind == Kind.REPO_CALL:
        settle_repo_call(world, event)
    elif kind == Kind.LOSS_ELSEWHERE:
        lose_elsewhere(world, event)
    elif kind == Kind.ELSEWHERE_CALL:
        settle_elsewhere(world, event)
    elif kind == Kind.REDEMPTION:
        request_redemption(world, event)
    elif kind == Kind.REDEMPTION_CALL:
        settle_redemption(world, event)
    elif kind == Kind.OUTSIDE_FLOW:
        take_outside_flow(world, event)
    elif kind == Kind.MARK:
        mark(world, event)
    elif kind in (Kind.INTRADAY_CYCLE, Kind.SETTLEMENT):
        clear(world, event.calls_due)
    elif kind == Kind.MARGIN_NOTICE:
        announce_margin(world, event)
    elif kind == Kind.MARGIN_CHANGE:
        change_margin(world, event)
    elif kind == Kind.FINAL_SETTLEMENT:
        commit_to_delivery(world, event.contract)
    elif kind == Kind.REPO_MARK:
        mark_term_loans(world)
    elif kind == Kind.SEIZURE_SLICE:
        seize(world, event, False)
    elif kind == Kind.UNWIND_SLICE:
        sell_slice(world, event)
    elif kind == Kind.RISK_LIMITS:
        check_limits(world)
    elif kind == Kind.RECORD:
        record(world)
    elif kind == Kind.END:
        close_window(world)


@kernel
def advance(world: World) -> bool:
    """Run one world, entered before, to the next decision; False at the end of its schedule."""
    world = by_reference(world)
    while next_event(world):
        event = event_now(world)
        if event.kind == Kind.DECISION:
            return True
        happen(world, event)
        note_lowest_cash(world, event.fund)
    conclude(world)
    return False


@kernel
def simulate(world: World) -> None:
    """Enter one world and run it to its end; at decisions nothing is traded."""
    world = by_reference(world)
    enter(world)
    while advance(world):
        pass


@kernel
def simulate_quietly(world: World) -> None:
    """Run one world, entered before, that keeps no record: the same bytes, but days of nothing but routine pass on."""
    world = by_reference(world)
    quiet_days(world)
    while next_event(world):
        event = event_now(world)
        happen(world, event)
        note_lowest_cash(world, event.fund)
        if event.kind == Kind.RECORD:
            quiet_days(world)
    conclude(world)


@step
def one_of(market: Market, worlds: Stacked, w: int) -> World:
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
def simulate_all(market: Market, worlds: Stacked, turn: int, turns: int) -> None:
    """Run many worlds; each writes its own rows only."""
    first, last = portion(len(worlds.parties), turn, turns)
    for w in range(first, last):
        simulate(one_of(market, worlds, w))
