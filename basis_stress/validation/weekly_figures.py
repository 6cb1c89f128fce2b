"""The figure of the weekly trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from basis_stress.reporting.figure_style import BLUE, INK, PALETTE, style, svg
from basis_stress.reporting.pictures import Picture
from basis_stress.validation.weekly import FALL

if TYPE_CHECKING:
    from basis_stress.validation.weekly import WeeklyTrial


def pictures(result: WeeklyTrial) -> list[Picture]:
    """The figures of the page."""
    caption = (
        "A dot per week and contract. On the diagonal the model is right; on the dotted line it says what the null "
        "says. Changes beyond 25% either way are outside the frame."
    )
    return [Picture("scatter", "Predicted and observed", caption, scatter(result))]


def scatter(result: WeeklyTrial) -> str:
    """Predicted against observed change, a dot per week and contract, as SVG."""
    with style():
        figure = Figure(figsize=(8.0, 4.2), layout="constrained")
        axes = figure.subplots()
        for (code, rows), colour in zip(result.table.groupby("contract"), PALETTE, strict=False):
            axes.plot(rows["observed_pct"], rows["predicted_pct"], "o", ms=3, alpha=0.6, color=colour, label=str(code))
        low = min(float(result.table["predicted_pct"].min()), FALL)
        axes.plot([low, 0.0], [low, 0.0], color=INK, lw=0.8, label="as predicted")
        axes.axhline(0.0, color=BLUE, lw=0.8, ls=":", label="null")
        axes.set_xlim(-25.0, 25.0)
        axes.set_xlabel("observed change of gross shorts in the week, %")
        axes.set_ylabel("predicted, %")
        axes.legend(frameon=False, ncols=3, fontsize=8)
        return svg(figure)
