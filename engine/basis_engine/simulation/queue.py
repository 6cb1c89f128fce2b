"""One time order: the schedule, sorted beforehand, merged with the events that a run creates.

Events are ordered by time, then by kind (the declared priority), then by creation. Created events stand in lines, one
for each time and kind, in order of creation; the lines' heads stand in order of time and kind. Few lines wait at once
(what clearing calls of forty funds falls due in four), so that one event is put in its place and the next is found
without a search among the others: a binary heap of events took a third of a market of funds.
"""

from basis_engine.base.compile import callee, kernel
from basis_engine.simulation.names import Party
from basis_engine.simulation.rows import Event
from basis_engine.simulation.world import World

NONE = -1
"""Where a line, or the line of lines, ends."""


@callee
def before(left: Event, right: Event) -> bool:
    """Whether one event happens before another."""
    if left.time != right.time:
        return left.time < right.time
    if left.kind != right.kind:
        return left.kind < right.kind
    return left.sequence < right.sequence


@kernel
def push(world: World, kind: int, time: int, fund: int, position: int, cause: int) -> None:
    """Put a created event in its place."""
    push_claim(world, kind, time, fund, position, Party.NONE, cause)


@kernel
def push_claim(world: World, kind: int, time: int, fund: int, position: int, party: int, cause: int) -> None:
    """Put a party's claim in its place; a full queue counts what it dropped, and the caller runs again with more."""
    clock = world.clock[0]
    if clock.queued == len(world.queue):
        clock.dropped += 1
        return
    row = free_row(world)
    event = world.queue[row]
    event.time, event.kind, event.fund, event.position, event.cause = time, kind, fund, position, cause
    event.contract, event.party, event.sequence = -1, party, clock.created
    line_up(world, row)
    clock.created += 1
    clock.queued += 1


@callee
def free_row(world: World) -> int:
    """The row of the queue that was left last, or one that nothing stood in yet."""
    clock = world.clock[0]
    row = clock.rows_used
    if row > clock.queued:
        row = clock.row_left
        clock.row_left = world.queue[row].following
    else:
        clock.rows_used += 1
    return row


@callee
def line_up(world: World, row: int) -> None:
    """Stand at the end of the line of one's time and kind, or begin that line."""
    clock, queue = world.clock[0], world.queue
    event, ahead, line = queue[row], NONE, NONE
    event.following, event.line_end = NONE, row
    if clock.queued > 0:
        line = clock.first_line
    while line != NONE and before(queue[line], event):
        ahead, line = line, queue[line].next_line
    if ahead == NONE:
        clock.first_line, event.next_line = row, line
    elif queue[ahead].time == event.time and queue[ahead].kind == event.kind:
        queue[queue[ahead].line_end].following, queue[ahead].line_end = row, row
    else:
        queue[ahead].next_line, event.next_line = row, line


@callee
def leave(world: World) -> None:
    """Let the first created event out of the queue."""
    clock, queue = world.clock[0], world.queue
    row = clock.first_line
    event = queue[row]
    clock.first_line = event.next_line
    if event.following != NONE:
        second = queue[event.following]
        second.line_end, second.next_line = event.line_end, event.next_line
        clock.first_line = event.following
    event.following, clock.row_left = clock.row_left, row
    clock.queued -= 1


@callee
def bring(world: World) -> None:
    """Bring the first created event into ``world.event``, and its row of the queue to others."""
    clock, event, first = world.clock[0], world.event[0], world.queue[world.clock[0].first_line]
    event.time, event.kind, event.sequence, event.fund = first.time, first.kind, first.sequence, first.fund
    event.position, event.party, event.cause = first.position, first.party, first.cause
    clock.now = first.time
    leave(world)


@callee(inline=True)
def next_event(world: World) -> bool:
    """Let time pass to the next event, scheduled or created; False when the schedule is over."""
    clock = world.clock[0]
    if clock.scheduled >= len(world.schedule):
        return False
    scheduled = world.schedule[clock.scheduled]
    clock.is_created = clock.queued > 0 and before(world.queue[clock.first_line], scheduled)
    if clock.is_created:
        bring(world)
    else:
        clock.scheduled += 1
        clock.now, clock.day = scheduled.time, scheduled.day
        clock.next_mark = scheduled.next_mark
    return True


@callee(inline=True)
def event_now(world: World) -> Event:
    """The event that time has come to; a scheduled one stays where it is."""
    if world.clock[0].is_created:
        return world.event[0]
    return world.schedule[world.clock[0].scheduled - 1]
