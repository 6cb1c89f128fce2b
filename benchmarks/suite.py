"""The suite: which races run, in which order, and how thoroughly."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.c_twin import compiler
from benchmarks.cases_bonds import bond_races
from benchmarks.cases_cold import cold_starts, peak_memory
from benchmarks.cases_product import product_races
from benchmarks.cases_timeline import timeline_races
from benchmarks.growth import growth_curves
from benchmarks.harness import Fact, Timing
from benchmarks.history import Record
from benchmarks.machine import describe
from benchmarks.peers import peer_races


@dataclass(frozen=True)
class Effort:
    """How long a suite takes."""

    rounds: int
    books: int
    growth_rounds: int
    growth_scale: int
    product_rounds: int
    cold_rounds: int
    first_ever: bool
    memory: tuple[int, ...]
    peer_seconds: float


QUICK = Effort(7, 50, 3, 1, 3, 3, False, (100, 400), 1.0)
FULL = Effort(15, 400, 7, 2, 9, 9, True, (100, 1_000, 4_000), 5.0)


def run_suite(effort: Effort = QUICK, peers: bool = False, say: Callable[[str], None] = lambda text: None) -> Record:
    """Run every race.

    Parameters
    ----------
    peers
        Install and run other backtesters too.
    say
        Told what is being run.
    """
    timings: list[Timing] = []
    facts: list[Fact] = []
    notes = [] if compiler() else ["No C compiler (cc, gcc, clang) was found: the limit is not measured."]

    def take(found: tuple[list[Timing], list[Fact]]) -> None:
        timings.extend(found[0])
        facts.extend(found[1])

    jobs: dict[str, Callable[[], tuple[list[Timing], list[Fact]]]] = {
        "the timeline and its twins": lambda: timeline_races(effort.rounds, effort.books),
        "bonds": lambda: bond_races(effort.rounds),
        "books, markets, reports": lambda: (product_races(effort.product_rounds), []),
        "growth": lambda: growth_curves(effort.growth_rounds, effort.growth_scale),
        "fresh processes": lambda: (cold_starts(effort.cold_rounds, effort.first_ever), peak_memory(effort.memory)),
    }
    if peers:
        jobs["peers"] = lambda: peer_races(effort.peer_seconds, say)
    for what, job in jobs.items():
        say(f"{what} ...")
        take(job())
    return Record(describe(), timings, facts, notes)
