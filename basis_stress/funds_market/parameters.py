"""Which options of a backtest mean something for the whole market, and the scenario they make."""

from pathlib import Path
from typing import Any

from basis_data.scenarios.scenario import Scenario, changed
from basis_data.scenarios.scenario import scenario as load_scenario
from basis_engine.base.errors import InputError

_FIELDS = {
    "start": "start",
    "end": "end",
    "curve": "curve",
    "margin_multiple": "margin_multiple",
    "yield_scale": "yield_scale",
    "scenario_repo_bp": "scenario_repo_bp",
}


def market_scenario(given: str | Path | Scenario, options: dict[str, Any]) -> Scenario:
    """The scenario with what the caller changes in it.

    Raises
    ------
    InputError
        If an option belongs to a single book: the market's funds are drawn from the scenario's `[market]` part.
    """
    alien = [name for name in options if name not in _FIELDS]
    if alien:
        raise InputError(
            f"{alien[0]}: given with the market, whose funds are drawn from the scenario's [market] part; leave it out "
            "or backtest a single book without the market"
        )
    base = given if isinstance(given, Scenario) else load_scenario(given)
    return changed(base, base.name, **{_FIELDS[name]: value for name, value in options.items()}) if options else base
