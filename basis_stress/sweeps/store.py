"""The folder of a sweep: Parquet chunks and a manifest, each written whole or not at all, by one sweep at a time.

The digest of each chunk is recorded when it is written, first in a journal and at the end in the manifest. A resumed
sweep runs a chunk again whose bytes have changed since, and a changed chunk of a finished sweep is not read.
"""

import contextlib
import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import filelock

from basis_engine.base.errors import InputError
from basis_stress.reporting.files import save

MANIFEST = "manifest.json"
_LOCK = ".lock"
_JOURNAL = ".digests"
"""A line per finished chunk of a sweep that is not finished: its file and its digest."""
_SCRATCH = ".*.tmp"


class Store:
    """The chunks of one sweep in one folder, locked by `opened`."""

    def __init__(self, folder: Path, inputs: Mapping[str, object], sizes: list[int]) -> None:
        self.folder, self.sizes = folder, sizes
        self._lines = _lines(inputs)
        self.inputs: dict[str, Any] = json.loads("{" + ",".join(self._lines) + "}")  # as a manifest reads it back
        self.kept: dict[int, str] = {}
        """Digests of the chunks that are done."""

    def path(self, chunk: int) -> Path:
        """File of a chunk."""
        return self.folder / _name(chunk)

    @property
    def left(self) -> list[int]:
        """Chunks still to run."""
        return [chunk for chunk in range(len(self.sizes)) if chunk not in self.kept]

    def take_stock(self) -> None:
        """Write the manifest of a new sweep; for an interrupted sweep, find the chunks that are whole."""
        for scratch in self.folder.glob(_SCRATCH):
            scratch.unlink()
        there = manifest(self.folder) if (self.folder / MANIFEST).exists() else {}
        recorded = _recorded(self.folder, there)
        for chunk in range(len(self.sizes)):
            path = self.path(chunk)
            if path.name in recorded and _digest(path) == recorded[path.name]:
                self.kept[chunk] = recorded[path.name]
        if there.get("complete") and not self.left:
            return
        self._write({"complete": False}, {})
        lines = (f"{self.path(chunk).name} {digest}\n" for chunk, digest in self.kept.items())
        save("".join(lines), self.folder / _JOURNAL, "sweep")

    def give_up(self) -> None:
        """Leave the folder to another sweep, if no chunk of this one is done."""
        if not self.kept:
            for path in (self.folder / MANIFEST, self.folder / _JOURNAL):
                path.unlink(missing_ok=True)

    def keep(self, chunk: int, content: bytes) -> None:
        """Write one chunk.

        Raises
        ------
        InputError
            If it cannot be written; the earlier chunks are kept.
        """
        try:
            save(content, self.path(chunk), "sweep")
            digest = hashlib.sha256(content).hexdigest()
            with (self.folder / _JOURNAL).open("a", encoding="ascii") as journal:
                journal.write(f"{self.path(chunk).name} {digest}\n")
        except (InputError, OSError) as problem:
            reason = getattr(problem.__cause__ or problem, "strerror", None) or str(problem)
            raise InputError(
                f"sweep: {str(self.path(chunk))!r} cannot be written ({reason}); {len(self.kept)} of {len(self.sizes)} "
                "chunks are done and kept; free disk space and run the same sweep again to resume it"
            ) from problem
        self.kept[chunk] = digest

    def finish(self) -> dict[str, Any]:
        """Write the list of chunks into the manifest, and return it."""
        chunks = [
            {"file": self.path(chunk).name, "cells": size, "sha256": self.kept[chunk]}
            for chunk, size in enumerate(self.sizes)
        ]
        self._write({"complete": True}, {"chunks": chunks})
        (self.folder / _JOURNAL).unlink(missing_ok=True)
        return {"complete": True, **self.inputs, "chunks": chunks}

    def _write(self, before: Mapping[str, object], after: Mapping[str, object]) -> None:
        """Write the manifest, a line for each of its entries; equal sweeps give equal bytes."""
        lines = [*_lines(before), *self._lines, *_lines(after)]
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
        created = [path for path in (store.folder, *store.folder.parents) if not path.exists()]
        store.folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except filelock.Timeout:
        raise InputError(
            f"sweep: {str(folder)!r} is in use by another sweep; wait for it, or give another folder with --out"
        ) from None
    except (OSError, ValueError) as problem:  # ValueError: a null character in the path
        reason = getattr(problem, "strerror", None) or str(problem)
        raise InputError(
            f"sweep: {str(folder)!r} cannot be written ({reason}); give another folder with --out"
        ) from problem
    try:
        _check_same(store)
        try:
            store.take_stock()
            yield store
        except BaseException:
            store.give_up()
            raise
    finally:
        if not (store.folder / MANIFEST).exists():
            (store.folder / _LOCK).unlink(missing_ok=True)
        lock.release()
        for path in created:
            with contextlib.suppress(OSError):
                path.rmdir()  # only an empty one


