"""One time order: the schedule, sorted beforehand, merged with the events a run creates, kept in a binary heap.

Events are ordered by time, then by kind (the declared priority), then by creation.
"""

from engine.compile import kernel, step
from engine.names import Party
from engine.rows import Event
from engine.world import Rows, World


@step
def before(left: Event, right: Event) -> bool:
    """Whether one event happens before another."""
    if left.time != right.time:
        return left.time < right.time
    if left.kind != right.kind:
        return left.kind < right.kind
    return left.sequence < right.sequence


@step
def copy_event(source: Event, target: Event) -> None:
    """Copy an event field by field."""
    target.time = source.time
    target.kind = source.kind
    target.sequence = source.sequence
    target.day = source.day
    target.mark = source.mark
    target.fund = source.fund
    target.position = source.position
    target.contract = source.contract
    target.party = source.party
    target.value = source.value
    target.second_value = source.second_value
    target.calls_due = source.calls_due
    target.next_mark = source.next_mark
    target.cause = source.cause


@step
def swap(queue: Rows[Event], spare: Event, i: int, j: int) -> None:
    """Exchange two events of the heap."""
    copy_event(queue[i], spare)
    copy_event(queue[j], queue[i])
    copy_event(spare, queue[j])


@kernel
def push(world: World, kind: int, time: int, fund: int, position: int, cause: int) -> None:
    """Put a created event in its place."""
    push_claim(world, kind, time, fund, position, Party.NONE, cause)


@kernel
def push_claim(world: World, kind: int, time: int, fund: int, position: int, party: int, cause: int) -> None:
    """Put a party's claim in its place; a full queue counts what it dropped, and the caller runs again with more."""
    clock, queue = world.clock[0], world.queue
    i = clock.queued
    if i + 1 >= len(queue):
        clock.dropped += 1
        return
    event = queue[i]
    event.time, event.kind, event.fund, event.position, event.cause = time, kind, fund, position, cause
    event.sequence = clock.created
    event.contract, event.party = -1, party
    clock.created += 1
    clock.queued += 1
    while i > 0 and before(queue[i], queue[(i - 1) // 2]):
        swap(queue, queue[len(queue) - 1], i, (i - 1) // 2)
        i = (i - 1) // 2


@step
def pop(world: World) -> None:
    """Take the first created event off the heap into the world's event."""
    clock, queue = world.clock[0], world.queue
    copy_event(queue[0], world.event[0])
    clock.queued -= 1
    copy_event(queue[clock.queued], queue[0])
    i = 0
    while 2 * i + 1 < clock.queued:
        child = 2 * i + 1
        if child + 1 < clock.queued and before(queue[child + 1], queue[child]):
            child += 1
        if not before(queue[child], queue[i]):
            break
        swap(queue, queue[len(queue) - 1], i, child)
        i = child


@kernel
def next_event(world: World) -> bool:
    """Bring the next event, scheduled or created, into ``world.event``; False when the schedule is over."""
    clock = world.clock[0]
    if clock.scheduled >= len(world.schedule):
        return False
    scheduled = world.schedule[clock.scheduled]
    if clock.queued > 0 and before(world.queue[0], scheduled):
        pop(world)
        clock.now = world.event[0].time
        return True
    copy_event(scheduled, world.event[0])
    clock.scheduled += 1
    clock.now, clock.day = scheduled.time, scheduled.day
    clock.next_mark = scheduled.next_mark
    return True
