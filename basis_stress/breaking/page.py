"""The page of a breaking point: the sentence, every way to break, the frontier."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from basis_stress.breaking.figures import frontier as draw
from basis_stress.breaking.point import search
from basis_stress.breaking.text import DESCRIPTIONS, replay, safe_intervals
from basis_stress.reporting import formatting
from basis_stress.reporting.figure_style import Picture
from basis_stress.reporting.files import save
from basis_stress.reporting.html import embedded, fill
from basis_stress.reporting.outcomes import UNTIL

if TYPE_CHECKING:
    from basis_stress.breaking.point import BreakingPoint

Cells = tuple[list[str], list[list[str]]]


def every_until(found: BreakingPoint) -> list[BreakingPoint]:
    """The breaking points of all three ends, over one range."""
    steps = round((found.high - found.low) / found.step)
    return [found if until == found.until else search(found.of, until, found.low, found.high, steps) for until in UNTIL]


def cells(points: list[BreakingPoint]) -> Cells:
    """Heads and cells: a row per end."""
    heads = ["until", "smallest value", "what binds first", "day", "beyond it"]
    rows = []
    for one in points:
        if not len(one.brackets):
            said = f"none up to {one.of.lever.said(one.high)}"
            rows.append([one.until, said, "–", "–", "–"])
            continue
        at = one.of.lever.said(one.value) + (" (as it is)" if one.value == one.low == one.of.lever.neutral else "")
        beyond = "broken to the end of the range" if one.monotone else safe_intervals(one)
        rows.append([one.until, at, one.constraint, formatting.day(one.day), beyond])
    return heads, rows


def render(found: BreakingPoint) -> str:
    """Render the page; equal breaking points give equal bytes."""
    of, laid = found.of, found.frontier
    caption = (
        f"What becomes of the book at each leverage and value ({of.lever.title}), and at each border what binds first. "
        "Called, paid: a call larger than the buffer was met. Forced to sell: a limit ordered a sale. Cannot enter: "
        "haircut and initial margin ask more than the equity."
    )
    if laid.borders["safe_again"].any():
        caption += " Lines show the lowest value that breaks; where a book is safe again above it, the area says so."
    given = {name: value for name, value in of.terms.model_dump().items() if value is not None}
    return fill(
        "break.html",
        title=of.scenario.title or of.scenario.name,
        name=of.scenario.name,
        headline=str(found),
        points=cells(every_until(found)),
        searched=f"{of.lever.said(found.low)} to {of.lever.said(found.high)}",
        step=of.lever.said(found.step),
        tolerance=of.lever.said(of.lever.tolerance),
        meant=DESCRIPTIONS[of.lever.name],
        since=None if of.lever.name == "scale" else formatting.day(of.dates()[of.day]),
        replay=replay(found),
        pictures=embedded([Picture("frontier", "Leverage and shock", caption, draw(laid, found))]),
        settings=[
            ("contracts", ", ".join(of.contracts)),
            ("curve", of.book.market.data.curves.remark),
            *((formatting.words(name), _said(value)) for name, value in given.items()),
        ],
    )


def _said(value: object) -> str:
    """A setting as text."""
    return f"{value:.6g}" if isinstance(value, float) and np.isfinite(value) else str(value).lower()


def write(found: BreakingPoint, path: str | os.PathLike[str]) -> Path:
    """Write the page to ``path``; see `basis_stress.reporting.files.save`."""
    return save(render(found), path, "report")
