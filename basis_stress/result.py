"""The result of a backtest: its tables, and the report drawn from them."""

from dataclasses import dataclass
from pathlib import Path

from basis_stress.frames import Frames


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
        # Drawing costs 0.5 s of imports; a caller who reads tables should not pay for it.
        from basis_stress.pages.book import write

        return write(self, path)
