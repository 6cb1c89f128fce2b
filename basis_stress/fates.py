"""What becomes of a book, in words, and on which day it first came to that."""

from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.names import Fate
from engine.world import Records

UNTIL = {"called": Fate.CALLED, "unwound": Fate.UNWOUND, "wiped out": Fate.WIPED_OUT}
"""What a book may come to, from the mildest; each includes what is worse."""


def word(member: IntEnum) -> str:
    """A fate, or what bound first, as words."""
    return member.name.lower().replace("_", " ")


def words(kind: type[IntEnum], numbers: Records) -> NDArray[np.object_]:
    """A column of them as words."""
    members = list(kind)
    places = np.searchsorted([int(one) for one in members], numbers.ravel())
    return np.array([word(one) for one in members], np.object_)[places]


def breaking_day(row: Any, until: str) -> int:
    """Day of the run on which a book first came to this or worse."""
    days = {"called": "first_call_day", "unwound": "first_order_day", "wiped out": "default_day"}
    reached = [int(row[name]) for fate, name in days.items() if UNTIL[fate] >= UNTIL[until]]
    return min(day for day in reached if day >= 0)
