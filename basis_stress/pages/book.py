"""The page of a backtest, and what every page is made of: one HTML file that holds its figures and loads nothing."""

from __future__ import annotations

import base64
import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

from basis_stress import tables, views, wording
from basis_stress.figures import book as figures
from basis_stress.files import save

if TYPE_CHECKING:
    from basis_stress.frames import Frames

_MOST_EVENTS = 400
_OPEN_EVENTS = 12  # a longer log is folded away

_NOTICES = (
    "Source: CME Group (contract terms, deliverable baskets and conversion factors, quoted as facts).",
    "Par yields: US Department of the Treasury.",
    "The SOFR and EFFR data are subject to the Terms of Use posted at newyorkfed.org. The New York Fed is not "
    "responsible for publication of the SOFR and EFFR data by basis-stress, does not sanction or endorse any "
    "particular republication, and has no liability for your use.",
    "The Secured Overnight Financing Rate (SOFR) Data and Broad General Collateral Rate (BGCR) Data are calculated "
    "using data provided under a license granted to the New York Fed by DTCC Solutions LLC (“Solutions”), an "
    "affiliate of The Depository Trust & Clearing Corporation. Solutions, its affiliates, and third parties from "
    "which they obtained data have no liability for the content of this material.",
)


def _version() -> str:
    """The installed version, or a word for a source tree that was never installed."""
    try:
        return version("basis-stress")
    except PackageNotFoundError:
        return "(source tree)"


def setting(value: object) -> str:
    """A setting as text: floats without noise, lists joined."""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:.6g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return str(value)


def fill(template: str, **facts: Any) -> str:
    """Fill a page of `templates`; notices and version are added."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(notices=_NOTICES, version=_version(), **facts)


def embedded(pictures: list[figures.Picture]) -> list[tuple[figures.Picture, str]]:
    """Pictures, each with its SVG in base64."""
    return [(picture, base64.b64encode(picture.svg.encode()).decode()) for picture in pictures]


def render(result: Frames) -> str:
    """Render a result as one self-contained HTML page; equal results give equal bytes."""
    days = views.business_days(result)
    events = tables.event_cells(result, _MOST_EVENTS)
    return fill(
        "report.html",
        scenario=result.scenario,
        title=wording.title(result),
        headline=wording.headline(result),
        window=f"{wording.day(days[0])} {days[0].year} to {wording.day(days[-1])} {days[-1].year}",
        summary=tables.summary_cells(result),
        daily=tables.daily_cells(result),
        pictures=embedded(figures.draw(result)),
        settings={wording.words(name): setting(value) for name, value in result.settings.items()},
        assumptions=result.assumptions,
        events=events,
        events_all=int((result.events["event"] != "price_move").sum()),
        events_open=len(events[1]) <= _OPEN_EVENTS,
        clock=views.clock(result),
    )


def write(result: Frames, path: str | os.PathLike[str]) -> Path:
    """Write the report to ``path``; see `basis_stress.files.save`."""
    return save(render(result), path, "report")
