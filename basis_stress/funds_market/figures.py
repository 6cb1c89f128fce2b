"""The pictures of the market report; bands span capacity multiples, which the data do not identify."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from basis_stress.funds_market import captions as captions
from basis_stress.reporting import figure_style as look
from basis_stress.reporting.formatting import usd
from basis_stress.reporting.pictures import Picture

if TYPE_CHECKING:
    from basis_stress.funds_market.result import MarketResult

_LARGEST = 10
_SELLERS = {
    "outside_investors": look.SKY,
    "swap-spread_funds": look.PURPLE,
    "basis_funds": look.ORANGE,
    "central_bank": look.GREEN,
}
DASHED = (0, (3, 2))


def band(axes: Axes, table: pd.DataFrame, colour: str, label: str, style: Any = "-") -> None:
    """Range over capacity multiples, with the middle one as a line."""
    place = np.arange(len(table))
    axes.fill_between(place, table.min(axis=1), table.max(axis=1), color=colour, alpha=0.25, lw=0)
    axes.plot(place, table.iloc[:, table.shape[1] // 2], color=colour, ls=style, label=label)


def _spanned(result: MarketResult) -> str:
    """Name the capacity multiples that a band spans, in brackets; nothing for a single one."""
    if len(result.capacity_multiples) == 1:
        return ""
    return f" (band: capacity multiples {', '.join(f'{multiple:g}' for multiple in result.capacity_multiples)})"


def _flat(axes: Axes) -> None:
    """Widen the axis around values that hardly change, which then look flat."""
    low, high = axes.get_ylim()
    if high - low < 0.1 * high:
        axes.set_ylim(0.9 * low, 1.05 * high)


def basis(result: MarketResult) -> Figure:
    """Dislocation by contract, beside observations where there are any."""
    observed = result.observed_basis()
    codes = [column for column in result.dealers.columns if column.isupper()]
    figure, panels = look.new_figure(1.0 + 1.45 * len(codes), len(codes))
    for axes, code, colour in zip(panels, codes, map(look.contract_colour, codes), strict=True):
        band(axes, result.by_capacity_multiple("dealers", code), colour, f"{code}, model{_spanned(result)}")
        if code in observed:
            places = result.days.get_indexer(observed.index)
            axes.plot(places, observed[code], "o", color=look.INK, ms=3.5, label="observed, change since the first day")
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
    band(axes, result.by_capacity_multiple("shorts", "shorts_usd"), look.BLUE, f"model{_spanned(result)}")
    places = result.days.get_indexer(result.reported.index)
    if len(places):
        axes.plot(places, result.reported, "o", color=look.INK, ms=6, label="CFTC report (Tuesdays)")
    _flat(axes)
    look.money_axis(axes)
    look.legend_above(axes, 2)
    look.date_axis(axes, result.days)
    return figure


def cascade(result: MarketResult) -> Figure:
    """Notes sold by fund and day, a panel per capacity multiple: the ten largest sellers, and the rest."""
    basis = result.funds[result.funds["book"] == "basis"]
    total = basis.groupby("fund", sort=False)["sold_usd"].sum().sort_values(ascending=False, kind="stable")
    largest = list(total.index[:_LARGEST])
    viridis = mpl.colormaps["viridis"](np.linspace(0.0, 0.95, _LARGEST))
    shades = [*(to_hex(colour) for colour in viridis), look.GREY, look.PURPLE]
    figure, panels = look.new_figure(0.8 + 1.7 * len(result.capacity_multiples), len(result.capacity_multiples))
    for axes, multiple in zip(panels, result.capacity_multiples, strict=True):
        funds = result.funds[result.funds["capacity_multiple"] == multiple]
        seller = funds["fund"].where(funds["fund"].isin(largest), "other " + funds["book"] + " funds")
        wide = funds.assign(seller=seller).pivot_table(index="date", columns="seller", values="sold_usd", aggfunc="sum")
        others = [name for name in ("other basis funds", "other swap spread funds") if name in wide]
        base = np.zeros(len(wide))
        for name, colour in zip([*largest, *others], shades, strict=False):
            label = name.replace("other swap spread", "swap-spread")
            axes.bar(np.arange(len(wide)), wide[name], 0.78, bottom=base, color=colour, label=label)
            base = base + wide[name].to_numpy()
        by = "" if len(panels) == 1 else f"capacity multiple {multiple:g}: "
        axes.set_title(f"{by}{usd(base.sum())} of face sold".capitalize())
        axes.set_ylim(0.0, max(1.08 * base.max(), 1e9))
        look.money_axis(axes)
    panels[-1].legend(loc="upper center", bbox_to_anchor=(0.5, -0.28), ncols=6, handlelength=1.0, fontsize=8)
    look.date_axis(panels[-1], result.days)
    return figure


def dealers(result: MarketResult) -> Figure:
    """Inventory against capacity, and the day's flows."""
    figure, (top, bottom) = look.new_figure(5.4, 2)
    inventory = result.by_capacity_multiple("dealers", "inventory")
    band(top, inventory, look.BLUE, f"inventory{_spanned(result)}")
    top.axhline(result.capacity_usd, color=look.RED, lw=1.1, ls=DASHED, label="capacity (assumption)")
    top.set_ylim(0.0, 1.15 * max(float(inventory.to_numpy().max()), result.capacity_usd))
    top.set_title("Dealers' inventory")
    look.money_axis(top)
    look.legend_above(top, 3)
    share = top.twinx()
    share.set_ylim(0.0, 100 * top.get_ylim()[1] / result.capacity_usd)
    share.grid(visible=False)
    share.set_ylabel("% of capacity")
    days = result.dealers[result.dealers["capacity_multiple"] == result.middle].set_index("date")
    flows = pd.DataFrame(
        {
            "outside_investors": days["outside_sales"],
            "swap-spread_funds": days["swap_sales"],
            "basis_funds": days["fund_sales"],
            "central_bank": -days["purchases"],
        }
    )
    flows = flows.loc[:, flows.any() | flows.columns.isin(["basis_funds"])]
    look.stacked_bars(bottom, flows, tuple(_SELLERS[str(name)] for name in flows))
    if flows.abs().to_numpy().max() < 1e6:
        bottom.set_ylim(-1e9, 1e9)
    look.money_axis(bottom, signed=True)
    bottom.set_title("Net sold to dealers")
    look.legend_above(bottom, 5)
    look.date_axis(bottom, result.days)
    return figure


