"""How time grows with books, paths, funds, days and threads: the exponent of each, 1 being linear."""

from collections.abc import Callable, Sequence

from basis_engine.base.compile import set_threads, settings
from basis_engine.simulation.run import Setup, run
from benchmarks import books
from benchmarks.harness import Contender, Fact, Timing, exponent, race
from benchmarks.kernels import FullRecord, lean_cells

SIZES = {
    "books": (500, 1_000, 2_000, 4_000),
    "paths": (4, 8, 16, 32),
    "funds": (5, 10, 20, 40),
    "days": (60, 125, 250, 500),
}
THREAD_BOOKS = 1_000


def growth_curves(rounds: int, scale: int = 1) -> tuple[list[Timing], list[Fact]]:
    """One timing per size, one exponent per curve; ``scale`` multiplies the sizes."""
    timings: list[Timing] = []
    facts: list[Fact] = []
    for what, sizes in SIZES.items():
        grown = [scale * size for size in sizes]
        jobs = [(size, *JOBS[what](size)) for size in grown]
        contenders = [Contender(str(size), job, prepare=prepare) for size, prepare, job in jobs]
        curve = race(f"growth, {what}", "run", contenders, rounds)
        timings += curve
        facts.append(Fact("growth", f"time against {what}", exponent(grown, [one.median for one in curve]), "exponent"))
    threads, speed_up = _threads(rounds, scale)
    return timings + threads, facts + speed_up


Job = tuple[Callable[[], object], Callable[[], object]]


def _books(setups: Sequence[Setup]) -> Job:
    """Many books; only outcomes are kept."""
    return _nothing, lean_cells(setups)


def _nothing() -> None:
    """No preparation."""


def _paths(count: int) -> Job:
    """One book over many paths, run after run."""
    setups = [books.quiet(books.Size(60), seed=seed) for seed in range(count)]
    return _nothing, lambda: [run(setup) for setup in setups]


JOBS: dict[str, Callable[[int], Job]] = {
    "books": lambda size: _books(books.cells(books.quiet(books.Size(60)), size)),
    "paths": _paths,
    "funds": lambda size: _books_kernel([books.quiet(books.Size(60, funds=size))]),
    "days": lambda size: _books(books.cells(books.quiet(books.Size(size)), 500)),
}


def _books_kernel(setups: Sequence[Setup], threads: int = 1) -> Job:
    """Worlds with the full record."""
    full = FullRecord(setups, threads)
    return full.restore, full.run


def _threads(rounds: int, scale: int) -> tuple[list[Timing], list[Fact]]:
    """The same books on one thread, two, four, up to the machine's."""
    setups = books.cells(books.quiet(books.Size(125)), THREAD_BOOKS * scale)
    most = int(settings.NUMBA_NUM_THREADS)
    counts = sorted({1, most, *(2**k for k in range(1, 10) if 2**k < most)})
    jobs = {threads: _books_kernel(setups, threads) for threads in counts}
    contenders = [Contender(str(threads), job, prepare=prepare) for threads, (prepare, job) in jobs.items()]
    timings = race("growth, threads", "run", contenders, rounds)
    set_threads(most)
    facts = [
        Fact("growth", f"{one.who} threads over one", timings[0].median / one.median, "times as fast")
        for one in timings[1:]
    ]
    return timings, facts
