"""Two sweeps side by side, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from basis_engine.base.errors import InputError

if TYPE_CHECKING:
    from basis_stress.sweeps.reading import Sweep


def compare(one: Sweep, other: Sweep) -> pd.DataFrame:
    """Cells that both ran: the axes, every outcome of both (``_other``), and ``worse``: whether the other's fate is.

    Paths are matched by name where both ran several; a sweep of a single path is matched whatever its name.

    Raises
    ------
    InputError
        If axes differ, one is of books and one of markets, or no cell is in both.
    """
    if one.market != other.market or set(one.axes) != set(other.axes):
        raise InputError(
            f"comparison: {one.folder} varies {', '.join(one.axes)} and {other.folder} {', '.join(other.axes)}; "
            "give two sweeps over the same axes"
        )
    by_path = len(one.scenarios) > 1 or len(other.scenarios) > 1
    keys = [*(["scenario"] if by_path else []), *one.axes]
    left, right = one.table(), other.table()
    if by_path:
        left["scenario"], right["scenario"] = left["scenario"].astype(str), right["scenario"].astype(str)
    both = left.merge(right, on=keys, suffixes=("", "_other"))
    if both.empty:
        raise InputError(f"comparison: no cell is in both {one.folder} and {other.folder}; sweep the same levels")
    if not one.market:
        both["worse"] = both["outcome_other"].cat.codes > both["outcome"].cat.codes
    return both


def moves(both: pd.DataFrame) -> pd.DataFrame:
    """Cells by fate in the first sweep (rows) and in the other (columns)."""
    return pd.crosstab(both["outcome"], both["outcome_other"], rownames=["first"], colnames=["other"])
