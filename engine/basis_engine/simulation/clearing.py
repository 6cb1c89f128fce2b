"""The clearing houses, of futures and of swaps: each computes variation margin and compares initial margin separately.

What one clearing house owes a fund does not cover what the other asks.
"""

from basis_engine.base.compile import callee
from basis_engine.base.units import Index, Minute, Usd, Word
from basis_engine.simulation.ledger import (
    clearing_house_of,
    last_clearing_house,
    log,
    margin_excess,
    name_claim,
    name_contract,
)
from basis_engine.simulation.names import Claim, EventKind, LogEvent, Party, Status
from basis_engine.simulation.queue import push_claim
from basis_engine.simulation.rows import Event
from basis_engine.simulation.world import World


@callee
def clear(world: World, due: Minute) -> None:
    """Run one clearing cycle over every active fund: compute variation margin, compare initial margin."""
    last = last_clearing_house(world)
    for f in range(len(world.funds)):
        if world.funds[f].status == Status.ACTIVE:
            for clearing_house in range(Party.CLEARING_HOUSE, last + 1):
                strike(world, f, clearing_house, due)


@callee
def strike(world: World, f: Index, clearing_house: Word, due: Minute) -> None:
    """Turn gains and losses since the last cycle into cash due; compare initial margin posted with that required.

    The cause of an initial call is the last change of the margin of the position that lacks most.
    """
    net, excess, deficit, cause = 0.0, 0.0, 0.0, -1
    for p in range(world.funds[f].first, world.funds[f].last):
        position = world.positions[p]
        if clearing_house_of(world, p) == clearing_house:
            position.variation_due += position.variation_open
            position.variation_open = 0.0
            net += position.variation_due
            own = margin_excess(world, p)
            excess += own
            if own < deficit:
                deficit, cause = own, world.contracts[position.contract].margin_cause
    call_variation(world, f, clearing_house, due, net)
    if cause < 0:
        cause = world.clock[0].price_cause
    call_initial(world, f, clearing_house, due, excess, cause)


@callee
def call_variation(world: World, f: Index, clearing_house: Word, due: Minute, net: Usd) -> None:
    """Credit a net gain, call a net loss: a short future loses in rallies and gains in sell-offs."""
    cause = world.clock[0].price_cause
    if net > 0.0:
        push_claim(world, EventKind.VARIATION_CREDIT, due, f, -1, clearing_house, cause)
    elif net < 0.0:
        raised = raise_call(world, f, -net, Claim.VARIATION_MARGIN, clearing_house, cause)
        push_claim(world, EventKind.VARIATION_CALL, due, f, -1, clearing_house, raised)


@callee
def call_initial(world: World, f: Index, clearing_house: Word, due: Minute, excess: Usd, cause: Index) -> None:
    """Release an excess of initial margin; call a deficit."""
    if excess > 0.0:
        push_claim(world, EventKind.MARGIN_RELEASE, due, f, -1, clearing_house, cause)
    elif excess < 0.0:
        raised = raise_call(world, f, -excess, Claim.INITIAL_MARGIN, clearing_house, cause)
        push_claim(world, EventKind.INITIAL_CALL, due, f, -1, clearing_house, raised)


@callee
def raise_call(world: World, f: Index, amount: Usd, claim: Word, party: Word, cause: Index) -> int:
    """Log a call of a party on a fund, with its cause; return the row of the log."""
    number = log(world, LogEvent.CALL_RAISED, f, -1, amount, cause)
    name_claim(world, number, claim, party)
    return number


@callee
def announce_margin(world: World, event: Event) -> None:
    """Announce a new initial margin, a day before it is in force."""
    contract = world.contracts[event.contract]
    contract.announced_margin = contract.margin_multiple * event.value
    contract.margin_cause = log(world, LogEvent.MARGIN_NOTICE, -1, -1, contract.announced_margin, -1)
    name_contract(world, contract.margin_cause, event.contract)


@callee
def change_margin(world: World, event: Event) -> None:
    """Put a new initial margin in force; today's clearing cycle calls it."""
    contract = world.contracts[event.contract]
    contract.initial_margin = contract.announced_margin = contract.margin_multiple * event.value
    contract.margin_cause = log(world, LogEvent.MARGIN_CHANGE, -1, -1, contract.initial_margin, -1)
    name_contract(world, contract.margin_cause, event.contract)
