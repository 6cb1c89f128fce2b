"""What a sweep was made from, by digest: sources, data, the user's files, and the versions that could change a byte."""

import ast
import hashlib
import platform
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from basis_data.scenarios.scenario import Scenario
from basis_engine.base.errors import InputError

_LIBRARIES = ("basis-stress", "numba", "numpy", "pyarrow", "scipy")
_PACKAGES = ("basis_engine", "basis_data", "basis_strategies", "basis_stress")
_FOLDERS = ("history", "fitted")  # a scenario stands in the manifest itself


@cache
def code_digest(*modules: str) -> str:
    """Digest of the sources of some modules and of whatever of ours they import, near or far.

    Given what computes cells, it changes with them, and with no caption, figure or page.
    """
    return _digest((Path(name), path) for name, path in sorted(sources(*modules).items()))


def sources(*modules: str) -> dict[str, Path]:
    """Modules of ours that some modules are or import, near or far, and where they stand."""
    found: dict[str, Path] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        path = _source(name)
        if path is not None and name not in found:
            found[name] = path
            waiting += _imports(path)
    return found


def _source(name: str) -> Path | None:
    """Where a module of ours stands; None for anything else, packages among them, which hold no code."""
    package, *rest = name.split(".")
    if package not in _PACKAGES or not rest:
        return None
    path = _room(package).joinpath(*rest).with_suffix(".py")
    return path if path.is_file() else None


def _imports(path: Path) -> Iterator[str]:
    """Names that a source imports anywhere in it, which may be modules or what modules hold."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{one.name}" for one in node.names)


@cache
def data_digest() -> str:
    """Digest of the data that come with the program, but for what is written about them."""
    room = _room("basis_data")
    files = [path for folder in _FOLDERS for path in sorted((room / folder).glob("*")) if path.suffix != ".md"]
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


@cache
def versions() -> dict[str, str]:
    """Versions of what computes and writes."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # a source tree that was never installed
            found[name] = "source tree"
    return found


def _room(package: str) -> Path:
    """Folder of a package of ours."""
    return Path(str(getattr(find_spec(package), "origin", ""))).parent


def _digest(files: Iterable[tuple[Path, Path]]) -> str:
    """SHA-256 over names and contents, first sixteen digits."""
    digest = hashlib.sha256()
    for name, path in files:
        digest.update(name.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
