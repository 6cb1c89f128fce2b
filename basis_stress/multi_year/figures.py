"""The pictures of a multi-year run, and of a comparison of strategies."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.dates import DateFormatter, YearLocator, date2num
from matplotlib.figure import Figure

from basis_data.scenarios.scenario import scenario
from basis_stress.multi_year.performance import CARRY
from basis_stress.reporting import figure_style as look
from basis_stress.reporting.formatting import percent
from basis_stress.reporting.pictures import Picture

if TYPE_CHECKING:
    from basis_stress.multi_year.comparison import Comparison
    from basis_stress.multi_year.result import MultiYearRun

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
GROUPS = {
    "carry": CARRY,
    "dislocation": ["dislocation"],
    "swap spread": ["swap_spread"],
    "curve and expected repo": ["curve"],
    "interest on cash": ["cash_interest"],
    "costs": ["cost"],
    "other losses and losses borne by others": ["other_loss", "default_loss"],
}
"""Profit lines as the figure groups them."""
EPISODES = ("september-2019", "march-2020", "svb-2023", "april-2025", "january-2026")
"""Scenarios whose windows are shaded."""


@cache
def stress_periods() -> pd.DataFrame:
    """`title`, `start`, `end` of each episode."""
    chosen = [scenario(name) for name in EPISODES]
    return pd.DataFrame(
        {
            "title": [episode.title for episode in chosen],
            "start": pd.to_datetime([episode.start for episode in chosen]),
            "end": pd.to_datetime([episode.end for episode in chosen]),
        }
    )


def years_axis(axes: Axes, days: pd.DatetimeIndex) -> None:
    """Label years and shade stress periods."""
    for _, crisis in stress_periods().iterrows():
        if crisis["end"] >= days[0] and crisis["start"] <= days[-1]:
            axes.axvspan(crisis["start"], crisis["end"], color=look.RED, alpha=0.16, lw=0)
    axes.set_xlim(*date2num(days[[0, -1]]))  # type: ignore[no-untyped-call]
    if days[-1] - days[0] > pd.Timedelta(days=800):
        axes.xaxis.set_major_locator(YearLocator())  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_formatter(DateFormatter("%Y"))  # type: ignore[no-untyped-call]


def equity(run: MultiYearRun) -> Figure:
    """Equity, its drawdown, and the days on which the basis held was observed."""
    daily = run.daily
    figure, (top, middle, bottom) = look.new_figure(5.6, 3, (3.0, 1.4, 0.25))
    days = pd.DatetimeIndex(daily.index)
    cash = daily["equity_usd"].iloc[0] * (1 + daily["return"] - daily["excess_return"]).cumprod()
    top.plot(days, daily["equity_usd"], color=look.BLUE, label="equity")
    top.plot(days, cash, color=look.GREY, lw=1.1, label="the same in cash at SOFR")
    look.money_axis(top)
    look.legend_above(top, 2)
    middle.fill_between(days, 100 * daily["drawdown"], color=look.RED, alpha=0.5, lw=0)
    middle.set_ylabel("drawdown, %")
    observed = daily["observed_share"].to_numpy()
    for low, high, colour in ((0.5, 1.1, look.GREEN), (-0.1, 0.5, look.ORANGE)):
        bottom.fill_between(days, 0, 1, where=(observed >= low) & (observed < high), color=colour, lw=0, step="mid")
    bottom.set_yticks([])
    bottom.grid(False)
    bottom.set_ylabel("basis", rotation=0, ha="right", va="center")
    for axes in (top, middle, bottom):
        years_axis(axes, days)
    return figure


def heat_map(run: MultiYearRun) -> Figure:
    """Monthly returns."""
    table = 100 * run.monthly
    figure, (axes,) = look.new_figure(1.0 + 0.34 * len(table))
    cells = table.to_numpy(np.float64)
    largest = max(float(np.nanmax(np.abs(cells))), 1e-9)
    axes.imshow(table, cmap="RdBu", norm=TwoSlopeNorm(0.0, -largest, largest), aspect="auto")
    axes.grid(False)
    for row in range(len(table)):
        for column in range(12):
            value = cells[row, column]
            if np.isfinite(value):
                colour = "white" if abs(value) > 0.6 * largest else look.INK
                text = f"{value:z.1f}".replace("-", "−")
                axes.text(column, row, text, ha="center", va="center", fontsize=8, color=colour)
    axes.set_xticks(range(12), MONTHS)
    axes.set_yticks(range(len(table)), [str(year) for year in table.index])
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    return figure


def attribution(run: MultiYearRun) -> Figure:
    """Cumulative profit by source, as a share of equity at entry."""
    lines = run.lines.iloc[1:]
    figure, (axes,) = look.new_figure(3.6)
    days, start = pd.DatetimeIndex(lines.index), float(run.daily["equity_usd"].iloc[0])
    for (name, columns), colour in zip(GROUPS.items(), look.PALETTE, strict=False):
        total = 100 * lines[columns].sum(axis=1).cumsum() / start
        if total.abs().max() > 0.005:
            axes.plot(days, total, color=colour, lw=1.4, label=name)
    axes.plot(days, 100 * lines.sum(axis=1).cumsum() / start, color=look.INK, lw=1.8, label="all")
    axes.axhline(0.0, color=look.INK, lw=0.8)
    axes.set_ylabel("% of equity at entry")
    look.legend_above(axes, 4)
    years_axis(axes, days)
    return figure


def by_strategy(run: MultiYearRun) -> Figure:
    """Cumulative profit of each strategy in the fund, and of its cash."""
    lines = run.attribution.groupby(["date", "strategy"]).sum().sum(axis=1)  # strategies of one name count as one
    profits = lines.unstack("strategy").iloc[1:].cumsum()
    return _curves(100 * profits / float(run.daily["equity_usd"].iloc[0]), "% of equity at entry")


def _curves(table: pd.DataFrame, label: str) -> Figure:
    """A line per column over the years; the legend is below because names are long."""
    figure, (axes,) = look.new_figure(3.6 + 0.2 * table.shape[1])
    days = pd.DatetimeIndex(table.index)
    for name, colour in zip(table, cycle(look.PALETTE), strict=False):
        axes.plot(days, table[name], color=colour, lw=1.4, label=str(name))
    axes.axhline(0.0, color=look.INK, lw=0.8)
    axes.set_ylabel(label)
    axes.legend(loc="upper left", bbox_to_anchor=(0.0, -0.1), fontsize=8)
    years_axis(axes, days)
    return figure


def balance(run: MultiYearRun) -> Figure:
    """Leverage, margin over equity, and the day's calls."""
    daily = run.daily
    figure, (top, middle, bottom) = look.new_figure(4.6, 3)
    days = pd.DatetimeIndex(daily.index)
    top.plot(days, daily["leverage"], color=look.BLUE, lw=1.2)
    top.set_ylabel("notes / equity")
    middle.plot(days, 100 * daily["margin_to_equity"], color=look.ORANGE, lw=1.2)
    middle.set_ylabel("margin, % equity")
    bottom.bar(
        days, 100 * daily["called_usd"] / daily["equity_usd"].where(daily["equity_usd"] > 0), 2.0, color=look.RED
    )
    bottom.set_ylabel("calls, % equity")
    for axes in (top, middle, bottom):
        years_axis(axes, days)
    return figure


