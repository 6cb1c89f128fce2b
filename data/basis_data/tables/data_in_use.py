"""The data in use: the embedded tables, or a snapshot of newer ones beside them; their digest; caches over them."""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from basis_data.tables.files import read_bytes
from basis_engine.base.errors import InputError

if TYPE_CHECKING:
    from functools import _lru_cache_wrapper

T = TypeVar("T")

HISTORY = Path(__file__).parents[1] / "history"
VARIABLE = "BASIS_STRESS_DATA"
"""Environment variable that names the snapshot to use; processes that a sweep starts inherit it."""
MANIFEST = "manifest.json"
EMBEDDED = "embedded"


@dataclass(frozen=True)
class DataInUse:
    """Where tables come from."""

    name: str
    """'embedded', or the name of the snapshot's folder."""
    folder: Path | None
    """Of the snapshot; None for the embedded tables."""
    digest: str
    """SHA-256 of all tables, first twelve digits."""

    def __str__(self) -> str:
        """Describe it for settings and pages: 'embedded, digest 0123456789ab'."""
        return f"{self.name}, digest {self.digest}"


_Text = Annotated[str, Field(pattern=r"^[^\p{C}]*$")]
"""Text without control characters."""
_File = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""A name that stays in its folder: a snapshot may come from a stranger."""


class _Written(BaseModel):
    """What a manifest says of a table."""

    sha256: _Text


class _Raw(_Written):
    """What a manifest says of a publisher's answer."""

    file: _File


class _Base(BaseModel):
    """The data under a snapshot."""

    name: _Text
    digest: _Text


class _Manifest(BaseModel):
    """The manifest of a snapshot, as far as it is used."""

    model_config = ConfigDict(strict=True)
    made: _Text
    until: _Text
    digest: _Text
    base: _Base
    tables: dict[_File, _Written]
    raw: list[_Raw]
    remarks: list[str]


_folders: list[Path | None] = []
"""The folder in use, once it is known."""
_clear: list[Callable[[], None]] = []


def on_new_data(clear: Callable[[], None]) -> None:
    """Call a function, such as a cache's `cache_clear`, whenever the data in use change."""
    _clear.append(clear)


def cached(function: Callable[..., T]) -> "_lru_cache_wrapper[T]":
    """Cache a function of the tables, until the data in use change."""
    kept = cache(function)
    on_new_data(kept.cache_clear)
    return kept


def snapshots_folder() -> Path:
    """Return the folder of a user's snapshots: `basis-stress/snapshots` under $XDG_DATA_HOME or ~/.local/share."""
    root = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(root) / "basis-stress" / "snapshots"


def use_data(snapshot: str | Path | None = None) -> DataInUse:
    """Use the tables of a snapshot from now on, or the embedded ones with None.

    Parameters
    ----------
    snapshot
        A folder that `basis-stress data refresh` wrote, or its name in the folder of snapshots.

    Raises
    ------
    InputError
        If there is no such snapshot, or a table in it is not the one that was written.
    """
    folder = None if snapshot is None or str(snapshot) == EMBEDDED else _found(Path(snapshot))
    if folder is not None:
        check_tables(folder)
    _folders[:] = [folder]
    os.environ.pop(VARIABLE, None)
    if folder is not None:
        os.environ[VARIABLE] = str(folder)
    for clear in _clear:
        clear()
    return data_in_use()


def data_in_use() -> DataInUse:
    """Return where tables come from, and their digest."""
    folder = _folder()
    if folder is None:
        return DataInUse(EMBEDDED, None, embedded_digest())
    return DataInUse(folder.name, folder, str(manifest(folder)["digest"])[:12])


def table_file(file: str) -> Path:
    """Return the path of a table's file in the data in use."""
    folder = _folder()
    newer = folder / "tables" / file if folder is not None else None
    return newer if newer is not None and newer.exists() else HISTORY / file


def manifest(folder: Path) -> dict[str, Any]:
    """Read a snapshot's manifest.

    Raises
    ------
    InputError
        If it is missing or is no manifest.
    """
    content = read_bytes(folder / MANIFEST, "the folder of a snapshot that `basis-stress data refresh` wrote")
    try:
        found: dict[str, Any] = json.loads(content)
        _Manifest.model_validate(found)
    except (ValueError, RecursionError):
        raise InputError(f"{folder / MANIFEST}: is not a snapshot's manifest; refresh the data again") from None
    return found


def check_tables(folder: Path) -> None:
    """Refuse a snapshot of which a table differs from its digest in the manifest."""
    for name, entry in manifest(folder)["tables"].items():
        if sha256(read_bytes(folder / "tables" / name, "a whole snapshot")) != entry["sha256"]:
            raise InputError(
                f"{folder / 'tables' / name}: differs from its digest in the manifest; it was changed after the "
                "refresh: refresh the data again"
            )


@cache
def embedded_digest() -> str:
    """SHA-256 of the embedded tables, first twelve digits."""
    digest = hashlib.sha256()
    for path in sorted(HISTORY.glob("*.csv")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def sha256(content: bytes) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _folder() -> Path | None:
    """Folder in use; the first time, that of the environment variable."""
    if not _folders:
        given = os.environ.get(VARIABLE)
        use_data(given or None)
    return _folders[0]


def _found(given: Path) -> Path:
    """Find a snapshot by its path, or by its name in the folder of snapshots."""
    for folder in (given, snapshots_folder() / given):
        if (folder / MANIFEST).is_file():
            return folder.resolve()
    raise InputError(
        f"data: {str(given)!r} is no snapshot; give a folder that `basis-stress data refresh` wrote, one that "
        f"`basis-stress data status` lists, or {EMBEDDED!r}"
    )
