"""Files written whole or not at all."""

import os
import tempfile
from pathlib import Path

from basis_engine.base.errors import InputError


def save(content: str | bytes, path: str | os.PathLike[str], what: str) -> Path:
    """Write a file; folders are made, and nothing half-written is left behind.

    Parameters
    ----------
    what
        What the user would call it, for the error.

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
        handle, scratch = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
        Path(scratch).chmod(0o644)
        Path(scratch).replace(target)
    except OSError as error:
        if scratch is not None:
            Path(scratch).unlink(missing_ok=True)
        raise InputError(
            f"{what}: {str(target)!r} cannot be written ({error.strerror}); give a path in a folder that you may write"
        ) from error
    return target
