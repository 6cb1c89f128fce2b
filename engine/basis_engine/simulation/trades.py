"""Trades at the last mark: notes for regular settlement, both legs together, at half spreads plus own impact.

Cash moves the next morning: notes settle and are financed at 08:30, margin is released or posted at 09:00.
"""

import math

from basis_engine.base.compile import callee, kernel, pass_by_pointer
from basis_engine.base.units import Index, Usd
from basis_engine.simulation.clearing import raise_call
from basis_engine.simulation.dealers import buy_from_fund
from basis_engine.simulation.ledger import attribute, capped_cost, clearing_house_of, log
from basis_engine.simulation.names import Claim, EventKind, LogEvent, PnlLine, Status
from basis_engine.simulation.queue import push_claim
from basis_engine.simulation.world import Floats, World


@kernel
def execute(world: World, targets: Floats) -> None:
    """Trade every position of the active funds to its target face [positions], USD; reductions come first.

    A target of the other sign closes the position today and opens nothing; notes committed to delivery stay.
    """
    world = pass_by_pointer(world)
    cause = log(world, LogEvent.DECISION, -1, -1, 0.0, world.clock[0].price_cause)
    for p in range(len(world.positions)):
        position = world.positions[p]
        excess = abs(position.face) - max(math.copysign(1.0, position.face) * targets[p], 0.0)
        if excess > 0.0 and may_trade(world, p):
            close(world, p, excess, cause)
    for p in range(len(world.positions)):
        growth = targets[p] - world.positions[p].face
        if growth * targets[p] > 0.0 and may_trade(world, p) and world.positions[p].unsettled_face == 0.0:
            open_position(world, p, growth, cause)


@callee
def may_trade(world: World, p: int) -> bool:
    """Return whether a position's fund is active and its notes are not committed to delivery."""
    position = world.positions[p]
    return world.funds[position.fund].status == Status.ACTIVE and not position.committed


@callee
def close(world: World, p: Index, face: Usd, cause: Index) -> None:
    """Sell a face of notes (or buy back notes sold short), and close the same share of the hedge."""
    position = world.positions[p]
    share = face / abs(position.face)
    position.called -= position.called * share  # repaid with the loan on the notes sold
    trade(world, p, -math.copysign(face, position.face), -share * position.contracts)
    log(world, LogEvent.SALE, position.fund, p, face, cause)
    due, clearing_house = world.clock[0].calls_due, clearing_house_of(world, p)
    push_claim(world, EventKind.MARGIN_RELEASE, due, position.fund, -1, clearing_house, cause)


@callee
def open_position(world: World, p: Index, face: Usd, cause: Index) -> None:
    """Buy a face of notes (or sell short, face < 0) and hedge it; initial margin is called for the next morning."""
    position = world.positions[p]
    hedge = position.hedge * face
    trade(world, p, face, hedge)
    bought = log(world, LogEvent.PURCHASE, position.fund, p, abs(face), cause)
    asked = abs(hedge) * world.contracts[position.contract].initial_margin
    if asked > 0.0:
        due, clearing_house = world.clock[0].calls_due, clearing_house_of(world, p)
        raised = raise_call(world, position.fund, asked, Claim.INITIAL_MARGIN, clearing_house, bought)
        push_claim(world, EventKind.INITIAL_CALL, due, position.fund, -1, clearing_house, raised)


@callee
def trade(world: World, p: Index, face: Usd, contracts: float) -> None:
    """Add face and contracts at the mark; half spreads and impact are a cost."""
    position = world.positions[p]
    contract = world.contracts[position.contract]
    impact = contract.impact * abs(face) / 1e9
    price = position.clean * (1.0 + math.copysign(capped_cost(contract.bond_cost + impact) / 1e4, face))
    paid = face * (price + position.accrued) / 100.0
    futures_cost = capped_cost(contract.futures_cost + impact)
    slippage = abs(contracts) * contract.point_value * contract.futures * futures_cost / 1e4
    attribute(world, p, PnlLine.COST, face * (position.clean - price) / 100.0 - slippage)
    position.variation_open -= slippage
    position.contracts += contracts
    position.unsettled -= paid
    position.unsettled_face -= face
    position.face += face
    buy_from_fund(world, position.fund, -paid)
