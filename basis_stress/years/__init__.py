"""Strategies over years: played, tabulated, measured, compared, held against published figures."""
