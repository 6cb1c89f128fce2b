"""Market of swap-spread trades: par notes and cleared swaps of the same tenor, from par yields and swap spreads."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basis_data.markets.market_data import MarketData
from basis_data.markets.moves import source_days
from basis_data.markets.yield_paths import moves_before
from basis_data.tables.calendars import DateLike, business_day_offset
from basis_data.tables.data_in_use import cached
from basis_data.tables.reader import read
from basis_engine.base.errors import InputError
from basis_engine.bonds.prices import dv01, yield_to_maturity
from basis_engine.simulation.market import par_curves
from basis_engine.simulation.quotes import SwapPath, SwapQuotes, swap_quotes

Array = NDArray[np.float64]

TENORS = (10, 30)
"""Tenors in years of the trades that were unwound in April 2025 (Monin, FEDS Notes, 22 June 2026)."""
GAP_DAYS = 7
"""Calendar days without a spread that end a window."""
NOTIONAL_USD = 100_000.0
"""Notional of a swap contract; swaps are counted in contracts, like futures."""
MARGIN_DAYS = 5
"""Days that initial margin of a cleared swap covers (Commission Regulation 39.13: five for swaps)."""
MARGIN_QUANTILE = 2.326
"""Standard normal quantile of 99%, required by the same rule."""


@dataclass(frozen=True)
class SwapMarket:
    """Swap-spread trades of k tenors over the m marks of a market; rates decimal per year."""

    tenors: tuple[int, ...]
    """[k] years."""
    spread_bp: Array
    """[m, k] swap rate less Treasury yield, basis points."""
    quotes: SwapQuotes
    margin_usd: Array
    """[k] initial margin, USD per contract. Assumption: 99% of five-day moves, from daily moves before the run."""
    note_dv01: Array
    """[k] points per basis point, at entry."""
    swap_dv01: Array

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the trades in tables: ``SS10`` is the 10-year swap spread."""
        return tuple(f"SS{tenor}" for tenor in self.tenors)


def swap_market(data: MarketData, tenors: Sequence[int] = TENORS) -> SwapMarket:
    """Quote swap-spread trades over the days of a market.

    The swap curve is the par curve plus the spreads of the table, interpolated between its tenors.

    Raises
    ------
    InputError
        If the table lacks a day of the window or a tenor, or the par curve is shorter than the tenor.
    """
    spreads = _spreads(data, tenors)
    shifts = shifts_at(data.curves.tenors, spreads)
    trades = par_trades(data.settle, data.curves.tenors, data.curves.par_yields, shifts, data.sofr, tenors)
    return SwapMarket(
        tenors=tuple(tenors),
        spread_bp=spreads[list(tenors)].to_numpy(),
        quotes=trades.quotes,
        margin_usd=margins_usd(data.scenario.start, tenors, trades.swap_dv01, data.scenario.files.par_yields),
        note_dv01=trades.note_dv01,
        swap_dv01=trades.swap_dv01,
    )


@dataclass(frozen=True)
class ParTrades:
    """Par notes of k tenors and the par swaps that hedge them, over the m marks from entry on."""

    coupon: Array
    """[k] coupon of the notes, decimal per year."""
    maturity: NDArray[np.int64]
    """[k] maturity of note and swap, days since 1970-01-01."""
    quotes: SwapQuotes
    note_dv01: Array
    """[k] points per basis point, at entry."""
    swap_dv01: Array


def par_trades(
    settle: NDArray[np.int64], years: Array, yields: Array, shifts: Array, floating: Array, tenors: Sequence[int]
) -> ParTrades:
    """Quote trades that are at par at the first mark.

    Parameters
    ----------
    settle
        [m] value dates, days since 1970-01-01.
    years, yields, shifts
        [n] tenors of the par curve; [m, n] its yields and the swap spreads over them, decimal.
    floating
        [m] overnight rate, decimal.
    """
    known = ~np.isnan(yields[0])
    maturity = np.array([_years_later(int(settle[0]), tenor) for tenor in tenors], np.int64)
    coupon = np.interp(tenors, years[known], yields[0, known])
    fixed = coupon + np.interp(tenors, years, shifts[0])
    held = np.vstack([shifts[:1], shifts[:-1]])
    path = SwapPath(
        value_date=settle,
        treasury=par_curves(years, yields),
        swap=par_curves(years, yields + shifts),
        held_spread=par_curves(years, yields + held),
        floating=floating,
        coupon=coupon,
        fixed=fixed,
        maturity=maturity,
    )
    quotes = swap_quotes(path)
    note_dv01, swap_dv01 = (
        np.array(
            [
                _dv01(
                    float(quote.clean if side is quotes.notes else quote.price), float(rate), int(day), int(settle[0])
                )
                for quote, rate, day in zip(np.asarray(side)[0], rates, maturity, strict=True)
            ]
        )
        for side, rates in ((quotes.notes, coupon), (quotes.swaps, fixed))
    )
    return ParTrades(coupon, maturity, quotes, note_dv01, swap_dv01)


