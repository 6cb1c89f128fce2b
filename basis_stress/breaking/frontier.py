"""The frontier of leverage and a lever: the outcome of a book at each pair, and what binds first at each border."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Unpack

import numpy as np
import pandas as pd

from basis_data.scenarios.scenario import Scenario
from basis_engine.base.errors import InputError
from basis_engine.base.search import first_crossing
from basis_engine.simulation.names import Constraint, Outcome
from basis_engine.simulation.world import Floats, Records
from basis_strategies.plan import Execution
from basis_strategies.terms import UnleveredTerms, showing
from basis_stress.breaking.levers import LeveredBook, levered_book
from basis_stress.reporting.inputs import numbers
from basis_stress.reporting.outcomes import UNTIL, breaking_day, name_of, names_of
from basis_stress.reporting.registry import Shown, draw_figure

ACROSS, UP = 121, 161
"""Leverages, and values of the lever, by default."""
_MOST_CELLS = 4_000_000


@dataclass(frozen=True, repr=False)
class Frontier(Shown):
    """Outcomes over leverage and a lever."""

    of: LeveredBook
    leverages: Floats
    """[l] ascending."""
    values: Floats
    """[v] of the lever, ascending."""
    outcomes: Records
    """[v, l] rows of `basis_engine.simulation.rows.OutcomeRow`."""

    @property
    def table(self) -> pd.DataFrame:
        """A row per pair: `leverage`, the lever, `outcome`, `constraint` (what bound first)."""
        up, across = np.meshgrid(self.values, self.leverages, indexing="ij")
        return pd.DataFrame(
            {
                "leverage": across.ravel(),
                self.of.lever.name: up.ravel(),
                "outcome": names_of(Outcome, self.outcomes["outcome"]),
                "constraint": names_of(Constraint, self.outcomes["constraint"]),
            }
        )

    @property
    def borders(self) -> pd.DataFrame:
        """Lowest value of the frontier at which a book breaks, by `until` and `leverage`.

        Also `constraint` (what bound first there), `day`, and `safe_above`: whether some higher value does not break
        the book. No row where no value breaks it, or where the book cannot be entered.
        """
        rows, days = [], self.of.dates()
        for until, outcome in UNTIL.items():
            broken = self.outcomes["outcome"] >= outcome
            first = first_crossing(broken)
            for i in np.flatnonzero((first < len(broken)) & (self.outcomes["outcome"][0] != Outcome.NOT_ENTERED)):
                row = self.outcomes[first[i], i]
                rows.append(
                    {
                        "until": until,
                        "leverage": self.leverages[i],
                        self.of.lever.name: self.values[first[i]],
                        "constraint": name_of(Constraint(int(row["constraint"]))),
                        "day": pd.Timestamp(days[breaking_day(row, until)]),
                        "safe_above": bool((~broken[first[i] :, i]).any()),
                    }
                )
        columns = ["until", "leverage", self.of.lever.name, "constraint", "day", "safe_above"]
        return pd.DataFrame(rows, columns=columns)

    def figure(self) -> str:
        """The frontier as SVG; equal frontiers give equal bytes."""
        return draw_figure(self)


@showing(UnleveredTerms)
def frontier(
    scenario: str | Path | Scenario,
    leverages: Iterable[float] | None = None,
    scales: Iterable[float] | None = None,
    *,
    lever: str = "scale",
    values: Iterable[float] | None = None,
    contract: str | Sequence[str] | None = None,
    day: str | date | None = None,
    execution: Execution | None = None,
    as_of: str | date | None = None,
    **terms: Unpack[UnleveredTerms],
) -> Frontier:
    """Run a book at every pair of a leverage and a value of a lever.

    Parameters
    ----------
    leverages
        Bonds over equity; 121 up to what haircut and initial margin allow by default.
    scales, values
        Values of the lever, or of the lever 'scale'; 161 over its range by default.
    lever, contract, day, execution, as_of, **terms
        See `breaking_point`.

    Raises
    ------
    InputError
        One sentence on the first argument that is wrong.
    """
    for name in ("leverage", "buffer"):
        if name in terms:
            raise InputError(f"{name}: given, but a frontier runs over leverage; give leverages=... instead")
    if scales is not None and (values is not None or lever != "scale"):
        raise InputError("scales: given beside another lever or its values; give values=... for the lever named")
    of = levered_book(scenario, lever, contract, day, execution, as_of=as_of, **terms)
    return frontier_of(of, leverages, values if scales is None else scales)


def frontier_of(of: LeveredBook, leverages: Iterable[float] | None, values: Iterable[float] | None) -> Frontier:
    """The frontier of a prepared book."""
    lever = of.lever
    top = min(lever.high, of.highest)
    across = _default_leverages(of) if leverages is None else _ascending("leverages", leverages)
    up = np.linspace(lever.neutral, top, UP) if values is None else _ascending(lever.name, values)
    if across[0] <= 0.0 or across[-1] > 1000.0:
        raise InputError(f"leverages: {across[0]:g} to {across[-1]:g} given, allowed are above 0, up to 1000")
    if up[0] < lever.neutral or up[-1] > of.highest:
        raise InputError(
            f"{lever.name}: {up[0]:g} to {up[-1]:g} given, allowed are {lever.neutral:g} to {of.highest:g}"
            + (", above which some day has no curve of par yields" if lever.name == "scale" else "")
        )
    if len(across) * len(up) > _MOST_CELLS:
        raise InputError(f"frontier: {len(across)} x {len(up)} books given, allowed are {_MOST_CELLS:,}; use a sweep")
    return Frontier(of, across, up, of.outcomes(up, {"leverage": across}))


def _ascending(name: str, given: Iterable[float]) -> Floats:
    """Values in ascending order, without repeats."""
    values = np.unique(numbers(name, np.atleast_1d(np.array(list(given), float))))
    if not len(values):
        raise InputError(f"{name}: none given, allowed are one or more; give some")
    return values


def _default_leverages(of: LeveredBook) -> Floats:
    """From a tenth of the leverage that haircut and initial margin allow at entry (up to 1000x) to 2% more."""
    sized = of.terms.books(of.book.market, of.book.cells.legs, {}, 1).sizes
    most = min(1 / max(float(sized.required[0]), 1e-3), 1000.0)
    return np.linspace(most / 10, most * 1.02, ACROSS)


def frontier_around(of: LeveredBook, low: float, high: float, last_border: float) -> Frontier:
    """The frontier from ``low`` to ``high``, or only to three times the last border if that is lower."""
    reach = low + 3 * (last_border - low)
    top = min(high, reach) if reach > low + 4 * of.lever.tolerance else high
    return frontier_of(of, None, np.linspace(low, top, UP))
