"""What a user waits for inside a running Python: one book, the market of funds, ensembles, a report."""

import tempfile
from pathlib import Path

import basis_stress as bs
from basis_stress.ensemble import ensemble
from benchmarks.harness import Contender, Timing, race

MEMBERS = 10


def product_races(rounds: int) -> list[Timing]:
    """Whole jobs through the front door, data read and tables made."""
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
                    Contender("one member of an ensemble", lambda: ensemble("march-2020", MEMBERS), MEMBERS, most=3),
                ],
                rounds,
            ),
        ]
