"""A finished sweep, read back: its cells and outcomes as DataFrames, and what they say."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from basis_stress.sweeps.store import manifest
from engine.errors import InputError


@dataclass(frozen=True)
class Sweep:
    """One finished sweep: a folder of Parquet parts, and the manifest that says what made them."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def axes(self) -> list[str]:
        """Fields that vary."""
        return [one["name"] for one in self.manifest["design"]["axes"]]

    @property
    def scenarios(self) -> list[str]:
        """Paths that every cell went through."""
        return [one["name"] for one in self.manifest["scenarios"]]

    @property
    def size(self) -> int:
        """Cells, each once for every path."""
        return sum(part["cells"] for part in self.manifest["parts"])

    def table(self, columns: list[str] | None = None) -> pd.DataFrame:
        """Cells and outcomes, a row each in the order of the design; only some columns, to save memory."""
        files = [self.folder / part["file"] for part in self.manifest["parts"]]
        return pd.concat([pq.read_table(file, columns=columns).to_pandas() for file in files], ignore_index=True)


def read_sweep(folder: str | os.PathLike[str]) -> Sweep:
    """Read the folder that a sweep wrote.

    Raises
    ------
    InputError
        If it holds no sweep, or one that was stopped.
    """
    found = manifest(folder)
    if not found.get("complete"):
        raise InputError(f"{str(folder)!r}: its sweep was stopped; run it again to finish it")
    return Sweep(Path(folder), found)
