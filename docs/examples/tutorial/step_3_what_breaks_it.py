"""
3. What breaks it
=================

April 2025 as it was did not break a 50x book without a haircut. What would have? A *lever* is one input that is raised
until the book breaks: the size of the moves, the cost of repo, the haircut, the margin, the repo that is not rolled.
"""

# %%
# ``breaking_point`` searches for the smallest value at which the outcome comes, and says what binds first.

import basis_stress as bs

bs.breaking_point("april-2025", "haircut", "forced_sale", leverage=50)

# %%

import pandas as pd

found = {
    lever: bs.breaking_point("april-2025", lever, "forced_sale", leverage=50)
    for lever in ("repo_bp", "haircut", "margin_multiple", "not_rolled")
}
pd.DataFrame({name: [p.value, p.constraint, p.day] for name, p in found.items()}, ["value", "binds first", "day"]).T

# %%
# Haircuts and repo that is not rolled break it at a third of a percent, because at 50x the whole equity is 2% of the notes
# and initial margin takes most of that. Ten times the moves of yields would not: the two legs offset each other.
#
# A worse month is composed, change by change, and reads as a sentence.

storm = (
    bs.scenario("april-2025")
    .scaled(2)
    .with_repo("2025-04-07", 300, until="2025-04-11")
    .with_haircut("2025-04-08", 0.01)
    .with_margin("2025-04-08", 1.3)
)
print(storm)
bs.backtest(storm, contract="TY", leverage=35)

# %%
# ``largest_leverage`` turns the question round: which leverage is safe in these scenarios?

months = ["april-2025", "march-2020", "march-2020-basis", "september-2019", "svb-2023"]
bs.largest_leverage(months, probability=1.0, until="forced_sale", haircut=0.01)

# %%
# Five months that somebody chose are not a probability. Generated paths are the other way to ask: here a 40x and a 55x book
# go through 2,000 bootstrapped quarters.

simulated = bs.simulate_paths("bootstrap", paths=2000, days=60, leverage=[40, 55], seed=1)
simulated

# %%

import matplotlib.pyplot as plt

curves = simulated.curves().query("leverage == 55")
figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
for event, one in curves.groupby("event", sort=False):
    axes.plot(one["day"], 100 * one["share"], label=event)
    axes.fill_between(one["day"], 100 * one["low"], 100 * one["high"], alpha=0.2)
axes.set(xlabel="business days after entry", ylabel="% of paths", title="A 55x book: time to each outcome")
axes.legend(frameon=False)
plt.show()
