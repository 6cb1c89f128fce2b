"""The clearing house: strikes variation margin at each cycle, compares initial margin with what is posted."""

from engine.compile import step
from engine.ledger import log, margin_excess, name_claim, name_contract
from engine.names import Claim, Kind, Party, Status, What
from engine.queue import push
from engine.rows import Event
from engine.world import World


@step
def clear(world: World, due: int) -> None:
    """One clearing cycle: every active fund's variation margin is struck, its initial margin compared."""
    for f in range(len(world.funds)):
        if world.funds[f].status == Status.ACTIVE:
            strike_variation(world, f, due)
            compare_initial(world, f, due)


@step
def strike_variation(world: World, f: int, due: int) -> None:
    """Turn the day's futures gains and losses into cash due: a short owes it in rallies, and is owed in sell-offs."""
    fund, clock = world.funds[f], world.clock[0]
    net = 0.0
    for p in range(fund.first, fund.last):
        position = world.positions[p]
        position.variation_due += position.variation_open
        position.variation_open = 0.0
        net += position.variation_due
    if net > 0.0:
        push(world, Kind.VARIATION_CREDIT, due, f, -1, clock.price_cause)
    elif net < 0.0:
        raised = raise_call(world, f, -net, Claim.VARIATION_MARGIN)
        push(world, Kind.VARIATION_CALL, due, f, -1, raised)


@step
def compare_initial(world: World, f: int, due: int) -> None:
    """Call what initial margin lacks, release what it exceeds."""
    fund, clock = world.funds[f], world.clock[0]
    excess = 0.0
    for p in range(fund.first, fund.last):
        excess += margin_excess(world, p)
    if excess > 0.0:
        push(world, Kind.MARGIN_RELEASE, due, f, -1, clock.price_cause)
    elif excess < 0.0:
        raised = raise_call(world, f, -excess, Claim.INITIAL_MARGIN)
        push(world, Kind.INITIAL_CALL, due, f, -1, raised)


@step
def raise_call(world: World, f: int, amount: float, claim: int) -> int:
    """Log a call with the price move that caused it."""
    number = log(world, What.CALL_RAISED, f, -1, amount, world.clock[0].price_cause)
    name_claim(world, number, claim, Party.CLEARING_HOUSE)
    return number


@step
def announce_margin(world: World, event: Event) -> None:
    """Give notice of a new initial margin, a day before it is asked."""
    contract = world.contracts[event.contract]
    contract.announced_margin = contract.margin_multiple * event.value
    name_contract(world, log(world, What.MARGIN_NOTICE, -1, -1, contract.announced_margin, -1), event.contract)


@step
def change_margin(world: World, event: Event) -> None:
    """Put a new initial margin in force; today's clearing cycle calls it."""
    contract = world.contracts[event.contract]
    contract.initial_margin = contract.announced_margin = contract.margin_multiple * event.value
    name_contract(world, log(world, What.MARGIN_CHANGE, -1, -1, contract.initial_margin, -1), event.contract)
