"""What charts and the day-by-day table show of a result, as plain data: series by day, and events with their causes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from basis_data.markets.yield_paths import observed
from basis_data.tables.fields import TENORS
from basis_stress.reporting import formatting
from basis_stress.single_book import views
from basis_stress.single_book.tabulate import event_columns

if TYPE_CHECKING:
    from basis_stress.single_book.result import Result

_CAUSES = 6
"""Events shown of one day."""
_UNTOLD = ("price_move", "entry", "end_of_window")


def events_by_day(result: Result) -> dict[str, list[str]]:
    """Events of each day in words: ``15:00 call raised $112m variation margin, for price move``."""
    log = event_columns(result.run.log, [fund.name for fund in result.plan.funds], result.priced.labels)
    found: dict[str, list[str]] = {}
    left: dict[str, int] = {}
    columns = (log[name] for name in ("time", "event", "claim", "cause", "amount_usd", "level"))
    for time, event, claim, cause, amount, level in zip(*columns, strict=True):
        if event in _UNTOLD:
            continue
        day = f"{time:%Y-%m-%d}"
        if len(found.setdefault(day, [])) == _CAUSES:
            left[day] = left.get(day, 0) + 1
            continue
        size = formatting.usd(abs(amount)) if amount == amount and amount else f"{level:.4g}" if level == level else ""
        words = " ".join(filter(None, [f"{time:%H:%M}", formatting.words(event), formatting.words(claim), size]))
        found[day].append(words + (f" (cause: {formatting.words(cause)})" if cause else ""))
    for day, number in left.items():
        found[day].append(f"and {number} more")
    return found


def series(result: Result) -> dict[str, Any]:
    """Series by day, for the charts."""
    funds, cash = views.funds_by_day(result), views.cash_by_day(result)
    days = funds.index
    lines = {str(name): column.to_numpy() for name, column in cash.items()}
    every = {leg: lines[leg] for leg in views.LEGS if lines[leg].any()}
    every["carry"] = np.sum([lines[name] for name in views.CARRY], axis=0)
    rest = [line for name, line in lines.items() if name not in (*views.LEGS, *views.CARRY)]
    every["other"] = np.sum(rest, axis=0)
    after = {name: [0.0, *line[1:].tolist()] for name, line in every.items()}
    return {
        "dates": [f"{day:%Y-%m-%d}" for day in days],
        **{name: _numbers(funds[name]) for name in ("equity", "cash", "free", "leverage")},
        "legs": after,
        "leg_names": {name: formatting.words(name) for name in after},
        "yields": {tenor: _numbers(line) for tenor, line in views.par_yields(result, ("2y", "10y", "30y")).items()},
        "observed": _observed(result, days),
        "marks": {f"{day:%Y-%m-%d}": words[0] for day, words in views.notes_by_day(result).items()},
        "clock": views.clock(result),
    }


def _observed(result: Result, days: pd.Index) -> dict[str, list[float | None]]:
    """Yields as published on the same days, where those of the scenario differ."""
    if not result.scenario.moves_yields or result.scenario.moves_from is not None:
        return {}
    published = 100 * observed(days.to_numpy().astype("datetime64[D]"), [], result.scenario.files.par_yields)
    return {tenor: _numbers(published[:, list(TENORS).index(tenor)]) for tenor in ("2y", "10y", "30y")}


def _numbers(series: Any) -> list[float | None]:
    """Numbers of a series, None for NaN."""
    return [value if math.isfinite(value) else None for value in np.asarray(series, np.float64).tolist()]
