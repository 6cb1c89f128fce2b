"""Work in a forked child of this process, which has loaded libraries and kernels: milliseconds instead of a second.

The child has its own folder, streams, limits and signals, and what it prints and how it ends is judged by the parent.
"""

import gc
import os
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

SECONDS = 20
"""Processor time that a child may take; the machine may be busy, so the clock on the wall allows more."""
PATIENCE_S = 600.0
MEMORY = 16 * 2**30
"""Address space that a child may have."""


class Ended(NamedTuple):
    """How a child ended."""

    code: int
    """Exit code; minus the number of the signal that killed it."""
    out: str
    said: str
    """What it printed on the error stream."""
    seconds: float
    """Processor time."""


@cache
def freeze() -> None:
    """Keep the garbage collector of children off what they share with this process."""
    gc.collect()
    gc.freeze()


class Child:
    """A forked child at work."""

    def __init__(self, work: Callable[[], object], folder: str | Path, **environment: str) -> None:
        """Start a child in a folder."""
        freeze()
        self.out, self.said = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            code = 1
            try:
                _settle(str(folder), self.out.fileno(), self.said.fileno(), environment)
                code = _work(work)
            finally:
                os._exit(code)

    def kill(self, after: float, number: int = signal.SIGKILL) -> Ended:
        """Send a signal after some seconds, unless the child has ended."""
        if not self._ends_within(after):
            os.kill(self.pid, number)
        return self.wait()

    def wait(self) -> Ended:
        """How the child ends."""
        if not self._ends_within(PATIENCE_S):
            os.kill(self.pid, signal.SIGKILL)
        _, status, used = os.wait4(self.pid, 0)
        with self.out, self.said:
            text = [_read(file.fileno()) for file in (self.out, self.said)]
        return Ended(os.waitstatus_to_exitcode(status), text[0], text[1], used.ru_utime + used.ru_stime)

    def _ends_within(self, seconds: float) -> bool:
        """Wait so long."""
        handle = os.pidfd_open(self.pid)
        try:
            waiting = select.poll()
            waiting.register(handle, select.POLLIN)
            return bool(waiting.poll(1000.0 * seconds))
        finally:
            os.close(handle)


def forked(work: Callable[[], object], folder: str | Path, **environment: str) -> Ended:
    """Do some work in a child, and say how it ended."""
    return Child(work, folder, **environment).wait()


def _read(file: int) -> str:
    """The first megabyte of a stream."""
    return os.pread(file, 2**20, 0).decode(errors="replace")


def _settle(folder: str, out: int, said: int, environment: dict[str, str]) -> None:
    """Give a child its folder, streams, limits and signals."""
    os.setsid()
    os.chdir(folder)
    os.environ.update(environment)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, file in enumerate((nothing, out, said)):
        os.dup2(file, number)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False, encoding="utf-8")  # noqa: SIM115
    sys.stderr = open(2, "w", closefd=False, encoding="utf-8", buffering=1)  # noqa: SIM115
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _work(work: Callable[[], object]) -> int:
    """Do the work, and end as Python would."""
    try:
        work()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # as Python at its end
            code = code or 120
    return code


def wait_for(path: Path, child: Child, seconds: float = 60.0) -> None:
    """Wait until a child has made a file, or has ended."""
    end = time.monotonic() + seconds
    while not path.exists() and time.monotonic() < end and not child._ends_within(0.002):
        pass
