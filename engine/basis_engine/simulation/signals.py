"""Signals of each pair at the close of a day, before any decision: one row per mark and pair.

A pair is a note with its futures hedge in one delivery month, a note with a swap, or a note alone. Every figure comes
from prices and rates of the mark and of earlier marks. Rows outside the days on which a pair may be held are zero.
"""

import math
from typing import NamedTuple

from basis_engine.base.compile import kernel
from basis_engine.base.units import BasisPoints, Day, Index, Points, Rate, Share
from basis_engine.bonds.delivery import implied_repo, net_basis
from basis_engine.bonds.prices import dv01, yield_to_maturity
from basis_engine.simulation.market import Baskets, CurvePath, Priced, best_delivery
from basis_engine.simulation.marks import cheapened
from basis_engine.simulation.world import Floats, Integers, Market, Rows, RowTable

VOLATILITY_MARKS = 20
"""Daily changes in a realised volatility; fewer while a pair has been priced for less."""


class Pair:
    """A note and its hedge. Marks beyond the path's end continue to count business days."""

    hedged: bool  # by a futures contract; else by a swap, or by nothing
    hedge: Index  # column of the market's futures
    note: Index  # row of the baskets; -1 for a note that is in none
    coupon: Rate
    maturity: Day
    factor: float  # conversion factor; swap notional per face, by DV01; 0 for a note alone
    first_mark: Index  # priced from here
    roll_in: Index  # mark from which a new position goes to this pair, and at which its note is chosen
    roll_out: Index  # mark from which a new position goes to the next
    notice: Index  # mark of the first notice of delivery: two business days before the first delivery day
    last_trading: Index  # mark
    last_mark: Index  # delivered, or priced no more, after this


class Signal:
    """One pair at one mark."""

    implied_repo: Rate  # to the better delivery day, dislocation included; expected repo where nothing is left to earn
    overnight_repo: Rate  # struck this morning
    expected_repo: Rate  # average to delivery, at which the future is carried
    net_basis: Points  # gross basis less carry at expected repo, dislocation included: negative earns
    dislocation: BasisPoints  # of price; cash cheap against futures
    dirty: Points  # dislocation included
    yield_: Rate  # to maturity, at that price
    futures: Points
    factor: float
    note_dv01: Points  # per basis point
    hedge_dv01: Points  # of the future per basis point: its cheapest-to-deliver's over that note's factor
    haircut: Share
    margin: Share  # initial margin, USD per USD of face hedged by conversion factor
    volatility: Share  # standard deviation of a day's profit of the pair, USD per USD of face
    yield_volatility: Rate  # standard deviation of a day's change of the 10-year par yield
    days_to_notice: int  # business days; negative once passed
    days_to_last_trading: int  # business days
    days_to_delivery: int  # calendar days from the value date to the better delivery day
    front: bool  # new positions go to this delivery month
    tradable: bool  # may be bought and sold today
    observed: bool  # the dislocation is from published data of this day or of some days before


class SignalInputs(NamedTuple):
    """Inputs of the signals beside prices."""

    overnight: Floats  # [marks] decimal per year
    expected: Floats  # [marks, hedges] decimal per year
    haircut: Floats  # [marks, hedges] share of market value
    margin: Floats  # [marks, hedges] USD per USD of notional
    observed: Floats  # [marks, hedges] 1 or 0
    yield_volatility: Floats  # [marks] decimal


@kernel
def fill_signals(
    path: CurvePath,
    baskets: Baskets,
    priced: Priced,
    market: Market,
    inputs: SignalInputs,
    pairs: Rows[Pair],
    profits: Floats,
    signals: RowTable[Signal],
) -> None:
    """Fill the signals of every pair on the days on which it may be held; ``profits`` [marks] is scratch space."""
    for p in range(len(pairs)):
        pair = pairs[p]
        for m in range(pair.first_mark + 1, pair.last_mark + 1):
            profits[m] = day_profit(market, pair, p, m)
        for m in range(pair.roll_in, pair.last_mark + 1):
            signal = signals[m, p]
            fill_prices(path, market, pair, p, m, signal)
            fill_inputs(inputs, pair, m, signal)
            if pair.hedged:
                fill_basis(path, baskets, priced, market, pair, p, m, signal)
            elif pair.factor > 0.0:
                signal.hedge_dv01 = signal.note_dv01 / pair.factor  # of a swap; they were matched at entry
            signal.volatility = deviation(profits, max(pair.first_mark + 1, m - VOLATILITY_MARKS + 1), m + 1)


