"""Run strategies through years: each day observe, decide faces, check them, trade; an error keeps the days before."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from basis_engine.base.errors import InputError
from basis_engine.simulation.names import SaleOrder, Status
from basis_engine.simulation.observation import NEVER, FundView, PairView, observe, required_equity, set_repo_spreads
from basis_engine.simulation.rows import Fund, Position, dtype_of, empty_rows
from basis_engine.simulation.run import Run, Setup, assign_positions, hand_back, run_deciding
from basis_engine.simulation.signals import Signal
from basis_engine.simulation.world import Floats, Integers, Records, World
from basis_strategies.multi_year_market import MarketRows
from basis_strategies.strategy import UNWINDS, FundRules, Portfolio, Strategy

SIGNALS: tuple[str, ...] = dtype_of(Signal).names or ()
SALE_ORDERS = {"pro-rata": SaleOrder.PRO_RATA, "most-liquid": SaleOrder.MOST_LIQUID}
SLACK = 1 + 1e-9
"""Multiple of equity allowed, so that a book sized to the last cent is not refused for rounding."""


@dataclass(frozen=True)
class Sleeve:
    """A strategy's book in a fund: its share of equity, its rows of positions."""

    strategy: Strategy
    share: float
    first: int
    """Row of its first position."""
    columns: Integers
    """Pairs of the market, in the order of its positions."""
    leg: Integers
    """Leg of each pair."""
    until: Integers
    """Last day of each pair."""
    since: Integers
    """First day of each pair."""

    @property
    def last(self) -> int:
        """Row after its last position."""
        return self.first + len(self.columns)

    def alive(self, day: int) -> slice:
        """Slice that contains all pairs that may be held on a day."""
        return slice(int(np.argmax(self.until >= day)), int(np.searchsorted(self.since, day, side="right")))


@dataclass(frozen=True)
class StrategyRun:
    """The first ``days`` days of a run; after an error later rows are empty."""

    market: MarketRows
    rules: FundRules
    sleeves: tuple[Sleeve, ...]
    run: Run
    days: int


class StrategyError(InputError):
    """A strategy has no decision, or an invalid one; ``partial_run`` holds the days before."""

    partial_run: StrategyRun | None = None
    result: Any = None
    """The same days as a result, if tabulated."""


def run_years(rules: Strategy | Portfolio, market: MarketRows) -> StrategyRun:
    """Run a strategy, or a portfolio, over every day of a market.

    Raises
    ------
    InputError
        If the market lacks a leg.
    StrategyError
        If there is no decision, it raises, or it is invalid.
    """
    sleeves = _sleeves(rules, market)
    decider = _Decider(market, sleeves)
    setup = _setup(rules, market, sleeves)
    try:
        run = run_deciding(setup, decider)
    except StrategyError as error:
        if decider.world is not None:
            days = int(decider.world.clock[0].day)
            error.partial_run = StrategyRun(market, rules, sleeves, hand_back(decider.world), days)
        raise
    return StrategyRun(market, rules, sleeves, run, setup.days)


def _sleeves(rules: Strategy | Portfolio, market: MarketRows) -> tuple[Sleeve, ...]:
    """Lay out the positions of every pair of every leg, by quarter."""
    made: list[Sleeve] = []
    shares = rules.sleeves if isinstance(rules, Portfolio) else ((rules, 1.0),)
    for strategy, share in shares:
        if type(strategy).decide is Strategy.decide:
            raise StrategyError(
                f"{type(strategy).__name__}: has no decision; give the class decide(terms, fund, pairs, target)"
            )
        columns = [market.columns(leg) for leg in strategy.legs]
        leg = np.repeat(np.arange(len(columns)), [len(pairs) for pairs in columns])
        order = np.lexsort((leg, market.pairs["roll_in"][np.concatenate(columns)]))
        chosen = np.concatenate(columns)[order]
        first = made[-1].last if made else 0
        since, until = market.pairs["roll_in"][chosen], market.pairs["last_mark"][chosen]
        made.append(Sleeve(strategy, share, first, chosen, leg[order], np.maximum.accumulate(until), since))
    return tuple(made)


def _setup(rules: FundRules, market: MarketRows, sleeves: tuple[Sleeve, ...]) -> Setup:
    """Lay out the fund with all positions empty."""
    positions = np.concatenate([_positions(market, sleeve) for sleeve in sleeves]).view(dtype_of(Position))
    funds = empty_rows(Fund, 1)
    fund = funds[0]
    fund.entry_equity = rules.equity
    fund.unwind, fund.sale_order = UNWINDS[rules.unwind], SALE_ORDERS[rules.sell_first]
    fund.leverage_limit, fund.leverage_target = rules.leverage_limit, rules.leverage_target
    fund.drawdown_limit, fund.stop_cut, fund.stop_speed = rules.drawdown_limit, 1.0, 1.0
    fund.depth_share, fund.feedback = rules.depth_share, 1.0
    assign_positions(funds, positions)
    return Setup(market.quotes, market.schedule, funds, positions, market.contracts, len(market.dates))


