"""Daily moves of par yields before a run starts: what margins and cash buffers of the time were reckoned from."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from basis_data.tables.calendars import DateLike, business_day_offset, cash_days
from basis_data.tables.layouts import TENOR_YEARS
from basis_data.tables.windows import read_days

Array = NDArray[np.float64]

HISTORY_DAYS = 60
"""Business days before the first, over which moves are gathered."""


def moves_before(start: DateLike, path: Path | None = None) -> tuple[Array, Array]:
    """Tenors [n] in years, and daily changes of their par yields before a date, decimal [days, n].

    Tenors that were not published on all of the days are left out.
    """
    end = business_day_offset(start, -1)
    days = cash_days(business_day_offset(end, -HISTORY_DAYS), end)
    rows = read_days("par_yields", days, [], path)
    tenors = [name for name in TENOR_YEARS if name in rows and rows[name].notna().all()]
    return np.array([TENOR_YEARS[name] for name in tenors]), np.diff(rows[tenors].to_numpy(np.float64) / 100, axis=0)
