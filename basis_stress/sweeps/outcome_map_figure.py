"""The outcome map: what becomes of a book over two axes, labelled in the picture, one panel per path."""

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
from basis_stress.reporting.figure_style import INK, style, svg
from basis_stress.reporting.outcomes import MEANINGS, OUTCOMES
from basis_stress.sweeps.maps import OutcomeMap

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

COLOURS = ("#E8F1F8", "#9CC8E6", "#E69F00", "#A83A00", "#E3E3E3")
"""Survived, called, forced_sale, defaulted, not_entered: pale to dark as it gets worse; grey: never entered."""
INKS = (INK, INK, INK, "white", "#5a5a5a")
_TYPE: Any = {"fontsize": 9, "linespacing": 1.25}
_LETTER, _LINE = 0.0874, 0.062
"""Width of a letter at that size, inches, and height of a line, as a share of a panel."""
_PAGE = 9.8
"""Width of a page, inches."""
_TRIES = 2000
"""Places tried for a name before it is put on its region."""
_MOST_TICKS = 8


def axis_label(name: str) -> str:
    """What stands on an axis."""
    units = {"leverage": "leverage, times equity", "margin_multiple": "initial margin, multiple of the day's"}
    units |= {
        "yield_scale": "yield moves, multiple of history",
        "haircut": "repo haircut",
        "buffer": "cash buffer, of bonds",
    }
    units |= {"repo_spread_bp": "repo spread, basis points", "term_spread_bp": "spread of term repo, basis points"}
    return units.get(name, formatting.words(name))


def level_text(name: str, value: float) -> str:
    """A level of an axis as a desk says it."""
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
        for axes, one, title in zip(panels, maps, titles, strict=True):
            _panel(axes, one, title)
        panels[0].set_ylabel(axis_label(maps[0].y))
        figure.supxlabel(axis_label(maps[0].x), fontsize=9.5)
        return svg(figure)


def _panel(axes: Axes, one: OutcomeMap, title: str) -> None:
    """One path: a step to a level, whatever the distance between levels, and every fate named in the picture."""
    shape = one.outcome.shape
    axes.imshow(
        np.ma.masked_less(one.outcome, 0), cmap=ListedColormap(COLOURS), vmin=-0.5, vmax=len(COLOURS) - 0.5,
        origin="lower", aspect="auto", interpolation="nearest", extent=(-0.5, shape[1] - 0.5, -0.5, shape[0] - 0.5),
    )  # fmt: skip
    axes.grid(visible=False)
    axes.set_title(title)
    _ticks(axes.xaxis, one.x, one.x_levels)
    _ticks(axes.yaxis, one.y, one.y_levels)
    taken = np.zeros(shape, np.bool_)
    fates = [fate for fate in range(len(OUTCOMES)) if (one.outcome == fate).any()]
    # Narrow fates first: their names stand beside them, and a wide one finds room around those.
    for fate in sorted(fates, key=lambda fate: _room(one.outcome == fate)):
        _name(axes, one, fate, taken)


def _room(inside: Mask) -> float:
    """Half of the height of the largest square that fits, in shares of the panel."""
    return float(_depth(inside).max())


def _depth(inside: Mask) -> Floats:
    """How far each cell of a region lies from its edge, in shares of the panel."""
    steps = 1 / inside.shape[0], 1 / inside.shape[1]
    depth: Floats = ndimage.distance_transform_edt(np.pad(inside, 1), sampling=steps)[1:-1, 1:-1]
    return depth


