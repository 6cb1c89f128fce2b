"""The figure of a scenario: yields of 2, 10 and 30 years, repo rates, and the days of its changes."""

import io

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from basis_data.markets.market_data import repo_rates
from basis_data.scenarios.parts import DatedPart
from basis_data.scenarios.scenario import Scenario
from basis_data.scenarios.sentence import dated_changes
from basis_data.tables.calendars import mark_days
from basis_stress.catalogue.listing import shown_yields
from basis_stress.reporting.colours import TENOR
from basis_stress.reporting.figure_style import (
    PALE,
    RED,
    date_axis,
    legend_above,
    new_figure,
    style,
    svg,
)
from basis_stress.reporting.pictures import Picture

_DPI = 150
_ROW = 0.22
"""Height of the bar of a change, inches."""


def png(chosen: Scenario) -> bytes:
    """Draw a scenario as PNG; nothing is priced."""
    with style():
        figure, file = _drawn(chosen, None), io.BytesIO()
        FigureCanvasAgg(figure)
        figure.savefig(file, format="png", dpi=_DPI, metadata={"Software": None})
        return file.getvalue()


def picture(chosen: Scenario, base: Scenario | None = None) -> Picture:
    """The figure of a scenario for a page; beside a base, the base's yields are dashed."""
    moved = shown_yields(chosen)
    ends = ", ".join(f"{name} {100 * line.iloc[0]:.2f}% to {100 * line.iloc[-1]:.2f}%" for name, line in moved.items())
    dashed = "" if base is None else f" Dashed: {base.name}."
    caption = f"Par yields from the first day to the last: {ends}. Below: dated changes, and repo with them.{dashed}"
    with style():
        return Picture("scenario", "Yields and repo", caption, svg(_drawn(chosen, base)))


def _drawn(chosen: Scenario, base: Scenario | None) -> Figure:
    """Yields, dated changes and repo by day."""
    yields = 100 * shown_yields(chosen)
    days = pd.DatetimeIndex(yields.index)
    place = np.arange(len(days))
    dated = dated_changes(chosen)
    strip = _ROW * len(dated)
    figure, panels = new_figure(4.4 + strip, 3 if dated else 2, (2.8, strip, 1.2) if dated else (2.8, 1.2))
    for name in yields:
        panels[0].plot(place, yields[name].to_numpy(), color=TENOR[str(name)].light, label=str(name))
    if base is not None:
        before = 100 * shown_yields(base).reindex(days)
        for name in before:
            colour, said = TENOR[str(name)].light, f"{name}, {base.name}"
            panels[0].plot(place, before[name].to_numpy(), color=colour, lw=1.0, ls=(0, (3, 2)), label=said)
    if dated:
        _strip(panels[1], dated, days, chosen)
    rates = 100 * repo_rates(chosen, mark_days(chosen.start, chosen.end))[1]
    panels[-1].step(place, rates, where="mid", color=RED, label="repo")
    panels[0].set_ylabel("par yield, %")
    panels[-1].set_ylabel("repo, %")
    legend_above(panels[0], 3)
    panels[0].set_title(chosen.title or chosen.name)
    date_axis(panels[-1], days)
    return figure


def _strip(axes: Axes, dated: list[tuple[str, DatedPart]], days: pd.DatetimeIndex, chosen: Scenario) -> None:
    """Draw a bar per change, from its first day to its last, with its text."""
    for row, (text, part) in enumerate(dated):
        first = int(days.searchsorted(pd.Timestamp(part.date)))
        last = int(days.searchsorted(pd.Timestamp(part.last_day(chosen.end)), side="right")) - 1
        axes.barh(-row, max(last - first, 0) + 0.6, left=first - 0.3, height=0.8, color=PALE)
        late = first > len(days) / 2
        axes.text(
            last + 0.2 if late else first - 0.2, -row, text, va="center", ha="right" if late else "left", fontsize=8
        )
    axes.set_ylim(-len(dated) + 0.4, 0.6)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.tick_params(bottom=False)
