"""Which function writes the page of each kind of result.

Results know no page: drawing costs half a second of imports, which a caller who reads tables should not pay for, and a
page imports the result that it draws.
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
"""Class of a result to ``module:function`` of its page."""


def write_report(result: Any, path: str | os.PathLike[str], **options: Any) -> Path:
    """Write the page of a result to ``path``.

    Raises
    ------
    InputError
        If the file cannot be written; nothing is left behind.
    """
    module, _, function = PAGES[type(result).__name__].partition(":")
    written: Path = getattr(importlib.import_module(module), function)(result, path, **options)
    return written
