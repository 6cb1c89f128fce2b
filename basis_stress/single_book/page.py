"""The page of a backtest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from basis_data.scenarios.differences import changed_title
from basis_stress.reporting import formatting
from basis_stress.reporting.comovement import stocks_bonds_dollar
from basis_stress.reporting.drawing_process import begin
from basis_stress.reporting.html import VENDOR, embedded, fill, inlined, setting
from basis_stress.reporting.shocks import difference_cells, nature
from basis_stress.single_book import observed_text, sentences, views
from basis_stress.single_book import text_tables as tables
from basis_stress.single_book.series import series

if TYPE_CHECKING:
    from basis_stress.single_book.result import Result

_MOST_EVENTS = 400
_OPEN_EVENTS = 12  # a longer log is folded away


def render(result: Result) -> str:
    """Render a result as one self-contained HTML page; equal results give equal bytes."""
    _ = result.base  # which is run once, not in both processes
    pictures = begin("basis_stress.single_book.figures:draw", result)
    days = views.business_days(result)
    events = tables.event_cells(result, _MOST_EVENTS)
    return fill(
        "report.html",
        scenario=result.scenario,
        title=changed_title(result.scenario, most=0),
        changes=difference_cells(result.scenario),
        nature=" ".join(filter(None, [nature(result.scenario), str(result.settings.get("held", ""))])),
        together=stocks_bonds_dollar(result.scenario),
        headline=sentences.headline(result),
        window=f"{formatting.day(days[0])} {days[0].year} to {formatting.day(days[-1])} {days[-1].year}",
        summary=tables.summary_cells(result),
        daily=tables.daily_cells(result),
        observed=observed_text.difference_cells(result),
        entry=observed_text.entry_cells(result),
        settings={formatting.words(name): setting(value) for name, value in result.settings.items()},
        assumptions=result.assumptions,
        events=events,
        events_all=int((result.events["event"] != "price_move").sum()),
        events_open=len(events[1]) <= _OPEN_EVENTS,
        clock=views.clock(result),
        vendor=(VENDOR / "echarts.common.min.js").read_text(encoding="utf-8"),
        script=_script(result),
        pictures=embedded(pictures()),
    )


def _script(result: Result) -> str:
    """The script that draws the charts; without it the figures stand in their place."""
    data = json.dumps({"headline": sentences.headline(result), "series": series(result)}).replace("<", "\\u003c")
    modules = inlined("outcome-map.js", "charts.js", "report.js")
    return f"{modules}\nshowReport({data});"
