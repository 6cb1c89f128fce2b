"""The single-book timeline against its twins: nanoseconds per fund-day, quiet and stressed, the same money out."""

from collections.abc import Sequence

import numpy as np

from basis_engine.base.compile import set_threads
from basis_engine.simulation.run import Setup, run_all
from basis_engine.simulation.world import Floats
from benchmarks import books
from benchmarks.c_twin import CTwin, compiler
from benchmarks.harness import Contender, Fact, Timing, race
from benchmarks.kernels import FullRecord, lean_cells
from benchmarks.python_twin import naive_days, naive_fund
from support.naive_fund import Day

EQUAL = 1e-12
"""Relative difference in the equity at the end, over all contenders."""
DAYS = 250
FULL = "engine, full record"
LEAN = "engine, lean cells"
RUN_ALL = "engine, run_all"
C_TWIN = "C twin, totals"
C_DAYS = "C twin, full record"
SLOW_TWIN_BOOKS = 4
FAST_BOOKS = {"quiet": 40, "stressed": 4}
"""How many times the books of the full record lean cells and the C twin's totals walk, so that none is over at once."""
OUTCOME = "keeps one outcome per book: fate, what bound it first, equity, cash, calls, sales, every profit line"
TOTALS = "keeps a book's equity, cash, calls, sales, and every cash and profit line as a total; no log, no defaults"


def timeline_races(rounds: int, count: int = 400) -> tuple[list[Timing], list[Fact]]:
    """Both books, every contender; ``count`` books with the full record, more with less."""
    timings: list[Timing] = []
    facts: list[Fact] = []
    for kind in ("quiet", "stressed"):
        setups = books.cells(getattr(books, kind)(books.Size(DAYS)), count)
        contenders, equity = _contenders(setups, FAST_BOOKS[kind])
        group = f"timeline, {kind}"
        timings += race(group, "fund-day", contenders, rounds)
        facts += [_difference(group, who, found, equity[FULL]) for who, found in equity.items() if who != FULL]
    return timings, facts


def _contenders(setups: Sequence[Setup], more: int) -> tuple[list[Contender], dict[str, Floats]]:
    """Everybody who can run here, and the equity that each ends with."""
    count, many = len(setups) * DAYS, [*setups] * more
    full, lean = FullRecord(setups), lean_cells(many)
    full.run()
    equity = {FULL: full.equity().copy(), LEAN: np.asarray(lean()["equity"]).copy()}
    some = setups[:50]
    contenders = [
        Contender(LEAN, lean, more * count, None, OUTCOME),
        Contender(FULL, full.run, count, full.restore, "the kernel alone: keeps every day, line and event"),
        Contender(RUN_ALL, lambda: _run_all(some), len(some) * DAYS, None, "the same, checked, laid out, handed back"),
    ]
    if compiler():
        totals, days = CTwin(many), CTwin(setups, keep_days=True)
        equity[C_TWIN] = totals.run()["equity"].copy()
        contenders.append(Contender(C_TWIN, totals.run, more * count, None, TOTALS))
        contenders.append(Contender(C_DAYS, days.run, count, None, "keeps every day and line; no log, no defaults"))
    few, given = setups[:SLOW_TWIN_BOOKS], naive_days(setups[0])
    note = "one by one; every cash and profit line of every day, no log"
    contenders.append(Contender("Python twin", lambda: _walk_all(few, given), len(few) * DAYS, None, note, 5))
    equity["Python twin"] = np.array(_walk_all(few, given))
    return contenders, equity


def _run_all(setups: Sequence[Setup]) -> object:
    """The public run, on one thread."""
    set_threads(1)
    return run_all(setups)


def _walk_all(setups: Sequence[Setup], days: list[Day]) -> list[float]:
    """Final equity of each book by the Python twin, USD; one book after the other."""
    return [naive_fund(setup, days).walk()[-1].equity for setup in setups]


def _difference(group: str, who: str, found: Floats, engine: Floats) -> Fact:
    """The largest relative difference of a contender's final equity from the engine's."""
    largest = float(np.max(np.abs(found / np.resize(engine, len(found)) - 1.0)))
    if not largest < EQUAL:
        raise AssertionError(
            f"{group}: {who} ends {largest:.1e} from the engine, {EQUAL:g} is allowed: it walks other days"
        )
    return Fact(group, who, largest, "relative", "largest difference in final equity from the engine")
