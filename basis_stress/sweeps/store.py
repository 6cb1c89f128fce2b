"""The folder of a sweep: Parquet chunks and a manifest, each written whole or not at all, by one sweep at a time."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import filelock
import pyarrow as pa
import pyarrow.parquet as pq

from basis_engine.base.errors import InputError
from basis_stress.reporting.files import save

MANIFEST = "manifest.json"
_LOCK = ".lock"
_SCRATCH = ".*.tmp"


class Store:
    """The chunks of one sweep in one folder, locked by `opened`."""

    def __init__(self, folder: Path, inputs: Mapping[str, object], sizes: list[int]) -> None:
        self.folder, self.sizes = folder, sizes
        self.inputs = json.loads(json.dumps(inputs))  # as JSON reads it back
        self.kept: dict[int, str] = {}
        """Digests of the chunks that are done."""

    def path(self, chunk: int) -> Path:
        """File of a chunk."""
        return self.folder / f"chunk-{chunk:06d}.parquet"

    @property
    def left(self) -> list[int]:
        """Chunks still to run."""
        return [chunk for chunk in range(len(self.sizes)) if chunk not in self.kept]

    def take_stock(self) -> None:
        """Write the manifest of a new sweep; for an interrupted sweep, find the chunks that are whole."""
        for scratch in self.folder.glob(_SCRATCH):
            scratch.unlink()
        if not (self.folder / MANIFEST).exists():
            self._write({"complete": False, **self.inputs})
            return
        for chunk, size in enumerate(self.sizes):
            if _rows(self.path(chunk)) == size:
                self.kept[chunk] = hashlib.sha256(self.path(chunk).read_bytes()).hexdigest()

    def keep(self, chunk: int, content: bytes) -> None:
        """Write one chunk.

        Raises
        ------
        InputError
            If it cannot be written; the earlier chunks are kept.
        """
        try:
            save(content, self.path(chunk), "sweep")
        except InputError as problem:
            reason = getattr(problem.__cause__, "strerror", None) or str(problem)
            raise InputError(
                f"sweep: {str(self.path(chunk))!r} cannot be written ({reason}); {len(self.kept)} of {len(self.sizes)} "
                "chunks are done and kept; free disk space and run the same sweep again to resume it"
            ) from problem
        self.kept[chunk] = hashlib.sha256(content).hexdigest()

    def finish(self) -> None:
        """Write the list of chunks into the manifest."""
        chunks = [
            {"file": self.path(chunk).name, "cells": size, "sha256": self.kept[chunk]}
            for chunk, size in enumerate(self.sizes)
        ]
        self._write({"complete": True, **self.inputs, "chunks": chunks})

    def _write(self, manifest: Mapping[str, object]) -> None:
        """Write the manifest, a line for each of its entries; equal sweeps give equal bytes."""
        lines = (f"{json.dumps(name)}: {json.dumps(entry, ensure_ascii=False)}" for name, entry in manifest.items())
        save("{\n" + ",\n".join(lines) + "\n}\n", self.folder / MANIFEST, "sweep")


@contextmanager
def opened(folder: str | os.PathLike[str], inputs: Mapping[str, object], sizes: list[int]) -> Iterator[Store]:
    """Lock a folder for one sweep, new or resumed.

    Parameters
    ----------
    inputs
        All inputs on which the bytes of the result depend.
    sizes
        Number of cells of every chunk.

    Raises
    ------
    InputError
        If another sweep holds the lock, the folder holds something else, or it cannot be written.
    """
    store = Store(Path(folder), inputs, sizes)
    lock = filelock.FileLock(store.folder / _LOCK, timeout=0)
    try:
        store.folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except filelock.Timeout:
        raise InputError(
            f"sweep: {str(folder)!r} is in use by another sweep; wait for it, or give another folder with --out"
        ) from None
    except OSError as problem:
        raise InputError(
            f"sweep: {str(folder)!r} cannot be written ({problem.strerror}); give another folder with --out"
        ) from problem
    try:
        _check_same(store)
        store.take_stock()
        yield store
    finally:
        lock.release()


def manifest(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """The manifest of a sweep.

    Raises
    ------
    InputError
        If the folder holds no sweep.
    """
    try:
        found: dict[str, Any] = json.loads((Path(folder) / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(f"{str(folder)!r}: holds no sweep; give the folder of a finished sweep") from None
    return found


def _check_same(store: Store) -> None:
    """Refuse a folder that holds another sweep or other files."""
    if not (store.folder / MANIFEST).exists():
        if any(not path.name.startswith(".") for path in store.folder.iterdir()):
            raise InputError(f"sweep: {str(store.folder)!r} holds other files; give a new or empty folder")
        return
    there = {key: value for key, value in manifest(store.folder).items() if key not in ("complete", "chunks")}
    for where, old, new in _differences(there, store.inputs):
        raise InputError(
            f"sweep: {str(store.folder)!r} holds another sweep, whose {where} is {_brief(old)}, not {_brief(new)}; "
            "give another folder with --out"
        )


def _differences(old: Any, new: Any, where: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Entries in which two manifests differ: path of the entry, old and new value."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            yield from _differences(old.get(name), new.get(name), f"{where}, {name}" if where else name)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for k, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _differences(before, after, f"{where} {k + 1}")
    elif old != new:
        yield where, old, new


def _brief(value: Any) -> str:
    """A value of a manifest, short enough for a sentence."""
    text = "not set" if value is None else json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _rows(path: Path) -> int:
    """Rows of a Parquet file, -1 if it is missing or not whole."""
    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowInvalid):
        return -1
