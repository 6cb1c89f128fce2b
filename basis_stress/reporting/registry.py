"""The function that writes the page, draws the figure, or makes the notebook's card, of each kind of result.

Results do not import pages: a page imports the result that it draws, and drawing costs half a second of imports, which
a caller who only reads tables does not pay.
"""

import importlib
import os
from pathlib import Path
from typing import Any, ClassVar

from basis_data.tables.card import Card, as_html, as_text
from basis_stress.reporting.files import save_tables

PAGES = {
    "Result": "basis_stress.single_book.page:write",
    "MarketResult": "basis_stress.funds_market.page:write",
    "MultiYearRun": "basis_stress.multi_year.page:write",
    "Comparison": "basis_stress.multi_year.page:write_comparison",
    "Sweep": "basis_stress.sweeps.page:write",
    "Simulation": "basis_stress.ensembles.page:write",
    "Validation": "basis_stress.validation.page:write",
    "BreakingPoint": "basis_stress.breaking.page:write",
}
"""``module:function`` of the page of each class of result."""
FIGURES = {"Frontier": "basis_stress.breaking.figures:draw_frontier"}
"""The same for a result that is one figure."""
CARDS = {
    "Result": "basis_stress.notebook.cards:result",
    "MarketResult": "basis_stress.notebook.cards:market_result",
    "MultiYearRun": "basis_stress.notebook.cards:multi_year_run",
    "Comparison": "basis_stress.notebook.cards:comparison",
    "Sweep": "basis_stress.notebook.cards:sweep",
    "Simulation": "basis_stress.notebook.cards:simulation",
    "BreakingPoint": "basis_stress.notebook.cards:breaking_point",
    "LargestLeverage": "basis_stress.notebook.cards:largest_leverage",
    "Frontier": "basis_stress.notebook.cards:frontier",
}
"""The same for the card that a notebook shows."""


class Shown:
    """A result that is one line in a terminal, and one card in a notebook."""

    def __repr__(self) -> str:
        """The headline on one line."""
        return as_text(_card(self))

    def _repr_html_(self) -> str:
        """The card of a notebook."""
        return as_html(_card(self))


class Reported(Shown):
    """A result with a page."""

    def report(self, path: str | os.PathLike[str]) -> Path:
        """Write the self-contained HTML report.

        Raises
        ------
        InputError
            If the file cannot be written; nothing is left behind.
        """
        return write_report(self, path)


class Saved(Reported):
    """A result with a page and tables."""

    TABLES: ClassVar[tuple[str, ...]]
    """Names of the tables, each an attribute."""

    def save(self, folder: str | Path) -> Path:
        """Write every table as Parquet into a folder: all of them, or none.

        Raises
        ------
        InputError
            If the folder cannot be written.
        """
        return save_tables(folder, {name: getattr(self, name) for name in self.TABLES})


def _card(result: Any) -> Card:
    """The card of a result."""
    card: Card = _function(CARDS[type(result).__name__])(result)
    return card


def write_report(result: Any, path: str | os.PathLike[str], **options: Any) -> Path:
    """Write the page of a result to ``path``.

    Raises
    ------
    InputError
        If the file cannot be written; nothing is left behind.
    """
    written: Path = _function(PAGES[type(result).__name__])(result, path, **options)
    return written


def draw_figure(result: Any) -> str:
    """The figure of a result as SVG; equal results give equal bytes."""
    drawn: str = _function(FIGURES[type(result).__name__])(result)
    return drawn


def _function(home: str) -> Any:
    """Import ``module:function``."""
    module, _, function = home.partition(":")
    return getattr(importlib.import_module(module), function)
