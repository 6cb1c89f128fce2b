"""An explorer in a process of its own, started and ended as a user does."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from support import ROOT

PATHS = os.pathsep.join(str(ROOT / part) for part in (".", "engine", "data", "strategies"))


@dataclass(frozen=True)
class Served:
    """A running explorer."""

    process: "subprocess.Popen[str]"
    address: str
    """With its token."""

    @property
    def origin(self) -> str:
        """Address without path and token."""
        return self.address.split("/?")[0]

    @property
    def token(self) -> str:
        """The token of the address."""
        return self.address.split("token=")[1]


@contextmanager
def served(*arguments: str) -> Iterator[Served]:
    """Start `basis-stress explore`, wait for its line, and end it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "basis_stress", "explore", "--no-browser", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": PATHS},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{32}", line), (line, process.poll())
        yield Served(process, line)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
