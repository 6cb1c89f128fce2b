"""The market of funds against its C twin: forty funds of four contracts through March 2020, dealers asking a rent."""

from dataclasses import replace

import numpy as np

from basis_data.markets.parameters import parameters
from basis_engine.simulation.names import FundColumn
from basis_engine.simulation.run import Setup, run
from basis_strategies.assemble import assemble
from basis_stress.funds_market.episodes import episode_market, run_episode
from benchmarks.c_twin import CTwin, compiler
from benchmarks.harness import Contender, Fact, Timing, race
from benchmarks.kernels import FullRecord

EPISODE = "march-2020"
EQUAL = 1e-11
"""Relative difference in the equity of any fund at the end: funds' sales are added up in another order."""
GROUP = "the market of funds, kernel alone"
FULL = "engine, full record"
LEAN = "engine, outcomes only"
C_TWIN = "C twin, totals"
C_DAYS = "C twin, full record"
NO_QUEUE = "keeps every day and line; no queue, no log, no defaults"


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
        Contender(LEAN, lean.run, count, lean.restore, "keeps one outcome per fund; every event queued"),
    ]
    facts = []
    if compiler():
        totals, days = CTwin([setup] * runs), CTwin([setup] * runs, keep_days=True)
        contenders.append(
            Contender(C_TWIN, totals.run, count, None, "keeps lines as totals; no queue, no log, no defaults")
        )
        contenders.append(Contender(C_DAYS, days.run, count, None, NO_QUEUE))
        facts.append(_difference(setup, totals))
    return race(GROUP, "fund-day", contenders, rounds), facts


def _difference(setup: Setup, twin: CTwin) -> Fact:
    """The largest relative difference in the equity that a fund ends with."""
    expected = run(setup).fund_days[-1, :, FundColumn.EQUITY]
    found = twin.run()["equity"][: len(expected)]
    largest = float(np.max(np.abs(found / expected - 1.0)))
    if not largest < EQUAL:
        raise AssertionError(f"{GROUP}: the C twin ends {largest:.1e} from the engine, {EQUAL:g} is allowed")
    return Fact(GROUP, C_TWIN, largest, "relative", "largest difference in a fund's final equity from the engine")
