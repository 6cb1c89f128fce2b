"""What a reader who points at a figure is told: values of its lines, bars and cells, read from the figure itself."""

from __future__ import annotations

import base64
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_MOST = 240
"""Places kept of a line; a screen is hardly wider than four of them."""
_FEWEST = 3
_DAYS: weakref.WeakKeyDictionary[Axes, pd.DatetimeIndex] = weakref.WeakKeyDictionary()
_CELLS: weakref.WeakKeyDictionary[Axes, dict[str, Any]] = weakref.WeakKeyDictionary()


def name_days(axes: Axes, days: pd.DatetimeIndex) -> None:
    """Keep the business days of an axis on which they stand one step apart."""
    _DAYS[axes] = days


def name_cells(axes: Axes, across: Sequence[str], up: Sequence[str], texts: NDArray[Any]) -> None:
    """Keep what the cells [up, across] of a map say."""
    names, index = np.unique(texts, return_inverse=True)
    packed = base64.b64encode(index.reshape(-1).astype("<u2").tobytes()).decode()
    _CELLS[axes] = {"across": list(across), "up": list(up), "names": [str(name) for name in names], "cells": packed}


def read(figure: Figure) -> list[dict[str, Any]]:
    """The panels of a drawn figure that have lines, bars or cells."""
    panels = []
    for axes in figure.axes:
        box = axes.get_position()
        place = {"box": [round(float(v), 4) for v in (box.x0, 1 - box.y1, box.x1, 1 - box.y0)]}
        if axes in _CELLS:
            panels.append({**place, **_CELLS[axes]})
        elif groups := _groups(axes):
            panels.append({**place, "groups": groups})
    return panels


def _groups(axes: Axes) -> list[dict[str, Any]]:
    """Lines and bars of a panel, those of the same places together."""
    found: dict[bytes, dict[str, Any]] = {}
    for name, colour, x, y in _series(axes):
        x, y = _thin(x, y)
        across = axes.transData.transform(np.column_stack([x, np.full(len(x), axes.get_ylim()[0])]))[:, 0]
        share = np.round(across / axes.figure.bbox.width, 4)
        group = found.setdefault(
            share.tobytes(), {"x": share.tolist(), "at": [_place(axes, float(v)) for v in x], "lines": []}
        )
        group["lines"].append([name, colour, [_value(axes, float(v)) for v in y]])
    return list(found.values())


def _series(axes: Axes) -> list[tuple[str, str, Floats, Floats]]:
    """Name, colour, places and values of each line and of each set of upright bars."""
    found: list[tuple[str, str, Floats, Floats]] = []
    for line in axes.get_lines():
        x, y = _numbers(line.get_xdata(orig=False)), _numbers(line.get_ydata(orig=False))
        if len(x) >= _FEWEST and line.get_transform() == axes.transData:
            found.append((str(line.get_label()), to_hex(line.get_color()), x, y))
    for bars in axes.containers:
        if isinstance(bars, BarContainer) and bars.orientation == "vertical" and len(bars) >= _FEWEST:
            x = np.array([bar.get_x() + bar.get_width() / 2 for bar in bars])
            y = np.array([bar.get_height() for bar in bars])
            found.append((str(bars.get_label()), to_hex(bars[0].get_facecolor()), x, y))
    named = [(_name(axes, name, len(found)), colour, x, y) for name, colour, x, y in found]
    return [each for each in named if each[0]]


def _numbers(values: Any) -> Floats:
    """Coordinates of a line, NaN where one is masked."""
    return np.asarray(np.ma.filled(np.ma.asarray(values, float), np.nan), np.float64)


def _name(axes: Axes, label: str, count: int) -> str:
    """The label of a line; for the only one without, what its panel shows."""
    if not label.startswith("_"):
        return label
    return (axes.get_title(loc="left") or axes.get_ylabel()).split(" (")[0].split(":")[0] if count == 1 else ""


def _thin(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """At most `_MOST` places in ascending order."""
    order = np.argsort(x, kind="stable")
    kept = order[np.unique(np.linspace(0, len(order) - 1, min(len(order), _MOST)).astype(int))]
    return x[kept], y[kept]


def _place(axes: Axes, x: float) -> str:
    """A place on the horizontal axis as text."""
    for sharing in axes.get_shared_x_axes().get_siblings(axes):
        days = _DAYS.get(sharing)
        if days is not None and -0.5 <= x <= len(days) - 0.5:
            return f"{days[round(x)]:%Y-%m-%d}"
    formatter = axes.xaxis.get_major_formatter()
    if type(formatter).__module__ == "matplotlib.dates":
        from matplotlib.dates import num2date  # a figure of dates has loaded it; others would wait for it

        return f"{num2date(x):%Y-%m-%d}"  # type: ignore[no-untyped-call]
    text = formatter(x) if isinstance(formatter, FuncFormatter) else f"{x:.4g}"
    return f"{axes.get_xlabel().split(';')[0]} {text}".strip()


def _value(axes: Axes, y: float) -> str:
    """A value with the unit of its axis."""
    if not np.isfinite(y):
        return "–"
    formatter = axes.yaxis.get_major_formatter()
    text = str(formatter(y)) if isinstance(formatter, FuncFormatter) else f"{y:.4g}"
    unit = axes.get_ylabel().rpartition(", ")[2]
    return f"{text} {unit}".replace("-", "−").strip() if len(unit) <= 16 else text.replace("-", "−")
