"""Sensitivity of two episodes to the eight parameters of the market of funds."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd

from basis_data.markets.parameters import Fit, Parameters, parameters
from basis_data.scenarios.scenario import market_era
from basis_stress.funds_market.episodes import Episode, EpisodeMarket, episode_market, run_episode

SENSITIVITY_RUNS = 34
"""Two episodes, with eight parameters at both ends and as fitted."""


@dataclass(frozen=True)
class ParameterRange:
    """One parameter: name, unit, origin, frozen value and both ends of its range."""

    name: str
    unit: str
    origin: str
    value: float
    low: float
    high: float


def parameter_ranges(fit: Fit) -> list[ParameterRange]:
    """List the eight parameters; fitted ones range over their intervals, assumed ones over plausible values."""
    fitted = [
        ("slope", "bp/yr per $bn"),
        ("placement_rate", "share per day"),
        ("risk_speed", "share of excess per day"),
    ]
    rows = [ParameterRange(name, unit, "fitted", getattr(fit, name), *fit.intervals[name]) for name, unit in fitted]
    return [
        *rows,
        ParameterRange("capacity_multiple", "multiple", "not identified", fit.capacity_multiple, 1.0, 4.0),
        ParameterRange("capacity_usd_bn", "$bn", "assumption", 90.0, 45.0, 180.0),
        ParameterRange("volatility_floor_bp", "bp/yr", "assumption", 6.0, 4.0, 9.0),
        ParameterRange("buffer_sd", "standard deviations", "assumption", 5.0, 2.0, 8.0),
        ParameterRange("era_leverage", "times", "assumption", 25.0, 15.0, 40.0),
    ]


def sensitivity(
    frozen: Parameters | None = None, capacity_multiple: float = 2.0, ran: Callable[[], None] = lambda: None
) -> pd.DataFrame:
    """Run two episodes with each parameter at both ends of its range and the others frozen; ``ran`` follows each run.

    Returns
    -------
    DataFrame
        Per parameter: `unit`, `origin`, `value`, `low`, `high`, and the change in gross shorts, percent, at both ends:
        `march_low`, `march_high` (3 to 31 March 2020), `april_low`, `april_high` (1 to 15 April 2025). Those of
        the base run are in `attrs["march"]` and `attrs["april"]`. Era leverage of April 2025 moves in proportion.
    """
    fit = (frozen or parameters()).fit(capacity_multiple)
    episodes = {
        "march": (episode_market("march-2020"), "2020-03-03", "2020-03-31"),
        "april": (episode_market("april-2025"), "2025-04-01", "2025-04-15"),
    }
    rows = []
    for parameter in parameter_ranges(fit):
        row: dict[str, object] = {**vars(parameter)}
        for name, (market, start, end) in episodes.items():
            for side in ("low", "high"):
                share = getattr(parameter, side) / parameter.value
                row[f"{name}_{side}"] = _run_with(market, fit, parameter.name, share).change(start, end)
                ran()
        rows.append(row)
    result = pd.DataFrame(rows).set_index("name")
    for name, (market, start, end) in episodes.items():
        result.attrs[name] = run_episode(market, fit).change(start, end)
        ran()
    return result


def _run_with(market: EpisodeMarket, fit: Fit, name: str, share: float) -> Episode:
    """Run the episode with one parameter multiplied by ``share``."""
    era = market_era(market.scenario)
    if name in Fit.model_fields:
        return run_episode(market, fit.model_copy(update={name: share * getattr(fit, name)}))
    changed = era.model_copy(update={name: share * getattr(era, name)})
    return run_episode(replace(market, scenario=market.scenario.model_copy(update={"market": changed})), fit)
