"""The sentences of the market report: each figure's message in numbers, for a reader who has never traded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from basis_stress.funds_market.observed import observed_basis
from basis_stress.reporting.formatting import count, day, percent, usd
from basis_stress.single_book.views import first_high

if TYPE_CHECKING:
    from basis_stress.funds_market.result import MarketResult


def span(values: pd.Series[float], scale: float = 1.0, digits: int = 0) -> str:
    """Least and most over kinks, one number where they agree: ``31–42``, ``−12 to −8``."""
    low, high = (f"{scale * value + 0.0:.{digits}f}" for value in (values.min(), values.max()))
    low, high = (text.removeprefix("-") if float(text) == 0.0 else text.replace("-", "−") for text in (low, high))
    if low == high:
        return low
    return f"{low} to {high}" if "−" in low + high else f"{low}–{high}"


def usd_bn(values: pd.Series[float]) -> str:
    """A range of money: ``$31–42bn``."""
    return f"${span(values, 1e-9)}bn"


def moved(change: pd.Series[float]) -> str:
    """A change in words: ``fell by 8–12%``, ``stayed within 0.1%``."""
    if change.abs().max() < 0.0005:
        return "did not move"
    if change.max() < 0.0:
        return f"fell by {span(-change, 100, 1)}%"
    if change.min() > 0.0:
        return f"rose by {span(change, 100, 1)}%"
    return f"changed by {span(change, 100, 1)}%"


def headline(result: MarketResult) -> str:
    """The episode in one sentence, every number computed."""
    table, name = result.summary, (result.scenario.title or result.scenario.name).split(":")[0]
    sold, failed = table["fund_sales_usd"], int(table["defaults"].max())
    story = (
        f"In {name}, leveraged funds' short futures {moved(table['shorts_change'])} in the model, "
        f"from {usd(table['shorts_start_usd'].iloc[0])}"
    )
    if len(result.reported) > 1:
        seen = result.reported.iloc[-1] / result.reported.iloc[0] - 1
        story += (
            f" (CFTC, {day(result.reported.index[0])} to {day(result.reported.index[-1])}: "
            f"{percent(seen, 1, signed=True)})"
        )
    if sold.max() < 5e8:
        return f"{story}: no basis fund was forced to sell, and {count(failed, 'fund')} failed."
    swaps = table["swap_sales_usd"]
    beside = f", swap-spread trades {usd_bn(swaps)}" if swaps.max() >= 5e8 else ""
    return (
        f"{story}: basis trades sold {usd_bn(sold)} of Treasuries{beside}, notes cheapened by up to "
        f"{span(table['peak_dislocation_bp'])} bp of price, and {count(failed, 'basis fund')} failed."
    )


def basis(result: MarketResult) -> str:
    """How cheap notes became."""
    if result.summary["peak_dislocation_bp"].max() < 0.5:
        return (
            "Notes stayed in line with futures: nobody sold to dealers more than they could carry, so the gap that "
            "basis funds live on did not widen."
        )
    contracts = [column for column in result.dealers.columns if column.isupper()]
    deepest = result.dealers[contracts].to_numpy().max(axis=1)
    top = result.dealers.assign(deepest=deepest).groupby("date")["deepest"].max()
    dots = "; dots are the change in observed implied repo since the first day, over the same term"
    return (
        f"Basis points of price by which a note is cheaper than its future says: a loss to basis funds, largest on "
        f"{day(first_high(top))} at {span(result.summary['peak_dislocation_bp'], digits=1)} bp"
        f"{dots if observed(result) else ''}."
    )


def observed(result: MarketResult) -> bool:
    """Whether history holds basis spreads of the window."""
    return not observed_basis(result).empty


def shorts(result: MarketResult) -> str:
    """Model against report."""
    change = moved(result.summary["shorts_change"])
    text = f"Face of the Treasury futures that leveraged funds had sold: the model's {change}"
    if len(result.reported) < 2:
        return f"{text}; no two CFTC reports fall in the window."
    seen = result.reported.iloc[-1] / result.reported.iloc[0] - 1
    model = result.by_kink("shorts", "shorts_usd")
    close = model.loc[model.index.isin(result.reported.index)]
    gap = (close.sub(result.reported, axis=0)).abs().max().max()
    return (
        f"{text}; the dots are what funds reported to the CFTC each Tuesday ({percent(seen, 1, signed=True)} from "
        f"first to last), at most {usd(gap)} from the model."
    )


def cascade(result: MarketResult) -> str:
    """Who sold most and when."""
    if forced_usd(result) < 5e8:
        return "No fund was forced to sell."
    swaps = result.summary["swap_sales_usd"]
    also = f" Swap-spread funds sold {usd_bn(swaps)}." if swaps.max() >= 5e8 else ""
    if result.summary["fund_sales_usd"].max() < 5e8:
        return f"No basis fund was forced to sell.{also}"
    basis = result.funds[result.funds["book"] == "basis"]
    daily = basis.groupby(["kink", "date"])["sold_usd"].sum()
    worst = daily.groupby(level="date").max().idxmax()
    total = basis.groupby(["kink", "fund"])["sold_usd"].sum()
    share = pd.Series(
        {kink: one.nlargest(10).sum() / one.sum() for kink, one in total.groupby(level="kink") if one.sum()}
    )
    return (
        f"Face of the notes each fund sold, by day: basis funds most on {day(worst)}, up to {usd(daily.max())}; "
        f"the ten that sold most made up {span(share, 100)}% of theirs.{also}"
    )


def forced_usd(result: MarketResult) -> float:
    """Most that funds of either trade sold, USD."""
    return float((result.summary["fund_sales_usd"] + result.summary["swap_sales_usd"]).max())


def dealers(result: MarketResult) -> str:
    """How full dealers were."""
    peak = result.summary["peak_inventory_usd"]
    bought = float(result.dealers[result.dealers["kink"] == result.kinks[0]]["purchases"].sum())
    bank = f"; the central bank bought {usd(bought)}" if bought else "; the central bank bought nothing"
    if peak.max() < 5e8:
        return f"Dealers were left with nothing to carry{bank}."
    return (
        f"Dealers carried at most {usd_bn(peak)}, {span(peak / result.capacity_usd, 100)}% of the "
        f"{usd(result.capacity_usd)} beyond which room costs more{bank}."
    )


def amplification(result: MarketResult) -> str:
    """What the loop adds."""
    table = result.summary
    if table["fund_sales_usd"].max() < 5e8:
        return "With no forced sales there is nothing that could feed on itself."
    ratio = table["amplification"].dropna()
    by = f"{span(ratio, digits=2)} times as much" if len(ratio) else "where none would have sold at all"
    return (
        f"With the loop (funds' sales fill dealers, notes cheapen, funds lose and sell again) funds sold "
        f"{usd_bn(table['fund_sales_usd'])}, against {usd_bn(table['fund_sales_without_feedback_usd'])} without it: "
        f"{by}."
    )


def quiet(result: MarketResult) -> dict[str, str]:
    """Figures that would be empty, and the sentence that says so."""
    table = result.summary
    silent = {}
    if table["peak_dislocation_bp"].max() < 0.5:
        silent["basis"] = basis(result)
    if forced_usd(result) < 5e8:
        silent["cascade"] = cascade(result)
    if table["fund_sales_usd"].max() < 5e8:
        silent["amplification"] = amplification(result)
    if table["peak_inventory_usd"].max() < 5e8:
        silent["dealers"] = dealers(result)
    return silent
