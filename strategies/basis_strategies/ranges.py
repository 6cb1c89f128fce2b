"""Ranges that the numbers of a plan have to lie in."""

import math
from numbers import Integral, Real

from basis_engine.base.errors import InputError

Range = tuple[float, float]
"""Least and greatest; infinity: any finite number."""


def check_ranges(where: str, given: object, ranges: dict[str, Range], whole: tuple[str, ...] = ()) -> None:
    """Check fields of a plan, each against its range.

    Parameters
    ----------
    where
        What the error calls the plan.
    whole
        Fields that are whole numbers.

    Raises
    ------
    InputError
        If a field is no finite number (True and False are none), or lies outside its range.
    """
    for name, (low, high) in ranges.items():
        value, kind = getattr(given, name), Integral if name in whole else Real
        number = isinstance(value, kind) and not isinstance(value, bool)
        if not number or not math.isfinite(value) or not low <= value <= high:
            allowed = f"{low:g} or more" if math.isinf(high) else f"{low:g} to {high:g}"
            noun = "whole" if name in whole else "finite"
            raise InputError(f"{where}, {name}: {value!r} given, allowed is a {noun} number of {allowed}")
