"""The sentences of the market report: each figure's message in numbers, for a reader who has never traded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from basis_data.scenarios.differences import changed_title
from basis_stress.reporting.formatting import count, day, percent, usd
from basis_stress.single_book.views import first_high

if TYPE_CHECKING:
    from basis_stress.funds_market.result import MarketResult

_MATERIAL_USD = 5e8
"""Sales and inventory below this count as none."""
_MATERIAL_BP = 0.5
"""Dislocation below this counts as none."""


def span(values: pd.Series[float], scale: float = 1.0, digits: int = 0) -> str:
    """Range over capacity multiples, one number where they agree: ``31–42``, ``−12 to −8``."""
    low, high = (f"{scale * value + 0.0:.{digits}f}" for value in (values.min(), values.max()))
    low, high = (text.removeprefix("-") if float(text) == 0.0 else text.replace("-", "−") for text in (low, high))
    if low == high:
        return low
    return f"{low} to {high}" if "−" in low + high else f"{low}–{high}"


def usd_bn(values: pd.Series[float]) -> str:
    """A range of money: ``$31–42bn``."""
    return f"${span(values, 1e-9)}bn"


def moved(change: pd.Series[float]) -> str:
    """A change in words: ``fell by 8–12%``, ``did not move``."""
    if change.abs().max() < 0.0005:
        return "did not move"
    if change.max() < 0.0:
        return f"fell by {span(-change, 100, 1)}%"
    if change.min() > 0.0:
        return f"rose by {span(change, 100, 1)}%"
    return f"changed by {span(change, 100, 1)}%"


def reported_change(result: MarketResult) -> str:
    """Change of gross shorts from the first to the last CFTC report of the window."""
    return percent(result.reported.iloc[-1] / result.reported.iloc[0] - 1, 1, signed=True)


def headline(result: MarketResult) -> str:
    """Summarise the episode in one sentence; every number is computed."""
    table, name = result.summary, changed_title(result.scenario)
    sold, failed = table["fund_sales_usd"], int(table["defaults"].max())
    story = (
        f"In {name}, leveraged funds' short futures {moved(table['shorts_change'])} in the model, "
        f"from {usd(table['shorts_start_usd'].iloc[0])}"
    )
    if len(result.reported) > 1:
        first, last = day(result.reported.index[0]), day(result.reported.index[-1])
        story += f" (CFTC, {first} to {last}: {reported_change(result)})"
    if sold.max() < _MATERIAL_USD:
        return f"{story}: no basis fund was forced to sell, and {count(failed, 'fund')} failed."
    swaps = table["swap_sales_usd"]
    others = f", swap-spread trades {usd_bn(swaps)}" if swaps.max() >= _MATERIAL_USD else ""
    return (
        f"{story}: basis trades sold {usd_bn(sold)} of Treasuries{others}, notes cheapened by up to "
        f"{span(table['peak_dislocation_bp'])} bp of price, and {count(failed, 'basis fund')} failed."
    )


def basis(result: MarketResult) -> str:
    """Describe the dislocation."""
    if result.summary["peak_dislocation_bp"].max() < _MATERIAL_BP:
        return "Notes stayed in line with futures: sales to dealers were too small to widen the cash-futures basis."
    contracts = [column for column in result.dealers.columns if column.isupper()]
    deepest = result.dealers[contracts].to_numpy().max(axis=1)
    top = result.dealers.assign(deepest=deepest).groupby("date")["deepest"].max()
    dots = "; dots are the change in observed implied repo since the first day, over the same term"
    return (
        f"Basis points of price by which a note is cheaper than its future implies: a loss to basis funds, largest on "
        f"{day(first_high(top))} at {span(result.summary['peak_dislocation_bp'], digits=1)} bp"
        f"{dots if not result.observed_basis().empty else ''}."
    )


def shorts(result: MarketResult) -> str:
    """Compare the model's shorts with the CFTC's reports."""
    change = moved(result.summary["shorts_change"])
    text = f"Face of the Treasury futures that leveraged funds had sold: the model's {change}"
    if len(result.reported) < 2:
        return f"{text}; no two CFTC reports fall in the window."
    model = result.by_capacity_multiple("shorts", "shorts_usd")
    close = model.loc[model.index.isin(result.reported.index)]
    gap = (close.sub(result.reported, axis=0)).abs().max().max()
    return (
        f"{text}; the dots are what funds reported to the CFTC each Tuesday ({reported_change(result)} from "
        f"first to last), at most {usd(gap)} from the model."
    )


def cascade(result: MarketResult) -> str:
    """Describe the day and the funds of the largest sales."""
    if forced_usd(result) < _MATERIAL_USD:
        return "No fund was forced to sell."
    swaps = result.summary["swap_sales_usd"]
    also = f" Swap-spread funds sold {usd_bn(swaps)}." if swaps.max() >= _MATERIAL_USD else ""
    if result.summary["fund_sales_usd"].max() < _MATERIAL_USD:
        return f"No basis fund was forced to sell.{also}"
    basis = result.funds[result.funds["book"] == "basis"]
    daily = basis.groupby(["capacity_multiple", "date"])["sold_usd"].sum()
    worst = daily.groupby(level="date").max().idxmax()
    total = basis.groupby(["capacity_multiple", "fund"])["sold_usd"].sum()
    share = pd.Series(
        {
            multiple: sold.nlargest(10).sum() / sold.sum()
            for multiple, sold in total.groupby(level="capacity_multiple")
            if sold.sum()
        }
    )
    return (
        f"Face of the notes each fund sold, by day: basis funds most on {day(worst)}, up to {usd(daily.max())}; "
        f"the ten largest sellers made up {span(share, 100)}% of it.{also}"
    )


def forced_usd(result: MarketResult) -> float:
    """Largest sales of basis and swap-spread funds over capacity multiples, USD."""
    return float((result.summary["fund_sales_usd"] + result.summary["swap_sales_usd"]).max())


def dealers(result: MarketResult) -> str:
    """Describe dealers' inventory against capacity."""
    peak = result.summary["peak_inventory_usd"]
    first = result.dealers["capacity_multiple"] == result.capacity_multiples[0]
    bought = float(result.dealers[first]["purchases"].sum())
    bank = f"; the central bank bought {usd(bought)}" if bought else "; the central bank bought nothing"
    if peak.max() < _MATERIAL_USD:
        return f"Dealers held no inventory at the close{bank}."
    return (
        f"Dealers held at most {usd_bn(peak)}, {span(peak / result.capacity_usd, 100)}% of the capacity of "
        f"{usd(result.capacity_usd)}, beyond which balance sheet costs more{bank}."
    )


