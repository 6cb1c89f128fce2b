"""The sentence under each figure: what the result shows, in numbers, and the convention they follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from basis_stress.reporting.formatting import count, day, percent, times, usd, words
from basis_stress.reporting.shocks import nature
from basis_stress.single_book import views
from basis_stress.single_book.views import first_high, first_low

if TYPE_CHECKING:
    from basis_stress.single_book.result import Result


_LINES = {"default_loss": "what others wrote off after the default"}
"""Lines of the attribution whose name needs words of its own."""


def market(result: Result) -> str:
    """Range of the 10-year, and the clocks of the two panels."""
    clocks = "yields are par-curve daily closes, about 15:30 New York, not intraday extremes; futures are modelled"
    yields = views.par_yields(result, ("10y",)).get("10y", pd.Series(dtype=float)).dropna()
    if yields.empty:
        return f"{clocks[0].upper()}{clocks[1:]}."
    low, high = first_low(yields), first_high(yields)
    first, second = sorted([low, high])
    ends = " to ".join(f"{yields[date]:.2f}% on {day(date)}" for date in (first, second))
    extremes = "low and high" if first == low else "high and low"
    text = f"{nature(result.scenario)} The 10-year par yield went from {ends}, its {extremes}; {clocks}."
    real = views.base_yields(result, ("10y",))
    if real is None:
        return text
    series = real["10y"].dropna()
    return f"{text} Dashed, without the changes: from {series.iloc[0]:.2f}% to {series.iloc[-1]:.2f}%."


def equity(result: Result) -> str:
    """Start, low and end of equity, and the peak of leverage."""
    table = views.funds_by_day(result)
    funds, peak = table["equity"], table["leverage"].dropna()
    text = (
        f"Equity went from {usd(funds.iloc[0], figures=4)} to {usd(funds.iloc[-1], figures=4)}, "
        f"its low {usd(funds.min(), figures=4)} on "
        f"{day(first_low(funds))}"
    )
    if not peak.empty:
        text += f"; leverage peaked at {times(peak.max())} on {day(first_high(peak))}"
    return f"{text}; both at {views.clock(result)} New York, variation margin struck that day included."


def waterfall(result: Result) -> str:
    """The day that took the most variation margin, and what the other legs did on it."""
    legs = views.calls_by_leg(result)
    convention = "outflows point down, on the day the cash moves"
    if entry := views.entry_margin(result):
        convention += f"; the {usd(-entry)} posted at entry is left out"
    if legs["variation_margin"].min() >= 0.0:
        return f"No day took variation margin; {convention}."
    worst = first_low(legs["variation_margin"])
    parts = [f"{words(str(leg))} {usd(amount, signed=True)}" for leg, amount in legs.loc[worst].items() if amount]
    net = usd(legs.loc[worst].sum(), signed=True)
    return f"The heaviest day of variation margin was {day(worst)}: {', '.join(parts)}, net {net}; {convention}."


def attribution(result: Result) -> str:
    """Total profit and the lines that gave and took the most."""
    lines = views.attribution_by_day(result).sum().sort_values()
    if lines.empty:
        return "Nothing was earned or lost."
    total = f"Of a {'loss' if lines.sum() < 0.0 else 'profit'} of {usd(abs(lines.sum()))}"
    gave = f"{_LINES.get(str(lines.index[-1]), words(str(lines.index[-1])))} gave {usd(lines.iloc[-1])}"
    took = f"{words(str(lines.index[0]))} took {usd(-lines.iloc[0])}"
    if lines.iloc[0] >= 0.0:
        took = "no line took any"
    if lines.iloc[-1] <= 0.0:
        gave = "no line gave any"
    return f"{total}, {gave} and {took}; the lines of each day sum to the change in equity."


def events(result: Result) -> str:
    """How many calls were raised, paid and failed, and what followed."""
    seen = result.events["event"].value_counts()

    def number(kind: str) -> int:
        return int(seen.get(kind, 0))

    ended = number("call_paid") + number("call_failed") + number("call_cured")
    waiting = 0 if number("default") else number("call_raised") - ended
    cured = f", {number('call_cured')} cured before it was due" if number("call_cured") else ""
    due = f", {waiting} not yet due when the window ends" if waiting > 0 else ""
    return (
        f"{count(number('call_raised'), 'call').capitalize()} raised, {number('call_paid') or 'none'} paid, "
        f"{number('call_failed') or 'none'} failed{cured}{due}; {count(number('sale'), 'sale')}, "
        f"{count(number('default'), 'default')}; the area of a mark grows with its amount, "
        "each tick is the 15:00 settlement of its day."
    )


def buffer(result: Result) -> str:
    """The thinnest free cash, against the cash of the first day."""
    table = views.funds_by_day(result)
    low = first_low(table["free"])
    least, opening = float(table["free"].min()), float(table["cash"].iloc[0])
    share = f", {percent(least / opening, 0)} of the first day's cash" if opening > 0.0 and least > 0.0 else ""
    return (
        f"Free cash was thinnest on {day(low)} at {usd(least)}{share}; it counts the variation margin owed tonight, "
        "not what the repo roll at 08:30 brings before the call falls due at 09:00."
    )
