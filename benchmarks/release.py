"""Jobs of this tree beside those of the last release, in turn on one machine."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from timeit import timeit

from benchmarks import CHECKOUT
from benchmarks.harness import Timing

RELEASE = "de4d8373e7e2516c072078759c03c8c3207a68ab"
"""The commit of the last release."""
GROUP, BEFORE, NOW = "beside the last release", "last release", "this tree"
FIRST_EVER = "first ever backtest"
COMMANDS = {
    "validate": "validate --out {out}",
    "ensemble of 200": "ensemble march-2020 --members 200 --out {out}",
    "day-by-day": "day-by-day --out {out}",
}
"""Long commands."""
FORMER = {"day-by-day": "unrolled"}
"""Their names in the last release, where they had another."""
Runs = dict[tuple[str, str], tuple[float, ...]]
"""Seconds of each turn, by job and tree."""


def in_turns(jobs: Mapping[str, Callable[[Path], float]], rounds: int, prepare: Callable[[Path], object]) -> Runs:
    """Run every job in both trees, in turn; nothing where there is no history or the release does not run here."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "release.tar")
        made = subprocess.run(["git", "-C", str(CHECKOUT), "archive", "-o", str(archive), RELEASE], check=False)
        if made.returncode:
            return {}
        shutil.unpack_archive(archive, f"{folder}/release")
        trees = {BEFORE: Path(folder, "release"), NOW: CHECKOUT}
        try:
            for root in trees.values():
                prepare(root)
            turns = [{(job, who): run(root) for job, run in jobs.items() for who, root in trees.items()}
                     for _ in range(rounds)]  # fmt: skip
        except subprocess.CalledProcessError:
            return {}  # a release that this Python or its packages no longer run: its goal is told as not measured
    return {key: tuple(turn[key] for turn in turns) for key in turns[0]}


def paths_of(root: Path) -> dict[str, str]:
    """The environment in which a tree's packages are found."""
    parts = sorted({str(found.parents[1]) for found in root.glob("*/basis_*/__init__.py")})
    there = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), *parts])}
    there.pop("PYTHONDONTWRITEBYTECODE", None)
    return there


def command_races(rounds: int) -> list[Timing]:
    """Long commands with compiled kernels, and the first backtest of all, by both trees."""
    jobs: dict[str, Callable[[Path], float]] = {
        name: lambda root, line=line: _seconds(line, root)  # type: ignore[misc]
        for name, line in COMMANDS.items()
    }
    backtest = "backtest april-2025 --leverage 50 --no-report --out {out}"
    first = {FIRST_EVER: lambda root: _seconds(backtest, root, first_ever=True)}
    runs = in_turns(jobs | first, rounds, lambda root: [run(root) for run in jobs.values()])  # kernels compile
    return [Timing(GROUP, f"{job}, {who}", "run", seconds) for (job, who), seconds in runs.items()]


def _seconds(line: str, root: Path, first_ever: bool = False) -> float:
    """Wall time of a command of a tree, in a folder and, if it is the first ever, with a cache of its own."""
    with tempfile.TemporaryDirectory() as folder:
        there = paths_of(root) | ({"BASIS_STRESS_CACHE": folder} if first_ever else {})
        words = line.format(out=f"{folder}/out").split()
        if root != CHECKOUT:
            words[0] = FORMER.get(words[0], words[0])
        command = [sys.executable, "-m", "basis_stress", *words]
        run = lambda: subprocess.run(command, env=there, check=True, cwd=root, capture_output=True)  # noqa: E731
        return timeit(run, number=1)
