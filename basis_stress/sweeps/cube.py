"""The cube of a sweep: one file whose sliders need no server, with the outcome of every cell over up to four axes."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from basis_engine.base.errors import InputError
from basis_engine.simulation.names import Constraint
from basis_stress.reporting.files import save
from basis_stress.reporting.html import embedded, fill, inlined
from basis_stress.reporting.outcomes import OUTCOMES, label, name_of
from basis_stress.sweeps.maps import map_axes
from basis_stress.sweeps.outcome_map_figure import axis_label
from basis_stress.sweeps.page import inputs, maps, scenario_title
from basis_stress.sweeps.reading import Sweep
from basis_stress.sweeps.text import describe, outcome_cells

MOST_AXES = 4
MOST_CELLS = 400_000
"""Cells of all scenarios: about 2.2 MB of page."""
_CONSTRAINTS = [name_of(member) for member in Constraint]
_NONE = -32768


def render(sweep: Sweep, x: str | None = None, y: str | None = None) -> str:
    """Render the cube of a sweep as one self-contained HTML page; equal sweeps give equal bytes.

    Raises
    ------
    InputError
        If the sweep is no grid of books over two to four axes, or has too many cells.
    """
    _check(sweep)
    across, up = map_axes(sweep, x, y, {})
    cube = {
        "axes": [_axis(sweep, name) for name in sweep.axes],
        "x": across,
        "y": up,
        "outcomes": [[name, label(name)] for name in OUTCOMES],
        "constraints": _CONSTRAINTS,
        "scenarios": [_cells(sweep, name) for name in sweep.scenarios],
    }
    data = json.dumps(cube, separators=(",", ":")).replace("<", "\\u003c")
    return fill(
        "cube.html",
        title=" and ".join(sweep.scenarios[:3]),
        headline=describe(sweep).splitlines()[:2],
        outcomes=outcome_cells(sweep),
        pictures=embedded(maps(sweep, x, y, {}, None)),
        inputs=inputs(sweep),
        script=f"{inlined('outcome-map.js', 'tables.js', 'cube.js')}\nshowCube({data});",
    )


def write(sweep: Sweep, path: str | os.PathLike[str], x: str | None = None, y: str | None = None) -> Path:
    """Write the cube; see `render`, and `basis_stress.reporting.files.save`."""
    return save(render(sweep, x, y), path, "report")


def _check(sweep: Sweep) -> None:
    """Refuse a sweep that a cube cannot show."""
    if sweep.market or sweep.kind != "grid":
        raise InputError(f"--interactive: needs a grid of books, and this is {sweep.kind}; sweep axes as lo:hi:step")
    if not 2 <= len(sweep.axes) <= MOST_AXES:
        raise InputError(f"--interactive: {len(sweep.axes)} axes given, allowed are 2 to {MOST_AXES}; sweep those")
    if sweep.size > MOST_CELLS:
        raise InputError(f"--interactive: {sweep.size:,} cells given, allowed are {MOST_CELLS:,}; sweep fewer levels")


def _levels(sweep: Sweep, name: str) -> list[float]:
    """Levels of an axis, ascending."""
    return [float(v) for v in next(a for a in sweep.manifest["design"]["axes"] if a["name"] == name)["levels"]]


def _axis(sweep: Sweep, name: str) -> dict[str, Any]:
    """An axis with its label, and the level that changes nothing or the lowest."""
    levels = _levels(sweep, name)
    neutral = levels.index(1.0) if name in ("margin_multiple", "yield_scale") and 1.0 in levels else 0
    return {"name": name, "label": axis_label(name), "levels": levels, "at": neutral}


def _cells(sweep: Sweep, scenario: str) -> dict[str, str]:
    """Outcome, constraint and return (hundredths of a percent) of a scenario's cells, in the order of the axes."""
    table = sweep.table([*sweep.axes, "outcome", "constraint", "return"], scenario)
    table = table.sort_values(sweep.axes, kind="stable")
    returns = np.clip(np.nan_to_num(1e4 * table["return"].to_numpy(float), nan=_NONE), _NONE, 32767)
    constraint = pd.Categorical(table["constraint"].astype(str), _CONSTRAINTS).codes
    return {
        "title": scenario_title(scenario),
        "outcome": _text(table["outcome"].cat.codes.to_numpy(np.uint8)),
        "constraint": _text(constraint.astype(np.uint8)),
        "result": _text(np.rint(returns).astype("<i2")),
    }


def _text(numbers: np.ndarray[Any, Any]) -> str:
    """Bytes as base64."""
    return base64.b64encode(numbers.tobytes()).decode()
