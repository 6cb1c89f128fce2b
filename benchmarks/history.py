"""A run of the suite as JSON, and whether a later one is slower: ratios, with what noise allows.

Two runs are two moments of a machine, and a busy machine has many. Each sample is therefore told in yardsticks, a job
in plain Python that never changes and is timed just before it; a difference counts where its whole interval lies beyond
a threshold. The interval is that of Hodges and Lehmann (1963) for a shift, taken in logarithms.
"""

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from basis_engine.base.errors import InputError
from benchmarks.harness import Fact, Interval, Timing, as_rows, from_rows

FORMAT = 1
CALM = 1.5
"""Slowest over fastest yardstick of a race that may be judged: the same code raced twice on a machine with five jobs a
core was called slower or faster in 3 of 23 races, without this limit."""
THRESHOLD = 1.1
"""Ratios nearer to 1 than this are called the same, however certain they are."""
NORMAL_97_5 = 1.96


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
    """What an interval of ratios says."""
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
