"""Tables as CSV and Excel, for people who read neither Parquet nor Python."""

import io
import re
import zipfile
from collections.abc import Mapping
from typing import Any

import pandas as pd

from basis_engine.base.errors import InputError

FOLDER = "spreadsheets"
"""Folder within a result, apart from a user's own files; each save replaces it."""
MOST_ROWS = 1_048_575
"""Rows of an Excel sheet below its head."""
_FORMULA = re.compile(r"^(?=[\t\n])|(^|[;\t\n])(?=[=+\-@＝＋－＠])")
"""Where a formula would begin: at the start, or behind what a spreadsheet may take for the end of a cell or line."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f]")
"""Characters that Excel refuses, and the carriage return, at which it begins a line of a CSV file."""
_DATES = re.compile(rb"<dcterms:(created|modified)[^>]*>[^<]*</dcterms:\1>")


def spreadsheets(tables: Mapping[str, pd.DataFrame], csv: bool, xlsx: bool) -> dict[str, bytes]:
    """Files by name for `save_tables`: a CSV file per table, and one Excel file with a sheet per table.

    Text that a spreadsheet would run as a formula begins with an apostrophe. Equal tables give equal bytes.

    Raises
    ------
    InputError
        If Excel is wanted and openpyxl is not installed, or a table is too long for a sheet.
    """
    if not csv and not xlsx:
        return {}
    plain = {name.replace("/", "-"): _plain(table) for name, table in tables.items()}
    files = {}
    if csv:
        files = {f"{FOLDER}/{name}.csv": _csv(table) for name, table in plain.items()}
    return files | ({f"{FOLDER}/tables.xlsx": _xlsx(plain)} if xlsx else {})


def _csv(table: pd.DataFrame) -> bytes:
    """A table as CSV; the mark in front makes Excel read UTF-8."""
    return table.to_csv(index=False, lineterminator="\n").encode("utf-8-sig")


def _xlsx(tables: Mapping[str, pd.DataFrame]) -> bytes:
    """Tables as sheets of one Excel file, without the time at which it was written."""
    long = next((name for name, table in tables.items() if len(table) > MOST_ROWS), None)
    if long is not None:
        raise InputError(f"xlsx: table {long} has more than {MOST_ROWS:,} rows, the most of a sheet; write csv instead")
    written, kept = io.BytesIO(), io.BytesIO()
    try:
        with pd.ExcelWriter(written, engine="openpyxl") as writer:
            for name, table in tables.items():
                table.to_excel(writer, sheet_name=name[:31], index=False, freeze_panes=(1, 0))
    except ModuleNotFoundError:
        raise InputError("xlsx: needs openpyxl; install it with pip install 'basis-stress[excel]'") from None
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = _DATES.sub(b"", source.read(name)) if name == "docProps/core.xml" else source.read(name)
            target.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return kept.getvalue()


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its named index as columns, New York times without a zone, and no text that is a formula."""
    flat = table.reset_index() if table.index.names != [None] else table
    columns = {}
    for number, (_, column) in enumerate(flat.items()):
        kind = column.dtype
        if isinstance(kind, pd.DatetimeTZDtype):
            columns[number] = column.dt.tz_localize(None)
        elif pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_datetime64_dtype(kind):
            columns[number] = column
        else:
            columns[number] = column.astype(object).map(_safe)
    plain = pd.DataFrame(columns, index=flat.index)
    plain.columns = pd.Index([_safe(str(name)) for name in flat.columns])
    return plain


def _safe(cell: Any) -> Any:
    """A cell; text that would be run as a formula gets an apostrophe in front."""
    return (
        _FORMULA.sub(lambda found: f"{found.group(1) or ''}'", _CONTROL.sub("", cell))
        if isinstance(cell, str)
        else cell
    )
