"""Strategies over years: run, tabulate, measure, compare, and set beside published figures."""
