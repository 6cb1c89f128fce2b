"""The result of a long run: its tables, and the report drawn from them."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from basis_stress.reporting.files import save_tables
from basis_stress.reporting.registry import write_report

MULTI_YEAR_TABLES = ("performance", "daily", "monthly", "attribution", "positions", "events")


@dataclass(frozen=True)
class MultiYearRun:
    """What a strategy came to over the years. Money in USD, returns decimal; nothing is decided on day 0."""

    name: str
    """The strategy with the parameters that differ from their defaults."""
    description: str
    settings: dict[str, object]
    assumptions: list[str]
    """What had to be assumed, a sentence each."""
    caveats: list[str]
    """What to know before reading the figures, a sentence each."""
    performance: pd.DataFrame
    """One row: carry, return, volatility, Sharpe, drawdown, worst month, margin to equity, days called."""
    daily: pd.DataFrame
    """One row per day: equity, return, balance sheet, what was called, how much of the basis held was observed."""
    monthly: pd.DataFrame
    """Returns, years by months."""
    attribution: pd.DataFrame
    """One row per day and strategy: the change in equity, line by line."""
    positions: pd.DataFrame
    """One row per pair held and day."""
    events: pd.DataFrame
    """One row per event but prices and decisions, with the event that caused it."""

    def save(self, folder: str | Path) -> Path:
        """Write every table as Parquet into a folder; all of them, or none.

        Raises
        ------
        InputError
            If the folder cannot be written.
        """
        return save_tables(folder, {name: getattr(self, name) for name in MULTI_YEAR_TABLES})

    def report(self, path: str | Path) -> Path:
        """Write the self-contained HTML report.

        Raises
        ------
        InputError
            If the file cannot be written; nothing is left behind.
        """
        return write_report(self, path)