@kernel
def day_profit(market: Market, pair: Pair, p: int, m: int) -> float:
    """Return the change of dirty price and coupons less factor x change of the future, USD per USD of face."""
    note, before = market.notes[m, p], market.notes[m - 1, p]
    future, future_before = market.futures[m, pair.hedge], market.futures[m - 1, pair.hedge]
    earned = cheapened(note.clean, future.dislocation) - cheapened(before.clean, future_before.dislocation)
    earned += note.accrued - before.accrued + note.coupon_due
    return (earned - pair.factor * (future.price - future_before.price)) / 100.0


@kernel
def deviation(values: Floats, start: int, end: int) -> float:
    """Return the sample standard deviation of values start to end - 1; 0 for fewer than two."""
    count = end - start
    if count < 2:
        return 0.0
    mean = 0.0
    for m in range(start, end):
        mean += values[m] / count
    squares = 0.0
    for m in range(start, end):
        squares += (values[m] - mean) * (values[m] - mean)
    return math.sqrt(squares / (count - 1))


@kernel
def fill_prices(path: CurvePath, market: Market, pair: Pair, p: int, m: int, signal: Signal) -> None:
    """Fill price, yield and risk of the note."""
    note, future, settle = market.notes[m, p], market.futures[m, pair.hedge], path.value_date[m]
    clean = cheapened(note.clean, future.dislocation)
    signal.dirty = clean + note.accrued
    signal.yield_ = yield_to_maturity(clean, pair.coupon, pair.maturity, settle)
    signal.note_dv01 = dv01(signal.yield_, pair.coupon, pair.maturity, settle)
    signal.futures, signal.factor, signal.dislocation = future.price, pair.factor, future.dislocation


@kernel
def fill_basis(
    path: CurvePath, baskets: Baskets, priced: Priced, market: Market, pair: Pair, p: int, m: int, signal: Signal
) -> None:
    """Fill implied repo, net basis, days to delivery and the future's risk, while the future trades."""
    settle, c = path.value_date[m], pair.hedge
    future, factor, bond = signal.futures, pair.factor, (pair.coupon, pair.maturity)
    clean = cheapened(market.notes[m, p].clean, signal.dislocation)
    delivery = best_delivery(path, baskets, priced, m, c, pair.note, path.repo[m, c])
    cheapest = priced.cheapest[m, c]
    signal.hedge_dv01 = cheapest_dv01(path, baskets, priced, m, cheapest) / baskets.factor[cheapest]
    signal.days_to_delivery = delivery - settle
    signal.net_basis = net_basis(clean, future, factor, bond[0], bond[1], settle, delivery, path.repo[m, c])
    if delivery > settle:
        signal.implied_repo = implied_repo(clean, future, factor, bond[0], bond[1], settle, delivery)


@kernel
def cheapest_dv01(path: CurvePath, baskets: Baskets, priced: Priced, m: int, n: int) -> float:
    """Return the DV01 of the cheapest-to-deliver, points per basis point."""
    coupon, maturity, settle = baskets.coupon[n], baskets.maturity[n], path.value_date[m]
    return dv01(yield_to_maturity(priced.clean[m, n], coupon, maturity, settle), coupon, maturity, settle)


@kernel
def fill_inputs(inputs: SignalInputs, pair: Pair, m: int, signal: Signal) -> None:
    """Fill funding, margin, the calendar and the flags."""
    signal.overnight_repo = inputs.overnight[m]
    signal.expected_repo = signal.implied_repo = inputs.expected[m, pair.hedge]
    signal.haircut = inputs.haircut[m, pair.hedge]
    signal.margin = pair.factor * inputs.margin[m, pair.hedge]
    signal.yield_volatility = inputs.yield_volatility[m]
    signal.days_to_notice = pair.notice - m
    signal.days_to_last_trading = pair.last_trading - m
    signal.front = m < pair.roll_out
    signal.tradable = m < pair.last_trading
    signal.observed = inputs.observed[m, pair.hedge] > 0.0


@kernel
def last_day_convention(path: CurvePath, baskets: Baskets, priced: Priced, deferred: Integers, bias: Floats) -> None:
    """Compute implied repo to the last delivery day less repo, of fair futures: 0, but negative where carry is.

    ``deferred`` [marks] is the contract of each mark; ``bias`` [marks], decimal per year, is that of the best note.
    """
    for m in range(len(bias)):
        c = deferred[m]
        highest = -math.inf
        for n in range(baskets.start[c], baskets.start[c + 1]):
            if m < baskets.known_mark[n]:
                continue
            rate = implied_repo(
                priced.clean[m, n],
                priced.futures[m, c],
                baskets.factor[n],
                baskets.coupon[n],
                baskets.maturity[n],
                path.value_date[m],
                baskets.last_delivery[c],
            )
            highest = max(highest, rate)
        bias[m] = highest - path.repo[m, c]
