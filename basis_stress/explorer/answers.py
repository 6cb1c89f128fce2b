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
from basis_stress.reporting.units import unit_of
from basis_stress.single_book import sentences
from basis_stress.single_book import text_tables as tables
from basis_stress.single_book.result import Result
from basis_stress.single_book.series import events_by_day, series

_FIRST = ("outcome", *tables.DEFAULT_FACTS)
"""Facts shown first: a default explains itself before its balance sheet."""


def answer(state: State, result: Result) -> dict[str, Any]:
    """The answer for one book."""
    heads, rows = tables.daily_cells(result)
    summary_heads, summary_rows = tables.summary_cells(result)
    worst = max(map(str, result.summary["outcome"]), key=OUTCOMES.index)
    first, _, more = sentences.headline(result).partition("; ")
    happened = [[day, "; ".join(told)] for day, told in events_by_day(result).items()]
    facts = zip(tables.summary_heads(result), summary_heads[1:], summary_rows[0][1:], strict=True)
    return {
        "query": state.query,
        "command": state.command,
        "python": state.python,
        "title": changed_title(result.scenario),
        "sentence": str(result.scenario),
        "headline": f"{first.removesuffix('.')}.",
        "more": f"{more[:1].upper()}{more[1:]}",
        "outcome": worst,
        "outcome_label": label(worst),
        "outcome_means": DEFINITIONS[worst],
        "facts": sorted((fact for fact in map(list, facts) if fact[2]), key=lambda fact: fact[0] not in _FIRST),
        "numbers": {name: plain(value) for name, value in _numbers_of(result).items()},
        "rest": _rest(state, result),
        "leverage": float(result.summary["leverage_start"].iloc[0]),
        "happened": {"heads": ["date", "what happened, and its cause"], "rows": happened},
        "daily": {"heads": heads[:-1], "rows": [row[:-1] for row in rows]},
        "series": series(result),
        "settings": [
            [formatting.words(name), setting(value), unit_of(formatting.words(name))]
            for name, value in result.settings.items()
        ],
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
