"""What a sweep was made from, by digest: sources, data, the user's files, and the versions that could change a byte."""

import hashlib
import platform
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import basis_stress
import data
import engine
import strategies
from data.scenario import Scenario
from engine.errors import InputError

_LIBRARIES = ("basis-stress", "numba", "numpy", "pyarrow", "scipy")
_FOLDERS = ("history", "scenarios", "fitted")


@cache
def code_digest() -> str:
    """Digest of every source that a cell's outcome depends on."""
    rooms = [_room(engine), _room(data), _room(strategies), _room(basis_stress)]
    return _digest((path.relative_to(room.parent), path) for room in rooms for path in sorted(room.rglob("*.py")))


@cache
def data_digest() -> str:
    """Digest of the data that come with the program."""
    room = _room(data)
    files = [path for folder in _FOLDERS for path in sorted((room / folder).glob("*")) if path.is_file()]
    return _digest((path.relative_to(room), path) for path in files)


def file_digests(scenario: Scenario) -> dict[str, str]:
    """Digests of the user's own files that a scenario names.

    Raises
    ------
    InputError
        If one of them cannot be read.
    """
    given = {name: path for name, path in scenario.files if path is not None}
    try:
        return {name: _digest([(Path(name), path)]) for name, path in given.items()}
    except OSError as problem:
        raise InputError(
            f"scenario {scenario.name}, files: {problem.filename} cannot be read; correct the path"
        ) from None


def versions() -> dict[str, str]:
    """Versions of what computes and writes."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # a source tree that was never installed
            found[name] = "source tree"
    return found


def _room(package: object) -> Path:
    """Folder of a package."""
    return Path(str(getattr(package, "__file__", ""))).parent


def _digest(files: Iterable[tuple[Path, Path]]) -> str:
    """SHA-256 over names and contents, first sixteen digits."""
    digest = hashlib.sha256()
    for name, path in files:
        digest.update(name.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
