"""What a strategy sees when it decides, at 15:30: its fund, and each pair that it may trade with the day's signals."""

from basis_engine.base.compile import kernel
from basis_engine.base.units import BusinessDays, Day, Index, Rate, Usd
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
    spare: Usd  # cash and credit left once every call in sight is met
    book: Usd  # market value of notes, those sold short counted like those held
    leverage: float  # book over equity
    margin: Usd  # initial margin posted
    days_in: BusinessDays  # since the book was empty; 0 while it is
    days_out: BusinessDays  # since the book was last held; `NEVER` if it never was


@kernel
def look(world: World, share: float, first: int, last: int, seen: Rows[FundView]) -> None:
    """See a fund's state, of which a strategy has a share, and its book: positions first to last - 1."""
    fund, clock, mine = world.funds[0], world.clock[0], seen[0]
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
def asked(world: World, targets: Floats) -> float:
    """What haircuts and initial margin of target faces [positions] ask of equity, USD."""
    total = 0.0
    for p in range(len(world.positions)):
        position = world.positions[p]
        face = abs(targets[p])
        total += face * position.haircut * (position.clean + position.accrued) / 100.0
        total += face * abs(position.hedge) * world.contracts[position.contract].initial_margin
    return total


@kernel
def finance(world: World, targets: Floats, spread: Rate, special: Rate, first: int, last: int) -> None:
    """Repo of what is held costs a spread; cash lent against notes sold short earns the special rate, below it."""
    for p in range(first, last):
        if targets[p] < 0.0:
            world.positions[p].repo_spread = -special
        elif targets[p] > 0.0:
            world.positions[p].repo_spread = spread
