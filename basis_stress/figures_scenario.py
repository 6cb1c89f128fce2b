"""One scenario as a picture: yields of 2, 10 and 30 years, what repo costs, and the days on which something changes."""

import io

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg

from basis_stress.figures_style import BLUE, GREEN, GREY, INK, ORANGE, RED, date_axis, legend_above, new_figure, style
from data.calendars import mark_days
from data.catalogue import shown_yields
from data.markets import repo_rates
from data.scenario import DATED, Scenario

_DPI = 150
_COLOURS = (BLUE, ORANGE, GREEN)


def png(chosen: Scenario) -> bytes:
    """Draw a scenario as PNG; nothing is priced."""
    yields = 100 * shown_yields(chosen)
    days = pd.DatetimeIndex(yields.index)
    rates = 100 * repo_rates(chosen, mark_days(chosen.start, chosen.end))[1]
    with style():
        figure, (top, bottom) = new_figure(5.2, 2, (3.0, 1.2))
        for name, colour in zip(yields, _COLOURS, strict=True):
            top.plot(np.arange(len(days)), yields[name].to_numpy(), color=colour, label=str(name))
        bottom.step(np.arange(len(days)), rates, where="mid", color=RED)
        for place, label in _changes(chosen, days):
            for axes in (top, bottom):
                axes.axvline(place, color=GREY, lw=0.8, ls=":")
            top.annotate(
                label, (place, 1.0), xycoords=("data", "axes fraction"), xytext=(3, -4), textcoords="offset points",
                rotation=90, va="top", fontsize=7, color=INK,
            )  # fmt: skip
        top.set_ylabel("par yield, %")
        bottom.set_ylabel("repo, %")
        legend_above(top, 3)
        top.set_title(chosen.title or chosen.name)
        date_axis(bottom, days)
        file = io.BytesIO()
        FigureCanvasAgg(figure)
        figure.savefig(file, format="png", dpi=_DPI, metadata={"Software": None})
        return file.getvalue()


def _changes(chosen: Scenario, days: pd.DatetimeIndex) -> list[tuple[int, str]]:
    """Place on the axis and name of each day on which something is changed, one label a day."""
    named: dict[int, list[str]] = {}
    for field in DATED:
        word = field.replace("_", " ").removesuffix("s")
        for part in getattr(chosen, field):
            if getattr(part, "usd_bn", 1.0):
                place = int(days.searchsorted(pd.Timestamp(part.date)))
                named.setdefault(place, [])
                if word not in named[place]:
                    named[place].append(word)
    return [(place, ", ".join(words)) for place, words in sorted(named.items())]
