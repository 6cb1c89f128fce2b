"""
Four contracts, one pool of cash
================================

A book in the 2-, 5-, 10-year and bond contracts: which of them called for cash in April 2025.
"""

import matplotlib.pyplot as plt

import basis_stress as bs

result = bs.backtest("april-2025", contract=["TU", "FV", "TY", "US"], leverage=35, term_share=0.5)
legs = ["variation_margin", "initial_margin", "repo_remargin", "haircut", "repo_not_rolled"]
calls = result.calls.assign(total=result.calls[legs].sum(axis=1) / 1e6)
wide = calls.pivot(index="date", columns="contract", values="total").iloc[1:][["TU", "FV", "TY", "US"]]

figure, axes = plt.subplots(figsize=(7, 3.8), layout="constrained")
wide.set_axis([f"{day:%d %b}" for day in wide.index]).plot.bar(stacked=True, ax=axes, width=0.8, colormap="viridis")
axes.axhline(0, color="0.4", linewidth=0.8)
axes.set_xticks(range(0, len(wide), 3))
axes.set(ylabel="margin cash, $ million, outflows negative", xlabel="")
axes.tick_params(axis="x", rotation=0)
axes.legend(frameon=False, ncols=4)
plt.show()

# %%
result
