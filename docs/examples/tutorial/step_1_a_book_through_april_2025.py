"""
1. A book through April 2025
============================

A fund has $100m. It buys 10-year Treasury notes for 50 times that, borrows the price of the notes in repo against the
notes themselves, and sells 10-year futures (``TY``) against them. It earns the few hundredths of a percent by which the
future is dear against the note. In this step the fund goes through April 2025, one business day at a time.
"""

# %%
# One line runs the backtest. Without further words the haircut is the scenario's (none in April 2025), the loan is
# overnight, and the fund sells only to meet a call that it could not meet otherwise.

import basis_stress as bs

result = bs.backtest("april-2025", contract="TY", leverage=50)
result

# %%
# The outcome is one of six words. ``survived``: every call was within the cash at hand from the start. ``called``: a call
# was larger, and was met. ``forced_sale``: a limit made the fund sell. ``illiquid``: it missed a deadline while it still
# had equity. ``insolvent``: its equity was gone. ``not_entered``: haircut and margin need more than the equity.
#
# Doing nothing would have earned the overnight rate, and that is what the profit has to be compared with.

days = len(result.yields_pct)
overnight = result.yields_pct["sofr"].mean() / 100 * 29 / 360
earned = result.summary["return"].iloc[0]
print(f"the book {earned:+.2%} of equity; overnight money {overnight:+.2%} in the same {days} days")

# %%
# Where did the cash go? ``cash`` is the waterfall: outflows are negative, every line has a counterparty, and the lines of
# a day add up to the change in cash. Variation margin on the futures and re-margin of the repo move against each other,
# but not at the same hour: the gap between them is what breaks a book.

lines = ["variation_margin", "repo_remargin", "repo_interest", "closing_cash_usd"]
waterfall = result.cash.set_index("date")[lines]
(waterfall / 1e6).round(2).head(8)

# %%

import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(7, 3.6), layout="constrained")
(waterfall[["variation_margin", "repo_remargin"]].iloc[1:] / 1e6).plot.bar(ax=axes, width=0.8)
axes.set_xticks(range(0, len(waterfall) - 1, 3), [f"{day:%d %b}" for day in waterfall.index[1::3]], rotation=0)
axes.set(ylabel="$ million, outflows negative", xlabel="", title="Margin on the futures, and cash back through repo")
axes.legend(["variation margin", "repo re-margin"], frameon=False)
plt.show()

# %%
# Every event has a cause. Here are the first calls, with what raised them.

result.events.query("event == 'call_raised'")[["time", "claim", "cause", "amount_usd", "party"]].head(4)

# %%
# What does a column mean, in which unit and with which sign? The dictionary knows every column of every table.

bs.data_dictionary("Result.cash").set_index("column")[["unit", "sign", "meaning"]].head(5)

# %%
# Two files keep all of it: ``result.save("folder")`` writes every table as Parquet, ``result.report("april.html")`` one
# page that loads nothing. On the command line the same run is
# ``basis-stress backtest april-2025 --contract TY --leverage 50``.
