"""The words for outcomes and constraints, and the day on which a book first came to an outcome."""

from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_engine.simulation.names import Outcome
from basis_engine.simulation.world import Records


def word(member: IntEnum) -> str:
    """An outcome, or the constraint that bound first, as the word that tables, options and pages use."""
    return member.name.lower()


OUTCOMES = tuple(word(member) for member in Outcome)
"""From the mildest: ``survived``, ``called``, ``forced_sale``, ``defaulted``, ``not_entered``."""

UNTIL = {word(member): member for member in (Outcome.CALLED, Outcome.FORCED_SALE, Outcome.DEFAULTED)}
"""Outcomes to which a search may go; each includes the worse ones."""

MEANINGS = {
    "survived": "survived",
    "called": "called, paid",
    "forced_sale": "forced to sell",
    "defaulted": "defaulted",
    "not_entered": "cannot enter",
}
"""Outcomes in the words of a figure or a page."""

_DAYS = {"called": "first_call_day", "forced_sale": "first_order_day", "defaulted": "default_day"}


def words(kind: type[IntEnum], numbers: Records) -> NDArray[np.object_]:
    """A column of outcomes or constraints as words."""
    members = list(kind)
    places = np.searchsorted([int(member) for member in members], numbers.ravel())
    return np.array([word(member) for member in members], np.object_)[places]


def breaking_day(row: Any, until: str) -> int:
    """Day of the run on which a book first came to this outcome or a worse one."""
    reached = [int(row[name]) for outcome, name in _DAYS.items() if UNTIL[outcome] >= UNTIL[until]]
    return min(day for day in reached if day >= 0)
