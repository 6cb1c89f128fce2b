"""The page of a sweep: one HTML file with the outcome map, break-even leverage, and what matters."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from basis_engine.base.errors import InputError
from basis_stress.catalogue.listing import scenarios
from basis_stress.reporting import formatting
from basis_stress.reporting.figure_style import Picture
from basis_stress.reporting.files import save
from basis_stress.reporting.html import embedded, fill
from basis_stress.reporting.outcomes import MEANINGS
from basis_stress.sweeps import effects_figures as effects
from basis_stress.sweeps import outcome_map_figure as outcome_map
from basis_stress.sweeps.comparing import moves
from basis_stress.sweeps.maps import map_axes
from basis_stress.sweeps.measures import measure
from basis_stress.sweeps.text import break_even_sentence, entry_sentence, fate_cells, told

if TYPE_CHECKING:
    from basis_stress.sweeps.reading import Sweep

_BOOKS, _MARKETS = ("return", "worst_day", "loss"), ("shorts_change", "peak_dislocation_bp")
_MOST_PANELS = 4
_MOST_CELLS = 3_000_000
"""Past these a page holds outcomes and the map only, so that writing it takes no more memory than the sweep did."""


def render(sweep: Sweep, x: str | None, y: str | None, at: Mapping[str, float], against: Sweep | None) -> str:
    """Render a sweep as one self-contained HTML page; equal sweeps give equal bytes."""
    pictures = _maps(sweep, x, y, at, against)
    if sweep.size <= _MOST_CELLS:
        pictures += [*_break_even(sweep), *_effects(sweep)]
    return fill(
        "sweep.html",
        title=" and ".join(sweep.scenarios[:3])
        + (f" and {len(sweep.scenarios) - 3} more" * (len(sweep.scenarios) > 3)),
        headline=told(sweep).splitlines()[:_MOST_PANELS],
        fates=None if sweep.market else fate_cells(sweep),
        pictures=embedded(pictures),
        comparison=None if against is None or sweep.market else _comparison(sweep, against),
        axes=_axis_cells(sweep),
        made=_made(sweep),
        books=not sweep.market,
        orderly=_orderly(sweep),
    )


def write(
    sweep: Sweep,
    path: str | os.PathLike[str],
    x: str | None = None,
    y: str | None = None,
    at: Mapping[str, float] | None = None,
    against: Sweep | None = None,
) -> Path:
    """Write the page.

    Raises
    ------
    InputError
        If the axes asked did not vary, the sweeps cannot be compared, or the path cannot be written.
    """
    return save(render(sweep, x, y, at or {}, against), path, "report")


def _title(name: str) -> str:
    """What a scenario is called, in short."""
    known = scenarios().set_index("name")["title"]
    return str(known[name]).split(":")[0] if name in known.index and known[name] else name


def _orderly(sweep: Sweep) -> str:
    """Paths in which no widening of the basis is stated."""
    paths = zip(sweep.manifest["scenarios"], sweep.manifest["files"], strict=True)
    found = [_title(one["name"]) for one, files in paths if not one.get("dislocations") and "basis" not in files]
    return formatting.listing(found) if found else ""


def _maps(sweep: Sweep, x: str | None, y: str | None, at: Mapping[str, float], against: Sweep | None) -> list[Picture]:
    """The outcome map, a panel per path; of two sweeps, a panel per sweep."""
    if sweep.market or (len(sweep.axes) < 2 and not (x or y)):
        return []
    across, up = map_axes(sweep, x, y, at)
    chosen = [(sweep, name, _title(name)) for name in sweep.scenarios[:_MOST_PANELS]]
    if against is not None:
        pairs = ((sweep, sweep.scenarios[0]), (against, against.scenarios[0]))
        chosen = [(one, name, f"{_title(name)}: {one.folder.name}") for one, name in pairs]
    maps = [one.outcome_map(across, up, at=at, scenario=name) for one, name, _ in chosen]
    if len({int(fate) for one in maps for fate in np.unique(one.outcome)} - {-1}) < 2:
        return []  # one colour says nothing that the table does not
    others = formatting.listing([formatting.words(name) for name in maps[0].others]) if maps[0].others else ""
    caption = (
        "What became of a book at each pair of levels, and what bound first: forced to sell means by order of a limit; "
        "wiped out, in default; cannot enter, that haircut and initial margin ask more than its equity. "
        + (f"The worst over {others} is shown." if others else "")
        + "".join(
            f" Held: {formatting.words(name)} {outcome_map.level_text(name, value)}." for name, value in at.items()
        )
        + f" {entry_sentence(maps, [text for _, _, text in chosen])}"
    )
    title = f"Outcome over {formatting.words(across)} and {formatting.words(up)}"
    return [Picture("map", title, caption.strip(), outcome_map.outcome_maps(maps, [text for _, _, text in chosen]))]


def _break_even(sweep: Sweep) -> list[Picture]:
    """Break-even leverage along another axis, where leverage was swept on a grid."""
    if sweep.market or sweep.kind != "grid" or "leverage" not in sweep.axes or len(sweep.axes) < 2:
        return []
    table = sweep.break_even()
    lengths = {name: table[name].nunique() for name in sweep.axes if name != "leverage"}
    along = max(lengths, key=lambda name: lengths[name])
    by = None if len(sweep.scenarios) > 1 else next((name for name in lengths if name != along), None)
    caption = break_even_sentence(table, "leverage") + " Lines show the least over all axes not drawn."
    drawn = effects.break_even(table, "leverage", along, by)
    return [Picture("break-even", "Highest leverage that holds without a forced sale", caption, drawn)]


def _effects(sweep: Sweep) -> list[Picture]:
    """Measures along each axis, and what their variance comes from."""
    pictures = []
    for name in _MARKETS if sweep.market else _BOOKS:
        what, table = measure(name, sweep.market), sweep.marginals(name)
        if not table["mean"].notna().any() or table["high"].max() == table["low"].min():
            continue
        caption = "Mean (line) and nine tenths of the cells that entered (band), over all levels of the other axes."
        pictures.append(Picture(name, what.title.capitalize(), caption, effects.marginals(table, what)))
    return pictures + [
        picture for name in (_MARKETS[:1] if sweep.market else _BOOKS[:2]) for picture in _variance(sweep, name)
    ]


def _variance(sweep: Sweep, name: str) -> list[Picture]:
    """What the variance of one measure comes from, of the first path: Sobol indices where the design has them."""
    title = measure(name, sweep.market).title.split(",")[0]
    of = f"{_title(sweep.scenarios[0])}: share of the variance of {title}"
    if len(sweep.axes) < 2:
        return []
    if sweep.kind == "saltelli":
        try:
            found = sweep.indices(name)
        except InputError:  # the same in every cell
            return []
        caption = (
            f"{of} that each axis brings alone (first-order index) and with its interactions (total index); black "
            f"lines: 95% bootstrap intervals. {_most(found)}{_counted(found)}"
        )
        return [Picture(f"sobol-{name}", f"What the {title} depends on", caption, effects.sobol(found))]
    table = sweep.effects(name)
    mine = table[table["scenario"] == sweep.scenarios[0]]
    if not mine["share"].sum() > 0:
        return []
    left = formatting.percent(max(1 - float(mine["share"].sum()), 0.0), 1)
    caption = (
        f"{of}: axes alone (blue), and pairs beyond both (orange); {left} lies in three axes or more at once, or "
        f"within steps of an axis.{_counted(mine)}"
    )
    return [Picture(f"variance-{name}", f"What the {title} depends on", caption, effects.shares(mine))]


def _most(table: pd.DataFrame) -> str:
    """Which axis matters most, by its total index."""
    first = table.sort_values("total", ascending=False).iloc[0]
    axis = outcome_map.axis_label(str(first.name)).split(",")[0]
    alone, total = (formatting.percent(max(float(first[name]), 0.0), 0) for name in ("first", "total"))
    return f"Most comes from {axis}: {alone} alone, {total} with its interactions."


def _counted(table: pd.DataFrame) -> str:
    """What was made of cells that never entered, where there are any."""
    without = int(table["not_entered"].iloc[0])
    books = f"{without:,} books that cannot enter" if without > 1 else "One book that cannot enter"
    return f" {books} stayed in cash and count as 0." if without else ""


def _comparison(sweep: Sweep, against: Sweep) -> tuple[str, tuple[list[str], list[list[str]]]]:
    """What changed between two sweeps: a sentence, and cells by fate in both."""
    both = sweep.compare(against)
    table = moves(both)
    worse = int(both["worse"].sum())
    better = int((both["outcome_other"].cat.codes < both["outcome"].cat.codes).sum())
    sentence = (
        f"Of {len(both):,} cells that both ran, {worse:,} fare worse in {against.folder.name} than in "
        f"{sweep.folder.name}, {better:,} better."
    )
    rows = [[MEANINGS[str(fate)], *(f"{int(n):,}" if n else "–" for n in row)] for fate, row in table.iterrows()]
    heads = [f"{sweep.folder.name} ↓ {against.folder.name} →", *(MEANINGS[str(fate)] for fate in table.columns)]
    return sentence, (heads, rows)


def _axis_cells(sweep: Sweep) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of the axes."""
    rows = []
    for one in sweep.manifest["design"]["axes"]:
        name = str(one["name"])
        ends = (one["levels"][0], one["levels"][-1]) if "levels" in one else (one.get("low"), one.get("high"))
        text = "as in the table" if None in ends else " to ".join(outcome_map.level_text(name, end) for end in ends)
        rows.append([formatting.words(name), text, f"{len(one['levels']):,}" if "levels" in one else "–"])
    return ["axis", "from, to", "levels"], rows


def _made(sweep: Sweep) -> list[str]:
    """What made the sweep, a sentence each."""
    told_of, design = sweep.manifest, sweep.manifest["design"]
    same: dict[str, object] = told_of.get("book", told_of.get("settings", {}))
    seed = f", seed {design['seed']}" if "seed" in design else ""
    return [
        f"{sweep.size:,} cells; design {design['kind']}{seed}."
        + (" Effects of so many cells are left to `bs.read_sweep`." if sweep.size > _MOST_CELLS else ""),
        "The same in every cell: " + ", ".join(f"{formatting.words(k)} {_said(v)}" for k, v in same.items()) + ".",
        f"Digest of the code {told_of['code']}, of the data {told_of['data']}; "
        + ", ".join(f"{name} {number}" for name, number in told_of["versions"].items())
        + ".",
    ]


def _said(value: object) -> str:
    """A setting as text."""
    return f"{value:.6g}" if isinstance(value, float) and not pd.isna(value) else str(value).lower()
