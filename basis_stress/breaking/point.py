"""The breaking point: the smallest value of a lever at which a book is called, sells, or is wiped out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from basis_data.scenarios.scenario import Scenario
from basis_data.tables.validation import did_you_mean
from basis_engine.base.errors import InputError
from basis_engine.simulation.names import Constraint, Outcome
from basis_strategies.plan import Execution
from basis_stress.breaking.levers import LeveredBook, turned
from basis_stress.breaking.search import Stretch, stretches
from basis_stress.reporting.outcomes import UNTIL, breaking_day, word
from basis_stress.reporting.registry import write_report

if TYPE_CHECKING:
    from basis_stress.breaking.frontier import Frontier

STEPS = 500
"""Of the grid over a lever's range."""
FEWEST_STEPS, MOST_STEPS = 2, 1_000_000


@dataclass(frozen=True)
class BreakingPoint:
    """Where a book breaks."""

    of: LeveredBook
    until: str
    low: float
    high: float
    """The range that was searched."""
    step: float
    """Of the grid: an island narrower than this may have gone unseen."""
    brackets: pd.DataFrame
    """A row per stretch of values at which it breaks: `first`, `last` (infinite to the end of the range), and of the
    first `outcome`, `constraint` (what bound first) and `day` (on which it came to this)."""

    @property
    def value(self) -> float:
        """Smallest value found at which it breaks, less than a tolerance too high; NaN if none does."""
        return float(self.brackets["first"].iloc[0]) if len(self.brackets) else float("nan")

    @property
    def constraint(self) -> str:
        """What bound first at that value; 'none' if nothing breaks it."""
        return str(self.brackets["constraint"].iloc[0]) if len(self.brackets) else "none"

    @property
    def day(self) -> pd.Timestamp | None:
        """Day on which it breaks at that value."""
        return pd.Timestamp(self.brackets["day"].iloc[0]) if len(self.brackets) else None

    @property
    def monotone(self) -> bool:
        """Whether, once broken, it stays so to the end of the range."""
        return len(self.brackets) == 0 or bool(np.isinf(self.brackets["last"].iloc[0]))

    @cached_property
    def frontier(self) -> Frontier:
        """The frontier of leverage and lever around it."""
        from basis_stress.breaking.frontier import around

        return around(self)

    def __str__(self) -> str:
        """In a sentence or two."""
        from basis_stress.breaking.text import sentence

        return sentence(self)

    def report(self, path: str | os.PathLike[str]) -> Path:
        """Write the page: the sentence, all three breaking points, the frontier."""
        return write_report(self, path)


def breaking_point(
    scenario: str | Path | Scenario,
    lever: str = "scale",
    until: str = "called",
    *,
    contract: str | Sequence[str] | None = None,
    low: float | None = None,
    high: float | None = None,
    steps: int = STEPS,
    day: str | date | None = None,
    execution: Execution | None = None,
    **terms: Any,
) -> BreakingPoint:
    """Find the smallest value of a lever at which a book is called, unwinds or is wiped out.

    Parameters
    ----------
    scenario
        Name of a scenario, path of a TOML file, or a `Scenario`.
    lever
        'scale' (of every move of yields from the first day, on par curves), 'repo_bp' (overnight repo dearer by so
        many basis points), 'haircut' (every haircut up by so much), 'margin_multiple' (every initial margin times so
        much) or 'unrolled' (share of overnight repo not rolled); each on top of what the scenario has.
    until
        'called' (a call larger than the buffer), 'forced_sale' (a limit makes it sell) or 'defaulted'; or worse than that.
    contract
        One contract code or several; 'TY' by default.
    low, high
        Range of the search; from no change to 10x, 1000 bp, 50 points, 10x and all, or as far as curves can be priced.
    steps
        Of the grid over that range; an island of trouble narrower than a step may go unseen.
    day
        Business day from which the lever acts, to the last; the second, the first after entry, by default. Not for
        'scale'.
    execution
        What trading costs and how much the market takes.
    **terms
        Fields of `CashFuturesBasis`, such as ``leverage=50``.

    Returns
    -------
    BreakingPoint
        Its `value`, `constraint` and `day`, all `brackets`, and whether the outcome is `monotone`.

    Raises
    ------
    InputError
        One sentence on the first thing that is wrong with what was given.
    """
    if until not in UNTIL:
        raise InputError(f"until: {until!r} given{did_you_mean(until, UNTIL)}; allowed are {', '.join(UNTIL)}")
    of = turned(scenario, lever, contract, day, execution, **terms)
    return search(of, until, low, high, steps)


def search(
    of: LeveredBook, until: str, low: float | None = None, high: float | None = None, steps: int = STEPS
) -> BreakingPoint:
    """The breaking point of a book that is laid out."""
    if isinstance(steps, bool) or not isinstance(steps, int) or not FEWEST_STEPS <= steps <= MOST_STEPS:
        raise InputError(f"steps: {steps!r} given, allowed is a whole number from {FEWEST_STEPS} to {MOST_STEPS:,}")
    bottom, top = _range(of, low, high)
    _check_entry(of, bottom)
    found = stretches(
        lambda values: of.outcomes(values)["outcome"][:, 0] >= UNTIL[until],
        np.linspace(bottom, top, steps + 1),
        of.lever.tolerance,
    )
    return BreakingPoint(of, until, bottom, top, (top - bottom) / steps, _brackets(of, until, found))


def _range(of: LeveredBook, low: float | None, high: float | None) -> tuple[float, float]:
    """Range of the search, refused where it cannot be run."""
    one = of.lever
    bottom = one.neutral if low is None else float(low)
    top = min(one.high, of.highest) if high is None else float(high)
    if not one.neutral <= bottom < top:
        raise InputError(
            f"{one.name}: from {bottom:g} to {top:g} given, allowed is low below high, from {one.neutral:g} on; "
            "turn the signs of the scenario to turn its moves, as in scaled(-1)"
            if one.name == "scale"
            else f"{one.name}: from {bottom:g} to {top:g} given, allowed is low below high, from {one.neutral:g} on"
        )
    if not top <= of.highest:
        why = ", past which some day has no curve of par yields from −5% to 25%" if one.name == "scale" else ""
        raise InputError(f"{one.name}: up to {top:g} given, allowed is up to {of.highest:g}{why}; lower high")
    return bottom, top


def _check_entry(of: LeveredBook, value: float) -> None:
    """Refuse a book that haircut and margin do not let in."""
    row = of.outcomes(np.array([value]))[0, 0]
    if row["outcome"] == Outcome.NOT_ENTERED:
        legs = of.book.cells.legs
        asked = float(of.terms.books(of.book.market, legs, {}, 1).sizes.required[0])
        raise InputError(
            f"leverage: {of.terms.leverage or 20:g}x given, but haircut and initial margin allow at most "
            f"{1 / asked:.1f}x; lower the leverage or the haircut"
        )


def _brackets(of: LeveredBook, until: str, found: list[Stretch]) -> pd.DataFrame:
    """A row per stretch, with what happens at its first value."""
    rows: Any = of.outcomes(np.array([one.first for one in found]))[:, 0] if found else np.empty(0)
    days = of.dates()
    return pd.DataFrame(
        {
            "first": [one.first for one in found],
            "last": [one.last for one in found],
            "outcome": [word(Outcome(int(row["outcome"]))) for row in rows],
            "constraint": [word(Constraint(int(row["constraint"]))) for row in rows],
            "day": pd.DatetimeIndex([days[breaking_day(row, until)] for row in rows]).astype("datetime64[s]"),
        }
    )
