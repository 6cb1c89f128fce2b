"""Two pictures of the unrolled page: the hedged book in every telling, and how far each thing must go to break it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from basis_stress.funds_market.boundary import FALL, LEVERS, Boundary
from basis_stress.funds_market.variant_runs import VariantRun
from basis_stress.reporting import figure_style as look
from basis_stress.reporting.figure_style import Picture

_COLOURS = (look.BLUE, look.ORANGE, look.RED)


def paths(told: Sequence[VariantRun]) -> Figure:
    """The hedged book of the gravest dose of each variant, percent of the first day; bands run over kinks."""
    figure, (axes,) = look.new_figure(5.0)
    grave = [min((one for one in told if one.variant is v), key=lambda one: min(one.changes)) for v in _variants(told)]
    for one, colour in zip(grave, look.PALETTE, strict=False):
        table = 100 * one.held / one.held.iloc[0]
        place = np.arange(len(table))
        axes.fill_between(place, table.min(axis=1), table.max(axis=1), color=colour, alpha=0.25, lw=0)
        axes.plot(
            place, table.iloc[:, table.shape[1] // 2], color=colour, label=f"{one.variant.title}: {one.dose.label}"
        )
    axes.set_ylim(-2.0, 104.0)
    axes.set_ylabel("% of the first day")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=1, fontsize=8.5)
    look.date_axis(axes, pd.DatetimeIndex(grave[0].held.index))
    return figure


def _variants(told: Sequence[VariantRun]) -> list[object]:
    """Variants in order, each once."""
    seen: list[object] = []
    for one in told:
        if not any(one.variant is other for other in seen):
            seen.append(one.variant)
    return seen


def levers(found: Sequence[Boundary]) -> Figure:
    """Fall of the hedged book against each lever, a line per kink, the line of a tenth, and where it is crossed."""
    rows = -(-len(LEVERS) // 2)
    figure = Figure(figsize=(8.0, 2.1 * rows), layout="constrained")
    panels = figure.subplots(rows, 2, sharey=True, squeeze=False)
    for axes, lever in zip(panels.flat, LEVERS, strict=False):
        mine = [one for one in found if one.lever is lever]
        for one, colour in zip(mine, _COLOURS, strict=False):
            axes.plot(lever.grid, 100 * np.array(one.outcomes), color=colour, label=f"kink {one.kink:g}")
            if one.critical is not None:
                axes.plot(one.critical, 100 * FALL, "o", color=colour, ms=5, zorder=3)
        axes.axhline(100 * FALL, color=look.INK, lw=0.9, ls=(0, (3, 2)))
        axes.set_title(lever.name)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _, unit=lever.axis: unit.format(value)))
        axes.set_ylim(-104.0, 6.0)
    for axes in panels[:, 0]:
        axes.set_ylabel("hedged book, %")
    panels[0, 0].legend(loc="lower left", fontsize=8.5)
    return figure


def draw(told: Sequence[VariantRun], found: Sequence[Boundary], captions: tuple[str, str]) -> list[Picture]:
    """Draw both."""
    with look.style():
        return [
            Picture("paths", "The basis book in every telling", captions[0], look.svg(paths(told))),
            Picture("levers", "How far each thing must go", captions[1], look.svg(levers(found))),
        ]
