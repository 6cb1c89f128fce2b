"""The `[files]` table of a scenario: CSV files of the user's own."""

from pathlib import Path

from basis_data.tables.fields import StrictModel


class Files(StrictModel):
    """The user's own CSV files (data/basis_data/SCHEMA.md); paths are relative to the scenario's TOML file."""

    par_yields: Path | None = None
    """Par yields by day and tenor."""
    svensson: Path | None = None
    """Parameters of the Svensson curve by day."""
    repo: Path | None = None
    """Overnight repo rates by day."""
    margins: Path | None = None
    """Initial margins by contract and date."""
    basis: Path | None = None
    """Observed basis by contract and day."""
    prices: Path | None = None
    """Prices of single notes by day."""
    positions: Path | None = None
    """Shorts to hedge by contract and report."""
    flows: Path | None = None
    """Sales and purchases by day and group."""
    swap_spreads: Path | None = None
    """Swap spreads by day and tenor."""
