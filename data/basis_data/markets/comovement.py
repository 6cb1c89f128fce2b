"""Stocks, bonds and dollar together: the days of a window on which yields rose while equities and the dollar fell.

On such days Treasuries did not hedge what they usually hedge. Yields are 10-year par yields; the dollar is the broad
index of the Federal Reserve, within one vintage; returns of equities are quoted for two windows only.
"""

import numpy as np
import pandas as pd

from basis_data.tables.calendars import Days
from basis_data.tables.reader import read

VINTAGES = ("broad_dollar_index_vintage_2026_08", "broad_dollar_index_vintage_2025_12")
"""Of the dollar index, the one to prefer first; their levels differ, so changes are taken within one."""


def moves_together(days: Days) -> pd.DataFrame:
    """Moves of each day since the business day before, NaN where a series is not at hand.

    Returns
    -------
    DataFrame
        By date: `yield_bp` (10-year par yield), `equities_pct`, `dollar_pct`, and `together`: yields rose while
        equities and the dollar fell (NA if one of the three is unknown and the others do not exclude it).
    """
    index = pd.DatetimeIndex(days)
    yields = read("par_yields").set_index("date")["y_10y_pct"].reindex(index).diff() * 100
    equities = read("equity_quotes").set_index("date")["us_stock_market_return_pct"].reindex(index)
    equities.iloc[0] = np.nan
    table = pd.DataFrame({"yield_bp": yields, "equities_pct": equities, "dollar_pct": _dollar(index)}, index)
    signs = [table["yield_bp"] > 0, table["equities_pct"] < 0, table["dollar_pct"] < 0]
    known = [table[name].notna() for name in table]
    excluded = np.logical_or.reduce([has & ~sign for has, sign in zip(known, signs, strict=True)])
    together = pd.Series(np.logical_and.reduce(signs), index).astype("boolean")
    table["together"] = together.mask(~np.logical_and.reduce(known) & ~excluded)
    return table.rename_axis("date")


def _dollar(index: pd.DatetimeIndex) -> "pd.Series[float]":
    """Percent change of the dollar index in the first vintage that knows most of the days."""
    levels = read("dollar_index").set_index("date").reindex(index)
    chosen = next((name for name in VINTAGES if levels[name].notna().mean() > 0.5), VINTAGES[0])
    change: pd.Series[float] = 100 * levels[chosen].pct_change(fill_method=None)
    return change
