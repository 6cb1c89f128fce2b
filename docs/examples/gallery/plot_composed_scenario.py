"""
A scenario in one sentence
==========================

Compose a scenario change by change, and see what each adds to the same book.
"""

import matplotlib.pyplot as plt

import basis_stress as bs

steps = {"April 2025": bs.scenario("april-2025").but(curve="par")}
steps["+ moves doubled"] = steps["April 2025"].scaled(2)
steps["+ repo 300 bp dearer"] = steps["+ moves doubled"].with_repo("2025-04-07", 300, until="2025-04-11")
steps["+ haircut 1%"] = steps["+ repo 300 bp dearer"].with_haircut("2025-04-08", 0.01)
steps["+ margins up a third"] = steps["+ haircut 1%"].with_margin("2025-04-08", 1.33)
runs = {name: bs.backtest(scenario, contract="TY", leverage=35) for name, scenario in steps.items()}

figure, axes = plt.subplots(figsize=(7, 3.6), layout="constrained")
for name, run in runs.items():
    axes.plot(run.timeline["date"], run.timeline["cash_usd"] / 1e6, label=f"{name}: {run.summary['outcome'].iloc[0]}")
axes.xaxis.set_major_formatter(plt.matplotlib.dates.DateFormatter("%d %b"))
axes.set(ylabel="cash at the end of the day, $ million")
axes.legend(frameon=False, fontsize=8)
plt.show()

# %%
steps["+ margins up a third"]
