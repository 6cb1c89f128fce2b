"""The order of events: the sorted schedule, merged with the events that a run creates.

Events are ordered by time, then by kind (the declared priority), then by creation. Created events wait in FIFO queues,
one for each (time, kind); the heads of the FIFOs form a list that is sorted by time and kind. Few FIFOs exist at once
(the clearing calls of forty funds fall due in four), so that neither insertion nor removal searches among other
events: a binary heap of events took a third of the time of a market of funds.
"""

from basis_engine.base.compile import callee, kernel
from basis_engine.base.units import Index, Minute, Word
from basis_engine.simulation.names import Party
from basis_engine.simulation.rows import Event
from basis_engine.simulation.world import World

NONE = -1
"""Ends a FIFO, and the list of FIFOs."""


@callee
def precedes(left: Event, right: Event) -> bool:
    """Return whether one event comes before another."""
    if left.time != right.time:
        return left.time < right.time
    if left.kind != right.kind:
        return left.kind < right.kind
    return left.sequence < right.sequence


@kernel
def push(world: World, kind: Word, time: Minute, fund: Index, position: Index, cause: Index) -> None:
    """Create an event that no party claims."""
    push_claim(world, kind, time, fund, position, Party.NONE, cause)


@kernel
def push_claim(world: World, kind: Word, time: Minute, fund: Index, position: Index, party: Word, cause: Index) -> None:
    """Create an event for a party's claim; a full queue counts the drop: the caller runs again with a longer one."""
    clock = world.clock[0]
    if clock.queued == len(world.queue):
        clock.dropped += 1
        return
    row = free_row(world)
    event = world.queue[row]
    event.time, event.kind, event.fund, event.position, event.cause = time, kind, fund, position, cause
    event.contract, event.party, event.sequence = -1, party, clock.created
    enqueue(world, row)
    clock.created += 1
    clock.queued += 1


@callee
def free_row(world: World) -> int:
    """Return the row of the queue that was freed last, or else the first row that was never used."""
    clock = world.clock[0]
    row = clock.rows_used
    if row > clock.queued:
        row = clock.freed_row
        clock.freed_row = world.queue[row].next_in_fifo
    else:
        clock.rows_used += 1
    return row


@callee
def enqueue(world: World, row: Index) -> None:
    """Append the event to the FIFO of its (time, kind); create the FIFO if needed."""
    clock, queue = world.clock[0], world.queue
    event, previous, fifo = queue[row], NONE, NONE
    event.next_in_fifo, event.fifo_last = NONE, row
    if clock.queued > 0:
        fifo = clock.first_fifo
    while fifo != NONE and precedes(queue[fifo], event):
        previous, fifo = fifo, queue[fifo].next_fifo
    if previous == NONE:
        clock.first_fifo, event.next_fifo = row, fifo
    elif queue[previous].time == event.time and queue[previous].kind == event.kind:
        queue[queue[previous].fifo_last].next_in_fifo, queue[previous].fifo_last = row, row
    else:
        queue[previous].next_fifo, event.next_fifo = row, fifo


@callee
def pop(world: World) -> None:
    """Remove the first created event from the queue."""
    clock, queue = world.clock[0], world.queue
    row = clock.first_fifo
    event = queue[row]
    clock.first_fifo = event.next_fifo
    if event.next_in_fifo != NONE:
        second = queue[event.next_in_fifo]
        second.fifo_last, second.next_fifo = event.fifo_last, event.next_fifo
        clock.first_fifo = event.next_in_fifo
    event.next_in_fifo, clock.freed_row = clock.freed_row, row
    clock.queued -= 1


@callee
def pop_into_current(world: World) -> None:
    """Copy the first created event into ``world.event`` and remove it from the queue."""
    clock, event, first = world.clock[0], world.event[0], world.queue[world.clock[0].first_fifo]
    event.time, event.kind, event.sequence, event.fund = first.time, first.kind, first.sequence, first.fund
    event.position, event.party, event.cause = first.position, first.party, first.cause
    clock.now = first.time
    pop(world)


@callee(inline=True)
def next_event(world: World) -> bool:
    """Advance the clock to the next event, scheduled or created; return False at the end of the schedule."""
    clock = world.clock[0]
    if clock.scheduled >= len(world.schedule):
        return False
    scheduled = world.schedule[clock.scheduled]
    clock.is_created = clock.queued > 0 and precedes(world.queue[clock.first_fifo], scheduled)
    if clock.is_created:
        pop_into_current(world)
    else:
        clock.scheduled += 1
        clock.now, clock.day = scheduled.time, scheduled.day
        clock.next_mark = scheduled.next_mark
    return True


@callee(inline=True)
def current_event(world: World) -> Event:
    """Return the event that the clock has reached; a scheduled event is not copied."""
    if world.clock[0].is_created:
        return world.event[0]
    return world.schedule[world.clock[0].scheduled - 1]
