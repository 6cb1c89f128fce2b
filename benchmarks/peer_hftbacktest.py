"""hftbacktest's event loop, run by an interpreter of its own: prices on standard input, JSON on standard output."""

import time
from collections.abc import Callable
from typing import Any

import hftbacktest as hft
import numpy as np
from numba import njit
from peer_loop import serve

BAR = 60_000_000_000  # nanoseconds between bars
TICK = 0.01


def events(prices: list[float]) -> Any:
    """Bid and ask of every bar, the ones before taken away; one bar more than is walked, or the last would not end."""
    rows, before = [], None
    for i, price in enumerate([*prices, prices[-1]]):
        moment, both = (i + 1) * BAR, hft.EXCH_EVENT | hft.LOCAL_EVENT | hft.DEPTH_EVENT
        quotes = [(hft.BUY_EVENT, price - TICK, 1e9), (hft.SELL_EVENT, price + TICK, 1e9)]
        if before is not None:
            quotes = [(hft.BUY_EVENT, before - TICK, 0.0), (hft.SELL_EVENT, before + TICK, 0.0), *quotes]
        rows += [(both | side, moment, moment, round(level, 2), size, 0, 0, 0.0) for side, level, size in quotes]
        before = price
    return np.array(rows, hft.event_dtype)


def asset(rows: Any) -> Any:
    """One instrument without fees or latency."""
    plain = hft.BacktestAsset().data(rows).linear_asset(1.0).constant_order_latency(0, 0)
    filled = plain.risk_adverse_queue_model().no_partial_fill_exchange()
    return filled.trading_value_fee_model(0.0, 0.0).tick_size(TICK).lot_size(1.0)


@njit
def walk(hbt: Any, quantities: Any, bars: int, marks: Any) -> float:
    """Take the position on the first bar, read its value on every bar."""
    hbt.elapse(1)  # the clock starts at the first event
    for number in range(len(quantities)):
        depth, quantity = hbt.depth(number), quantities[number]
        if quantity > 0:
            hbt.submit_buy_order(number, number + 1, depth.best_ask, quantity, hft.GTC, hft.LIMIT, True)
        else:
            hbt.submit_sell_order(number, number + 1, depth.best_bid, -quantity, hft.GTC, hft.LIMIT, True)
    for bar in range(1, bars):
        if hbt.elapse(BAR) != 0:
            break
        total = 0.0
        for number in range(len(quantities)):
            depth, state = hbt.depth(number), hbt.state_values(number)
            total += state.balance + state.position * 0.5 * (depth.best_bid + depth.best_ask)
        marks[bar] = total
    return hbt.position(0)  # type: ignore[no-any-return]


def run(tables: list[Any], quantities: list[float], bars: int) -> tuple[float, Any, float]:
    """One backtest: seconds of the loop alone, profit at every bar, and what is still held."""
    marks = np.zeros(bars)
    hbt = hft.HashMapMarketDepthBacktest([asset(rows) for rows in tables])
    sizes = np.array(quantities, float)
    start = time.perf_counter()
    held = walk(hbt, sizes, bars, marks)
    seconds = time.perf_counter() - start
    hbt.close()
    return seconds, marks, held


def prepare(given: dict[str, Any]) -> tuple[float, bool, str, Callable[[], float]]:
    """The ruin probe, and the book."""
    tables, sizes = [events(given["bond"]), events(given["future"])], [10_000.0, -9_000.0]
    _, marks, held = run([events(given["probe"])], [200_000.0], len(given["probe"]))
    return 1e6 + float(marks[-1]), abs(held) > 0, "it has no margin", lambda: run(tables, sizes, len(given["bond"]))[0]


serve(prepare)
