"""The pictures of the market report; bands run over kinks, which the data do not identify."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from basis_stress.funds_market import captions as captions
from basis_stress.funds_market.observed import observed_basis
from basis_stress.reporting import figure_style as look
from basis_stress.reporting.figure_style import Picture
from basis_stress.reporting.formatting import usd

if TYPE_CHECKING:
    from basis_stress.funds_market.result import MarketResult

_LARGEST = 10
_SELLERS = ("outside_investors", "swap-spread_funds", "basis_funds", "central_bank")


def _band(axes: Axes, table: pd.DataFrame, colour: str, label: str) -> None:
    """Range over kinks, with the middle one as a line."""
    place = np.arange(len(table))
    axes.fill_between(place, table.min(axis=1), table.max(axis=1), color=colour, alpha=0.25, lw=0)
    axes.plot(place, table.iloc[:, table.shape[1] // 2], color=colour, label=label)


def _kinks(result: MarketResult) -> str:
    """What a band spans."""
    return f"band: kinks {', '.join(f'{kink:g}' for kink in result.kinks)}"


def basis(result: MarketResult) -> Figure:
    """Dislocation by contract, with what was observed where it is known."""
    seen = observed_basis(result)
    codes = [column for column in result.dealers.columns if column.isupper()]
    figure, panels = look.new_figure(1.0 + 1.45 * len(codes), len(codes))
    for axes, code, colour in zip(panels, codes, look.PALETTE, strict=False):
        _band(axes, result.by_kink("dealers", code), colour, f"{code}, model ({_kinks(result)})")
        if code in seen:
            places = result.days.get_indexer(seen.index)
            axes.plot(places, seen[code], "o", color=look.INK, ms=3.5, label="observed, change since the first day")
        axes.axhline(0.0, color=look.INK, lw=0.8)
        low, high = axes.get_ylim()
        axes.set_ylim(min(low, -1.0), max(high, 5.0))
        axes.set_ylabel("bp of price")
        look.legend_above(axes, 2)
    look.date_axis(panels[-1], result.days)
    return figure


def shorts(result: MarketResult) -> Figure:
    """Gross shorts of the model, and the CFTC's weekly reports."""
    figure, (axes,) = look.new_figure(3.5)
    _band(axes, result.by_kink("shorts", "shorts_usd"), look.BLUE, f"model ({_kinks(result)})")
    places = result.days.get_indexer(result.reported.index)
    if len(places):
        axes.plot(places, result.reported, "o", color=look.INK, ms=6, label="CFTC report (Tuesdays)")
    low, high = axes.get_ylim()
    if high - low < 0.1 * high:  # a flat line should look flat
        axes.set_ylim(0.9 * low, 1.05 * high)
    look.money_axis(axes)
    look.legend_above(axes, 2)
    look.date_axis(axes, result.days)
    return figure


def cascade(result: MarketResult) -> Figure:
    """Notes sold by fund and day, a panel per kink: the ten basis funds that sold most, and the rest."""
    basis = result.funds[result.funds["book"] == "basis"]
    total = basis.groupby("fund", sort=False)["sold_usd"].sum().sort_values(ascending=False, kind="stable")
    largest = list(total.index[:_LARGEST])
    shades = [to_hex(one) for one in mpl.colormaps["viridis"](np.linspace(0.0, 0.95, _LARGEST))] + [
        look.GREY,
        look.PURPLE,
    ]
    figure, panels = look.new_figure(0.8 + 1.7 * len(result.kinks), len(result.kinks))
    for axes, kink in zip(panels, result.kinks, strict=True):
        mine = result.funds[result.funds["kink"] == kink]
        mine = mine.assign(who=mine["fund"].where(mine["fund"].isin(largest), "other " + mine["book"] + " funds"))
        wide = mine.pivot_table(index="date", columns="who", values="sold_usd", aggfunc="sum")
        others = [name for name in ("other basis funds", "other swap spread funds") if name in wide]
        base = np.zeros(len(wide))
        for name, colour in zip([*largest, *others], shades, strict=False):
            label = name.replace("other swap spread", "swap-spread")
            axes.bar(np.arange(len(wide)), wide[name], 0.78, bottom=base, color=colour, label=label)
            base = base + wide[name].to_numpy()
        axes.set_title(f"Kink {kink:g}: {usd(base.sum())} of face sold")
        axes.set_ylim(0.0, max(1.08 * base.max(), 1e9))
        look.money_axis(axes)
    panels[-1].legend(loc="upper center", bbox_to_anchor=(0.5, -0.28), ncols=6, handlelength=1.0, fontsize=8)
    look.date_axis(panels[-1], result.days)
    return figure


