"""One small result of each kind, for what is the same for all: cards, the data dictionary, pages."""

from pathlib import Path
from typing import Any

import basis_stress as bs

MONTHS = {"start": "2020-01-02", "end": "2020-06-01"}


def one_of_each(folder: Path) -> dict[str, Any]:
    """Results by the name of their class; the sweep lies in ``folder``."""
    grid = {"leverage": "10:60:25", "haircut": "0,0.01"}
    made = [
        bs.backtest("april-2025", leverage=50),
        bs.backtest("april-2025", market=True),
        bs.run_strategy(bs.LongBasis(), **MONTHS),
        bs.compare(bs.LongBasis(), bs.LongBasis(enter_bp=10, exit_bp=0), draws=100, **MONTHS),
        bs.sweep(["april-2025", "march-2020"], out=folder / "grid", **grid),
        bs.simulate_paths("bootstrap", 64, 10, leverage=[20, 40]),
        bs.breaking_point("april-2025", "repo_bp", "called", leverage=50, steps=20),
        bs.frontier("april-2025", [10, 20], [1, 2]),
        bs.largest_leverage(["april-2025", "march-2020"]),
        bs.scenario("april-2025-perfect-storm"),
        bs.generate("bootstrap", 300, 10),
    ]
    return {type(result).__name__: result for result in made}
