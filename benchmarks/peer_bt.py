"""bt's event loop, run by an interpreter of its own: prices on standard input, a JSON line on standard output."""

import json
import sys
import time
import warnings
from typing import Any

import bt
import pandas as pd

warnings.filterwarnings("ignore")
CAPITAL = 1e6


def run(prices: pd.DataFrame, weights: dict[str, float]) -> tuple[float, Any]:
    """One backtest, bought on the first bar and marked on every bar: seconds of the loop alone, and the test."""
    algos = [bt.algos.RunOnce(), bt.algos.SelectAll(), bt.algos.WeighSpecified(**weights), bt.algos.Rebalance()]
    test = bt.Backtest(
        bt.Strategy("book", algos), prices, initial_capital=CAPITAL, integer_positions=False, progress_bar=False
    )
    start = time.perf_counter()
    test.run()
    return time.perf_counter() - start, test


def main() -> None:
    """Probe ruin; then answer each line with the seconds per bar of as many runs as fit."""
    given = json.loads(sys.stdin.readline())
    days = pd.bdate_range("2020-01-01", periods=len(given["bond"]))
    prices = pd.DataFrame({"bond": given["bond"], "future": given["future"]}, index=days)
    weights = {"bond": 1.0, "future": -1.0}
    run(prices, weights)
    falling = pd.DataFrame({"bond": given["probe"]}, index=pd.bdate_range("2020-01-01", periods=len(given["probe"])))
    ruined = run(falling, {"bond": 20.0})[1].strategy
    held = float(ruined.positions["bond"].iloc[-1])
    print(json.dumps({"equity": float(ruined.values.iloc[-1]), "open": abs(held) > 1e-9}), flush=True)
    for _ in sys.stdin:
        seconds: list[float] = []
        until = time.perf_counter() + given["budget"]
        while time.perf_counter() < until or not seconds:
            seconds.append(run(prices, weights)[0] / len(days))
        print(sum(seconds) / len(seconds), flush=True)


main()
