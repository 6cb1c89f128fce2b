"""The tables of a backtest, which a desk reads and which are written as Parquet."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from basis_data.scenarios.scenario import Scenario
from basis_engine.base.errors import InputError

TABLES = ("summary", "timeline", "positions", "market", "yields", "cash", "calls", "attribution", "events")


@dataclass(frozen=True)
class Frames:
    """What happened to each fund. Money in USD, outflows negative; times in New York; day 0 is the day of entry."""

    scenario: Scenario
    settings: dict[str, object]
    """What was run, by name."""
    assumptions: list[str]
    """What had to be assumed, a sentence each."""
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
        """Write every table as Parquet into a folder; all of them, or none.

        Raises
        ------
        InputError
            If the folder cannot be written.
        """
        return save_tables(folder, {name: getattr(self, name) for name in TABLES})


def save_tables(folder: str | Path, tables: dict[str, pd.DataFrame]) -> Path:
    """Write tables by name as Parquet into a folder; all of them, or none.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    target = Path(folder)
    created = [one for one in (target, *target.parents) if not one.exists()]
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target, prefix=".saving-") as staging:
            for name, table in tables.items():
                table.to_parquet(Path(staging) / f"{name}.parquet")
            for name in tables:
                shutil.move(Path(staging) / f"{name}.parquet", target / f"{name}.parquet")
    except OSError as problem:
        for one in created:
            shutil.rmtree(one, ignore_errors=True)
        raise InputError(
            f"output folder {target}: cannot be written ({problem.strerror}); choose another with --out"
        ) from None
    return target
