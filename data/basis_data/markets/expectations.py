"""Expected cost of overnight repo, the rate that carries notes to delivery: from one rate, or from bills.

One night at 5.25% (17 September 2019) does not make three months at 5.25%, so `carry_rate` is the effective federal
funds rate, which follows policy at once and hardly moves otherwise, plus the median spread of repo over it in the last
month. Episodes of some weeks use it. Runs over years use `expected_repo`, because futures price the policy steps
expected before delivery: `carry_rate` missed the average of the next 91 days by 30 basis points and that of the next
120 by 38 (root mean square, April 2018 to October 2025), and every step of 2022; bills plus the spread of overnight
repo over one-month bills missed 18 and 21. The choice was made on these errors, not on a strategy's profit.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from basis_data.tables.calendars import Days
from basis_data.tables.reader import read

MEDIAN_PRINTS = 20
"""Business days of the trailing median of SOFR less the federal funds rate."""


def carry_rate(days: Days, path: Path | None = None) -> NDArray[np.float64]:
    """Effective federal funds rate plus the trailing median of SOFR over it, decimal [m].

    It is SOFR on days for which the file has no federal funds rate.
    """
    table = read("repo", path)
    table = table.set_index(pd.DatetimeIndex(table["date"]))
    funds = table["effr_pct"] if "effr_pct" in table else pd.Series(np.nan, table.index)
    over = (table["sofr_pct"] - funds).rolling(MEDIAN_PRINTS, min_periods=1).median()
    carried = (funds + over).fillna(table["sofr_pct"])
    rates: NDArray[np.float64] = carried.reindex(pd.DatetimeIndex(days)).to_numpy(np.float64) / 100
    return rates


QUARTER_DAYS = 91.3
MATURITIES = (0.0, QUARTER_DAYS, 2 * QUARTER_DAYS)
"""Days ahead of the three points of the expectation: overnight, three-month bill, six-month bill."""
MEDIAN_DAYS = 60
"""Business days, a quarter, of the trailing median of expected overnight repo less the one-month bill."""
MONEY_MARKET = 360 / 365
"""Bills of up to half a year are quoted bond-equivalent, simple on actual/365; repo is on actual/360."""


def expected_repo(days: Days, horizon: ArrayLike = QUARTER_DAYS) -> NDArray[np.float64]:
    """Compute the average overnight repo rate expected over a horizon, decimal [m] or [m, k].

    It interpolates between `carry_rate` and bills; to bills is added the trailing median of `carry_rate` less the
    one-month bill, the premium of bills. Only data published by each day are used.

    Parameters
    ----------
    horizon
        Days ahead: a number, [m] or [m, k]; beyond six months the value of the six-month bill is used.
    """
    bills = read("par_yields").set_index("date")[["y_1mo_pct", "y_3mo_pct", "y_6mo_pct"]] * MONEY_MARKET / 100
    first = pd.Timestamp(days[0]) - pd.Timedelta(days=2 * MEDIAN_DAYS)
    bills = bills.loc[first : pd.Timestamp(days[-1])].dropna()
    overnight = pd.Series(carry_rate(bills.index.to_numpy().astype("datetime64[D]")), bills.index)
    premium = (overnight - bills["y_1mo_pct"]).rolling(MEDIAN_DAYS, min_periods=1).median()
    points = pd.DataFrame(
        {"overnight": overnight, "3mo": bills["y_3mo_pct"] + premium, "6mo": bills["y_6mo_pct"] + premium}
    )
    known = points.reindex(pd.DatetimeIndex(days), method="ffill").to_numpy(np.float64)
    ahead = np.asarray(horizon, np.float64)
    ahead = ahead if ahead.ndim else np.full(len(days), ahead)
    return np.array([np.interp(left, MATURITIES, row) for left, row in zip(ahead, known, strict=True)])
