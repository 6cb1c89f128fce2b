"""How fast sweeps are: a million cells with results on disk, one thread against two, and the cost of a cell by size."""

import json
import os
import subprocess
import sys
import tempfile

CELLS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)

# Every cell is possible but a few; axes are those that a desk sweeps. A small sweep before it compiles and loads data.
_SCRIPT = """
import json, os, resource, sys, time
import basis_stress as bs
cells, threads, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
axes = {"leverage": f"10:50:{cells // 50}x", "haircut": "0:0.005:5x", "margin_multiple": "1:1.2:5x"}
axes["term_share"] = "0,0.5"
bs.sweep("april-2025", out=f"{folder}/warm", threads=threads, **{**axes, "leverage": "10,20"})
wall, cpu = time.perf_counter(), time.process_time()
swept = bs.sweep("april-2025", out=f"{folder}/sweep", threads=threads, **axes)
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
stored = sum(path.stat().st_size for path in swept.folder.iterdir())
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps({"cells": swept.size, "threads": threads, "wall": wall, "cpu": cpu, "peak": peak, "stored": stored}))
"""


def measured(cells: int, threads: int) -> dict[str, float]:
    """One sweep of April 2025 in a fresh, warm process: ``wall`` and ``cpu`` seconds, ``peak`` and ``stored`` bytes."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", _SCRIPT, str(cells), str(threads), folder]
        run = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(run.stdout)
    return found


def cost_by_size(threads: int, sizes: tuple[int, ...] = CELLS) -> list[dict[str, float]]:
    """The same sweep at every size, so that the cost of a cell can be seen to be flat."""
    return [measured(cells, threads) for cells in sizes]


def rows() -> list[tuple[str, float]]:
    """What was timed, and its seconds: a million cells with results on disk, one thread and two."""
    threads = (1, 2) if (os.cpu_count() or 1) > 1 else (1,)
    return [
        (f"sweep of 1,000,000 cells, {count} thread{'s' * (count > 1)}", measured(1_000_000, count)["wall"])
        for count in threads
    ]


def drawn(found: list[dict[str, float]]) -> str:
    """The cost of a cell over the size of its sweep, as SVG."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter

    from basis_stress.figures_style import BLUE, style, svg

    with style():
        figure = Figure(figsize=(8.0, 3.2), layout="constrained")
        axes = figure.subplots()
        sizes = [one["cells"] for one in found]
        costs = [1e6 * one["wall"] / one["cells"] for one in found]
        axes.plot(sizes, costs, color=BLUE, marker="o")
        for size, cost in zip(sizes, costs, strict=True):
            axes.annotate(f"{cost:.1f} µs", (size, cost), (0, 8), textcoords="offset points", ha="center", fontsize=8.5)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.set_ylim(0, 1.25 * max(costs))
        axes.set_xlabel("cells in the sweep")
        axes.set_ylabel("microseconds per cell, results on disk")
        return svg(figure)
