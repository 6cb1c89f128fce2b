"""Faults that need processes of their own: poor surroundings, kernel caches, little memory, clusters that die."""

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from basis_engine.base.compile import CACHE_DIRECTORY
from campaigns.kills import digest

JOB = ["backtest", "april-2025", "--contract", "TY", "--no-report", "--out", "out"]
POOR: tuple[dict[str, str], ...] = (
    {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"COLUMNS": "20"},
    {"HOME": "/nonexistent", "XDG_CACHE_HOME": "", "BASIS_STRESS_CACHE": CACHE_DIRECTORY.rpartition("/")[0]},
    {"PYTHONIOENCODING": "latin-1"},
    {"TERM": "dumb", "NO_COLOR": "1"},
)


def start(job: list[str], folder: str, limit: Callable[[], None] | None = None, **more: str) -> "subprocess.Popen[str]":
    """A command in a process of its own."""
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


@cache
def expected() -> dict[str, str]:
    """The digests of the job where nothing is wrong."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        process = start(JOB, folder)
        _, said = process.communicate(timeout=600)
        assert process.returncode == 0, said
        return digest(Path(folder) / "out")


def ends_well(process: "subprocess.Popen[str]", folder: str) -> str:
    """Assert that the job ends with the usual bytes; what it said."""
    _, said = process.communicate(timeout=1200)
    assert process.returncode == 0, said[-600:]
    assert "Traceback" not in said, said[-600:]
    assert digest(Path(folder) / "out") == expected(), "other bytes"
    return said


def poor_surroundings(draws: random.Random, folder: str) -> None:
    """No home, a narrow or plain terminal, another encoding."""
    ends_well(start(JOB, folder, None, **draws.choice(POOR)), folder)


def closed_pipe(draws: random.Random, folder: str) -> None:
    """The reader of the output goes away."""
    process = start(JOB, folder)
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    said = process.stderr.read()
    assert process.wait(timeout=300) == 0, said[-600:]
    assert "Traceback" not in said
    assert digest(Path(folder) / "out") == expected()


def little_memory(draws: random.Random, folder: str) -> None:
    """An address space of two to four gigabytes, most of which libraries only reserve."""
    size = draws.randrange(2, 5) * 2**30
    limit = {"NUMBA_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
    ends_well(start(JOB, folder, lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size)), **limit), folder)


def damaged_cache(draws: random.Random, folder: str) -> None:
    """Files of the kernel cache are cut, empty, or another's."""
    own = Path(folder) / "cache" / Path(CACHE_DIRECTORY).name
    shutil.copytree(CACHE_DIRECTORY, own)
    for path in (own.parent, own):
        path.chmod(0o700)
    files = sorted(path for path in own.rglob("day*") if path.is_file())
    for path in draws.sample(files, min(2, len(files))):
        content = path.read_bytes()
        path.write_bytes(draws.choice((b"", b"\x80\x04garbage", content[: len(content) // 2], files[0].read_bytes())))
    ends_well(start(JOB, folder, None, BASIS_STRESS_CACHE=str(own.parent)), folder)


def foreign_cache(draws: random.Random, folder: str) -> None:
    """The kernel cache belongs to another user, or is open to others: it is not used."""
    own = Path(folder) / "cache" / Path(CACHE_DIRECTORY).name
    shutil.copytree(CACHE_DIRECTORY, own)
    if draws.random() < 0.5:
        own.chmod(0o777)
    else:
        os.chown(own, 65534, 65534)
    said = ends_well(start(JOB, folder, None, BASIS_STRESS_CACHE=str(own.parent)), folder)
    assert "kernels are not cached" in said


def signalled(draws: random.Random, folder: str) -> None:
    """SIGINT or SIGTERM at a random moment, from the start of Python on."""
    process, number = start(JOB, folder), draws.choice((signal.SIGINT, signal.SIGTERM))
    time.sleep(draws.uniform(0.05, 2.0))
    process.send_signal(number)
    _, said = process.communicate(timeout=300)
    # Before the program itself has begun Python ends as it does: by the signal, or with a traceback of an import.
    assert process.returncode in (0, 128 + number, -number, 1), said[-600:]
    if process.returncode in (0, 128 + number):
        assert "Traceback" not in said, said[-600:]


def dying_cluster(draws: random.Random, folder: str) -> None:
    """A worker is killed or stopped, or the scheduler dies, while a sweep runs on a Dask cluster."""
    kind = draws.choice(("worker killed", "worker stopped", "scheduler killed"))
    run = subprocess.run(
        [sys.executable, "-m", "campaigns.dying", kind, str(draws.uniform(0.0, 1.0))],
        cwd=folder, capture_output=True, text=True, timeout=300, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(str(Path(path).resolve()) for path in sys.path if path)},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-800:]


KINDS: tuple[Callable[[random.Random, str], Any], ...] = (
    poor_surroundings, closed_pipe, little_memory, signalled, dying_cluster, poor_surroundings, signalled,
    damaged_cache, poor_surroundings, foreign_cache,
)  # fmt: skip
