"""Sobol indices of a sweep: which axis a measure's variance comes from, with bootstrap intervals from scipy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import bootstrap, sobol_indices

from basis_engine.base.errors import InputError
from basis_stress.sweeps.measures import every_value, measure

if TYPE_CHECKING:
    from basis_stress.sweeps.reading import Sweep

_RESAMPLES = 999


def indices(sweep: Sweep, name: str, confidence: float, scenario: str | None = None) -> pd.DataFrame:
    """Sobol indices of a measure, of the first path unless another is named.

    Cells that never entered count as 0: a book that stays in cash neither gains nor loses.

    Returns
    -------
    DataFrame
        By axis: ``first`` (what it explains alone), ``total`` (with its interactions), the ends of both intervals, and
        ``not_entered``: cells of the path that count as 0.

    Raises
    ------
    InputError
        If the sweep has no such design, or every cell has the same value.
    """
    if sweep.kind != "saltelli":
        raise InputError(
            f"Sobol indices: need a design of saltelli:N, and this is {sweep.kind}; sweep with --design saltelli:65536"
        )
    what = measure(name, sweep.market)
    table = sweep.table(list(what.columns), sweep.check_scenario(scenario or sweep.scenarios[0]))
    values, without = every_value(what.of(table))
    found = from_samples(values, sweep.axes, confidence, int(sweep.manifest["design"]["seed"]))
    return found.assign(impossible=int(without.sum()))


def from_samples(values: NDArray[np.float64], axes: list[str], confidence: float, seed: int) -> pd.DataFrame:
    """Indices from values in the order of a ``saltelli`` design.

    Source: Saltelli et al. (2010), Computer Physics Communications 181, as scipy.stats.sobol_indices has it.
    """
    blocks = values.reshape(len(axes) + 2, -1)
    if np.ptp(values) == 0.0:
        raise InputError("Sobol indices: every cell has the same value, so that there is no variance; widen the axes")

    def both(rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """First-order and total indices of some rows of the samples [2, axes]."""
        chosen = blocks[:, None, rows]
        samples = {"f_A": chosen[0], "f_B": chosen[1], "f_AB": chosen[2:]}
        found = sobol_indices(func=samples, n=len(rows))
        return np.array([np.ravel(found.first_order), np.ravel(found.total_order)])

    rows = np.arange(blocks.shape[1])
    # Not SobolResult.bootstrap: its BCa jackknife takes n runs of n rows, and it cannot be seeded.
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
