"""The result of a multi-year run: its tables, and the report drawn from them."""

from dataclasses import dataclass

import pandas as pd

from basis_stress.reporting.registry import Saved

MULTI_YEAR_TABLES = ("performance", "daily", "monthly", "attribution", "positions", "events")


@dataclass(frozen=True, repr=False)
class MultiYearRun(Saved):
    """A strategy over the years. Money in USD, returns decimal; the strategy decides nothing on day 0."""

    name: str
    """The strategy with the parameters that differ from their defaults."""
    description: str
    TABLES = MULTI_YEAR_TABLES
    settings: dict[str, object]
    assumptions: list[str]
    """Assumptions, a sentence each."""
    caveats: list[str]
    """Caveats on the figures, a sentence each."""
    performance: pd.DataFrame
    """One row: carry, return, volatility, Sharpe, drawdown, worst month, margin to equity, days called."""
    daily: pd.DataFrame
    """One row per day: equity, return, balance sheet, calls, observed share of the basis held."""
    monthly: pd.DataFrame
    """Returns, years by months."""
    attribution: pd.DataFrame
    """One row per day and strategy: the change in equity, line by line."""
    positions: pd.DataFrame
    """One row per pair held and day."""
    events: pd.DataFrame
    """One row per event, with its cause; price moves and decisions are left out."""

    @property
    def lines(self) -> pd.DataFrame:
        """Lines of attribution by day, summed over strategies, USD."""
        return self.attribution.drop(columns="strategy").groupby("date").sum()
