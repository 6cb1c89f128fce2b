"""Start the explorer on this machine: a loopback socket, a token, one printed line, and a clean end."""

from __future__ import annotations

import secrets
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Mapping
from pathlib import Path

import uvicorn

from basis_engine.base.errors import InputError
from basis_stress.explorer.server import application
from basis_stress.explorer.state import read_state

TOKEN_BYTES = 24


def bound(port: int) -> socket.socket:
    """A socket on this machine; port 0 takes a free one.

    Raises
    ------
    InputError
        If the port cannot be had.
    """
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as trouble:
        found.close()
        raise InputError(f"port: {port} given, which cannot be had ({trouble}); leave it out for a free one") from None
    return found


def serve(scenario: str, port: int, browser: bool, books: Mapping[str, Path], tell: Callable[[str], None]) -> None:
    """Serve until Ctrl-C or SIGTERM; ``tell`` gets the one line with the address."""
    read_state([("scenario", scenario)], books)
    listening = bound(port)
    token, taken = secrets.token_urlsafe(TOKEN_BYTES), listening.getsockname()[1]
    address = f"http://127.0.0.1:{taken}/?token={token}"
    config = uvicorn.Config(
        application(token, taken, books, scenario), log_level="error", access_log=False, server_header=False,
        lifespan="off", ws="none", timeout_graceful_shutdown=2, limit_concurrency=64,
    )  # fmt: skip
    server = _Server(config, lambda: tell(address))
    if browser:
        threading.Timer(0.5, webbrowser.open, (address,)).start()
    with listening:
        server.run(sockets=[listening])


class _Server(uvicorn.Server):
    """A server that says when it answers, and for which Ctrl-C and SIGTERM are the usual end and no error."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self.ready()
        sys.stdout.flush()

    def handle_exit(self, sig: int, frame: object) -> None:
        """End, and forget the signal, which the server would raise again."""
        super().handle_exit(sig, frame)  # type: ignore[arg-type]
        self._captured_signals.clear()
