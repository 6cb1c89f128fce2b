"""The result of a backtest of one book: its tables, and the report drawn from them."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from basis_data.scenarios.scenario import Scenario
from basis_stress.reporting.files import save_tables
from basis_stress.reporting.registry import Shown, write_report

TABLES = ("summary", "timeline", "positions", "market", "yields", "cash", "calls", "attribution", "events")


@dataclass(frozen=True, repr=False)
class Result(Shown):
    """The tables of each fund. Money in USD, outflows negative; times in New York; day 0 is the day of entry."""

    scenario: Scenario
    settings: dict[str, object]
    """Inputs of the run, by name."""
    assumptions: list[str]
    """Assumptions, a sentence each."""
    summary: pd.DataFrame
    """One row per fund."""
    timeline: pd.DataFrame
    """One row per fund and day, after the risk limits of 15:30: the balance sheet."""
    positions: pd.DataFrame
    """One row per position and day: sizes, prices, basis, implied repo, financing."""
    market: pd.DataFrame
    """One row per contract and day: future, cheapest-to-deliver, initial margin."""
    yields: pd.DataFrame
    """One row per day: par yields and SOFR, percent."""
    cash: pd.DataFrame
    """One row per fund and day: the cash waterfall from opening to closing balance."""
    calls: pd.DataFrame
    """One row per position and day: variation margin, initial margin, repo re-margin, haircut."""
    attribution: pd.DataFrame
    """One row per fund and day: the change in equity, line by line."""
    events: pd.DataFrame
    """One row per event, with the event that caused it."""

    def save(self, folder: str | Path) -> Path:
        """Write every table as Parquet into a folder: all of them, or none.

        Raises
        ------
        InputError
            If the folder cannot be written.
        """
        return save_tables(folder, {name: getattr(self, name) for name in TABLES})

    def report(self, path: str | Path) -> Path:
        """Write the self-contained HTML report.

        Raises
        ------
        InputError
            If the file cannot be written; no part of it is left.
        """
        return write_report(self, path)
