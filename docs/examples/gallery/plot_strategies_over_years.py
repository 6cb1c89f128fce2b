"""
Strategies from 2018 to 2026
============================

Four strategies of the library, day by day, beside cash. Two rest on assumptions that their pages name.
"""

import matplotlib.pyplot as plt

import basis_stress as bs

compared = bs.compare(bs.LongBasis(legs=("FV",)), bs.MultiContractBasis(), bs.ShortBasis(), bs.Steepener(), draws=1000)

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
for run in compared.runs:
    axes.plot(run.daily.index, 100 * run.daily["equity_usd"] / run.daily["equity_usd"].iloc[0], label=run.name)
daily = compared.runs[0].daily
axes.plot(daily.index, 100 * (1 + daily["return"] - daily["excess_return"]).cumprod(), "--", color="0.4", label="cash")
axes.set(ylabel="equity, 100 at the start")
axes.legend(frameon=False, fontsize=8)
plt.show()

# %%
compared
