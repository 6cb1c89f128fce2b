"""What is known of an episode, to hold the model against: observed basis spreads, in the model's own unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from basis_data.tables.reader import read
from basis_strategies.plan import RENT_SHARES

if TYPE_CHECKING:
    from basis_stress.funds_market.result import MarketResult

_TENORS = {"TU": 2, "FV": 5, "TY": 10}


def observed_basis(result: MarketResult) -> pd.DataFrame:
    """Rise of implied repo over OIS since the first day, as basis points of price over the model's term to delivery.

    Days of the window that history/basis_spreads.csv covers, by contract; empty if it covers none, or not the first.
    """
    table = read("basis_spreads").set_index("date")
    table = table[(table.index >= result.days[0]) & (table.index <= result.days[-1])]
    codes = [code for code in _TENORS if code in result.dealers and code in RENT_SHARES]
    if table.empty or not codes:
        return pd.DataFrame()
    spreads = table[[f"implied_repo_minus_ois_{_TENORS[code]}y_bp" for code in codes]].set_axis(codes, axis=1)
    rise = (spreads - spreads.bfill().iloc[0]) * result.rent_years
    return rise.dropna(how="all")
