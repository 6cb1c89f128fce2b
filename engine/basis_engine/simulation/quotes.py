"""Quotes of instruments outside futures baskets: swap-spread trades, and notes held without a hedge.

A swap-spread trade is the par note of a tenor, hedged by the cleared swap of that tenor. A swap is quoted at the value
of receiving its fixed rate, like a note on the swap curve that earns its coupon and pays the floating rate on its own
value: the floating leg and the interest on variation margin (price alignment) together. Paying fixed is a short
position in it, with daily variation margin in cash. Swaps are settled to market: only the day's change is outstanding.
"""

from typing import NamedTuple

import numpy as np

from basis_engine.base.compile import kernel
from basis_engine.bonds.curves import PAR, clean_price_on_curve
from basis_engine.bonds.prices import accrued_interest, coupons_between
from basis_engine.simulation.market import CurvePath
from basis_engine.simulation.rows import FuturesQuote, NoteQuote, empty_rows
from basis_engine.simulation.signals import Pair
from basis_engine.simulation.world import Floats, Integers, Market, Rows, RowTable


class SwapPath(NamedTuple):
    """Inputs of every mark; curves are rows of log discount factors at ``basis_engine.bonds.curves.NODE_TIMES``."""

    value_date: Integers  # [marks] days
    treasury: Floats  # [marks, nodes] par yields
    swap: Floats  # [marks, nodes] par yields plus swap spreads
    held_spread: Floats  # [marks, nodes] par yields plus the swap spreads of the mark before
    floating: Floats  # [marks] decimal per year, from the mark to the next, actual/360
    coupon: Floats  # [tenors] decimal per year, of the note
    fixed: Floats  # [tenors] decimal per year, semi-annual bond-equivalent
    maturity: Integers  # [tenors] days, of note and swap


class SwapQuotes(NamedTuple):
    """Quotes of notes and swaps."""

    notes: RowTable[NoteQuote]  # [marks, tenors]
    swaps: RowTable[FuturesQuote]  # [marks, tenors] points per 100 of notional


def swap_quotes(path: SwapPath) -> SwapQuotes:
    """Quote every tenor at every mark."""
    shape = len(path.value_date), len(path.maturity)
    notes = empty_rows(NoteQuote, shape[0] * shape[1]).reshape(shape)
    swaps = empty_rows(FuturesQuote, shape[0] * shape[1]).reshape(shape)
    for tenor in range(shape[1]):
        quote_note(path, tenor, notes)
        quote_swap(path, tenor, swaps)
    return SwapQuotes(notes, swaps)


@kernel
def quote_note(path: SwapPath, k: int, notes: RowTable[NoteQuote]) -> None:
    """Quote the note of tenor ``k`` on the Treasury curve."""
    for m in range(len(path.value_date)):
        quote, settle = notes[m, k], path.value_date[m]
        quote.clean = clean_price_on_curve(PAR, path.treasury[m], path.coupon[k], path.maturity[k], settle, 0.0)
        quote.accrued = accrued_interest(path.coupon[k], path.maturity[k], settle)
        if m > 0:
            quote.coupon_due = coupons_between(path.coupon[k], path.maturity[k], path.value_date[m - 1], settle)


@kernel
def quote_swap(path: SwapPath, k: int, swaps: RowTable[FuturesQuote]) -> None:
    """Quote the swap of tenor ``k``: fixed leg on the swap curve plus accruals of both legs since the first mark."""
    fixed, maturity = path.fixed[k], path.maturity[k]
    accrued_before, clean_before, paid = 0.0, 0.0, 0.0
    for m in range(len(path.value_date)):
        quote, settle = swaps[m, k], path.value_date[m]
        clean = clean_price_on_curve(PAR, path.swap[m], fixed, maturity, settle, 0.0)
        accrued = accrued_interest(fixed, maturity, settle)
        if m > 0:
            before = path.value_date[m - 1]
            floating = (clean_before + accrued_before) * path.floating[m - 1] * (settle - before) / 360.0
            earned = accrued - accrued_before + coupons_between(fixed, maturity, before, settle)
            quote.accrual = earned - floating
            quote.spread = clean - clean_price_on_curve(PAR, path.held_spread[m], fixed, maturity, settle, 0.0)
            paid += quote.accrual
        quote.price = clean + paid
        accrued_before, clean_before = accrued, clean


def append_swaps(market: Market, quotes: SwapQuotes, tenors: Integers) -> Market:
    """Return a market with the notes of some tenors as more columns of notes, and every swap as one more contract."""
    notes = np.hstack([np.asarray(market.notes), np.asarray(quotes.notes)[:, tenors]])
    contracts = np.hstack([np.asarray(market.futures), np.asarray(quotes.swaps)])
    # Stacking loses the record type, which uncompiled kernels need.
    return Market(
        market.marks,
        notes.view(np.asarray(market.notes).dtype),
        contracts.view(np.asarray(market.futures).dtype),
    )


@kernel
def quote_outrights(path: CurvePath, pairs: Rows[Pair], spread: Floats, notes: RowTable[NoteQuote]) -> None:
    """Quote notes held without a hedge, on the curve plus spreads [marks, pairs], decimal, into notes [marks, pairs].

    Before a pair's first mark and after its last the price is constant.
    """
    for m in range(len(path.time)):
        for p in range(len(pairs)):
            pair, quote = pairs[p], notes[m, p]
            mark = min(max(m, pair.first_mark), pair.last_mark)
            settle, coupon, maturity = path.value_date[mark], pair.coupon, pair.maturity
            quote.accrued = accrued_interest(coupon, maturity, settle)
            if m == mark:
                curve = path.curves[m]
                quote.clean = clean_price_on_curve(path.curve_kind, curve, coupon, maturity, settle, spread[m, p])
                if m > pair.first_mark:
                    quote.coupon_due = coupons_between(coupon, maturity, path.value_date[m - 1], settle)
    for p in range(len(pairs)):
        for m in range(len(path.time)):
            notes[m, p].clean = notes[min(max(m, pairs[p].first_mark), pairs[p].last_mark), p].clean
