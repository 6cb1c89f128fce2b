"""Find the intervals in which a book breaks: a grid over the whole range, then finer grids inside a step.

Outcomes need not be monotone: a larger rally that turns earlier may leave more cash than a smaller one. The search
therefore evaluates the whole range on a grid and narrows every border to the tolerance. It can miss an interval
narrower than a step of the grid; the result states the width of a step.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Broken = Callable[[Floats], "np.ndarray[tuple[int], np.dtype[np.bool_]]"]
"""Whether the book breaks at each of some values."""

_POINTS = 15
"""Values evaluated at once inside a step: each round narrows it sixteenfold."""


@dataclass(frozen=True)
class BrokenInterval:
    """Values at which a book breaks: the lowest, and the highest below which it does not break again."""

    first: float
    last: float
    """Infinite where the book breaks up to the end of the range."""


def first_crossing(broken: NDArray[np.bool_]) -> Any:
    """Index of the first broken value along the first axis; its length where none is."""
    return np.where(broken.any(axis=0), broken.argmax(axis=0), len(broken))


def broken_intervals(broken: Broken, grid: Floats, tolerance: float) -> list[BrokenInterval]:
    """Intervals of the range of an ascending grid in which a book breaks, their ends within a tolerance.

    At most a tolerance below ``first``, and above ``last``, lies a value at which the book does not break.
    """
    state = broken(grid)
    found = []
    first = float(grid[0]) if state[0] else np.nan
    for i in np.flatnonzero(state[1:] != state[:-1]):
        low, high = narrowed(broken, float(grid[i]), float(grid[i + 1]), bool(state[i]), tolerance)
        if state[i]:
            found.append(BrokenInterval(first, low))
        else:
            first = high
    if state[-1]:
        found.append(BrokenInterval(first, np.inf))
    return found


def narrowed(
    broken: Broken, low: float, high: float, at_low: bool, tolerance: float, points: int = _POINTS
) -> tuple[float, float]:
    """Two values at most a tolerance apart, between which the state first differs from that at ``low``.

    Each round evaluates ``points`` values at once; 1 is bisection.
    """
    while high - low > tolerance:
        values = np.linspace(low, high, points + 2)
        first = int(first_crossing(broken(values[1:-1]) != at_low))
        low, high = float(values[first]), float(values[first + 1])
    return low, high
