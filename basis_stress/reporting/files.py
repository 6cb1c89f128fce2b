"""Files and folders of tables, written whole or not at all."""

import glob
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock
import pandas as pd

from basis_engine.base.errors import InputError

_PAGE, _MANIFEST = "report.html", "manifest.json"
_STAGING = ".saving-"
_PATIENCE_S = 60.0
"""Seconds to wait for another run that writes into the same folder; a save takes less than one."""


def save(content: str | bytes, path: str | os.PathLike[str], what: str) -> Path:
    """Write a file and make its folders; after an error no part of the file is left.

    Parameters
    ----------
    what
        The user's name for the file, for the error message.

    Raises
    ------
    InputError
        If the path is a folder or cannot be written.
    """
    target = Path(path)
    scratch = None
    try:
        if target.is_dir():
            raise InputError(f"{what}: {str(target)!r} is a folder, a file name is needed: add one, e.g. report.html")
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
        Path(scratch).chmod(0o644)
        Path(scratch).replace(target)
    except BaseException as error:  # also if the run is stopped
        if scratch is not None:
            Path(scratch).unlink(missing_ok=True)
        if isinstance(error, InputError) or not isinstance(error, OSError | ValueError):
            raise
        # ValueError: a null character in the path, or half a character in the text
        raise InputError(
            f"{what}: {str(target)!r} cannot be written ({_reason(error)}); give a path that you can write to"
        ) from error
    return target


Content = pd.DataFrame | str | bytes | Path
"""A table, the content of a file, or a file to move."""


def save_tables(folder: str | Path, tables: Mapping[str, Content], replaces: str = "") -> Path:
    """Write tables as Parquet files, named by key, and other files into a folder: all of them, or none.

    One run at a time, as another waits.

    A folder that holds nothing but an earlier result is replaced as a whole. In a folder that also holds other files,
    which are kept, the tables of the earlier result are deleted before the new ones are moved in: a kill in between
    leaves some tables of one run, never tables of two. Both delete the page of the earlier result.

    Parameters
    ----------
    tables
        By name; a name may contain a folder, as in ``strategy-1/daily``. A file that is no table has a full name, as
        in ``report.html``.
    replaces
        Pattern of files and folders that an earlier result may have left, such as ``strategy-*``.

    Raises
    ------
    InputError
        If the folder cannot be written, or another run is writing into it.
    """
    target = Path(folder)
    created: list[Path] = []
    try:
        real = target.resolve()
        # Outside the lock the folder itself may be missing for a moment, while another run exchanges it.
        beside = not real.parent.exists() or os.access(real.parent, os.W_OK)
        for path in reversed(real.parents if beside else (real, *real.parents)):
            if not path.exists():
                path.mkdir(exist_ok=True)
                created.append(path)
        with _locked(real.parent / f".{real.name}.lock" if beside else real / ".lock", target):
            if not real.exists():
                real.mkdir()
                created.append(real)
            aside = beside and not real.is_mount() and real not in _here()
            result = [*(_file_name(name, content) for name, content in tables.items()), _PAGE, _MANIFEST]
            earlier = {name.partition("/")[0] for name in result}
            earlier |= {path.name for path in real.glob(replaces)} if replaces else set()
            foreign = {path.name for path in real.iterdir() if not _scratch(path)} - earlier
            _write_and_place(real, tables, earlier, aside and not foreign)
    except InputError:
        raise
    except (OSError, RuntimeError, ValueError) as problem:  # a null character in the path, or links in a circle
        for path in reversed(created):
            with suppress(OSError):
                path.rmdir()  # only an empty one: another run may have saved in it
        raise InputError(
            f"output folder {target}: cannot be written ({_reason(problem)}); choose another with --out"
        ) from None
    return target


@contextmanager
def folder_beside(folder: Path) -> Iterator[Path]:
    """A new folder beside an output folder, for files too large for memory that `save_tables` then moves.

    Raises
    ------
    InputError
        If it cannot be made.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.drawing-")
    except (OSError, ValueError) as problem:
        raise InputError(
            f"output folder {folder}: cannot be written ({_reason(problem)}); choose another with --out"
        ) from None
    with made as name:
        yield Path(name)


def _file_name(name: str, content: Content) -> str:
    """Tables are named without the ending of their files."""
    return f"{name}.parquet" if isinstance(content, pd.DataFrame) else name


def _write(content: Content, path: Path) -> None:
    """Write or move one file."""
    path.parent.mkdir(exist_ok=True)
    if isinstance(content, pd.DataFrame):
        content.to_parquet(path)
    elif isinstance(content, Path):
        content.rename(path)
    else:
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)


def _reason(problem: OSError | RuntimeError | ValueError) -> str:
    """What the system says, without the path."""
    return getattr(problem, "strerror", None) or str(problem)


def _write_and_place(real: Path, tables: Mapping[str, Content], earlier: Collection[str], whole: bool) -> None:
    """Write tables aside; then exchange the folder for the new one, or move them in."""
    parent, start = (real.parent, f".{real.name}.saving-") if whole else (real, _STAGING)
    for scratch in [*real.parent.glob(f".{glob.escape(real.name)}.saving-*"), *real.glob(f"{_STAGING}*")]:
        shutil.rmtree(scratch)  # of a run that was killed: the lock is ours
    with tempfile.TemporaryDirectory(dir=parent, prefix=start) as scratch_folder:
        new, old = Path(scratch_folder) / "new", Path(scratch_folder) / "old"
        new.mkdir()
        for name, content in tables.items():
            _write(content, new / _file_name(name, content))
        if whole:
            new.chmod(real.stat().st_mode)
            real.rename(old)
            try:
                new.rename(real)
            except OSError:
                old.rename(real)
                raise
            return
        old.mkdir()
        for name in sorted(earlier):
            if (real / name).exists():
                (real / name).rename(old / name)
        for path in new.iterdir():
            path.rename(real / path.name)


def _scratch(path: Path) -> bool:
    """Whether a file is this module's own: the lock, or tables of a run that was killed."""
    return path.name == ".lock" or path.name.startswith(_STAGING)


def _here() -> tuple[Path, ...]:
    """The working folder and those above it, which a shell would lose if they were replaced."""
    here = Path.cwd()
    return (here, *here.parents)


@contextmanager
def _locked(lock: Path, target: Path) -> Iterator[None]:
    """Hold the lock of an output folder, and delete its file afterwards."""
    held = filelock.FileLock(lock, timeout=_PATIENCE_S)
    try:
        held.acquire()
    except filelock.Timeout:
        raise InputError(
            f"output folder {target}: another run is writing into it; wait for it, or choose another with --out"
        ) from None
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)  # a waiting run notices, and locks a new file
        held.release()
