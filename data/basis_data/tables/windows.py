"""Select the days of a run from a checked table; every day must be present, and required columns not blank."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basis_data.tables.calendars import Days
from basis_data.tables.data_in_use import table_file
from basis_data.tables.layouts import TABLES
from basis_data.tables.reader import read
from basis_engine.base.errors import InputError


def source_of(name: str, path: str | Path | None) -> Path:
    """Return the file of a table: the user's own, or the embedded file."""
    return Path(path) if path else table_file(TABLES[name].file)


def read_days(name: str, days: Days, required: Sequence[str], path: str | Path | None = None) -> pd.DataFrame:
    """Return the rows of a daily table on given days.

    Parameters
    ----------
    name
        A table keyed by `date`.
    days
        Ascending business days [m].
    required
        Columns in which none of these days may be blank.
    path
        The user's own file.

    Returns
    -------
    DataFrame
        m rows, indexed by line of the file.

    Raises
    ------
    InputError
        If the days leave the file's range, a day has no row, or a required cell is blank.
    """
    frame, file = read(name, path), source_of(name, path)
    dates = frame["date"].to_numpy().astype("datetime64[D]")
    if days[0] < dates[0] or days[-1] > dates[-1]:
        raise InputError(
            f"{file}: the window {days[0]} to {days[-1]} is outside its dates {dates[0]} to {dates[-1]}; "
            "choose a window inside them or give a file that covers it"
        )
    rows = np.searchsorted(dates, days)  # the reader has refused dates that do not ascend
    missing = days[dates[rows] != days]
    if len(missing):
        raise InputError(f"{file}, column date: no row for {missing[0]}, a business day of the window; add it")
    chosen = frame.iloc[rows]
    absent = [column for column in required if column not in chosen]
    if absent:
        raise InputError(f"{file}: column {absent[0]!r} is missing; the window {days[0]} to {days[-1]} needs it")
    for column in required:
        blank = chosen[column].isna().to_numpy()
        if blank.any():
            at = int(blank.argmax())
            raise InputError(
                f"{file}, row {chosen.index[at]}, column {column}: blank on {days[at]}, inside the window; fill it in"
            )
    return chosen


def covers(name: str, days: Days, path: str | Path | None = None) -> bool:
    """Check whether a daily table has a row for each of the days."""
    return bool(np.isin(days, read(name, path)["date"].to_numpy().astype("datetime64[D]")).all())


def column_or_nan(rows: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Return a column's values, NaN if the file lacks it."""
    return rows[name].to_numpy(np.float64) if name in rows else np.full(len(rows), np.nan)
