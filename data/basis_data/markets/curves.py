"""Choose the curve of a run and collect its daily parameters: Svensson where published, otherwise par yields."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from basis_data.markets.yield_paths import yield_path
from basis_data.scenarios.scenario import Scenario
from basis_data.scenarios.sentence import span
from basis_data.tables.calendars import Days
from basis_data.tables.layouts import TENOR_YEARS
from basis_data.tables.windows import covers, read_days
from basis_engine.base.errors import InputError
from basis_engine.bonds.curves import PAR, SVENSSON

Array = NDArray[np.float64]

SVENSSON_COLUMNS = ["beta0_pct", "beta1_pct", "beta2_pct", "beta3_pct", "tau1_years", "tau2_years"]


@dataclass(frozen=True)
class Curves:
    """Curves of m marks: par yields always, Svensson parameters if the run is priced on them."""

    kind: int
    """`basis_engine.bonds.curves.PAR` or `basis_engine.bonds.curves.SVENSSON`."""
    remark: str
    """Which curve, and why, for the report."""
    tenors: Array
    """[11] years."""
    par_yields: Array
    """[m, 11] decimal, semi-annual bond-equivalent; a tenor that is blank on any day is NaN on all."""
    svensson: Array
    """[m, 6] beta0..beta3 in percent, tau1 and tau2 in years, for `basis_engine.bonds.curves`; no rows for par."""


def curves(scenario: Scenario, days: Days, codes: Sequence[str]) -> Curves:
    """Choose and collect the curves of a scenario on its days [m].

    Raises
    ------
    InputError
        If the chosen curve does not cover the days, or cannot be scaled.
    """
    kind, remark = _choose(scenario, days)
    return Curves(
        kind=kind,
        remark=remark,
        tenors=np.array(list(TENOR_YEARS.values())),
        par_yields=yield_path(scenario, days, codes),
        svensson=_svensson(scenario, days) if kind == SVENSSON else np.empty((0, 6)),
    )


def _choose(scenario: Scenario, days: Days) -> tuple[int, str]:
    """Choose the kind of curve, and state the reason."""
    if scenario.moves_yields:
        # A Svensson curve with scaled moves is not a Svensson curve, because its two taus change from day to day.
        scaled = scenario.yield_scale != 1.0
        if scenario.curve == "svensson":
            given = f"yield_scale {scenario.yield_scale:g}" if scaled else "a path of yields of its own"
            raise InputError(
                f"scenario {scenario.name}, curve: 'svensson' given with {given}; "
                "only par yields can be scaled or moved: set curve to 'par' or 'auto'"
            )
        how = f"moves scaled by {scenario.yield_scale:g}" if scaled else "a path of the scenario's own"
        if scenario.moves_from is not None and not scaled and not scenario.flat and scenario.transposed is None:
            how = f"moves of {span(scenario.moves_from.start, scenario.moves_from.end)} on the curve of {days[0]}"
        return PAR, f"par yields ({how}, which a Svensson curve does not allow)"
    if scenario.curve == "par":
        return PAR, "par yields (as the scenario asks)"
    if scenario.curve == "auto" and scenario.files.par_yields and not scenario.files.svensson:
        return PAR, f"par yields (the scenario's own {scenario.files.par_yields.name})"
    if scenario.curve == "svensson" or scenario.files.svensson or covers("svensson", days, scenario.files.svensson):
        return SVENSSON, "Svensson curve, fitted to off-the-run notes and bonds"
    return PAR, "par yields (no Svensson parameters for the whole window)"


def _svensson(scenario: Scenario, days: Days) -> Array:
    """Svensson parameters [m, 6], as published."""
    rows = read_days("svensson", days, SVENSSON_COLUMNS, scenario.files.svensson)
    return rows[SVENSSON_COLUMNS].to_numpy(np.float64)


def scaled(yields: Array, scale: float) -> Array:
    """Multiply the moves of yields [m, tenors] from the first day."""
    moved: Array = yields[0] + scale * (yields - yields[0])
    return moved
