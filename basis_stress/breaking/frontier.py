"""The frontier of leverage and a lever: what becomes of a book at each pair, and what binds first at each border."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from basis_data.scenarios.scenario import Scenario
from basis_engine.base.errors import InputError
from basis_engine.simulation.names import Constraint, Outcome
from basis_engine.simulation.world import Floats, Records
from basis_strategies.plan import Execution
from basis_stress.breaking.levers import LeveredBook, turned
from basis_stress.reporting.inputs import numbers
from basis_stress.reporting.outcomes import UNTIL, breaking_day, word, words

if TYPE_CHECKING:
    from basis_stress.breaking.point import BreakingPoint

ACROSS, UP = 121, 161
"""Leverages and values of the lever on a frontier that nobody laid out."""
_MOST_CELLS = 4_000_000


@dataclass(frozen=True)
class Frontier:
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
                "outcome": words(Outcome, self.outcomes["outcome"]),
                "constraint": words(Constraint, self.outcomes["constraint"]),
            }
        )

    @property
    def borders(self) -> pd.DataFrame:
        """Lowest value of the lever at which a book breaks, by `until` and `leverage`, among those laid out.

        Besides: `constraint` (what bound first there), `day`, and `safe_again`: whether some higher value does not
        break it. No row where none breaks it, or where the book cannot be entered.
        """
        rows, days = [], self.of.dates()
        for until, fate in UNTIL.items():
            broken = self.outcomes["outcome"] >= fate
            first = broken.argmax(axis=0)
            for i in np.flatnonzero(broken.any(axis=0) & (self.outcomes["outcome"][0] != Outcome.NOT_ENTERED)):
                row = self.outcomes[first[i], i]
                rows.append(
                    {
                        "until": until,
                        "leverage": self.leverages[i],
                        self.of.lever.name: self.values[first[i]],
                        "constraint": word(Constraint(int(row["constraint"]))),
                        "day": pd.Timestamp(days[breaking_day(row, until)]),
                        "safe_again": bool((~broken[first[i] :, i]).any()),
                    }
                )
        columns = ["until", "leverage", self.of.lever.name, "constraint", "day", "safe_again"]
        return pd.DataFrame(rows, columns=columns)

    def figure(self) -> str:
        """The frontier as SVG; equal frontiers give equal bytes."""
        from basis_stress.breaking.figures import frontier

        return frontier(self)


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
    **terms: Any,
) -> Frontier:
    """Run a book at every pair of a leverage and a value of a lever.

    Parameters
    ----------
    leverages
        Bonds over equity; 121 up to what haircut and initial margin allow by default.
    scales, values
        Of the lever; `scales` is `values` of the lever 'scale'. 161 over its range by default.
    lever, contract, day, execution, **terms
        See `breaking_point`.

    Raises
    ------
    InputError
        One sentence on the first thing that is wrong with what was given.
    """
    for name in ("leverage", "buffer"):
        if name in terms:
            raise InputError(f"{name}: given, but a frontier runs over leverage; give leverages=... instead")
    if scales is not None and (values is not None or lever != "scale"):
        raise InputError("scales: given beside another lever or its values; give values=... for the lever named")
    of = turned(scenario, lever, contract, day, execution, **terms)
    return laid_out(of, leverages, values if scales is None else scales)


def laid_out(of: LeveredBook, leverages: Iterable[float] | None, values: Iterable[float] | None) -> Frontier:
    """The frontier of a book that is laid out."""
    one = of.lever
    top = min(one.high, of.highest)
    across = np.linspace(*_leverages(of), ACROSS) if leverages is None else _ascending("leverages", leverages)
    up = np.linspace(one.neutral, top, UP) if values is None else _ascending(one.name, values)
    if across[0] <= 0.0 or across[-1] > 1000.0:
        raise InputError(f"leverages: {across[0]:g} to {across[-1]:g} given, allowed are above 0, up to 1000")
    if up[0] < one.neutral or up[-1] > of.highest:
        raise InputError(
            f"{one.name}: {up[0]:g} to {up[-1]:g} given, allowed are {one.neutral:g} to {of.highest:g}"
            + (", past which some day has no curve of par yields" if one.name == "scale" else "")
        )
    if len(across) * len(up) > _MOST_CELLS:
        raise InputError(f"frontier: {len(across)} x {len(up)} books given, allowed are {_MOST_CELLS:,}; use a sweep")
    return Frontier(of, across, up, of.outcomes(up, {"leverage": across}))


def _ascending(name: str, given: Iterable[float]) -> Floats:
    """Values in order, each once."""
    values = np.unique(numbers(name, np.atleast_1d(np.array(list(given), float))))
    if not len(values):
        raise InputError(f"{name}: none given, allowed are one or more; give some")
    return values


def most_leverage(of: LeveredBook) -> float:
    """Leverage that haircut and initial margin allow at entry, up to 1000x."""
    sized = of.terms.books(of.book.market, of.book.cells.legs, {}, 1).sizes
    return min(1 / max(float(sized.required[0]), 1e-3), 1000.0)


def _leverages(of: LeveredBook) -> tuple[float, float]:
    """From a tenth of what can be entered to a little more."""
    most = most_leverage(of)
    return most / 10, most * 1.02


def around(found: BreakingPoint) -> Frontier:
    """The frontier around a breaking point: up to the range searched, or to three times the last border if near."""
    last = float(np.nanmax([found.value, *found.brackets["first"]])) if len(found.brackets) else found.high
    reach = found.low + 3 * (last - found.low)
    top = min(found.high, reach) if reach > found.low + 4 * found.of.lever.tolerance else found.high
    return laid_out(found.of, None, np.linspace(found.low, top, UP))