def _positions(market: MarketRows, sleeve: Sleeve) -> Records:
    """Fill the empty positions of a sleeve."""
    rows, pairs = empty_rows(Position, len(sleeve.columns)), market.pairs[sleeve.columns]
    rows["fund"], rows["bond"], rows["contract"] = 0, sleeve.columns, pairs["hedge"]
    rows["factor"], rows["hedge"] = pairs["factor"], market.hedge[sleeve.columns]
    rows["base_haircut"] = sleeve.strategy.haircut
    return rows


class _Decider:
    """Calls the decision of every sleeve every day."""

    def __init__(self, market: MarketRows, sleeves: tuple[Sleeve, ...]) -> None:
        self.market, self.sleeves = market, sleeves
        self.terms = [sleeve.strategy.terms() for sleeve in sleeves]
        self.decisions = [type(sleeve.strategy).decide for sleeve in sleeves]
        self.funds = [empty_rows(FundView, 1) for _ in sleeves]
        self.pairs = empty_rows(PairView, max(len(sleeve.columns) for sleeve in sleeves))
        self.world: World | None = None

    def __call__(self, world: World) -> Floats:
        """Return the faces wanted of all positions, USD."""
        self.world = world
        faces = np.asarray(world.positions)["face"]
        targets = faces.copy()
        if world.funds[0].status != Status.ACTIVE:
            return targets
        for number in range(len(self.sleeves)):
            self._decide(number, world, faces, targets)
        if not np.array_equal(faces, targets):
            self._check_afforded(world, faces, targets)
        return targets

    def _decide(self, number: int, world: World, faces: Floats, targets: Floats) -> None:
        """Call the decision of a sleeve, which overwrites its targets."""
        sleeve, fund, day = self.sleeves[number], self.funds[number], int(world.clock[0].day)
        if day == 1:
            fund[:] = empty_rows(FundView, 1)
            fund["days_out"] = NEVER
        observe(world, sleeve.share, sleeve.first, sleeve.last, fund)
        alive = sleeve.alive(day)
        rows = slice(sleeve.first + alive.start, sleeve.first + alive.stop)
        seen, target = self.pairs[: rows.stop - rows.start], targets[rows]
        columns = sleeve.columns[alive]
        for name in SIGNALS:
            seen[name] = self.market.signals[name][day, columns]
        seen["face"], seen["leg"] = faces[rows], sleeve.leg[alive]
        seen["tradable"] &= ~np.asarray(world.positions)["committed"][rows]  # notice of delivery is given
        try:
            self.decisions[number](self.terms[number], fund[0], seen, target)
        except Exception as problem:
            message = [line for line in str(problem).splitlines() if not line.startswith("Failed in nopython")]
            raise StrategyError(
                f"{self._when(sleeve, day)}: decide raised {type(problem).__name__} "
                f"({message[0] if message else 'no message'}); correct it"
            ) from problem
        self._check_possible(sleeve, day, columns, seen, target)
        set_repo_spreads(world, targets, *_repo(sleeve.strategy), sleeve.first, sleeve.last)

    def _check_possible(self, sleeve: Sleeve, day: int, columns: Integers, seen: Records, target: Floats) -> None:
        """Refuse targets that are not finite, and trades in pairs that do not trade."""
        wrong = ~np.isfinite(target)
        if wrong.any():
            at = int(wrong.argmax())
            raise StrategyError(
                f"{self._when(sleeve, day)}: decided {target[at]:g} of {self.market.names[columns[at]]}; decide a "
                "number of dollars of face for every pair, 0 for none of it"
            )
        wrong = (target != seen["face"]) & ~seen["tradable"]
        if wrong.any():
            at = int(wrong.argmax())
            raise StrategyError(
                f"{self._when(sleeve, day)}: decided {_usd(target[at])} of {self.market.names[columns[at]]}, "
                "which does not trade that day; change only pairs that are tradable"
            )

    def _check_afforded(self, world: World, faces: Floats, targets: Floats) -> None:
        """Refuse to increase the book beyond what equity allows."""
        needed, before = required_equity(world, targets), required_equity(world, faces)
        worth = float(self.funds[0]["equity"][0] / self.sleeves[0].share)
        if needed > max(worth, 0.0) * SLACK and needed > before:
            grown = np.abs(targets) - np.abs(faces)
            sleeve = next(book for book in reversed(self.sleeves) if grown[book.first : book.last].max() > 0.0)
            p = sleeve.first + int(grown[sleeve.first : sleeve.last].argmax())
            name = self.market.names[sleeve.columns[p - sleeve.first]]
            raise StrategyError(
                f"{self._when(sleeve, int(world.clock[0].day))}: decided {_usd(targets[p])} of {name}, but haircut and "
                f"initial margin of the book would take {_usd(needed)} of {_usd(worth)} of equity; decide less"
            )

    def _when(self, sleeve: Sleeve, day: int) -> str:
        """Name the strategy and the day of a decision."""
        return f"{type(sleeve.strategy).__name__}, {self.market.dates[day]}"


def _repo(strategy: Strategy) -> tuple[float, float]:
    """Spread over the repo rate of notes held, and below it of notes sold short; decimal."""
    return strategy.repo_spread_bp / 1e4, strategy.special_bp / 1e4


def _usd(amount: float) -> str:
    """Format whole dollars."""
    return f"{'-' if amount < 0 else ''}${abs(amount):,.0f}"
