"""Files and folders of tables, written whole or not at all."""

import os
import shutil
import tempfile
from pathlib import Path

import pandas as pd

from basis_engine.base.errors import InputError


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
    if target.is_dir():
        raise InputError(f"{what}: {str(target)!r} is a folder, a file name is needed: add one, e.g. report.html")
    scratch = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
        Path(scratch).chmod(0o644)
        Path(scratch).replace(target)
    except OSError as error:
        if scratch is not None:
            Path(scratch).unlink(missing_ok=True)
        raise InputError(
            f"{what}: {str(target)!r} cannot be written ({error.strerror}); give a path that you can write to"
        ) from error
    return target


def save_tables(folder: str | Path, tables: dict[str, pd.DataFrame]) -> Path:
    """Write tables as Parquet files, named by key, into a folder: all of them, or none.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    target = Path(folder)
    created = [path for path in (target, *target.parents) if not path.exists()]
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target, prefix=".saving-") as staging:
            for name, table in tables.items():
                table.to_parquet(Path(staging) / f"{name}.parquet")
            for name in tables:
                shutil.move(Path(staging) / f"{name}.parquet", target / f"{name}.parquet")
    except OSError as problem:
        for new in created:
            shutil.rmtree(new, ignore_errors=True)
        raise InputError(
            f"output folder {target}: cannot be written ({problem.strerror}); choose another with --out"
        ) from None
    return target
