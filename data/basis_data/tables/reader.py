"""Read and check CSV tables; errors name file, row and column."""

import difflib
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from basis_data.tables.data_in_use import HISTORY as HISTORY
from basis_data.tables.data_in_use import cached, table_file
from basis_data.tables.files import CONTROL, read_text
from basis_data.tables.layouts import TABLES
from basis_data.tables.parquet import read_parquet
from basis_data.tables.schema import NUMERIC, UNITS, Column, TableLayout, allowed
from basis_data.tables.validation import did_you_mean
from basis_engine.base.errors import InputError


def read(name: str, path: str | Path | None = None) -> pd.DataFrame:
    """Read a table of `basis_data.tables.layouts.TABLES` from the embedded history, or from a user's own file.

    Parameters
    ----------
    name
        Key of `basis_data.tables.layouts.TABLES`.
    path
        The user's own CSV; the embedded file by default.

    Returns
    -------
    DataFrame
        Dates as datetime64, numbers as float64 (NaN where blank), units as in the file (percent stays percent). The
        index is the line of the file, for later error messages.

    Raises
    ------
    InputError
        If the file is wrong; the message names file, row, column and value of the first error.
    """
    if path is None:
        return _embedded(name).copy()
    return _checked(TABLES[name], Path(path))


def read_labelled(
    name: str, given: "str | Path | pd.DataFrame", aliases: Mapping[str, Mapping[str, str]] | None = None
) -> pd.DataFrame:
    """Read a table from a CSV or Parquet file, or a DataFrame, and keep columns outside its layout as text labels.

    Parameters
    ----------
    aliases
        By column: other texts for its values.

    Raises
    ------
    InputError
        As `read`; or if a label's name is close to that of a column, which was probably meant.
    """
    table, where = TABLES[name], Path("the table given") if isinstance(given, pd.DataFrame) else Path(given)
    raw = _text_cells(given, where)
    known = {column.name: column for column in table.columns}
    spelled = {label: label.lower().replace(" ", "_") for label in raw.columns if label not in known}
    raw = raw.rename(columns={old: new for old, new in spelled.items() if new in known and new not in raw})
    for column, names in (aliases or {}).items():
        if column in raw:
            raw[column] = raw[column].replace(dict(names))
    for label in raw.columns.difference(list(known)):
        meant = difflib.get_close_matches(label.lower(), known, n=1, cutoff=0.85)
        if meant:
            raise InputError(
                f"{where}: column {label!r} is close to {meant[0]!r}; rename it to that, or to another label"
            )
    _check_header(table, raw[[label for label in raw.columns if label in known]], where)
    frame = pd.DataFrame(index=raw.index)
    for label in raw.columns:
        frame[label] = _typed(known[label], raw[label], where) if label in known else raw[label]
    _check_key(table, frame, where)
    return frame


def _text_cells(given: "str | Path | pd.DataFrame", where: Path) -> pd.DataFrame:
    """Read every cell of a CSV, a Parquet file or a DataFrame as text."""
    if not isinstance(given, pd.DataFrame):
        if where.suffix.lower() not in (".parquet", ".pq"):
            return _cells(where)
        given = read_parquet(where)
    if given.empty or not given.columns.is_unique:
        raise InputError(f"{where}: give one row or more, and each column once")
    cells = {str(name).strip(): _as_text(given[name]) for name in given.columns}
    for name, texts in cells.items():
        if CONTROL.search(name) or CONTROL.search("".join(texts)):
            raise InputError(f"{where}: column {CONTROL.sub('?', name)!r} holds a control character; delete it")
    return pd.DataFrame(cells, index=pd.RangeIndex(1, len(given) + 1))


def _as_text(values: "pd.Series[Any]") -> "np.ndarray[Any, np.dtype[Any]]":
    """Text of every cell, as a CSV would hold it; a missing value is blank."""
    if values.dtype.kind == "M":
        values = values.dt.strftime("%Y-%m-%d")
    elif values.dtype.kind == "b":
        values = values.map({True: "true", False: "false"})
    text = values.astype(object).map(lambda cell: "" if np.ndim(cell) == 0 and pd.isna(cell) else str(cell).strip())
    return text.to_numpy()


def header(path: str | Path) -> list[str]:
    """Read the column names of a CSV without checks, to tell which of two layouts it has."""
    return [name.strip() for name in _text(Path(path)).partition("\n")[0].split(",")]


