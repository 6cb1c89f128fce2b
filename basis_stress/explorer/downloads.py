"""Files that the page offers: every table as Parquet, CSV or Excel, and the report."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pandas as pd

from basis_engine.base.errors import InputError
from basis_stress.explorer.state import State
from basis_stress.reporting.registry import render_report
from basis_stress.reporting.spreadsheets import spreadsheets
from basis_stress.single_book.result import TABLES

_EPOCH = (1980, 1, 1, 0, 0, 0)
KINDS = {
    "tables.parquet.zip": "Tables as Parquet",
    "tables.csv.zip": "Tables as CSV",
    "tables.xlsx": "Tables as Excel",
    "report.html": "The report",
}
"""Files and their titles."""
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def download(state: State, kind: str) -> tuple[bytes, str]:
    """The bytes of a file, and its type.

    Raises
    ------
    InputError
        If there is no such file, or the book cannot be run.
    """
    if kind not in KINDS:
        raise InputError(f"download {kind[:40]!r}: allowed are {', '.join(KINDS)}")
    result = state.run()
    if kind == "report.html":
        return render_report(result).encode(), "text/html; charset=utf-8"
    tables = {name: getattr(result, name) for name in TABLES}
    if kind == "tables.xlsx":
        (sheets,) = spreadsheets(tables, csv=False, xlsx=True).values()
        return sheets, _EXCEL
    files = spreadsheets(tables, csv=True, xlsx=False) if kind == "tables.csv.zip" else _parquet(tables)
    return _zipped(files), "application/zip"


def _parquet(tables: dict[str, pd.DataFrame]) -> dict[str, bytes]:
    """Each table as a Parquet file."""
    return {f"{name}.parquet": table.to_parquet() for name, table in tables.items()}


def _zipped(files: dict[str, bytes]) -> bytes:
    """Files as one archive; equal files give equal bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(Path(name).name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
