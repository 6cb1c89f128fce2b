"""The outcome map of the page: a grid of books over two axes, each cell the outcome of its backtest."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from basis_data.tables.validation import did_you_mean
from basis_engine.base.errors import InputError
from basis_engine.simulation.names import Constraint, Outcome
from basis_engine.simulation.world import Floats
from basis_stress.explorer.controls import SLIDERS
from basis_stress.explorer.map_cells import PRICED, SCALE, SHARE, SHOCKS, books, shocked, twice_shocked
from basis_stress.explorer.state import State
from basis_stress.reporting.outcomes import OUTCOMES, label, name_of

AXES = {
    SHARE: "leverage, share of the most that haircut and margin allow",
    **{name: SLIDERS[name][0] for name in ("leverage", "buffer", "haircut", "term_share", "margin_multiple", *SHOCKS)},
}
_SPANS = {SHARE: (0.02, 0.999), "haircut": (0.0, 0.06), "margin_multiple": (0.5, 4.0), SCALE: (0.0, 4.0)}
STEPS = 100
MOST_STEPS = 120
PRICED_STEPS, BOTH_STEPS = 40, 12
"""Levels of an axis for each of which a market is priced, and of two shocks, with a market for each cell."""
_SIZING = ("leverage", "buffer", SHARE)


def _axis(name: str, steps: int) -> Floats:
    """Levels of an axis."""
    if name not in AXES:
        raise InputError(f"map: axis {name!r} given{did_you_mean(name, AXES)}; allowed are {', '.join(AXES)}")
    low, high = _SPANS.get(name, SLIDERS[name][1:3] if name in SLIDERS else (0.0, 1.0))
    return np.linspace(low, high, min(steps, PRICED_STEPS) if name in PRICED else steps)


def outcome_map(state: State, x: str, y: str, steps: int = STEPS) -> dict[str, Any]:
    """Outcomes over two axes [y, x], the other settings those of the state; arrays as base64 bytes.

    Raises
    ------
    InputError
        If an axis is unknown, both size the book, or the book is one of positions.
    """
    if x == y or (x in _SIZING and y in _SIZING):
        raise InputError(f"map: axes {x} and {y} given, allowed are two that do not both size the book; change one")
    if state.book is not None:
        raise InputError("map: a book of positions has its own sizes; take the book off to see the map")
    if not 2 <= steps <= MOST_STEPS:
        raise InputError(f"map: {steps} steps given, allowed are 2 to {MOST_STEPS}")
    shocks = [name for name in (x, y) if name in SHOCKS]
    steps = min(steps, BOTH_STEPS) if len(shocks) == 2 else steps
    across, up = _axis(x, steps), _axis(y, steps)
    rows, shares = (books, shocked, twice_shocked)[len(shocks)](state, x, y, across, up)
    return {
        "x": {"name": x, "label": AXES[x], "levels": across.tolist()},
        "y": {"name": y, "label": AXES[y], "levels": up.tolist()},
        "outcomes": [[name, label(name)] for name in OUTCOMES],
        "constraints": [name_of(member) for member in Constraint],
        "outcome": _bytes(np.searchsorted([int(member) for member in Outcome], rows["outcome"])),
        "constraint": _bytes(np.searchsorted([int(member) for member in Constraint], rows["constraint"])),
        "first_call_day": _bytes(np.clip(rows["first_call_day"], -1, 254) + 1),
        "leverage": None if shares is None else shares.round(4).tolist(),
    }


def _bytes(numbers: Any) -> str:
    """Small whole numbers as base64."""
    return base64.b64encode(np.asarray(numbers, np.uint8).tobytes()).decode()
