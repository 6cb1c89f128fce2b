"""The clearing house: strikes variation margin at each cycle, compares initial margin with what is posted."""

from engine.calls import margin_excess
from engine.compile import kernel
from engine.ledger import log, name_claim
from engine.names import Claim, Kind, Party, Status, What
from engine.queue import push
from engine.rows import Event
from engine.world import World


@kernel
def clear(world: World) -> None:
    """One clearing cycle: every active fund's variation margin is struck, its initial margin compared."""
    for f in range(len(world.funds)):
        if world.funds[f].status == Status.ACTIVE:
            strike_variation(world, f)
            compare_initial(world, f)


@kernel
def strike_variation(world: World, f: int) -> None:
    """Turn the day's futures gains and losses into cash due: a short owes it in rallies, and is owed in sell-offs."""
    fund, clock = world.funds[f], world.clock[0]
    net = 0.0
    for p in range(fund.first, fund.last):
        position = world.positions[p]
        position.variation_due += position.variation_open
        position.variation_open = 0.0
        net += position.variation_due
    if net > 0.0:
        push(world, Kind.VARIATION_CREDIT, clock.calls_due, f, -1, clock.next_cause)
    elif net < 0.0:
        push(
            world,
            Kind.VARIATION_CALL,
            clock.calls_due,
            f,
            -1,
            raise_call(world, f, -net, Claim.VARIATION_MARGIN),
        )


@kernel
def compare_initial(world: World, f: int) -> None:
    """Call what initial margin lacks, release what it exceeds."""
    fund, clock = world.funds[f], world.clock[0]
    excess = 0.0
    for p in range(fund.first, fund.last):
        excess += margin_excess(world, p)
    if excess > 0.0:
        push(world, Kind.MARGIN_RELEASE, clock.calls_due, f, -1, clock.next_cause)
    elif excess < 0.0:
        push(
            world,
            Kind.INITIAL_CALL,
            clock.calls_due,
            f,
            -1,
            raise_call(world, f, -excess, Claim.INITIAL_MARGIN),
        )


@kernel
def raise_call(world: World, f: int, amount: float, claim: int) -> int:
    """Log a call with the price move that caused it."""
    number = log(world, What.CALL_RAISED, f, -1, amount, world.clock[0].next_cause)
    name_claim(world, number, claim, Party.CLEARING_HOUSE)
    return number


@kernel
def announce_margin(world: World, event: Event) -> None:
    """Give notice of a new initial margin, a day before it is asked."""
    world.contracts[event.contract].announced_margin = event.value
    number = log(world, What.MARGIN_NOTICE, -1, -1, event.value, -1)
    name_contract(world, number, event.contract)


@kernel
def change_margin(world: World, event: Event) -> None:
    """Put a new initial margin in force; today's clearing cycle calls it."""
    contract = world.contracts[event.contract]
    contract.initial_margin = contract.announced_margin = event.value
    number = log(world, What.MARGIN_CHANGE, -1, -1, event.value, -1)
    name_contract(world, number, event.contract)


@kernel
def name_contract(world: World, number: int, contract: int) -> None:
    """Say which contract a log row is about."""
    if number < len(world.log):
        world.log[number].contract = contract