@cached
def _embedded(name: str) -> pd.DataFrame:
    """Read an embedded table, once per process: the par yields have 9,000 rows."""
    path = table_file(TABLES[name].file)
    return _shipped(TABLES[name], path) if path.parent == HISTORY else _checked(TABLES[name], path)


def _shipped(table: TableLayout, path: Path) -> pd.DataFrame:
    """Read a table that is shipped with the program and was checked before: a test compares it with `_checked`."""
    kinds = {column.name: column.kind for column in table.columns}
    numeric = {name: np.float64 for name, kind in kinds.items() if kind in NUMERIC}
    frame = pd.read_csv(
        path,
        dtype={name: numeric.get(name, str) for name in kinds},
        na_values={name: [""] for name in numeric},
        keep_default_na=False,
        encoding="utf-8",
    )
    frame = frame[[name for name in kinds if name in frame]]
    for name, kind in kinds.items():
        if name in frame and kind == "date":
            frame[name] = pd.to_datetime(frame[name], format="%Y-%m-%d", errors="coerce").astype("datetime64[s]")
        elif name in frame and kind == "bool":
            frame[name] = frame[name] == "true"
    frame.index = pd.RangeIndex(2, len(frame) + 2, name="row")
    return frame


def _checked(table: TableLayout, path: Path) -> pd.DataFrame:
    """Read a table and check header, cells, key and units, in this order."""
    raw = _cells(path)
    _check_header(table, raw, path)
    frame = pd.DataFrame(index=raw.index)
    for column in table.columns:
        if column.name in raw:
            frame[column.name] = _typed(column, raw[column.name], path)
    _check_key(table, frame, path)
    _check_percent(table, frame, path)
    return frame


def _text(path: Path) -> str:
    """Read a file's text, without a byte-order mark or trailing blank lines."""
    return read_text(path, "the path of a CSV file").rstrip()


