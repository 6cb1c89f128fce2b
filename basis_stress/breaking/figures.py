"""The figure of the frontier of leverage and a lever: outcomes as areas, and what binds first at each border."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from basis_stress.breaking.frontier import Frontier
from basis_stress.breaking.point import BreakingPoint
from basis_stress.reporting import formatting
from basis_stress.reporting.figure_style import BLUE, GREEN, INK, OCHRE, PURPLE, style, svg
from basis_stress.reporting.outcomes import OUTCOMES, label
from basis_stress.sweeps.outcome_map_figure import COLOURS, INKS

CAUSES = {
    "variation margin": BLUE,
    "initial margin": PURPLE,
    "repo margin": GREEN,
    "insolvency": INK,
    "liquidity limit": OCHRE,
}
"""Colour of a border by what binds first there; all other constraints are ink."""
_SHORTEST = 0.12
"""Share of the figure's width or height that a piece of a border needs for a label."""


def draw_frontier(of: Frontier, found: BreakingPoint | None = None) -> str:
    """Draw a frontier as SVG; the breaking point, if given, is marked."""
    with style():
        figure = Figure(figsize=(8.0, 5.0), layout="constrained")
        axes = figure.subplots()
        _regions(axes, of)
        _borders(axes, of)
        axes.set_xlim(of.leverages[0], of.leverages[-1])
        axes.set_ylim(of.values[0], of.values[-1])
        if found is not None and np.isfinite(found.value) and found.of.terms.leverage is not None:
            _mark(axes, found)
        axes.set_xlabel("leverage, times equity")
        axes.set_ylabel(of.of.lever.title)
        if of.of.lever.name in ("haircut", "not_rolled"):
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.3g}%"))
        axes.set_title(f"{of.of.scenario.name}, {formatting.listing(list(of.of.contracts))}: outcome of a book")
        return svg(figure)


def _regions(axes: Axes, of: Frontier) -> None:
    """Draw each outcome as an area, with its name where the area is widest."""
    outcome = of.outcomes["outcome"].astype(int)
    x, y = of.leverages, of.values
    axes.pcolormesh(
        x, y, outcome, cmap=ListedColormap(COLOURS), vmin=-0.5, vmax=len(COLOURS) - 0.5, shading="nearest",
        rasterized=True,
    )  # fmt: skip
    axes.grid(visible=False)
    for number, name in enumerate(OUTCOMES):
        inside = outcome == number
        if inside.mean() < 0.015:
            continue
        row, column = _middle(inside)
        narrow = inside[row].mean() < 0.17
        low = len(y) // 5
        if narrow and inside[low:-low].any():  # the name is vertical and needs height
            row, column = _middle(inside[low:-low])
            row += low
        axes.text(
            x[column], y[row], label(name), color=INKS[number], ha="center", va="center", fontsize=10,
            fontweight="bold", rotation=90 if narrow else 0,
        )  # fmt: skip


def _middle(inside: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> tuple[int, int]:
    """Cell of a region that lies farthest from its edge."""
    from scipy import ndimage

    steps = 1 / inside.shape[0], 1 / inside.shape[1]
    depth = ndimage.distance_transform_edt(np.pad(inside, 1), sampling=steps)[1:-1, 1:-1]
    deepest = np.argwhere(depth > 0.98 * depth.max())
    row, column = deepest[len(deepest) // 2]
    return int(row), int(column)


def _borders(axes: Axes, of: Frontier) -> None:
    """Draw each border as a line in the colour of what binds first, with a label on every piece long enough."""
    table, lever = of.borders, of.of.lever.name
    labelled: list[tuple[float, float]] = []
    for _, border in table.groupby("until", sort=False):
        border = border[border[lever] > of.values[0]]
        for piece in _pieces(border, float(np.diff(of.leverages).max()) * 1.5):
            cause = str(piece["constraint"].iloc[0])
            colour = CAUSES.get(cause, INK)
            axes.plot(piece["leverage"], piece[lever], color=colour, lw=2.4, solid_capstyle="round")
            _label(axes, of, piece, f"{cause} first", colour, labelled)


def _label(
    axes: Axes, of: Frontier, piece: pd.DataFrame, text: str, colour: str, labelled: list[tuple[float, float]]
) -> None:
    """Label a piece of a border above it, or to its left if steep; no label on a short piece or near another label."""
    x, y = piece["leverage"].to_numpy(), piece[of.of.lever.name].to_numpy()
    wide, high = np.ptp(x) / np.ptp(of.leverages), np.ptp(y) / np.ptp(of.values)
    place = (float(x[len(x) // 2]), float(y[len(y) // 2]))
    shares = place[0] / float(np.ptp(of.leverages)), place[1] / float(np.ptp(of.values))
    near = any(abs(shares[0] - left) < 0.25 and abs(shares[1] - up) < 0.07 for left, up in labelled)
    if max(wide, high) < _SHORTEST or near:
        return
    labelled.append(shares)
    steep = high > 3 * wide
    axes.annotate(
        text, place, (-7, 0) if steep else (0, 8), textcoords="offset points", fontsize=9, color=colour,
        ha="right" if steep else "center", va="center" if steep else "bottom",
        bbox={"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
    )  # fmt: skip


def _pieces(border: pd.DataFrame, gap: float) -> list[pd.DataFrame]:
    """Runs of neighbouring leverages along a border with the same constraint."""
    if border.empty:
        return []
    breaks = (border["constraint"] != border["constraint"].shift()) | (border["leverage"].diff() > gap)
    return [piece for _, piece in border.groupby(breaks.cumsum())]


def _mark(axes: Axes, found: BreakingPoint) -> None:
    """Mark the breaking point."""
    leverage = float(found.of.terms.leverage or 0.0)
    right = leverage > 0.7 * axes.get_xlim()[1]
    axes.plot([leverage], [found.value], "o", ms=8, mfc="white", mec=INK, mew=1.6, zorder=5, clip_on=False)
    axes.annotate(
        f"{formatting.times(leverage)}: {found.of.lever.describe(found.value)}", (leverage, found.value),
        (-10 if right else 10, -12), textcoords="offset points", ha="right" if right else "left", va="top",
        fontsize=9.5, fontweight="bold", color=INK, zorder=6,
        bbox={"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
    )  # fmt: skip
