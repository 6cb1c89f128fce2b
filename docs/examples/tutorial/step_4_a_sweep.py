"""
4. A sweep
==========

One book is an anecdote. A sweep runs every combination of some axes and writes the outcome of each book into a folder of
Parquet files: a million books take a few minutes on a laptop, an interrupted sweep continues where it stopped.
"""

# %%
# An axis is written ``low:high:step`` (both ends included), ``low:high:Nx`` (N even points) or as a list.

import tempfile
from pathlib import Path

import basis_stress as bs

folder = Path(tempfile.mkdtemp()) / "leverage-and-haircut"
swept = bs.sweep(["april-2025", "march-2020"], out=folder, leverage="10:90:2", haircut="0:0.03:31x")
swept

# %%
# ``break_even`` reads the highest leverage at which nothing is sold, and what binds just above it.

swept.break_even("leverage", until="forced_sale").groupby("scenario", observed=True).head(3)

# %%
# A grid is also an xarray Dataset, whose dimensions have names, and an Arrow stream for polars or DuckDB.

grid = swept.to_xarray("outcome", "return")
grid

# %%

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

names = list(swept.outcome_counts().columns)
colours = ListedColormap(["#dfe8ef", "#9dbcd4", "#e8a33d", "#d9534a", "#7d1128", "#f0f0f0"])
figure, axes = plt.subplots(1, 2, figsize=(8, 3.6), sharey=True, layout="constrained")
for panel, scenario in zip(axes, swept.scenarios, strict=True):
    outcome = grid.outcome.sel(scenario=scenario)
    codes = np.vectorize(names.index)(outcome.values.astype(str)).T
    mesh = panel.pcolormesh(grid.leverage, 100 * grid.haircut, codes, cmap=colours, vmin=-0.5, vmax=5.5)
    panel.set(title=scenario, xlabel="leverage, times equity")
axes[0].set_ylabel("haircut, %")
bar = figure.colorbar(mesh, ax=axes, ticks=range(6))
bar.set_ticklabels(names)
plt.show()

# %%
# Which axis matters? ``effects`` splits the variance of a measure between the axes.

swept.effects("return").round(3).head(6)

# %%
# ``swept.report("sweep.html")`` writes one page with the maps; ``basis-stress sweep april-2025 --leverage 10:90:2 --haircut
# 0:0.03:31x`` does the same on the command line, ``--cluster`` on Dask.
