"""Signals, full disks and poor surroundings: real processes end with one line, and leave whole results or none."""

import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from basis_stress.cli.main import MOST

JOBS = (
    ["backtest", "april-2025", "--contract", "TY", "--out", "out"],
    ["backtest", "april-2025", "--no-report", "--out", "out"],
    ["sweep", "april-2025", "--leverage", "10:50:200x", "--haircut", "0:0.01:10x", "--no-report", "--out", "out"],
    ["paths", "bootstrap", "--paths", "400", "--days", "20", "--no-report", "--out", "out"],
    ["break", "april-2025", "--steps", "20", "--no-report", "--out", "out"],
)
STOPPED = {signal.SIGINT: 130, signal.SIGTERM: 143}
LONGEST = 4.0
"""Seconds after which a process gets its signal at the latest."""
SURROUNDINGS: tuple[dict[str, str], ...] = (
    {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"COLUMNS": "20"},
    {"HOME": "/nonexistent", "XDG_CACHE_HOME": "", "BASIS_STRESS_CACHE": ""},
    {"PYTHONIOENCODING": "latin-1"},
    {"TERM": "dumb", "NO_COLOR": "1"},
)


def start(job: list[str], folder: str, limit: Callable[[], None] | None = None, **more: str) -> "subprocess.Popen[str]":
    """One process, in a folder of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "basis_stress", *job],
        cwd=folder,
        env={**os.environ, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        preexec_fn=limit,
    )


def one_line(said: str, folder: str) -> None:
    """Assert that an error is one line, besides those on kernels that cannot be kept, and nothing half-written."""
    assert "Traceback" not in said, said[-600:]
    last = [line for line in said.replace("\r", "\n").splitlines() if line.startswith("basis-stress: ")]
    last = [line for line in last if "kernels cannot be cached" not in line]
    assert len(last) == 1, said[-600:]
    assert len(last[0]) <= MOST, last
    left = [str(path) for path in Path(folder).rglob("*") if ".saving-" in path.name or path.suffix == ".tmp"]
    assert not left, left


def stopped(draws: random.Random, folder: str) -> None:
    """SIGINT or SIGTERM at a random moment."""
    job, number = draws.choice(JOBS), draws.choice(list(STOPPED))
    process = start(job, folder)
    time.sleep(draws.uniform(0.6, LONGEST))
    process.send_signal(number)
    _, said = process.communicate(timeout=300)
    if process.returncode == 0:  # it was done
        return
    if process.returncode == -number:  # before the program itself had begun
        return
    assert process.returncode == STOPPED[number], f"{number.name}: exit {process.returncode}: {said[-600:]}"
    one_line(said, folder)


def full(draws: random.Random, folder: str) -> None:
    """No file may grow beyond a size, as on a full disk."""
    size = draws.choice((0, 1, 100, 4096, 20_000, 100_000))

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    process = start(draws.choice(JOBS), folder, limit)
    _, said = process.communicate(timeout=300)
    assert process.returncode in (0, 2), f"{size} bytes: exit {process.returncode}: {said[-600:]}"
    if process.returncode == 2:
        one_line(said, folder)


def piped(draws: random.Random, folder: str) -> None:
    """The reader of the output goes away."""
    process = start(draws.choice(JOBS[:2]), folder)
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    said = process.stderr.read()
    assert process.wait(timeout=300) == 0, said[-600:]
    assert "Traceback" not in said
    assert (Path(folder) / "out" / "summary.parquet").exists()


def poor(draws: random.Random, folder: str) -> None:
    """No home, a narrow or plain terminal, another encoding."""
    process = start(draws.choice(JOBS), folder, None, **draws.choice(SURROUNDINGS))
    _, said = process.communicate(timeout=600)
    assert process.returncode == 0, said[-600:]
    assert "Traceback" not in said


KINDS = (stopped, stopped, full, piped, poor)


def trial(seed: int) -> int:
    """Try one fault; 1."""
    draws = random.Random(f"faults {seed}")
    kind = draws.choice(KINDS)
    with tempfile.TemporaryDirectory() as folder:
        try:
            kind(draws, folder)
        except AssertionError as problem:
            raise AssertionError(f"{kind.__name__}: {problem}") from problem
    return 1
