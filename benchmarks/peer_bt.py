"""bt's event loop, run by an interpreter of its own: prices on standard input, a JSON line on standard output."""

import time
import warnings
from collections.abc import Callable
from typing import Any

import bt
import pandas as pd
from peer_loop import serve

warnings.filterwarnings("ignore")
CAPITAL = 1e6
MAINTENANCE = 0.025
"""Share of the book's value under which `Margin` sells."""


def run(prices: pd.DataFrame, weights: dict[str, float]) -> tuple[float, Any]:
    """One backtest, bought on the first bar, then marked and margined: seconds of the loop alone, and the test."""
    algos = [bt.algos.RunOnce(), bt.algos.SelectAll(), bt.algos.WeighSpecified(**weights), bt.algos.Rebalance()]
    algos.append(bt.algos.run_always(bt.algos.Margin(0.0, MAINTENANCE)))
    test = bt.Backtest(
        bt.Strategy("book", algos), prices, initial_capital=CAPITAL, integer_positions=False, progress_bar=False
    )
    start = time.perf_counter()
    test.run()
    return time.perf_counter() - start, test


def prepare(given: dict[str, Any]) -> tuple[float, bool, str, Callable[[], float]]:
    """The ruin probe, and the book."""
    days = pd.bdate_range("2020-01-01", periods=len(given["bond"]))
    prices = pd.DataFrame({"bond": given["bond"], "future": given["future"]}, index=days)
    falling = pd.DataFrame({"bond": given["probe"]}, index=days[: len(given["probe"])])
    ruined = run(falling, {"bond": 20.0})[1].strategy
    is_open = abs(float(ruined.positions["bond"].iloc[-1])) > 1e-9
    note = f"with its Margin, which sells under {MAINTENANCE:.1%}"
    return float(ruined.values.iloc[-1]), is_open, note, lambda: run(prices, {"bond": 1.0, "future": -1.0})[0]


serve(prepare)
