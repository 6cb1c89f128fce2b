"""Figures of the effects of axes: a measure along each axis, break-even leverage, and shares of the variance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from basis_stress.reporting.figure_style import BLUE, GREY, INK, ORANGE, PALETTE, style, svg
from basis_stress.sweeps.measures import Measure
from basis_stress.sweeps.outcome_map_figure import axis_label, level_text

_WIDTH = 9.8
_MOST_LINES = 7

End = tuple[float, float, str, str]
"""End of a line: y, x, label and colour."""


def marginals(table: pd.DataFrame, chosen: Measure) -> str:
    """Draw `Sweep.marginals` as SVG: mean and the middle 90% of cells along each axis, a colour per scenario."""
    axes_swept = list(dict.fromkeys(table["axis"]))
    rows = -(-len(axes_swept) // 3)
    across = min(len(axes_swept), 3)
    with style():
        figure = Figure(figsize=(_WIDTH, 2.9 * rows + 0.2), layout="constrained")
        panels = figure.subplots(rows, across, sharey=True, squeeze=False).ravel()
        for panel, name in zip(panels, axes_swept, strict=False):
            ends = _marginal(panel, table[table["axis"] == name], name)
        if len(ends) > 1:
            _name_ends(panels[len(axes_swept) - 1], ends)
        for panel in panels[len(axes_swept) :]:
            panel.set_visible(False)
        for panel in panels[::across]:
            _measure_axis(panel, chosen)
        figure.supylabel(chosen.title.split(":")[0], fontsize=9.5)
        return svg(figure)


def _marginal(axes: Axes, table: pd.DataFrame, name: str) -> list[End]:
    """Draw one axis: a line and a band per scenario; returns the ends of the lines."""
    ends = []
    for colour, (path, mine) in zip(PALETTE, table.groupby("scenario", observed=True, sort=False), strict=False):
        shown = mine.dropna(subset=["mean"])
        axes.fill_between(shown["level"], shown["low"], shown["high"], color=colour, alpha=0.15, linewidth=0)
        axes.plot(shown["level"], shown["mean"], color=colour, marker="o", markersize=3)
        if len(shown):
            ends.append((float(shown["mean"].iloc[-1]), float(shown["level"].iloc[-1]), str(path), colour))
    axes.axhline(0.0, color=INK, linewidth=0.6)
    axes.set_title(axis_label(name), fontsize=9, fontweight="normal")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: level_text(name, float(value))))
    return ends


def _measure_axis(axes: Axes, chosen: Measure) -> None:
    """Percent, where the measure is a share."""
    if chosen.percent:
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.4g}%".replace("-", "−")))


def break_even(table: pd.DataFrame, axis: str, x: str, by: str | None) -> str:
    """Draw `Sweep.break_even` along another axis as SVG: a labelled line per scenario or level of a third axis."""
    worst = table.groupby(["scenario", x, *([by] if by else [])], observed=True)["break_even"].min().reset_index()
    key = "scenario" if by is None else by
    lines = list(worst.groupby(key, observed=True, sort=False))
    chosen = [lines[i] for i in np.unique(np.linspace(0, len(lines) - 1, min(len(lines), _MOST_LINES)).astype(int))]
    with style():
        figure = Figure(figsize=(_WIDTH, 3.6), layout="constrained")
        axes = figure.subplots()
        ends = []
        for colour, (level, mine) in zip(PALETTE, chosen, strict=False):
            shown = mine.sort_values(x).dropna(subset=["break_even"])
            if shown.empty:
                continue
            axes.step(shown[x], shown["break_even"], color=colour, where="post")
            text = str(level) if by is None else f"{axis_label(by).split(',')[0]} {level_text(by, float(level))}"
            ends.append((float(shown["break_even"].iloc[-1]), float(shown[x].iloc[-1]), text, colour))
        axes.set_ylim(bottom=0)
        _name_ends(axes, ends)
        axes.set_xlabel(axis_label(x))
        axes.set_ylabel(f"highest {axis_label(axis).split(',')[0]} without a forced sale")
        axes.margins(x=0.02)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: level_text(x, float(value))))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: level_text(axis, float(value))))
        return svg(figure)


def _name_ends(axes: Axes, ends: list[End]) -> None:
    """Label lines at their right ends, with space between labels where lines end close together."""
    line = 0.055 * (axes.get_ylim()[1] - axes.get_ylim()[0])
    right = max((x for _, x, _, _ in ends), default=0.0)
    lowest = -np.inf
    for height, _, text, colour in sorted(ends):
        lowest = max(height, lowest + line)
        axes.text(right, lowest, f"  {text}", color=colour, fontsize=8.5, va="center")


def shares(table: pd.DataFrame, most: int = 8) -> str:
    """Draw `Sweep.effects` of one scenario as SVG: the largest shares of variance, axes alone blue and pairs orange."""
    largest = table[table["share"] >= 0.001].head(most).iloc[::-1]
    names = [_pair(str(row["axis"]), str(row["with"])) for row in largest.to_dict("records")]
    colours = [ORANGE if row["with"] else BLUE for row in largest.to_dict("records")]
    with style():
        figure = Figure(figsize=(_WIDTH, 0.6 + 0.36 * len(largest)), layout="constrained")
        axes = figure.subplots()
        axes.barh(names, largest["share"], color=colours, height=0.62)
        for place, share in enumerate(largest["share"]):
            axes.text(share + 0.008, place, f"{100 * share:.3g}%", va="center", fontsize=8.5)
        _share_axis(axes, float(largest["share"].max()) if len(largest) else 1.0)
        return svg(figure)


def _pair(axis: str, other: str) -> str:
    """An axis, or two together."""
    first = axis_label(axis).split(",")[0]
    return f"{first} with {axis_label(other).split(',')[0]}" if other else first


def sobol(table: pd.DataFrame) -> str:
    """Draw `Sweep.indices` as SVG: alone and with interactions, and the interval of each."""
    ordered = table.sort_values("total")
    with style():
        figure = Figure(figsize=(_WIDTH, 0.9 + 0.62 * len(ordered)), layout="constrained")
        axes = figure.subplots()
        for column, colour, shift, text in (
            ("first", BLUE, 0.18, "alone"),
            ("total", ORANGE, -0.18, "with its interactions"),
        ):
            places = np.arange(len(ordered)) + shift
            value = ordered[column].to_numpy()
            low, high = ordered[f"{column}_low"].to_numpy(), ordered[f"{column}_high"].to_numpy()
            axes.barh(places, np.maximum(value, 0), color=colour, height=0.32)
            axes.hlines(places, low, high, color=INK, linewidth=1.2)
            for place, x, end in zip(places, value, high, strict=True):
                axes.text(max(end, 0) + 0.012, place, f"{100 * max(x, 0):.0f}%", va="center", fontsize=8.5)
            axes.annotate(
                text, (max(high[-1], 0) + 0.012, places[-1]), (32, 0), textcoords="offset points", va="center",
                fontsize=8.5, color=colour, fontweight="bold",
            )  # fmt: skip
        axes.set_yticks(range(len(ordered)), [axis_label(str(name)).split(",")[0] for name in ordered.index])
        _share_axis(axes, float(ordered[["first_high", "total_high"]].to_numpy().max()) + 0.2)
        return svg(figure)


def _share_axis(axes: Axes, largest: float) -> None:
    """Shares of the variance, as percent."""
    axes.set_xlim(0, min(max(1.12 * largest, 0.1), 1.3))
    axes.set_xticks([x for x in (0, 0.2, 0.4, 0.6, 0.8, 1.0) if x <= axes.get_xlim()[1]])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f}%"))
    axes.set_xlabel("share of the variance")
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x", color=GREY, alpha=0.3)
    axes.tick_params(axis="y", length=0)
