"""Fit the market of funds to March 2020 and validate it against the historical targets."""
