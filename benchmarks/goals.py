"""The goals of the suite beside its measurements, and the contender that each ratio divides by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks import cases_twins, cases_waits, release
from benchmarks.cases_sweeps import GROUP as SWEEPS
from benchmarks.harness import Interval, Timing, ratio
from benchmarks.history import Record
from benchmarks.peers import GROUP as PEERS

_C_TWIN = {cases_twins.FULL: cases_twins.C_DAYS, cases_twins.RUN_ALL: cases_twins.C_DAYS}
HEADS = {
    **dict.fromkeys(("timeline, quiet", "timeline, stressed", cases_twins.MARKET), "times the C twin"),
    **dict.fromkeys(("bonds, price from yield", "bonds, yield from price"), "times the kernel"),
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


def _seconds(who: str, group: str = cases_waits.SHELL) -> Callable[[Record], Interval | None]:
    def find(record: Record) -> Interval | None:
        one = _timing(record, group, who)
        return Interval(min(one.seconds), one.median, max(one.seconds)) if one else None

    return find


def _millions(record: Record) -> Interval | None:
    """Fund-days per second and core of the lean cells, millions."""
    span = _seconds(cases_twins.LEAN, "timeline, quiet")(record)
    return span and Interval(1e-6 / span.high, 1e-6 / span.median, 1e-6 / span.low)


def _against_peers(record: Record) -> Interval | None:
    ours = _timing(record, PEERS, "basis-stress, lean cells")
    peer = fastest_peer([one for one in record.timings if one.group == PEERS])
    return ratio(peer, ours) if ours and peer else None


def _last_fact(group: str, end: str, over_first: bool = False) -> Callable[[Record], Interval | None]:
    """The last fact whose name ends so; on request as a multiple of the first."""

    def find(record: Record) -> Interval | None:
        values = [fact.value for fact in record.facts if fact.group == group and fact.who.endswith(end)]
        if len(values) <= over_first:
            return None
        return Interval(*3 * [values[-1] / values[0] if over_first else values[-1]])

    return find


_TIMES, _MADE = "times", "QuantLib, objects made before"
_QUIET, _STRESSED, _MARKET = "timeline, quiet", "timeline, stressed", cases_twins.MARKET
_LEAN, _FULL = (cases_twins.LEAN, cases_twins.C_TWIN), (cases_twins.FULL, cases_twins.C_DAYS)
_SIDES = cases_twins.LEAN, cases_twins.C_LANES
_BACKTEST, _PRICE, _YIELD = "backtest april-2025", "bonds, price from yield", "bonds, yield from price"
GOALS = (
    Goal("lean cells over C twin, quiet book", 2.0, _TIMES, True, _times(_QUIET, *_LEAN)),
    Goal("lean cells over C twin, stressed book", 2.0, _TIMES, True, _times(_STRESSED, *_LEAN)),
    Goal("lean cells over C twin side by side, quiet book", 2.0, _TIMES, True, _times(_QUIET, *_SIDES)),
    Goal("lean cells over C twin side by side, stressed book", 2.5, _TIMES, True, _times(_STRESSED, *_SIDES)),
    Goal("full record over C twin, quiet book", 2.0, _TIMES, True, _times(_QUIET, *_FULL)),
    Goal("full record over C twin, stressed book", 2.0, _TIMES, True, _times(_STRESSED, *_FULL)),
    Goal("lean cells, quiet book, fund-days a second and core", 20.0, "million", False, _millions),
    Goal("bars a second over the fastest peer's", 10.0, _TIMES, False, _against_peers),
    Goal("market of funds, full record, over its C twin's", 2.5, _TIMES, True, _times(_MARKET, *_FULL)),
    Goal("price from yield, QuantLib over ours", 50.0, _TIMES, False, _times(_PRICE, _MADE, "kernel")),
    Goal("yield from price, QuantLib over ours", 50.0, _TIMES, False, _times(_YIELD, _MADE, "kernel")),
    Goal("`import basis_stress`", 0.4, "s", True, _seconds("import basis_stress")),
    Goal("`basis-stress --help`", 0.4, "s", True, _seconds("basis-stress --help")),
    Goal("cached `backtest april-2025` without report", 1.5, "s", True, _seconds(f"{_BACKTEST}, cached, tables")),
    Goal("the same over the imports of numpy, pandas and numba", 2.0, _TIMES, True,
         _times(cases_waits.SHELL, f"{_BACKTEST}, cached, tables", cases_waits.IMPORTS)),
    Goal("with report, over the same imports", 3.0, _TIMES, True,
         _times(cases_waits.SHELL, f"{_BACKTEST}, cached, tables and report", cases_waits.IMPORTS)),
    Goal("first ever", 15.0, "s", True, _seconds(f"{_BACKTEST}, first ever")),
    *(
        Goal(f"{job}, over the last release's", limit, _TIMES, True,
             _times(release.GROUP, f"{job}, {release.NOW}", f"{job}, {release.BEFORE}"))
        for job, limit in {release.FIRST_EVER: 0.6, **dict.fromkeys(release.COMMANDS, 0.333)}.items()
    ),
    Goal("sweep, two threads over one", 1.9, _TIMES, False,
         _times(SWEEPS, "1,000,000 cells, 1 thread", "1,000,000 cells, 2 threads")),
    Goal("sweep, last release over this tree", 3.0, _TIMES, False,
         _times(SWEEPS, "1,000,000 cells, 1 thread, last", "1,000,000 cells, 1 thread, this")),
    Goal("the library of strategies through eight years", 20.0, "s", True,
         _seconds(cases_waits.LIBRARY_RUN, cases_waits.YEARS)),
    Goal("peak memory, largest sweep over the smallest", 1.25, _TIMES, True,
         _last_fact("peak memory", "cells, 1 thread", over_first=True)),
)  # fmt: skip
