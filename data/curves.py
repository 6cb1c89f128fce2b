"""Choose the curve of a run and gather its daily parameters: Svensson where published, else par yields."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.calendars import Days
from data.layouts import TENOR_YEARS
from data.scenario import Scenario
from data.windows import column_or_nan, covers, read_days
from engine.curves import PAR, SVENSSON
from engine.errors import InputError

Array = NDArray[np.float64]

SVENSSON_COLUMNS = ["beta0_pct", "beta1_pct", "beta2_pct", "beta3_pct", "tau1_years", "tau2_years"]
ALWAYS_NEEDED = ["y_6mo_pct", "y_1y_pct", "y_2y_pct", "y_5y_pct", "y_7y_pct", "y_10y_pct"]
NEEDS_30_YEARS = {"US", "UB"}


@dataclass(frozen=True)
class Curves:
    """Curves of m marks. Par yields stand for every run; Svensson parameters where they are the curve."""

    kind: int
    """`engine.curves.PAR` or `engine.curves.SVENSSON`."""
    note: str
    """Which curve, and why, for the report."""
    tenors: Array
    """[11] years."""
    par_yields: Array
    """[m, 11] decimal, semi-annual bond-equivalent; a tenor that is blank on any day is NaN on all."""
    svensson: Array
    """[m, 6] beta0..beta3 in percent, tau1 and tau2 in years, for `engine.curves`; no rows for par."""


def curves(scenario: Scenario, days: Days, codes: Sequence[str]) -> Curves:
    """Curves of a scenario on its days [m].

    Raises
    ------
    InputError
        If the chosen curve does not cover the days, or cannot be scaled.
    """
    kind, note = _choose(scenario, days)
    return Curves(
        kind=kind,
        note=note,
        tenors=np.array(list(TENOR_YEARS.values())),
        par_yields=_par_yields(scenario, days, codes),
        svensson=_svensson(scenario, days) if kind == SVENSSON else np.empty((0, 6)),
    )


def _choose(scenario: Scenario, days: Days) -> tuple[int, str]:
    """Kind of curve and the reason, in words."""
    if scenario.yield_scale != 1.0:
        # A Svensson curve with scaled moves is not a Svensson curve: its two taus move from day to day.
        if scenario.curve == "svensson":
            raise InputError(
                f"scenario {scenario.name}, curve: 'svensson' given with yield_scale "
                f"{scenario.yield_scale:g}; only par yields can be scaled: set curve to 'par' or 'auto'"
            )
        return (
            PAR,
            f"par yields (moves scaled by {scenario.yield_scale:g}, which a Svensson curve does not allow)",
        )
    if scenario.curve == "par":
        return PAR, "par yields (as the scenario asks)"
    if scenario.curve == "auto" and scenario.files.par_yields and not scenario.files.svensson:
        return PAR, f"par yields (the scenario's own {scenario.files.par_yields.name})"
    if scenario.curve == "svensson" or covers("svensson", days, scenario.files.svensson):
        return SVENSSON, "Svensson curve, fitted to off-the-run notes and bonds"
    return PAR, "par yields (no Svensson parameters for the whole window)"


def _svensson(scenario: Scenario, days: Days) -> Array:
    """Svensson parameters [m, 6], as published."""
    rows = read_days("svensson", days, SVENSSON_COLUMNS, scenario.files.svensson)
    return rows[SVENSSON_COLUMNS].to_numpy(np.float64)


def _par_yields(scenario: Scenario, days: Days, codes: Sequence[str]) -> Array:
    """Par yields [m, 11], moves from the first day scaled; a tenor blank on any day is dropped on all."""
    required = ALWAYS_NEEDED + (["y_30y_pct"] if NEEDS_30_YEARS & set(codes) else [])
    rows = read_days("par_yields", days, required, scenario.files.par_yields)
    yields = np.column_stack([column_or_nan(rows, name) for name in TENOR_YEARS]) / 100
    yields[:, np.isnan(yields).any(axis=0)] = np.nan
    return scaled(yields, scenario.yield_scale)


def scaled(yields: Array, scale: float) -> Array:
    """Yields [m, tenors] whose moves from the first day are multiplied."""
    moved: Array = yields[0] + scale * (yields - yields[0])
    return moved
