"""The server of the explorer: pages and JSON answers, GET only, one calculation at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from basis_engine.base.errors import InputError
from basis_stress.explorer import page
from basis_stress.explorer.answers import answer
from basis_stress.explorer.downloads import download
from basis_stress.explorer.map_cells import SHARE
from basis_stress.explorer.maps import STEPS, outcome_map
from basis_stress.explorer.panels import breaks, market
from basis_stress.explorer.safety import guard, refusal
from basis_stress.explorer.state import State, read_state
from basis_stress.reporting.colours import css
from basis_stress.reporting.html import STATIC, VENDOR

HERE = Path(__file__).parent
_OWN = ("x", "y", "steps", "versus", "token")
"""Names in a query string that are of the page and not of the book."""
_TYPES = {".js": "text/javascript", ".css": "text/css", ".txt": "text/plain"}
ASSETS = {path.name: path for folder in (HERE / "static", STATIC, VENDOR) for path in sorted(folder.iterdir())}
"""Files that the page may load, by name."""


class Calculations:
    """Runs one calculation at a time, and none for a reader who has gone on."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()

    async def run(self, request: Request, calculate: Callable[[], Any]) -> Any:
        """Calculate in a thread; parallel kernels must not run from two threads at once."""
        async with self.lock:
            if await request.is_disconnected():
                return None
            return await run_in_threadpool(calculate)


def application(token: str, port: int, files: Mapping[str, Path], scenario: str = "april-2025") -> Starlette:
    """The application, for one token and port; ``files`` are the books that the command line named."""
    calculations = Calculations()

    def state_of(query: str) -> State:
        given = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name not in _OWN]
        if not any(name == "scenario" for name, _ in given):
            given.insert(0, ("scenario", scenario))
        return read_state(given, files)

    def json(calculate: Callable[[State, Request], Any]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            try:
                found = await calculations.run(request, lambda: calculate(state_of(request.url.query), request))
            except InputError as mistake:
                # Not a failed request: a browser would write 422 into its console at each number half typed.
                return JSONResponse({"error": " ".join(str(mistake).split())[:300]})
            return JSONResponse(found)

        return endpoint

    async def home(request: Request) -> Response:
        versus = request.query_params.get("versus", "")
        html, status = await calculations.run(request, lambda: page.render(state_of, request.url.query, versus, files))
        return HTMLResponse(html, status)

    async def asset(request: Request) -> Response:
        path = ASSETS.get(request.path_params["name"])
        if path is None or path.suffix not in _TYPES:
            return refusal(404, "no such file")
        return FileResponse(path, media_type=_TYPES[path.suffix])

    async def colours(request: Request) -> Response:
        return Response(css(), media_type="text/css")

    async def file(request: Request) -> Response:
        kind = request.path_params["kind"]
        try:
            state = state_of(request.url.query)
            made, media = await calculations.run(request, lambda: download(state, kind)) or (b"", "text/plain")
        except InputError as mistake:
            return refusal(422, str(mistake))
        name = f'attachment; filename="{state.scenario_name}-{kind}"'
        return Response(made, media_type=media, headers={"Content-Disposition": name})

    routes = [
        Route("/", home),
        Route("/api/run", json(lambda state, request: answer(state, state.run()))),
        Route("/api/map", json(_map)),
        Route("/api/breaks", json(lambda state, request: breaks(state))),
        Route("/api/market", json(lambda state, request: market(state))),
        Route("/download/{kind}", file),
        Route("/static/colours.css", colours),
        Route("/static/{name}", asset),
    ]
    return Starlette(routes=routes, middleware=[Middleware(BaseHTTPMiddleware, dispatch=guard(token, port))])


def _map(state: State, request: Request) -> dict[str, Any]:
    """The outcome map of a request."""
    given = request.query_params
    try:
        steps = int(given.get("steps", STEPS))
    except ValueError:
        raise InputError(f"map: steps {given['steps'][:20]!r} given, allowed is a whole number") from None
    return outcome_map(state, given.get("x", SHARE), given.get("y", "haircut"), steps)
