"""The functions that users call first: one `backtest` for a book or for the market of funds, and the list of strategies."""
