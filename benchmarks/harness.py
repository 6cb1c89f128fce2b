"""Races: contenders for one job take turns, round by round; a slow moment of the machine falls on all of them.

Ratios are taken within rounds. The interval of a median uses ranks alone (an inverted sign test; Conover,
"Practical Nonparametric Statistics", ch. 3), since the distribution of times is unknown.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from timeit import timeit
from typing import Annotated, NamedTuple, cast

from pydantic import BeforeValidator

CONFIDENCE = 0.95
LONG_ENOUGH = 0.01
"""Seconds that a timed sample takes at least, by repetition: the clock and its surroundings cost far less."""


@dataclass(frozen=True)
class Contender:
    """One way of doing a job.

    Parameters
    ----------
    count
        Units of work in one run: fund-days, notes, bars.
    prepare
        Restores state before each run, outside the time.
    most
        Most rounds that it takes part in; few for slow contenders.
    own_clock
        ``run`` returns its own seconds: it works in another process.
    """

    who: str
    run: Callable[[], object]
    count: int = 1
    prepare: Callable[[], object] | None = None
    note: str = ""
    most: int = 1_000
    own_clock: bool = False


@dataclass(frozen=True)
class Timing:
    """What a race measured of one contender."""

    group: str
    who: str
    per: str
    """The unit of work: "fund-day", "note", "run"."""
    seconds: tuple[float, ...]
    """Seconds per unit of work, by round."""
    note: str = ""
    yard: tuple[float, ...] = ()
    """Seconds of the yardstick, measured just before each round's sample: how fast the machine was then."""

    @property
    def key(self) -> str:
        """Its name in a history."""
        return f"{self.group}: {self.who}"

    @property
    def median(self) -> float:
        """Seconds per unit of work."""
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Fact:
    """A figure that is not a time: bytes, an exponent, the end of a probe."""

    group: str
    who: str
    value: Annotated[float, BeforeValidator(lambda value: math.nan if value is None else value)]  # JSON has no NaN
    unit: str
    note: str = ""


class Interval(NamedTuple):
    """A median, and the span that holds the true one."""

    low: float
    median: float
    high: float


def race(group: str, per: str, contenders: Sequence[Contender], rounds: int = 9) -> list[Timing]:
    """Time contenders in turn, after one run each that does not count (kernels compile, caches fill)."""
    repeats = [_repeats(contender) for contender in contenders]
    seconds: list[list[float]] = [[] for _ in contenders]
    yards: list[list[float]] = [[] for _ in contenders]
    for turn in range(rounds):
        for contender, repeat, own, yard in zip(contenders, repeats, seconds, yards, strict=True):
            if turn < contender.most:
                yard.append(yardstick())
                own.append(_sample(contender, repeat) / contender.count)
    return [
        Timing(group, contender.who, per, tuple(own), contender.note, tuple(yard))
        for contender, own, yard in zip(contenders, seconds, yards, strict=True)
    ]


def yardstick() -> float:
    """Seconds that plain Python takes for a fixed job, which does not depend on this project."""
    return timeit(lambda: sum(i * i for i in range(50_000)), number=1)


def _sample(contender: Contender, repeat: int) -> float:
    """Seconds of one run: the mean of several in a row where one is short."""
    if contender.own_clock:
        return float(cast(float, contender.run()))
    if contender.prepare is None:
        return timeit(contender.run, number=repeat) / repeat
    total = 0.0
    for _ in range(repeat):
        contender.prepare()
        total += timeit(contender.run, number=1)
    return total / repeat


def _repeats(contender: Contender) -> int:
    """Runs in one sample; the first ever, which may compile, is not judged."""
    _sample(contender, 1)
    if contender.own_clock:
        return 1
    return max(1, math.ceil(LONG_ENOUGH / max(_sample(contender, 1), 1e-9)))


def interval(values: Sequence[float]) -> Interval:
    """Median and its distribution-free interval, of at least 95% where there are six values or more.

    With fewer the span of all values is given, which holds less: 94% of five, 75% of three.
    """
    ordered = sorted(values)
    count = len(ordered)
    outside = accumulate(math.comb(count, cut) / 2**count for cut in range(count // 2))
    cut = max(sum(2.0 * tail <= 1.0 - CONFIDENCE for tail in outside) - 1, 0)
    return Interval(ordered[cut], statistics.median(ordered), ordered[count - 1 - cut])


def ratio(slower: Timing, faster: Timing) -> Interval:
    """Ratio of times within rounds, with its interval."""
    return interval([a / b for a, b in zip(slower.seconds, faster.seconds, strict=False)])


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """The power of size by which time grows: the slope of least squares in logarithms; 1 is linear."""
    x, y = [math.log(size) for size in sizes], [math.log(second) for second in seconds]
    return statistics.linear_regression(x, y).slope
