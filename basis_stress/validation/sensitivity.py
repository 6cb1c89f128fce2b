"""The eight parameters of the market of funds: unit, origin, range, and what moving each does to two episodes."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd

from basis_data.markets.parameters import Fit, Parameters, parameters
from basis_data.scenarios.scenario import market_era
from basis_stress.funds_market.episodes import Episode, Stage, play, stage


@dataclass(frozen=True)
class Moved:
    """One parameter: its name, unit and origin, and the two values it is moved to."""

    name: str
    unit: str
    origin: str
    value: float
    low: float
    high: float


def table_of(fit: Fit) -> list[Moved]:
    """The eight parameters; fitted ones move over their intervals, assumed ones over what is plausible."""
    fitted = [
        ("slope", "bp/yr per $bn"),
        ("decay", "share per day"),
        ("risk_speed", "share of excess per day"),
    ]
    rows = [Moved(name, unit, "fitted", getattr(fit, name), *fit.intervals[name]) for name, unit in fitted]
    return [
        *rows,
        Moved("kink", "multiple", "not identified", fit.kink, 1.0, 4.0),
        Moved("capacity_usd_bn", "$bn", "assumption", 90.0, 45.0, 180.0),
        Moved("volatility_floor_bp", "bp/yr", "assumption", 6.0, 4.0, 9.0),
        Moved("buffer_sd", "standard deviations", "assumption", 5.0, 2.0, 8.0),
        Moved("era_leverage", "times", "assumption", 25.0, 15.0, 40.0),
    ]


def sensitivity(
    frozen: Parameters | None = None, kink: float = 2.0, say: Callable[[str], None] = lambda text: None
) -> pd.DataFrame:
    """Move each parameter to both ends of its range, the others as frozen.

    Returns
    -------
    DataFrame
        Per parameter: `unit`, `origin`, `value`, `low`, `high`, and the change in gross shorts, percent, at both ends:
        `march_low`, `march_high` (3 to 31 March 2020), `april_low`, `april_high` (1 to 15 April 2025). The base run's
        are in `attrs["march"]` and `attrs["april"]`. Era leverage of April 2025 moves in proportion.
    """
    fit = (frozen or parameters()).fit(kink)
    episodes = {
        "march": (stage("march-2020"), "2020-03-03", "2020-03-31"),
        "april": (stage("april-2025"), "2025-04-01", "2025-04-15"),
    }
    rows = []
    for one in table_of(fit):
        say(f"{one.name} ...")
        row: dict[str, object] = {**vars(one)}
        for name, (on, start, end) in episodes.items():
            for side in ("low", "high"):
                share = getattr(one, side) / one.value
                row[f"{name}_{side}"] = _moved(on, fit, one.name, share).change(start, end)
        rows.append(row)
    result = pd.DataFrame(rows).set_index("name")
    for name, (on, start, end) in episodes.items():
        result.attrs[name] = play(on, fit).change(start, end)
    return result


def _moved(on: Stage, fit: Fit, name: str, share: float) -> Episode:
    """The run with one parameter multiplied."""
    era = market_era(on.scenario)
    if name in Fit.model_fields:
        return play(on, fit.model_copy(update={name: share * getattr(fit, name)}))
    market = era.model_copy(update={name: share * getattr(era, name)})
    return play(replace(on, scenario=on.scenario.model_copy(update={"market": market})), fit)
