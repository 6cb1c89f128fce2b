"""Fit the market of funds to March 2020 and judge it against the historical targets."""
