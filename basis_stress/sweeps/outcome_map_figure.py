"""The outcome map: the outcome of a book over two axes, with labels in the picture, one panel per scenario."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from scipy import ndimage

from basis_stress.reporting import formatting
from basis_stress.reporting.colours import OUTCOME, ink_on
from basis_stress.reporting.figure_hover import name_cells
from basis_stress.reporting.figure_style import INK, style, svg
from basis_stress.reporting.outcomes import OUTCOMES, label
from basis_stress.sweeps.maps import OutcomeMap

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

COLOURS = tuple(OUTCOME[name].light for name in OUTCOMES)
INKS = tuple(ink_on(colour) for colour in COLOURS)
_TYPE: Any = {"fontsize": 9, "linespacing": 1.25}
_LETTER, _LINE = 0.0874, 0.062
"""Width of a letter at that size, inches, and height of a line, as a share of a panel."""
_PAGE = 9.8
"""Width of a page, inches."""
_TRIES = 2000
"""Places tried for a label before it is put on its region."""
_MOST_TICKS = 8


def axis_label(name: str) -> str:
    """Label of an axis, with its unit."""
    units = {"leverage": "leverage, times equity", "margin_multiple": "initial margin, multiple of the day's"}
    units |= {
        "yield_scale": "yield moves, multiple of history",
        "haircut": "repo haircut",
        "buffer": "cash buffer, of bonds",
    }
    units |= {"repo_spread_bp": "repo spread, basis points", "term_spread_bp": "spread of term repo, basis points"}
    return units.get(name, formatting.words(name))


def level_text(name: str, value: float) -> str:
    """A level of an axis with its unit."""
    if name == "leverage":
        return formatting.times(value)
    if name in ("haircut", "buffer", "term_share", "repo_threshold", "drawdown_limit", "depth_share", "hedged_share"):
        return f"{100 * value:.4g}%".replace("-", "−")
    if name in ("margin_multiple", "yield_scale"):
        return f"{value:.4g}×"
    if name in ("equity", "notional", "credit_line"):
        return formatting.usd(value)
    return f"{value:.4g}".replace("-", "−") + (" bp" if name.endswith("_bp") else "")


def outcome_maps(maps: Sequence[OutcomeMap], titles: Sequence[str]) -> str:
    """Draw outcome maps side by side as SVG; equal maps give equal bytes."""
    with style():
        figure = Figure(figsize=(max(4.6 * len(maps) + 0.6, _PAGE), 4.4))
        figure.set_layout_engine("constrained", wspace=0.06)  # the last level of a panel beside the next one's first
        panels = figure.subplots(1, len(maps), sharex=True, sharey=True, squeeze=False)[0]
        for axes, drawn, title in zip(panels, maps, titles, strict=True):
            _panel(axes, drawn, title)
        panels[0].set_ylabel(axis_label(maps[0].y))
        figure.supxlabel(axis_label(maps[0].x), fontsize=9.5)
        return svg(figure)


def _panel(axes: Axes, drawn: OutcomeMap, title: str) -> None:
    """Draw one scenario: steps of equal width for all levels, and a label for every outcome."""
    shape = drawn.outcome.shape
    axes.imshow(
        np.ma.masked_less(drawn.outcome, 0), cmap=ListedColormap(COLOURS), vmin=-0.5, vmax=len(COLOURS) - 0.5,
        origin="lower", aspect="auto", interpolation="nearest", extent=(-0.5, shape[1] - 0.5, -0.5, shape[0] - 0.5),
    )  # fmt: skip
    axes.grid(visible=False)
    axes.set_title(title)
    name_cells(axes, _levels(drawn.x, drawn.x_levels), _levels(drawn.y, drawn.y_levels), _cell_texts(drawn))
    _ticks(axes.xaxis, drawn.x, drawn.x_levels)
    _ticks(axes.yaxis, drawn.y, drawn.y_levels)
    taken = np.zeros(shape, np.bool_)
    present = [number for number in range(len(OUTCOMES)) if (drawn.outcome == number).any()]
    # Narrow regions first: their labels go beside them, and the label of a wide region finds room around those.
    for number in sorted(present, key=lambda number: _room(drawn.outcome == number)):
        _label(axes, drawn, number, taken)


def _levels(name: str, levels: Floats) -> list[str]:
    """Every level of an axis with its name and unit."""
    return [f"{formatting.words(name)} {level_text(name, float(level))}" for level in levels]


def _cell_texts(drawn: OutcomeMap) -> NDArray[np.object_]:
    """The outcome of each cell, and what bound first."""
    names = np.array([*map(label, OUTCOMES), "no cell"], object)[drawn.outcome]
    first = drawn.constraint.astype(str)
    return np.where(np.isin(first, ("none", "")), names, names + ", " + first.astype(object) + " first")


def _room(inside: Mask) -> float:
    """Half of the height of the largest square that fits, in shares of the panel."""
    return float(_depth(inside).max())


def _depth(inside: Mask) -> Floats:
    """Distance of each cell of a region from its edge, in shares of the panel."""
    steps = 1 / inside.shape[0], 1 / inside.shape[1]
    depth: Floats = ndimage.distance_transform_edt(np.pad(inside, 1), sampling=steps)[1:-1, 1:-1]
    return depth


def _label(axes: Axes, drawn: OutcomeMap, number: int, taken: Mask) -> None:
    """Label a region inside it, or beside it with a line, with its outcome and what bound first."""
    region = drawn.outcome == number
    text = label(OUTCOMES[number]) + _first_constraint(drawn, region)
    figure = axes.get_figure(root=True)
    assert figure is not None  # axes belong to a figure
    letter = _LETTER * len(figure.axes) / figure.get_figwidth()
    size = _LINE * (1 + text.count("\n")), letter * max(map(len, text.split("\n")))
    depth = _depth(region)
    inside = _places(region & ~taken, size)
    if inside.any():
        row, column = _middle(inside & (depth == depth[inside].max()))
        axes.text(column, row, text, ha="center", va="center", color=INKS[number], **_TYPE)
        _take(taken, (row, column), (row, column), size)
        return
    row, column = _middle(region & (depth == depth.max()))
    place = _beside(drawn.outcome, taken, (row, column), size)
    axes.annotate(
        text, (column, row), place[::-1], ha="center", va="center", color=INK, **_TYPE,
        arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 0.7, "shrinkA": 1, "shrinkB": 0},
    )  # fmt: skip
    _take(taken, place, (row, column), size)


def _middle(mask: Mask) -> tuple[int, int]:
    """The middle cell of a mask."""
    row, column = np.nonzero(mask)
    return int(row[len(row) // 2]), int(column[len(row) // 2])


def _places(free: Mask, size: tuple[float, float]) -> Mask:
    """Cells at which a text can be centred so that it covers only free cells."""
    window = [2 * math.ceil(share * n / 2) + 1 for share, n in zip(size, free.shape, strict=True)]
    return np.asarray(ndimage.minimum_filter(free, window, mode="constant", cval=False))


def _beside(
    outcome: NDArray[np.int8], taken: Mask, cell: tuple[int, int], size: tuple[float, float]
) -> tuple[int, int]:
    """The nearest place for a label outside its region: not entered, else survived, else the cell itself."""
    for background in (OUTCOMES.index("not_entered"), OUTCOMES.index("survived")):
        places = np.argwhere(_places((outcome == background) & ~taken, size))
        far = (((places - cell) / outcome.shape) ** 2).sum(axis=1)
        for row, column in places[np.argsort(far, kind="stable")[:_TRIES]]:
            if not taken[_line((row, column), cell, taken.shape)].any():
                return int(row), int(column)
    return cell


def _line(place: tuple[int, int], cell: tuple[int, int], shape: tuple[int, ...]) -> tuple[NDArray[np.int64], ...]:
    """Cells on the line from a label to its region."""
    steps = np.linspace(0, 1, 2 * max(shape))
    return tuple(np.rint(np.outer(steps, np.subtract(cell, place)) + place).astype(np.int64).T)


def _take(taken: Mask, place: tuple[int, int], cell: tuple[int, int], size: tuple[float, float]) -> None:
    """Mark the cells under a label and its line as taken."""
    half = [math.ceil(share * n / 2) for share, n in zip(size, taken.shape, strict=True)]
    window = tuple(slice(max(at - by, 0), at + by + 1) for at, by in zip(place, half, strict=True))
    taken[window] = True
    taken[_line(place, cell, taken.shape)] = True


def _first_constraint(drawn: OutcomeMap, region: Mask) -> str:
    """The constraint that bound first in most cells of a region, on a line."""
    names, counts = np.unique(drawn.constraint[region].astype(str), return_counts=True)
    name = str(names[np.argmax(counts)])
    if (drawn.outcome[region] == OUTCOMES.index("not_entered")).all():
        required = {"repo margin": "for the haircut", "initial margin": "for initial margin"}
        return f"\nmostly {required.get(name, 'as futures round to none')}"
    return "" if name == "none" else f"\nfirst: {name.removesuffix(' limit')}"


def _ticks(along: Axis, name: str, levels: Floats) -> None:
    """Label round levels."""
    shown = levels
    if len(levels) > _MOST_TICKS:
        round_ones = MaxNLocator(_MOST_TICKS - 1, steps=[1, 2, 2.5, 5, 10]).tick_values(levels[0], levels[-1])
        shown = round_ones[(round_ones >= levels[0] - 1e-12) & (round_ones <= levels[-1] + 1e-12)]
    along.set_ticks(list(np.interp(shown, levels, np.arange(len(levels)))), [level_text(name, float(x)) for x in shown])
