"""Pictures of an ensemble of paths: losses, and the time to a call, a sale, a default."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from basis_stress.ensembles.statistics import expected_shortfall
from basis_stress.reporting import figure_style as look
from basis_stress.reporting import formatting

if TYPE_CHECKING:
    from basis_stress.ensembles.simulate import Simulation

_MOST = 8
"""Leverages drawn; a table has all."""


def _colours(of: Simulation) -> list[tuple[int, float, str]]:
    """Place, value and colour of each leverage drawn."""
    return [(i, float(one), colour) for i, (one, colour) in enumerate(zip(of.leverages, look.PALETTE, strict=False))][
        :_MOST
    ]


def losses(of: Simulation) -> Figure:
    """How often the loss is at least so much, by leverage, with the expected shortfall."""
    figure, (axes,) = look.new_figure(4.2)
    least = 1 / len(of)
    ends = [(i, _exceeding(axes, of.losses_by_path[:, i], colour), colour) for i, _, colour in _colours(of)]
    axes.set_yscale("log")
    axes.set_ylim(least * 0.8, 1.4)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g}%"))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda loss, _: f"{100 * loss:g}%".replace("-", "−")))
    axes.axhline(0.05, color=look.GREY, lw=0.8, ls=(0, (3, 2)))
    axes.annotate("1 path in 20", (1.0, 0.05), (-2, 3), xycoords=("axes fraction", "data"), textcoords="offset points",
                  ha="right", fontsize=8.5, color=look.GREY)  # fmt: skip
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
    axes: Axes, values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], colour: str
) -> tuple[float, float]:
    """One leverage; returns the end of its line, where its name stands."""
    ordered = np.sort(values)[::-1]
    share = np.arange(1, len(ordered) + 1) / len(ordered)
    thin = np.unique(np.geomspace(1, len(ordered), 600).astype(int) - 1)
    axes.plot(ordered[thin], share[thin], color=colour)
    shortfall = expected_shortfall(values, 0.95)
    axes.plot([shortfall], [0.05], "D", color=colour, ms=6, mec="white", zorder=4)
    return float(ordered[0]), float(share[0])


def curves(of: Simulation) -> Figure:
    """Share of books that were called, sold, defaulted by each day, with bands."""
    figure = Figure(figsize=(8.0, 3.6), layout="constrained")
    panels = figure.subplots(1, 3)
    table = of.curves()
    for axes, (event, mine) in zip(panels, table.groupby("event", sort=False), strict=True):
        axes.set_title(str(event))
        axes.set_xlabel("business days after entry")
        axes.set_xlim(0, of.days * 1.16)
        if not mine["share"].any():
            _nothing(axes, len(of), float(mine["high"].max()))
            continue
        top = float(mine["high"].max())
        placed: list[float] = []
        for _, leverage, colour in reversed(_colours(of)):
            one = mine[mine["leverage"] == leverage]
            axes.fill_between(one["day"], one["low"], one["high"], step="post", color=colour, alpha=0.2, lw=0)
            axes.step(one["day"], one["share"], where="post", color=colour)
            last = float(one["share"].iloc[-1])
            if all(abs(last - other) > 0.06 * top for other in placed):
                placed.append(last)
                axes.annotate(
                    formatting.times(leverage), (of.days, last), (3, 0), textcoords="offset points", va="center",
                    color=colour, fontweight="bold", fontsize=9, annotation_clip=False,
                )  # fmt: skip
        axes.set_ylim(0, 1.05 * top)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g}%"))
    panels[0].set_ylabel("share of paths, cumulated")
    return figure


def _nothing(axes: Axes, paths: int, high: float) -> None:
    """What an empty panel says: nothing happened, and how often it may have for all that."""
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    text = f"none in {paths:,} paths\n(at most {100 * high:.2g}% by the\n95% interval)"
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", fontsize=9.5, color=look.GREY)
