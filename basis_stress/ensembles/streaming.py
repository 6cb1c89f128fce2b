"""Stream the outcomes of many paths to Parquet, in row groups of one size whatever the size of the chunks."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import filelock
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from basis_engine.base.errors import InputError
from basis_engine.simulation.names import Outcome
from basis_engine.simulation.world import Floats, Records
from basis_stress.sweeps.jobs import ENUMERATIONS, names_of

GROUP = 4096
"""Paths per row group; it changes the bytes of the file."""


def table(first: int, rows: Records, leverages: Floats) -> pa.Table:
    """Outcomes [paths, leverages] as rows: path, leverage, and every field; days are business days after entry."""
    paths, flat = len(rows), rows.ravel()
    not_entered = flat["outcome"] == Outcome.NOT_ENTERED
    columns: dict[str, Any] = {
        "path": np.repeat(np.arange(first, first + paths), len(leverages)),
        "leverage": np.tile(leverages, paths),
    }
    for name in rows.dtype.names or ():
        values = flat[name]
        if name in ENUMERATIONS:
            columns[name] = names_of(values, ENUMERATIONS[name])
        elif name.endswith("_day"):
            columns[name] = pa.array(values.astype(np.int32), mask=values < 0)
        else:
            columns[name] = (
                np.where(not_entered, np.nan, values) if values.dtype.kind == "f" else np.ascontiguousarray(values)
            )
    return pa.table(columns)


_STAGING, _LOCK = ".saving-paths-", ".lock"


class Stream:
    """A Parquet file, written whole or not at all; at most one row group is kept in memory."""

    def __init__(self, path: Path, leverages: Floats) -> None:
        self.path, self.leverages = path, leverages
        self.waiting: list[Records] = []
        self.first, self.count = 0, 0
        self.writer: pq.ParquetWriter | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _delete_left(path.parent)
            self.folder = tempfile.TemporaryDirectory(dir=path.parent, prefix=_STAGING)
            self.lock = filelock.FileLock(Path(self.folder.name) / _LOCK)
            self.lock.acquire()
        except OSError as problem:
            raise _cannot(path, problem) from None
        self.scratch = Path(self.folder.name) / path.name

    def __enter__(self) -> Stream:
        """Return the stream; the first row group opens the file, as it has the columns."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file and move it to its path, unless there was an error."""
        try:
            if kind is None:
                self._flush(self.count)
            if self.writer is not None:
                self.writer.close()
            if kind is None:
                self.scratch.replace(self.path)
        except OSError as problem:
            raise _cannot(self.path, problem) from None
        finally:
            self.lock.release()
            self.folder.cleanup()

    def add(self, rows: Records) -> None:
        """Add the outcomes of the next paths [paths, leverages]."""
        self.waiting.append(rows)
        self.count += len(rows)
        try:
            while self.count >= GROUP:
                self._flush(GROUP)
        except OSError as problem:
            raise _cannot(self.path, problem) from None

    def _flush(self, paths: int) -> None:
        """Write so many paths as one row group."""
        if not paths:
            return
        dtype = self.waiting[0].dtype
        joined = np.concatenate(self.waiting).view(dtype)
        content = table(self.first, joined[:paths], self.leverages)
        if self.writer is None:
            self.writer = pq.ParquetWriter(self.scratch, content.schema, compression="zstd", compression_level=1)
        self.writer.write_table(content, row_group_size=len(content))
        self.waiting = [joined[paths:].copy().view(dtype)] if len(joined) > paths else []
        self.first, self.count = self.first + paths, self.count - paths


def _delete_left(folder: Path) -> None:
    """Delete what killed runs left: folders whose lock nobody holds."""
    for left in folder.glob(f"{_STAGING}*"):
        with suppress(filelock.Timeout), filelock.FileLock(left / _LOCK, timeout=0):
            shutil.rmtree(left, ignore_errors=True)


def _cannot(path: Path, problem: OSError) -> InputError:
    """The error for a file that cannot be written."""
    return InputError(f"--out: {path} cannot be written ({problem.strerror}); choose another folder with --out")
