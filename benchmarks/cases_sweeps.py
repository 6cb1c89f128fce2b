"""Sweeps with results on disk: the cost of a cell by size, two threads over one, and whether memory stays flat."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from timeit import timeit
from typing import Any

from basis_data.scenarios.scenario import scenario
from basis_stress.sweeps.axes import axis
from basis_stress.sweeps.designs import Grid
from basis_stress.sweeps.jobs import BookJob, chunk_sizes, run_chunk
from benchmarks import CHECKOUT
from benchmarks.harness import Fact, Timing, exponent, yardstick
from benchmarks.release import in_turns, paths_of

GROUP = "sweep of April 2025, results on disk"
Job = tuple[int, ...]
"""Cells, threads, and the workers of a Dask cluster, each of one thread, where there is one."""
AXES = {"haircut": "0:0.005:5x", "margin_multiple": "1:1.2:5x", "term_share": "0,0.5"}
SAMPLED, CHUNKS = 100_000_000, 40
"""Cells of a sweep of which only so many chunks are run, evenly spread."""
WORKERS = 1, 2, 4
SMALL, OFTEN = 1_000_000, 9
"""Sweeps of fewer cells than that are over in a blink, and run so often."""

# Every cell is possible but a few; axes are those that a desk sweeps. A small sweep before it compiles and loads data.
# Sizes rise, so that the peak so far is that of the largest sweep yet.
_SCRIPT = """
import json, shutil, sys, time
from contextlib import ExitStack
import basis_stress as bs
try:
    from benchmarks.cases_waits import peak
except ImportError:  # an earlier release
    peak = float
folder, jobs, axes = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
bs.sweep("april-2025", out=f"{folder}/warm", threads=1, leverage="10,20", **axes)
for cells, threads, *workers in jobs:
    given = {"out": f"{folder}/sweep", "leverage": f"10:50:{cells // 50}x", "threads": threads, **axes}
    with ExitStack() as stack:
        if workers:
            from distributed import Client, LocalCluster
            own = LocalCluster(n_workers=workers[0], threads_per_worker=1, processes=False, dashboard_address=None)
            assert len(own.workers) == workers[0]
            given["cluster"] = stack.enter_context(Client(stack.enter_context(own)))
        wall, cpu = time.perf_counter(), time.process_time()
        swept = bs.sweep("april-2025", **given)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    stored = sum(path.stat().st_size for path in swept.folder.iterdir())
    told = {"cells": swept.size, "threads": threads, "wall": wall, "cpu": cpu, "peak": peak(), "stored": stored}
    print(json.dumps(told | {"workers": count for count in workers}))
    shutil.rmtree(f"{folder}/sweep")
"""


def sweep_races(sizes: Sequence[int], pair: int, rounds: int) -> tuple[list[Timing], list[Fact]]:
    """Every size on one thread, smallest first; then ``pair`` cells on one and on two in turn, ``rounds`` times."""
    threads = (1, 2) if (os.cpu_count() or 1) > 1 else (1,)
    alone = [(size, 1) for size in sizes for _ in range(OFTEN if size < SMALL else 1)]
    found = measured([*alone, *[(pair, count) for count in threads] * rounds, *clusters(pair)])
    jobs: dict[Job, list[dict[str, float]]] = {}
    for one in found:
        jobs.setdefault(tuple(int(one[name]) for name in ("cells", "threads", "workers") if name in one), []).append(
            one
        )
    timings, facts = [], []
    for job, runs in jobs.items():
        stored = f"{runs[0]['stored'] / job[0]:.0f} bytes a cell stored"
        timings.append(Timing(GROUP, _named(*job), "cell", tuple(one["wall"] / job[0] for one in runs), stored))
        facts.append(Fact("peak memory", f"sweep of {_named(*job)}", max(one["peak"] for one in runs), "MiB"))
    large = sampled(AXES, SAMPLED) if rounds > 1 else []
    seconds = [statistics.median(one["wall"] for one in jobs[size, 1]) for size in sizes]
    grown = [*sizes, *[SAMPLED for _ in large]], [*seconds, *[one.median * SAMPLED for one in large]]
    facts.append(Fact("growth", "time against cells of a sweep", exponent(*grown), "exponent"))
    timings += large + (against_release(pair, rounds) if rounds > 1 else [])
    if len(threads) > 1:
        single, both = (statistics.median(run["wall"] for run in jobs[pair, count]) for count in threads)
        facts.append(Fact("growth", f"sweep of {pair:,} cells, 2 threads over one", single / both, "times as fast"))
    for count in threads:
        cores = statistics.median(run["cpu"] / run["wall"] for run in jobs[pair, count])
        who = f"cores at work, sweep of {_named(pair, count)}"
        facts.append(Fact("growth", who, cores, "processor over wall time"))
    return timings, facts


def clusters(cells: int) -> list[Job]:
    """The same sweep on Dask clusters inside one process; none where Dask is not installed."""
    return [(cells, 1, count) for count in WORKERS] if find_spec("distributed") else []


def sampled(axes: dict[str, str], cells: int) -> list[Timing]:
    """Seconds a cell of each of a few chunks of a sweep too large to be run whole, bytes encoded."""
    job = large_job(axes, cells)
    sizes = chunk_sizes(job)
    runs = [
        (yardstick(), timeit(lambda chunk=chunk: run_chunk(job, chunk), number=1) / sizes[chunk])  # type: ignore[misc]
        for chunk in range(0, len(sizes), len(sizes) // CHUNKS)
    ][1:]  # the first loads data
    yard, seconds = zip(*runs, strict=True)
    return [Timing(GROUP, f"{cells:,} cells, sampled, 1 thread", "cell", seconds, f"{CHUNKS} chunks", yard)]


def large_job(axes: dict[str, str], cells: int) -> BookJob:
    """The job that the sweeps above run: in all four contracts of the scenario a cell would take twice as long."""
    given = {"leverage": f"10:50:{cells // 50}x", **axes}
    path = scenario("april-2025").but(contracts=("TY",), margin_multiple=1.0)
    return BookJob((path,), Grid(tuple(axis(name, levels) for name, levels in given.items())))


def against_release(cells: int, rounds: int) -> list[Timing]:
    """The same sweep by the last release and by this tree, in turn, each in a process of its own."""

    def run(root: Path, size: int = cells) -> float:
        return measured([(size, 1)], root)[0]["wall"] / size

    runs = in_turns({"sweep": run}, rounds, lambda root: run(root, 1_000))  # kernels compile
    return [Timing(GROUP, f"{_named(cells, 1)}, {who}", "cell", seconds) for (_, who), seconds in runs.items()]


def measured(jobs: Sequence[Job], root: Path = CHECKOUT) -> list[dict[str, float]]:
    """Sweeps in turn in a fresh, warm process: ``wall`` and ``cpu`` seconds, ``peak`` MiB, ``stored`` bytes."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", _SCRIPT, folder, json.dumps(jobs), json.dumps(AXES)]
        run = subprocess.run(command, check=True, capture_output=True, text=True, cwd=root, env=paths_of(root))
    found: list[dict[str, Any]] = [json.loads(line) for line in run.stdout.splitlines()]
    return found


def _named(cells: int, threads: int, workers: int = 0) -> str:
    """What a job is called."""
    if workers:
        return f"{cells:,} cells, Dask, {workers} worker{'s' * (workers > 1)}"
    return f"{cells:,} cells, {threads} thread{'s' * (threads > 1)}"
