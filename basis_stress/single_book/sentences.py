"""Sentences about a result: the headline, the name of the book, and its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from basis_stress.reporting.formatting import day, days, listing, percent, times, usd
from basis_stress.reporting.outcomes import OUTCOMES, label
from basis_stress.single_book import views

if TYPE_CHECKING:
    from basis_stress.single_book.result import Result


@dataclass(frozen=True)
class WorstMarginCall:
    """The day, or two successive days, that paid the most variation margin, and what came back (USD, positive)."""

    dates: list[pd.Timestamp]
    paid: float
    returned_by: pd.Timestamp
    returned: float


def worst_margin_call(variation_margin: pd.Series[float]) -> WorstMarginCall | None:
    """Find the one or two successive days with the largest payment, and the best recovery after; None if no payment."""
    flows = variation_margin.to_numpy(dtype=np.float64)
    dates = [pd.Timestamp(date) for date in pd.DatetimeIndex(variation_margin.index)]
    spans = [(i, i + 1) for i in range(len(flows))] + [(i, i + 2) for i in range(len(flows) - 1)]
    first, end = min(spans, key=lambda span: flows[slice(*span)].sum())
    paid = -float(flows[first:end].sum())
    if paid <= 0.0:
        return None
    recovery = np.concatenate([[0.0], np.cumsum(flows[end:])])
    best = int(recovery.argmax())
    return WorstMarginCall(dates[first:end], paid, dates[end - 1 + best], float(recovery[best]))


def book_name(result: Result) -> str:
    """``A 50x TY basis book``, ``40 funds with a 21x TU, FV and TY basis book``, ``Macro One (7x TU and FV book)``."""
    owned, legs = result.summary, listing(views.contracts(result))
    start = views.funds_by_day(result)
    lone = len(owned) == 1
    ratio = float(owned["leverage_start"].iloc[0]) if lone else float(start["leverage"].iloc[0])
    whose = "A" if lone else f"{len(owned)} funds with a"
    # "an 8x", "an 11x", "an 18x", "an 80x" begin with a vowel sound
    leverage = times(ratio)
    article = "n" if leverage.startswith("8") or leverage[:-1].split(".")[0] in ("11", "18") else ""
    if lone and "book" in result.settings:
        return f"{owned.index[0]} ({leverage} {legs} book)"
    return f"{whose}{article} {leverage} {legs} basis book"


def title(result: Result) -> str:
    """The title of the scenario, or its name if it has none."""
    return result.scenario.title or result.scenario.name


_VERBS = {
    "survived": "survived",
    "called": "was called and survived",
    "forced_sale": "was forced to sell in",
    "illiquid": "missed a call with equity left in",
    "insolvent": "lost all its equity in",
}
"""What became of a book, as the verb of its headline."""


def _short_title(result: Result) -> str:
    """The title up to its colon, for a sentence."""
    return title(result).split(":")[0]


def outcome(result: Result) -> str:
    """``survived April 2025``, ``was called and survived April 2025``, or the number of funds with each outcome."""
    counts, scenario = result.summary["outcome"].value_counts(), _short_title(result)
    present = [name for name in OUTCOMES if name in counts.index]
    if len(present) == 1:
        return f"{_VERBS[present[0]]} {scenario}"
    return f"went through {scenario} ({', '.join(f'{counts[name]} {label(name)}' for name in present)})"


def headline(result: Result) -> str:
    """The result in one sentence, every number computed from it."""
    summary = result.summary
    funds = "it" if len(summary) == 1 else "they"
    paid = worst_margin_call(views.calls_by_leg(result)["variation_margin"])
    if paid is None:
        margin = f"{funds} paid no variation margin on balance"
    else:
        margin = f"{funds} paid {usd(paid.paid)} of variation margin on {days(*paid.dates)}"
        if paid.returned > 0.0:
            margin += f" and got {usd(paid.returned)} back by {day(paid.returned_by)}"
    start, end = float(summary["equity_start_usd"].sum()), float(summary["equity_end_usd"].sum())
    beyond = float(summary["loss_beyond_equity_usd"].sum())
    ending = f"equity ended at {percent(end / start)} of {usd(start)}"
    if beyond > 0.0:
        ending += f", and others lost {usd(beyond)} beyond it"
    return f"{book_name(result)} {outcome(result)}: {margin}; {ending}."
