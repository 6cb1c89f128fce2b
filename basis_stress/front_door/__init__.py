"""The functions that users call first: `backtest`, for one book or the market of funds, and `strategies`."""
