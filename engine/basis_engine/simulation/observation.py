"""What a strategy observes when it decides, at 15:30: its fund, and the day's signals of each pair it may trade."""

from basis_engine.base.compile import kernel
from basis_engine.base.units import BusinessDays, Day, Index, Rate, Share, Usd
from basis_engine.simulation.ledger import equity, market_value
from basis_engine.simulation.signals import Signal
from basis_engine.simulation.unwind import spare_liquidity
from basis_engine.simulation.world import Floats, Rows, World

NEVER = 1_000_000
"""Business days since something that has not happened."""


class PairView(Signal):
    """A pair today: its signals, what is held of it, and which of the strategy's legs it belongs to."""

    leg: Index
    face: Usd  # held; negative: sold short


class FundView:
    """A fund today; of a portfolio, the strategy's share of it and its own book."""

    day: Index  # of the run
    date: Day
    equity: Usd
    entry_equity: Usd
    peak_equity: Usd  # highest since the run began
    high_equity: Usd  # highest since the book was last empty
    cash: Usd
    spare: Usd  # cash and credit left after every call in sight
    book: Usd  # market value of notes, those sold short counted like those held
    leverage: float  # book over equity
    margin: Usd  # initial margin posted
    days_in: BusinessDays  # since the book was empty; 0 while it is
    days_out: BusinessDays  # since the book was last held; `NEVER` if it never was


@kernel
def observe(world: World, share: Share, first: Index, last: Index, view: Rows[FundView]) -> None:
    """Fill a view of a fund, of which a strategy has a share, and of its book: positions first to last - 1."""
    fund, clock, mine = world.funds[0], world.clock[0], view[0]
    mine.day, mine.date = clock.day, clock.now // 1440
    mine.equity = share * equity(world, fund)
    mine.entry_equity = share * fund.entry_equity
    mine.peak_equity = share * fund.peak_equity
    mine.cash, mine.spare = share * fund.cash, share * spare_liquidity(world, 0)
    mine.book, mine.margin = 0.0, 0.0
    for p in range(first, last):
        mine.book += abs(market_value(world.positions[p]))
        mine.margin += world.positions[p].margin_posted
    mine.leverage = mine.book / mine.equity
    if mine.book > 0.0:
        mine.days_in, mine.days_out = mine.days_in + 1, 0
        mine.high_equity = max(mine.high_equity, mine.equity)
    else:
        mine.days_in, mine.days_out = 0, min(mine.days_out + 1, NEVER)
        mine.high_equity = mine.equity


@kernel
def required_equity(world: World, targets: Floats) -> Usd:
    """Return the equity that haircuts and initial margin of target faces [positions] require, USD."""
    total = 0.0
    for p in range(len(world.positions)):
        position = world.positions[p]
        face = abs(targets[p])
        total += face * position.haircut * (position.clean + position.accrued) / 100.0
        total += face * abs(position.hedge) * world.contracts[position.contract].initial_margin
    return total


@kernel
def set_repo_spreads(world: World, targets: Floats, spread: Rate, special: Rate, first: Index, last: Index) -> None:
    """Set repo spreads: notes held cost ``spread``; cash lent against notes sold short earns ``special`` less."""
    for p in range(first, last):
        if targets[p] < 0.0:
            world.positions[p].repo_spread = -special
        elif targets[p] > 0.0:
            world.positions[p].repo_spread = spread
