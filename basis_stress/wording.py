"""Numbers and dates as a desk says them, and the one sentence that tells a result."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from basis_stress import views

if TYPE_CHECKING:
    from basis_stress.frames import Frames

_UNITS = ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k"))


def usd(amount: Any, signed: bool = False, figures: int = 3) -> str:
    """Money in significant figures with its unit: ``$1.23bn``, ``−$45.6m``; a dash for no number."""
    if not math.isfinite(amount):
        return "–"
    rounded = float(f"{amount:.{figures}g}") if abs(amount) >= 0.5 else 0.0
    size = abs(rounded)
    sign = "−" if rounded < 0 else "+" if signed and rounded > 0 else ""
    divisor, unit = next(((d, u) for d, u in _UNITS if size >= d), (1.0, ""))
    value = size / divisor
    before = len(str(int(value)))
    return f"{sign}${value:.{max(figures - before, 0) if unit else 0}f}{unit}"


def percent(fraction: float, digits: int = 1, signed: bool = False) -> str:
    """A fraction as percent: ``4.2%``."""
    if not math.isfinite(fraction):
        return "–"
    text = f"{abs(100 * fraction):.{digits}f}%"
    if float(text[:-1]) == 0.0:
        return text
    return ("−" if fraction < 0 else "+" if signed else "") + text


def times(ratio: float) -> str:
    """Leverage: ``50x``, one decimal below 100 unless it is whole."""
    if not math.isfinite(ratio):
        return "–"
    return f"{ratio:.0f}x" if ratio >= 100 or abs(ratio - round(ratio)) < 0.05 else f"{ratio:.1f}x"


def day(date: object) -> str:
    """A date within a report: ``4 April``."""
    stamp = pd.Timestamp(date)  # type: ignore[arg-type]
    return f"{stamp.day} {stamp:%B}"


def days(first: object, last: object = None) -> str:
    """One or two days: ``3 April``, ``3–4 April`` if one follows the other, ``4 and 7 April``."""
    start, end = pd.Timestamp(first), pd.Timestamp(last or first)  # type: ignore[arg-type]
    if start == end:
        return day(start)
    joint = "–" if end - start == pd.Timedelta(days=1) else " and "
    return f"{start.day if start.month == end.month else day(start)}{joint}{day(end)}"


def words(name: str) -> str:
    """A column or event name as words: ``variation_margin`` to ``variation margin``."""
    return name.removesuffix("_usd").replace("_", " ").replace("remargin", "re-margin")


def listing(names: list[str]) -> str:
    """``TU``, ``TU and FV``, ``TU, FV and TY``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def count(number: int, noun: str) -> str:
    """``no sales``, ``1 sale``, ``3 sales``."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


@dataclass(frozen=True)
class Squeeze:
    """The day, or two successive days, that took the most variation margin, and what came back (USD, positive)."""

    dates: list[pd.Timestamp]
    paid: float
    returned_by: pd.Timestamp
    returned: float


def squeeze(variation_margin: pd.Series[float]) -> Squeeze | None:
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
    return Squeeze(dates[first:end], paid, dates[end - 1 + best], float(recovery[best]))


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


def fate(result: Frames) -> str:
    """What became of the funds: ``survived April 2025``, or counts of each fate."""
    status, where = result.summary["status"], _short_title(result)
    phrases = {"survived": "survived", "deleveraged": "was cut down in", "defaulted": "defaulted in"}
    kinds = [kind for kind in phrases if (status == kind).any()]
    if len(status) == 1 or kinds == ["survived"]:
        return f"{phrases.get(str(status.iloc[0]), f'was {status.iloc[0]} in')} {where}"
    return f"went through {where} ({', '.join(f'{int((status == kind).sum())} {kind}' for kind in kinds)})"


def headline(result: Frames) -> str:
    """The result in one sentence, every number computed from it."""
    summary = result.summary
    who = "it" if len(summary) == 1 else "they"
    paid = squeeze(views.calls_by_leg(result)["variation_margin"])
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
    return f"{book_name(result)} {fate(result)}: {margin}; {ending}."
