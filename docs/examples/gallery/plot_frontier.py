"""
The frontier of leverage and margin
===================================

The smallest multiple of initial margin at which a 10-year book is called, forced to sell, or defaults, by its leverage. A
book above 38x is called in April 2025 without any rise.
"""

import matplotlib.pyplot as plt

import basis_stress as bs

found = bs.frontier("april-2025", lever="margin_multiple", contract="TY")
borders = found.borders

figure, axes = plt.subplots(figsize=(7, 3.8), layout="constrained")
for until, rows in borders.groupby("until", sort=False):
    axes.plot(rows["leverage"], rows["margin_multiple"], label=until.replace("_", " "))
axes.set(xlabel="leverage, times equity", ylabel="multiple of initial margin", yscale="log")
axes.set_yticks([1, 2, 5, 10], ["1", "2", "5", "10"])
axes.legend(title="breaks at", frameon=False)
plt.show()

# %%
found
