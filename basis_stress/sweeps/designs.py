"""Designs: the cells of a sweep, computed range by range, so that ten million need no more memory than ten thousand."""

import hashlib
import math
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from basis_data.tables.files import read_bytes
from basis_engine.base.errors import InputError
from basis_stress.sweeps.axes import Axis

Floats = NDArray[np.float64]
Cells = dict[str, Floats]
_MOST_BYTES = 2**30
_MOST_VALUES = 200_000_000
"""Numbers in a table of cells: Parquet of some kilobytes can hold billions."""
METHODS = ("sobol", "lhs", "saltelli")


class Design(Protocol):
    """What every design offers."""

    @property
    def names(self) -> tuple[str, ...]:
        """Fields that vary, as columns."""

    @property
    def size(self) -> int:
        """How many cells."""

    def cells(self, start: int, stop: int) -> Cells:
        """Cells from ``start`` up to ``stop``: an array per field."""

    def describe(self) -> dict[str, object]:
        """The design as it stands in a manifest."""


@dataclass(frozen=True)
class Grid:
    """Every combination of the levels; the last axis varies fastest."""

    axes: tuple[Axis, ...]

    def __post_init__(self) -> None:
        """Refuse a range without a step."""
        for axis in self.axes:
            if not axis.levels:
                raise InputError(
                    f"sweep, {axis.name}: {axis.low:g}:{axis.high:g} has no step, which a grid needs; give lo:hi:step, "
                    "or a sample with --design sobol:4096"
                )

    @property
    def names(self) -> tuple[str, ...]:
        """Fields that vary."""
        return tuple(axis.name for axis in self.axes)

    @property
    def size(self) -> int:
        """Product of the numbers of levels."""
        return math.prod(len(axis.levels) for axis in self.axes)

    def cells(self, start: int, stop: int) -> Cells:
        """Cells from ``start`` up to ``stop``."""
        places = np.unravel_index(np.arange(start, stop), [len(axis.levels) for axis in self.axes])
        return {axis.name: axis.values[at] for axis, at in zip(self.axes, places, strict=True)}

    def describe(self) -> dict[str, object]:
        """The design as it stands in a manifest."""
        return {"kind": "grid", "axes": [axis.describe() for axis in self.axes]}


