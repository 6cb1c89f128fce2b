"""Bond arithmetic: dates, prices, curves, conversion factors, delivery."""
