"""Answers of the data's publishers, damaged: a refresh writes a snapshot whose tables are right, or says one sentence.

Bodies are cut, replaced by pages, given in other encodings, huge, deeply nested, and changed cell by cell.
"""

import contextlib
import datetime
import json
import random
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from basis_data.refresh.download import Downloader
from basis_data.refresh.snapshot import refresh, verify
from basis_data.refresh.sources import SOURCES
from basis_data.tables.data_in_use import MANIFEST, check_tables, manifest
from basis_engine.base.errors import InputError
from campaigns.files import changed, damaged
from campaigns.limits import limited
from support.publishers import answers

PAYLOADS = 20
"""Refreshes of one seed."""
UNTIL = datetime.date(2026, 9, 10)
WRONG = (
    b"", b"\n", b"<html>down for maintenance</html>", b"\xef\xbb\xbf", b"null", b"[]", b"{}", b'{"refRates": null}',
    b"[" * 100_000, b'{"a":' * 50_000, b"\0" * 100, b"Date\n", b"Date,BETA0\n", b'"' * 1000, b"1" * 5000, b"NaN",
    b'"' + b"a" * 200_000, b"a," * 100_000, b"\r" * 1000, b"9" * 1_000_000,
)  # fmt: skip
"""Bodies that no publisher sends on a good day."""
NUMBERS = ("1e999999", "1e99999999999999999999", "-1e400", "NA", ".", "*", "null", "NaN", "inf", "-0", "1e-999999999",
           "٣", "1_000", "0x10", "=1+1", "9" * 5000, "1.0e5", "12,345", "", "\x1b[31m", "-99")  # fmt: skip


@contextlib.contextmanager
def published(bodies: Mapping[str, bytes]) -> Iterator[None]:
    """Answer every request from memory: those of `support.publishers`, some paths with other bodies."""
    usual = answers()

    def body(self: Downloader, method: str, url: str, *asked: Any) -> tuple[bytes, str]:
        path = urlsplit(url).path
        path = "/api/pd/get" if path.startswith("/api/pd/get") else path
        found = bodies.get(path, usual.get(path, "").encode())
        return found, "text/html" if found.lstrip().startswith(b"<") else "application/octet-stream"

    kept, Downloader._body = Downloader._body, body  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        Downloader._body = kept  # type: ignore[method-assign]


def payload(draws: random.Random, content: str) -> bytes:
    """A body that is not as it was."""
    kind = draws.randrange(10)
    if kind == 0:
        return draws.choice(WRONG)
    if kind <= 3 and content[:1] in "[{":
        return json.dumps(changed(draws, json.loads(content)), default=str).encode(errors="replace")
    if kind <= 6:
        return cell(draws, content).encode(errors="replace")
    return damaged(draws, content.encode())


def cell(draws: random.Random, content: str) -> str:
    """A body with one number replaced."""
    number = draws.choice(NUMBERS)
    if content[:1] in "[{":
        found = json.loads(content)
        rows = found if isinstance(found, list) else next(one for one in _lists(found))
        row = draws.choice(rows)
        row[draws.choice(sorted(row))] = draws.choice((number, None, 1e308, 10**400, float("nan"), [], {}, True))
        return json.dumps(found)
    lines = content.splitlines()
    place = draws.randrange(len(lines))
    cells = lines[place].split(",")
    cells[draws.randrange(len(cells))] = number
    lines[place] = ",".join(cells)
    return "\n".join(lines) + "\n"


def _lists(found: Any) -> Iterator[list[Any]]:
    """Lists of rows within a response."""
    for one in found.values():
        if isinstance(one, list):
            yield one
        elif isinstance(one, dict):
            yield from _lists(one)


def trial(seed: int) -> dict[str, int]:
    """Refresh from damaged answers; how many of each publisher."""
    draws, tried = random.Random(f"refresh payloads {seed}"), dict[str, int]()
    usual = answers()
    for number in range(PAYLOADS):
        source = draws.choice(SOURCES)
        asked = {urlsplit(one.url).path for one in source.requests(UNTIL - datetime.timedelta(days=20), UNTIL)}
        known = sorted(path for path in usual if path in asked or any(path in one for one in asked))
        path = draws.choice(known)
        body = payload(draws, usual[path])
        try:
            check(source.name, {path: body})
        except Exception as problem:
            text = f"payload {number}, {source.name}, {body[:60]!r}: {type(problem).__name__}: {problem}"
            raise AssertionError(text) from problem
        tried[source.name] = tried.get(source.name, 0) + 1
    return tried


def check(source: str, bodies: Mapping[str, bytes]) -> None:
    """Assert that a refresh writes right tables, or leaves nothing and says one sentence."""
    with tempfile.TemporaryDirectory() as folder, limited():
        root = Path(folder) / "snapshots"
        try:
            with published(bodies):
                made = refresh(UNTIL, [source], root)
        except InputError as refusal:
            text = str(refusal)
            assert text, "no sentence"
            assert len(text) <= 300, f"sentence of {len(text)} letters"
            assert "\n" not in text, "a sentence of several lines"
            left = [path.name for path in root.rglob("*") if path.name != ".lock"] if root.exists() else []
            assert not left, f"left behind: {left[:3]}"
            return
        assert not verify(made), verify(made)
        assert json.loads((made / MANIFEST).read_text()) == manifest(made)
        total = sum(path.stat().st_size for path in (made / "tables").iterdir())
        assert total < 8 * 2**20, f"tables of {total} bytes"
        check_tables(made)
