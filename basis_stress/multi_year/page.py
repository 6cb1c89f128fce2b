"""The page of a multi-year run, and the page of a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from basis_stress.multi_year import figures as figures
from basis_stress.multi_year.performance import DAYS
from basis_stress.multi_year.published_figures import beside_published
from basis_stress.reporting import formatting
from basis_stress.reporting.html import embedded, fill, setting

if TYPE_CHECKING:
    from basis_stress.multi_year.comparison import Comparison
    from basis_stress.multi_year.result import MultiYearRun

_ROWS = {
    "return_pa": ("return a year", "%"),
    "excess_return_pa": ("over cash", "%"),
    "volatility": ("volatility", "%"),
    "sharpe": ("Sharpe ratio", "n"),
    "carry_pa": ("carry over equity", "%"),
    "cost_pa": ("costs over equity", "%"),
    "gross_bp_of_notes": ("gross, bp a year of notes held", "n"),
    "max_drawdown": ("deepest drawdown", "%"),
    "worst_month_return": ("worst month", "month"),
    "worst_day_return": ("worst day", "day"),
    "leverage_mean": ("leverage, mean", "x"),
    "margin_to_equity_mean": ("margin to equity, mean", "%"),
    "margin_to_equity_max": ("margin to equity, highest", "%"),
    "days_held": ("days with a position", "0"),
    "days_called": ("days called", "0"),
    "largest_call_of_equity": ("largest day's calls over equity", "%"),
    "days_sold_by_order": ("days of forced sales", "0"),
    "observed_share": ("basis observed", "%"),
}


def performance_cells(table: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Heads and cells: a row per figure, a column per strategy."""
    heads = ["", *map(str, table.index)]
    return heads, [
        [label, *(_cell(row, name, kind) for _, row in table.iterrows())] for name, (label, kind) in _ROWS.items()
    ]


def _cell(row: pd.Series[Any], name: str, kind: str) -> str:
    """One figure, with its date where it has one."""
    value = float(row[name])
    if pd.isna(value):
        return "–"
    if kind == "month":
        return f"{formatting.percent(value, 1, signed=True)} ({row['worst_month']})"
    if kind == "day":
        return f"{formatting.percent(value, 1, signed=True)} ({row['worst_day']:%Y-%m-%d})"
    if kind == "%":
        return formatting.percent(value, 1)
    if kind == "x":
        return formatting.times(value)
    return f"{value:.0f}" if kind == "0" else f"{value:.2f}".replace("-", "−")


def performance_text(table: pd.DataFrame) -> str:
    """The performance table as aligned text."""
    heads, rows = performance_cells(table)
    return formatting.aligned([heads, *rows])


def headline(run: MultiYearRun) -> str:
    """Summarise the result in a sentence."""
    row = run.performance.iloc[0]
    ending = "" if run.daily["status"].iloc[-1] == "active" else " It did not survive."
    return (
        f"{_earned(run)}; "
        f"deepest drawdown {formatting.percent(row['max_drawdown'])}, called on {row['days_called']} days, worst month "
        f"{formatting.percent(row['worst_month_return'])} ({row['worst_month']}).{ending}"
    )


def _earned(run: MultiYearRun) -> str:
    """Return a year, or over the whole of a window shorter than one."""
    row, days, equity = run.performance.iloc[0], len(run.daily) - 1, run.daily["equity_usd"]
    if days < DAYS:
        return f"{formatting.percent(equity.iloc[-1] / equity.iloc[0] - 1, 1, signed=True)} in {days} business days"
    over = f"{formatting.percent(row['excess_return_pa'], 1, signed=True)} over cash"
    return (
        f"{formatting.percent(row['return_pa'], 1, signed=True)} a year with volatility "
        f"{formatting.percent(row['volatility'])}, {over}"
    )


def render(run: MultiYearRun) -> str:
    """Render a multi-year run as one self-contained HTML page; equal results give equal bytes."""
    return fill(
        "multi_year.html",
        run=run,
        headline=headline(run),
        window=f"{run.settings['start']} to {run.settings['end']}",
        performance=performance_cells(run.performance),
        published=beside_published(run).to_dict("records"),
        pictures=embedded(figures.draw(run)),
        settings={formatting.words(name): setting(value) for name, value in run.settings.items()},
    )


def render_comparison(comparison: Comparison) -> str:
    """Render a comparison as one self-contained HTML page."""
    return fill(
        "comparison.html",
        comparison=comparison,
        window=f"{comparison.runs[0].settings['start']} to {comparison.runs[0].settings['end']}",
        performance=performance_cells(comparison.performance),
        pictures=embedded(figures.draw_comparison(comparison)),
    )
