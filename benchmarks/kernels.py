"""Our own contenders on the single-book timeline: the kernel that keeps everything, and the lean cells of sweeps."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from basis_engine.base.compile import set_threads
from basis_engine.simulation.cells import BookRows, run_books
from basis_engine.simulation.day import simulate_all
from basis_engine.simulation.rows import OutcomeRow, empty_rows
from basis_engine.simulation.run import Setup, _lay_out
from basis_engine.simulation.world import WorldBatch

LOG_ROWS_PER_DAY = 16


class FullRecord:
    """The kernel alone: rows laid out and restored outside the time; every day, line and event is kept.

    ``log`` is the number of rows of the event log; some per day and position if not given.
    """

    def __init__(self, setups: Sequence[Setup], threads: int = 1, log: int | None = None) -> None:
        capacity = 64 + LOG_ROWS_PER_DAY * setups[0].days * len(setups[0].positions) if log is None else log
        worlds = [[np.asarray(array) for array in _lay_out(setup, capacity)[1:]] for setup in setups]
        # Stacking forgets that the rows are records, which uncompiled kernels need.
        self.pristine: list[Any] = [np.stack(same).view(same[0].dtype) for same in zip(*worlds, strict=True)]
        self.worlds = WorldBatch(*(array.copy() for array in self.pristine))
        self.market, self.threads = setups[0].market, threads

    def restore(self) -> None:
        """The worlds as they were before they ran."""
        for array, before in zip(self.worlds, self.pristine, strict=True):
            np.copyto(np.asarray(array), before)

    def run(self) -> None:
        """Every world, on so many threads."""
        set_threads(self.threads)
        simulate_all(self.market, self.worlds)

    def equity(self) -> "np.ndarray[Any, np.dtype[np.float64]]":
        """Equity at the end of each world's first fund, USD."""
        return np.asarray(self.worlds.fund_days[:, -1, 0, 0])


def lean_cells(setups: Sequence[Setup]) -> Callable[[], Any]:
    """Lean runs on one thread, of which only the outcome of each book is kept; checked and set up inside the time."""
    count = len(setups)
    books = BookRows(
        np.concatenate([setup.funds for setup in setups]),
        np.concatenate([setup.positions for setup in setups]).reshape(count, -1),
        np.concatenate([setup.contracts for setup in setups]).reshape(count, -1),
        empty_rows(OutcomeRow, count),
    )

    def run() -> Any:
        run_books(setups[0], books)
        return books.outcomes

    return run
