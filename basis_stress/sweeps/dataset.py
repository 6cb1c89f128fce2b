"""The dataset of a finished sweep: its manifest, and its cells and outcomes as DataFrames."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.dataset
import pyarrow.parquet as pq

from basis_data.tables.validation import did_you_mean
from basis_engine.base.errors import InputError
from basis_stress.reporting.outcomes import OUTCOMES, split_default
from basis_stress.sweeps.measures import Measure, known_measures


@dataclass(frozen=True)
class SweepDataset:
    """A folder of Parquet chunks, and the manifest with the inputs of the sweep."""

    folder: Path
    manifest: dict[str, Any] = field(repr=False)

    @property
    def axes(self) -> list[str]:
        """Fields that vary."""
        return [axis["name"] for axis in self.manifest["design"]["axes"]]

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
        """Scenarios that every cell ran through."""
        return [scenario["name"] for scenario in self.manifest["scenarios"]]

    @property
    def size(self) -> int:
        """Number of cells, each counted once per scenario."""
        return sum(chunk["cells"] for chunk in self.manifest["chunks"])

    def table(self, columns: list[str] | None = None, scenario: str | None = None) -> pd.DataFrame:
        """Cells and outcomes, a row each in the order of the design; some columns or one scenario only, to save memory.

        A column may also be a measure, such as ``return``.

        Raises
        ------
        InputError
            If there is no such column, or the scenario was not run.
        """
        files = [self.folder / chunk["file"] for chunk in self.manifest["chunks"]]
        measures = self._measures(columns or [], pq.read_schema(files[0]).names)
        read = [name for name in columns or [] if name not in measures]
        needed = [name for measure in measures.values() for name in measure.columns]
        wanted = None if columns is None else list(dict.fromkeys(["scenario", *read, *needed]))
        which = None if scenario is None else [("scenario", "=", self.check_scenario(scenario))]
        pieces = [self._piece(file, wanted, which) for file in files]
        table = pd.concat(pieces, ignore_index=True)
        table = table.assign(**{name: measure.values(table) for name, measure in measures.items()})
        return table if columns is None else table[columns]

    def _measures(self, columns: list[str], held: list[str]) -> dict[str, Measure]:
        """The columns that are measures, because no file holds them."""
        measures = known_measures(self.market)
        for name in columns:
            if name not in held and name not in measures:
                raise InputError(
                    f"column {name!r}: unknown{did_you_mean(name, [*held, *measures])}; allowed are "
                    f"{', '.join([*held, *measures])}"
                )
        return {name: measures[name] for name in columns if name not in held}

    def _piece(self, file: Path, wanted: list[str] | None, which: Any) -> pd.DataFrame:
        """Cells of one file; in files of the last release the outcome ``defaulted`` is split by what was missed."""
        piece = pq.read_table(file, columns=wanted, filters=which).to_pandas()
        if "outcome" in piece and "defaulted" in piece["outcome"].cat.categories:
            failures = pq.read_table(file, columns=["failure", "scenario"], filters=which)["failure"].to_pandas()
            piece["outcome"] = list(map(split_default, piece["outcome"], failures))
        return self._categories(piece)

    def _categories(self, piece: pd.DataFrame) -> pd.DataFrame:
        """Give columns of names the same categories in every chunk."""
        for name, categories in (("scenario", self.scenarios), ("outcome", OUTCOMES)):
            if name in piece:
                if not piece[name].isin(categories).all():
                    raise InputError(f"{str(self.folder)!r}: is damaged, a {name} is not of its manifest; run it again")
                piece[name] = piece[name].astype(pd.CategoricalDtype(list(categories)))
        return piece

    def check_scenario(self, name: str) -> str:
        """Refuse a scenario that the sweep did not run."""
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

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The cells as an Arrow stream, chunk by chunk: ``pyarrow.table(sweep)``, polars and duckdb read it."""
        files = [str(self.folder / chunk["file"]) for chunk in self.manifest["chunks"]]
        return pyarrow.dataset.dataset(files).scanner().to_reader().__arrow_c_stream__(requested_schema)

    def outcome_counts(self) -> pd.DataFrame:
        """Number of cells with each outcome: scenarios by outcomes."""
        table = self.table(["scenario", "outcome"])
        return pd.crosstab(table["scenario"], table["outcome"], dropna=False)
