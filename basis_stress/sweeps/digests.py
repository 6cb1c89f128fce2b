"""Digests of the inputs of a sweep: sources, data, the user's files, and the versions of libraries."""

import hashlib
import platform
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from basis_data.scenarios.scenario import Scenario
from basis_data.tables.data_in_use import cached, data_in_use
from basis_engine.base.errors import InputError

_LIBRARIES = ("basis-stress", "numba", "numpy", "pyarrow", "scipy")
_PACKAGES = ("basis_engine", "basis_data", "basis_strategies", "basis_stress")
_IMPORT = re.compile(
    r"^[ \t]*(?:import|from) (?P<module>basis_[\w.]+)(?: import (?P<names>\([^)]*\)|.*))?", re.MULTILINE
)
_FOLDERS = ("history", "fitted")  # scenarios are in the manifest itself


@cache
def code_digest(*modules: str) -> str:
    """Digest of the sources of some modules and of all modules of ours that they import, directly or not.

    For the modules that compute cells it changes with their code, and not with a caption, figure or page.
    """
    return _digest((Path(name), path) for name, path in sorted(sources(*modules).items()))


@cache
def program_digest() -> str:
    """Digest of every source and template of the program."""
    kinds = {".py", ".html", ".css", ".js", ".csv"}
    rooms = [_room(package) for package in _PACKAGES]
    files = [
        path
        for room in rooms
        for path in sorted(room.rglob("*"))
        if path.suffix in kinds and not set(path.relative_to(room).parts) & {"history", "__pycache__"}
    ]
    return _digest((Path(path.name), path) for path in files)


def sources(*modules: str) -> dict[str, Path]:
    """Some modules and all modules of ours that they import, directly or not, and their files."""
    found: dict[str, Path] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found and (path := _source(name)) is not None:
            found[name] = path
            waiting += _imports(path)
    return found


def _source(name: str) -> Path | None:
    """File of a module of ours; None for other modules and for packages, which hold no code."""
    package, *rest = name.split(".")
    if package not in _PACKAGES or not rest:
        return None
    path = _room(package).joinpath(*rest).with_suffix(".py")
    return path if path.is_file() else None


def _imports(path: Path) -> Iterator[str]:
    """Names of ours that a source imports anywhere: modules, or names inside modules.

    Parsing every source of a command took a third of its time.
    """
    for line in _IMPORT.finditer(path.read_text(encoding="utf-8")):
        module, names = line["module"], line["names"] or ""
        yield module
        yield from (f"{module}.{name.split()[0]}" for name in names.strip("()").split(",") if name.strip())


@cached
def data_digest() -> str:
    """Digest of the data in use: the files of the program, without their documentation, and a snapshot's digest."""
    room = _room("basis_data")
    files = [path for folder in _FOLDERS for path in sorted((room / folder).glob("*")) if path.suffix != ".md"]
    own, used = _digest((path.relative_to(room), path) for path in files), data_in_use()
    return own if used.folder is None else f"{own} and snapshot {used.digest}"


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


@cache
def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that compute and write."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # a source tree that was never installed
            found[name] = "source tree"
    return found


@cache
def _room(package: str) -> Path:
    """Folder of a package of ours."""
    return Path(str(getattr(find_spec(package), "origin", ""))).parent


def _digest(files: Iterable[tuple[Path, Path]]) -> str:
    """SHA-256 over names and contents, first sixteen digits."""
    digest = hashlib.sha256()
    for name, path in files:
        digest.update(name.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
