"""The catalogue: every embedded scenario with its days, moves, story and source."""

import numpy as np
import pandas as pd

from basis_data.markets.yield_paths import yield_path
from basis_data.scenarios.scenario import Scenario, names, scenario
from basis_data.scenarios.sentence import changes
from basis_data.tables.calendars import mark_days
from basis_data.tables.fields import TENORS

SHOWN = ("2y", "10y", "30y")
COLUMNS = ["name", "title", "start", "end", "moves", "story", "source", "base"]


def scenarios() -> pd.DataFrame:
    """Every embedded scenario, a row each: `name`, `title`, `start`, `end`, `moves`, `story`, `source`, `base`.

    `moves` is the largest move of the 2-, 10- and 30-year yields from the first day, and whatever else is changed;
    `base` names the scenario that it is compared with, if it has one.
    """
    rows = [{**each.model_dump(include=set(COLUMNS)), "moves": moves_of(each)} for each in map(scenario, names())]
    return pd.DataFrame(rows, columns=COLUMNS)


def moves_of(chosen: Scenario) -> str:
    """The largest move of the shown yields from the first day, in basis points, and every other change."""
    yields = 1e4 * shown_yields(chosen)
    moves = yields - yields.iloc[0]
    largest = moves.abs().to_numpy().argmax(axis=0)
    largest_moves = [
        f"{tenor} {moves[tenor].iloc[at]:+.0f}".replace("-", "−") for tenor, at in zip(SHOWN, largest, strict=True)
    ]
    within = [f"{len(chosen.intraday)} marks within the day"] if chosen.intraday else []
    return "; ".join([f"{', '.join(largest_moves)} bp", *within, *changes(chosen)])


def shown_yields(chosen: Scenario) -> pd.DataFrame:
    """Par yields of the scenario's days at the 2, 10 and 30 years, decimal; nothing is priced."""
    days = mark_days(chosen.start, chosen.end)
    columns = [list(TENORS).index(tenor) for tenor in SHOWN]
    index = pd.DatetimeIndex(days.astype("datetime64[ns]"), name="date")
    return pd.DataFrame(np.asarray(yield_path(chosen, days))[:, columns], index, list(SHOWN))
