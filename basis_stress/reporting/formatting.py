"""Text for numbers, dates and lists, as tables, figures and pages print them."""

import math
from typing import Any

import pandas as pd

TableText = tuple[list[str], list[list[str]]]
"""Heads and rows of a table, as text."""
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


def aligned(rows: list[list[str]]) -> str:
    """Rows as lines of text, the first column to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows
    )


def count(number: int, noun: str) -> str:
    """``no sales``, ``1 sale``, ``3 sales``."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
