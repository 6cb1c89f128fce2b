"""The pages of the catalogue: one scenario, and two runs side by side."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from basis_data.scenarios.differences import changed_title
from basis_data.scenarios.scenario import Scenario
from basis_data.scenarios.sentence import span
from basis_stress.catalogue.figure import picture
from basis_stress.catalogue.listing import moves_of, shown_yields
from basis_stress.catalogue.text import field_cells, side_by_side_cells
from basis_stress.reporting.comovement import stocks_bonds_dollar
from basis_stress.reporting.formatting import TableText, words
from basis_stress.reporting.html import embedded, fill, setting
from basis_stress.reporting.shocks import difference_cells, nature


def render(chosen: Scenario) -> str:
    """Render a scenario as one self-contained HTML page; nothing is priced, equal scenarios give equal bytes."""
    return fill(
        "scenario.html",
        scenario=chosen,
        title=changed_title(chosen),
        window=span(chosen.start, chosen.end),
        nature=nature(chosen),
        moves=moves_of(chosen),
        together=stocks_bonds_dollar(chosen),
        changes=difference_cells(chosen),
        pictures=embedded([picture(chosen)]),
        yields=_yield_cells(chosen),
        given=(["field", "value", "unit"], field_cells(chosen)),
        command=f"basis-stress backtest {chosen.name} --leverage 50",
    )


def _yield_cells(chosen: Scenario) -> TableText:
    """Par yields by day, percent."""
    table = 100 * shown_yields(chosen)
    rows = [[f"{day:%Y-%m-%d}", *(f"{v:.2f}".replace("-", "−") for v in row)] for day, row in table.iterrows()]
    return ["date", *(f"{name}, % a year" for name in table)], rows


def render_comparison(
    chosen: Scenario, base: Scenario, table: pd.DataFrame, options: Mapping[str, object], market: bool
) -> str:
    """Render two runs side by side as one self-contained HTML page."""
    heads, *rows = side_by_side_cells(table)
    of = "The market of funds" if market else "One basis book"
    return fill(
        "side_by_side.html",
        scenario=chosen,
        base=base,
        title=changed_title(chosen),
        headline=_headline(of, rows, chosen, base),
        nature=nature(chosen),
        changes=difference_cells(chosen),
        both=(["figure", *heads[1:]], rows),
        pictures=embedded([picture(chosen, base)]),
        settings=[[words(name), setting(value)] for name, value in options.items()]
        or [["every option", "as the command has it by default"]],
    )


def _headline(of: str, rows: list[list[str]], chosen: Scenario, base: Scenario) -> str:
    """What differs most plainly between the two runs."""
    told = {row[0]: row[1:] for row in rows}
    parts = [
        f"{name} {before} in {base.name} and {after} in {chosen.name}"
        for name, (before, after) in told.items()
        if name in ("outcome", "return")
    ]
    lone = sum(row[0] == "outcome" for row in rows) == 1
    return f"{of} through both scenarios with the same options{': ' + '; '.join(parts) if lone else ''}."
