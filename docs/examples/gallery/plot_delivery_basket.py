"""
A delivery basket by hand
=========================

Conversion factor, implied repo and net basis of five notes against one future: the bond arithmetic is vectorised.
"""

import matplotlib.pyplot as plt
import numpy as np

import basis_stress as bs

coupon = np.array([0.04625, 0.04250, 0.04000, 0.04375, 0.04125])
maturity = ["2031-09-30", "2031-10-31", "2031-11-30", "2031-12-31", "2032-02-29"]
yields = 0.0412 + np.array([0.0, 1.0, 2.0, 2.5, 4.0]) / 1e4
price = bs.price(yields, coupon, maturity, "2025-04-02")
factor = bs.conversion_factor("TY", coupon, maturity, "2025-06")
given = {"coupon": coupon, "maturity": maturity, "settle": "2025-04-02", "delivery": "2025-06-30"}
future = float(np.min(price / factor)) - 0.05
implied = bs.implied_repo(price, future, factor, **given)
cheapest = bs.cheapest_to_deliver(price, future, factor, **given)

figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
labels = [f"{100 * rate:.3f}% {date[2:7]}" for rate, date in zip(coupon, maturity, strict=True)]
axes.bar(labels, 100 * implied, color=["#b3261e" if note == cheapest else "#9dbcd4" for note in range(5)])
axes.axhline(0, color="0.4", linewidth=0.8)
axes.set(ylabel="implied repo, % a year", title=f"Cheapest to deliver at {future:.2f}: {labels[cheapest]}")
plt.show()
