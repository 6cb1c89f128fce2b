"""
Losses over generated paths
===========================

Two thousand generated quarters with fat tails: the loss of three leverages, and of doing nothing, which is zero.
"""

import matplotlib.pyplot as plt
import numpy as np

import basis_stress as bs

simulated = bs.simulate_paths("tails", paths=2000, days=60, leverage=[20, 40, 55], seed=3)

figure, axes = plt.subplots(figsize=(7, 3.8), layout="constrained")
exceeded = 100 * (1 - np.arange(len(simulated)) / len(simulated))
for column, leverage in enumerate(simulated.leverages):
    axes.plot(100 * np.sort(simulated.losses_by_path[:, column]), exceeded, label=f"{leverage:g}x")
axes.axvline(0, color="0.6", linewidth=0.8)
axes.set(xlim=(-2, None), xlabel="loss, % of equity (gains negative)")
axes.set(yscale="log", ylabel="% of paths that lose at least so much")
axes.legend(frameon=False)
plt.show()

# %%
simulated
