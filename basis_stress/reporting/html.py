"""Templates and notices of every page: one HTML file that holds its figures and loads nothing."""

from __future__ import annotations

import base64
import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from basis_stress.reporting.colours import css
from basis_stress.reporting.outcomes import DEFINITIONS, label
from basis_stress.reporting.pictures import Picture
from basis_stress.reporting.units import unit_of

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


STATIC = Path(__file__).parent / "static"
"""Script modules that the explorer and the reports share."""
VENDOR = Path(__file__).parent / "vendor"
"""Files of others, unchanged, with licence and digest."""


def _version() -> str:
    """The installed version, or "(source tree)" where the package is not installed."""
    try:
        return version("basis-stress")
    except PackageNotFoundError:
        return "(source tree)"


def inlined(*names: str) -> str:
    """Script modules of `STATIC` as one script, without the imports and exports between them."""
    lines = [line for name in names for line in (STATIC / name).read_text(encoding="utf-8").splitlines()]
    return "\n".join(line.removeprefix("export ") for line in lines if not line.startswith("import "))


def setting(value: object) -> str:
    """A setting as text: floats without noise, lists joined."""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:.6g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return str(value)


def fill(template: str, **facts: Any) -> str:
    """Fill a template of any ``templates`` folder; every template also gets notices, version and `DEFINITIONS`."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(sorted(Path(__file__).parents[1].glob("*/templates"))),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"hover": _hover, "unit_of": unit_of}
    definitions = {label(outcome): text for outcome, text in DEFINITIONS.items()}
    common = {
        "notices": _NOTICES,
        "version": _version(),
        "definitions": definitions,
        "colours": css(),
        "shared": inlined("tables.js", "hover.js"),
    }
    return environment.get_template(template).render(**common, **facts)


def _hover(picture: Picture) -> Markup:
    """What a figure tells of its values, as JSON within single quotes; nothing for one without."""
    panels = getattr(picture.svg, "hover", ())
    text = json.dumps(panels, separators=(",", ":"), ensure_ascii=False) if panels else ""
    return Markup(text.replace("&", "&amp;").replace("<", "&lt;").replace("'", "&#39;"))


def embedded(pictures: list[Picture]) -> list[tuple[Picture, str]]:
    """Pictures, each with its SVG in base64."""
    return [(picture, base64.b64encode(picture.svg.encode()).decode()) for picture in pictures]
