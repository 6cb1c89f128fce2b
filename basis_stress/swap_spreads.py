"""Swap-spread funds: cohorts whose stops are hit as the spread falls sell Treasuries, a third of the rest per day."""

import numpy as np
import pandas as pd

from data.tables import read

COHORTS = 100
STOPS_BP = (8.0, 40.0)
"""Drawdowns of the spread at which cohorts stop out, evenly spread; set on April 2025, so that is no test of them."""
CUT = 0.6
"""Share of its book that a stopped cohort sells in all."""
DAILY = 1.0 / 3.0
"""Share of what is left to sell that is sold each day."""
HIGH_DAYS = 20
"""Business days of the high from which drawdown is measured."""


def daily_sales(start: str, end: str, book_usd_bn: float) -> pd.Series:
    """Sales of swap-spread funds on each day from start to end, $bn, from observed 10- and 30-year swap spreads.

    Drawdown is of the two spreads' mean, from its high of the month before; no cohort has stopped out before the start.
    """
    spreads = read("swap_spreads").pivot_table(index="date", columns="tenor_years", values="swap_spread_bp")
    before = pd.Timestamp(start) - pd.tseries.offsets.BDay(HIGH_DAYS)
    mean = spreads[[10, 30]].mean(axis=1)[before:end]
    drawdown = (mean.rolling(HIGH_DAYS, min_periods=1).max() - mean)[start:]
    stops = np.linspace(*STOPS_BP, COHORTS)
    left, stopped = np.full(COHORTS, CUT * book_usd_bn / COHORTS), np.zeros(COHORTS, bool)
    sales = []
    for fall in drawdown.to_numpy():
        stopped |= fall >= stops
        sold = np.where(stopped, DAILY * left, 0.0)
        left -= sold
        sales.append(float(sold.sum()))
    return pd.Series(sales, drawdown.index)


def unwound_usd_bn(start: str, end: str, book_usd_bn: float) -> float:
    """Treasuries sold from start to end, both included, $bn."""
    return float(daily_sales(start, end, book_usd_bn).sum())
