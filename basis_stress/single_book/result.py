"""The result of a backtest: its tables, and the report drawn from them."""

from dataclasses import dataclass
from pathlib import Path

from basis_stress.reporting.registry import write_report
from basis_stress.single_book.frames import Frames


@dataclass(frozen=True)
class Result(Frames):
    """The tables of a backtest, and the report."""

    def report(self, path: str | Path) -> Path:
        """Write the self-contained HTML report.

        Raises
        ------
        InputError
            If the file cannot be written; nothing is left behind.
        """
        return write_report(self, path)
