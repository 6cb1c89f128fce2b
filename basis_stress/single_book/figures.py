"""The six pictures of a backtest that a desk would pin up, each drawn from the result alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from basis_stress.reporting import figure_style as look
from basis_stress.reporting import formatting
from basis_stress.reporting.colours import CONTRACT, LEG, SERIES, TENOR
from basis_stress.reporting.pictures import Picture
from basis_stress.single_book import captions, views

if TYPE_CHECKING:
    from basis_stress.single_book.result import Result

_TENORS = ("2y", "5y", "10y", "30y")
_FEW_FUNDS = 5  # beyond this a band says more than a bundle of lines

# Lanes of the event timeline from the top, the events on each, and its colour.
_LANES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        "margin, haircut or\nrepo roll changed",
        ("margin_change", "haircut_change", "not_rolled_change"),
        look.GREY,
    ),
    ("call raised", ("call_raised",), look.SKY),
    ("call paid", ("call_paid",), look.GREEN),
    ("credit drawn,\ncollateral back", ("credit_drawn", "collateral_recalled"), look.PURPLE),
    ("limit broken", ("liquidity_limit", "leverage_limit", "drawdown_limit"), look.OCHRE),
    ("sale", ("sale",), look.ORANGE),
    ("call failed,\nrepo shortfall", ("call_failed", "repo_shortfall"), look.RED),
    ("default, seizure", ("insolvency", "default", "seizure", "loss"), look.INK),
)


def _markers(axes: Axes, result: Result, days: pd.DatetimeIndex) -> None:
    """Vertical lines on the gravest days, or on the day of the most variation margin when nothing graver happened."""
    marks = [(day, notes[0]) for day, notes in views.notes_by_day(result).items() if day in days]
    firsts = {words: day for day, words in sorted(marks, reverse=True)}  # the earliest day of each word
    if not firsts:
        margin = views.calls_by_leg(result)["variation_margin"]
        if margin.min() < 0.0:
            firsts = {f"most variation\nmargin, {formatting.usd(-margin.min())}": views.first_low(margin)}
    for level, (words, day) in enumerate(sorted(firsts.items(), key=lambda item: item[1])):
        place = int(days.searchsorted(pd.Timestamp(day)))
        axes.axvline(place, color=look.GREY, lw=0.9, ls=(0, (3, 2)))
        late = place > 0.75 * len(days)
        axes.annotate(
            words, (place, 0.97 - 0.11 * (level % 3)), xycoords=("data", "axes fraction"), fontsize=8.5, va="top",
            xytext=(-4 if late else 4, 0), textcoords="offset points", ha="right" if late else "left",
        )  # fmt: skip


def market(result: Result) -> Figure:
    """Par yields, and modelled futures rebased to 100 on the first day."""
    days = views.business_days(result)
    figure, (top, bottom) = look.new_figure(5.4, 2)
    yields = views.par_yields(result, _TENORS).reindex(days)
    for tenor in yields.columns:
        top.plot(np.arange(len(days)), yields[tenor], color=TENOR[str(tenor)].light, label=tenor)
    if (real := views.base_yields(result, _TENORS)) is not None:
        for tenor in real.columns:
            unchanged = real[tenor].reindex(days)
            top.plot(np.arange(len(days)), unchanged, color=TENOR[str(tenor)].light, lw=1.0, ls=(0, (2, 2)))
    top.set_title("Par yields" if real is None else "Par yields (dashed: without the scenario's changes)")
    top.set_ylabel("% per year")
    _markers(top, result, days)
    prices = views.futures(result).reindex(days)
    for contract in prices.columns:
        rebased = 100.0 * prices[contract] / prices[contract].dropna().iloc[0]
        bottom.plot(np.arange(len(days)), rebased, color=look.contract_colour(contract), label=contract)
    bottom.set_title("Futures, modelled")
    bottom.set_ylabel("first day = 100")
    for axes in (top, bottom):
        look.legend_above(axes, 8)
        axes.margins(y=0.1)
    low, high = top.get_ylim()
    top.set_ylim(low, high + 0.25 * (high - low))  # room for the words on the markers
    look.date_axis(bottom, days)
    return figure


def equity(result: Result) -> Figure:
    """Equity of all funds together, and leverage fund by fund or as a band."""
    table = views.funds_by_day(result)
    place = np.arange(len(table))
    figure, (top, bottom) = look.new_figure(5.0, 2)
    top.plot(place, table["equity"], color=SERIES["equity"].light)
    top.axhline(table["equity"].iloc[0], color=look.GREY, lw=0.9, ls=(0, (3, 2)))
    top.axhline(0.0, color=look.INK, lw=0.8)
    top.margins(y=0.12)
    top.set_title("Equity (dashed: first day)")
    if table["equity"].min() > 0.3 * table["equity"].max():  # zero far below would flatten the line
        spread = table["equity"].max() - table["equity"].min()
        top.set_ylim(table["equity"].min() - 0.15 * spread - 1.0, table["equity"].max() + 0.15 * spread + 1.0)
    look.money_axis(top)
    funds = views.leverage_by_fund(result).reindex(table.index)
    if funds.shape[1] > _FEW_FUNDS:
        low, high = funds.quantile(0.1, axis=1), funds.quantile(0.9, axis=1)
        bottom.fill_between(place, low, high, color=look.SKY, alpha=0.35, lw=0, label="funds, 10th–90th percentile")
    elif funds.shape[1] > 1:
        for name, colour in zip(funds.columns, look.PALETTE[1:], strict=False):
            bottom.plot(place, funds[name], color=colour, lw=1.2, label=str(name))
    bottom.plot(place, table["leverage"], color=SERIES["leverage"].light, label="all funds")
    if funds.shape[1] > 1:
        look.legend_above(bottom, 6)
    bottom.set_title("Leverage: bonds at market over equity")
    bottom.set_ylabel("times")
    start, peak = float(table["leverage"].iloc[0]), bottom.dataLim.ymax
    if start > 0.0:  # a fund near ruin would flatten everyone else
        bottom.set_ylim(0.0, min(1.15 * peak, 5.0 * start))
    look.date_axis(bottom, views.business_days(result))
    return figure


def waterfall(result: Result) -> Figure:
    """Margin cash per day by leg, and by contract when there are several."""
    days = views.business_days(result)
    legs = views.calls_by_leg(result).reindex(days, fill_value=0.0)
    contracts = views.calls_by_contract(result).reindex(days, fill_value=0.0)
    several = contracts.shape[1] > 1
    figure, panels = look.new_figure(5.8 if several else 3.7, 2 if several else 1)
    tables = [(legs, "By leg")] + ([(contracts, "By contract, all legs")] if several else [])
    for axes, (table, title) in zip(panels, tables, strict=True):
        group = LEG if title == "By leg" else CONTRACT
        look.stacked_bars(axes, table, tuple(group.get(str(name), LEG["other"]).light for name in table.columns))
        look.money_axis(axes, signed=True)
        axes.set_title(title if several else "Margin cash per day")
        look.legend_above(axes, 6)
    look.date_axis(panels[-1], days)
    return figure


def attribution(result: Result) -> Figure:
    """Cumulative profit by line with the total above; below, what each line came to, in the same colours."""
    lines = views.attribution_by_day(result).reindex(views.business_days(result), fill_value=0.0)
    total = lines.cumsum()
    bars = 0.28 * (lines.shape[1] + 1)
    figure, (top, bottom) = look.new_figure(3.7 + bars, 2, (2.9, bars), shared=False)
    place = np.arange(len(lines))
    for column, colour in zip(total.columns, look.PALETTE * 2, strict=False):
        top.plot(place, total[column], color=colour, lw=1.4, label=formatting.words(str(column)))
    top.plot(place, total.sum(axis=1), color=look.INK, lw=2.2, label="total")
    top.axhline(0.0, color=look.INK, lw=0.8)
    top.set_title("Cumulative profit by line (black: total)")
    look.money_axis(top, signed=True)
    look.date_axis(top, views.business_days(result))
    _totals(bottom, total.iloc[-1])
    return figure


def _totals(axes: Axes, amounts: pd.Series[float]) -> None:
    """Horizontal bars of the final amounts, named and numbered, the total last."""
    values = [*amounts.to_list(), float(amounts.sum())]
    names = [*(formatting.words(str(name)) for name in amounts.index), "total"]
    colours = [*(look.PALETTE * 2)[: len(amounts)], look.INK]
    rows = np.arange(len(values))[::-1]
    axes.barh(rows, values, 0.72, color=colours)
    axes.axvline(0.0, color=look.INK, lw=0.8)
    for row, value in zip(rows, values, strict=True):
        axes.annotate(
            formatting.usd(value, signed=True), (value, row), xytext=(-4 if value < 0 else 4, 0), va="center",
            textcoords="offset points", ha="right" if value < 0 else "left", fontsize=8.5,
        )  # fmt: skip
    axes.set_yticks(rows, names)
    axes.margins(x=0.16)
    axes.grid(visible=False)
    axes.tick_params(length=0, labelbottom=False)
    axes.spines[["left", "bottom"]].set_visible(False)


def buffer(result: Result) -> Figure:
    """Cash, and what is left of it once the variation margin struck that day is paid."""
    table = views.funds_by_day(result)
    place = np.arange(len(table))
    figure, (axes,) = look.new_figure(3.2)
    axes.plot(place, table["cash"], color=SERIES["cash"].light, label="cash")
    axes.plot(place, table["free"], color=SERIES["free"].light, label="free: after tonight's variation margin")
    short = table["free"] < 0.0
    axes.fill_between(place, table["free"], 0.0, where=short, interpolate=True, color=look.RED, alpha=0.3, lw=0)
    axes.axhline(0.0, color=look.INK, lw=0.8)
    axes.margins(y=0.12)
    axes.set_title("Cash and free buffer")
    look.money_axis(axes)
    look.legend_above(axes, 3)
    look.date_axis(axes, views.business_days(result))
    return figure


def events(result: Result) -> Figure:
    """Calls, sales and defaults on lanes in time, one mark per instant; its area grows with the amount."""
    days = views.business_days(result)
    lanes = []
    for name, kinds, colour in reversed(_LANES):
        mine = result.events[result.events["event"].isin(kinds)]
        if len(mine):
            lanes.append((name, mine.groupby("time")["amount_usd"].sum().abs(), colour))
    largest = max((float(amounts.max()) for _, amounts, _ in lanes), default=0.0) or 1.0
    figure, (axes,) = look.new_figure(1.3 + 0.42 * max(len(lanes), 1))
    for height, (_, amounts, colour) in enumerate(lanes):
        axes.scatter(
            look.steps(days, pd.DatetimeIndex(amounts.index)),
            np.full(len(amounts), height),
            s=14.0 + 260.0 * amounts.to_numpy() / largest,
            color=colour,
            alpha=0.8,
            linewidth=0.0,
        )
    axes.set_yticks(range(len(lanes)), [name for name, _, _ in lanes])
    axes.set_ylim(-0.7, len(lanes) - 0.3)
    axes.grid(axis="x", color=look.PALE, lw=0.6)
    axes.tick_params(axis="y", length=0)
    axes.set_title("Events, New York time")
    look.date_axis(axes, days)
    return figure


FIGURES: tuple[tuple[str, str, Callable[[Result], Figure], Callable[[Result], str]], ...] = (
    ("market", "Yields and futures", market, captions.market),
    ("equity", "Equity and leverage", equity, captions.equity),
    ("waterfall", "Margin calls by leg", waterfall, captions.waterfall),
    ("attribution", "Where the profit came from", attribution, captions.attribution),
    ("events", "What happened when", events, captions.events),
    ("buffer", "Cash and free buffer", buffer, captions.buffer),
)


def draw(result: Result, chosen: slice = slice(None)) -> list[Picture]:
    """Draw the figures of the report, all of them or those that are chosen."""
    with look.style():
        return [
            Picture(name, title, caption(result), look.svg(figure(result)))
            for name, title, figure, caption in FIGURES[chosen]
        ]