def dealers(result: MarketResult) -> Figure:
    """Inventory against capacity, and what came in and went out."""
    figure, (top, bottom) = look.new_figure(5.4, 2)
    inventory = result.by_kink("dealers", "inventory")
    _band(top, inventory, look.BLUE, f"inventory ({_kinks(result)})")
    top.axhline(result.capacity_usd, color=look.RED, lw=1.1, ls=(0, (3, 2)), label="capacity (assumption)")
    top.set_ylim(0.0, 1.15 * max(float(inventory.to_numpy().max()), result.capacity_usd))
    top.set_title("Dealers' inventory")
    look.money_axis(top)
    look.legend_above(top, 3)
    share = top.twinx()
    share.set_ylim(0.0, 100 * top.get_ylim()[1] / result.capacity_usd)
    share.grid(visible=False)
    share.set_ylabel("% of capacity")
    kink = result.kinks[len(result.kinks) // 2]
    mine = result.dealers[result.dealers["kink"] == kink].set_index("date")
    flows = pd.DataFrame(
        {
            "outside_investors": mine["outside_sales"],
            "swap-spread_funds": mine["swap_sales"],
            "basis_funds": mine["fund_sales"],
            "central_bank": -mine["purchases"],
        }
    )
    flows = flows.loc[:, flows.any() | flows.columns.isin(["basis_funds"])]
    colours = dict(zip(_SELLERS, (look.SKY, look.PURPLE, look.ORANGE, look.GREEN), strict=True))
    look.stacked_bars(bottom, flows, tuple(colours[str(name)] for name in flows))
    if flows.abs().to_numpy().max() < 1e6:
        bottom.set_ylim(-1e9, 1e9)
    look.money_axis(bottom, signed=True)
    bottom.set_title(f"Net sold to dealers, kink {kink:g}")
    look.legend_above(bottom, 5)
    look.date_axis(bottom, result.days)
    return figure


def amplification(result: MarketResult) -> Figure:
    """Shorts and rent with the loop closed, and with it cut."""
    figure, (top, bottom) = look.new_figure(5.0, 2)
    cut = (0, (3, 2))
    for axes, table, column, other, unit in (
        (top, "shorts", "shorts_usd", "without_feedback_usd", 1e-9),
        (bottom, "dealers", "rent", "rent_without_feedback", 1.0),
    ):
        _band(axes, unit * result.by_kink(table, column), look.BLUE, f"with feedback ({_kinks(result)})")
        without = unit * result.by_kink(table, other)
        place = np.arange(len(without))
        axes.fill_between(place, without.min(axis=1), without.max(axis=1), color=look.ORANGE, alpha=0.25, lw=0)
        axes.plot(place, without.iloc[:, without.shape[1] // 2], color=look.ORANGE, ls=cut, label="without")
        axes.margins(y=0.1)
        look.legend_above(axes, 2)
    top.set_title("Gross shorts")
    top.set_ylabel("$bn")
    bottom.set_title("What dealers ask for room")
    bottom.set_ylabel("bp a year")
    bottom.set_ylim(0.0, max(bottom.get_ylim()[1], 5.0))
    low, high = top.get_ylim()
    if high - low < 0.1 * high:
        top.set_ylim(0.9 * low, 1.05 * high)
    look.date_axis(bottom, result.days)
    return figure


FIGURES: tuple[tuple[str, str, Callable[[MarketResult], Figure], Callable[[MarketResult], str]], ...] = (
    ("basis", "How cheap notes became against futures", basis, captions.basis),
    ("shorts", "Leveraged funds' short futures, model and report", shorts, captions.shorts),
    ("cascade", "Who was forced to sell, and when", cascade, captions.cascade),
    ("dealers", "How full dealers were", dealers, captions.dealers),
    ("amplification", "What the loop adds", amplification, captions.amplification),
)


def draw(result: MarketResult) -> list[Picture]:
    """Draw every figure of the market report that has something to show."""
    with look.style():
        return [
            Picture(name, title, text(result), look.svg(figure(result)))
            for name, title, figure, text in FIGURES
            if name not in captions.quiet(result)
        ]
