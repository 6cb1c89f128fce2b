"""Answers of publishers: from which day to ask, and those of single days kept at once, to go on where one stopped."""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path

from basis_data.refresh.download import Downloader, Request
from basis_data.refresh.formats import ChangedFormatError, Rows
from basis_data.refresh.sources import OVERLAP_DAYS, Source
from basis_data.tables.calendars import mark_days
from basis_data.tables.files import read_bytes
from basis_data.tables.layouts import TABLES
from basis_data.tables.reader import read
from basis_engine.base.errors import InputError

PARTS = ".parts"
"""Folder of answers by day, kept as they arrive, so that a refresh that stops goes on where it was."""
FIRST = date(2010, 1, 1)
"""First day that can be asked for: FedInvest's prices begin in 2010."""


def answer(source: Source, request: Request, fetch: Downloader, root: Path) -> bytes:
    """Body of a response; one of a day is kept as soon as it has the right format, and taken from there next time."""
    part = root / PARTS / request.file
    if source.by_day and part.is_file():
        return read_bytes(part, "an answer of a publisher")
    body = fetch.get(request, source.publisher)
    if source.by_day:
        parsed(source, request, body)
        _keep(body, part)
    return body


def _keep(body: bytes, part: Path) -> None:
    """Write an answer under its name in one step."""
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        half = part.with_suffix(f".{os.getpid()}")
        half.write_bytes(body)
        half.replace(part)
    except OSError as problem:
        raise unwritable(part.parents[1], problem) from None


def forget(names: Collection[str], root: Path) -> None:
    """Delete kept answers that a snapshot holds now."""
    with suppress(OSError):  # others may be kept there for another refresh
        for name in names:
            (root / PARTS / name).unlink(missing_ok=True)
        (root / PARTS).rmdir()


@contextmanager
def kept_if_used(names: Collection[str], root: Path) -> Iterator[None]:
    """Delete kept answers that have the right format and cannot be used, so that the next refresh asks again."""
    try:
        yield
    except InputError:
        forget(names, root)
        raise


def unwritable(root: Path, problem: OSError) -> InputError:
    """Build the sentence for a folder that cannot be written."""
    return InputError(
        f"refresh: {root} cannot be written ({problem.strerror or problem}); give another folder with --out"
    )


def first_day(source: Source, last: date) -> date:
    """First day to ask for: of prices the last business day, else some days before the last one at hand."""
    if source.by_day:
        latest: date = mark_days(last - timedelta(days=10), last)[-1].astype(object)
        return latest
    return last_known(source) - timedelta(days=OVERLAP_DAYS)


def last_known(source: Source) -> date:
    """Last day of a source's table in the data in use; of the report that ends first, if it has several."""
    name = {"securities": "issue_date"}.get(source.table, TABLES[source.table].key[0])
    table = read(source.table)
    if not source.adds_rows:
        table = table.dropna(subset="effr_pct")
    by_series = table.groupby("report_type")[name].max() if source.table == "positions" else table[name].tail(1)
    last: date = (table[name].max() if source.table == "securities" else by_series.min()).date()
    return last


def parsed(source: Source, request: Request, body: bytes) -> Rows:
    """Rows of a response, or a sentence on what is not as it was."""
    try:
        return source.parse(request, body)
    except ChangedFormatError as problem:
        raise InputError(
            f"refresh, {source.publisher}: the format of {source.name} ({request.file}) has changed: {problem}; "
            "nothing was changed"
        ) from None
