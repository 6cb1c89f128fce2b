"""Requests to the explorer, asked of its application in this process: absurd numbers, names, hosts, methods, queries.

Every answer has the headers that keep others out, is never an error of the server, and repeats nothing as markup.
"""

import asyncio
import json
import random
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote_plus

from basis_data.scenarios.scenario import names
from basis_stress.explorer.controls import CONTROLS
from basis_stress.explorer.downloads import KINDS
from basis_stress.explorer.maps import AXES
from basis_stress.explorer.safety import HEADERS
from basis_stress.explorer.server import application
from campaigns.limits import limited

REQUESTS = 50
"""Requests of one seed."""
TOKEN, PORT = "t" * 32, 8765
COOKIE = f"basis-stress-{PORT}={TOKEN}"
MARKUP = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
HOSTILE = (
    "", " ", "0", "-1", "1e308", "5e-324", "1e999", "nan", "-inf", "9" * 79, "9" * 4000, "٣", "0x10", "1_0", "a\0b",
    "\udcff", "\u202e", "../../etc/passwd", "/dev/zero", "file.py:A", "{{7*7}}", "${7*7}", "%00", "'", MARKUP[:79],
    MARKUP, "javascript:alert(1)", "TY,TY", "TY,FV,TU,US,TN,UB", ",", "2025-02-30", "2025-04-07", "9999-12-31",
    "true", "false", "hold", "cure", "cftc", "__import__", "=1+1", "\r\nSet-Cookie: a=b", "\x1b[31m", "1e-9", "50",
)  # fmt: skip
HOSTS = ("127.0.0.1:8765", "localhost:8765", "evil.example", "127.0.0.1", "127.0.0.1:1", "", "[::1]:8765",
         "127.0.0.1:8765.evil.example", "LOCALHOST:8765", "127.0.0.1:8765, evil.example")  # fmt: skip
