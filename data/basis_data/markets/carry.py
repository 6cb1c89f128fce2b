"""The rate that carries notes to delivery: what overnight repo can be expected to cost, not what one night cost.

One night at 5.25% (17 September 2019) does not make three months at 5.25%. The effective federal funds rate follows
policy at once and hardly moves otherwise; repo stands over it by what it stood over it in the median of the last month.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basis_data.tables.calendars import Days
from basis_data.tables.reader import read

MEDIAN_PRINTS = 20
"""Business days of the trailing median of SOFR less the federal funds rate."""


def carry_rate(days: Days, path: Path | None = None) -> NDArray[np.float64]:
    """Effective federal funds rate plus the trailing median of SOFR less it, decimal [m].

    SOFR itself on days for which the file has no federal funds rate.
    """
    table = read("repo", path)
    table = table.set_index(pd.DatetimeIndex(table["date"]))
    funds = table["effr_pct"] if "effr_pct" in table else pd.Series(np.nan, table.index)
    over = (table["sofr_pct"] - funds).rolling(MEDIAN_PRINTS, min_periods=1).median()
    carried = (funds + over).fillna(table["sofr_pct"])
    rates: NDArray[np.float64] = carried.reindex(pd.DatetimeIndex(days)).to_numpy(np.float64) / 100
    return rates
