"""Sentences about a result: the headline, the name of the book, and its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from basis_data.scenarios.differences import changed_title
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


_MUCH, _LITTLE = 0.25, 0.002
"""Share of the profit, and of equity, from which a change of expected repo is worth a sentence."""


_VERBS = {
    "survived": "survived",
    "called": "was called and survived",
    "forced_sale": "was forced to sell in",
    "illiquid": "became illiquid in",
    "insolvent": "became insolvent in",
}
"""What became of a book, as the verb of its headline."""


def outcome(result: Result) -> str:
    """``survived April 2025``, ``was called and survived April 2025``, or the number of funds with each outcome."""
    counts, scenario = result.summary["outcome"].value_counts(), changed_title(result.scenario)
    present = [name for name in OUTCOMES if name in counts.index]
    if len(present) == 1:
        verb = _VERBS[present[0]]
        return f"{verb.replace('was ', 'were ') if len(result.summary) > 1 else verb} {scenario}"
    return f"went through {scenario} ({', '.join(f'{counts[name]} {label(name)}' for name in present)})"


def headline(result: Result) -> str:
    """The result in a few sentences, a default first; every number computed from it."""
    summary = result.summary
    story = default_story(summary.iloc[0]) if len(summary) == 1 else ""
    start, end = float(summary["equity_start_usd"].sum()), float(summary["equity_end_usd"].sum())
    beyond = float(summary["loss_beyond_equity_usd"].sum())
    ending = f"equity ended at {percent(end / start)} of {usd(start)}"
    if beyond > 0.0 and not story:
        ending += f", and others lost {usd(beyond)} beyond it"
    lead = f"{story}; " if story else ""
    told = f"{book_name(result)} {outcome(result)}: {lead}{_margin(result)}; {ending}; {_instead(result)}."
    return " ".join([told, *filter(None, (expected_repo(result), term_repo(result)))])


def _margin(result: Result) -> str:
    """The variation margin of the worst one or two days, and what came back."""
    funds = "it" if len(result.summary) == 1 else "they"
    paid = worst_margin_call(views.calls_by_leg(result)["variation_margin"])
    if paid is None:
        return f"{funds} paid no variation margin on balance"
    margin = f"{funds} paid {usd(paid.paid)} of variation margin on {days(*paid.dates)}"
    margin += ", the worst day" if len(paid.dates) == 1 else ", the worst two days"
    return margin + (f", and got {usd(paid.returned)} back by {day(paid.returned_by)}" if paid.returned > 0.0 else "")


def _instead(result: Result) -> str:
    """What the same equity becomes in cash, and what the same book becomes without the scenario's changes."""
    row = result.summary.iloc[0]
    text = f"in cash it would have ended at {percent(1.0 + float(row['cash_return']))}"
    if row["base_outcome"]:
        ending = f"ends at {percent(1.0 + float(row['base_return']))} ({label(str(row['base_outcome']))})"
        text += f", and without the changes of the scenario the same book {ending}"
    return text


def default_story(row: pd.Series[Any]) -> str:
    """What a fund failed on, what was seized and fetched, and who bore the loss; nothing for one that did not."""
    if not row["failed_on"]:
        return ""
    at = pd.Timestamp(row["failed_at"])
    when = f"on {day(at)} at {at:%H:%M} New York"
    left = f"{usd(row['equity_at_default_usd'])} of equity"
    if row["missed_call_usd"] > 0.0:
        credit = float(row["credit_drawn_usd"])
        drawn = f"and had drawn {usd(credit)} of its credit line" if credit > 0.0 else "and no credit line to draw"
        text = (
            f"{when} it missed a call of {usd(row['missed_call_usd'])} for {row['failed_on']} with "
            f"{usd(row['cash_at_call_usd'])} of cash at hand {drawn}, and {left} left"
        )
    else:
        text = f"{when} its equity was {usd(row['equity_at_default_usd'])}"
    seized, fetched = float(row["seized_usd"]), float(row["seizure_proceeds_usd"])
    if seized > 0.0:
        text += f"; lenders seized {usd(seized)} face of notes, which fetched {usd(fetched)}"
    losers = {"repo lenders": "loss_of_lenders_usd", "its clearing member": "loss_of_clearing_usd"}
    losers["others"] = "loss_of_others_usd"
    lost = [f"{whose} lost {usd(row[column])}" for whose, column in losers.items() if row[column] > 0.0]
    return f"{text}; {listing(lost) if lost else 'nobody else lost'}"


def expected_repo(result: Result) -> str:
    """Say when much of a profit or loss is a change of expected repo, which futures price at once; else nothing."""
    lines = views.attribution_by_day(result).sum()
    profit, part = float(lines.sum()), float(lines.get("expected_repo", 0.0))
    equity = float(result.summary["equity_start_usd"].sum())
    if part * profit <= 0.0 or abs(part) < max(_MUCH * abs(profit), _LITTLE * equity):
        return ""
    first, last = (float(result.priced.path.repo[day].mean()) for day in (0, -1))
    move = "A fall of expected repo" if profit > 0.0 else "A rise of expected repo"
    gave, name = ("gave", "profit") if profit > 0.0 else ("took", "loss")
    without = profit - part
    return (
        f"{move}, from {percent(first, 2)} to {percent(last, 2)}, {gave} {usd(abs(part))}: futures price it at once, "
        f"and it is neither carry nor convergence; without it the {name} of {usd(abs(profit))} is a "
        f"{'profit' if without > 0 else 'loss'} of {usd(abs(without))}."
    )


def term_repo(result: Result) -> str:
    """What term repo is worth beside its accrued value, where that matters; else nothing."""
    summary = result.summary
    mark, equity = float(summary["term_repo_mark_usd"].sum()), float(summary["equity_start_usd"].sum())
    if abs(mark) < _LITTLE * equity:
        return ""
    marked = 1.0 + float((summary["return_marked"] * summary["equity_start_usd"]).sum()) / equity
    return (
        f"Marked to market, its term repo is worth {usd(mark, signed=True)} beside its accrued value, because the rate "
        f"is locked: equity so marked ended at {percent(marked)}."
    )
