"""A finished sweep: its dataset, and the maps, effects, comparison and page computed from it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from basis_data.tables.labelled import labelled
from basis_engine.base.errors import InputError
from basis_stress.reporting.registry import Shown, write_report
from basis_stress.sweeps.dataset import SweepDataset
from basis_stress.sweeps.store import check_chunks, manifest

if TYPE_CHECKING:
    import xarray

    from basis_stress.sweeps.maps import OutcomeMap


class Sweep(Shown, SweepDataset):
    """One finished sweep: a folder of Parquet chunks, and the manifest with the inputs of the sweep."""

    def fates(self) -> pd.DataFrame:
        """The old name of `outcome_counts`, for one release."""
        warnings.warn("Sweep.fates is now Sweep.outcome_counts", DeprecationWarning, stacklevel=2)
        return self.outcome_counts()

    def outcome_map(
        self,
        x: str | None = None,
        y: str | None = None,
        *,
        at: Mapping[str, float] | None = None,
        scenario: str | None = None,
    ) -> OutcomeMap:
        """Outcomes over two axes: the worst over the other axes, except those held ``at`` a level."""
        from basis_stress.sweeps.maps import outcome_map

        return outcome_map(self, x, y, at or {}, scenario)

    def break_even(self, axis: str = "leverage", until: str = "forced_sale") -> pd.DataFrame:
        """Highest level of an axis up to which every outcome is better than ``until``, by the other axes."""
        from basis_stress.sweeps.maps import break_even

        return break_even(self, axis, until)

    def marginals(self, measure: str = "return") -> pd.DataFrame:
        """Mean and quantiles of a measure along each axis, over all other axes."""
        from basis_stress.sweeps.effects import marginals

        return marginals(self, measure)

    def effects(self, measure: str = "return") -> pd.DataFrame:
        """Share of a measure's variance from each axis alone and from each pair; cells not entered count as 0."""
        from basis_stress.sweeps.effects import effects

        return effects(self, measure)

    def indices(
        self, measure: str = "return", confidence: float = 0.95, *, scenario: str | None = None
    ) -> pd.DataFrame:
        """Sobol indices with bootstrap intervals, for ``design="saltelli:N"``; cells not entered count as 0."""
        from basis_stress.sweeps.effects import indices

        return indices(self, measure, confidence, scenario)

    def to_xarray(self, *measures: str) -> xarray.Dataset:
        """A grid as an xarray Dataset: a dimension per axis (and per scenario), a variable per column or measure.

        Raises
        ------
        InputError
            If the sweep is no grid, there is no such column, or xarray is not installed.
        """
        if self.kind != "grid":
            raise InputError(f"to_xarray: {self.folder} is a {self.kind} design, allowed is a grid; use table()")
        dims = ["scenario", *self.axes]
        chosen = measures or (("outcome", "return") if not self.market else ())
        columns = None if not chosen else [*dims, *chosen]
        table = self.table(columns).astype({"scenario": str}).set_index(dims)
        sizes = [table.index.get_level_values(name).unique() for name in dims]
        full = table.reindex(pd.MultiIndex.from_product(sizes, names=dims))
        shape = [len(size) for size in sizes]
        values = {
            str(name): (tuple(dims), full[name].to_numpy(dtype=_plain(full[name])).reshape(shape), "") for name in full
        }
        return labelled(values, dict(zip(dims, map(list, sizes), strict=True)), str(self.folder))

    def compare(self, other: Sweep) -> pd.DataFrame:
        """Cells that both sweeps ran: axes, outcomes of both (``_other``), and whether the other is ``worse``.

        Scenarios are matched by name where a sweep ran several; two sweeps of one scenario each are matched whatever
        its name.

        Raises
        ------
        InputError
            If the axes differ, one sweep is of books and one of markets, or no cell is in both.
        """
        if self.market != other.market or set(self.axes) != set(other.axes):
            raise InputError(
                f"comparison: {self.folder} varies {', '.join(self.axes)} and {other.folder} {', '.join(other.axes)}; "
                "give two sweeps over the same axes"
            )
        by_path = len(self.scenarios) > 1 or len(other.scenarios) > 1
        keys = [*(["scenario"] if by_path else []), *self.axes]
        left, right = self.table(), other.table()
        if by_path:
            left["scenario"], right["scenario"] = left["scenario"].astype(str), right["scenario"].astype(str)
        both = left.merge(right, on=keys, suffixes=("", "_other"))
        if both.empty:
            raise InputError(f"comparison: no cell is in both {self.folder} and {other.folder}; sweep the same levels")
        if not self.market:
            both["worse"] = both["outcome_other"].cat.codes > both["outcome"].cat.codes
        return both

    def report(
        self,
        path: str | Path,
        *,
        x: str | None = None,
        y: str | None = None,
        at: Mapping[str, float] | None = None,
        against: Sweep | None = None,
    ) -> Path:
        """Write one self-contained page, with a comparison if another sweep is given."""
        return write_report(self, path, x=x, y=y, at=at or {}, against=against)


def _plain(column: pd.Series[Any]) -> type:
    """Numbers stay numbers; names and dates become objects."""
    return float if pd.api.types.is_numeric_dtype(column) else object


def read_sweep(folder: str | os.PathLike[str]) -> Sweep:
    """Read the folder that a sweep wrote.

    Raises
    ------
    InputError
        If it holds no sweep or an interrupted sweep, or a chunk is not as it was written.
    """
    found = manifest(folder)
    if not found.get("complete"):
        raise InputError(f"{str(folder)!r}: its sweep was interrupted; run the same command again to finish it")
    check_chunks(Path(folder), found)
    return Sweep(Path(folder), found)
