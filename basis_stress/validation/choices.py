"""Each constant of the market of funds with its value, when it was chosen and on which data; and what was rejected."""

import csv
import tomllib
from pathlib import Path

import pandas as pd

from basis_data.markets.expected_spread import FITTED
from basis_data.markets.parameters import Parameters
from basis_data.scenarios.parts import MarketEra

HERE = Path(__file__).parent


def choices(frozen: Parameters) -> pd.DataFrame:
    """One row per constant: `constant`, `value` (of the parameters and defaults in use), `chosen`, `on`."""
    fit, era = frozen.fits[len(frozen.fits) // 2], MarketEra(era_leverage=1)
    spread = tomllib.loads(FITTED.read_text(encoding="utf-8"))
    values = {
        **{name: getattr(fit, name) for name in ("slope", "placement_rate", "risk_speed")},
        "multiple": fit.capacity_multiple,
        "half_life": spread["half_life_prints"],
        "errors": ", ".join(f"{spread['rmse_bp'][prints]:.2f}" for prints in ("10", "15", "20")),
        "hedge": era.financing_hedge,
        "hedged": era.hedged_share,
        "contracts": ", ".join(era.contracts),
    }
    table = _table("choices.csv")
    for name in ("value", "on"):
        table[name] = [cell.format(**values) for cell in table[name]]
    return table


def tried() -> pd.DataFrame:
    """One row per idea that was tried and rejected: `tried`, `result`, `when` (year and month)."""
    return _table("tried.csv")


def as_markdown(table: pd.DataFrame) -> str:
    """Format a table for the documents and the terminal."""
    lines = ["| " + " | ".join(table.columns) + " |", "|" + "---|" * len(table.columns)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in table.to_numpy())])


def cells(table: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Heads and cells for a page."""
    return list(table.columns), [[str(cell).replace("`", "") for cell in row] for row in table.to_numpy()]


def _table(name: str) -> pd.DataFrame:
    """A table of this folder, all text."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return pd.DataFrame(list(csv.DictReader(file)))
