"""Effects of axes on a measure: along each axis, and how much of the variance each explains, alone and in pairs."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basis_stress.reporting.outcomes import OUTCOMES
from basis_stress.sweeps.measures import every_value, measure

if TYPE_CHECKING:
    from basis_stress.sweeps.reading import Sweep

Floats = NDArray[np.float64]

_STEPS = 16
"""Steps of an axis with more levels than that."""


def marginals(sweep: Sweep, name: str) -> pd.DataFrame:
    """A measure along each axis, over all other axes.

    Returns
    -------
    DataFrame
        ``scenario``, ``axis``, ``level``, ``mean``, ``low`` and ``high`` (5% and 95% of cells), ``cells`` that entered,
        and of books ``lost``: the share of all cells in forced_sale, defaulted or not_entered.
    """
    what = measure(name, sweep.market)
    table = sweep.table(["scenario", *sweep.axes, *what.columns])
    table["value"] = what.of(table)
    bad = OUTCOMES.index("forced_sale")
    table["lost"] = np.nan if sweep.market else table["outcome"].cat.codes >= bad
    pieces = []
    for axis in sweep.axes:
        groups = table.assign(level=stepped(table[axis].to_numpy())).groupby(["scenario", "level"], observed=True)
        values = groups["value"]
        piece = pd.DataFrame(
            {
                "mean": values.mean(),
                "low": values.quantile(0.05),
                "high": values.quantile(0.95),
                "cells": values.count(),
                "lost": groups["lost"].mean(),
            }
        ).reset_index()
        piece.insert(1, "axis", axis)
        pieces.append(piece)
    return pd.concat(pieces, ignore_index=True)


def effects(sweep: Sweep, name: str) -> pd.DataFrame:
    """Variance of a measure split over axes and pairs of axes (functional analysis of variance).

    An axis explains the variance of the mean at its levels; a pair what the mean at pairs of levels varies beyond both.
    On a full grid this is exact; on a sample it stands on steps of the axes. Cells that never entered count as 0: a
    book that stays in cash neither gains nor loses.

    Returns
    -------
    DataFrame
        ``scenario``, ``axis``, ``with`` (empty: alone) and ``share`` of the variance, largest first; ``not_entered``:
        cells of the path that count as 0.
    """
    what = measure(name, sweep.market)
    table = sweep.table(["scenario", *sweep.axes, *what.columns])
    table["value"], table["not_entered"] = every_value(what.of(table))
    rows: list[dict[str, object]] = []
    for scenario, path in table.groupby("scenario", observed=True):
        counted = int(path["not_entered"].sum())
        rows += [{**row, "not_entered": counted} for row in _shares_of(str(scenario), path, sweep.axes)]
    return pd.DataFrame(rows).sort_values(["scenario", "share"], ascending=[True, False], ignore_index=True)


def _shares_of(scenario: str, path: pd.DataFrame, axes: list[str]) -> list[dict[str, object]]:
    """Shares of one path's variance."""
    values = path["value"].to_numpy()
    places = {axis: np.unique(stepped(path[axis].to_numpy()), return_inverse=True)[1] for axis in axes}
    total = float(values.var())
    alone = {axis: _between(values, places[axis]) / total if total > 0 else 0.0 for axis in axes}
    rows: list[dict[str, object]] = [
        {"scenario": scenario, "axis": axis, "with": "", "share": share} for axis, share in alone.items()
    ]
    for one, other in combinations(axes, 2):
        both = places[one] * (places[other].max() + 1) + places[other]
        joint = _between(values, both) / total if total > 0 else 0.0
        share = max(joint - alone[one] - alone[other], 0.0)
        rows.append({"scenario": scenario, "axis": one, "with": other, "share": share})
    return rows


def _between(values: Floats, group: NDArray[np.int64]) -> float:
    """Variance of group means, weighted by the size of groups."""
    counts = np.bincount(group)
    sums = np.bincount(group, values)
    there = counts > 0
    return float((counts[there] * (sums[there] / counts[there] - values.mean()) ** 2).sum() / len(values))


def stepped(values: Floats) -> Floats:
    """Levels as they are, or the middles of even steps where there are many."""
    levels = np.unique(values)
    if len(levels) <= _STEPS:
        return values
    edges = np.linspace(levels[0], levels[-1], _STEPS + 1)
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, _STEPS - 1)
    middles: Floats = ((edges[1:] + edges[:-1]) / 2)[place]
    return middles