def draw(run: MultiYearRun) -> list[Picture]:
    """Draw every picture of a multi-year run."""
    row = run.performance.iloc[0]
    observed = "" if np.isnan(row["observed_share"]) else (
        f" The strip below: green where most of the basis held was observed ({percent(row['observed_share'], 0)} of "
        "the run, weighted by the book), orange where it is modelled fair."
    )  # fmt: skip
    whole: list[tuple[str, str, str, Callable[[MultiYearRun], Figure]]] = [
        (
            "equity",
            "Equity and drawdown",
            f"Deepest drawdown {percent(row['max_drawdown'])}, from {row['drawdown_from']:%Y-%m-%d} to "
            f"{row['drawdown_to']:%Y-%m-%d}; crises are shaded.{observed}",
            equity,
        ),
        (
            "months",
            "Returns by month, %",
            f"Worst month {row['worst_month']}, {percent(row['worst_month_return'])}; interest on cash is included.",
            heat_map,
        ),
        (
            "attribution",
            "Where profit came from",
            f"Carry is coupons, repo and convergence, {percent(row['carry_pa'], 1, signed=True)} of equity a year; "
            f"costs take {percent(-row['cost_pa'])}.",
            attribution,
        ),
        (
            "balance",
            "Leverage, margin and calls",
            f"Initial margin is {percent(row['margin_to_equity_mean'], 0)} of equity on average, "
            f"{percent(row['margin_to_equity_max'], 0)} at most; the largest day's calls were "
            f"{percent(row['largest_call_of_equity'], 0)} of it.",
            balance,
        ),
    ]
    if run.attribution["strategy"].nunique() > 2:  # cash is one of them
        caption = "Lines include costs and financing; interest on cash and margin is a separate line."
        whole.insert(3, ("strategies", "Which strategy it came from", caption, by_strategy))
    with look.style():
        return [Picture(name, title, caption, look.svg(paint(run))) for name, title, caption, paint in whole]


def equity_over_cash(comparison: Comparison) -> Figure:
    """Equity of every strategy over that of cash."""
    grown = {run.name: 100 * (1 + run.daily["excess_return"]).cumprod() - 100 for run in comparison.runs}
    return _curves(pd.DataFrame(grown), "% over cash")


def intervals(comparison: Comparison) -> Figure:
    """Difference in return to the first strategy, with its interval."""
    table = comparison.differences
    figure, (axes,) = look.new_figure(1.3 + 0.45 * len(table))
    for row, (_, difference) in enumerate(table.iterrows()):
        clear = difference["return_low"] > 0 or difference["return_high"] < 0
        colour = look.BLUE if clear else look.GREY
        axes.plot(
            [100 * difference["return_low"], 100 * difference["return_high"]], [row, row], color=colour, lw=5, alpha=0.5
        )
        axes.plot(100 * difference["return_difference"], row, "o", color=colour)
    axes.axvline(0.0, color=look.INK, lw=0.8)
    axes.set_yticks(range(len(table)), [str(name) for name in table.index])
    axes.set_ylim(len(table) - 0.5, -0.5)
    axes.grid(True, axis="x")
    axes.grid(False, axis="y")
    axes.set_xlabel(f"% a year over {comparison.runs[0].name}, {comparison.level:.0%} interval")
    return figure


def draw_comparison(comparison: Comparison) -> list[Picture]:
    """Draw every picture of a comparison."""
    with look.style():
        return [
            Picture("paths", "Profit over cash", "Crises are shaded.", look.svg(equity_over_cash(comparison))),
            Picture(
                "intervals",
                "Better, or lucky?",
                f"Difference in return to {comparison.runs[0].name} over the same days: blue where the interval "
                "excludes zero, grey where chance alone could explain it.",
                look.svg(intervals(comparison)),
            ),
        ]
