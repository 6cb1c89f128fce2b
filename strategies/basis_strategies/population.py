"""A population of funds: each fund's share of the basis book, leverage, haircut and limit.

Size = rank to the power of -0.9, so that about ten funds hold 60 to 70% of the book; leverage is lognormal around the
level of the era; repo haircuts follow the distribution of uncleared bilateral Treasury repo (OFR pilot, June 2022);
each fund keeps cash for some standard deviations of a day's variation margin, which limits its leverage.
"""

from dataclasses import dataclass
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
"""From, to, share of volume; the outer bands are open in the source; their widths of 1 and 3 points are assumed."""
RANGES: dict[str, Range] = {
    "funds": (1, 10_000),
    "rank_exponent": (0.0, 10.0),
    "leverage": (1.0, 500.0),
    "leverage_sd": (0.0, 3.0),
    "buffer_sd": (0.0, 1000.0),
    "limit_low": (1.0, 1000.0),
    "limit_high": (1.0, 1000.0),
    "risk_speed": (0.0, 1.0),
    "calm_volatility": (0.001, 1e6),
    "term_share": (0.0, 1.0),
    "term_days": (1, 3650),
    "call_back": (0.0, 1.0),
    "financing_hedge": (0.0, 1.0),
    "haircut_floor": (-1.0, 1.0),
    "swap_funds": (1, 10_000),
    "swap_leverage": (1.0, 500.0),
    "swap_buffer_sd": (0.0, 1000.0),
    "stop_low": (0.0, 10_000.0),
    "stop_high": (0.0, 10_000.0),
    "stop_cut": (0.0, 1.0),
    "stop_speed": (0.0, 1.0),
    "mixed_share": (0.0, 1.0),
    "seed": (0, 2**63 - 1),
}
"""Range of each field of a population."""


@dataclass(frozen=True)
class Population:
    """Distribution of funds; defaults are the assumptions of docs/model.md."""

    funds: int = 40
    rank_exponent: float = 0.9
    """Size of a fund's book = rank to the power of minus this."""
    leverage: float = 20.0
    """Median leverage of the era."""
    leverage_sd: float = 0.35
    """Standard deviation of log leverage."""
    buffer_sd: float = 5.0
    """Minimum cash, in standard deviations of a day's variation margin."""
    limit_low: float = 1.05
    limit_high: float = 1.5
    """Value-at-risk limits are uniform between the two, as multiples of the value at risk at entry."""
    risk_speed: float = 0.08
    """Share of the excess sold per day."""
    calm_volatility: float = 6.0
    """Volatility of the price of dealers' balance sheets in calm times, basis points a year."""
    term_share: float = 0.0
    """Share of each basis fund's notes financed to term; no public figure exists."""
    term_days: int = 90
    call_back: float = 1.0
    """Share of excess collateral of term loans that lenders return on request."""
    financing_hedge: float = 1.0
    """Share of overnight repo hedged against policy; an assumption (CME, 27 February 2019, describes the hedge)."""
    swap_funds: int = 40
    """Number of funds of the swap-spread book, in episodes that have such a book."""
    swap_leverage: float = 20.0
    """Median leverage of swap-spread funds, where margin and buffer allow it."""
    swap_buffer_sd: float = 5.0
    """Minimum cash of swap-spread funds, in standard deviations of a day's variation margin."""
    stop_low: float = 8.0
    stop_high: float = 40.0
    """Falls of the swap spread, bp, at which funds stop out, evenly spaced; set on April 2025, so it is no test."""
    stop_cut: float = 0.6
    """Share of its book that a stopped fund sells in total."""
    stop_speed: float = 1.0 / 3.0
    """Share of the remainder that it sells each day."""
    mixed_share: float = 0.0
    """Share of the swap-spread book that basis funds hold beside their own, with one pool of cash and their limits."""
    haircut_floor: float = -1.0
    """Minimum repo haircut of all funds, by a rule or a clearing house's margin; -1: none."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_ranges("population", self, RANGES, whole=("funds", "term_days", "swap_funds", "seed"))
        for low, high in (("limit_low", "limit_high"), ("stop_low", "stop_high")):
            if getattr(self, high) < getattr(self, low):
                raise InputError(
                    f"population, {high}: {getattr(self, high):g} given, allowed is {low} "
                    f"({getattr(self, low):g}) or more"
                )


def draw_funds(
    population: Population, market: PricedMarket, shorts: dict[str, float], daily_sd: float, feedback: float = 1.0
) -> list[FundPlan]:
    """Draw the funds that together hold a book.

    Parameters
    ----------
    shorts
        Futures sold by the book, in contracts, by contract code.
    daily_sd
        Standard deviation of a day's variation margin, as a share of the book.
    feedback
        Share of the funds' sales that reaches dealers.

    Raises
    ------
    InputError
        If haircut, margin and buffer allow a fund less than 1x leverage.
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
            positions=tuple(_share_of(pair, float(weights[rank]), float(haircuts[rank]), financing) for pair in book),
            unwind=Unwind.VALUE_AT_RISK,
            leverage_target=float(leverage[rank]),
            leverage_limit=float(leverage[rank]),
            risk_limit=float(limits[rank]),
            risk_speed=population.risk_speed,
            calm_volatility=population.calm_volatility,
            call_back=population.call_back,
            feedback=feedback,
            financing_hedge=population.financing_hedge,
        )
        for rank in range(population.funds)
    ]


