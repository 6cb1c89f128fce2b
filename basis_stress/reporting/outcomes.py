"""Text of outcomes and of the constraints that bound first; the day on which a book first came to an outcome."""

import warnings
from collections.abc import Mapping
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_data.tables.validation import did_you_mean
from basis_engine.base.errors import InputError
from basis_engine.simulation.names import Outcome
from basis_engine.simulation.world import Records


def name_of(member: IntEnum) -> str:
    """Name of an outcome (``forced_sale``), or of a constraint in plain words (``variation margin``)."""
    name = member.name.lower()
    return name if isinstance(member, Outcome) else name.replace("_", " ")


def names_of(kind: type[IntEnum], numbers: Records) -> NDArray[np.object_]:
    """Names of a column of outcomes or constraints."""
    members = list(kind)
    places = np.searchsorted([int(member) for member in members], numbers.ravel())
    return np.array([name_of(member) for member in members], np.object_)[places]


OUTCOMES = tuple(name_of(member) for member in Outcome)
"""From the best: ``survived``, ``called``, ``forced_sale``, ``illiquid``, ``insolvent``, ``not_entered``."""

UNTIL = {
    "called": Outcome.CALLED,
    "forced_sale": Outcome.FORCED_SALE,
    "defaulted": Outcome.ILLIQUID,
    "insolvent": Outcome.INSOLVENT,
}
"""Conditions that a search can look for: this outcome or a worse one; ``defaulted`` is illiquid or insolvent."""

FIRST_DAYS = {"called": "first_call_day", "forced_sale": "first_order_day", "defaulted": "default_day"}
"""Field of `basis_engine.simulation.rows.OutcomeRow` with the day on which a book first met a condition."""

DEFINITIONS = {
    "survived": "the fund paid every call from the cash that it held at entry",
    "called": "a call was larger than the cash at entry, or than the cash at hand, and the fund paid it",
    "forced_sale": "a limit ordered the fund to sell",
    "illiquid": "the fund missed a call while it still had equity: it lacked cash, not capital",
    "insolvent": "the fund's equity was gone",
    "not_entered": "haircut and initial margin require more than the equity, or the futures round to none",
}
"""What each outcome means, for every page; a fund has the worst outcome that applies."""

_RENAMED = {
    "deleveraged": "forced_sale",
    "unwound": "forced_sale",
    "forced to sell": "forced_sale",
    "forced sale": "forced_sale",
    "failed": "defaulted",
    "in default": "defaulted",
    "wiped out": "defaulted",
    "impossible": "not_entered",
}


def label(outcome: str) -> str:
    """An outcome as figures, tables and sentences print it: ``forced sale``."""
    return outcome.replace("_", " ")


def condition(until: str) -> str:
    """A condition of `UNTIL` in words: ``forced sale or worse``, ``illiquid or insolvent``."""
    exact = {"defaulted": "illiquid or insolvent", "insolvent": "insolvent"}
    return exact.get(until, f"{label(until)} or worse")


def split_default(outcome: str, failure: str) -> str:
    """The outcome that an old result calls ``defaulted``, by what the fund failed on; any other as it is."""
    if outcome != "defaulted":
        return outcome
    return "insolvent" if failure == "insolvency" else "illiquid"


def current_name(field: str, given: str, renamed: Mapping[str, str]) -> str:
    """The name in use for a name of the last release, with a warning; any other name as it is."""
    if given not in renamed:
        return given
    warnings.warn(f"{field}: {given!r} is now {renamed[given]!r}; give that", FutureWarning, stacklevel=3)
    return renamed[given]


def check_until(given: str, allowed: Any = tuple(UNTIL), name: str = "until") -> str:
    """The outcome to search for, by its current name; ``name`` is the user's name of the option.

    Raises
    ------
    InputError
        If it is not an allowed outcome.
    """
    outcome = current_name(name, given, _RENAMED)
    if outcome not in allowed:  # both mean either of the two: an outcome or a worse one is looked for
        outcome = {"illiquid": "defaulted", "defaulted": "illiquid"}.get(outcome, outcome)
    if outcome not in allowed:
        raise InputError(f"{name}: {given!r} given{did_you_mean(given, allowed)}; allowed are {', '.join(allowed)}")
    return outcome


def breaking_day(row: Any, until: str) -> int:
    """Day of the run on which a book first came to this outcome or a worse one."""
    least = min(UNTIL[until], UNTIL["defaulted"])
    reached = [int(row[field]) for condition, field in FIRST_DAYS.items() if UNTIL[condition] >= least]
    return min(day for day in reached if day >= 0)