def _cells(path: Path) -> pd.DataFrame:
    """Read every cell as text, indexed by its line in the file (the header is line 1)."""
    text = _text(path)
    if "\n" not in text:
        raise InputError(f"{path}: holds no rows; give a header line and at least one row")
    first = text.partition("\n")[0]
    if ";" in first and "," not in first:
        raise InputError(f"{path}: is separated by semicolons; separate cells by commas, and write decimals as 0.01")
    try:
        raw = pd.read_csv(StringIO(text), dtype=str, keep_default_na=False, skip_blank_lines=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as problem:
        raise InputError(f"{path}: is not a comma-separated table ({str(problem).strip()})") from None
    if not isinstance(raw.index, pd.RangeIndex):  # pandas takes surplus cells for row labels
        raise InputError(f"{path}: its rows have more cells than its header; name every column")
    raw.columns = raw.columns.str.strip()
    if not raw.columns.is_unique:
        raise InputError(f"{path}: column {raw.columns[raw.columns.duplicated()][0]!r} occurs twice; give it once")
    raw.index = pd.RangeIndex(2, len(raw) + 2, name="row")
    stripped: pd.DataFrame = raw.fillna("").apply(lambda cells: cells.str.strip())
    return stripped


def _check_header(table: TableLayout, raw: pd.DataFrame, path: Path) -> None:
    """Refuse unknown columns and missing ones."""
    known = [column.name for column in table.columns]
    for name in raw.columns:
        if name not in known:
            raise InputError(
                f"{path}: unknown column {name!r}{did_you_mean(name, known)}; allowed are {', '.join(known)}"
            )
    missing = [column.name for column in table.columns if column.required and column.name not in raw]
    if missing:
        raise InputError(f"{path}: column {missing[0]!r} is missing; a {table.name} file needs it")


def _fail(path: Path, cells: "pd.Series[str]", bad: "pd.Series[bool]", wanted: str) -> None:
    """Raise for the first bad cell, if any."""
    if bad.any():
        row = _first(bad)
        given = repr(cells.iloc[row]) if cells.iloc[row] else "a blank"
        raise InputError(f"{path}, row {cells.index[row]}, column {cells.name}: {given} given, {wanted}")


def _typed(column: Column, cells: "pd.Series[str]", path: Path) -> "pd.Series[Any]":
    """Convert one column of text to its kind, within its range."""
    blank = cells == ""
    if not column.blank:
        _fail(path, cells, blank, "a value is needed; fill it in or drop the row")
    if column.kind in NUMERIC:
        return _numbers(column, cells, blank, path)
    if column.kind == "date":
        dates = pd.to_datetime(cells.where(cells.str.len() == 10), format="%Y-%m-%d", errors="coerce")
        _fail(path, cells, dates.isna() & ~blank, "a date as YYYY-MM-DD is needed")
        return dates.astype("datetime64[s]")
    if column.kind == "month":
        _fail(path, cells, ~cells.str.fullmatch(r"\d{4}-(0[1-9]|1[0-2])") & ~blank, "a month as YYYY-MM is needed")
    if column.kind == "bool":
        _fail(path, cells, ~cells.isin(["true", "false", ""]), "true or false is needed")
        return cells == "true"
    if column.choices:
        _fail(path, cells, ~cells.isin(column.choices) & ~blank, f"allowed are {allowed(column)}")
    return cells


def _numbers(column: Column, cells: "pd.Series[str]", blank: "pd.Series[bool]", path: Path) -> "pd.Series[float]":
    """Convert one numeric column, finite and in range; NaN where blank."""
    values = pd.to_numeric(cells.where(~blank), errors="coerce").astype(np.float64)
    _fail(path, cells, ~(values.abs() < np.inf) & ~blank, "a plain number is needed, such as -20000 or 0.01")
    if column.kind == "count":
        _fail(path, cells, (values % 1 != 0) & ~blank, "a whole number is needed")
    outside = (values < column.low) | (values > column.high)
    _fail(path, cells, outside, f"allowed is {allowed(column)}, {UNITS[column.kind]}")
    return values


def _check_key(table: TableLayout, frame: pd.DataFrame, path: Path) -> None:
    """Refuse duplicate keys, and rows out of order where the order carries meaning."""
    if not table.key:
        return
    keys = frame[list(table.key)]
    twice = keys.duplicated()
    if twice.any():
        raise InputError(f"{_key(keys, _first(twice), path)} stands twice; keep one row")
    descending = ~_ascending(keys)
    if table.ordered and descending.any():
        order = ", ".join(table.key)
        raise InputError(f"{_key(keys, _first(descending), path)} comes after a later row; sort by {order}")


def _ascending(keys: pd.DataFrame) -> "pd.Series[bool]":
    """Whether each row's key is above that of the row before, first column first."""
    tied, above = pd.Series(True, index=keys.index), pd.Series(False, index=keys.index)
    for name in keys:
        before = keys[name].shift()
        above |= tied & (keys[name] > before)
        tied &= keys[name] == before
    above.iloc[0] = True
    return above


def _first(mask: "pd.Series[bool]") -> int:
    """Position of the first True."""
    return int(mask.to_numpy().argmax())


def _key(keys: pd.DataFrame, position: int, path: Path) -> str:
    """Name a row by its line and key: 'repo.csv, row 7: date 2025-04-01'."""
    row = keys.iloc[position]
    cells = [f"{name} {str(cell).removesuffix(' 00:00:00')}" for name, cell in row.items()]
    return f"{path}, row {row.name}: {', '.join(cells)}"


def _check_percent(table: TableLayout, frame: pd.DataFrame, path: Path) -> None:
    """Refuse decimals in percent columns: no curve has all its yields under 0.2 percent."""
    columns = [name for name in table.decimal_check if name in frame]
    if columns:
        largest = frame[columns].abs().max()
        if largest.max() < 0.2:
            _fail_as_decimals(frame[columns[int(largest.to_numpy().argmax())]], path)
    if table.name == "repo" and _repo_in_decimals(frame["sofr_pct"]):
        _fail_as_decimals(frame["sofr_pct"], path)


def _fail_as_decimals(values: "pd.Series[float]", path: Path) -> NoReturn:
    """Raise, naming the largest value of the file."""
    position = int(values.abs().fillna(0.0).to_numpy().argmax())
    raise InputError(
        f"{path}, row {values.index[position]}, column {values.name}: {values.iloc[position]:g} is the "
        "largest value of the file, which looks like decimals; give percent, 4.25 not 0.0425"
    )


def _repo_in_decimals(rates: "pd.Series[float]") -> bool:
    """Distinguish 0.0433 (a decimal) from 0.04 (percent in 2021): published rates are whole basis points."""
    off_the_basis_point = (rates * 100 - (rates * 100).round()).abs() > 1e-6
    return bool(rates.abs().max() < 0.2 and off_the_basis_point.mean() > 0.5)
