"""Files that the page offers: every table as Parquet or CSV in one archive, and the report."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

from basis_engine.base.errors import InputError
from basis_stress.explorer.state import State
from basis_stress.single_book.result import TABLES

_EPOCH = (1980, 1, 1, 0, 0, 0)
KINDS = ("tables.parquet.zip", "tables.csv.zip", "report.html")


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
        with tempfile.TemporaryDirectory() as folder:
            return result.report(Path(folder) / kind).read_bytes(), "text/html; charset=utf-8"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in TABLES:
            table = getattr(result, name)
            if kind == "tables.csv.zip":
                archive.writestr(zipfile.ZipInfo(f"{name}.csv", _EPOCH), table.to_csv())
            else:
                bytes_of = io.BytesIO()
                table.to_parquet(bytes_of)
                archive.writestr(zipfile.ZipInfo(f"{name}.parquet", _EPOCH), bytes_of.getvalue())
    return packed.getvalue(), "application/zip"
