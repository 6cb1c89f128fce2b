"""The engine beside its twins: a single book quiet and stressed, and the market of funds; the same money out."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from basis_data.markets.parameters import parameters
from basis_engine.base.compile import set_threads
from basis_engine.simulation.names import FundColumn
from basis_engine.simulation.run import Setup, run, run_all
from basis_engine.simulation.world import Floats
from basis_strategies.assemble import assemble
from basis_stress.funds_market.episodes import episode_market, run_episode
from benchmarks.bounds import machine_bounds
from benchmarks.c_twin import LANES, CTwin, compiler
from benchmarks.harness import Contender, Fact, Timing, race
from benchmarks.kernels import FullRecord, lean_cells
from support import timed_books as books
from support.naive_fund import Day
from support.python_twin import naive_days, naive_fund

EQUAL = 1e-12
"""Relative difference in the equity at the end, over all contenders."""
DAYS = 250
FULL = "engine, full record"
LEAN = "engine, lean cells"
RUN_ALL = "engine, run_all"
C_TWIN = "C twin, totals"
C_DAYS = "C twin, full record"
C_LANES = "C twin, side by side"
EPISODE = "march-2020"
MARKET_EQUAL = 1e-11  # as EQUAL, of any fund: funds' sales are added up in another order
MARKET = "the market of funds, kernel alone"
OUTCOMES_ONLY = "engine, outcomes only"
SLOW_TWIN_BOOKS = 4
FAST_BOOKS = {"quiet": 40, "stressed": 4}
"""Lean cells and the C twin's totals run the books of the full record so many times: their samples last long enough."""
OUTCOME = "keeps one row per book: outcome, first constraint, equity, cash, calls, sales, every profit line"
TOTALS = "keeps a book's equity, cash, calls, sales, and every cash and profit line as a total; no log, no defaults"


def timeline_races(rounds: int, count: int = 400) -> tuple[list[Timing], list[Fact]]:
    """Race every contender on both books: ``count`` books with the full record, more with totals."""
    timings, facts = list[Timing](), list[Fact]()
    for kind in ("quiet", "stressed"):
        setups = books.cells(getattr(books, kind)(books.Size(DAYS)), count)
        contenders, equity = _contenders(setups, FAST_BOOKS[kind])
        group, engine = f"timeline, {kind}", equity.pop(FULL)
        timings += race(group, "fund-day", contenders, rounds)
        facts += [_difference(group, who, found, engine, EQUAL) for who, found in equity.items()]
    return timings, facts + (machine_bounds(rounds) if compiler() else [])


def _contenders(setups: Sequence[Setup], more: int) -> tuple[list[Contender], dict[str, Floats]]:
    """Contenders that can run on this machine, and the final equity of each, USD."""
    count, many = len(setups) * DAYS, [*setups] * more
    full, lean = FullRecord(setups), lean_cells(many)
    full.run()
    equity = {FULL: full.equity().copy(), LEAN: np.asarray(lean()["equity"]).copy()}
    some = setups[:50]
    contenders = [
        Contender(LEAN, lean, more * count, None, OUTCOME),
        Contender(FULL, full.run, count, full.restore, "the kernel alone: keeps every day, line and event"),
        Contender(RUN_ALL, lambda: run_all(some), len(some) * DAYS, lambda: set_threads(1),
                  "the same, checked, laid out, handed back"),
    ]  # fmt: skip
    if compiler():
        totals, days, lanes = CTwin(many), CTwin(setups, keep_days=True), CTwin(many, lanes=LANES)
        equity[C_TWIN], equity[C_LANES] = (twin.run()["equity"].copy() for twin in (totals, lanes))
        contenders += [
            Contender(C_TWIN, totals.run, more * count, None, TOTALS),
            Contender(C_LANES, lanes.run, more * count, None, f"the same, {LANES} books in the lanes of a vector"),
            Contender(C_DAYS, days.run, count, None, "keeps every day and line; no log, no defaults"),
        ]
    few, given = setups[:SLOW_TWIN_BOOKS], naive_days(setups[0])
    note = "one by one; every cash and profit line of every day, no log"
    contenders.append(Contender("Python twin", lambda: _walk_all(few, given), len(few) * DAYS, None, note, 5))
    equity["Python twin"] = np.array(_walk_all(few, given))
    return contenders, equity


def _walk_all(setups: Sequence[Setup], days: list[Day]) -> list[float]:
    """Final equity of each book by the Python twin, USD; one book after the other."""
    return [naive_fund(setup, days).walk()[-1].equity for setup in setups]


def _difference(group: str, who: str, found: Floats, engine: Floats, allowed: float) -> Fact:
    """The largest relative difference of a contender's final equity from the engine's."""
    largest = float(np.max(np.abs(found / np.resize(engine, len(found)) - 1.0)))
    if not largest < allowed:
        raise AssertionError(
            f"{group}: {who} ends {largest:.1e} from the engine, {allowed:g} is allowed: it runs other days"
        )
    return Fact(group, who, largest, "relative", "largest difference in final equity from the engine")


def market_setup() -> Setup:
    """The episode with the first of the frozen fits, as `basis_stress.funds_market.episodes.run_episode` runs it."""
    market = episode_market(EPISODE)
    return assemble(run_episode(market, parameters().fits[0]).book.plan, market.priced)


def market_races(rounds: int, runs: int = 8) -> tuple[list[Timing], list[Fact]]:
    """Fund-days of the market run, each fund of four positions."""
    setup = market_setup()
    count = runs * setup.days * len(setup.funds)
    full = FullRecord([setup] * runs)
    lean = FullRecord([replace(setup, days=0)] * runs, log=0)
    contenders = [
        Contender(FULL, full.run, count, full.restore, "keeps every day, line and event"),
        Contender(OUTCOMES_ONLY, lean.run, count, lean.restore, "keeps one outcome per fund; every event queued"),
    ]
    facts = []
    if compiler():
        totals, days = CTwin([setup] * runs), CTwin([setup] * runs, keep_days=True)
        contenders += [
            Contender(C_TWIN, totals.run, count, None, "keeps lines as totals; no queue, no log, no defaults"),
            Contender(C_DAYS, days.run, count, None, "keeps every day and line; no queue, no log, no defaults"),
        ]
        expected = run(setup).fund_days[-1, :, FundColumn.EQUITY]
        facts.append(_difference(MARKET, C_TWIN, totals.run()["equity"], expected, MARKET_EQUAL))
    return race(MARKET, "fund-day", contenders, rounds), facts
