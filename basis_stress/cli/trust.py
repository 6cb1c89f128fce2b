"""What the manifest of a result may run: a stranger may have written it, and it must do no more than read data."""

import re
from typing import Any

from basis_engine.base.errors import InputError

RERUN = (
    "backtest", "break", "clients", "compare", "day-by-day", "ensemble", "paths", "run", "scenarios", "shocks", "slide",
    "sweep", "sweep-report", "validate",
)  # fmt: skip
"""Commands that read data and write into one folder."""
NEVER = ("--", "--out", "--cluster")
"""Options that no manifest has: they would write elsewhere, or run what another machine sends."""
_PROGRAM = re.compile(r"\.py(:|,|$)")


def trusted(entries: Any, where: object, programs: bool) -> dict[str, Any]:
    """The entries of a manifest, whole, with a command that reads data and writes into one folder.

    Parameters
    ----------
    where
        The result, for the error message.
    programs
        Whether strategy files may be run.

    Raises
    ------
    InputError
        If it is damaged, or names another command or option, or a strategy file.
    """
    command = entries.get("command") if isinstance(entries, dict) else None
    if not isinstance(command, list) or not all(isinstance(word, str) and "\0" not in word for word in command):
        raise InputError(f"rerun: the manifest of {where} names no command; run the command itself again")
    for name in ("inputs", "outputs"):
        found = entries.get(name)
        if not isinstance(found, dict) or not all(isinstance(digest, str) for digest in found.values()):
            raise InputError(f"rerun: the manifest of {where} has no {name}; run the command itself again")
    words = command[2:] if command[:1] == ["--data"] else command
    if not words or words[0] not in RERUN:
        raise InputError(
            f"rerun: the manifest of {where} names a command that does not only read data; run it yourself"
        )
    wrong = next((word for word in words if word.partition("=")[0] in NEVER), None)
    if wrong is not None:
        raise InputError(f"rerun: the manifest of {where} holds {wrong!r}, which no manifest has; run it yourself")
    program = next((word for word in words if _PROGRAM.search(word)), None)
    if program is not None and not programs:
        raise InputError(f"rerun: would run the program {program!r}; read it, and add --programs if you trust it")
    return dict(entries)
