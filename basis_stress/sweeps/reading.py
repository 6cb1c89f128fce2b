"""A finished sweep, read back: its cells and outcomes as DataFrames, and what they say."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow.parquet as pq

from basis_data.tables.validation import did_you_mean
from basis_engine.base.errors import InputError
from basis_stress.reporting.outcomes import OUTCOMES
from basis_stress.reporting.registry import write_report
from basis_stress.sweeps.measures import Measure, known_measures
from basis_stress.sweeps.store import manifest

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
        """Cells and outcomes, a row each in the order of the design; only some columns or one path, to save memory.

        A column may also be a measure, such as ``return``.

        Raises
        ------
        InputError
            If there is no such column, or the path was not run.
        """
        files = [self.folder / part["file"] for part in self.manifest["parts"]]
        measures = self._measures(columns or [], pq.read_schema(files[0]).names)
        read = [one for one in columns or [] if one not in measures]
        needed = [name for one in measures.values() for name in one.columns]
        wanted = None if columns is None else list(dict.fromkeys(["scenario", *read, *needed]))
        which = None if scenario is None else [("scenario", "=", self.check_scenario(scenario))]
        pieces = [self._words(pq.read_table(file, columns=wanted, filters=which).to_pandas()) for file in files]
        table = pd.concat(pieces, ignore_index=True)
        table = table.assign(**{name: one.of(table) for name, one in measures.items()})
        return table if columns is None else table[columns]

    def _measures(self, columns: list[str], held: list[str]) -> dict[str, Measure]:
        """Those of some columns that no file holds, as measures."""
        measures = known_measures(self.market)
        for name in columns:
            if name not in held and name not in measures:
                raise InputError(
                    f"column {name!r}: unknown{did_you_mean(name, [*held, *measures])}; allowed are "
                    f"{', '.join([*held, *measures])}"
                )
        return {name: measures[name] for name in columns if name not in held}

    def _words(self, piece: pd.DataFrame) -> pd.DataFrame:
        """Columns of words with the same categories in every part."""
        for name, words in (("scenario", self.scenarios), ("outcome", OUTCOMES)):
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
        """How many cells met each outcome: scenarios by fates."""
        table = self.table(["scenario", "outcome"])
        return pd.crosstab(table["scenario"], table["outcome"], dropna=False)

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

    def break_even(self, axis: str = "leverage", until: str = "forced_sale") -> pd.DataFrame:
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
        return write_report(self, path, x=x, y=y, at=at or {}, against=against)


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
