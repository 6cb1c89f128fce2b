"""How every figure looks: palette, type, axes, and deterministic SVG bytes.

The colours are those of Okabe and Ito (2008), told apart under the common kinds of colour blindness. Days are
drawn one step apart at their 15:00 settlement, so weekends and holidays leave no gap and an event at 09:00
stands a quarter of a step to the left of its day.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from basis_stress.reporting import formatting
from basis_stress.reporting.colours import CONTRACT
from basis_stress.reporting.figure_hover import name_days, read
from basis_stress.reporting.figure_layout import place_ticks_once, texts_laid_out_once
from basis_stress.reporting.pictures import Drawing

BLUE, ORANGE, GREEN, RED, PURPLE, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9"
OCHRE, INK, GREY, PALE = "#8C6D1F", "#222222", "#8a8a8a", "#dcdcdc"
PALETTE = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY, OCHRE, GREY)

_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": PALE,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.8,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.parse_math": False,  # a name such as $^$ is no formula
    "svg.fonttype": "path",  # a phone without the font shows the same figure
    "svg.hashsalt": "basis-stress",  # equal input, equal bytes
}
_MOST_LABELS = 24
_SETTLEMENT_MINUTES = 15 * 60


def contract_colour(code: object) -> str:
    """Colour of a futures contract, that of its tenor."""
    plain = str(code).partition(" ")[0]
    return CONTRACT[plain].light if plain in CONTRACT else GREY


@contextmanager
def style() -> Iterator[None]:
    """The house style while a figure is drawn or saved; the user's own settings return afterwards."""
    with texts_laid_out_once(), mpl.rc_context(rc=_STYLE):
        yield


def new_figure(
    height: float, panels: int = 1, ratios: tuple[float, ...] | None = None, shared: bool = True
) -> tuple[Figure, list[Axes]]:
    """A figure 8 inches wide with panels stacked, over one date axis unless ``shared`` is off."""
    figure = Figure(figsize=(8.0, height), layout="constrained")
    axes = figure.subplots(panels, 1, sharex=shared, squeeze=False, height_ratios=ratios)
    return figure, list(axes[:, 0])


def svg(figure: Figure) -> Drawing:
    """The figure as SVG without dates or versions in it, with the values that it shows.

    Panels are placed once; matplotlib would draw the whole figure a first time to place them.
    """
    FigureCanvasSVG(figure)
    place_ticks_once(figure)
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine(None)
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    drawn = Drawing(text.getvalue())
    drawn.hover = read(figure)
    return drawn


def steps(days: pd.DatetimeIndex, stamps: pd.DatetimeIndex) -> NDArray[np.float64]:
    """Place New York times on the axis of business days."""
    index = days.searchsorted(stamps.tz_localize(None).normalize().as_unit(days.unit))
    minutes = stamps.hour.to_numpy() * 60 + stamps.minute.to_numpy()
    return np.asarray(index + (minutes - _SETTLEMENT_MINUTES) / 1440.0, dtype=np.float64)


def date_axis(axes: Axes, days: pd.DatetimeIndex) -> None:
    """Label business days by number, with the month below where it begins and the year where it changes."""
    every = max(1, -(-len(days) // _MOST_LABELS))
    places = np.arange(0, len(days), every)
    labels, month, year = [], None, None
    for day in days[places]:
        below = f"\n{day:%b}" if (day.month, day.year) != (month, year) else ""
        labels.append(f"{day.day}{below}" + (f" {day.year}" if day.year != year else ""))
        month, year = day.month, day.year
    axes.xaxis.set_major_locator(FixedLocator(list(places)))
    axes.xaxis.set_major_formatter(FixedFormatter(labels))
    axes.set_xlim(-0.7, len(days) - 0.3)
    name_days(axes, days)


def money_axis(axes: Axes, signed: bool = False) -> None:
    """Label the vertical axis in $bn, $m or $k, whichever its range calls for."""
    low, high = axes.get_ylim()
    size = max(abs(low), abs(high))
    divisor, unit = next(((d, u) for d, u in ((1e9, "$bn"), (1e6, "$m"), (1e3, "$k")) if size >= d), (1.0, "$"))
    sign = "+" if signed else ""

    def label(value: float, _: int) -> str:
        scaled = value / divisor
        return "0" if scaled == 0 else f"{scaled:{sign},.4g}".replace("-", "−")

    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(label))
    axes.set_ylabel(unit)


def stacked_bars(axes: Axes, table: pd.DataFrame, colours: tuple[str, ...] = PALETTE) -> None:
    """Bars per day, inflows stacked upwards and outflows downwards, with a line for their sum."""
    place = np.arange(len(table))
    up, down = np.zeros(len(table)), np.zeros(len(table))
    for column, colour in zip(table.columns, colours * len(table.columns), strict=False):
        amounts = table[column].to_numpy(dtype=np.float64)
        base = np.where(amounts >= 0.0, up, down)
        axes.bar(place, amounts, 0.72, bottom=base, color=colour, label=formatting.words(str(column)))
        up, down = up + np.maximum(amounts, 0.0), down + np.minimum(amounts, 0.0)
    axes.plot(place, table.sum(axis=1).to_numpy(), color=INK, marker="o", ms=3, lw=1.1, label="net")
    axes.use_sticky_edges = False  # else the tallest bar touches the frame
    axes.margins(y=0.08)
    axes.axhline(0.0, color=INK, lw=0.8)


def legend_above(axes: Axes, columns: int) -> None:
    """A legend on one line above the panel, clear of the data."""
    axes.legend(
        loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=columns, borderaxespad=0.1, handlelength=1.2,
        columnspacing=1.1, handletextpad=0.5,
    )  # fmt: skip
