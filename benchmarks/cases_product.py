"""What a user waits for inside a running Python: one book, the market of funds, ensembles, a report."""

import tempfile
import time
from pathlib import Path

import basis_stress as bs
from basis_strategies.library import LIBRARY, parse_strategy
from basis_stress.multi_year.run import run_strategies
from basis_stress.validation.ensemble import ensemble
from benchmarks.harness import Contender, Timing, race, yardstick

YEARS, LIBRARY_RUN = "strategies over years", "the library, 2018 to 2026"


def product_races(rounds: int, members: int) -> list[Timing]:
    """Whole jobs through the front door, data read and tables made; an ensemble of so many members, once."""
    result = bs.backtest("april-2025", contract="TY", leverage=50)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.html"
        return [
            *race(
                "one book through April 2025",
                "run",
                [
                    Contender("backtest, one contract", lambda: bs.backtest("april-2025", contract="TY", leverage=50)),
                    Contender("backtest, the CFTC book", lambda: bs.backtest("april-2025", book="cftc")),
                    Contender("its report", lambda: result.report(report), most=3),
                ],
                rounds,
            ),
            *race(
                "the market of funds",
                "run",
                [
                    Contender("backtest, three kinks", lambda: bs.backtest("march-2020", market=True), note="40 funds"),
                ],
                rounds,
            ),
            _ensemble(members),
            _library(),
        ]


def _library() -> Timing:
    """Every strategy of the library through eight years, their market built anew, kernels compiled before."""
    strategies = [parse_strategy(name) for name in LIBRARY]
    run_strategies(strategies, "2020-02-18", "2020-03-31")
    yard, start = yardstick(), time.perf_counter()
    run_strategies(strategies)
    return Timing(YEARS, LIBRARY_RUN, "run", (time.perf_counter() - start,), "their market included", (yard,))


def _ensemble(members: int) -> Timing:
    """An ensemble of the market of funds, kernels compiled before."""
    ensemble("march-2020", 2)
    yard, start = yardstick(), time.perf_counter()
    ensemble("march-2020", members)
    seconds = (time.perf_counter() - start) / members
    return Timing("ensembles", f"March 2020, {members:,} members", "member", (seconds,), "40 funds each", (yard,))
