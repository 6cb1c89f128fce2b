"""Backtest one book: the run, its tables, figures and report."""