def amplification(result: MarketResult) -> Figure:
    """Shorts and balance-sheet spread with and without feedback."""
    figure, (top, bottom) = look.new_figure(5.0, 2)
    for axes, table, column, other, unit in (
        (top, "shorts", "shorts_usd", "without_feedback_usd", 1e-9),
        (bottom, "dealers", "balance_sheet_spread", "spread_without_feedback", 1.0),
    ):
        closed, cut = (unit * result.by_capacity_multiple(table, name) for name in (column, other))
        band(axes, closed, look.BLUE, f"with feedback{_spanned(result)}")
        band(axes, cut, look.ORANGE, "without", DASHED)
        axes.margins(y=0.1)
        look.legend_above(axes, 2)
    top.set_title("Gross shorts")
    top.set_ylabel("$bn")
    bottom.set_title("Dealers' balance-sheet spread")
    bottom.set_ylabel("bp a year")
    bottom.set_ylim(0.0, max(bottom.get_ylim()[1], 5.0))
    _flat(top)
    look.date_axis(bottom, result.days)
    return figure


FIGURES: tuple[tuple[str, str, Callable[[MarketResult], Figure], Callable[[MarketResult], str]], ...] = (
    ("basis", "How cheap notes became against futures", basis, captions.basis),
    ("shorts", "Leveraged funds' short futures, model and report", shorts, captions.shorts),
    ("cascade", "Which funds were forced to sell, and when", cascade, captions.cascade),
    ("dealers", "How full dealers' balance sheets were", dealers, captions.dealers),
    ("amplification", "What feedback adds", amplification, captions.amplification),
)


def draw(result: MarketResult, chosen: slice = slice(None)) -> list[Picture]:
    """Draw the figures of the market report that are not empty, all of them or those that are chosen."""
    quiet = captions.quiet(result)
    with look.style():
        return [
            Picture(name, title, text(result), look.svg(figure(result)))
            for name, title, figure, text in [row for row in FIGURES if row[0] not in quiet][chosen]
        ]