def _name(axes: Axes, one: OutcomeMap, fate: int, taken: Mask) -> None:
    """Name a fate where it has room, or beside it with a line; and what bound first there."""
    region = one.outcome == fate
    text = MEANINGS[OUTCOMES[fate]] + _bound(one, region)
    figure = axes.get_figure(root=True)
    assert figure is not None  # axes are drawn in one
    letter = _LETTER * len(figure.axes) / figure.get_figwidth()
    size = _LINE * (1 + text.count("\n")), letter * max(map(len, text.split("\n")))
    depth = _depth(region)
    inside = _places(region & ~taken, size)
    if inside.any():
        row, column = _middle(inside & (depth == depth[inside].max()))
        axes.text(column, row, text, ha="center", va="center", color=INKS[fate], **_TYPE)
        _take(taken, (row, column), (row, column), size)
        return
    row, column = _middle(region & (depth == depth.max()))
    place = _beside(one.outcome, taken, (row, column), size)
    axes.annotate(
        text, (column, row), place[::-1], ha="center", va="center", color=INK, **_TYPE,
        arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 0.7, "shrinkA": 1, "shrinkB": 0},
    )  # fmt: skip
    _take(taken, place, (row, column), size)


def _middle(mask: Mask) -> tuple[int, int]:
    """The middle one of the cells of a mask."""
    row, column = np.nonzero(mask)
    return int(row[len(row) // 2]), int(column[len(row) // 2])


def _places(free: Mask, size: tuple[float, float]) -> Mask:
    """Where the middle of a text can stand, so that all of it lies on free cells."""
    window = [2 * math.ceil(share * n / 2) + 1 for share, n in zip(size, free.shape, strict=True)]
    return np.asarray(ndimage.minimum_filter(free, window, mode="constant", cval=False))


def _beside(fates: NDArray[np.int8], taken: Mask, cell: tuple[int, int], size: tuple[float, float]) -> tuple[int, int]:
    """The nearest place for a name outside its region: where nobody enters, else among survivors, else the cell."""
    for background in (OUTCOMES.index("not_entered"), OUTCOMES.index("survived")):
        places = np.argwhere(_places((fates == background) & ~taken, size))
        far = (((places - cell) / fates.shape) ** 2).sum(axis=1)
        for row, column in places[np.argsort(far, kind="stable")[:_TRIES]]:
            if not taken[_line((row, column), cell, taken.shape)].any():
                return int(row), int(column)
    return cell


def _line(place: tuple[int, int], cell: tuple[int, int], shape: tuple[int, ...]) -> tuple[NDArray[np.int64], ...]:
    """Cells on the line from a name to its region."""
    steps = np.linspace(0, 1, 2 * max(shape))
    return tuple(np.rint(np.outer(steps, np.subtract(cell, place)) + place).astype(np.int64).T)


def _take(taken: Mask, place: tuple[int, int], cell: tuple[int, int], size: tuple[float, float]) -> None:
    """Keep other names away from a text and from its line."""
    half = [math.ceil(share * n / 2) for share, n in zip(size, taken.shape, strict=True)]
    window = tuple(slice(max(at - by, 0), at + by + 1) for at, by in zip(place, half, strict=True))
    taken[window] = True
    taken[_line(place, cell, taken.shape)] = True


def _bound(one: OutcomeMap, region: Mask) -> str:
    """A line on what bound first in most cells of a region."""
    words, counts = np.unique(one.constraint[region].astype(str), return_counts=True)
    word = str(words[np.argmax(counts)])
    if (one.outcome[region] == OUTCOMES.index("not_entered")).all():
        return {"repo margin": "\nmostly for the haircut", "initial margin": "\nmostly for initial margin"}.get(
            word, ""
        )
    return "" if word == "none" else f"\nfirst: {word.removesuffix(' limit')}"


def _ticks(along: Axis, name: str, levels: Floats) -> None:
    """Round levels, as a desk says them."""
    shown = levels
    if len(levels) > _MOST_TICKS:
        round_ones = MaxNLocator(_MOST_TICKS - 1, steps=[1, 2, 2.5, 5, 10]).tick_values(levels[0], levels[-1])
        shown = round_ones[(round_ones >= levels[0] - 1e-12) & (round_ones <= levels[-1] + 1e-12)]
    along.set_ticks(list(np.interp(shown, levels, np.arange(len(levels)))), [level_text(name, float(x)) for x in shown])
