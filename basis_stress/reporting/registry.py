"""The function that writes the page, or draws the figure, of each kind of result.

Results do not import pages: a page imports the result that it draws, and drawing costs half a second of imports, which
a caller who only reads tables does not pay.
"""

import importlib
import os
from pathlib import Path
from typing import Any

PAGES = {
    "Result": "basis_stress.single_book.page:write",
    "MarketResult": "basis_stress.funds_market.page:write",
    "MultiYearRun": "basis_stress.multi_year.page:write",
    "Comparison": "basis_stress.multi_year.page:write_comparison",
    "Sweep": "basis_stress.sweeps.page:write",
    "Simulation": "basis_stress.ensembles.page:write",
    "BreakingPoint": "basis_stress.breaking.page:write",
}
"""``module:function`` of the page of each class of result."""
FIGURES = {"Frontier": "basis_stress.breaking.figures:draw_frontier"}
"""The same for a result that is one figure."""


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
