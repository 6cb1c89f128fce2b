"""
2. Why a futures short pays in rallies
======================================

In April 2025 yields jumped, and the press reported forced liquidations of basis trades. A basis book is *short* futures.
When yields jump, futures fall and the book *receives* variation margin. It pays when yields fall. In this step the same
book goes through the same month with the moves of yields as they were, without them, and reversed.
"""

# %%
# A scenario is data. ``scaled`` multiplies every move of yields from the first day, and returns a new scenario.

import basis_stress as bs

april = bs.scenario("april-2025")
reversed_april = april.scaled(-1)
reversed_april

# %%

runs = {
    "as it was": bs.backtest(april, contract="TY", leverage=50, curve="par"),
    "yields held": bs.backtest(april.but(flat=True), contract="TY", leverage=50),
    "reversed": bs.backtest(reversed_april, contract="TY", leverage=50),
}
import pandas as pd

pd.concat({name: run.summary for name, run in runs.items()}).droplevel(1)[
    ["outcome", "return", "calls", "largest_call_usd", "lowest_cash_usd"]
]

# %%
# The paths of variation margin mirror each other. In the month as it was, the payment came on 4 April, in the *rally*
# after the tariffs; the sell-off of the following week paid it back.

import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(7, 3.6), layout="constrained")
for name, run in runs.items():
    margin = run.cash.set_index("date")["variation_margin"].cumsum() / 1e6
    axes.plot(margin.index, margin, label=name)
axes.axhline(0, color="0.6", linewidth=0.8)
axes.set(ylabel="variation margin so far, $ million", title="Received is positive: a short future gains as yields rise")
axes.xaxis.set_major_formatter(plt.matplotlib.dates.DateFormatter("%d %b"))
axes.legend(frameon=False)
plt.show()

# %%
# Why does the book not simply net the two? The note gains when the future loses, and the lender of repo pays that gain out:
# at the next morning's roll, at 08:30. The clearing member is paid at 09:00. On most mornings the first covers the second.
# The hedge is not perfect, though: the note is carried at repo, the future at *expected* repo, and the haircut is money
# that the gain of a note releases only in part.

row = runs["as it was"].attribution.drop(columns=["date", "fund", "capital"]).sum() / 1e3
row.round(0).rename("thousand dollars").to_frame().query("`thousand dollars` != 0")

# %%
# *Curve* is what is left of the hedged pair's price moves, *basis convergence* what the passing of time earned. The sum,
# ``equity_change``, is small beside the tens of millions that moved each day: this is a liquidity risk before it is a
# loss. The next step looks for the shock that turns it into one.
