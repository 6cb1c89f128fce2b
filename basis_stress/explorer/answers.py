"""What the page shows of one book, as plain data: sentences, tables and series, every number from the result."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from basis_data.scenarios.differences import changed_title
from basis_data.scenarios.scenario import scenario as load_scenario
from basis_stress.explorer.controls import CONTROLS
from basis_stress.explorer.state import State
from basis_stress.reporting import formatting
from basis_stress.reporting.html import setting
from basis_stress.reporting.outcomes import DEFINITIONS, OUTCOMES, label
from basis_stress.single_book import sentences
from basis_stress.single_book import text_tables as tables
from basis_stress.single_book.result import Result
from basis_stress.single_book.series import series, with_causes


def answer(state: State, result: Result) -> dict[str, Any]:
    """The answer for one book."""
    heads, rows = tables.daily_cells(result)
    summary_heads, summary_rows = tables.summary_cells(result)
    worst = max(map(str, result.summary["outcome"]), key=OUTCOMES.index)
    facts = zip(tables.summary_heads(result), summary_heads[1:], summary_rows[0][1:], strict=True)
    return {
        "query": state.query,
        "command": state.command,
        "python": state.python,
        "title": changed_title(result.scenario),
        "sentence": str(result.scenario),
        "headline": sentences.headline(result),
        "outcome": worst,
        "outcome_label": label(worst),
        "outcome_means": DEFINITIONS[worst],
        "facts": [fact for fact in map(list, facts) if fact[2]],
        "numbers": {name: plain(value) for name, value in _numbers_of(result).items()},
        "rest": _rest(state, result),
        "leverage": float(result.summary["leverage_start"].iloc[0]),
        "daily": {"heads": [*heads[:-1], "what happened, and its cause"], "rows": with_causes(rows, result)},
        "series": series(result),
        "settings": [[formatting.words(name), setting(value)] for name, value in result.settings.items()],
        "assumptions": result.assumptions,
    }


def _numbers_of(result: Result) -> dict[str, Any]:
    """The summary of a lone fund, or what adds up over several."""
    table = result.summary
    row = table.iloc[0] if len(table) == 1 else table.select_dtypes("number").sum()
    return {str(name): value for name, value in row.items()}


def _rest(state: State, result: Result) -> dict[str, Any]:
    """Values of the sliders that are not set: the strategy's, or the scenario's own."""
    own = load_scenario(state.scenario_name)
    asked = {name: getattr(own, name) for name in ("haircut", "margin_multiple", "yield_scale", "scenario_repo_bp")}
    rest = {name: control.default for name, control in CONTROLS.items() if control.slider}
    return {
        **rest,
        **asked,
        "leverage": plain(round(float(result.summary["leverage_start"].iloc[0]), 2)),
        "buffer": 0.0,
    }


def plain(value: Any) -> Any:
    """A value for JSON: no NaN, no NumPy, dates as ISO text."""
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else None if value is pd.NaT else value
<<<<<<< HEAD
=======


def _with_causes(rows: list[list[str]], result: Result) -> list[list[str]]:
    """Rows of the daily table, their last cell the day's events, each with its cause."""
    happened = events_by_day(result)
    return [[*row[:-1], "; ".join(happened.get(row[0], []))] for row in rows]


def events_by_day(result: Result) -> dict[str, list[str]]:
    """Events of each day in words: ``15:00 call raised $112m variation margin, for price move``."""
    log = result.events[~result.events["event"].isin(["price_move", "entry", "end_of_window"])]
    found: dict[str, list[str]] = {}
    left: dict[str, int] = {}
    for time, event, claim, cause, amount, level in zip(
        log["time"], log["event"], log["claim"], log["cause"], log["amount_usd"], log["level"], strict=True
    ):
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


def _series(result: Result) -> dict[str, Any]:
    """Series by day, for the charts."""
    funds, cash = views.funds_by_day(result), views.cash_by_day(result)
    days = funds.index
    cash = cash.reindex(days, fill_value=0.0)
    legs = {leg: cash[leg] for leg in views.LEGS if (cash[leg] != 0.0).any()}
    carry = cash[list(views.CARRY)].sum(axis=1)
    other = cash.drop(columns=[*views.LEGS, *views.CARRY]).sum(axis=1)
    every: dict[str, Any] = {**legs, "carry": carry, "other": other}
    after = {name: [0.0, *map(float, line.iloc[1:])] for name, line in every.items()}
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
    if not result.scenario.moves_yields or result.scenario.moves_from is not None:  # later days may have no yields yet
        return {}
    published = 100 * observed(days.to_numpy().astype("datetime64[D]"), [], result.scenario.files.par_yields)
    return {tenor: _numbers(pd.Series(published[:, list(TENORS).index(tenor)])) for tenor in ("2y", "10y", "30y")}


def _numbers(series: Any) -> list[float | None]:
    """Numbers of a series, None for NaN."""
    return [float(value) if math.isfinite(value) else None for value in series]
>>>>>>> 023f458 (Put episodes on any day, and refresh data into snapshots beside the embedded tables)
