"""A finished sweep, read back: its cells and outcomes as DataFrames, and what they say."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow.parquet as pq

from basis_stress.sweeps.measures import FATES
from basis_stress.sweeps.store import manifest
from data.validation import did_you_mean
from engine.errors import InputError

if TYPE_CHECKING:
    from basis_stress.sweeps.maps import OutcomeMap


@dataclass(frozen=True)
class Sweep:
    """One finished sweep: a folder of Parquet parts, and the manifest that says what made them."""

    folder: Path
    manifest: dict[str, Any] = field(repr=False)

    @property
    def axes(self) -> list[str]:
        """Fields that vary."""
        return [one["name"] for one in self.manifest["design"]["axes"]]

    @property
    def kind(self) -> str:
        """Kind of design: grid, sobol, lhs, saltelli or table."""
        return str(self.manifest["design"]["kind"])

    @property
    def market(self) -> bool:
        """Whether every cell is a whole market of funds."""
        return bool(self.manifest["kind"] == "market")

    @property
    def scenarios(self) -> list[str]:
        """Paths that every cell went through."""
        return [one["name"] for one in self.manifest["scenarios"]]

    @property
    def size(self) -> int:
        """Cells, each once for every path."""
        return sum(part["cells"] for part in self.manifest["parts"])

    def table(self, columns: list[str] | None = None, scenario: str | None = None) -> pd.DataFrame:
        """Cells and outcomes, a row each in the order of the design; only some columns or one path, to save memory."""
        wanted = None if columns is None else list(dict.fromkeys(["scenario", *columns]))
        files = [self.folder / part["file"] for part in self.manifest["parts"]]
        which = None if scenario is None else [("scenario", "=", self.check_scenario(scenario))]
        pieces = [self._words(pq.read_table(file, columns=wanted, filters=which).to_pandas()) for file in files]
        table = pd.concat(pieces, ignore_index=True)
        return table if columns is None else table[columns]

    def _words(self, piece: pd.DataFrame) -> pd.DataFrame:
        """Columns of words with the same categories in every part."""
        for name, words in (("scenario", self.scenarios), ("fate", FATES)):
            if name in piece:
                piece[name] = piece[name].astype(pd.CategoricalDtype(list(words)))
        return piece

    def check_scenario(self, name: str) -> str:
        """Refuse a path that the sweep did not run."""
        if name not in self.scenarios:
            known = ", ".join(self.scenarios)
            raise InputError(
                f"scenario {name!r}: not in this sweep{did_you_mean(name, self.scenarios)}; it ran {known}"
            )
        return name

    def check_axis(self, name: str) -> str:
        """Refuse an axis that does not vary."""
        if name not in self.axes:
            known = ", ".join(self.axes)
            raise InputError(f"axis {name!r}: did not vary{did_you_mean(name, self.axes)}; those that did are {known}")
        return name

    def fates(self) -> pd.DataFrame:
        """How many cells met each fate: scenarios by fates."""
        table = self.table(["scenario", "fate"])
        return pd.crosstab(table["scenario"], table["fate"], dropna=False)

    def outcome_map(
        self,
        x: str | None = None,
        y: str | None = None,
        *,
        at: Mapping[str, float] | None = None,
        scenario: str | None = None,
    ) -> OutcomeMap:
        """Fates over two axes; where other axes vary and are not held ``at`` a level, the worst over them."""
        from basis_stress.sweeps.maps import outcome_map

        return outcome_map(self, x, y, at or {}, scenario)

    def break_even(self, axis: str = "leverage", until: str = "unwound") -> pd.DataFrame:
        """Highest level of an axis up to which no cell comes to ``until`` or worse, by the other axes."""
        from basis_stress.sweeps.maps import break_even

        return break_even(self, axis, until)

    def marginals(self, measure: str = "return") -> pd.DataFrame:
        """What a measure does along each axis, over all other axes."""
        from basis_stress.sweeps.effects import marginals

        return marginals(self, measure)

    def effects(self, measure: str = "return") -> pd.DataFrame:
        """Share of a measure's variance that each axis explains alone, and each pair beyond; impossible cells are 0."""
        from basis_stress.sweeps.effects import effects

        return effects(self, measure)

    def indices(
        self, measure: str = "return", confidence: float = 0.95, *, scenario: str | None = None
    ) -> pd.DataFrame:
        """Sobol indices with bootstrap intervals, of a sweep with ``design="saltelli:N"``; impossible cells are 0."""
        from basis_stress.sweeps.indices import indices

        return indices(self, measure, confidence, scenario)

    def compare(self, other: Sweep) -> pd.DataFrame:
        """Cells that both sweeps ran, side by side."""
        from basis_stress.sweeps.comparing import compare

        return compare(self, other)

    def report(
        self,
        path: str | Path,
        *,
        x: str | None = None,
        y: str | None = None,
        at: Mapping[str, float] | None = None,
        against: Sweep | None = None,
    ) -> Path:
        """Write one self-contained page; beside another sweep where one is given."""
        from basis_stress.pages.sweep import write

        return write(self, path, x, y, at or {}, against)


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
