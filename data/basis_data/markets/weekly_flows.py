"""Outside flows by one rule for any window: foreign custody and the Federal Reserve's holdings, weekly and public.

For the days after one Wednesday up to the next, the fall of the Treasuries that the Federal Reserve holds in custody
for foreign officials (H.4.1) is sold to dealers, a rise is bought from them; the rise of the Treasuries that it holds
outright is bought from dealers, and a fall is nothing, because maturing debt is refunded at auction. Each amount is
spread equally over the business days of its week. The rule was written on 21 November 2026, before any run with it.
"""

import numpy as np
from numpy.typing import NDArray

from basis_data.tables.calendars import Days, mark_days
from basis_data.tables.data_in_use import cached
from basis_data.tables.reader import read

Array = NDArray[np.float64]
CUSTODY, HELD = "foreign_custody_treasury_usd_bn", "fed_treasury_held_outright_usd_bn"
NAMES = {CUSTODY: "foreign custody", HELD: "the Federal Reserve's holdings"}


def weekly_flows(days: Days) -> tuple[Array, Array]:
    """Return sales to dealers and purchases from them on each day, USD [m]; zero where a series has no value."""
    custody, held = (_daily(days, name) for name in (CUSTODY, HELD))
    sales, purchases = np.maximum(-custody, 0.0), np.maximum(custody, 0.0) + np.maximum(held, 0.0)
    sales[0] = purchases[0] = 0.0  # the day of entry, on which nothing trades
    return sales * 1e9, purchases * 1e9


def covered(days: Days) -> dict[str, bool]:
    """Whether each series has a change for every day."""
    return {name: not np.isnan(_change(days, name)).any() for name in (CUSTODY, HELD)}


def _daily(days: Days, name: str) -> Array:
    """Change of a series on each day, $bn [m], zero where unknown."""
    return np.nan_to_num(_change(days, name))


def _change(days: Days, name: str) -> Array:
    """Change of the week of each day over the business days of that week, $bn [m]; NaN where unknown."""
    dates, level = _levels(name)
    after = np.searchsorted(dates, days)
    known = (after > 0) & (after < len(dates))
    change = np.full(len(days), np.nan)
    for place in np.flatnonzero(known):
        last, before = dates[after[place]], dates[after[place] - 1]
        if last - before <= np.timedelta64(8, "D"):
            change[place] = (level[after[place]] - level[after[place] - 1]) / _days_between(before, last)
    return change


@cached
def _levels(name: str) -> tuple[Days, Array]:
    """Days of a series, and its values, $bn."""
    level = read("fed_flows").set_index("date")[name].dropna()
    return level.index.to_numpy().astype("datetime64[D]"), level.to_numpy(np.float64)


@cached
def _days_between(before: np.datetime64, last: np.datetime64) -> int:
    """Business days after one day, to another."""
    return len(mark_days(before + 1, last))
