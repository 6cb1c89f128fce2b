"""What a user waits for from the shell, each in a fresh process: first ever, cached, help, import; and peak memory."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.harness import Fact, Timing, yardstick

BACKTEST = "-m basis_stress backtest april-2025 --contract TY --leverage 50 --quiet"


def cold_starts(rounds: int, first_ever: bool) -> list[Timing]:
    """Seconds from the shell."""
    with tempfile.TemporaryDirectory() as folder:
        cache = {"BASIS_STRESS_CACHE": folder} if first_ever else {}
        tables, report = f"{BACKTEST} --out {folder}/out --no-report", f"{BACKTEST} --out {folder}/out"
        rows = []
        seconds(["-c", "import basis_stress"], cache)  # the interpreter's own files are compiled once
        first = (seconds(tables.split(), cache),)  # compiles kernels, unless the user's cache has them
        if first_ever:
            rows.append(Timing("from the shell", "backtest april-2025, first ever", "run", first, "kernels compile"))
        jobs = {
            "backtest april-2025, cached, tables": tables.split(),
            "backtest april-2025, cached, tables and report": report.split(),
            "basis-stress --help": ["-m", "basis_stress", "--help"],
            "import basis_stress": ["-c", "import basis_stress"],
            "python alone": ["-c", "pass"],
        }
        for who, arguments in jobs.items():
            turns = (rounds + 1) // 2 if who.endswith("report") else rounds  # the longest, and no goal stands on it
            pairs = [(yardstick(), seconds(arguments, cache)) for _ in range(turns)]
            yard, runs = zip(*pairs, strict=True)
            rows.append(Timing("from the shell", who, "run", runs, "a fresh process", yard))
        return rows


def seconds(arguments: list[str], environment: Mapping[str, str]) -> float:
    """Wall time of one fresh interpreter."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], env={**os.environ, **environment}, check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - start


def peak() -> float:
    """Peak resident memory of this process so far, MiB."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss would count the parent's memory, inherited when the process began
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource  # no such module on Windows, which the suite does not measure

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


def peak_memory() -> list[Fact]:
    """Peak resident memory of fresh processes, MiB; sweeps tell theirs themselves."""
    jobs = {
        "import basis_stress": "import basis_stress",
        "a backtest": "import basis_stress as bs; bs.backtest('april-2025')",
    }
    asked = "from benchmarks.cases_cold import peak; print(peak())"
    facts = []
    for who, code in jobs.items():
        run = subprocess.run([sys.executable, "-c", f"{code}\n{asked}"], capture_output=True, text=True, check=True)
        facts.append(Fact("peak memory", who, float(run.stdout.split()[-1]), "MiB"))
    return facts
