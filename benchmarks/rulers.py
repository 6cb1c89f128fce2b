"""Who each contender is measured against: whoever keeps as much."""

from collections.abc import Sequence

from benchmarks import cases_market, cases_timeline
from benchmarks.harness import Timing
from benchmarks.peers import GROUP as PEERS

_C_TWIN = {cases_timeline.FULL: cases_timeline.C_DAYS, cases_timeline.RUN_ALL: cases_timeline.C_DAYS}
_MARKET = {cases_market.FULL: cases_market.C_DAYS}
HEADS = {
    "timeline, quiet": "times the C twin",
    "timeline, stressed": "times the C twin",
    cases_market.GROUP: "times the C twin",
    "bonds, price from yield": "times the kernel",
    "bonds, yield from price": "times the kernel",
    PEERS: "times the fastest peer",
}
"""The head of each group's column of ratios; other groups have none."""


def ruler(one: Timing, timings: Sequence[Timing]) -> Timing | None:
    """Who a contender is measured against among those of its group; itself, where it is a ruler."""
    if one.group == PEERS:
        return fastest_peer(timings)
    if one.group == cases_market.GROUP:
        who = one.who if one.who.startswith("C ") else _MARKET.get(one.who, cases_market.C_TWIN)
    elif one.group.startswith("timeline"):
        who = one.who if one.who.startswith("C ") else _C_TWIN.get(one.who, cases_timeline.C_TWIN)
    else:
        who = "kernel over rows"
    return next((other for other in timings if other.who == who), None)


def fastest_peer(timings: Sequence[Timing]) -> Timing | None:
    """The fastest of the others."""
    outside = [one for one in timings if not one.who.startswith("basis-stress")]
    return min(outside, key=lambda one: one.median, default=None)
