"""Read a user's file: regular, of a bounded size, and text without control characters."""

import re
import stat
from pathlib import Path

from basis_engine.base.errors import InputError

MOST_BYTES = 64 * 2**20
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Characters that steer a terminal or turn the direction of writing; tabs and ends of lines are allowed."""


def read_bytes(path: Path, wanted: str, most: int = MOST_BYTES) -> bytes:
    """Read a user's file.

    Parameters
    ----------
    wanted
        What to give instead, for the error message, such as ``the path of a CSV file``.
    most
        Bytes allowed.

    Raises
    ------
    InputError
        If it is missing, a folder, a device or a pipe, too large, or cannot be read.
    """
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise InputError(f"{path}: is a directory; give {wanted}")
        if not stat.S_ISREG(found.st_mode):
            raise InputError(f"{path}: is not a regular file; give {wanted}")
        with path.open("rb") as file:
            content = file.read(most + 1)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; give {wanted}") from None
    except (OSError, ValueError) as problem:
        if isinstance(problem, InputError):
            raise
        reason = getattr(problem, "strerror", None) or str(problem)
        raise InputError(f"{path}: cannot be read ({reason}); give {wanted}") from None
    if len(content) > most:
        raise InputError(f"{path}: has more than the {most // 2**20} MB allowed; give a smaller file")
    return content


def read_text(path: Path, wanted: str) -> str:
    """Read a user's UTF-8 text, without a byte-order mark.

    Raises
    ------
    InputError
        As `read_bytes`, or if the text is not UTF-8 or holds control characters.
    """
    try:
        text = read_bytes(path, wanted).decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InputError(f"{path}: cannot be read ({problem}); give {wanted}, in UTF-8") from None
    control = CONTROL.search(text)
    if control:
        line = text.count("\n", 0, control.start()) + 1
        raise InputError(f"{path}, line {line}: holds the control character {control.group()!r}; delete it")
    return text.replace("\r\n", "\n").replace("\r", "\n")
