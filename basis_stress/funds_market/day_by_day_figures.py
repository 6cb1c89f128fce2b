"""Two pictures of the day-by-day page: the hedged book in every variant, and the value of each lever that breaks it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from basis_stress.funds_market.boundary import FALL, LEVERS, Boundary
from basis_stress.funds_market.figures import DASHED, band
from basis_stress.funds_market.variants import VariantRun, by_variant
from basis_stress.reporting import figure_style as look
from basis_stress.reporting.pictures import Picture

_COLOURS = (look.BLUE, look.ORANGE, look.RED)


def books(variant_runs: Sequence[VariantRun]) -> Figure:
    """Hedged book at each variant's most damaging intensity, percent of the first day, as bands."""
    figure, (axes,) = look.new_figure(5.0)
    worst = [min(group, key=lambda run: min(run.changes)) for group in by_variant(variant_runs)]
    for run, colour in zip(worst, look.PALETTE, strict=False):
        band(axes, 100 * run.held / run.held.iloc[0], colour, f"{run.variant.title}: {run.intensity.label}")
    axes.set_ylim(-2.0, 104.0)
    axes.set_ylabel("% of the first day")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=1, fontsize=8.5)
    look.date_axis(axes, pd.DatetimeIndex(worst[0].held.index))
    return figure


def draw_variant(group: Sequence[VariantRun]) -> Picture:
    """The hedged book by day in one variant, a band per intensity, with what was left of it in the caption."""
    with look.style():
        figure, (axes,) = look.new_figure(2.4)
        for run, colour in zip(group, look.PALETTE, strict=False):
            band(axes, 100 * run.held / run.held.iloc[0], colour, run.intensity.label)
        low = min(float((run.held / run.held.iloc[0]).min().min()) for run in group)
        axes.set_ylim(max(0.0, 100 * low - 5.0), 104.0)
        axes.set_ylabel("hedged book, %")
        look.legend_above(axes, len(group))
        look.date_axis(axes, pd.DatetimeIndex(group[0].held.index))
        left = [100 * run.held.iloc[-1] / run.held.iloc[0] for run in group]
        ends = [
            f"{run.intensity.label} {share.min():.0f} to {share.max():.0f}%"
            for run, share in zip(group, left, strict=True)
        ]
        caption = f"Left of the hedged book on 30 April over the capacity multiples, in the model: {'; '.join(ends)}."
        return Picture(group[0].variant.name, group[0].variant.title, caption, look.svg(figure))


def levers(found: Sequence[Boundary]) -> Figure:
    """Fall of the hedged book against each lever, a line per capacity multiple, with its crossing of a tenth."""
    rows = -(-len(LEVERS) // 2)
    figure = Figure(figsize=(8.0, 2.1 * rows), layout="constrained")
    panels = figure.subplots(rows, 2, sharey=True, squeeze=False)
    for axes, lever in zip(panels.flat, LEVERS, strict=False):
        lines = [boundary for boundary in found if boundary.lever is lever]
        for boundary, colour in zip(lines, _COLOURS, strict=False):
            label = f"capacity multiple {boundary.capacity_multiple:g}"
            axes.plot(lever.grid, 100 * np.array(boundary.outcomes), color=colour, label=label)
            if boundary.critical is not None:
                axes.plot(boundary.critical, 100 * FALL, "o", color=colour, ms=5, zorder=3)
        axes.axhline(100 * FALL, color=look.INK, lw=0.9, ls=DASHED)
        axes.set_title(lever.name)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _, text=lever.axis_format: text.format(value)))
        axes.set_ylim(-104.0, 6.0)
    for axes in panels[:, 0]:
        axes.set_ylabel("hedged book, %")
    panels[0, 0].legend(loc="lower left", fontsize=8.5)
    return figure


def draw(variant_runs: Sequence[VariantRun], found: Sequence[Boundary], captions: tuple[str, str]) -> list[Picture]:
    """Draw both pictures."""
    with look.style():
        return [
            Picture("books", "The basis book in every variant", captions[0], look.svg(books(variant_runs))),
            Picture("levers", "What it takes to break the book", captions[1], look.svg(levers(found))),
        ]
