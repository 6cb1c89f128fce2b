"""The folder of a sweep: Parquet parts and a manifest, each written whole or not at all, by one sweep at a time."""

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
_SCRATCH = ".*.part"


class Store:
    """The parts of one sweep in one folder, held by `opened`."""

    def __init__(self, folder: Path, inputs: Mapping[str, object], sizes: list[int]) -> None:
        self.folder, self.sizes = folder, sizes
        self.inputs = json.loads(json.dumps(inputs))  # as it will be read back
        self.kept: dict[int, str] = {}
        """Parts that are done, by their digests."""

    def path(self, part: int) -> Path:
        """Where a part is written."""
        return self.folder / f"part-{part:06d}.parquet"

    @property
    def left(self) -> list[int]:
        """Parts still to be run."""
        return [part for part in range(len(self.sizes)) if part not in self.kept]

    def take_stock(self) -> None:
        """Write the manifest of a new sweep; of one begun before, find the parts that are whole."""
        for scratch in self.folder.glob(_SCRATCH):
            scratch.unlink()
        if not (self.folder / MANIFEST).exists():
            self._write({"complete": False, **self.inputs})
            return
        for part, size in enumerate(self.sizes):
            if _rows(self.path(part)) == size:
                self.kept[part] = hashlib.sha256(self.path(part).read_bytes()).hexdigest()

    def keep(self, part: int, content: bytes) -> None:
        """Write one part.

        Raises
        ------
        InputError
            If it cannot be written; what was written before is kept.
        """
        try:
            save(content, self.path(part), "sweep")
        except InputError as problem:
            reason = getattr(problem.__cause__, "strerror", None) or str(problem)
            raise InputError(
                f"sweep: {str(self.path(part))!r} cannot be written ({reason}); {len(self.kept)} of {len(self.sizes)} "
                "parts are done and kept: make room and run the same sweep again, which goes on from there"
            ) from problem
        self.kept[part] = hashlib.sha256(content).hexdigest()

    def finish(self) -> None:
        """Write the list of parts into the manifest."""
        parts = [
            {"file": self.path(part).name, "cells": size, "sha256": self.kept[part]}
            for part, size in enumerate(self.sizes)
        ]
        self._write({"complete": True, **self.inputs, "parts": parts})

    def _write(self, manifest: Mapping[str, object]) -> None:
        """Write the manifest, a line for each of its entries; equal sweeps give equal bytes."""
        lines = (f"{json.dumps(name)}: {json.dumps(entry, ensure_ascii=False)}" for name, entry in manifest.items())
        save("{\n" + ",\n".join(lines) + "\n}\n", self.folder / MANIFEST, "sweep")


@contextmanager
def opened(folder: str | os.PathLike[str], inputs: Mapping[str, object], sizes: list[int]) -> Iterator[Store]:
    """Hold a folder for one sweep, new or to be resumed.

    Parameters
    ----------
    inputs
        Everything that a byte of the result depends on.
    sizes
        Cells of every part.

    Raises
    ------
    InputError
        If another sweep is writing there, the folder holds something else, or it cannot be written.
    """
    store = Store(Path(folder), inputs, sizes)
    lock = filelock.FileLock(store.folder / _LOCK, timeout=0)
    try:
        store.folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except filelock.Timeout:
        raise InputError(
            f"sweep: {str(folder)!r} is being written by another sweep; wait for it, or give another folder with --out"
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
        raise InputError(f"{str(folder)!r}: holds no sweep; give the folder that a sweep wrote") from None
    return found


def _check_same(store: Store) -> None:
    """Refuse a folder that holds something else."""
    if not (store.folder / MANIFEST).exists():
        if any(not path.name.startswith(".") for path in store.folder.iterdir()):
            raise InputError(f"sweep: {str(store.folder)!r} holds files that are no sweep; give a new or empty folder")
        return
    there = {key: value for key, value in manifest(store.folder).items() if key not in ("complete", "parts")}
    for where, old, new in _differences(there, store.inputs):
        raise InputError(
            f"sweep: {str(store.folder)!r} holds another sweep, whose {where} is {_brief(old)}, not {_brief(new)}; "
            "give another folder with --out"
        )


def _differences(old: Any, new: Any, where: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two manifests differ, deepest first: name, old and new value."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            yield from _differences(old.get(name), new.get(name), f"{where}, {name}" if where else name)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for k, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _differences(one, other, f"{where} {k + 1}")
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
