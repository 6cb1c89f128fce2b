"""The calibration targets of March 2020, and the model's values of them.

Apart from the fit, because `scipy.optimize` takes 0.4 s to import, which a comparison with the targets does not need.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from basis_strategies.plan import BALANCE_SHEET_SHARES, DealerPlan
from basis_stress.funds_market.episodes import Episode

TARGETS = {
    "T02 17 Mar": (-8.6, 4.0),
    "T02 24 Mar": (-12.4, 4.0),
    "T02 31 Mar": (-17.4, 6.0),
    "T03 17 Mar": (-11.6, 4.0),
    "T03 31 Mar": (-20.1, 6.0),
    "T04": (82.0, 20.0),
    "T05 2y": (24.0, 7.2),
    "T05 5y": (26.0, 7.8),
    "T05 10y": (17.0, 5.1),
    "T06": (119.5, 28.5),
    "T10": (58.0, 40.0),
}
"""Observed value and tolerance of each calibration target (history/targets.csv; T06 is the middle of 91 to 148)."""


def observables(episode: Episode) -> dict[str, float]:
    """Compute the values that the calibration targets measure, in the units of history/targets.csv."""
    spread = episode.dealers["balance_sheet_spread"]
    rise = float(spread["2020-03-11":"2020-03-13"].max())  # the spread is zero on 18 February
    years = DealerPlan().balance_sheet_years
    sold = episode.dealers["fund_sales"]
    return {
        "T02 17 Mar": episode.change("2020-03-03", "2020-03-17"),
        "T02 24 Mar": episode.change("2020-03-03", "2020-03-24"),
        "T02 31 Mar": episode.change("2020-03-03", "2020-03-31"),
        "T03 17 Mar": episode.change("2020-02-18", "2020-03-17"),
        "T03 31 Mar": episode.change("2020-02-18", "2020-03-31"),
        "T04": rise,
        "T05 2y": BALANCE_SHEET_SHARES["TU"] * rise * years,
        "T05 5y": BALANCE_SHEET_SHARES["FV"] * rise * years,
        "T05 10y": BALANCE_SHEET_SHARES["TY"] * rise * years,
        "T06": float(sold.iloc[-1] - sold["2020-02-28"]),
        "T10": float(episode.dealers["inventory"].max()),
    }


def weighted_misses(runs: Sequence[Mapping[str, float]]) -> list[Any]:
    """Miss of each target by the mean of several runs, in units of its tolerance."""
    return [(np.mean([run[name] for run in runs]) - value) / tolerance for name, (value, tolerance) in TARGETS.items()]
