"""Funds of swap-spread trades: long Treasuries in repo, paying fixed; each stops out at its own fall of the spread.

These funds sold in April 2025: about $60bn of $300bn (Monin, FEDS Notes, 22 June 2026). Books are of equal size; stops
are evenly spaced between two falls of the swap spread from its high of the month before. In a replay the spread falls
as observed; the funds' sales reach dealers, but do not move the observed spread again.
"""

import numpy as np
from numpy.typing import NDArray

from basis_data.markets.pricing import PricedMarket
from basis_data.markets.swaps import spread_before
from basis_data.markets.yield_paths import at_maturity, moves_before
from basis_engine.simulation.names import Unwind
from basis_strategies.assemble import dirty_price
from basis_strategies.plan import FundPlan, PositionPlan
from basis_strategies.population import Population, affordable, draw_haircuts

HIGH_DAYS = 20
"""Business days over which the high of the spread is taken, from which its fall is measured."""


def swap_spread_pair(market: PricedMarket, tenor: int, face_usd: float, haircut: float) -> PositionPlan:
    """Pair of a note of a swap tenor (its index), paying fixed on the swap of equal DV01."""
    assert market.swaps is not None
    swaps, notional = market.swaps, market.notionals[-1]
    ratio = float(swaps.note_dv01[tenor] / swaps.swap_dv01[tenor])
    return PositionPlan(
        contract=len(market.codes) + tenor,
        note=len(market.cusips) + tenor,
        face_usd=face_usd,
        contracts=-ratio * face_usd / notional,
        haircut=haircut,
    )


def swap_spread_book(market: PricedMarket, value_usd: float, haircut: float) -> tuple[PositionPlan, ...]:
    """Pairs of every tenor with equal DV01 each, together worth a dollar value."""
    assert market.swaps is not None
    faces, value = market.keep("swap_spread_faces", None, lambda: _faces(market))
    return tuple(swap_spread_pair(market, k, float(face * value_usd / value), haircut) for k, face in enumerate(faces))


def _faces(market: PricedMarket) -> tuple[NDArray[np.float64], float]:
    """Face of the note of every tenor for equal DV01 each, and the value of all, USD."""
    assert market.swaps is not None
    faces = 1.0 / market.swaps.note_dv01
    notes = len(market.cusips) + np.arange(len(faces))
    return faces, sum(face * dirty_price(market, int(note)) / 100 for face, note in zip(faces, notes, strict=True))


def swap_spread_funds(population: Population, market: PricedMarket, value_usd: float) -> list[FundPlan]:
    """Draw the funds that together hold a book of swap-spread trades.

    Raises
    ------
    InputError
        If haircut, margin and buffer allow a fund less than 1x leverage.
    """
    random = np.random.default_rng([population.seed, 1])  # a separate stream, so that basis funds do not depend on it
    count = population.swap_funds
    haircuts = draw_haircuts(random, count, population.haircut_floor)
    leverage = population.swap_leverage * np.exp(population.leverage_sd * random.standard_normal(count))
    stops = population.stop_low + (population.stop_high - population.stop_low) * (np.arange(count) + 0.5) / count
    book = swap_spread_book(market, value_usd, 0.0)
    margin = sum(abs(pair.contracts) * market.entry_margins[pair.contract] for pair in book) / value_usd
    leverage = affordable(
        leverage, haircuts + float(margin), population.swap_buffer_sd, _daily_sd(market, book, value_usd)
    )
    fallen, dv01 = _fallen(market), _dv01_usd(market, book) / count
    each = value_usd / count
    return [
        _fund(
            population,
            swap_spread_book(market, each, float(haircuts[i])),
            i,
            each / float(leverage[i]),
            (
                float(stops[i]) * dv01,
                fallen * dv01,
            ),
        )
        for i in range(count)
    ]


def _fund(
    population: Population,
    pairs: tuple[PositionPlan, ...],
    number: int,
    equity: float,
    losses: tuple[float, float],
) -> FundPlan:
    """Plan a fund; ``losses`` in USD: that at which it stops, and that since the high of the spread."""
    stop, since_high = losses
    peak = equity + since_high
    return FundPlan(
        name=f"swap-spread fund {number + 1:02d}",
        equity_usd=equity,
        positions=pairs,
        unwind=Unwind.STOP_OUT,
        drawdown_limit=min(stop / peak, 1.0),
        stop_cut=population.stop_cut,
        stop_speed=population.stop_speed,
        call_back=population.call_back,
        peak_equity_usd=peak,
    )


def _fallen(market: PricedMarket) -> float:
    """Fall of the mean spread from its high of the month before to the first day, basis points."""
    assert market.swaps is not None
    scenario, now = market.data.scenario, float(market.swaps.spread_bp[0].mean())
    first = scenario.moves_from.start if scenario.moves_from else scenario.start
    before = spread_before(first, market.swaps.tenors, HIGH_DAYS, scenario.files.swap_spreads)
    return max(float(before.max(initial=now)) - now, 0.0)


def _dv01_usd(market: PricedMarket, book: tuple[PositionPlan, ...]) -> float:
    """Loss of a book per basis point of fall of the mean spread, USD."""
    assert market.swaps is not None
    return sum(pair.face_usd * float(market.swaps.note_dv01[pair.contract - len(market.codes)]) / 100 for pair in book)


def _daily_sd(market: PricedMarket, book: tuple[PositionPlan, ...], value_usd: float) -> float:
    """Standard deviation of a day's variation margin as a share of the book, from yields before the first day."""
    assert market.swaps is not None
    years, moves = moves_before(market.data.scenario.start, market.data.scenario.files.par_yields)
    gain: NDArray[np.float64] = np.zeros(len(moves))
    for pair in book:
        k = pair.contract - len(market.codes)
        usd = abs(pair.contracts) * market.notionals[pair.contract] / 100 * float(market.swaps.swap_dv01[k]) * 1e4
        gain += usd * at_maturity(market.swaps.tenors[k], years, moves)
    return float(np.std(gain) / value_usd)