def affordable(
    leverage: NDArray[np.float64], required: NDArray[np.float64], buffer_sd: float, daily_sd: float
) -> NDArray[np.float64]:
    """Limit leverage to 1 / (haircut + initial margin + cash buffer).

    Parameters
    ----------
    required
        Haircut and initial margin as shares of the book.
    daily_sd
        Standard deviation of a day's variation margin as a share of the book; cash buffer = `buffer_sd` of them.

    Raises
    ------
    InputError
        If a fund's leverage is less than 1.
    """
    most = 1.0 / (required + buffer_sd * daily_sd)
    leverage = np.where(most > 0.0, np.minimum(leverage, most), leverage)
    if leverage.min() < 1.0:
        raise InputError(
            f"population, buffer_sd: {buffer_sd:g} given, but with haircut and initial margin of up to "
            f"{required.max():.2%} and a daily standard deviation of {daily_sd:.2%} leverage of a fund is at most "
            f"{leverage.min():.2f}x, below 1x; lower it"
        )
    return leverage


def draw_haircuts(random: np.random.Generator, count: int, floor: float = -1.0) -> NDArray[np.float64]:
    """Draw a haircut per fund, not below a floor."""
    low, high, share = (np.array(column) for column in zip(*HAIRCUTS, strict=True))
    band = random.choice(len(HAIRCUTS), count, p=share / share.sum())
    drawn: NDArray[np.float64] = low[band] + random.uniform(size=count) * (high - low)[band]
    return np.maximum(drawn, floor)


def _pair(market: PricedMarket, code: str, contracts: float) -> PositionPlan:
    """Pair of the whole book in a contract: the cheapest note, hedged by its conversion factor."""
    c = market.codes.index(code)
    note = int(market.priced.cheapest[0, c])
    face = contracts * market.data.futures[c].notional_usd / float(market.baskets.factor[note])
    return PositionPlan(contract=c, note=note, face_usd=face, contracts=-contracts, haircut=0.0)


def _financing(population: Population, market: PricedMarket) -> dict[str, Any]:
    """Terms of repo of all funds: term loans start on the first day at the overnight rate."""
    return {
        "term_share": population.term_share,
        "term_rate": float(market.data.repo_rate[0]),
        "term_maturity": int(market.data.settle[0]) + population.term_days,
    }


def _share_of(pair: PositionPlan, weight: float, haircut: float, financing: dict[str, Any]) -> PositionPlan:
    """Fund's share of a pair."""
    face, contracts = weight * pair.face_usd, weight * pair.contracts
    return PositionPlan(pair.contract, pair.note, face, contracts, haircut, **financing)
