"""The outcome map over two axes, and the highest level of an axis without an outcome or a worse one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basis_engine.base.errors import InputError
from basis_engine.base.search import first_crossing
from basis_stress.reporting.outcomes import OUTCOMES, check_until
from basis_stress.sweeps.dataset import SweepDataset

Floats = NDArray[np.float64]

_BINS = 40
"""Steps of a sampled axis on a map."""


@dataclass(frozen=True)
class OutcomeMap:
    """Outcomes over two axes: the worst over the other axes."""

    scenario: str
    x: str
    y: str
    x_levels: Floats
    y_levels: Floats
    outcome: NDArray[np.int8]
    """[y, x] index in `OUTCOMES`; -1 where there is no cell."""
    constraint: NDArray[np.object_]
    """[y, x] what bound first in that cell; 'none' where nothing did."""
    others: tuple[str, ...]
    """Axes over which the worst was taken."""

    @property
    def table(self) -> pd.DataFrame:
        """Names of outcomes, y down and x across."""
        names = np.array([*OUTCOMES, ""], dtype=object)[self.outcome]
        return pd.DataFrame(names, pd.Index(self.y_levels, name=self.y), pd.Index(self.x_levels, name=self.x))


def outcome_map(
    sweep: SweepDataset, x: str | None, y: str | None, at: Mapping[str, float], scenario: str | None
) -> OutcomeMap:
    """Outcomes of a sweep over two axes.

    Raises
    ------
    InputError
        If the axes did not vary, ``at`` is not a level of the sweep, or every cell is a whole market.
    """
    _check_books(sweep)
    x, y = map_axes(sweep, x, y, at)
    chosen = sweep.check_scenario(scenario or sweep.scenarios[0])
    table = sweep.table([*{x, y, *at}, "outcome", "constraint"], chosen)
    for name, value in at.items():
        table = table[_held(table[sweep.check_axis(name)], name, value)]
    across, x_levels = _placed(table[x].to_numpy(), sweep.kind)
    up, y_levels = _placed(table[y].to_numpy(), sweep.kind)
    grade = table["outcome"].cat.codes.to_numpy()
    mildest_first = np.argsort(grade, kind="stable")
    place = (up * len(x_levels) + across)[mildest_first]
    outcome = np.full(len(x_levels) * len(y_levels), -1, np.int8)
    constraint = np.full(len(outcome), "none", object)
    outcome[place] = grade[mildest_first]
    constraint[place] = table["constraint"].astype(object).to_numpy()[mildest_first]
    shape = len(y_levels), len(x_levels)
    others = tuple(name for name in sweep.axes if name not in {x, y, *at})
    return OutcomeMap(chosen, x, y, x_levels, y_levels, outcome.reshape(shape), constraint.reshape(shape), others)


def map_axes(sweep: SweepDataset, x: str | None, y: str | None, at: Mapping[str, float]) -> tuple[str, str]:
    """Axes of a map: as given, else leverage and then the longest."""
    free = [name for name in sweep.axes if name not in at]
    longest = sorted(free, key=lambda name: (name != "leverage", -_length(sweep, name)))
    across = sweep.check_axis(x) if x else next((name for name in longest if name != y), None)
    up = sweep.check_axis(y) if y else next((name for name in longest if name != across), None)
    if across is None or up is None or across == up:
        raise InputError(
            f"outcome map: needs two axes that vary, and has {', '.join(free) or 'none'}; sweep another axis"
        )
    return across, up


def break_even(sweep: SweepDataset, axis: str, until: str) -> pd.DataFrame:
    """Highest level of an axis up to which the outcome of every cell is better than ``until``.

    Returns
    -------
    DataFrame
        The other axes, ``break_even`` (NaN: not even the lowest level), ``bound_by`` (what bound first at the next
        level), and ``beyond``: whether even the highest level has only better outcomes.

    Raises
    ------
    InputError
        If the axis did not vary over levels, or there is no such outcome.
    """
    _check_books(sweep)
    until = check_until(until, OUTCOMES[1:])
    sweep.check_axis(axis)
    if sweep.kind != "grid":
        raise InputError(f"break-even {axis}: needs a grid, and this is {sweep.kind}; sweep {axis} as lo:hi:step")
    others = ["scenario", *(name for name in sweep.axes if name != axis)]
    table = sweep.table([*others, axis, "outcome", "constraint"])
    levels = np.unique(table[axis].to_numpy())
    result = table.drop_duplicates(others)[others].reset_index(drop=True)
    row = np.empty((len(levels), len(result)), dtype=np.int64)  # of the table, by level and book
    row[np.searchsorted(levels, table[axis]), table.groupby(others, sort=False, observed=True).ngroup()] = table.index
    first = first_crossing(table["outcome"].cat.codes.to_numpy()[row] >= OUTCOMES.index(until))
    fails = first < len(levels)
    bound = table.loc[row[np.minimum(first, len(levels) - 1), np.arange(len(result))]]
    constraint = bound["constraint"].astype(object)
    refusal = np.where(constraint == "none", "rounding of futures to none", "no capital left to enter")
    reason = np.where(bound["outcome"] == "not_entered", refusal, constraint)
    result["break_even"] = np.where(first > 0, levels[np.maximum(first, 1) - 1], np.nan)
    result["bound_by"] = np.where(fails, reason, "none")
    result["beyond"] = ~fails
    return result


def _check_books(sweep: SweepDataset) -> None:
    """Refuse a sweep of whole markets, whose cells have no single outcome."""
    if sweep.market:
        raise InputError(
            "outcome map: cells of a market sweep are whole markets without one outcome; read its marginals"
        )


def _length(sweep: SweepDataset, name: str) -> int:
    """Number of levels of an axis; a range counts as longer than any list."""
    axis: dict[str, Any] = next(axis for axis in sweep.manifest["design"]["axes"] if axis["name"] == name)
    return len(axis["levels"]) if "levels" in axis else 10**9


def _held(values: pd.Series[float], name: str, value: float) -> NDArray[np.bool_]:
    """Cells at a level of an axis."""
    held = np.isclose(values.to_numpy(), value, rtol=1e-12, atol=1e-15)
    if not held.any():
        levels = np.unique(values.to_numpy())
        some = ", ".join(f"{level:g}" for level in levels[:8]) + (", ..." if len(levels) > 8 else "")
        raise InputError(f"at, {name}: {value:g} was not swept; levels are {some}")
    return held


def _placed(values: Floats, kind: str) -> tuple[NDArray[np.int64], Floats]:
    """Index of each value on an axis of levels; sampled ranges are cut into steps."""
    levels, place = np.unique(values, return_inverse=True)
    if kind == "grid" or len(levels) <= _BINS:
        return place, levels
    edges = np.linspace(levels[0], levels[-1], _BINS + 1)
    return np.clip(np.searchsorted(edges, values, side="right") - 1, 0, _BINS - 1), (edges[1:] + edges[:-1]) / 2
