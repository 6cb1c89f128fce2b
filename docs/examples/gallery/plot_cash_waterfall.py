"""
The cash of a crisis, line by line
==================================

Where the cash of a 60x book went in March 2020: every line of the waterfall, summed by week.
"""

import matplotlib.pyplot as plt

import basis_stress as bs

result = bs.backtest("march-2020", contract="TY", leverage=60)
lines = result.cash.set_index("date").drop(columns=["fund", "opening_cash_usd", "closing_cash_usd", "capital"])
weekly = lines.iloc[1:].resample("W").sum() / 1e6
weekly = weekly.loc[:, weekly.abs().max() > 1]

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
weekly.set_axis([f"{day:%d %b}" for day in weekly.index]).plot.bar(stacked=True, ax=axes, rot=0, width=0.7)
axes.axhline(0, color="0.4", linewidth=0.8)
axes.set(ylabel="$ million in the week, outflows negative", xlabel="week to")
axes.legend([name.replace("_", " ") for name in weekly], frameon=False, fontsize=8)
plt.show()

# %%
result
