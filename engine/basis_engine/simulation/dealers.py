"""Dealers absorb the sales of others; the price of their balance sheet widens the cash-futures basis.

Inventory I <- max(0, (1 - placement rate) I + outside sales + funds' sales - central-bank purchases) each day. The
unbounded spread is r = slope [I + (capacity multiple - 1) max(0, I - capacity)]; a ceiling bounds it:
s = ceiling (1 - exp(-r / ceiling)), basis points a year. A contract's notes are cheap by
share x (s T + jump of the overnight rate / 360) in basis points of price, T the years to delivery.
"""

import math

from basis_engine.base.compile import callee
from basis_engine.base.units import BasisPoints, BasisPointsPerYear, Index, Share, Usd
from basis_engine.simulation.ledger import between, log, name_claim
from basis_engine.simulation.names import Claim, LogEvent, Party
from basis_engine.simulation.rows import ContractRow, Dealers, Event
from basis_engine.simulation.world import World

BILLION = 1e9


@callee
def balance_sheet_spread(dealers: Dealers) -> BasisPointsPerYear:
    """Return the price of dealers' balance sheet, basis points a year; a ceiling of 0 is none."""
    held = dealers.inventory + (dealers.capacity_multiple - 1.0) * max(0.0, dealers.inventory - dealers.capacity)
    unbounded = dealers.slope * held / BILLION
    if dealers.ceiling <= 0.0:
        return unbounded
    return dealers.ceiling * (1.0 - math.exp(-unbounded / dealers.ceiling))


@callee
def take_outside_flow(world: World, event: Event) -> None:
    """Book a sale of outsiders to dealers (value > 0) or a purchase of the central bank from them (value < 0)."""
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
def buy_from_fund(world: World, f: Index, amount: Usd) -> None:
    """Add a sale by a fund, or by those who seized its notes, to the inventory of the next mark."""
    world.dealers[0].pending += world.funds[f].feedback * amount
    world.dealers[0].fund_sales += amount


@callee
def take_inventory(dealers: Dealers) -> None:
    """Update inventory, balance-sheet spread and its downside volatility, once a day."""
    if not are_active(dealers):
        return
    dealers.inventory = max(0.0, (1.0 - dealers.placement_rate) * dealers.inventory + dealers.pending)
    dealers.pending = 0.0
    spread = balance_sheet_spread(dealers)
    rise = max(spread - dealers.balance_sheet_spread, 0.0)
    # Downside volatility: a symmetric one would count the central bank's rally as risk.
    dealers.volatility = dealers.memory * dealers.volatility + (1.0 - dealers.memory) * 2.0 * rise * rise
    dealers.balance_sheet_spread = spread


@callee
def are_active(dealers: Dealers) -> bool:
    """Return whether dealers hold inventory, or their spread or its volatility is not back to zero."""
    holds = dealers.inventory != 0.0 or dealers.pending != 0.0
    return holds or dealers.balance_sheet_spread != 0.0 or dealers.volatility != 0.0


@callee
def dealer_dislocation(world: World, contract: ContractRow) -> BasisPoints:
    """Return how cheap the balance-sheet spread and a jump of overnight repo make a contract's notes, bp of price."""
    clock = world.clock[0]
    jump = 1e4 * (clock.repo_rate - clock.repo_rate_before) / 360.0
    share, years = contract.balance_sheet_share, contract.balance_sheet_years
    return balance_sheet_dislocation(share, years, world.dealers[0].balance_sheet_spread, jump)


@callee(inline=True)
def balance_sheet_dislocation(share: Share, years: float, spread: BasisPointsPerYear, jump: BasisPoints) -> BasisPoints:
    """Return how cheap a balance-sheet spread and a jump of the overnight rate make notes, basis points of price."""
    return share * (spread * years + jump)
