"""Panels that take longer than a drag allows: what breaks the book, and the market of funds."""

from __future__ import annotations

from typing import Any

from basis_engine.base.errors import InputError
from basis_stress.breaking.find import find_breaking_point
from basis_stress.breaking.levers import LEVERS, levered_book
from basis_stress.explorer.answers import plain
from basis_stress.explorer.controls import WINDOW
from basis_stress.explorer.state import State
from basis_stress.front_door.backtest import backtest
from basis_stress.funds_market import captions
from basis_stress.reporting import formatting
from basis_stress.reporting.outcomes import UNTIL, condition

STEPS = 200


def breaks(state: State) -> dict[str, Any]:
    """The smallest value of each lever at which the book comes to each outcome, or a worse one."""
    if state.book is not None:
        raise InputError("break: a book of positions cannot be searched; take the book off to see the table")
    scenario, terms = state.scenario(), state.terms
    rows = []
    for name, lever in LEVERS.items():
        of = levered_book(scenario, name, state.contract or None, None, state.execution, **terms)
        cells = []
        for until in UNTIL:
            found = find_breaking_point(of, until, steps=STEPS)
            if not len(found.brackets):
                cells.append("never, up to " + lever.describe(found.high))
                continue
            first = "without any change" if found.value == lever.neutral != 0.0 or found.value == 0.0 else None
            why = "" if found.constraint == "none" else f", {found.constraint} first"
            again = "" if found.monotone else "; safe again above"
            cells.append(f"{first or lever.describe(found.value)}{why}{again}")
        rows.append([lever.title, *cells])
    return {"heads": ["lever", *(condition(name) for name in UNTIL)], "rows": rows}


def market(state: State) -> dict[str, Any]:
    """The market of funds through the scenario: who sold, dealers, basis; a column per capacity multiple."""
    stated = {name: state.options[name] for name in WINDOW if name in state.options}
    result = backtest(state.scenario_name, market=True, **stated)
    heads = ["the market", *(f"capacity multiple {multiple:g}" for multiple in result.capacity_multiples)]
    named = {
        "fund_sales_usd": "basis funds forced to sell",
        "swap_sales_usd": "swap-spread funds sold",
        "peak_inventory_usd": "dealers' largest inventory",
        "peak_dislocation_bp": "widest basis, bp of price",
        "amplification": "sales with feedback over sales without",
    }
    rows = [
        [text, *(_cell(name, value) for value in result.summary[name])]
        for name, text in named.items()
        if name in result.summary
    ]
    middle = result.dealers[result.dealers["capacity_multiple"] == result.middle]
    return {
        "sentence": f"{captions.cascade(result)} {captions.dealers(result)}",
        "heads": heads,
        "rows": rows,
        "series": {
            "dates": [f"{day:%Y-%m-%d}" for day in result.days],
            "sold": {
                book: [plain(value) for value in mine.groupby("date")["sold_usd"].sum()]
                for book, mine in result.funds[result.funds["capacity_multiple"] == result.middle].groupby("book")
            },
            "inventory": [plain(value) for value in middle["inventory"]],
        },
        "left_out": sorted(set(state.options) - set(stated)),
    }


def _cell(name: str, value: float) -> str:
    """A number of the summary with its unit."""
    if name.endswith("_usd"):
        return formatting.usd(value)
    return f"{value:.3g}" if value == value else "–"