METHODS = ("GET",) * 9 + ("HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "A" * 1000)
PATHS = (
    "/", "/api/run", "/api/run", "/api/run", "/api/breaks", "/api/market", "/api/map", "/static/explorer.js",
    "/api/run/x",
    "/static/../server.py", "/static/..%2fserver.py", "/static//etc/passwd", "/download/x", "/api", "/docs",
    "//evil.example/",
    "/static/" + "a" * 3000, "/static/\0", "/api/run/", "/%2e%2e/", "*", "",
)  # fmt: skip
ODD = (b"&" * 5000, b"&a=%ff%fe", b"&=", b"&%", b"&token=%ED%A0%80", b";leverage=5", b"&\xff=\xfe")
"""Ends of query strings."""
COOKIES = ("", "a=b", COOKIE[:-1], COOKIE + "x", "\xff", "a" * 9000)
STATUSES = {200, 303, 307, 400, 403, 404, 405, 414, 421, 422}


class Reply(NamedTuple):
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes


class Asked(NamedTuple):
    """A request."""

    method: str
    path: str
    query: bytes
    headers: list[tuple[bytes, bytes]]

    @property
    def let_in(self) -> bool:
        """Whether it is of this machine, with the token, and of the one method."""
        given = {name: value.decode("latin-1") for name, value in reversed(self.headers)}
        known = given.get(b"host") in HOSTS[:2] and self.method == "GET" and given.get(b"cookie") == COOKIE
        other = given.get(b"sec-fetch-site") == "cross-site" and self.path != "/"
        return known and not other


async def _answered(app: Any, asked: Asked) -> Reply:
    """Ask the application as a server would."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": asked.method, "scheme": "http",
        "path": asked.path, "raw_path": asked.path.encode(errors="replace"), "query_string": asked.query,
        "root_path": "", "headers": asked.headers, "client": ("127.0.0.1", 5), "server": ("127.0.0.1", PORT),
    }  # fmt: skip
    parts: list[dict[str, Any]] = []
    never = asyncio.Event()
    came = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        for message in came:
            return message
        await never.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        parts.append(message)

    await app(scope, receive, send)
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in parts[0]["headers"]}
    return Reply(parts[0]["status"], headers, b"".join(part.get("body", b"") for part in parts[1:]))


@cache
def books() -> dict[str, Path]:
    """A book that the command line named."""
    path = Path(tempfile.mkdtemp(prefix="campaign-")) / "mine.csv"
    path.write_text("contract,face_usd,haircut,label\nTY,500e6,0.02,<b>\nFV,250e6,0.01,'\n")
    return {"mine.csv": path}


def query(draws: random.Random) -> bytes:
    """A query string: a few options, mostly hostile; sometimes thousands of letters, or bytes that are no text."""
    options = [control.option for control in CONTROLS.values()]
    given = [("scenario", draws.choice([*names(), draws.choice(HOSTILE)]))] if draws.random() < 0.6 else []
    for _ in range(draws.choice((0, 1, 1, 2, 3, 8))):
        name = draws.choice((*options, *options, "contract", "book", "versus", "token", "x", "y", "steps", "leverige"))
        number = f"{draws.choice((0, 1, -1, 10)) * 10.0 ** draws.randint(-6, 6) * draws.uniform(0.1, 10):g}"
        usual = {"x": draws.choice(list(AXES)), "y": draws.choice(list(AXES)), "steps": "5", "book": "mine.csv"}
        given.append((name, draws.choice((number, usual.get(name, number), draws.choice(HOSTILE)))))
    text = "&".join(f"{quote_plus(name)}={quote_plus(value, errors='replace')}" for name, value in given).encode()
    if draws.random() < 0.1:
        text += draws.choice(
            (b"&" * 5000, b"&a=%ff%fe", b"&=", b"&%", b"&token=%ED%A0%80", b";leverage=5", b"&\xff=\xfe")
        )
    return text


def drawn(draws: random.Random) -> Asked:
    """A request; most are let in."""
    host = HOSTS[0] if draws.random() < 0.85 else draws.choice(HOSTS)
    headers = [(b"host", host.encode())] if draws.random() < 0.99 else []
    cookie = COOKIE if draws.random() < 0.9 else draws.choice(COOKIES)
    headers.append((b"cookie", cookie.encode("latin-1")))
    if draws.random() < 0.1:
        headers.append((b"sec-fetch-site", draws.choice((b"cross-site", b"same-site", b"none", b"\xff"))))
    if draws.random() < 0.05:
        headers.append((b"x-" + b"a" * 5000, b"b" * 60_000))
    path = draws.choice(PATHS) if draws.random() < 0.99 else f"/download/{draws.choice(list(KINDS))}"
    return Asked(draws.choice(METHODS), path, query(draws), headers)


def check(asked: Asked, reply: Reply) -> None:
    """Assert that nobody is let in who should not be, and that an answer is one."""
    assert reply.status in STATUSES, f"status {reply.status}: {reply.body[:300]!r}"
    for name, value in HEADERS.items():
        assert reply.headers.get(name.lower()) == value, f"header {name} is {reply.headers.get(name.lower())}"
    kind = reply.headers.get("content-type", "")
    assert b"Traceback" not in reply.body
    assert MARKUP[2:27].encode() not in reply.body or not kind.startswith("text/html"), "markup is repeated"
    assert b"onerror=alert" not in reply.body or b"<img src=x" not in reply.body or "html" not in kind
    entered = reply.status == 303 and f"token={TOKEN}".encode() in asked.query
    if not asked.let_in and not entered:
        assert reply.status in (400, 403, 405, 414, 421), f"let in with {reply.status}"
        assert len(reply.body) < 400, "a long refusal"
    if kind.startswith("application/json"):
        found = json.loads(reply.body, parse_constant=_no_number)
        assert len(found.get("error", "")) <= 300, "a long sentence"
    if reply.status == 303:
        assert "\n" not in reply.headers["location"]


def _no_number(text: str) -> None:
    """Refuse what JSON has no number for."""
    raise AssertionError(f"{text} in JSON")


def trial(seed: int) -> dict[str, int]:
    """Ask some requests; how many of each path."""
    draws, tried = random.Random(f"explorer requests {seed}"), dict[str, int]()
    app = application(TOKEN, PORT, books())

    async def all_of_them() -> None:
        for number in range(REQUESTS):
            asked = drawn(draws)
            try:
                with limited():
                    check(asked, await _answered(app, asked))
            except Exception as problem:
                text = f"request {number}, {asked.method[:10]} {asked.path[:40]} {asked.query[:200]!r}"
                raise AssertionError(f"{text}: {type(problem).__name__}: {problem}") from problem
            name = asked.path if asked.path in ("/", "/api/run", "/api/map", "/api/breaks", "/api/market") else "other"
            tried[name] = tried.get(name, 0) + 1

    asyncio.run(all_of_them())
    return tried
