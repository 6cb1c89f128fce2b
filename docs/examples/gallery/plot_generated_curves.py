"""
Curves that never were
======================

A fan of generated 10-year yields, by the name of the tenor.
"""

import matplotlib.pyplot as plt
import numpy as np

import basis_stress as bs

paths = bs.generate("bootstrap", paths=2000, days=60, seed=5)
ten_year = 4.2 + 100 * paths.to_xarray().change.sel(tenor="10y").cumsum("day")

figure, axes = plt.subplots(figsize=(7, 3.8), layout="constrained")
for low, high, shade in ((1, 99, 0.15), (5, 95, 0.2), (25, 75, 0.3)):
    band = np.percentile(ten_year, [low, high], axis=0)
    axes.fill_between(ten_year.day, *band, alpha=shade, color="#2a6592", label=f"{low}% to {high}%")
axes.plot(ten_year.day, ten_year[:5].T, color="0.3", linewidth=0.7)
axes.set(xlabel="business days", ylabel="10-year par yield, %")
axes.legend(frameon=False, loc="upper left")
plt.show()

# %%
paths
