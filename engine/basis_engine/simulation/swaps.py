"""Swap-spread trades at every mark: the par note of each tenor, and the cleared swap of the same tenor that hedges it.

A swap is quoted as what receiving its fixed rate is worth, like a note on the swap curve that earns its coupon and pays
the floating rate on its own value: the floating leg and the interest on variation margin (price alignment) together.
Paying fixed is a short position in it, with daily variation margin in cash. Swaps are settled to market, so that
nothing but the day's change is ever outstanding.
"""

from typing import NamedTuple

import numpy as np

from basis_engine.base.compile import kernel
from basis_engine.bonds.curves import PAR, clean_price_on_curve
from basis_engine.bonds.prices import accrued_interest, coupons_between
from basis_engine.simulation.rows import FuturesQuote, NoteQuote, empty_rows
from basis_engine.simulation.world import Floats, Integers, Market, Table


class SwapPath(NamedTuple):
    """What is known of every mark; curves are rows of log discount factors at ``basis_engine.bonds.curves.NODE_TIMES``."""

    value_date: Integers  # [marks] days
    treasury: Floats  # [marks, nodes] par yields
    swap: Floats  # [marks, nodes] par yields plus swap spreads
    held_spread: Floats  # [marks, nodes] par yields plus the swap spreads of the mark before
    floating: Floats  # [marks] decimal per year, from the mark to the next, actual/360
    coupon: Floats  # [tenors] decimal per year, of the note
    fixed: Floats  # [tenors] decimal per year, semi-annual bond-equivalent
    maturity: Integers  # [tenors] days, of note and swap


class SwapQuotes(NamedTuple):
    """Notes and swaps as positions see them."""

    notes: Table[NoteQuote]  # [marks, tenors]
    swaps: Table[FuturesQuote]  # [marks, tenors] points per 100 of notional


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
def quote_note(path: SwapPath, k: int, notes: Table[NoteQuote]) -> None:
    """The note on the Treasury curve."""
    for m in range(len(path.value_date)):
        quote, settle = notes[m, k], path.value_date[m]
        quote.clean = clean_price_on_curve(PAR, path.treasury[m], path.coupon[k], path.maturity[k], settle, 0.0)
        quote.accrued = accrued_interest(path.coupon[k], path.maturity[k], settle)
        if m > 0:
            quote.coupon_due = coupons_between(path.coupon[k], path.maturity[k], path.value_date[m - 1], settle)


@kernel
def quote_swap(path: SwapPath, k: int, swaps: Table[FuturesQuote]) -> None:
    """The swap: its fixed leg on the swap curve, plus all that the legs have accrued since the first mark."""
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


def beside(market: Market, quotes: SwapQuotes, tenors: Integers) -> Market:
    """A market with the notes of some tenors as further columns of notes, and every swap as a further contract."""
    notes = np.hstack([np.asarray(market.notes), np.asarray(quotes.notes)[:, tenors]])
    contracts = np.hstack([np.asarray(market.futures), np.asarray(quotes.swaps)])
    # Stacking forgets that the rows are records, which uncompiled kernels need.
    return Market(
        market.marks,
        notes.view(np.asarray(market.notes).dtype),
        contracts.view(np.asarray(market.futures).dtype),
    )
