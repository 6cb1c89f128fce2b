"""The page of the validation: the misses first, then every target beside a model of nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from basis_stress.reporting.html import embedded, fill
from basis_stress.validation.choices import cells, tried
from basis_stress.validation.figures import pictures
from basis_stress.validation.validate import headline

if TYPE_CHECKING:
    from basis_stress.validation.validate import Validation

HEADS = (
    "id",
    "episode",
    "what",
    "target",
    "observed",
    "±",
    "unit",
    "null",
    "null met",
    "before",
    "other flows",
    "model",
    "met",
)
_FIELDS = (
    "id",
    "episode",
    "role",
    "target",
    "observed",
    "tolerance",
    "unit",
    "null",
    "null_met",
    "before",
    "other_flows",
    "model",
    "met",
)
_VALUES = ("observed", "null", "before", "other_flows", "model")
_ROLES = {"calibration": "fit", "out-of-sample": "out of sample"}


def target_cells(table: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of targets; a target that tests no model is named so."""
    rows = []
    for row in table.to_dict("records"):
        cells = {name: str(row[name]).replace(" | ", " / ").replace("-0 ", "0 ") for name in _FIELDS}
        tests = row["null_met"] != ""
        cells["role"] = _ROLES.get(str(row["role"]), str(row["role"])) if tests else "data or arithmetic"
        rows.append([cells[name].replace("-", "−") if name in _VALUES else cells[name] for name in _FIELDS])
    return list(HEADS), rows


def ablation_cells(table: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of March 2020 without each mechanism."""
    heads = [
        "March 2020",
        "shorts to 17 Mar, %",
        "to 31 Mar, %",
        "peak, bp a year",
        "sold, $bn",
        "lowest return, %",
        "on 31 Mar, %",
        "loss",
    ]
    names = (
        *("shorts_17_mar_pct", "shorts_31_mar_pct", "spread_peak_bp", "sales_usd_bn"),
        *("lowest_return_pct", "last_return_pct", "loss"),
    )
    rows = [
        [str(name), *(f"{row[column]:z.1f}".replace("-", "−") for column in names)] for name, row in table.iterrows()
    ]
    return heads, rows


def render(result: Validation) -> str:
    """Render the page; equal results give equal bytes."""
    missed = result.table[result.table["met"] != "yes"]
    return fill(
        "validation.html",
        headline=headline(result.table),
        digest=result.digest,
        missed=target_cells(missed),
        reasons=[(str(row["id"]), str(row["reason"])) for row in missed.to_dict("records")],
        met=target_cells(result.table[result.table["met"] == "yes"]),
        without=ablation_cells(result.without),
        pictures=embedded(pictures(result.moved)),
        choices=cells(result.choices),
        tried=cells(tried()),
    )
