"""The goals of the suite beside its measurements, and the contender that each ratio divides by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks import cases_twins, cases_waits
from benchmarks.harness import Interval, Timing, ratio
from benchmarks.history import Record
from benchmarks.peers import GROUP as PEERS

_C_TWIN = {cases_twins.FULL: cases_twins.C_DAYS, cases_twins.RUN_ALL: cases_twins.C_DAYS}
HEADS = {
    "timeline, quiet": "times the C twin",
    "timeline, stressed": "times the C twin",
    cases_twins.MARKET: "times the C twin",
    "bonds, price from yield": "times the kernel",
    "bonds, yield from price": "times the kernel",
    PEERS: "times the fastest peer",
}
"""The head of each group's column of ratios; other groups have none."""


def ruler(one: Timing, timings: Sequence[Timing]) -> Timing | None:
    """Who a contender is measured against among those of its group; itself, where it is a ruler."""
    if one.group == PEERS:
        return fastest_peer(timings)
    if one.group == cases_twins.MARKET or one.group.startswith("timeline"):
        who = one.who if one.who.startswith("C ") else _C_TWIN.get(one.who, cases_twins.C_TWIN)
    else:
        who = "kernel over rows"
    return next((other for other in timings if other.who == who), None)


def fastest_peer(timings: Sequence[Timing]) -> Timing | None:
    """The fastest of the others."""
    outside = [one for one in timings if not one.who.startswith("basis-stress")]
    return min(outside, key=lambda one: one.median, default=None)


@dataclass(frozen=True)
class Goal:
    """One figure to reach; ``at_most`` says on which side."""

    what: str
    limit: float
    unit: str
    at_most: bool
    find: Callable[[Record], Interval | None]

    def reached(self, found: Interval) -> bool:
        """Whether the median is on the right side."""
        return found.median <= self.limit if self.at_most else found.median >= self.limit


def _timing(record: Record, group: str, who: str) -> Timing | None:
    """One contender, where it ran."""
    return next((one for one in record.timings if one.group == group and one.who.startswith(who)), None)


def _times(group: str, slower: str, faster: str) -> Callable[[Record], Interval | None]:
    """How many times as long one contender took as another."""

    def find(record: Record) -> Interval | None:
        a, b = _timing(record, group, slower), _timing(record, group, faster)
        return ratio(a, b) if a and b else None

    return find


def _seconds(who: str) -> Callable[[Record], Interval | None]:
    """Seconds from the shell."""

    def find(record: Record) -> Interval | None:
        one = _timing(record, "from the shell", who)
        return Interval(min(one.seconds), one.median, max(one.seconds)) if one else None

    return find


def _of_years(record: Record) -> Interval | None:
    """Seconds of the whole library."""
    one = _timing(record, cases_waits.YEARS, cases_waits.LIBRARY_RUN)
    return Interval(one.median, one.median, one.median) if one else None


def _millions(record: Record) -> Interval | None:
    """Fund-days per second and core of the lean cells, millions."""
    one = _timing(record, "timeline, quiet", cases_twins.LEAN)
    if one is None:
        return None
    return Interval(1e-6 / max(one.seconds), 1e-6 / one.median, 1e-6 / min(one.seconds))


def _against_peers(record: Record) -> Interval | None:
    """Bars per second over the fastest peer's."""
    ours = _timing(record, PEERS, "basis-stress, lean cells")
    peer = fastest_peer([one for one in record.timings if one.group == PEERS])
    return ratio(peer, ours) if ours and peer else None


def _fact(group: str, end: str) -> Callable[[Record], Interval | None]:
    """A fact, by how its name ends."""

    def find(record: Record) -> Interval | None:
        values = [fact.value for fact in record.facts if fact.group == group and fact.who.endswith(end)]
        return Interval(values[-1], values[-1], values[-1]) if values else None

    return find


def _memory(record: Record) -> Interval | None:
    """Peak memory of the largest sweep over that of the smallest, both on one thread."""
    peaks = [
        fact.value for fact in record.facts if fact.group == "peak memory" and fact.who.endswith("cells, 1 thread")
    ]
    return Interval(peaks[-1] / peaks[0], peaks[-1] / peaks[0], peaks[-1] / peaks[0]) if len(peaks) > 1 else None


def _goals() -> tuple[Goal, ...]:
    """In the order they are told."""
    lean, full, run = cases_twins.LEAN, cases_twins.FULL, "times"
    c_totals, c_days = cases_twins.C_TWIN, cases_twins.C_DAYS
    made, seconds = "QuantLib, objects made before", "s"
    price, solve = "bonds, price from yield", "bonds, yield from price"
    return (
        Goal("lean cells over C twin, quiet book", 2.0, run, True, _times("timeline, quiet", lean, c_totals)),
        Goal("lean cells over C twin, stressed book", 2.0, run, True,
             _times("timeline, stressed", lean, c_totals)),
        Goal("full record over C twin, quiet book", 2.0, run, True, _times("timeline, quiet", full, c_days)),
        Goal("full record over C twin, stressed book", 2.0, run, True, _times("timeline, stressed", full, c_days)),
        Goal("lean cells, quiet book, fund-days a second and core", 20.0, "million", False, _millions),
        Goal("bars a second over the fastest peer's", 10.0, run, False, _against_peers),
        Goal("market of funds, full record, over its C twin's", 2.5, run, True,
             _times(cases_twins.MARKET, cases_twins.FULL, cases_twins.C_DAYS)),
        Goal("price from yield, QuantLib over ours", 50.0, run, False, _times(price, made, "kernel")),
        Goal("yield from price, QuantLib over ours", 50.0, run, False, _times(solve, made, "kernel")),
        Goal("`import basis_stress`", 0.4, seconds, True, _seconds("import")),
        Goal("`basis-stress --help`", 0.4, seconds, True, _seconds("basis-stress --help")),
        Goal("cached `backtest april-2025` without report", 1.5, seconds, True,
             _seconds("backtest april-2025, cached, tables")),
        Goal("first ever", 15.0, seconds, True, _seconds("backtest april-2025, first ever")),
        Goal("sweep, two threads over one", 1.85, run, False, _fact("growth", "cells, 2 threads over one")),
        Goal("the library of strategies through eight years", 20.0, seconds, True, _of_years),
        Goal("peak memory, largest sweep over the smallest", 1.25, run, True, _memory),
    )  # fmt: skip


GOALS = _goals()
