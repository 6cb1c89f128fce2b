"""Sentences about a result: the headline, the name of the book, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from basis_stress.reporting.formatting import day, days, listing, percent, times, usd
from basis_stress.single_book import views

if TYPE_CHECKING:
    from basis_stress.single_book.frames import Frames


@dataclass(frozen=True)
class WorstMarginCall:
    """The day, or two successive days, that took the most variation margin, and what came back (USD, positive)."""

    dates: list[pd.Timestamp]
    paid: float
    returned_by: pd.Timestamp
    returned: float


def worst_margin_call(variation_margin: pd.Series[float]) -> WorstMarginCall | None:
    """Find the one or two successive days that took the most, and the best recovery after; none if none took any."""
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


def book_name(result: Frames) -> str:
    """``A 50x TY basis book``, ``40 funds with a 21x TU, FV and TY basis book``."""
    owned, legs = result.summary, listing(views.contracts(result))
    start = views.funds_by_day(result)
    lone = len(owned) == 1
    ratio = float(owned["leverage_start"].iloc[0]) if lone else float(start["leverage"].iloc[0])
    whose = "A" if lone else f"{len(owned)} funds with a"
    # "an 8x", "an 11x", "an 18x", "an 80x" are read aloud with a vowel
    spoken = times(ratio)
    article = "n" if spoken.startswith("8") or spoken[:-1].split(".")[0] in ("11", "18") else ""
    return f"{whose}{article} {spoken} {legs} basis book"


def title(result: Frames) -> str:
    """What the scenario is called on a page."""
    return result.scenario.title or result.scenario.name


def _short_title(result: Frames) -> str:
    """The title without what follows its colon, for use in a sentence."""
    return title(result).split(":")[0]


def outcome(result: Frames) -> str:
    """What became of the funds: ``survived April 2025``, or counts of each outcome."""
    status, where = result.summary["status"], _short_title(result)
    phrases = {"survived": "survived", "forced_sale": "was cut down in", "defaulted": "defaulted in"}
    kinds = [kind for kind in phrases if (status == kind).any()]
    if len(status) == 1 or kinds == ["survived"]:
        return f"{phrases.get(str(status.iloc[0]), f'was {status.iloc[0]} in')} {where}"
    return f"went through {where} ({', '.join(f'{int((status == kind).sum())} {kind}' for kind in kinds)})"


def headline(result: Frames) -> str:
    """The result in one sentence, every number computed from it."""
    summary = result.summary
    who = "it" if len(summary) == 1 else "they"
    paid = worst_margin_call(views.calls_by_leg(result)["variation_margin"])
    if paid is None:
        margin = f"{who} paid no variation margin on balance"
    else:
        margin = f"{who} paid {usd(paid.paid)} of variation margin on {days(*paid.dates)}"
        if paid.returned > 0.0:
            margin += f" and got {usd(paid.returned)} back by {day(paid.returned_by)}"
    start, end = float(summary["equity_start_usd"].sum()), float(summary["equity_end_usd"].sum())
    beyond = float(summary["loss_beyond_equity_usd"].sum())
    ending = f"equity ended at {percent(end / start)} of {usd(start)}"
    if beyond > 0.0:
        ending += f", and {usd(beyond)} beyond it fell on others"
    return f"{book_name(result)} {outcome(result)}: {margin}; {ending}."
