"""The page and the text of the weekly trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from basis_stress.reporting.formatting import TableText, aligned
from basis_stress.reporting.html import embedded, fill
from basis_stress.validation.weekly import FALL, QUIET
from basis_stress.validation.weekly_figures import pictures

if TYPE_CHECKING:
    from basis_stress.validation.weekly import WeeklyTrial

_HEADS = {
    "weeks": "weeks",
    "correlation": "correlation",
    "rmse_model": "error, model",
    "rmse_null": "error, null",
    "alarms": "falls predicted",
    "false_alarms": "of them false",
    "falls": "falls observed",
    "missed_falls": "of them missed",
    "met_falls": "of them predicted",
}
_COUNTS = ("weeks", "alarms", "false_alarms", "falls", "missed_falls", "met_falls")


def headline(result: WeeklyTrial) -> str:
    """Sum the trial up; every number is computed."""
    every, weeks = result.summary.loc["all"].to_dict(), result.table["from"].nunique()
    linked = "the model never moved" if pd.isna(every["correlation"]) else f"correlation {every['correlation']:.2f}"
    better = "no better than" if every["rmse_model"] >= every["rmse_null"] else "against"
    return (
        f"Through {weeks} weeks from {result.table['from'].min():%B %Y} to {result.table['to'].max():%B %Y}, by "
        f"contract: {linked}; error {every['rmse_model']:.2f} points, {better} {every['rmse_null']:.2f} of a null "
        f"that predicts no change. The model predicted {every['alarms']:.0f} falls of {-FALL:g}% or more, "
        f"{every['false_alarms']:.0f} of them false, and missed {every['missed_falls']:.0f} of "
        f"{every['falls']:.0f} that happened."
    )


def summary_cells(result: WeeklyTrial) -> TableText:
    """Scores by contract."""
    rows = []
    for name, row in result.summary.iterrows():
        cells = [f"{row[key]:.0f}" if key in _COUNTS else _decimal(float(row[key])) for key in _HEADS]
        rows.append([str(name), *cells])
    return ["contract", *_HEADS.values()], rows


def size_cells(result: WeeklyTrial) -> TableText:
    """Predictions by the size of the observed change."""
    heads = ["observed change, %", "weeks", "mean observed", "mean predicted", f"predicted down {-QUIET:g}% or more"]
    rows = []
    for size, row in result.by_size.iterrows():
        named = str(size).replace("inf", "∞").replace("-", "−")
        means = [_decimal(float(row[name])) for name in ("observed_pct", "predicted_pct")]
        rows.append([named, f"{row['weeks']:.0f}", *means, f"{row['predicted_falls']:.0f}"])
    return heads, rows


def largest_cells(result: WeeklyTrial, count: int = 12) -> TableText:
    """The weeks in which the model predicted most, and what happened."""
    table = result.table.nsmallest(count, "predicted_pct")
    columns = {
        "predicted, %": "predicted_pct",
        "observed, %": "observed_pct",
        "outsiders' net sales, $bn": "flow_usd_bn",
        "highest spread, bp": "rise_bp",
    }
    rows = [
        [f"{row['from']:%Y-%m-%d}", str(row["contract"]), *(_decimal(float(row[name])) for name in columns.values())]
        for row in table[table["predicted_pct"] < -0.005].to_dict("records")
    ]
    return ["week from", "contract", *columns], rows


def _decimal(value: float) -> str:
    """A number with two decimals, a dash where there is none."""
    return "–" if pd.isna(value) else f"{round(value, 2) + 0.0:.2f}".replace("-", "−")


def text(result: WeeklyTrial) -> str:
    """The trial for the terminal."""
    heads, rows = largest_cells(result)
    parts = [headline(result), _aligned(summary_cells(result)), _aligned(size_cells(result))]
    if rows:
        parts.append(_aligned((heads, rows)))
    return "\n\n".join(parts)


def _aligned(cells: TableText) -> str:
    """Cells as aligned text."""
    return aligned([cells[0], *cells[1]])


def render(result: WeeklyTrial) -> str:
    """Render the page; equal results give equal bytes."""
    return fill(
        "weekly.html",
        headline=headline(result),
        digest=result.digest,
        summary=summary_cells(result),
        sizes=size_cells(result),
        largest=largest_cells(result),
        fall=f"{-FALL:g}",
        quiet=f"{-QUIET:g}",
        left_out=len(result.left_out),
        pictures=embedded(pictures(result)),
    )
