"""Fan charts of an ensemble: the middle half and nine tenths of all members, beside what the CFTC counted."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from basis_stress.reporting.figure_style import BLUE, INK, ORANGE, date_axis, new_figure, style, svg
from basis_stress.validation.ensemble import Ensemble


def fan(drawn: Ensemble, observed: pd.Series) -> str:
    """Draw shorts and rent as SVG.

    Parameters
    ----------
    observed
        Change in gross shorts that was counted, percent, by date.
    """
    days = pd.DatetimeIndex(drawn.shorts.index)
    with style():
        figure, (top, bottom) = new_figure(5.6, 2)
        _band(top, drawn.quantiles(drawn.shorts), BLUE)
        inside = observed[(observed.index >= days[0]) & (observed.index <= days[-1])]
        places = np.searchsorted(days, pd.DatetimeIndex(inside.index))
        top.plot(places, inside.to_numpy(), "o", color=INK, markersize=5, label="CFTC")
        top.set_title(f"{drawn.scenario}: gross shorts of leveraged funds, {drawn.shorts.shape[1]:,} members")
        top.set_ylabel("percent since the first day")
        top.legend(frameon=False, loc="lower left")
        _band(bottom, drawn.quantiles(drawn.rent), ORANGE)
        bottom.set_title("Dealers' rent")
        bottom.set_ylabel("bp a year")
        date_axis(bottom, days)
        return svg(figure)


def _band(axes: Axes, quantiles: pd.DataFrame, colour: str) -> None:
    """Median, middle half, nine tenths."""
    places = np.arange(len(quantiles))
    low, lower, median, upper, high = (quantiles[column].to_numpy() for column in quantiles)
    axes.fill_between(places, low, high, color=colour, alpha=0.18, linewidth=0, label="9 of 10 members")
    axes.fill_between(places, lower, upper, color=colour, alpha=0.35, linewidth=0, label="half of the members")
    axes.plot(places, median, color=colour, label="median")
