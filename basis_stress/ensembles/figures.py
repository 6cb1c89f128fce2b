"""Figures of an ensemble of paths: losses, and the time to a call, a forced sale, a default."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from basis_stress.ensembles.statistics import expected_shortfall
from basis_stress.reporting import figure_style, formatting
from basis_stress.reporting.outcomes import condition

if TYPE_CHECKING:
    from basis_stress.ensembles.simulate import Simulation

_MOST = 8
"""Leverages drawn; the tables have all."""


def _colours(of: Simulation) -> list[tuple[int, float, str]]:
    """Index, value and colour of each leverage drawn."""
    pairs = zip(of.leverages[:_MOST], figure_style.PALETTE, strict=False)
    return [(i, float(leverage), colour) for i, (leverage, colour) in enumerate(pairs)]


def losses(of: Simulation) -> Figure:
    """Draw the share of paths with at least each loss, by leverage, with the expected shortfall."""
    figure, (axes,) = figure_style.new_figure(4.2)
    least = 1 / len(of)
    ends = [
        (i, _exceeding(axes, of.losses_by_path[:, i], colour, formatting.times(leverage)), colour)
        for i, leverage, colour in _colours(of)
    ]
    axes.set_yscale("log")
    axes.set_ylim(least * 0.8, 1.4)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g}%"))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda loss, _: f"{100 * loss:g}%".replace("-", "−")))
    axes.axhline(0.05, color=figure_style.GREY, lw=0.8, ls=(0, (3, 2)))
    axes.annotate("1 path in 20", (1.0, 0.05), (-2, 3), xycoords=("axes fraction", "data"), textcoords="offset points",
                  ha="right", fontsize=8.5, color=figure_style.GREY)  # fmt: skip
    for i, (x, y), colour in ends:
        axes.annotate(
            formatting.times(float(of.leverages[i])), (x, y), (4, 3), textcoords="offset points", color=colour,
            fontweight="bold", fontsize=9.5,
        )  # fmt: skip
    axes.margins(x=0.06)
    axes.set_xlabel("loss of at least this share of equity; gains are negative")
    axes.set_title("Share of paths, log scale; diamonds: expected shortfall of the worst 5%")
    return figure


def _exceeding(
    axes: Axes, values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], colour: str, label: str
) -> tuple[float, float]:
    """Draw one leverage; returns the end of its line, where its label goes."""
    ordered = np.sort(values)[::-1]
    share = np.arange(1, len(ordered) + 1) / len(ordered)
    thin = np.unique(np.geomspace(1, len(ordered), 600).astype(int) - 1)
    axes.plot(ordered[thin], share[thin], color=colour, label=label)
    shortfall = expected_shortfall(values, 0.95)
    axes.plot([shortfall], [0.05], "D", color=colour, ms=6, mec="white", zorder=4)
    return float(ordered[0]), float(share[0])


def curves(of: Simulation) -> Figure:
    """Draw the share of books that were called, forced to sell or in default by each day, with intervals."""
    figure = Figure(figsize=(8.0, 3.6), layout="constrained")
    panels = figure.subplots(1, 3)
    table = of.curves()
    for axes, (event, mine) in zip(panels, table.groupby("event", sort=False), strict=True):
        axes.set_title(condition(str(event)))
        axes.set_xlabel("business days after entry")
        axes.set_xlim(0, of.days * 1.16)
        if not mine["share"].any():
            _empty(axes, len(of), float(mine["high"].max()))
            continue
        top = float(mine["high"].max())
        placed: list[float] = []
        for _, leverage, colour in reversed(_colours(of)):
            rows = mine[mine["leverage"] == leverage]
            axes.fill_between(rows["day"], rows["low"], rows["high"], step="post", color=colour, alpha=0.2, lw=0)
            axes.step(rows["day"], rows["share"], where="post", color=colour, label=formatting.times(leverage))
            last = float(rows["share"].iloc[-1])
            if all(abs(last - other) > 0.06 * top for other in placed):
                placed.append(last)
                axes.annotate(
                    formatting.times(leverage), (of.days, last), (3, 0), textcoords="offset points", va="center",
                    color=colour, fontweight="bold", fontsize=9, annotation_clip=False,
                )  # fmt: skip
        axes.set_ylim(0, 1.05 * top)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g}%"))
    panels[0].set_ylabel("cumulative share of paths")
    return figure


def _empty(axes: Axes, paths: int, high: float) -> None:
    """Label an empty panel: no path had the event, with the upper end of the interval."""
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    text = f"none in {paths:,} paths\n(at most {100 * high:.2g}% by the\n95% interval)"
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", fontsize=9.5, color=figure_style.GREY)
