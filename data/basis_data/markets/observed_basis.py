"""The published basis: implied repo over OIS by tenor, converted to a dislocation of each contract-month.

Siriwardane, Sunderam and Wallen measure implied repo of the deferred contract to the last delivery day. Where carry is
negative, the short delivers on the first day instead and futures are priced for that; this convention alone makes the
published figure negative, by 78 basis points in the median of 2-year futures in 2023. The effect of the convention on
this program's own fair futures is computed for each day and subtracted, unless coupons of the basket are missing (TU to
2020), because the cheapest-to-deliver note is then unknown. No level is fitted or chosen by a strategy's profit.

Dislocation = spread x money-market years to the first delivery day: from that day the short may deliver on any day, so
futures cannot be rich to cash. The data end on 6 August 2024: contract-months listed by then keep their last spread to
delivery; later contract-months have none and are priced fair.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basis_data.markets.contract_months import ContractMonth
from basis_data.markets.pricing import PricedMarket
from basis_data.tables.calendars import Days
from basis_data.tables.contracts import contract, delivery_dates
from basis_data.tables.reader import read
from basis_engine.simulation.signals import last_day_convention

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

TENORS = {"TU": 2, "FV": 5, "TY": 10, "US": 20}
"""Years, by contract, for which the data give a spread."""
FILLED_DAYS = 5
"""Business days for which a blank spread counts as observed at its last value; after them it is flagged as held."""


@dataclass(frozen=True)
class ObservedBasis:
    """The spread over m days of c contract codes, decimal per year: positive where cash is cheap against futures."""

    codes: tuple[str, ...]
    published: Array
    """[m, c] implied repo less OIS as published, blanks filled with the last value; 0 before the first."""
    convention: Array
    """[m, c] the same measure of fair futures, caused by measuring to the last delivery day: 0 or negative."""
    spread: Array
    """[m, c] published less convention, per year to the first delivery day."""
    observed: NDArray[np.bool_]
    """[m, c] published that day, or up to `FILLED_DAYS` before."""


def observed_basis(market: PricedMarket, months: Sequence[ContractMonth], codes: Sequence[str]) -> ObservedBasis:
    """Spreads of contracts over the days of a market; zero for contracts without data."""
    days = market.data.dates.astype("datetime64[D]")
    columns = [_spread_of(market, months, code, days) for code in codes]
    published, convention, spread, observed = (np.column_stack(part) for part in zip(*columns, strict=True))
    return ObservedBasis(tuple(codes), published, convention, spread, observed.astype(bool))


def dislocation_bp(basis: ObservedBasis, months: Sequence[ContractMonth], dates: Days, settle: Integers) -> Array:
    """Basis points of price [m, k] by which cash is cheap against each contract-month: spread times years left."""
    seen = np.flatnonzero(basis.observed.any(axis=1))
    last = dates[seen[-1]] if len(seen) else None
    paths = []
    for month in months:
        future = month.future
        left = np.maximum(future.first_delivery - settle, 0) / 360
        known = last is not None and np.datetime64(future.listed, "D") <= last
        paths.append(basis.spread[:, basis.codes.index(future.code)] * left * 1e4 * known)
    return np.column_stack(paths)


def _spread_of(market: PricedMarket, months: Sequence[ContractMonth], code: str, days: Days) -> tuple[Array, ...]:
    """Published spread, convention, net spread, and 1 where observed, of a contract [m]."""
    if code not in TENORS:
        return tuple(np.zeros((4, len(days))))
    published, usable = _published(code, days)
    deferred, settle = _deferred(months, code, days), market.data.settle
    first, last = (
        np.array([getattr(month.future, name) for month in months])[deferred]
        for name in ("first_delivery", "last_delivery")
    )
    whole = np.array([month.future.basket.unpriced == 0 for month in months])[deferred]
    convention = np.zeros(len(days))
    last_day_convention(market.path, market.baskets, market.priced, deferred, convention)
    convention *= whole
    net = (published - convention) * (last - settle) / (first - settle)
    # The net spread is held over blank days, not the published spread: the convention changes while that is stale.
    held = np.maximum.accumulate(np.where(usable, np.arange(len(days)), -1))
    net = np.where(held >= 0, net[held], 0.0)
    age = np.where(held >= 0, np.arange(len(days)) - held, len(days))
    return published, convention, net, (age <= FILLED_DAYS).astype(np.float64)


def _published(code: str, days: Days) -> tuple[Array, NDArray[np.bool_]]:
    """Last published spread on each day, decimal, and whether it was published that day."""
    column = f"implied_repo_minus_ois_{TENORS[code]}y_bp"
    rows = read("basis_spreads").set_index("date")[column].reindex(pd.DatetimeIndex(days)) / 1e4
    rows = rows.mask(unreliable(code, days))
    return rows.ffill().fillna(0.0).to_numpy(np.float64), rows.notna().to_numpy()


def unreliable(code: str, days: Days) -> NDArray[np.bool_]:
    """Flag days between the last trading day of a contract and its last delivery day, if it stops trading earlier.

    On these days the published figure of TY jumps by up to 252 basis points, and back on the month's last day (20
    December 2023), as if the rate of one contract were taken over the term of another; the cause is not documented.
    """
    leaps = np.zeros(len(days), bool)
    if contract(code).trades_to_month_end:
        return leaps
    for month in pd.period_range(str(days[0]), str(days[-1]), freq="M"):
        if month.month % 3 == 0:
            dates = delivery_dates(code, str(month))
            leaps |= (days > dates.last_trading_day) & (days <= dates.last_delivery_day)
    return leaps


def _deferred(months: Sequence[ContractMonth], code: str, days: Days) -> Integers:
    """Column of the second contract-month still trading on each day [m]."""
    columns = np.array([c for c, month in enumerate(months) if month.future.code == code], np.int64)
    trading = np.array([months[c].future.last_trading for c in columns])
    second = np.searchsorted(trading, days.astype(np.int64), side="left") + 1
    return columns[np.minimum(second, len(columns) - 1)]