def spread_before(start: DateLike, tenors: Sequence[int], days: int, path: Path | None = None) -> Array:
    """Mean swap spread over the tenors on each of up to `days` business days before a date, bp, oldest first."""
    return _published_before(start, tuple(tenors), days) if path is None else _before(start, tenors, days, path)


@cached
def _published_before(start: DateLike, tenors: tuple[int, ...], days: int) -> Array:
    """Mean swap spread of the embedded table; shared: never change it."""
    return _before(start, tenors, days, None)


def _before(start: DateLike, tenors: Sequence[int], days: int, path: Path | None) -> Array:
    """Mean swap spread of a table."""
    table = spread_table(path)
    first, last = (pd.Timestamp(business_day_offset(start, -offset)) for offset in (days, 1))
    before: Array = table.loc[first:last, list(tenors)].mean(axis=1).dropna().to_numpy(np.float64)
    return before


def spread_table(path: Path | None = None) -> pd.DataFrame:
    """Swap spreads in basis points, days by tenors, from the user's file or the embedded table; never change them."""
    return _published_spreads() if path is None else _spreads_in(path)


@cached
def _published_spreads() -> pd.DataFrame:
    """Swap spreads of the embedded table."""
    return _spreads_in(None)


def _spreads_in(path: Path | None) -> pd.DataFrame:
    """Swap spreads of a table."""
    return read("swap_spreads", path).pivot_table(index="date", columns="tenor_years", values="swap_spread_bp")


def spread_windows(path: Path | None = None) -> list[str]:
    """List windows without gaps in swap spreads, such as '2025-03-03 to 2025-05-16'."""
    days = spread_table(path).index.to_series()
    runs = days.groupby((days.diff() > pd.Timedelta(days=GAP_DAYS)).cumsum())
    return [f"{run.iloc[0]:%Y-%m-%d} to {run.iloc[-1]:%Y-%m-%d}" for _, run in runs]


def _spreads(data: MarketData, tenors: Sequence[int]) -> pd.DataFrame:
    """Swap spreads at every mark, for all tenors of the table."""
    own = data.scenario.files.swap_spreads
    table = spread_table(own)
    days = pd.DatetimeIndex(source_days(data.scenario, data.dates.astype("datetime64[D]")))
    name = data.scenario.name
    unknown = [tenor for tenor in tenors if tenor not in table]
    if unknown:
        raise InputError(
            f"scenario {name}, swap spreads: no {unknown[0]}-year tenor; there are {', '.join(map(str, table))} years"
        )
    missing = days[~days.isin(table.index)]
    if len(missing):
        raise InputError(
            f"scenario {name}, swap spreads: {own or 'history/swap_spread_windows.csv'} has none for "
            f"{missing[0]:%Y-%m-%d}, a day of the window; choose a window inside it, give your own files.swap_spreads, "
            "or leave swap-spread trades out"
        )
    return table.loc[days]


def shifts_at(years: Array, spreads: pd.DataFrame) -> Array:
    """Swap spreads at the tenors of a par curve, decimal [m, n]; constant beyond the tenors of the table."""
    known = spreads.columns.to_numpy(np.float64)
    return np.array([np.interp(years, known, row) for row in spreads.to_numpy()]) / 1e4


def _years_later(settle: int, years: int) -> int:
    """Same calendar day some years later, days since 1970-01-01."""
    day = pd.Timestamp(np.datetime64(settle, "D")) + pd.DateOffset(years=years)
    return int(day.to_datetime64().astype("datetime64[D]").astype(np.int64))


def _dv01(price: float, coupon: float, maturity: int, settle: int) -> float:
    """DV01 at entry, points per basis point."""
    return float(dv01(yield_to_maturity(price, coupon, maturity, settle), coupon, maturity, settle))


def margins_usd(start: DateLike, tenors: Sequence[int], swap_dv01: Array, path: Path | None = None) -> Array:
    """Initial margin per contract, USD [k], from the moves of the Treasury yield of the same tenor before a day."""
    years, moves = moves_before(start, path)
    daily = np.array([np.std([np.interp(tenor, years, move) for move in moves]) for tenor in tenors])
    points: Array = MARGIN_QUANTILE * np.sqrt(MARGIN_DAYS) * daily * 1e4 * swap_dv01
    return points * NOTIONAL_USD / 100
