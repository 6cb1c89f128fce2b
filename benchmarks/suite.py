"""The suite: which races run, in which order, and how thoroughly."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from basis_stress.reporting.files import save
from benchmarks.c_twin import compiler
from benchmarks.cases_bonds import bond_races
from benchmarks.cases_sweeps import sweep_races
from benchmarks.cases_twins import market_races, timeline_races
from benchmarks.cases_waits import cold_starts, peak_memory, product_races
from benchmarks.figures import growth, performance
from benchmarks.growth import growth_curves
from benchmarks.harness import Fact, Timing
from benchmarks.history import Record, as_json, compare, describe, is_calm, load
from benchmarks.page import comparison, markdown
from benchmarks.peers import peer_races
from benchmarks.release import command_races


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
    members: int
    sweeps: tuple[int, ...]
    pair: int
    pair_rounds: int


QUICK = Effort(6, 40, 3, 1, 2, 2, True, 40, (1_000, 10_000, 100_000, 1_000_000), 1_000_000, 1)
FULL = Effort(15, 400, 7, 2, 9, 9, True, 1_000, (1_000, 10_000, 100_000, 1_000_000, 10_000_000), 1_000_000, 3)


def run_suite(effort: Effort = QUICK, peers: bool = False, say: Callable[[str], None] = lambda text: None) -> Record:
    """Run every race.

    Parameters
    ----------
    peers
        Install and run other backtesters too.
    say
        Receives a line of progress before and after each race.
    """
    timings, facts = list[Timing](), list[Fact]()
    notes = [] if compiler() else ["No C compiler (cc, gcc, clang) was found: the limit is not measured."]
    jobs: dict[str, Callable[[], tuple[list[Timing], list[Fact]]]] = {
        "the timeline and its twins": lambda: timeline_races(effort.rounds, effort.books),
        "the market of funds and its twin": lambda: market_races(effort.rounds),
        "bonds": lambda: bond_races(effort.rounds),
        "books, markets, ensembles, reports": lambda: (product_races(effort.product_rounds, effort.members), []),
        "sweeps": lambda: sweep_races(effort.sweeps, effort.pair, effort.pair_rounds),
        "growth": lambda: growth_curves(effort.growth_rounds, effort.growth_scale),
        "fresh processes": lambda: (cold_starts(effort.cold_rounds, effort.first_ever), peak_memory()),
    }
    if effort.pair_rounds > 1:
        jobs["long commands beside the last release"] = lambda: (command_races(effort.pair_rounds), [])
    if peers:
        jobs["peers"] = lambda: peer_races(effort.rounds, say)
    for what, job in jobs.items():
        say(f"{what} ...")
        start = time.perf_counter()
        found, told = job()
        say(f"{what}: {time.perf_counter() - start:.0f} s")
        timings.extend(found)
        facts.extend(told)
    busy = sum(not is_calm(one) for one in timings)
    if busy:
        notes.append(f"The machine was busy during {busy} of {len(timings)} measurements: read ratios, not seconds.")
    return Record(describe(), timings, facts, notes)


def run(full: bool, peers: bool, earlier: Path | None, out: Path) -> bool:
    """Run the suite for `basis-stress bench`: results into ``out``; whether one is slower than in ``earlier``."""
    before = None if earlier is None else load(earlier)
    record = run_suite(FULL if full else QUICK, peers, lambda text: click.echo(text, err=True))
    save(as_json(record), out / "bench.json", "--out")
    save(markdown(record), out / "bench.md", "--out")
    for name, draw in (("performance", performance), ("growth", growth)):
        save(draw(record), out / f"{name}.svg", "--out")
        save(draw(record, as_png=True), out / f"{name}.png", "--out")
    click.echo(markdown(record))
    verdicts = compare(before, record) if before else []
    if before:
        click.echo(comparison(verdicts, before, record))
    click.echo(f"tables, figure and history: {out}")
    return any(verdict.word == "slower" for verdict in verdicts)
