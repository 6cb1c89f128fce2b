"""Effects of axes on a measure: along each axis, shares of the variance, and Sobol indices."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import bootstrap, sobol_indices

from basis_engine.base.errors import InputError
from basis_stress.reporting.outcomes import OUTCOMES
from basis_stress.sweeps.dataset import SweepDataset
from basis_stress.sweeps.measures import measure, values_or_zero

Floats = NDArray[np.float64]

_STEPS = 16
"""Steps into which an axis with more levels is cut."""
_RESAMPLES = 999


def marginals(sweep: SweepDataset, name: str) -> pd.DataFrame:
    """Mean and quantiles of a measure along each axis, over all other axes.

    Returns
    -------
    DataFrame
        ``scenario``, ``axis``, ``level``, ``mean``, ``low`` and ``high`` (5% and 95% of cells), ``cells`` that were
        entered, and for books ``lost``: the share of all cells in forced_sale, illiquid, insolvent or not_entered.
    """
    chosen = measure(name, sweep.market)
    table = sweep.table(["scenario", *sweep.axes, *chosen.columns])
    table["value"] = chosen.values(table)
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


def effects(sweep: SweepDataset, name: str) -> pd.DataFrame:
    """Variance of a measure split over axes and pairs of axes (functional analysis of variance).

    The share of an axis is the variance of the mean at its levels; the share of a pair is the variance of the mean at
    pairs of levels, less both axes alone. It is exact on a full grid, and taken over steps of the axes on a sample.
    Cells that were not entered count as 0: a book that stays in cash neither gains nor loses.

    Returns
    -------
    DataFrame
        ``scenario``, ``axis``, ``with`` (empty: alone) and ``share`` of the variance, largest first; ``not_entered``:
        cells of the scenario that count as 0.
    """
    chosen = measure(name, sweep.market)
    table = sweep.table(["scenario", *sweep.axes, *chosen.columns])
    table["value"], table["not_entered"] = values_or_zero(chosen.values(table))
    rows: list[dict[str, object]] = []
    for scenario, path in table.groupby("scenario", observed=True):
        counted = int(path["not_entered"].sum())
        rows += [{**row, "not_entered": counted} for row in _shares_of(str(scenario), path, sweep.axes)]
    return pd.DataFrame(rows).sort_values(["scenario", "share"], ascending=[True, False], ignore_index=True)


def _shares_of(scenario: str, path: pd.DataFrame, axes: list[str]) -> list[dict[str, object]]:
    """Shares of the variance of one scenario."""
    values = path["value"].to_numpy()
    places = {axis: np.unique(stepped(path[axis].to_numpy()), return_inverse=True)[1] for axis in axes}
    total = float(values.var())
    alone = {axis: _between(values, places[axis]) / total if total > 0 else 0.0 for axis in axes}
    rows: list[dict[str, object]] = [
        {"scenario": scenario, "axis": axis, "with": "", "share": share} for axis, share in alone.items()
    ]
    for first, second in combinations(axes, 2):
        both = places[first] * (places[second].max() + 1) + places[second]
        joint = _between(values, both) / total if total > 0 else 0.0
        share = max(joint - alone[first] - alone[second], 0.0)
        rows.append({"scenario": scenario, "axis": first, "with": second, "share": share})
    return rows


def _between(values: Floats, group: NDArray[np.int64]) -> float:
    """Variance of group means, weighted by the size of groups."""
    counts = np.bincount(group)
    sums = np.bincount(group, values)
    used = counts > 0
    return float((counts[used] * (sums[used] / counts[used] - values.mean()) ** 2).sum() / len(values))


def stepped(values: Floats) -> Floats:
    """Levels as they are, or the midpoints of even steps where there are many."""
    levels = np.unique(values)
    if len(levels) <= _STEPS:
        return values
    edges = np.linspace(levels[0], levels[-1], _STEPS + 1)
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, _STEPS - 1)
    middles: Floats = ((edges[1:] + edges[:-1]) / 2)[place]
    return middles


def indices(sweep: SweepDataset, name: str, confidence: float, scenario: str | None = None) -> pd.DataFrame:
    """Sobol indices of a measure, of the first scenario unless another is named.

    Cells that were not entered count as 0: a book that stays in cash neither gains nor loses.

    Returns
    -------
    DataFrame
        By axis: ``first`` (the share of the axis alone), ``total`` (with its interactions), the ends of both intervals,
        and ``not_entered``: cells of the scenario that count as 0.

    Raises
    ------
    InputError
        If the sweep has no such design, or every cell has the same value.
    """
    if sweep.kind != "saltelli":
        raise InputError(
            f"Sobol indices: need a design of saltelli:N, and this is {sweep.kind}; sweep with --design saltelli:65536"
        )
    chosen = measure(name, sweep.market)
    table = sweep.table(list(chosen.columns), sweep.check_scenario(scenario or sweep.scenarios[0]))
    values, without = values_or_zero(chosen.values(table))
    found = from_samples(values, sweep.axes, confidence, int(sweep.manifest["design"]["seed"]))
    return found.assign(not_entered=int(without.sum()))


def from_samples(values: NDArray[np.float64], axes: list[str], confidence: float, seed: int) -> pd.DataFrame:
    """Indices from values in the order of a ``saltelli`` design.

    Source: Saltelli et al. (2010), Computer Physics Communications 181, as implemented in scipy.stats.sobol_indices.
    """
    blocks = values.reshape(len(axes) + 2, -1)
    if np.ptp(values) == 0.0:
        raise InputError("Sobol indices: every cell has the same value, so there is no variance; widen the axes")

    def both(rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """First-order and total indices of some rows of the samples [2, axes]."""
        chosen = blocks[:, None, rows]
        samples = {"f_A": chosen[0], "f_B": chosen[1], "f_AB": chosen[2:]}
        found = sobol_indices(func=samples, n=len(rows))
        return np.array([np.ravel(found.first_order), np.ravel(found.total_order)])

    rows = np.arange(blocks.shape[1])
    # Not SobolResult.bootstrap: its BCa jackknife needs n runs of n rows, and it cannot be seeded.
    drawn = bootstrap(
        [rows],
        both,
        n_resamples=_RESAMPLES,
        confidence_level=confidence,
        method="percentile",
        vectorized=False,
        rng=seed,
    ).confidence_interval
    columns: dict[str, NDArray[np.float64]] = {}
    for k, label in enumerate(("first", "total")):
        columns |= {label: both(rows)[k], f"{label}_low": drawn.low[k], f"{label}_high": drawn.high[k]}
    return pd.DataFrame(columns, pd.Index(axes, name="axis"))