def manifest(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """The manifest of a sweep.

    Raises
    ------
    InputError
        If the folder holds no sweep.
    """
    try:
        found = json.loads((Path(folder) / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise InputError(f"{str(folder)!r}: holds no sweep; give the folder of a finished sweep") from None
    if not _whole(found):
        raise InputError(
            f"{str(Path(folder) / MANIFEST)!r}: is damaged; run the sweep again into another folder with --out"
        )
    return dict(found)


def _whole(found: Any) -> bool:
    """Whether a manifest has the entries that are read."""
    try:
        names = [*(axis["name"] for axis in found["design"]["axes"]), *(path["name"] for path in found["scenarios"])]
        chunks = found["chunks"] if found["complete"] else []
        files = [(chunk["file"], chunk["sha256"]) == (_name(k), str(chunk["sha256"])) for k, chunk in enumerate(chunks)]
        sizes = [isinstance(chunk["cells"], int) for chunk in chunks]
        texts = (found["kind"], found["code"], found["data"], found["design"]["kind"], *found["versions"].values())
        same = found.get("book", found.get("settings", {}))
        kinds = [
            *(isinstance(text, str) for text in texts),
            isinstance(same, dict),
            _has_axes(found["design"]),
            *(isinstance(digests, dict) for digests in found["files"]),
            len(found["files"]) == len(found["scenarios"]),
        ]
    except (AttributeError, KeyError, TypeError, IndexError, OverflowError):
        return False
    return all([*files, *sizes, *kinds, *(isinstance(name, str) for name in names), chunks or not found["complete"]])


def _has_axes(design: Mapping[str, Any]) -> bool:
    """Whether every axis of a design has its own name, and finite levels or ends; those of a table have a name only."""
    axes = design["axes"]
    numbers = [
        number
        for axis in axes
        if design["kind"] != "table"
        for number in (axis["levels"] if "levels" in axis else (axis["low"], axis["high"]))
    ]
    return (
        0 < len(axes) == len({axis["name"] for axis in axes})
        and all(isinstance(axis.get("levels", [0.0]), list) and axis.get("levels", [0.0]) for axis in axes)
        and all(math.isfinite(number) for number in numbers)
    )


def check_chunks(folder: Path, found: Mapping[str, Any]) -> None:
    """Refuse a finished sweep if a chunk is missing or its bytes are not those that were written.

    Raises
    ------
    InputError
        If so; the message names the first such chunk.
    """
    for chunk in found["chunks"]:
        if _digest(folder / chunk["file"]) != chunk["sha256"]:
            state = "has changed since it was written" if (folder / chunk["file"]).exists() else "is missing"
            raise InputError(
                f"{str(folder / chunk['file'])!r}: {state}; run the same sweep again, which replaces that chunk"
            )


def _lines(entries: Mapping[str, object]) -> list[str]:
    """Entries of a manifest as JSON."""
    return [f"{json.dumps(name)}: {json.dumps(entry, ensure_ascii=False)}" for name, entry in entries.items()]


def _name(chunk: int) -> str:
    """File name of a chunk."""
    return f"chunk-{chunk:06d}.parquet"


def _recorded(folder: Path, there: Mapping[str, Any]) -> dict[str, str]:
    """Digests by file, from the manifest of a finished sweep or from the journal of one that is not."""
    if there.get("complete"):
        return {chunk["file"]: chunk["sha256"] for chunk in there["chunks"]}
    try:
        lines = (folder / _JOURNAL).read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return {}
    return {line.partition(" ")[0]: line.partition(" ")[2] for line in lines}


def _digest(path: Path) -> str:
    """Digest of a file's bytes, empty if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _check_same(store: Store) -> None:
    """Refuse a folder that holds another sweep or other files."""
    if not (store.folder / MANIFEST).exists():
        if any(not path.name.startswith(".") for path in store.folder.iterdir()):
            raise InputError(f"sweep: {str(store.folder)!r} holds other files; give a new or empty folder")
        return
    found = manifest(store.folder)
    if not found["complete"] and not any(store.folder.glob("chunk-*")):
        (store.folder / MANIFEST).unlink()  # of a sweep that ended before its first chunk was done
        return
    there = {key: value for key, value in found.items() if key not in ("complete", "chunks")}
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
