"""The tornado: what moving each parameter of the market of funds does to March 2020 and to April 2025."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from basis_stress.reporting.figure_style import BLUE, INK, ORANGE, style, svg

PANELS = {
    "march": ("March 2020: shorts, 3 to 31 March", -17.4),
    "april": ("April 2025: shorts, 1 to 15 April", -0.4),
}
"""Episode to title and what the CFTC observed, percent."""


def tornado(table: pd.DataFrame) -> str:
    """Draw the table of `basis_stress.validation.sensitivity` as SVG; equal tables give equal bytes."""
    spread = (table["march_high"] - table["march_low"]).abs()
    ordered = table.loc[spread.sort_values().index]
    with style():
        figure = Figure(figsize=(9.6, 4.4), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        _panel(left, ordered, "march", table.attrs["march"])
        _panel(right, ordered, "april", table.attrs["april"])
        left.legend(frameon=False, loc="lower left", fontsize=8)
        figure.supxlabel("change in gross shorts, percent; dotted: CFTC", fontsize=9)
        return svg(figure)


def _panel(axes: Axes, table: pd.DataFrame, episode: str, base: float) -> None:
    """One episode: bars from the base run to both ends of every range."""
    title, observed = PANELS[episode]
    places = range(len(table))
    for side, colour in (("low", BLUE), ("high", ORANGE)):
        axes.barh(places, table[f"{episode}_{side}"] - base, left=base, color=colour, height=0.6, label=f"{side} end")
    axes.axvline(base, color=INK, linewidth=1)
    axes.axvline(observed, color=INK, linewidth=1, linestyle=":")
    ranges = [f"{row['low']:.3g} to {row['high']:.3g} {row['unit']}" for row in table.to_dict("records")]
    labels = [f"{str(name).replace('_', ' ')}\n{span}" for name, span in zip(table.index, ranges, strict=True)]
    axes.set_yticks(list(places), labels, fontsize=8)
    axes.set_title(title)
    axes.grid(axis="x")
