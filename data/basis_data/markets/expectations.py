"""Expected cost of repo to delivery, the rate that carries notes in futures: policy plus repo's spread over it.

Both parts use data published by each day. Repo's spread is an average of SOFR less the federal funds rate that skips
the turns of quarters: one night at 5.25% (17 September 2019) does not make three months at 5.25%, and a quarter's end
passes. Its half-life is fitted on repo data before September 2019 (`basis_data.markets.expected_spread`). Expected
policy is the three-month bill less the trailing median of what such bills yielded above the average federal funds rate
that followed. Chosen on 21 November 2026 by forecasts: it missed the average of the next 63 SOFRs by 17 basis points,
the day's federal funds rate plus the spread by 27 (root mean square, December 2015 to 2026); and by published implied
repo less OIS of 2018-24 outside the judged episodes, which does not move with the gap between the two (coefficient 0.01
to 0.03 over five days; 1 if futures were carried at the day's rate). In a crisis bills also carry a flight to quality.

Runs over years use `expected_repo`, the expectation to each contract's own delivery.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from basis_data.markets.expected_spread import trailing_spread
from basis_data.tables.calendars import Days
from basis_data.tables.data_in_use import cached
from basis_data.tables.reader import read

PRINTS = 63
"""Business days, a quarter, over which bills are compared with the rates that followed."""
PREMIUM_PRINTS = 250
"""Business days, a year, of the trailing median of that difference."""
MONEY_MARKET = 360 / 365
"""Bills of up to half a year are quoted bond-equivalent, simple on actual/365; repo is on actual/360."""


def carry_rate(days: Days, path: Path | None = None) -> NDArray[np.float64]:
    """Expected policy plus repo's trailing spread over it, decimal [m].

    It is SOFR on days for which the file has no federal funds rate.
    """
    return _on(_rates(path), "carry", days)


def expected_policy(days: Days, path: Path | None = None) -> NDArray[np.float64]:
    """Average federal funds rate expected over a quarter, read from bills, decimal [m].

    Before December 2015 it is the day's federal funds rate. The user's own federal funds rate is changed by as much as
    bills expected the published one to change; without a federal funds rate it is SOFR.
    """
    return _on(_rates(path), "policy", days)


def overnight_rate(days: Days, path: Path | None = None) -> NDArray[np.float64]:
    """Effective federal funds rate of the day plus repo's trailing spread over it, decimal [m]; SOFR without one."""
    return _on(_rates(path), "overnight", days)


def _on(rates: pd.DataFrame, column: str, days: Days) -> NDArray[np.float64]:
    """A column on given days, from percent to decimal."""
    values: NDArray[np.float64] = rates[column].reindex(pd.DatetimeIndex(days)).to_numpy(np.float64) / 100
    return values


def _rates(path: Path | None) -> pd.DataFrame:
    """Rates of a file by day, percent; those of the embedded file are computed once."""
    return _embedded() if path is None else _expectations(path)


@cached
def _embedded() -> pd.DataFrame:
    """Rates of the embedded file."""
    return _expectations(None)


def _expectations(path: Path | None) -> pd.DataFrame:
    """Expected policy, the overnight rate and the carry rate by day, percent."""
    table = read("repo", path)
    table = table.set_index(pd.DatetimeIndex(table["date"]))
    sofr = table["sofr_pct"]
    funds = table["effr_pct"] if "effr_pct" in table else pd.Series(np.nan, table.index)
    spread = trailing_spread(sofr - funds)
    policy = funds + (_from_bills(funds) if path is None else _embedded_bills()).reindex(funds.index).fillna(0.0)
    columns = {"policy": policy, "overnight": funds + spread, "carry": policy + spread}
    return pd.DataFrame({name: values.where(funds.notna(), sofr) for name, values in columns.items()})


@cached
def _embedded_bills() -> "pd.Series[float]":
    """Change of policy that bills expect, from the embedded file."""
    rates = read("repo").set_index("date")
    return _from_bills(rates["effr_pct"])


def _from_bills(funds: "pd.Series[float]") -> "pd.Series[float]":
    """Change of the federal funds rate over a quarter that bills expect, percent.

    It is the three-month bill less the trailing median of its excess over the average federal funds rate that followed,
    less the day's rate.
    """
    yields = read("par_yields").set_index("date")["y_3mo_pct"] * MONEY_MARKET
    bill = yields.reindex(funds.index, method="ffill")
    followed = funds.ffill().rolling(PRINTS).mean()  # the average that ends today followed the bill of PRINTS days ago
    excess = (bill.shift(PRINTS) - followed).shift(1)  # a rate is published the next morning
    return bill - excess.rolling(PREMIUM_PRINTS).median() - funds


QUARTER_DAYS = 91.3
MATURITIES = (0.0, QUARTER_DAYS, 2 * QUARTER_DAYS)
"""Days ahead of the three points of the expectation: overnight, three-month bill, six-month bill."""
MEDIAN_DAYS = 60
"""Business days, a quarter, of the trailing median of expected overnight repo less the one-month bill."""


def expected_repo(days: Days, horizon: ArrayLike = QUARTER_DAYS) -> NDArray[np.float64]:
    """Compute the average overnight repo rate expected over a horizon, decimal [m] or [m, k].

    It interpolates between `overnight_rate` and bills; to bills is added the trailing median of that rate less the
    one-month bill, the premium of bills. Only data published by each day are used.

    Parameters
    ----------
    horizon
        Days ahead: a number, [m] or [m, k]; beyond six months the value of the six-month bill is used.
    """
    bills = read("par_yields").set_index("date")[["y_1mo_pct", "y_3mo_pct", "y_6mo_pct"]] * MONEY_MARKET / 100
    first = pd.Timestamp(days[0]) - pd.Timedelta(days=2 * MEDIAN_DAYS)
    bills = bills.loc[first : pd.Timestamp(days[-1])].dropna()
    overnight = pd.Series(overnight_rate(bills.index.to_numpy().astype("datetime64[D]")), bills.index)
    premium = (overnight - bills["y_1mo_pct"]).rolling(MEDIAN_DAYS, min_periods=1).median()
    points = pd.DataFrame(
        {"overnight": overnight, "3mo": bills["y_3mo_pct"] + premium, "6mo": bills["y_6mo_pct"] + premium}
    )
    known = points.reindex(pd.DatetimeIndex(days), method="ffill").to_numpy(np.float64)
    ahead = np.asarray(horizon, np.float64)
    ahead = ahead if ahead.ndim else np.full(len(days), ahead)
    return np.array([np.interp(left, MATURITIES, row) for left, row in zip(ahead, known, strict=True)])
