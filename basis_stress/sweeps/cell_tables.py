"""A user's own table of cells: CSV, Parquet or a DataFrame, checked column by column."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from basis_engine.base.errors import InputError
from basis_stress.sweeps.designs import Floats, Table


def cell_table(given: str | Path | pd.DataFrame) -> Table:
    """Read cells, a column per field and a row per cell.

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
        raise InputError(f"{where}: column {twice!r} stands twice; give each field once")
    return Table({str(name): _column(where, str(name), table[name]) for name in table.columns})


def _read(path: Path) -> pd.DataFrame:
    """A CSV, or Parquet by its name."""
    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; give a CSV or Parquet file with a row per cell") from None
    except (OSError, ValueError, pa.ArrowException) as problem:
        reason = str(problem).splitlines()[0]
        raise InputError(f"{path}: cannot be read as a table of cells ({reason}); give CSV or Parquet") from None


def _column(where: str, name: str, column: "pd.Series[float]") -> Floats:
    """One field's values, all finite numbers."""
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        row = int(wrong[0])
        raise InputError(
            f"{where}, row {row + 1}, column {name}: {column.iloc[row]!r} given, allowed is a finite number"
        )
    return np.ascontiguousarray(numbers)
