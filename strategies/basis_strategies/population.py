"""A population of funds: who holds how much of the basis book, at which leverage, haircut and limit.

Sizes fall with rank to the power of -0.9, so that about ten funds hold 60 to 70% of the book; leverage is lognormal
around the level of the era; repo haircuts follow the distribution of uncleared bilateral Treasury repo (OFR pilot, June
2022); each fund keeps cash for some standard deviations of a day's variation margin, which caps its leverage.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_data.markets.pricing import PricedMarket
from basis_data.tables.validation import Range, check_ranges
from basis_engine.base.errors import InputError
from basis_engine.simulation.names import Unwind
from basis_strategies.assemble import dirty_price
from basis_strategies.plan import FundPlan, PositionPlan

HAIRCUTS = ((-0.03, -0.02, 0.027), (-0.02, 0.0, 0.051), (0.0, 0.0, 0.740), (0.0, 0.02, 0.136), (0.02, 0.05, 0.047))
"""From, to, share of volume; the outer bands are open in the source and closed here at 1 and 3 points (assumption)."""
RANGES: dict[str, Range] = {
    "funds": (1, 10_000),
    "rank_exponent": (0.0, 10.0),
    "leverage": (1.0, 500.0),
    "leverage_sd": (0.0, 3.0),
    "buffer_sd": (0.0, math.inf),
    "limit_low": (1.0, math.inf),
    "limit_high": (1.0, math.inf),
    "risk_speed": (0.0, 1.0),
    "calm_volatility": (0.001, math.inf),
    "term_share": (0.0, 1.0),
    "term_days": (1, 3650),
    "call_back": (0.0, 1.0),
    "haircut_floor": (-1.0, 1.0),
    "swap_funds": (1, 10_000),
    "swap_leverage": (1.0, 500.0),
    "swap_buffer_sd": (0.0, math.inf),
    "stop_low": (0.0, math.inf),
    "stop_high": (0.0, math.inf),
    "stop_cut": (0.0, 1.0),
    "stop_speed": (0.0, 1.0),
    "mixed_share": (0.0, 1.0),
    "seed": (0, math.inf),
}
"""What each field of a population may be."""


@dataclass(frozen=True)
class Population:
    """How funds differ; defaults are the assumptions of docs/model.md."""

    funds: int = 40
    rank_exponent: float = 0.9
    """Book of a fund falls with its rank to this power."""
    leverage: float = 20.0
    """Median leverage of the era."""
    leverage_sd: float = 0.35
    """Of log leverage."""
    buffer_sd: float = 5.0
    """Standard deviations of a day's variation margin kept in cash, at least."""
    limit_low: float = 1.05
    limit_high: float = 1.5
    """Value-at-risk limits are uniform between the two, as multiples of the value at risk of entry."""
    risk_speed: float = 0.08
    """Share of the excess sold per day."""
    calm_volatility: float = 6.0
    """Of dealers' rent in quiet times, basis points a year."""
    term_share: float = 0.0
    """Of each basis fund's notes financed to term; no public figure states it."""
    term_days: int = 90
    call_back: float = 1.0
    """Of the over-collateral of term loans, what lenders give back on request."""
    swap_funds: int = 40
    """Funds of the swap-spread book, where an episode has one."""
    swap_leverage: float = 20.0
    """Median leverage of theirs, where margin and buffer leave as much."""
    swap_buffer_sd: float = 5.0
    """Standard deviations of a day's variation margin that they keep in cash, at least."""
    stop_low: float = 8.0
    stop_high: float = 40.0
    """Falls of the swap spread at which they stop out, evenly spread; set on April 2025, so that is no test of them."""
    stop_cut: float = 0.6
    """Share of its book that a stopped fund sells in all."""
    stop_speed: float = 1.0 / 3.0
    """Share of what is left to sell that it sells each day."""
    mixed_share: float = 0.0
    """Of the swap-spread book that basis funds hold beside their own: one pool of cash, and the basis funds' limits."""
    haircut_floor: float = -1.0
    """No fund's repo haircut is below this, as a minimum haircut or a clearing house's margin asks; -1 is none."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse a population that cannot exist."""
        check_ranges("population", self, RANGES, whole=("funds", "term_days", "swap_funds", "seed"))
        for low, high in (("limit_low", "limit_high"), ("stop_low", "stop_high")):
            if getattr(self, high) < getattr(self, low):
                raise InputError(
                    f"population, {high}: {getattr(self, high):g} given, allowed is {low} "
                    f"({getattr(self, low):g}) or more"
                )


