"""Find where something begins to break, and whether it holds again further up: a grid, then ever finer grids.

Outcomes need not be monotone: a larger rally that turns earlier may leave more cash than a smaller one. The whole range
is therefore looked over on a grid, and every border found is narrowed to the tolerance. An island narrower than a step
of the grid can go unseen; the answer says how wide a step was.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from basis_engine.simulation.world import Floats

Broken = Callable[[Floats], "np.ndarray[tuple[int], np.dtype[np.bool_]]"]
"""Whether each of some values breaks it."""

_POINTS = 15
"""Values tried at once inside a step: each round narrows it sixteenfold."""


@dataclass(frozen=True)
class Stretch:
    """Values at which it is broken: from the lowest, to the highest before it holds again."""

    first: float
    last: float
    """Infinite where it is broken up to the end of the range."""


def stretches(broken: Broken, grid: Floats, tolerance: float) -> list[Stretch]:
    """Stretches of the range of a grid (ascending) in which something is broken, their borders to a tolerance.

    A border is the first value found broken (or, at its end, the last) of which the next one down (or up), at most a
    tolerance away, is not.
    """
    state = broken(grid)
    found = []
    first = float(grid[0]) if state[0] else np.nan
    for i in np.flatnonzero(state[1:] != state[:-1]):
        low, high = narrowed(broken, float(grid[i]), float(grid[i + 1]), bool(state[i]), tolerance)
        if state[i]:
            found.append(Stretch(first, low))
        else:
            first = high
    if state[-1]:
        found.append(Stretch(first, np.inf))
    return found


def narrowed(broken: Broken, low: float, high: float, at_low: bool, tolerance: float) -> tuple[float, float]:
    """Two values at most a tolerance apart, between which the state first leaves that of the lower one."""
    while high - low > tolerance:
        values = np.linspace(low, high, _POINTS + 2)
        changed = np.append(broken(values[1:-1]) != at_low, True)
        first = int(changed.argmax())
        low, high = float(values[first]), float(values[first + 1])
    return low, high
