"""Runs killed at a random moment: what stands afterwards is whole, and running again ends in the same bytes."""

import contextlib
import datetime
import hashlib
import io
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd

import basis_stress as bs
from basis_data.refresh.snapshot import refresh as refreshed
from basis_data.refresh.snapshot import verify
from basis_stress.cli.main import main
from basis_stress.reporting.files import save_tables
from campaigns.forked import Child, forked
from campaigns.refresh_payloads import published

AXES = {"leverage": "10:50:30x", "haircut": "0:0.01:10x"}
PROCESSES = 25
"""One kill in so many is of a process of its own."""
LINES = (
    ["backtest", "april-2025", "--leverage", "20", "--out", "out/result"],
    ["sweep", "april-2025", "--leverage", "10:50:200x", "--haircut", "0:0.01:10x", "--no-report", "--out", "out/sweep"],
    ["paths", "bootstrap", "--paths", "100", "--days", "20", "--no-report", "--out", "out/paths"],
)
UNTIL = datetime.date(2026, 9, 10)


def sweep(folder: Path) -> None:
    """A sweep of 300 cells in ten chunks."""
    bs.sweep("april-2025", out=folder / "sweep", threads=1, chunk=30, **AXES)


def tables(folder: Path) -> None:
    """Tables and a page, ten times, each of a run of its own."""
    for run in range(10):
        contents = {f"table-{number}": pd.DataFrame({"run": [run] * 50}) for number in range(5)}
        save_tables(folder / "tables", {**contents, "report.html": str(run)})


def paths(folder: Path) -> None:
    """Outcomes on generated paths."""
    bs.simulate_paths("bootstrap", 20, 10, out=folder / "paths")


def result(folder: Path) -> None:
    """A backtest and its tables, as Parquet and CSV."""
    bs.backtest("april-2025", contract="TY", leverage=20).save(folder / "result", csv=True)


def report(folder: Path) -> None:
    """A backtest and its page."""
    bs.backtest("april-2025", contract="TY", leverage=20).save(folder / "result", report=True)


def refresh(folder: Path) -> None:
    """A snapshot of newer data."""
    with published({}):
        refreshed(UNTIL, ["sofr", "auctions"], folder / "snapshots")


def again(folder: Path) -> None:
    """A sweep with its page, saved over an earlier result."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        main(["clients", str(Path(__file__).with_name("book.csv")), "--scenarios", "april-2025", "--equity", "5e7",
              "--out", str(folder / "clients")])  # fmt: skip


KINDS: tuple[Callable[[Path], None], ...] = (sweep, sweep, tables, paths, result, report, refresh, again)
BY_NAME = {kind.__name__: kind for kind in KINDS}


def digest(folder: Path) -> dict[str, str]:
    """Digest of every file that a user reads; not of manifests, which hold times."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "manifest.json"]
    files = [path for path in files if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@cache
def reference(name: str) -> tuple[dict[str, str], float]:
    """The digests of a run that nothing disturbs, and its seconds; the second run, which loads nothing anew."""
    for _ in range(2):
        with tempfile.TemporaryDirectory() as folder:
            started = time.monotonic()
            ended = forked(lambda: BY_NAME[name](Path("out")), prepared(folder))
            assert ended.code == 0, ended.said[-500:]
            found = digest(Path(folder) / "out"), time.monotonic() - started
    return found


def prepared(folder: str) -> str:
    """A folder with an empty one for results."""
    (Path(folder) / "out").mkdir()
    return folder


@cache
def loaded() -> None:
    """Run each kind here once, so that children find libraries and kernels loaded."""
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            kind(Path(prepared(folder)) / "out")


def trial(seed: int) -> dict[str, int]:
    """Kill one run, check what it left, and run again."""
    draws = random.Random(f"kills {seed}")
    if seed % PROCESSES == 0:
        return {process(draws): 1}
    loaded()
    kind = draws.choice(KINDS)
    expected, seconds = reference(kind.__name__)
    with tempfile.TemporaryDirectory() as name:
        child = Child(lambda: kind(Path("out")), prepared(name))
        ended = child.kill(draws.uniform(0.0, 1.1 * seconds))
        assert ended.code in (0, -signal.SIGKILL), f"{kind.__name__}: exit {ended.code}: {ended.said[-500:]}"
        left = digest(Path(name) / "out")
        for file, found in left.items():
            # A killed save of ten may be of any of them; one of them is whole below.
            assert kind is tables or expected.get(file) == found, f"{kind.__name__}: {file} is not whole"
        check(kind.__name__, Path(name) / "out", left)
        ended = forked(lambda: kind(Path("out")), name)
        assert ended.code == 0, f"{kind.__name__} again: {ended.said[-500:]}"
        found = digest(Path(name) / "out")
        if kind is refresh:  # a second snapshot, if the first was made
            found = {file.replace("2026-09-10-2", "2026-09-10"): one for file, one in found.items()}
        assert found == expected, f"{kind.__name__} again: other bytes in {sorted(set(found) ^ set(expected))[:3]}"
        stale = [path.name for path in (Path(name) / "out").rglob(".*") if path.is_dir()]
        assert not stale, f"{kind.__name__}: {stale} left behind"
    return {kind.__name__: 1}


def check(kind: str, folder: Path, left: dict[str, str]) -> None:
    """Assert that a folder holds whole results of one run, or none."""
    if kind == "tables":
        runs = {int(pd.read_parquet(path)["run"].iloc[0]) for path in folder.glob("tables/*.parquet")}
        runs |= {int(path.read_text()) for path in folder.glob("tables/report.html")}
        assert len(runs) <= 1, f"files of runs {sorted(runs)} in one folder"
    if kind in ("tables", "result", "report", "paths", "again"):
        assert len(left) in (0, len(reference(kind)[0])), f"{kind}: {sorted(left)}"
    for snapshot in folder.glob("snapshots/2*"):
        assert not verify(snapshot), verify(snapshot)


def process(draws: random.Random) -> str:
    """Kill a command in a process of its own, and run it again."""
    line = draws.choice(LINES)
    command = [sys.executable, "-m", "basis_stress", *line]
    with tempfile.TemporaryDirectory() as folder:
        running = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(draws.uniform(0.5, 3.0))
        running.kill()
        running.wait()
        left = digest(Path(folder))
        subprocess.run(command, cwd=folder, check=True, capture_output=True, env={**os.environ})
        found = digest(Path(folder))
        wrong = [file for file, one in left.items() if found.get(file) != one]
        assert not wrong, f"{line[0]}: {wrong[0]} was not whole"
        assert found == whole(tuple(line)), f"{line[0]}: other bytes after a kill"
    return f"{line[0]}, in a process of its own"


@cache
def whole(line: tuple[str, ...]) -> dict[str, str]:
    """The digests of a command that nothing disturbs."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "basis_stress", *line], cwd=folder, check=True, capture_output=True)
        return digest(Path(folder))
