"""Snapshots: newer tables beside the embedded ones, with raw responses and digests, written whole or not at all."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import filelock
import pandas as pd

from basis_data.markets.note_spreads import FEDINVEST
from basis_data.refresh.answers import FIRST, answer, first_day, forget, kept_if_used, last_known, parsed, unwritable
from basis_data.refresh.download import Downloader
from basis_data.refresh.formats import Rows
from basis_data.refresh.merge import Merged, merged
from basis_data.refresh.sources import SOURCES, Source
from basis_data.tables.data_in_use import MANIFEST, data_in_use, manifest, sha256, snapshots_folder, table_file
from basis_data.tables.files import read_text
from basis_data.tables.layouts import TABLES
from basis_data.tables.reader import read
from basis_data.tables.validation import did_you_mean
from basis_engine.base.errors import InputError

STAGING = ".refresh-"
"""Begins the name of a folder in which a snapshot is made; one left by a killed run is deleted by the next."""
PATIENCE_S = 10.0
FILES = {"prices": FEDINVEST}
"""Files of tables that the program itself has none of."""


@dataclass
class Draft:
    """A snapshot while it is made."""

    until: date
    raw: list[dict[str, Any]] = field(default_factory=list)
    bodies: dict[str, bytes] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)
    """Text of each table, by file."""
    remarks: list[str] = field(default_factory=list)


def refresh(
    until: date | None = None,
    only: Sequence[str] | None = None,
    folder: str | Path | None = None,
    *,
    since: date | None = None,
    server: str | None = None,
    pause_s: float = 0.5,
    progress: Callable[[str], None] = lambda text: None,
) -> Path:
    """Download newer data into a new snapshot, which extends the data in use; nothing that exists is changed.

    Parameters
    ----------
    until
        Last day, today by default.
    only
        Names of sources, all by default.
    folder
        Folder of snapshots; the user's by default.
    since
        First day. By default prices are those of the last business day, and other sources go on from the data in use.
        Of prices, days at hand are not asked for again, and a refresh that stops half-way goes on when it is repeated.
    server
        Address of a server that stands in for the publishers' own, with their paths.
    pause_s
        Seconds before the first retry of a request.
    progress
        Called with a line of text before each source.

    Returns
    -------
    Path
        The folder of the snapshot, named after `until`.

    Raises
    ------
    InputError
        If a publisher cannot be reached or has changed its format, the folder cannot be written, or `since` is after
        `until`.
    """
    chosen, last = _chosen(only), until or datetime.now(UTC).date()
    if since is not None and not FIRST <= since <= last:
        raise InputError(f"since: {since} given, allowed is {FIRST} to {last}, the last day; give an earlier one")
    draft, fetch = Draft(last), Downloader(server, pause_s)
    root = Path(folder) if folder is not None else snapshots_folder()
    _inherit(draft)
    for source in chosen:
        progress(f"{source.name}: {source.publisher}")
        first = since or first_day(source, last)
        requests = source.requests(first, last) if source.by_day or first < last else []
        if not requests:
            at_hand = f"have {first} to {last}" if source.by_day else f"reach {last_known(source)}"
            draft.remarks.append(f"{source.name}: not asked, the data in use {at_hand}")
            continue
        rows: Rows = []
        for request in requests:
            if source.by_day:
                progress(f"  {request.file}")
            body = answer(source, request, fetch, root)
            draft.bodies[request.file] = body
            draft.raw.append(
                {
                    "source": source.name,
                    "publisher": source.publisher,
                    "url": request.url,
                    "parameters": dict(request.parameters),
                    "file": request.file,
                    "sha256": sha256(body),
                    "retrieved": datetime.now(UTC).isoformat(timespec="seconds"),
                }
            )
            rows += parsed(source, request, body)
        with kept_if_used(draft.bodies, root):
            _take(draft, source, rows, first, last)
    with kept_if_used(draft.bodies, root):
        target = write(draft, folder)
    forget(draft.bodies, root)
    return target


def import_margins(file: str | Path, folder: str | Path | None = None) -> Path:
    """Add margins of a user's file (table `margins`) to the data in use, as a new snapshot.

    Raises
    ------
    InputError
        If the file is wrong, or the folder cannot be written.
    """
    read("margins", file)  # names the row and column of a mistake
    text = read_text(Path(file), "the path of a CSV file")
    rows = [{str(name): cell for name, cell in row.items()} for row in _cells(text).to_dict("records")]
    draft = Draft(datetime.now(UTC).date())
    _inherit(draft)
    draft.bodies["margins.csv"] = text.encode()
    draft.raw.append({"source": "margins", "publisher": "user", "file": "margins.csv", "sha256": sha256(text.encode())})
    found = merged("margins", _table_text(draft, "margins"), rows)
    draft.tables[TABLES["margins"].file] = found.text
    draft.remarks += [f"margins: {remark}" for remark in found.revised]
    return write(draft, folder)


def write(draft: Draft, folder: str | Path | None) -> Path:
    """Write a snapshot aside, check its tables, and give it its name in one step."""
    root = Path(folder) if folder is not None else snapshots_folder()
    try:
        root.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(root / ".lock", timeout=PATIENCE_S):
            for left in root.glob(f"{STAGING}*"):
                shutil.rmtree(left)
            staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=root))
            try:
                _fill(staging, draft)
                target = _free_name(root, str(draft.until))
                staging.chmod(0o755)
                staging.rename(target)
            except BaseException:
                with suppress(OSError):
                    shutil.rmtree(staging)
                raise
    except filelock.Timeout:
        raise InputError(f"refresh: another refresh is writing into {root}; try again when it has ended") from None
    except OSError as problem:
        raise unwritable(root, problem) from None
    return target


def verify(folder: Path) -> list[str]:
    """Compute every digest of a snapshot again; return a sentence for each file that differs, or is missing."""
    found, wrong = manifest(folder), []
    expected = {f"raw/{entry['file']}": entry["sha256"] for entry in found["raw"]}
    expected |= {f"tables/{name}": entry["sha256"] for name, entry in found["tables"].items()}
    for name, digest in expected.items():
        path = folder / name
        if not path.is_file():
            wrong.append(f"{name} is missing")
        elif sha256(path.read_bytes()) != digest:
            wrong.append(f"{name} differs from its digest in the manifest")
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    wrong += [f"{name} is not in the manifest" for name in sorted(present - expected.keys() - {MANIFEST})]
    if _digest(found["tables"], found["base"]["digest"]) != found["digest"]:
        wrong.append(f"the digest in {MANIFEST} is not that of its tables")
    return wrong


def _chosen(only: Sequence[str] | None) -> list[Source]:
    """Sources by name, in their own order."""
    names = [source.name for source in SOURCES]
    for name in only or ():
        if name not in names:
            raise InputError(f"only: {name!r} given{did_you_mean(name, names)}; allowed are {', '.join(names)}")
    return [source for source in SOURCES if only is None or source.name in only]


def _inherit(draft: Draft) -> None:
    """Take over the tables of the snapshot in use, if any."""
    base = data_in_use().folder
    if base is not None:
        for name in manifest(base)["tables"]:
            if name not in _layouts():
                raise InputError(f"refresh: the snapshot in use holds {name}, no table; choose another with --data")
            draft.tables[name] = (base / "tables" / name).read_text(encoding="utf-8")


def _file(table: str) -> str:
    """File name of a table."""
    return TABLES[table].file or FILES[table]


def _layouts() -> dict[str, str]:
    """Table of each file."""
    return {_file(name): name for name in TABLES if TABLES[name].file or name in FILES}


def _take(draft: Draft, source: Source, rows: Rows, since: date, last: date) -> None:
    """Merge the rows of a source, within the days asked for, into its table."""
    name = "issue_date" if source.table == "securities" else TABLES[source.table].key[0]
    asked = [row for row in rows if str(since) <= row[name] <= str(last)]
    if not asked:
        draft.remarks.append(f"{source.name}: {source.publisher} has nothing from {since} to {last}")
        return
    found: Merged = merged(source.table, _table_text(draft, source.table), asked, adds_rows=source.adds_rows)
    draft.tables[_file(source.table)] = found.text
    draft.remarks.append(f"{source.name}: {found.added} rows added, {found.filled} blanks filled, to {found.last}")
    draft.remarks += [f"{source.name}: {remark}" for remark in found.revised]


def _table_text(draft: Draft, table: str) -> str:
    """Text of a table so far: of this draft, or of the data in use; only a header if there is none."""
    file = _file(table)
    if file in draft.tables:
        return draft.tables[file]
    path = table_file(file)
    if not path.exists():
        return ",".join(column.name for column in TABLES[table].columns) + "\n"
    return path.read_text(encoding="utf-8")


def _cells(text: str) -> pd.DataFrame:
    """Cells of a CSV as text."""
    return pd.read_csv(StringIO(text), dtype=str, keep_default_na=False)


def _fill(staging: Path, draft: Draft) -> None:
    """Write raw responses, tables and manifest; every table has to pass the checks of its layout."""
    (staging / "raw").mkdir()
    (staging / "tables").mkdir()
    for name, body in draft.bodies.items():
        (staging / "raw" / name).write_bytes(body)
    layouts = _layouts()
    entries = {}
    for file, text in sorted(draft.tables.items()):
        path = staging / "tables" / file
        path.write_text(text, encoding="utf-8", newline="\n")
        try:
            checked = read(layouts[file], path)
        except InputError as problem:
            raise InputError(f"refresh: {str(problem).replace(str(path), file)}; nothing was changed") from None
        entries[file] = {"sha256": sha256(path.read_bytes()), "rows": len(checked)}
    base = data_in_use()
    content = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "until": str(draft.until),
        "base": {"name": base.name, "digest": base.digest},
        "digest": _digest(entries, base.digest),
        "tables": entries,
        "raw": draft.raw,
        "remarks": draft.remarks,
    }
    (staging / MANIFEST).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _digest(tables: dict[str, Any], base: str) -> str:
    """Digest of a snapshot: of the digests of its tables, and of the data under them."""
    lines = [f"{name} {entry['sha256']}" for name, entry in sorted(tables.items())]
    return hashlib.sha256("\n".join([base, *lines]).encode()).hexdigest()


def _free_name(root: Path, name: str) -> Path:
    """Path of a folder that does not exist yet: the name, or the name with a number."""
    for number in range(1, 10_000):
        target = root / (name if number == 1 else f"{name}-{number}")
        if not target.exists():
            return target
    raise InputError(f"refresh: {root} holds too many snapshots of {name}; delete some")