def amplification(result: MarketResult) -> str:
    """Compare sales with and without feedback."""
    table = result.summary
    if table["fund_sales_usd"].max() < _MATERIAL_USD:
        return "Without forced sales there is no feedback."
    ratio = table["amplification"][table["fund_sales_without_feedback_usd"] > 0]
    by = f"{span(ratio, digits=2)} times as much" if len(ratio) else "without it no fund would have sold"
    return (
        f"With feedback (funds' sales fill dealers, notes cheapen, funds lose and sell again) funds sold "
        f"{usd_bn(table['fund_sales_usd'])}, against {usd_bn(table['fund_sales_without_feedback_usd'])} without it: "
        f"{by}."
    )


def quiet(result: MarketResult) -> dict[str, str]:
    """Name each figure that would be empty, with the sentence that replaces it."""
    table = result.summary
    silent = {}
    if table["peak_dislocation_bp"].max() < _MATERIAL_BP:
        silent["basis"] = basis(result)
    if forced_usd(result) < _MATERIAL_USD:
        silent["cascade"] = cascade(result)
    if table["fund_sales_usd"].max() < _MATERIAL_USD:
        silent["amplification"] = amplification(result)
    if table["peak_inventory_usd"].max() < _MATERIAL_USD:
        silent["dealers"] = dealers(result)
    return silent