def draw_funds(
    population: Population, market: PricedMarket, shorts: dict[str, float], daily_sd: float
) -> list[FundPlan]:
    """Draw funds that together hold a book.

    Parameters
    ----------
    shorts
        Futures sold by the whole book, in contracts, by contract code.
    daily_sd
        Standard deviation of a day's variation margin, as a share of the book.

    Raises
    ------
    InputError
        If margin and buffer leave a fund no leverage of at least 1.
    """
    random = np.random.default_rng(population.seed)
    weights = np.arange(1, population.funds + 1) ** -population.rank_exponent
    weights /= weights.sum()
    haircuts = draw_haircuts(random, population.funds, population.haircut_floor)
    leverage = population.leverage * np.exp(population.leverage_sd * random.standard_normal(population.funds))
    limits = random.uniform(population.limit_low, population.limit_high, population.funds)
    book = [_pair(market, code, contracts) for code, contracts in shorts.items()]
    value = sum(pair.face_usd * dirty_price(market, pair.note) / 100 for pair in book)
    margin = sum(abs(pair.contracts) * market.initial_margin[0, pair.contract] for pair in book) / value
    leverage = affordable(leverage, haircuts + margin, population.buffer_sd, daily_sd)
    financing = _financing(population, market)
    return [
        FundPlan(
            name=f"fund {rank + 1:02d}",
            equity_usd=float(weights[rank] * value / leverage[rank]),
            positions=tuple(_part(pair, float(weights[rank]), float(haircuts[rank]), financing) for pair in book),
            unwind=Unwind.VALUE_AT_RISK,
            leverage_target=float(leverage[rank]),
            leverage_limit=float(leverage[rank]),
            risk_limit=float(limits[rank]),
            risk_speed=population.risk_speed,
            calm_volatility=population.calm_volatility,
            call_back=population.call_back,
        )
        for rank in range(population.funds)
    ]


def affordable(
    leverage: NDArray[np.float64], asked: NDArray[np.float64], buffer_sd: float, daily_sd: float
) -> NDArray[np.float64]:
    """Leverage drawn, or what lenders, clearing houses and the cash buffer leave if that is less.

    Parameters
    ----------
    asked
        Haircut and initial margin as shares of the book.
    daily_sd
        Standard deviation of a day's variation margin as a share of the book, of which `buffer_sd` are kept in cash.

    Raises
    ------
    InputError
        If that is less than 1.
    """
    most = 1.0 / (asked + buffer_sd * daily_sd)
    leverage = np.where(most > 0.0, np.minimum(leverage, most), leverage)
    if leverage.min() < 1.0:
        raise InputError(
            f"population, buffer_sd: {buffer_sd:g} given, but with haircut and initial margin of up to "
            f"{asked.max():.2%} and a daily standard deviation of {daily_sd:.2%} the thinnest fund could lever "
            f"{leverage.min():.2f}x; lower it"
        )
    return leverage


def draw_haircuts(random: np.random.Generator, count: int, floor: float = -1.0) -> NDArray[np.float64]:
    """One haircut per fund, none below a floor."""
    low, high, share = (np.array(column) for column in zip(*HAIRCUTS, strict=True))
    band = random.choice(len(HAIRCUTS), count, p=share / share.sum())
    drawn: NDArray[np.float64] = low[band] + random.uniform(size=count) * (high - low)[band]
    return np.maximum(drawn, floor)


def _pair(market: PricedMarket, code: str, contracts: float) -> PositionPlan:
    """The whole book's pair in one contract: the cheapest note, hedged by its conversion factor."""
    c = market.codes.index(code)
    note = int(market.priced.cheapest[0, c])
    face = contracts * market.data.futures[c].notional_usd / float(market.baskets.factor[note])
    return PositionPlan(contract=c, note=note, face_usd=face, contracts=-contracts, haircut=0.0)


def _financing(population: Population, market: PricedMarket) -> dict[str, Any]:
    """Terms of repo that funds share: term loans are struck on the first day at the overnight rate."""
    return {
        "term_share": population.term_share,
        "term_rate": float(market.data.repo_rate[0]),
        "term_maturity": int(market.data.settle[0]) + population.term_days,
    }


def _part(pair: PositionPlan, weight: float, haircut: float, financing: dict[str, Any]) -> PositionPlan:
    """One fund's share of a pair."""
    face, contracts = weight * pair.face_usd, weight * pair.contracts
    return replace(pair, face_usd=face, contracts=contracts, haircut=haircut, **financing)
