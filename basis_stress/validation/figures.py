"""The figures of validation: the fan chart of an ensemble, and the tornado of the sensitivity to each parameter."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from basis_stress.reporting.figure_style import BLUE, INK, ORANGE, date_axis, new_figure, style, svg
from basis_stress.reporting.pictures import Picture
from basis_stress.validation.ensemble import Ensemble

PANELS = {
    "march": ("March 2020: shorts, 3 to 31 March", -17.4),
    "april": ("April 2025: shorts, 1 to 15 April", -0.4),
}
"""Title of each episode, and the change that the CFTC reported, percent."""


def fan(drawn: Ensemble, observed: pd.Series) -> str:
    """Draw shorts and balance-sheet spread of an ensemble as SVG.

    Parameters
    ----------
    observed
        Change in gross shorts that the CFTC reported, percent, by date.
    """
    days = pd.DatetimeIndex(drawn.shorts.index)
    with style():
        figure, (top, bottom) = new_figure(5.6, 2)
        _quantile_band(top, drawn.quantiles(drawn.shorts), BLUE)
        inside = observed[(observed.index >= days[0]) & (observed.index <= days[-1])]
        places = np.searchsorted(days, pd.DatetimeIndex(inside.index))
        top.plot(places, inside.to_numpy(), "o", color=INK, markersize=5, label="CFTC")
        top.set_title(f"{drawn.scenario}: gross shorts of leveraged funds, {drawn.shorts.shape[1]:,} members")
        top.set_ylabel("percent since the first day")
        top.legend(frameon=False, loc="lower left")
        _quantile_band(bottom, drawn.quantiles(drawn.balance_sheet_spread), ORANGE)
        bottom.set_title("Dealers' balance-sheet spread")
        bottom.set_ylabel("bp a year")
        date_axis(bottom, days)
        return svg(figure)


def _quantile_band(axes: Axes, quantiles: pd.DataFrame, colour: str) -> None:
    """Draw the median, the middle half and nine tenths of the members."""
    places = np.arange(len(quantiles))
    low, lower, median, upper, high = (quantiles[column].to_numpy() for column in quantiles)
    axes.fill_between(places, low, high, color=colour, alpha=0.18, linewidth=0, label="9 of 10 members")
    axes.fill_between(places, lower, upper, color=colour, alpha=0.35, linewidth=0, label="half of the members")
    axes.plot(places, median, color=colour, label="median")


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


def pictures(moved: pd.DataFrame) -> list[Picture]:
    """The figures of the page."""
    caption = (
        "Each bar: the change in gross shorts with one parameter at either end of its range, the others frozen; the "
        "line is the frozen model, dotted what the CFTC reported."
    )
    return [Picture("sensitivity", "How much each parameter matters", caption, tornado(moved))]


def _panel(axes: Axes, table: pd.DataFrame, episode: str, base: float) -> None:
    """Draw one episode: bars from the base run to the result at both ends of every range."""
    title, reported = PANELS[episode]
    places = range(len(table))
    for side, colour in (("low", BLUE), ("high", ORANGE)):
        axes.barh(places, table[f"{episode}_{side}"] - base, left=base, color=colour, height=0.6, label=f"{side} end")
    axes.axvline(base, color=INK, linewidth=1)
    axes.axvline(reported, color=INK, linewidth=1, linestyle=":")
    ranges = [f"{row['low']:.3g} to {row['high']:.3g} {row['unit']}" for row in table.to_dict("records")]
    labels = [f"{str(name).replace('_', ' ')}\n{span}" for name, span in zip(table.index, ranges, strict=True)]
    axes.set_yticks(list(places), labels, fontsize=8)
    axes.set_title(title)
    axes.grid(axis="x")
