"""Swap-spread trades of a window of years: each quarter a par note of each tenor against a cleared swap.

They exist on days with known swap spreads: the two windows that come with the program, or the days of the user's file.
A trade is entered on the first such day of its quarter and closed by the last.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basis_data.markets.market_data import MarketData
from basis_data.markets.observed_basis import FILLED_DAYS
from basis_data.markets.swaps import margins_usd, par_trades, shifts_at, spread_table
from basis_data.multi_year.pairs import MultiYearPairs, days_and_more, life_alone
from basis_engine.base.errors import InputError
from basis_engine.simulation.quotes import SwapQuotes, append_swaps
from basis_engine.simulation.rows import FuturesQuote, NoteQuote, dtype_of, empty_rows
from basis_engine.simulation.signals import Pair
from basis_engine.simulation.world import Market, Records

Array = NDArray[np.float64]

SWAP_TENORS = (2, 5, 10, 30)
"""Years."""
FEWEST_DAYS = 10
"""Minimum number of business days of a quarter's trade."""


@dataclass(frozen=True)
class MultiYearSwaps:
    """q trades over m marks, by quarter, then tenor."""

    rows: Records
    """[q] rows of `basis_engine.simulation.signals.Pair`; `hedge` counts from 0, `factor` is swap notional per face,
    by DV01."""
    names: tuple[str, ...]
    """[q] such as '10Y 2025-06 swap spread'"""
    hedges: tuple[str, ...]
    """[q] names of the swaps, such as '10Y swap 2025-06'."""
    spread_bp: Array
    """[m, q] swap rate less Treasury yield, basis points; 0 outside the life of the trade."""
    notes: Records
    """[m, q] rows of `basis_engine.simulation.rows.NoteQuote`"""
    swaps: Records
    """[m, q] rows of `basis_engine.simulation.rows.FuturesQuote`"""
    margin_usd: Array
    """[q] USD per contract of `basis_data.markets.swaps.NOTIONAL_USD`; assumed as there, from moves before entry."""


def multi_year_swaps(
    data: MarketData, pairs: MultiYearPairs, tenors: Sequence[int], path: Path | None = None
) -> MultiYearSwaps:
    """Quote the trades of every quarter for which swap spreads of all tenors are known.

    Parameters
    ----------
    pairs
        Pairs whose quarters give the days of entry, roll and end.
    path
        The user's own swap spreads (data/basis_data/SCHEMA.md).

    Raises
    ------
    InputError
        If there are no swap spreads of a tenor.
    """
    table, days = spread_table(path), data.dates.astype("M8[D]")
    for tenor in tenors:
        if tenor not in table:
            have = ", ".join(f"{years:g}" for years in table.columns)
            raise InputError(
                f"market of years, swap_tenors: {tenor} given, allowed are {have}, of which spreads are known"
            )
    table = _without_gaps(table.reindex(pd.DatetimeIndex(days)))
    known = table.reindex(columns=list(tenors)).notna().all(axis=1).to_numpy() & bool(tenors)
    rows: list[Records] = []
    names: list[str] = []
    hedges: list[str] = []
    columns: list[tuple[Records, Records]] = []
    spreads: list[Array] = []
    margins: list[Array] = []
    for quarter in sorted({name.split()[1] for name in pairs.names}):
        life = life_alone(quarter, days, days_and_more(days))
        span = _span(known, life)
        if span.stop - span.start < FEWEST_DAYS:
            continue
        shifts = shifts_at(data.curves.tenors, table.iloc[span].dropna(axis=1))
        trades = par_trades(
            data.settle[span], data.curves.tenors, data.curves.par_yields[span], shifts, data.sofr[span], tenors
        )
        for k, tenor in enumerate(tenors):
            rows.append(_row(life, span, float(trades.coupon[k]), int(trades.maturity[k]), len(rows)))
            rows[-1]["factor"] = trades.note_dv01[k] / trades.swap_dv01[k]
            names.append(f"{tenor}Y {quarter} swap spread")
            hedges.append(f"{tenor}Y swap {quarter}")
            spreads.append(table[tenor].to_numpy(np.float64))
            columns.append((np.asarray(trades.quotes.notes)[:, k], np.asarray(trades.quotes.swaps)[:, k]))
        entry = days[span.start]
        margins.append(margins_usd(entry, tenors, trades.swap_dv01))
    spans = [slice(int(row["first_mark"][0]), int(row["last_mark"][0]) + 1) for row in rows]
    return MultiYearSwaps(
        rows=np.concatenate([empty_rows(Pair, 0), *rows]).view(dtype_of(Pair)),
        names=tuple(names),
        hedges=tuple(hedges),
        spread_bp=_living(spreads, spans, len(known)),
        notes=_still(NoteQuote, [notes for notes, _ in columns], spans, len(known)),
        swaps=_still(FuturesQuote, [swaps for _, swaps in columns], spans, len(known)),
        margin_usd=np.concatenate([np.empty(0), *margins]),
    )


