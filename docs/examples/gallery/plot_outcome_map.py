"""
Where books break: leverage and haircut
=======================================

The outcome of 3,600 books in the moves of March 2020 with its published basis.
"""

import tempfile

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

import basis_stress as bs

swept = bs.sweep(
    "march-2020-basis", out=f"{tempfile.mkdtemp()}/map", leverage="10:109:1", haircut="0:0.035:36x", unwind="cure"
)
grid = swept.to_xarray("outcome").isel(scenario=0)
names = list(swept.outcome_counts().columns)
codes = np.vectorize(names.index)(grid.outcome.values.astype(str)).T

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
colours = ListedColormap(["#dfe8ef", "#9dbcd4", "#e8a33d", "#d9534a", "#7d1128", "#f0f0f0"])
mesh = axes.pcolormesh(grid.leverage, 100 * grid.haircut, codes, cmap=colours, vmin=-0.5, vmax=5.5)
figure.colorbar(mesh, ax=axes, ticks=range(6)).set_ticklabels([name.replace("_", " ") for name in names])
axes.set(xlabel="leverage, times equity", ylabel="haircut, %")
plt.show()
