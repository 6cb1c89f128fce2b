"""Runs killed at a random moment: what stands afterwards is whole, and a sweep goes on to the same bytes."""

import hashlib
import multiprocessing
import os
import random
import tempfile
import time
from functools import cache
from pathlib import Path

import pandas as pd

import basis_stress as bs
from basis_stress.reporting.files import save_tables

AXES = {"leverage": "10:50:100x", "haircut": "0:0.01:10x", "margin_multiple": "1,1.5"}
LONGEST = 1.5
"""Seconds after which a run is killed at the latest."""


def sweep(folder: Path) -> None:
    """A sweep of 2,000 cells."""
    bs.sweep("april-2025", out=folder / "sweep", threads=1, chunk=100, **AXES)


def tables(folder: Path) -> None:
    """Tables and a page, over and over, each of a run of its own."""
    for run in range(10_000):
        contents = {f"table-{number}": pd.DataFrame({"run": [run] * 500}) for number in range(5)}
        save_tables(folder / "tables", {**contents, "report.html": str(run)})


def paths(folder: Path) -> None:
    """Outcomes on generated paths."""
    bs.simulate_paths("bootstrap", 200, 20, out=folder / "paths")


def report(folder: Path) -> None:
    """A backtest, its tables and its page."""
    bs.backtest("april-2025", contract="TY", leverage=20).save(folder / "result", report=True)


KINDS = (sweep, sweep, tables, paths, report)


def digest(folder: Path) -> dict[str, str]:
    """Digest of every file of a folder that a user reads; of the manifest without its times."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.suffix == ".parquet"}


@cache
def reference(kind: str) -> dict[str, str]:
    """The digests of a run that nothing disturbs."""
    with tempfile.TemporaryDirectory() as folder:
        globals()[kind](Path(folder))
        return digest(Path(folder))


def work(kind: str, folder: str, started: str) -> None:
    """Run in a process to be killed."""
    Path(started).touch()
    globals()[kind](Path(folder))


def trial(seed: int) -> int:
    """Kill one run, and check what it left; 1."""
    draws = random.Random(f"kills {seed}")
    kind = draws.choice(KINDS).__name__
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["basis_stress", "basis_stress.sweeps.run", "basis_stress.ensembles.simulate"])
    with tempfile.TemporaryDirectory() as name:
        folder, started = Path(name) / "out", Path(name) / "started"
        folder.mkdir()
        process = server.Process(target=work, args=(kind, str(folder), str(started)))
        process.start()
        while not started.exists() and process.is_alive():
            time.sleep(0.005)
        time.sleep(draws.uniform(0.0, LONGEST))
        if process.pid is not None and process.is_alive():
            os.kill(process.pid, 9)
        process.join()
        check(kind, folder)
    return 1


def check(kind: str, folder: Path) -> None:
    """Assert that a folder holds whole results of one run, and that running again ends in the same bytes."""
    left = digest(folder)
    if kind == "tables":
        runs = {int(pd.read_parquet(path)["run"].iloc[0]) for path in folder.glob("tables/*.parquet")}
        runs |= {int(path.read_text()) for path in folder.glob("tables/report.html")}
        assert len(runs) <= 1, f"files of runs {sorted(runs)} in one folder"
        assert len(left) in (0, 5), f"{len(left)} of 5 tables"
        return
    expected = reference(kind)
    for name, found in left.items():
        assert expected.get(name) == found, f"{kind}: {name} is not whole"
    if kind == "report":
        assert len(left) in (0, len(expected)), f"{len(left)} of {len(expected)} tables"
    if kind == "sweep":
        sweep(folder)
        assert digest(folder) == expected, "a resumed sweep has other bytes"
