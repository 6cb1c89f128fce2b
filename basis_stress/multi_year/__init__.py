"""Strategies over years: run, tabulate, measure, compare, and compare with published figures."""
