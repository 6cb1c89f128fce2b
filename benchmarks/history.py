"""A run of the suite as JSON, and whether a later one is slower: ratios, with what noise allows.

Two runs are two moments of a machine, and a busy machine has many. Each sample is therefore expressed in yardsticks: a
fixed job in plain Python, timed just before it. A difference counts where its whole interval is beyond a threshold.
The interval is that of Hodges and Lehmann (1963) for a shift, taken in logarithms.
"""

import json
import math
import os
import platform
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from basis_engine.base.errors import InputError
from benchmarks.c_twin import compiler
from benchmarks.harness import Fact, Interval, Timing, as_rows, from_rows

FORMAT = 1
CALM = 1.5
"""Slowest over fastest yardstick of a race that may be judged: the same code raced twice on a machine with five jobs a
core was called slower or faster in 3 of 23 races without this limit."""
THRESHOLD = 1.1
"""Ratios nearer to 1 than this are called the same, however certain they are."""
NORMAL_97_5 = 1.96
PACKAGES = ("numpy", "numba", "llvmlite", "pandas", "QuantLib")


@dataclass(frozen=True)
class Record:
    """Everything one run of the suite found."""

    machine: dict[str, str]
    timings: list[Timing]
    facts: list[Fact] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What was skipped, and why."""


@dataclass(frozen=True)
class Verdict:
    """One contender then and now; the ratio is now over then, above 1 is slower."""

    key: str
    ratio: Interval | None
    word: str
    """"faster", "slower", "same", "unsure" (the machine was busy), "new" or "gone"."""


def as_json(record: Record) -> str:
    """A record as text."""
    facts = [{**vars(fact), "value": fact.value if math.isfinite(fact.value) else None} for fact in record.facts]
    content = {"format": FORMAT, "machine": record.machine, "timings": as_rows(record.timings)}
    return json.dumps({**content, "facts": facts, "notes": record.notes}, indent=1) + "\n"


def load(path: Path) -> Record:
    """An earlier record.

    Raises
    ------
    InputError
        If the file is missing or is no record of this suite.
    """
    try:
        given: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if given["format"] != FORMAT:
            raise KeyError("format")
        facts = [Fact(**{**row, "value": math.nan if row["value"] is None else row["value"]}) for row in given["facts"]]
        return Record(given["machine"], from_rows(given["timings"]), facts, given["notes"])
    except FileNotFoundError:
        raise InputError(f"--compare {path}: no such file; give a bench.json that the suite wrote") from None
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise InputError(
            f"--compare {path}: is no record of this suite ({problem}); give a bench.json that the suite wrote"
        ) from None


def compare(before: Record, now: Record) -> list[Verdict]:
    """A verdict for everything that either run timed."""
    then, today = ({one.key: one for one in record.timings} for record in (before, now))
    verdicts = []
    for key in [*today, *(key for key in then if key not in today)]:
        if key not in then or key not in today:
            verdicts.append(Verdict(key, None, "new" if key in today else "gone"))
        else:
            span, calm = shift(in_yards(then[key]), in_yards(today[key])), is_calm(then[key]) and is_calm(today[key])
            verdicts.append(Verdict(key, span, word(span) if calm else "unsure"))
    return verdicts


def shift(before: Sequence[float], now: Sequence[float]) -> Interval:
    """Ratio of now over before between unpaired samples, and its 95% interval; samples of one have none.

    Raises
    ------
    ValueError
        If a sample is empty.
    """
    if not before or not now:
        raise ValueError("shift: a sample is empty")
    ratios = sorted(b / a for a in before for b in now)
    n, m = len(before), len(now)
    middle = statistics.median(ratios)
    cut = math.floor(n * m / 2 - NORMAL_97_5 * math.sqrt(n * m * (n + m + 1) / 12))
    if min(n, m) < 2:
        return Interval(0.0, middle, math.inf)
    cut = max(cut, 0)
    return Interval(ratios[cut], middle, ratios[-1 - cut])


def word(span: Interval) -> str:
    """The verdict on an interval of ratios."""
    if span.low > THRESHOLD:
        return "slower"
    if span.high < 1.0 / THRESHOLD:
        return "faster"
    return "same"


def is_calm(timing: Timing) -> bool:
    """Whether the yardstick took much the same in every round; on a busy machine rounds are no independent samples."""
    return not timing.yard or max(timing.yard) <= CALM * min(timing.yard)


def in_yards(timing: Timing) -> list[float]:
    """Each round's time in yardsticks of its own moment; in seconds where none was measured."""
    if not timing.yard:
        return list(timing.seconds)
    return [second / yard for second, yard in zip(timing.seconds, timing.yard, strict=True)]


# The machine


def describe() -> dict[str, str]:
    """Name to value, in the order of the tables."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
        "compiler": _compiler(),
        "commit": _commit(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
    }


def _processor() -> str:
    """The processor's name, where the system provides it."""
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _version(name: str) -> str:
    """Version of an installed package."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _compiler() -> str:
    """First line of the C compiler's version."""
    found = compiler()
    return _first_line([found, "--version"]) if found else "none found"


def _commit() -> str:
    """The commit, marked where files differ from it."""
    root = Path(__file__).resolve().parent
    commit = _first_line(["git", "-C", str(root), "rev-parse", "--short=12", "HEAD"])
    changed = _first_line(["git", "-C", str(root), "status", "--porcelain", "--untracked-files=no"])
    return f"{commit}{' with changes' if changed else ''}" if commit else "unknown"


def _first_line(command: list[str]) -> str:
    """First line that a program prints; nothing where it fails."""
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return run.stdout.splitlines()[0] if run.stdout else ""
