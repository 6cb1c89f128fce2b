"""Price a scenario's market: every deliverable note and the fair future at each mark."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from basis_data.markets.market_data import MarketData
from basis_data.markets.swaps import NOTIONAL_USD, SwapMarket, swap_market
from basis_engine.base.errors import InputError
from basis_engine.bonds.curves import NODE_TIMES, SVENSSON
from basis_engine.simulation.market import Baskets, CurvePath, Priced, held_market, par_curves, price_path
from basis_engine.simulation.marks import cheapened
from basis_engine.simulation.quotes import append_swaps
from basis_engine.simulation.world import Floats, Integers, Market

T = TypeVar("T")


@dataclass(frozen=True)
class Marks:
    """All marks of a run in order of time, within the day and at the close; arrays by mark."""

    path: CurvePath
    baskets: Baskets
    priced: Priced
    day: Integers
    """[marks] index of the business day."""


@dataclass(frozen=True)
class PricedMarket:
    """A priced market; the notes of all baskets are stacked, contract by contract."""

    data: MarketData
    path: CurvePath
    baskets: Baskets
    priced: Priced
    cusips: tuple[str, ...]
    """[notes]"""
    initial_margin: Floats
    """[marks, contracts] USD per contract."""
    intraday: Marks | None = None
    """Closes and marks within the day, if the scenario has any; the other fields hold closes only."""
    swaps: SwapMarket | None = None
    """Swap-spread trades, if any: their notes are numbered after the baskets', their swaps after the futures."""

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Contract codes of the futures, in the order of the arrays."""
        return tuple(future.code for future in self.data.futures)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Names of the futures for tables: the code, with its month if the market holds several months of it."""
        several = {code for code in self.codes if self.codes.count(code) > 1}
        return tuple(
            f"{future.code} {future.delivery_month}" if future.code in several else future.code
            for future in self.data.futures
        )

    @cached_property
    def hedges(self) -> tuple[str, ...]:
        """Names of the hedges: the futures, then the swaps."""
        return self.codes + (self.swaps.names if self.swaps else ())

    @cached_property
    def notionals(self) -> tuple[float, ...]:
        """Notional of every hedge, USD per contract."""
        return tuple(future.notional_usd for future in self.data.futures) + (NOTIONAL_USD,) * (
            len(self.hedges) - len(self.codes)
        )

    @cached_property
    def entry_margins(self) -> Floats:
        """Initial margin of every hedge on the first day, USD per contract."""
        swaps = self.swaps.margin_usd if self.swaps else np.empty(0)
        return np.concatenate([self.initial_margin[0], swaps])

    @cached_property
    def marks(self) -> Marks:
        """All marks at which positions are repriced."""
        return self.intraday or Marks(self.path, self.baskets, self.priced, np.arange(len(self.path.time)))

    def held(self, notes: Integers) -> Market:
        """Quote some notes (of the baskets, then of the swap-spread trades), the futures and the swaps."""
        return self.keep("held", notes.tobytes(), lambda: self._held(notes))

    def keep(self, name: str, inputs: Hashable, compute: Callable[[], T]) -> T:
        """Return the last result of that name if its inputs were equal, else compute and keep it; never change it.

        Books are run through a market again and again, and most of what depends on the market stays the same.
        """
        if name in self._kept and self._kept[name][0] == inputs:
            result: T = self._kept[name][1]
            return result
        result = compute()
        self._kept[name] = inputs, result
        return result

    @cached_property
    def _kept(self) -> dict[str, tuple[Hashable, Any]]:
        """Results by name, each with its inputs."""
        return {}

    def _held(self, notes: Integers) -> Market:
        """Quote some notes, the futures and the swaps."""
        in_baskets = notes[notes < len(self.cusips)]
        marks = self.marks
        quoted = held_market(marks.path, marks.baskets, marks.priced, in_baskets, self.data.dislocation_bp[marks.day])
        np.asarray(quoted.futures)["policy_gain"] = self._policy_gain()
        if self.swaps is None:
            return quoted
        return append_swaps(quoted, self.swaps.quotes, notes[len(in_baskets) :] - len(self.cusips))

    def _policy_gain(self) -> Floats:
        """Gain of a hedged dollar of overnight repo, by mark and contract: rise of expected policy x years to delivery.

        The hedge is sized at each mark to the day of best delivery of the cheapest note, as the future is priced.
        """
        marks = self.marks
        rise = np.diff(self.data.policy_rate[marks.day], prepend=self.data.policy_rate[:1])
        before = np.vstack([marks.priced.delivery[:1], marks.priced.delivery[:-1]])
        years = np.maximum(before - marks.path.value_date[:, None], 0) / 360.0
        gain: Floats = rise[:, None] * years
        return gain

    @cached_property
    def entry_dirty(self) -> Floats:
        """Dirty price of every note at entry, points, with the dislocation of the first day."""
        count, swaps = len(self.cusips), 0 if self.swaps is None else len(self.swaps.tenors)
        quotes = np.asarray(self._held(np.arange(count + swaps)).notes)[0]
        clean: Floats = quotes["clean"].copy()
        contracts = np.repeat(np.arange(len(self.codes)), np.diff(self.baskets.start))
        for note, dislocation in enumerate(self.data.dislocation_bp[0, contracts].tolist()):
            clean[note] = cheapened(float(clean[note]), dislocation)
        dirty: Floats = clean + quotes["accrued"]
        return dirty

    def with_swaps(self) -> "PricedMarket":
        """Add swap-spread trades."""
        if self.intraday is not None:
            raise InputError(
                f"scenario {self.data.scenario.name}, intraday: swap spreads are known at closes only; "
                "leave swap-spread funds out of [market], with swap_spread_book_usd_bn = 0"
            )
        return replace(self, swaps=swap_market(self.data))


