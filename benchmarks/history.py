"""A run of the suite as JSON, and whether a later one is slower: ratios, with what noise allows.

Two runs are two moments of a machine, and a busy machine has many. Each sample is therefore expressed in yardsticks: a
fixed job in plain Python, timed just before it. A difference counts where its whole interval is beyond a threshold.
The interval is that of Hodges and Lehmann (1963) for a shift, taken in logarithms.
"""

import math
import os
import platform
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from basis_engine.base.errors import InputError
from benchmarks import CHECKOUT
from benchmarks.c_twin import compiler
from benchmarks.harness import Fact, Interval, Timing

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
    format: Literal[1] = 1


RECORD = TypeAdapter(Record)


@dataclass(frozen=True)
class Verdict:
    """One contender then and now; the ratio is now over then, above 1 is slower."""

    key: str
    ratio: Interval | None
    word: str
    """"faster", "slower", "same", "unsure" (the machine was busy), "new" or "gone"."""


def as_json(record: Record) -> str:
    """A record as text."""
    return RECORD.dump_json(record, indent=1).decode() + "\n"


def load(path: Path) -> Record:
    """An earlier record.

    Raises
    ------
    InputError
        If the file is missing or is no record of this suite.
    """
    try:
        return RECORD.validate_json(path.read_bytes())
    except (OSError, ValueError):
        problem = "is no record of this suite" if path.exists() else "no such file"
        raise InputError(f"--compare {path}: {problem}; give a bench.json that the suite wrote") from None


def compare(before: Record, now: Record) -> list[Verdict]:
    """A verdict for everything that either run timed."""
    then, today = ({one.key: one for one in record.timings} for record in (before, now))
    verdicts = []
    for key in today | then:
        if key not in then or key not in today:
            verdicts.append(Verdict(key, None, "new" if key in today else "gone"))
        else:
            span, calm = shift(in_yards(then[key]), in_yards(today[key])), is_calm(then[key]) and is_calm(today[key])
            verdicts.append(Verdict(key, span, word(span) if calm else "unsure"))
    return verdicts


def shift(before: Sequence[float], now: Sequence[float]) -> Interval:
    """Ratio of now over before between unpaired samples, and its 95% interval; samples of one have none."""
    ratios = sorted(b / a for a in before for b in now)
    n, m = len(before), len(now)
    if min(n, m) < 2:
        return Interval(0.0, statistics.median(ratios), math.inf)
    cut = max(0, math.floor(n * m / 2 - NORMAL_97_5 * math.sqrt(n * m * (n + m + 1) / 12)))
    return Interval(ratios[cut], statistics.median(ratios), ratios[-1 - cut])


def word(span: Interval) -> str:
    """The verdict on an interval of ratios."""
    return "slower" if span.low > THRESHOLD else "faster" if span.high < 1.0 / THRESHOLD else "same"


def is_calm(timing: Timing) -> bool:
    """Whether the yardstick took much the same in every round; on a busy machine rounds are no independent samples."""
    return not timing.yard or max(timing.yard) <= CALM * min(timing.yard)


def in_yards(timing: Timing) -> list[float]:
    """Each round's time in yardsticks of its own moment; in seconds where none was measured."""
    yards = timing.yard or (1.0,) * len(timing.seconds)
    return [second / yard for second, yard in zip(timing.seconds, yards, strict=True)]


def describe() -> dict[str, str]:
    """The machine and its software: name to value, in the order of the tables."""
    found = compiler()
    commit = ("git", "-C", str(CHECKOUT), "describe", "--always", "--exclude=*", "--abbrev=12", "--dirty= with changes")
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) if find_spec(name) else "not installed" for name in PACKAGES},
        "compiler": _first_line(found, "--version") if found else "none found",
        "commit": _first_line(*commit) or "unknown",
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
    }


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _first_line(*command: str) -> str:
    """First line that a program prints; nothing where it fails."""
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return run.stdout.partition("\n")[0]