@dataclass(frozen=True)
class Sample:
    """A seeded sample of the box of all axes.

    ``sobol`` and ``lhs`` (Latin hypercube) hold n cells. ``saltelli`` holds n (d + 2) for Sobol indices of d axes:
    samples A and B, then A with its first column from B, and so on (Saltelli et al., 2010, Computer Physics
    Communications 181).
    """

    axes: tuple[Axis, ...]
    method: str
    n: int
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse sizes that the method does not have."""
        fits = 2 <= self.n <= 2**30 and (self.method == "lhs" or self.n & (self.n - 1) == 0)
        if not fits:
            allowed = (
                "2 to 2^30" if self.method == "lhs" else f"powers of two, such as {2 ** max(self.n, 2).bit_length()}"
            )
            raise InputError(f"sweep, design: {self.method}:{self.n} given, allowed are {allowed}")

    @property
    def names(self) -> tuple[str, ...]:
        """Fields that vary."""
        return tuple(axis.name for axis in self.axes)

    @property
    def size(self) -> int:
        """How many cells."""
        return self.n * (len(self.axes) + 2 if self.method == "saltelli" else 1)

    def cells(self, start: int, stop: int) -> Cells:
        """Cells from ``start`` up to ``stop``."""
        if self.method == "saltelli":
            blocks = range(start // self.n, (stop - 1) // self.n + 1)
            shares = np.vstack(
                [self._block(k, max(start - k * self.n, 0), min(stop - k * self.n, self.n)) for k in blocks]
            )
        else:
            shares = _shares(self.method, len(self.axes), self.n, self.seed, start, stop)
        return {axis.name: axis.at(shares[:, k]) for k, axis in enumerate(self.axes)}

    def _block(self, block: int, start: int, stop: int) -> Floats:
        """Rows of A, of B, or of A with one column from B."""
        d = len(self.axes)
        both = _shares("sobol", 2 * d, self.n, self.seed, start, stop)
        if block == 1:
            return both[:, d:]
        mixed = both[:, :d].copy()
        if block > 1:
            mixed[:, block - 2] = both[:, d + block - 2]
        return mixed

    def describe(self) -> dict[str, object]:
        """The design as it stands in a manifest."""
        axes = [axis.describe() for axis in self.axes]
        return {"kind": self.method, "n": self.n, "seed": self.seed, "axes": axes}


def _shares(method: str, d: int, n: int, seed: int, start: int, stop: int) -> Floats:
    """Rows ``start`` to ``stop`` of a sample of the unit cube [n, d]."""
    if method == "lhs":
        return _hypercube(d, n, seed)[start:stop]
    from scipy.stats import qmc  # takes 0.6 s to import, which a grid does not need

    points = qmc.Sobol(d, scramble=True, rng=seed)
    if start:
        points.fast_forward(start)
        return np.asarray(points.random(stop - start))
    # The first draw of a sequence warns unless it is a power of two; later draws continue the same sequence.
    first = 1 << (stop - 1).bit_length()
    return np.asarray(points.random(first)[:stop])


@lru_cache(maxsize=1)
def _hypercube(d: int, n: int, seed: int) -> Floats:
    """A Latin hypercube, which is made whole: its columns are permutations."""
    from scipy.stats import qmc  # takes 0.6 s to import, which a grid does not need

    return np.asarray(qmc.LatinHypercube(d, rng=seed).random(n))


@dataclass(frozen=True)
class CellTable:
    """Cells as given, a column per field."""

    columns: dict[str, Floats]

    @property
    def names(self) -> tuple[str, ...]:
        """Fields that vary."""
        return tuple(self.columns)

    @property
    def size(self) -> int:
        """How many cells."""
        return len(next(iter(self.columns.values())))

    def cells(self, start: int, stop: int) -> Cells:
        """Cells from ``start`` up to ``stop``."""
        return {name: values[start:stop] for name, values in self.columns.items()}

    def describe(self) -> dict[str, object]:
        """The design as it stands in a manifest: the cells by their digest."""
        digest = hashlib.sha256()
        for name, values in self.columns.items():
            digest.update(name.encode() + b"\0" + np.ascontiguousarray(values).tobytes())
        return {
            "kind": "table",
            "cells": self.size,
            "axes": [{"name": name} for name in self.columns],
            "sha256": digest.hexdigest(),
        }


def design(method: str, axes: tuple[Axis, ...], seed: int = 0) -> Grid | Sample:
    """Make a design from its name: ``grid``, ``sobol:4096``, ``lhs:1000`` or ``saltelli:4096``.

    Raises
    ------
    InputError
        If there is no such design, or it does not fit the axes.
    """
    kind, _, count = method.partition(":")
    if kind == "grid" and not count:
        return Grid(axes)
    if kind not in METHODS or not count.isdecimal():
        raise InputError(f"sweep, design: {method!r} given, allowed are grid, sobol:4096, lhs:1000 and saltelli:4096")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InputError(f"sweep, seed: {seed!r} given, allowed is a whole number of 0 or more")
    return Sample(axes, kind, int(count), seed)


def cell_table(given: str | Path | pd.DataFrame) -> CellTable:
    """Read a table of cells from CSV, Parquet or a DataFrame: a column per field, a row per cell.

    Raises
    ------
    InputError
        If the file cannot be read, holds no row, or a value that is no finite number.
    """
    where = "cells" if isinstance(given, pd.DataFrame) else str(given)
    table = given if isinstance(given, pd.DataFrame) else _read(Path(given))
    if table.empty:
        raise InputError(f"{where}: holds no cells; give a row per cell and a column per field")
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()][0]
        raise InputError(f"{where}: column {twice!r} occurs twice; give each field once")
    return CellTable({str(name): _column(where, str(name), table[name]) for name in table.columns})


def _read(path: Path) -> pd.DataFrame:
    """A CSV, or Parquet by its name."""
    content = read_bytes(path, "a CSV or Parquet file with a row per cell", _MOST_BYTES)
    try:
        if path.suffix != ".parquet":
            return pd.read_csv(BytesIO(content))
        file = pq.ParquetFile(BytesIO(content))
        if file.metadata.num_rows * file.metadata.num_columns > _MOST_VALUES:
            raise InputError(f"{path}: has more than the {_MOST_VALUES:,} values allowed; give several tables of cells")
        table: pd.DataFrame = file.read().to_pandas()
        return table
    except InputError:
        raise
    except (OSError, ValueError, pa.ArrowException) as problem:
        reason = (str(problem).splitlines() or ["no reason given"])[0]
        raise InputError(f"{path}: cannot be read as a table of cells ({reason}); give CSV or Parquet") from None


def _column(where: str, name: str, column: "pd.Series[float]") -> Floats:
    """One field's values, all finite numbers."""
    try:
        numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    except OverflowError:
        raise InputError(f"{where}, column {name}: a number above 1e308 given, allowed are finite numbers") from None
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        row = int(wrong[0])
        raise InputError(
            f"{where}, row {row + 1}, column {name}: {column.iloc[row]!r} given, allowed is a finite number"
        )
    return np.ascontiguousarray(numbers)