def priced_market(data: MarketData, option_value: float = 0.0) -> PricedMarket:
    """Price a market; ``option_value`` (points), the value of the short's delivery options, lowers the fair future."""
    path = _path(data)
    baskets = _baskets(data, option_value)
    priced = price_path(path, baskets)
    return PricedMarket(
        data=data,
        path=path,
        baskets=baskets,
        priced=priced,
        cusips=_cusips(data),
        initial_margin=data.initial_margin_usd(priced.futures[0]),
        intraday=_marks(data, path, baskets) if len(data.intraday.day) else None,
    )


def _marks(data: MarketData, closes: CurvePath, baskets: Baskets) -> Marks:
    """Price the closes and the marks within the day together; final settlement of a contract is at a close."""
    intraday, last = data.intraday, len(closes.time)
    times = np.concatenate([closes.time, intraday.minutes])
    order = np.argsort(times)
    day = np.concatenate([np.arange(last), intraday.day])[order]
    discounts = np.concatenate([closes.curves, _discounts(data, intraday.par_yields, intraday.day)])
    path = CurvePath(times[order], closes.value_date[day], closes.curve_kind, discounts[order], closes.repo[day])
    close_at = np.append(np.flatnonzero(order < last), len(order))
    dated = ("known_mark", "first_mark", "final_mark", "last_mark")
    among = baskets._replace(**{name: close_at[np.minimum(getattr(baskets, name), last)] for name in dated})
    among = among._replace(spread=np.ascontiguousarray(baskets.spread[day]))
    return Marks(path, among, price_path(path, among), day)


def _cusips(data: MarketData) -> tuple[str, ...]:
    """CUSIPs of the stacked notes."""
    return tuple(cusip for future in data.futures for cusip in future.basket.cusip)


def _path(data: MarketData) -> CurvePath:
    """Lay out times, curves and carry rates of the closes for the engine."""
    curves = data.curves
    parameters = (
        np.array(curves.svensson, order="C") if curves.kind == SVENSSON else _discounts(data, curves.par_yields)
    )
    carried = data.carry_rate if data.carry_rate.ndim == 2 else np.tile(data.carry_rate[:, None], len(data.futures))
    return CurvePath(data.minutes, data.settle, curves.kind, parameters, carried)


def _discounts(data: MarketData, par_yields: Floats, day_of: Integers | None = None) -> Floats:
    """Log discount factors of the par curves; refuse par yields that have none."""
    tenors = data.curves.tenors
    discounts = par_curves(tenors, par_yields)
    longest = tenors[~np.isnan(par_yields).any(axis=0)].max()
    impossible = np.isnan(discounts[:, longest >= NODE_TIMES]).any(axis=1)
    if impossible.any():
        row = impossible.argmax()
        day = data.dates.astype("datetime64[D]")[row if day_of is None else day_of[row]]
        raise InputError(
            f"scenario {data.scenario.name}: the par yields of {day} give a discount factor that is not "
            "positive; lower yield_scale or the moves of yields"
        )
    return discounts


def _baskets(data: MarketData, option_value: float) -> Baskets:
    """Stack the baskets; a contract settles finally at the first mark on or after its last trading day."""
    futures, last_mark, spreads = data.futures, len(data.dates) - 1, data.note_spreads
    delivered = [int(np.searchsorted(data.dates, future.last_delivery)) for future in futures]
    baskets = [future.basket for future in futures]
    sizes = [len(basket.coupon) for basket in baskets]
    return Baskets(
        start=np.cumsum([0, *sizes]).astype(np.int64),
        coupon=np.concatenate([basket.coupon for basket in baskets]),
        maturity=np.concatenate([basket.maturity for basket in baskets]),
        factor=np.concatenate([basket.factor for basket in baskets]),
        spread=np.zeros((len(data.dates), sum(sizes))) if spreads is None else spreads.over_curve,
        first_delivery=np.array([future.first_delivery for future in futures], np.int64),
        last_delivery=np.array([future.last_delivery for future in futures], np.int64),
        known_mark=np.searchsorted(data.dates, np.concatenate([basket.known for basket in baskets])),
        first_mark=np.searchsorted(
            data.dates, [max(future.listed, int(future.basket.known.min())) for future in futures]
        ),
        final_mark=np.array([int(np.searchsorted(data.dates, future.last_trading)) for future in futures], np.int64),
        last_mark=np.minimum(np.array(delivered, np.int64), last_mark),
        option_value=np.full(len(futures), option_value),
    )
