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


def run(prices: pd.DataFrame, weights: dict[str, float]) -> Any:
    """One backtest: bought on the first bar, marked on every bar."""
    algos = [bt.algos.RunOnce(), bt.algos.SelectAll(), bt.algos.WeighSpecified(**weights), bt.algos.Rebalance()]
    test = bt.Backtest(
        bt.Strategy("book", algos), prices, initial_capital=CAPITAL, integer_positions=False, progress_bar=False
    )
    test.run()
    return test


def main() -> None:
    """Time as many runs as fit, and probe ruin."""
    given = json.load(sys.stdin)
    days = pd.bdate_range("2020-01-01", periods=len(given["bond"]))
    prices = pd.DataFrame({"bond": given["bond"], "future": given["future"]}, index=days)
    weights = {"bond": 1.0, "future": -1.0}
    run(prices, weights)
    seconds: list[float] = []
    until = time.perf_counter() + given["budget"]
    while time.perf_counter() < until or len(seconds) < 3:
        start = time.perf_counter()
        run(prices, weights)
        seconds.append((time.perf_counter() - start) / len(days))
    falling = pd.DataFrame({"bond": given["probe"]}, index=pd.bdate_range("2020-01-01", periods=len(given["probe"])))
    ruined = run(falling, {"bond": 20.0}).strategy
    held = float(ruined.positions["bond"].iloc[-1])
    print(json.dumps({"seconds": seconds, "equity": float(ruined.values.iloc[-1]), "open": abs(held) > 1e-9}))


main()
