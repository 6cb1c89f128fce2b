"""The clearing houses, of futures and of swaps: each strikes variation margin and compares initial margin on its own.

What one house owes a fund is no cover for what the other asks.
"""

from basis_engine.base.compile import callee
from basis_engine.simulation.ledger import house_of, last_house, log, margin_excess, name_claim, name_contract
from basis_engine.simulation.names import Claim, EventKind, LogEvent, Party, Status
from basis_engine.simulation.queue import push_claim
from basis_engine.simulation.rows import Event
from basis_engine.simulation.world import World


@callee
def clear(world: World, due: int) -> None:
    """One clearing cycle: every active fund's variation margin is struck, its initial margin compared."""
    last = last_house(world)
    for f in range(len(world.funds)):
        if world.funds[f].status == Status.ACTIVE:
            for house in range(Party.CLEARING_HOUSE, last + 1):
                strike(world, f, house, due)


@callee
def strike(world: World, f: int, house: int, due: int) -> None:
    """Turn the gains and losses since the last cycle into cash due, and compare initial margin with what is asked."""
    net, excess = 0.0, 0.0
    for p in range(world.funds[f].first, world.funds[f].last):
        position = world.positions[p]
        if house_of(world, p) == house:
            position.variation_due += position.variation_open
            position.variation_open = 0.0
            net += position.variation_due
            excess += margin_excess(world, p)
    call_variation(world, f, house, due, net)
    call_initial(world, f, house, due, excess)


@callee
def call_variation(world: World, f: int, house: int, due: int, net: float) -> None:
    """Variation margin falls due: a short owes it in rallies, and is owed in sell-offs."""
    if net > 0.0:
        push_claim(world, EventKind.VARIATION_CREDIT, due, f, -1, house, world.clock[0].price_cause)
    elif net < 0.0:
        raised = raise_call(world, f, -net, Claim.VARIATION_MARGIN, house)
        push_claim(world, EventKind.VARIATION_CALL, due, f, -1, house, raised)


@callee
def call_initial(world: World, f: int, house: int, due: int, excess: float) -> None:
    """Call what initial margin lacks, release what it exceeds."""
    if excess > 0.0:
        push_claim(world, EventKind.MARGIN_RELEASE, due, f, -1, house, world.clock[0].price_cause)
    elif excess < 0.0:
        raised = raise_call(world, f, -excess, Claim.INITIAL_MARGIN, house)
        push_claim(world, EventKind.INITIAL_CALL, due, f, -1, house, raised)


@callee
def raise_call(world: World, f: int, amount: float, claim: int, house: int) -> int:
    """Log a call with the price move that caused it."""
    number = log(world, LogEvent.CALL_RAISED, f, -1, amount, world.clock[0].price_cause)
    name_claim(world, number, claim, house)
    return number


@callee
def announce_margin(world: World, event: Event) -> None:
    """Give notice of a new initial margin, a day before it is asked."""
    contract = world.contracts[event.contract]
    contract.announced_margin = contract.margin_multiple * event.value
    name_contract(world, log(world, LogEvent.MARGIN_NOTICE, -1, -1, contract.announced_margin, -1), event.contract)


@callee
def change_margin(world: World, event: Event) -> None:
    """Put a new initial margin in force; today's clearing cycle calls it."""
    contract = world.contracts[event.contract]
    contract.initial_margin = contract.announced_margin = contract.margin_multiple * event.value
    name_contract(world, log(world, LogEvent.MARGIN_CHANGE, -1, -1, contract.initial_margin, -1), event.contract)
