"""The market report: one HTML file on what shorts, dealers and funds did in an episode, and how the data compare."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from basis_stress.funds_market import captions as captions
from basis_stress.funds_market import figures as figures
from basis_stress.reporting import formatting
from basis_stress.reporting.files import save
from basis_stress.reporting.html import embedded, fill

if TYPE_CHECKING:
    from basis_stress.funds_market.result import MarketResult

_SUMMARY = {
    "shorts_change": ("gross shorts", "%"),
    "hedged_change": ("hedged basis book", "%"),
    "without_feedback_change": ("gross shorts, without feedback", "%"),
    "fund_sales_usd": ("sold by basis trades", "$"),
    "swap_sales_usd": ("sold by swap-spread trades", "$"),
    "amplification": ("sales with feedback over without", "x"),
    "peak_dislocation_bp": ("cheapest notes, bp of price", "n"),
    "peak_inventory_usd": ("most that dealers carried", "$"),
    "worst_return": ("worst return of the average fund", "%"),
    "defaults": ("basis funds that failed", "0"),
}


def _cell(value: float, kind: str) -> str:
    """A figure of the summary."""
    if kind == "%":
        return formatting.percent(value, 1, signed=True)
    if kind == "$":
        return formatting.usd(value)
    if pd.isna(value):
        return "–"
    return f"{value:.2f}" if kind == "x" else f"{value:.1f}" if kind == "n" else f"{value:.0f}"


def summary_cells(result: MarketResult) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of the summary: a row per figure, a column per kink."""
    heads = ["", *(f"kink {kink:g}" for kink in result.kinks)]
    rows = [[label, *(_cell(float(x), kind) for x in result.summary[name])] for name, (label, kind) in _SUMMARY.items()]
    return heads, rows


def flow_cells(result: MarketResult) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of who sold (+) and who took (-), a column per kink."""
    wide = result.flows.pivot(index="who", columns="kink", values="usd").loc[list(result.flows["who"].unique())]
    heads = ["sold (+), took (−)", *(f"kink {kink:g}" for kink in result.kinks)]
    return heads, [[str(who), *(formatting.usd(float(x), signed=True) for x in row)] for who, row in wide.iterrows()]


def daily_cells(result: MarketResult, kink: float | None = None) -> tuple[list[str], list[list[str]]]:
    """Heads and cells by day at one kink, the middle one by default; $bn, percent of the first day, bp of price."""
    kink = result.kinks[len(result.kinks) // 2] if kink is None else kink
    contract = "TY" if "TY" in result.dealers else next(name for name in map(str, result.dealers) if name.isupper())
    shorts = result.by_kink("shorts", "shorts_usd")[kink].to_numpy() / 1e9
    dealers = result.dealers[result.dealers["kink"] == kink]
    columns = zip(
        result.days,
        shorts,
        100 * (shorts / shorts[0] - 1),
        dealers[contract],
        dealers["inventory"] / 1e9,
        dealers["fund_sales"] / 1e9,
        strict=True,
    )
    heads = ["date", "shorts $bn", "change %", f"dislocation {contract} bp", "inventory $bn", "fund sales $bn"]
    rows = []
    for day, *numbers in columns:
        cells = [
            f"{round(x, digits) + 0.0:.{digits}f}".replace("-", "−")
            for x, digits in zip(numbers, (1, 2, 1, 1, 1), strict=True)
        ]
        rows.append([f"{day:%Y-%m-%d}", *cells])
    return heads, rows


def daily_table(result: MarketResult) -> str:
    """The daily table as aligned text."""
    heads, rows = daily_cells(result)
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    return "\n".join("  ".join(map(str.rjust, row, widths)) for row in [heads, *rows])


def assumptions(result: MarketResult) -> list[str]:
    """What had to be assumed, a sentence each."""
    era = result.scenario.market
    assert era is not None  # the market was played with it
    return [
        f"Parameters: {result.source}.",
        f"The hedged basis book is {formatting.percent(era.hedged_share, 0)} of leveraged funds' reported shorts in "
        f"{', '.join(era.contracts)}, {formatting.usd(result.hedged_usd)}; funds that do not sell here hold the rest.",
        f"{_counted(result)}, leverage drawn around {formatting.times(era.era_leverage)}; dealers' "
        f"capacity {formatting.usd(result.capacity_usd)} and ceiling {era.ceiling_bp:g} bp a year are assumptions.",
        "The kink is not identified by March 2020: bands show what it leaves open. A band is no confidence interval.",
        "Outside flows are those of history/flows.csv, zero where no figure is known (an assumption); swap spreads, "
        "where the scenario has funds that hold them, move as observed, whatever those funds sell.",
    ]


def _counted(result: MarketResult) -> str:
    """``40 basis funds and 40 swap-spread funds``."""
    books = result.funds.groupby("book", sort=False)["fund"].nunique()
    names = [f"{str(book).replace(' ', '-')} fund" for book in books.index]
    return " and ".join(formatting.count(int(number), name) for number, name in zip(books, names, strict=True))


def render(result: MarketResult) -> str:
    """Render a market result as one self-contained HTML page; equal results give equal bytes."""
    days = result.days
    middle = result.kinks[len(result.kinks) // 2]
    return fill(
        "market.html",
        scenario=result.scenario,
        title=result.scenario.title or result.scenario.name,
        headline=captions.headline(result),
        window=f"{formatting.day(days[0])} {days[0].year} to {formatting.day(days[-1])} {days[-1].year}",
        summary=summary_cells(result),
        flows=flow_cells(result),
        daily=daily_cells(result, middle),
        middle=f"{middle:g}",
        pictures=embedded(figures.draw(result)),
        quiet=list(captions.quiet(result).values()),
        assumptions=assumptions(result),
    )


def write(result: MarketResult, path: str | os.PathLike[str]) -> Path:
    """Write the market report to ``path``.

    Raises
    ------
    InputError
        If the path is a folder or cannot be written.
    """
    return save(render(result), path, "report")
