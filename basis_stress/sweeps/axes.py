"""Axes of a sweep: one field of the book, or of the scenario, and the levels or the range that it takes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from itertools import pairwise
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_engine.base.errors import InputError

Floats = NDArray[np.float64]

MOST_LEVELS = 10_000_000
HOW = "give lo:hi:step (10:100:1), lo:hi:Nx for N even points (0:0.05:200x), lo:hi for a sample, or a list (0,0.01)"


@dataclass(frozen=True)
class Axis:
    """One field and its levels, or any value from ``low`` to ``high`` where there are no levels."""

    name: str
    levels: tuple[float, ...] = ()
    """Ascending, without repeats."""
    low: float = math.nan
    high: float = math.nan
    whole: bool = False
    """Only whole numbers."""

    @property
    def ends(self) -> tuple[float, float]:
        """Least and greatest value."""
        return (self.levels[0], self.levels[-1]) if self.levels else (self.low, self.high)

    @cached_property
    def values(self) -> Floats:
        """The levels as a cached array: 200,000 levels converted for each of 400 chunks took a tenth of a sweep."""
        return np.asarray(self.levels)

    def at(self, share: Floats) -> Floats:
        """Values at shares of the axis [n] in [0, 1); levels are drawn evenly."""
        if self.levels:
            return self.values[(share * len(self.levels)).astype(np.int64)]
        if self.whole:
            return np.floor(self.low + share * (self.high - self.low + 1))
        spread: Floats = self.low + share * (self.high - self.low)
        return spread

    def describe(self) -> dict[str, object]:
        """The axis as an entry of the manifest."""
        if self.levels:
            return {"name": self.name, "levels": list(self.levels)}
        return {"name": self.name, "low": self.low, "high": self.high}


def axis(name: str, given: Any, whole: bool = False) -> Axis:
    """Read an axis from text, a number or a sequence of numbers.

    Parameters
    ----------
    given
        ``"10:100:1"`` (both ends and every step), ``"0:0.05:200x"`` (200 even points), ``"0:0.05"`` (a range to
        sample), ``"0,0.01,0.02"``, a number, or a sequence of numbers.

    Raises
    ------
    InputError
        If it cannot be read, is empty, or repeats a level.
    """
    if isinstance(given, str):
        parts = [part.strip() for part in given.split(":")]
        if len(parts) == 2:
            low, high = (float(_decimal(name, part, given)) for part in parts)
            _check_order(name, given, low, high)
            return Axis(name, low=low, high=high, whole=whole)
        levels = _stepped(name, parts, given) if len(parts) == 3 else _listed(name, given)
    elif isinstance(given, Real):
        levels = [float(given)]
    else:
        levels = _numbers(name, given)
    return Axis(name, tuple(_checked(name, levels)), whole=whole)


def _listed(name: str, given: str) -> list[float]:
    """Levels of ``0,0.01,0.02``."""
    if ":" in given:
        raise InputError(f"sweep, {name}: {given!r} is not an axis; {HOW}")
    return [float(_decimal(name, part.strip(), given)) for part in given.split(",") if part.strip()]


def _stepped(name: str, parts: Sequence[str], given: str) -> list[float]:
    """Levels of ``10:100:1`` or ``0:0.05:200x``, in decimals, so that 0.03 is 0.03."""
    low, high = (_decimal(name, part, given) for part in parts[:2])
    _check_order(name, given, float(low), float(high))
    if parts[2].endswith("x"):
        count = _decimal(name, parts[2][:-1], given)
        if count != int(count) or not 2 <= count <= MOST_LEVELS:
            raise InputError(f"sweep, {name}: {given!r} gives {count} points, allowed are 2 to {MOST_LEVELS:,}; {HOW}")
        step = (high - low) / (count - 1)
    else:
        step = _decimal(name, parts[2], given)
        if step <= 0:
            raise InputError(f"sweep, {name}: {given!r} has a step of {step}, allowed is a step above 0; {HOW}")
        count = (high - low) // step + 1
        if count > MOST_LEVELS:
            raise InputError(f"sweep, {name}: {given!r} gives {int(count):,} levels, allowed are {MOST_LEVELS:,}")
    return [float(low + k * step) for k in range(int(count))]


def _decimal(name: str, text: str, given: str) -> Decimal:
    """A finite number from text."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise InputError(f"sweep, {name}: {text!r} in {given!r} is not a number; {HOW}") from None
    if not number.is_finite():
        raise InputError(f"sweep, {name}: {text} in {given!r} is not finite; {HOW}")
    return number


def _numbers(name: str, given: Any) -> list[float]:
    """Levels of a sequence."""
    try:
        values = np.asarray(list(given), dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"sweep, {name}: {given!r} is not an axis; {HOW}") from None
    return [float(value) for value in values.ravel()]


def _check_order(name: str, given: object, low: float, high: float) -> None:
    """Refuse an empty range."""
    if not low < high:
        raise InputError(f"sweep, {name}: {given!r} is empty, as {low:g} is not below {high:g}; {HOW}")


def _checked(name: str, levels: list[float]) -> list[float]:
    """Levels in ascending order; refuses repeats and values that are not finite."""
    if not levels:
        raise InputError(f"sweep, {name}: the axis is empty; {HOW}")
    if not all(map(math.isfinite, levels)):
        raise InputError(f"sweep, {name}: a level is not finite; {HOW}")
    ordered = sorted(levels)
    twice = [low for low, high in pairwise(ordered) if low == high]
    if twice:
        raise InputError(f"sweep, {name}: {twice[0]:g} is given twice; give each level once")
    return ordered
