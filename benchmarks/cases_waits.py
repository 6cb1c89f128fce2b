"""Every wait of a user: whole jobs in a running Python and in fresh processes, cold and cached; and peak memory."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from timeit import timeit

import basis_stress as bs
from basis_strategies.library import LIBRARY, parse_strategy
from basis_stress.multi_year.run import run_strategies
from basis_stress.validation.ensemble import ensemble
from benchmarks import CHECKOUT
from benchmarks.harness import Contender, Fact, Timing, race, yardstick

SHELL, IMPORTS = "from the shell", "import numpy, pandas, numba"
BACKTEST = "-m basis_stress backtest april-2025 --contract TY --leverage 50 --quiet"


def cold_starts(rounds: int, first_ever: bool) -> list[Timing]:
    """Seconds from the shell."""
    with tempfile.TemporaryDirectory() as folder:
        cache = {"BASIS_STRESS_CACHE": folder} if first_ever else {}
        report = f"{BACKTEST} --out {folder}/out".split()
        tables, rows = [*report, "--no-report"], []
        seconds(["-c", "import basis_stress"], cache)  # the interpreter's own files are compiled once
        first = (seconds(tables, cache),)  # compiles kernels, unless the user's cache has them
        if first_ever:
            rows.append(Timing(SHELL, "backtest april-2025, first ever", "run", first, "kernels compile"))
        jobs = {
            "backtest april-2025, cached, tables": tables,
            "backtest april-2025, cached, tables and report": report,
            "basis-stress --help": ["-m", "basis_stress", "--help"],
            "import basis_stress": ["-c", "import basis_stress"],
            IMPORTS: ["-c", "import numpy, pandas, numba"],
            "python alone": ["-c", "pass"],
        }
        turns = [[(yardstick(), seconds(arguments, cache)) for arguments in jobs.values()] for _ in range(rounds)]
        for who, pairs in zip(jobs, zip(*turns, strict=True), strict=True):
            yard, runs = zip(*pairs, strict=True)
            rows.append(Timing(SHELL, who, "run", runs, "a fresh process", yard))
        return rows


def seconds(arguments: list[str], environment: Mapping[str, str]) -> float:
    """Wall time of one fresh interpreter."""
    command, there = [sys.executable, *arguments], {**os.environ, **environment}
    there.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is compiled to bytecode once
    return timeit(lambda: subprocess.run(command, env=there, check=True, stdout=subprocess.DEVNULL), number=1)


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
    jobs = {"import basis_stress": "", "a backtest": "basis_stress.backtest('april-2025')"}
    facts = []
    for who, code in jobs.items():
        script = f"import basis_stress\n{code}\nfrom benchmarks.cases_waits import peak\nprint(peak())"
        command = [sys.executable, "-c", script]
        run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=CHECKOUT)
        facts.append(Fact("peak memory", who, float(run.stdout.split()[-1]), "MiB"))
    return facts


YEARS, LIBRARY_RUN = "strategies over years", "the library, 2018 to 2026"


def product_races(rounds: int, members: int) -> list[Timing]:
    """Whole jobs through the front door, data read and tables made; an ensemble of so many members, once."""
    result = bs.backtest("april-2025", contract="TY", leverage=50)
    strategies = [parse_strategy(name) for name in LIBRARY]
    run_strategies(strategies, "2020-02-18", "2020-03-31")  # compiles kernels, as does the small ensemble
    ensemble("march-2020", 2)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.html"
        books = [
            Contender("backtest, one contract", lambda: bs.backtest("april-2025", contract="TY", leverage=50)),
            Contender("backtest, the CFTC book", lambda: bs.backtest("april-2025", book="cftc")),
            Contender("its report", lambda: result.report(report), most=3),
        ]
        market = Contender("backtest, three kinks", lambda: bs.backtest("march-2020", market=True), note="40 funds")
        return [
            *race("one book through April 2025", "run", books, rounds),
            *race("the market of funds", "run", [market], rounds),
            _once("ensembles", f"March 2020, {members:,} members", "member", lambda: ensemble("march-2020", members),
                  members, "40 funds each"),
            _once(YEARS, LIBRARY_RUN, "run", lambda: run_strategies(strategies), 1, "their market included"),
        ]  # fmt: skip


def _once(group: str, who: str, per: str, job: Callable[[], object], count: int, note: str) -> Timing:
    """A job too long to be run twice."""
    yard = yardstick()
    return Timing(group, who, per, (timeit(job, number=1) / count,), note, (yard,))
