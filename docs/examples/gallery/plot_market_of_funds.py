"""
Who sold in March 2020
======================

Sales to dealers by group in the market of funds; the groups sum to zero.
"""

import matplotlib.pyplot as plt

import basis_stress as bs

march = bs.backtest("march-2020", market=True)
flows = march.flows[march.flows["capacity_multiple"] == march.middle].set_index("group")["usd"] / 1e9
flows = flows[flows.abs() > 0.5].sort_values()

figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
axes.barh(flows.index, flows, color=["#b3261e" if sold > 0 else "#2a6592" for sold in flows])
axes.axvline(0, color="0.4", linewidth=0.8)
axes.set(xlabel="$ billion over the window: sold (+), bought (−)")
plt.show()

# %%
march
