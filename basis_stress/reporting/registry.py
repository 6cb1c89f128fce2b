"""The function that renders the page, draws the figure, or makes the notebook's card, of each kind of result.

Results do not import pages: a page imports the result that it draws, and drawing costs half a second of imports, which
a caller who only reads tables does not pay.
"""

import importlib
import os
from pathlib import Path
from typing import Any, ClassVar

from basis_data.tables.card import Card, as_html, as_text
from basis_stress.reporting import drawing_process
from basis_stress.reporting.figure_imports import import_matplotlib
from basis_stress.reporting.files import save, save_tables
from basis_stress.reporting.spreadsheets import FOLDER, spreadsheets

PAGES = {
    "Result": "basis_stress.single_book.page:render",
    "MarketResult": "basis_stress.funds_market.page:render",
    "MultiYearRun": "basis_stress.multi_year.page:render",
    "Comparison": "basis_stress.multi_year.page:render_comparison",
    "Sweep": "basis_stress.sweeps.page:render",
    "Simulation": "basis_stress.ensembles.page:render",
    "WeeklyTrial": "basis_stress.validation.weekly_page:render",
    "Validation": "basis_stress.validation.page:render",
    "BreakingPoint": "basis_stress.breaking.page:render",
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

    @property
    def saved_tables(self) -> tuple[str, ...]:
        """Names of the tables that are written."""
        return self.TABLES

    def save(self, folder: str | Path, *, report: bool = False, csv: bool = False, xlsx: bool = False) -> Path:
        """Write every table as Parquet into a folder, and on request report.html: all of them, or none.

        ``csv`` and ``xlsx`` write them a second time into the folder ``spreadsheets`` within it, for a spreadsheet.

        Raises
        ------
        InputError
            If the folder cannot be written.
        """
        page = {"report.html": render_report(self)} if report else {}
        tables = {name: getattr(self, name) for name in self.saved_tables}
        return save_tables(folder, {**tables, **page, **spreadsheets(tables, csv, xlsx)}, replaces=FOLDER)


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
    return save(render_report(result, **options), path, "report")


def render_report(result: Any, **options: Any) -> str:
    """The page of a result; equal results give equal bytes."""
    if not drawing_process.is_ready():
        import_matplotlib()
    page: str = _function(PAGES[type(result).__name__])(result, **options)
    return page


def draw_figure(result: Any) -> str:
    """The figure of a result as SVG; equal results give equal bytes."""
    import_matplotlib()
    drawn: str = _function(FIGURES[type(result).__name__])(result)
    return drawn


def _function(home: str) -> Any:
    """Import ``module:function``."""
    module, _, function = home.partition(":")
    return getattr(importlib.import_module(module), function)
