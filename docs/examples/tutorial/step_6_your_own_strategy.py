"""
6. Your own strategy
====================

The library runs nine strategies from 2018 to 2026 (``bs.strategies()``). Your own is a class with parameters and one
function, ``decide``, that is called at 15:30 of every business day. It sees its fund and today's pairs, and writes the
face it wants of each; the engine trades, finances and margins it.
"""

# %%
# This one holds the 10-year basis while it pays more than repo by ``enter_bp`` basis points a year, until it pays nothing.
# Fields of the class are parameters: they have a default, appear on the command line, and can be swept.

import basis_stress as bs


class CheapBasis(bs.Strategy):
    """Hold the front month's basis while it pays ``enter_bp`` more than repo, until it pays nothing."""

    enter_bp: float = 10.0

    def decide(terms, fund, pairs, target):
        for p in range(len(pairs)):
            pays = bs.rules.worth_holding(pairs[p].face > 0, bs.rules.carry(pairs[p]), terms.enter_bp / 1e4, 0.0)
            wanted = terms.leverage * fund.equity if pays and pairs[p].front else 0.0
            if pairs[p].tradable:
                target[p] = bs.rules.unless_close(pairs[p].face, 100 * wanted / pairs[p].dirty, 0.05)


# %%
# ``pairs`` are records: ``face`` is what is held, ``implied_repo`` and ``expected_repo`` are today's signals, ``front`` is
# whether the pair is of the front delivery month, ``tradable`` whether it may be changed. Decorated with ``@bs.compiled``
# the same function is machine code; plain Python gives the same bytes. All fields: :doc:`/reference/decisions`.

run = bs.run_strategy(CheapBasis(enter_bp=15, leverage=20), "2018-04-02", "2021-12-31")
run

# %%
# Is the rule better than always holding the basis, or lucky? ``compare`` runs both over the same days and resamples them in
# blocks. Cash is in the comparison as well: *over cash* is what doing nothing would not have earned.

compared = bs.compare(bs.LongBasis(), CheapBasis(enter_bp=15), start="2018-04-02", end="2021-12-31")
compared

# %%

import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
for one in compared.runs:
    axes.plot(one.daily.index, one.daily["equity_usd"] / 1e6, label=one.name)
cash = 100 * (1 + (compared.runs[0].daily["return"] - compared.runs[0].daily["excess_return"])).cumprod()
axes.plot(cash.index, cash, color="0.5", linestyle="--", label="cash, doing nothing")
axes.set(ylabel="equity, $ million", title="2018 to 2021, 20x")
axes.legend(frameon=False)
plt.show()

# %%
# A decision that is wrong is refused in one sentence with the day, and the days before it are kept.


class Greedy(bs.Strategy):
    """Want more than equity allows."""

    def decide(terms, fund, pairs, target):
        target[0] = 1e12


try:
    bs.run_strategy(Greedy(), "2020-01-02", "2020-03-31")
except bs.StrategyError as mistake:
    print(mistake)

# %%
# Saved as ``my_basis.py`` it runs as ``basis-stress run my_basis.py:CheapBasis --enter-bp 15``. As a package of your own it
# has a name: :doc:`/how-to/plugins`.
