"""Dealers: what others sell goes through their balance sheet, whose rent cheapens notes against futures.

Inventory I <- max(0, (1 - decay) I + outside sales + funds' sales - central-bank purchases) each day; rent
r = slope [I + (kink - 1) max(0, I - capacity)], held under a ceiling: s = ceiling (1 - exp(-r / ceiling)), basis points
a year. A contract's notes are cheap by share x (s T + jump of the overnight rate / 360) in basis points of price, T
the years to delivery.
"""

import math

from basis_engine.base.compile import callee
from basis_engine.simulation.ledger import between, log, name_claim
from basis_engine.simulation.names import Claim, LogEvent, Party
from basis_engine.simulation.rows import Contract, Dealers, Event
from basis_engine.simulation.world import World

BILLION = 1e9


@callee
def rent(dealers: Dealers) -> float:
    """What dealers ask for their balance sheet, basis points a year; the ceiling keeps the kink from exploding."""
    held = dealers.inventory + (dealers.kink - 1.0) * max(0.0, dealers.inventory - dealers.capacity)
    asked = dealers.slope * held / BILLION
    if dealers.ceiling <= 0.0:
        return asked
    return dealers.ceiling * (1.0 - math.exp(-asked / dealers.ceiling))


@callee
def take_outside_flow(world: World, event: Event) -> None:
    """Outsiders sell to dealers (value > 0), or the central bank buys from them (value < 0)."""
    dealers = world.dealers[0]
    dealers.pending += event.value
    if event.value >= 0.0:
        dealers.outside_sales += event.value
        between(world, Party.DEALERS, Party.OUTSIDE_INVESTORS, event.value)
        number = log(world, LogEvent.OUTSIDE_SALE, -1, -1, event.value, -1)
        name_claim(world, number, Claim.NONE, Party.OUTSIDE_INVESTORS)
    else:
        dealers.purchases -= event.value
        between(world, Party.CENTRAL_BANK, Party.DEALERS, -event.value)
        number = log(world, LogEvent.CENTRAL_BANK_PURCHASE, -1, -1, -event.value, -1)
        name_claim(world, number, Claim.NONE, Party.CENTRAL_BANK)


@callee
def buy_from_fund(world: World, f: int, amount: float) -> None:
    """Take a fund's (or its seizer's) sale onto the balance sheet at the next mark."""
    world.dealers[0].pending += world.funds[f].feedback * amount
    world.dealers[0].fund_sales += amount


@callee
def take_inventory(world: World) -> None:
    """Once a day: place part of the inventory, take on what was bought, ask a new rent, remember its rise."""
    dealers = world.dealers[0]
    if not have_business(dealers):
        return
    dealers.inventory = max(0.0, (1.0 - dealers.decay) * dealers.inventory + dealers.pending)
    dealers.pending = 0.0
    asked = rent(dealers)
    rise = max(asked - dealers.rent, 0.0)
    # Downside volatility: a symmetric one would count the central bank's rally as risk.
    dealers.volatility = dealers.memory * dealers.volatility + (1.0 - dealers.memory) * 2.0 * rise * rise
    dealers.rent = asked


@callee
def have_business(dealers: Dealers) -> bool:
    """Whether dealers hold anything, or remember what they asked for it."""
    return dealers.inventory != 0.0 or dealers.pending != 0.0 or dealers.rent != 0.0 or dealers.volatility != 0.0


@callee
def rent_dislocation(world: World, contract: Contract) -> float:
    """Basis points of price by which dealers' rent and a jump of overnight repo cheapen a contract's notes."""
    clock = world.clock[0]
    jump = 1e4 * (clock.repo_rate - clock.repo_rate_before) / 360.0
    return contract.rent_share * (world.dealers[0].rent * contract.rent_years + jump)
