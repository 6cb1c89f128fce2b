"""The main job and its parts, each in a fresh process: first ever (kernels compile), cached, start of the program."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping

BACKTEST = "basis_stress backtest april-2025 --contract TY --leverage 50 --quiet"
REPEATS = 5


def seconds(module_and_arguments: str, environment: Mapping[str, str]) -> float:
    """Wall time of one run of a module in a fresh process."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", *module_and_arguments.split()],
        env={**os.environ, **environment},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - start


def median(module_and_arguments: str, environment: Mapping[str, str]) -> float:
    """Median wall time of several fresh processes."""
    return sorted(seconds(module_and_arguments, environment) for _ in range(REPEATS))[REPEATS // 2]


def rows() -> list[tuple[str, float]]:
    """What was timed, and its seconds."""
    with tempfile.TemporaryDirectory() as folder:
        cache = {"BASIS_STRESS_CACHE": folder}
        out = f"--out {folder}/results"
        return [
            ("backtest april-2025, first ever", seconds(f"{BACKTEST} {out} --no-report", cache)),
            ("backtest april-2025, cached, tables", median(f"{BACKTEST} {out} --no-report", cache)),
            ("backtest april-2025, cached, tables and report", median(f"{BACKTEST} {out}", cache)),
            ("basis-stress --help", median("basis_stress --help", cache)),
        ]
