"""How time grows with books, paths, funds, days and threads: the exponent of each, 1 being linear."""

from collections.abc import Callable, Sequence

from basis_engine.base.compile import set_threads, settings
from basis_engine.simulation.run import Setup, run
from benchmarks.harness import Contender, Fact, Timing, exponent, race
from benchmarks.kernels import FullRecord, lean_cells
from support import timed_books as books

Job = tuple[Callable[[], object] | None, Callable[[], object]]
"""Preparation and run."""
THREAD_BOOKS = 1_000


def growth_curves(rounds: int, scale: int = 1) -> tuple[list[Timing], list[Fact]]:
    """One timing per size, one exponent per curve; ``scale`` multiplies the sizes."""
    timings, facts = list[Timing](), list[Fact]()
    for what, (sizes, job) in CURVES.items():
        grown = [scale * size for size in sizes]
        curve = _race(what, {size: job(size) for size in grown}, rounds)
        timings += curve
        facts.append(Fact("growth", f"time against {what}", exponent(grown, [one.median for one in curve]), "exponent"))
    threads, speed_up = _threads(rounds, scale)
    return timings + threads, facts + speed_up


def _race(what: str, jobs: dict[int, Job], rounds: int) -> list[Timing]:
    contenders = [Contender(str(size), job, prepare=prepare) for size, (prepare, job) in jobs.items()]
    return race(f"growth, {what}", "run", contenders, rounds)


def _paths(count: int) -> Job:
    """One book over many paths, run after run."""
    setups = [books.quiet(books.Size(60), seed=seed) for seed in range(count)]
    return None, lambda: [run(setup) for setup in setups]


def _full_record(setups: Sequence[Setup], threads: int = 1) -> Job:
    full = FullRecord(setups, threads)
    return full.restore, full.run


CURVES: dict[str, tuple[tuple[int, ...], Callable[[int], Job]]] = {
    "books": (
        (500, 1_000, 2_000, 4_000),
        lambda size: (None, lean_cells(books.cells(books.quiet(books.Size(60)), size))),
    ),
    "paths": ((4, 8, 16, 32), _paths),
    "funds": ((5, 50, 500, 5_000), lambda size: _full_record([books.quiet(books.Size(20, funds=size))])),
    "days": ((60, 250, 1_000, 3_780), lambda size: (None, lean_cells(books.cells(books.quiet(books.Size(size)), 100)))),
}


def _threads(rounds: int, scale: int) -> tuple[list[Timing], list[Fact]]:
    """The same books on one thread, two, four, up to the machine's."""
    setups = books.cells(books.quiet(books.Size(125)), THREAD_BOOKS * scale)
    most = int(settings.NUMBA_NUM_THREADS)
    counts = sorted({1, most, *(2**k for k in range(1, 10) if 2**k < most)})
    timings = _race("threads", {threads: _full_record(setups, threads) for threads in counts}, rounds)
    set_threads(most)
    speed_ups = [(one.who, timings[0].median / one.median) for one in timings[1:]]
    return timings, [Fact("growth", f"{who} threads over one", times, "times as fast") for who, times in speed_ups]