def _without_gaps(table: pd.DataFrame) -> pd.DataFrame:
    """Hold the last spread over blanks of up to `FILLED_DAYS` days, such as holidays of the source."""
    blank = table.isna().any(axis=1)
    lengths = blank.groupby((~blank).cumsum()).transform("sum")
    return table.ffill().where(~blank | (lengths <= FILLED_DAYS) & table.bfill().notna().all(axis=1))


def with_swaps(pairs: MultiYearPairs, market: Market, swaps: MultiYearSwaps) -> tuple[MultiYearPairs, Market]:
    """Append swap-spread trades to the pairs, notes and hedges."""
    rows = swaps.rows.copy()
    rows["hedge"] += np.asarray(market.futures).shape[1]
    more = replace(
        pairs,
        rows=np.concatenate([pairs.rows, rows]).view(dtype_of(Pair)),
        names=pairs.names + swaps.names,
        cusips=pairs.cusips + ("",) * len(swaps.names),
    )
    return more, append_swaps(market, SwapQuotes(swaps.notes, swaps.swaps), np.arange(len(swaps.names)))


def _span(known: NDArray[np.bool_], life: dict[str, int]) -> slice:
    """Marks from the first known spread while the quarter is the front one, to the last before a blank."""
    front = np.flatnonzero(known[life["roll_in"] : life["roll_out"]])
    if not len(front):
        return slice(0, 0)
    start = life["roll_in"] + int(front[0])
    blank = np.flatnonzero(~known[start : life["last_mark"] + 1])
    return slice(start, start + int(blank[0]) if len(blank) else life["last_mark"] + 1)


def _row(life: dict[str, int], span: slice, coupon: float, maturity: int, hedge: int) -> Records:
    """Row of a trade: a note against its own swap, while both are quoted."""
    row = empty_rows(Pair, 1)
    row["hedge"], row["note"], row["coupon"], row["maturity"] = hedge, -1, coupon, maturity
    row["first_mark"] = row["roll_in"] = span.start
    row["last_mark"] = span.stop - 1
    if span.stop - 1 == life["last_mark"]:
        row["roll_out"], row["last_trading"] = life["roll_out"], life["last_trading"]
    else:  # spreads end before the quarter: close on the last day but one, while the trade is still priced
        row["roll_out"], row["last_trading"] = min(life["roll_out"], span.stop - 2), span.stop - 1
    row["notice"] = row["last_trading"]
    return row


def _living(columns: Sequence[Array], spans: Sequence[slice], marks: int) -> Array:
    """Stack columns [m, q], zero outside each span."""
    rows = np.zeros((marks, len(columns)))
    for q, (column, span) in enumerate(zip(columns, spans, strict=True)):
        rows[span, q] = column[span]
    return rows


def _still(kind: type, columns: Sequence[Records], spans: Sequence[slice], marks: int) -> Records:
    """Extend quotes to all marks [m, q]: constant before and after each span, without accruals."""
    rows = empty_rows(kind, marks * len(columns)).reshape(marks, len(columns))
    for q, (column, span) in enumerate(zip(columns, spans, strict=True)):
        rows[span, q] = column
        for outside, level in ((slice(None, span.start), column[0]), (slice(span.stop, None), column[-1])):
            for name in ("clean", "accrued", "price"):
                if name in (rows.dtype.names or ()):
                    rows[name][outside, q] = level[name]
    return rows
