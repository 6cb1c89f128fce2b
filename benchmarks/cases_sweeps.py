"""Sweeps with results on disk: the cost of a cell by size, two threads over one, and whether memory stays flat."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

from benchmarks import CHECKOUT
from benchmarks.harness import Fact, Timing, exponent

GROUP = "sweep of April 2025, results on disk"
Job = tuple[int, int]
"""Cells, threads."""
SMALL, OFTEN = 1_000_000, 9
"""Sweeps of fewer cells than that are over in a blink, and run so often."""

# Every cell is possible but a few; axes are those that a desk sweeps. A small sweep before it compiles and loads data.
# Sizes rise, so that the peak so far is that of the largest sweep yet.
_SCRIPT = """
import json, shutil, sys, time
import basis_stress as bs
from benchmarks.cases_waits import peak
folder, jobs = sys.argv[1], json.loads(sys.argv[2])
axes = {"haircut": "0:0.005:5x", "margin_multiple": "1:1.2:5x", "term_share": "0,0.5"}
bs.sweep("april-2025", out=f"{folder}/warm", threads=1, leverage="10,20", **axes)
for cells, threads in jobs:
    wall, cpu = time.perf_counter(), time.process_time()
    swept = bs.sweep("april-2025", out=f"{folder}/sweep", threads=threads, leverage=f"10:50:{cells // 50}x", **axes)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    stored = sum(path.stat().st_size for path in swept.folder.iterdir())
    told = {"cells": swept.size, "threads": threads, "wall": wall, "cpu": cpu, "peak": peak(), "stored": stored}
    print(json.dumps(told))
    shutil.rmtree(f"{folder}/sweep")
"""


def sweep_races(sizes: Sequence[int], pair: int, rounds: int) -> tuple[list[Timing], list[Fact]]:
    """Every size on one thread, smallest first; then ``pair`` cells on one and on two in turn, ``rounds`` times."""
    threads = (1, 2) if (os.cpu_count() or 1) > 1 else (1,)
    alone = [(size, 1) for size in sizes for _ in range(OFTEN if size < SMALL else 1)]
    found = measured(alone + [(pair, count) for count in threads] * rounds)
    jobs: dict[Job, list[dict[str, float]]] = {}
    for one in found:
        jobs.setdefault((int(one["cells"]), int(one["threads"])), []).append(one)
    timings, facts = [], []
    for job, runs in jobs.items():
        stored = f"{runs[0]['stored'] / job[0]:.0f} bytes a cell stored"
        timings.append(Timing(GROUP, _named(*job), "cell", tuple(one["wall"] / job[0] for one in runs), stored))
        facts.append(Fact("peak memory", f"sweep of {_named(*job)}", max(one["peak"] for one in runs), "MiB"))
    seconds = [statistics.median(one["wall"] for one in jobs[size, 1]) for size in sizes]
    facts.append(Fact("growth", "time against cells of a sweep", exponent(sizes, seconds), "exponent"))
    if len(threads) > 1:
        single, both = (statistics.median(run["wall"] for run in jobs[pair, count]) for count in threads)
        facts.append(Fact("growth", f"sweep of {pair:,} cells, 2 threads over one", single / both, "times as fast"))
    for count in threads:
        cores = statistics.median(run["cpu"] / run["wall"] for run in jobs[pair, count])
        who = f"cores at work, sweep of {_named(pair, count)}"
        facts.append(Fact("growth", who, cores, "processor over wall time"))
    return timings, facts


def measured(jobs: Sequence[Job]) -> list[dict[str, float]]:
    """Sweeps in turn in a fresh, warm process: ``wall`` and ``cpu`` seconds, ``peak`` MiB, ``stored`` bytes."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", _SCRIPT, folder, json.dumps(jobs)]
        run = subprocess.run(command, check=True, capture_output=True, text=True, cwd=CHECKOUT)
    found: list[dict[str, Any]] = [json.loads(line) for line in run.stdout.splitlines()]
    return found


def _named(cells: int, threads: int) -> str:
    return f"{cells:,} cells, {threads} thread{'s' * (threads > 1)}"
