"""Breaking points in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from basis_stress.reporting import formatting

if TYPE_CHECKING:
    from basis_stress.breaking.levers import LeveredBook
    from basis_stress.breaking.point import BreakingPoint

DESCRIPTIONS = {"called": "called beyond its buffer", "forced_sale": "forced to sell", "defaulted": "defaulted"}
_ONE = {
    "scale": "at {} the moves of yields",
    "repo_bp": "with repo dearer by {}",
    "haircut": "with haircuts up by {}",
    "margin_multiple": "at {} the initial margin",
    "unrolled": "with {} of its repo not rolled",
}


def book_codes(of: LeveredBook) -> str:
    """Contract codes as words."""
    return formatting.listing(list(of.contracts))


def book(found: BreakingPoint) -> str:
    """The book in a few words."""
    terms, codes = found.of.terms, book_codes(found.of)
    if terms.buffer is not None:
        return f"The {codes} book with a buffer of {formatting.percent(terms.buffer, 2)}"
    return f"The {formatting.times(terms.leverage or 20.0)} {codes} book"


def sentence(found: BreakingPoint) -> str:
    """The breaking point in a sentence, and what lies beyond it in another."""
    one, where = found.of.lever, found.of.scenario.name
    if not len(found.brackets):
        return (
            f"{book(found)} is not {DESCRIPTIONS[found.until]} in {where} at any value from {one.said(found.low)} to "
            f"{one.said(found.high)} tried ({one.title})."
        )
    row = found.brackets.iloc[0]
    also = "" if row["outcome"] == found.until else f" (it is {DESCRIPTIONS[str(row['outcome'])]})"
    already = found.value == found.low
    at = _ONE[one.name].format(one.said(found.value))
    if already:
        at = (
            f"as it is, {at}," if found.low == one.neutral and one.name != "scale" else f"from {one.said(found.low)} on"
        )
    why = f"{row['constraint']} binds first" if row["constraint"] != "none" else "nothing is short of cash"
    text = (
        f"{book(found)} is {DESCRIPTIONS[found.until]}{also} in {where} {at}, on {formatting.day(row['day'])}; {why}."
    )
    return text + ("" if found.monotone else " " + safe_intervals(found))


def safe_intervals(found: BreakingPoint) -> str:
    """Where it is safe again, in a sentence."""
    one, rows = found.of.lever, found.brackets
    gaps = []
    for i, last in enumerate(rows["last"]):
        if np.isinf(last):
            break
        upper = rows["first"].iloc[i + 1] if i + 1 < len(rows) else found.high
        gaps.append(f"{one.said(float(last))} to {one.said(float(upper))}")
    return f"Not monotone: safe again from {formatting.listing(gaps)}."


DESCRIPTIONS = {
    "scale": "every move of yields from the first day is multiplied; the first day, repo and margins are as they were",
    "repo_bp": "overnight repo costs so much more than it did, to the last day; futures' carry does not move",
    "haircut": "every lender's haircut is so much higher than it was, to the last day",
    "margin_multiple": "every initial margin is so many times what it was, with a day's notice, to the last day",
    "unrolled": "lenders leave this share of overnight repo unrolled, to the last day",
}
"""What turning a lever up does."""


def replay(found: BreakingPoint) -> str | None:
    """The command that shows the breaking point day by day, for the lever that has an option."""
    terms = found.of.terms
    if found.of.lever.name != "scale" or not len(found.brackets) or terms.leverage is None:
        return None
    codes = ",".join(found.of.contracts)
    given = f"--contract {codes} --leverage {terms.leverage:g} --yield-scale {found.value:.6g} --curve par"
    return f"basis-stress backtest {found.of.scenario.name} {given}"
