"""Search for the breaking point: the smallest value of a lever at which a book has an outcome, or a worse one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import pandas as pd

from basis_data.scenarios.scenario import Scenario
from basis_engine.base.errors import InputError
from basis_engine.base.search import BrokenInterval, broken_intervals
from basis_engine.simulation.names import Constraint, Outcome
from basis_strategies.books import FundBook
from basis_strategies.entry_sizing import refuse_unhedged
from basis_strategies.plan import Execution
from basis_strategies.terms import BookTerms, showing
from basis_stress.breaking.levers import LeveredBook, levered_book
from basis_stress.breaking.point import BreakingPoint
from basis_stress.reporting.outcomes import UNTIL, breaking_day, check_until, name_of

STEPS = 500
"""Of the grid over a lever's range."""
FEWEST_STEPS, MOST_STEPS = 2, 1_000_000


@showing(BookTerms)
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
    as_of: str | date | None = None,
    **terms: Unpack[BookTerms],
) -> BreakingPoint:
    """Find the smallest value of a lever at which a book is called, forced to sell, or defaults.

    Parameters
    ----------
    scenario
        Name of a scenario, path of a TOML file, or a `Scenario`.
    lever
        'scale' (multiple of every move of yields from the first day, on par curves), 'repo_bp' (rise of overnight
        repo, basis points), 'haircut' (rise of every haircut), 'margin_multiple' (multiple of every initial margin) or
        'not_rolled' (share of overnight repo that lenders do not roll); each on top of what the scenario has.
    until
        'called' (a call larger than the buffer), 'forced_sale' (a limit orders a sale), 'defaulted' (illiquid or
        insolvent) or 'insolvent' (equity gone); each includes the worse ones.
    contract
        One contract code or several; 'TY' by default.
    low, high
        Range of the search; by default from no change to 10x, 1000 bp, 50 points, 10x and all, or as far as curves can
        be priced.
    steps
        Of the grid over that range; the search can miss an interval narrower than a step.
    day
        Business day from which the lever acts, to the last; by default the second, the first after entry. Not for
        'scale'.
    execution
        Costs of trading and depth of the market.
    as_of
        As in `backtest`.
    **terms
        Fields of `CashFuturesBasis`, such as ``leverage=50``; or your own ``book``, with ``funds`` or ``equity``, and
        of several funds the name of one as ``fund``.

    Returns
    -------
    BreakingPoint
        Its `value`, `constraint` and `day`, all `brackets`, and whether the outcome is `monotone`.

    Raises
    ------
    InputError
        One sentence on the first argument that is wrong.
    """
    until = check_until(until)
    of = levered_book(scenario, lever, contract, day, execution, as_of=as_of, **terms)
    return find_breaking_point(of, until, low, high, steps)


def find_breaking_point(
    of: LeveredBook, until: str, low: float | None = None, high: float | None = None, steps: int = STEPS
) -> BreakingPoint:
    """The breaking point of a prepared book."""
    if isinstance(steps, bool) or not isinstance(steps, int) or not FEWEST_STEPS <= steps <= MOST_STEPS:
        raise InputError(f"steps: {steps!r} given, allowed is a whole number from {FEWEST_STEPS} to {MOST_STEPS:,}")
    bottom, top = _range(of, low, high)
    _check_entry(of, bottom)
    found = broken_intervals(
        lambda values: of.outcomes(values)["outcome"][:, 0] >= UNTIL[until],
        np.linspace(bottom, top, steps + 1),
        of.lever.tolerance,
    )
    return BreakingPoint(of, until, bottom, top, (top - bottom) / steps, _brackets(of, until, found))


def _range(of: LeveredBook, low: float | None, high: float | None) -> tuple[float, float]:
    """Check the range of the search."""
    lever = of.lever
    bottom = lever.neutral if low is None else float(low)
    top = min(lever.high, of.highest) if high is None else float(high)
    if not lever.neutral <= bottom < top:
        raise InputError(
            f"{lever.name}: from {bottom:g} to {top:g} given, allowed is low below high, from {lever.neutral:g} on"
            + ("; to reverse the moves of the scenario use scaled(-1)" if lever.name == "scale" else "")
        )
    if not top <= of.highest:
        why = ", above which some day has no curve of par yields from −5% to 25%" if lever.name == "scale" else ""
        raise InputError(f"{lever.name}: up to {top:g} given, allowed is up to {of.highest:g}{why}; lower high")
    return bottom, top


def _check_entry(of: LeveredBook, value: float) -> None:
    """Refuse a book whose haircut and initial margin require more than its equity."""
    if of.outcomes(np.array([value]))[0, 0]["outcome"] == Outcome.NOT_ENTERED:
        sizes = of.terms.books(of.book.market, of.book.cells.legs, {}, 1).sizes
        refuse_unhedged(sizes, 0)
        required = float(sizes.required[0])
        if isinstance(of.terms, FundBook):
            raise InputError(
                f"fund {of.terms.name}: haircut and initial margin exceed its equity at {of.lever.name} {value:g}; "
                "give more equity, or a lower value"
            )
        raise InputError(
            f"leverage: {of.terms.leverage or 20:g}x given, but haircut and initial margin allow at most "
            f"{1 / required:.1f}x; lower the leverage or the haircut"
        )


def _brackets(of: LeveredBook, until: str, found: list[BrokenInterval]) -> pd.DataFrame:
    """A row per interval, with the outcome at its first value."""
    first = [interval.first for interval in found]
    rows: Any = of.outcomes(np.array(first))[:, 0] if found else np.empty(0)
    days = of.dates()
    return pd.DataFrame(
        {
            "first": first,
            "last": [interval.last for interval in found],
            "outcome": [name_of(Outcome(int(row["outcome"]))) for row in rows],
            "constraint": [name_of(Constraint(int(row["constraint"]))) for row in rows],
            "day": pd.DatetimeIndex([days[breaking_day(row, until)] for row in rows]).astype("datetime64[s]"),
        }
    )
