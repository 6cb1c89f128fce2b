"""The page of a sweep: one HTML file with the outcome map, break-even leverage, and the effects of the axes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from basis_data.scenarios.scenario import Scenario
from basis_data.tables.validation import validated
from basis_engine.base.errors import InputError
from basis_stress.catalogue.listing import scenarios
from basis_stress.reporting import formatting
from basis_stress.reporting.html import embedded, fill, setting
from basis_stress.reporting.outcomes import label
from basis_stress.reporting.pictures import Picture
from basis_stress.reporting.shocks import difference_cells, nature
from basis_stress.sweeps import effects_figures as effects
from basis_stress.sweeps import outcome_map_figure as outcome_map
from basis_stress.sweeps.maps import map_axes
from basis_stress.sweeps.measures import measure
from basis_stress.sweeps.reading import Sweep
from basis_stress.sweeps.text import break_even_sentence, describe, entry_sentence, outcome_cells

_BOOKS, _MARKETS = ("return", "worst_day", "loss"), ("shorts_change", "peak_dislocation_bp")
_MOST_PANELS = 4
_MOST_CELLS = 3_000_000
"""Above this number a page holds outcomes and the map only, so that it needs no more memory than the sweep."""


def render(sweep: Sweep, x: str | None, y: str | None, at: Mapping[str, float], against: Sweep | None) -> str:
    """Render a sweep as one self-contained HTML page; equal sweeps give equal bytes."""
    pictures = maps(sweep, x, y, at, against)
    if sweep.size <= _MOST_CELLS:
        pictures += [*_break_even(sweep), *_effects(sweep)]
    paths = [validated(Scenario, path, "sweep") for path in sweep.manifest["scenarios"]][:_MOST_PANELS]
    return fill(
        "sweep.html",
        title=" and ".join(sweep.scenarios[:3])
        + (f" and {len(sweep.scenarios) - 3} more" * (len(sweep.scenarios) > 3)),
        headline=describe(sweep).splitlines()[:_MOST_PANELS],
        natures=[f"{path.name}: {nature(path)}" for path in paths],
        changed_cells=[difference_cells(path) for path in paths],
        outcomes=None if sweep.market else outcome_cells(sweep),
        pictures=embedded(pictures),
        comparison=None if against is None or sweep.market else _comparison(sweep, against),
        axes=_axis_cells(sweep),
        inputs=inputs(sweep),
        books=not sweep.market,
        without_dislocation=_without_dislocation(sweep),
    )


def scenario_title(name: str) -> str:
    """The title of a scenario up to its colon, or its name."""
    known = scenarios().set_index("name")["title"]
    return str(known[name]).split(":")[0] if name in known.index and known[name] else name


def _without_dislocation(sweep: Sweep) -> str:
    """Scenarios that state no widening of the basis."""
    paths = zip(sweep.manifest["scenarios"], sweep.manifest["files"], strict=True)
    found = [
        scenario_title(path["name"]) for path, files in paths if not path.get("dislocations") and "basis" not in files
    ]
    return formatting.listing(found) if found else ""


def maps(sweep: Sweep, x: str | None, y: str | None, at: Mapping[str, float], against: Sweep | None) -> list[Picture]:
    """The outcome map, a panel per scenario; of two sweeps, a panel per sweep."""
    if sweep.market or (len(sweep.axes) < 2 and not (x or y)):
        return []
    across, up = map_axes(sweep, x, y, at)
    chosen = [(sweep, name, scenario_title(name)) for name in sweep.scenarios[:_MOST_PANELS]]
    if against is not None:
        pairs = ((sweep, sweep.scenarios[0]), (against, against.scenarios[0]))
        chosen = [(each, name, f"{scenario_title(name)}: {each.folder.name}") for each, name in pairs]
    drawn_maps = [each.outcome_map(across, up, at=at, scenario=name) for each, name, _ in chosen]
    if len({int(number) for drawn in drawn_maps for number in np.unique(drawn.outcome)} - {-1}) < 2:
        return []  # a map of one colour adds nothing to the table
    others = (
        formatting.listing([formatting.words(name) for name in drawn_maps[0].others]) if drawn_maps[0].others else ""
    )
    caption = (
        "The outcome of a book at each pair of levels, and the constraint that bound first in most of its cells. "
        + (f"The worst over {others} is shown." if others else "")
        + "".join(
            f" Held at one level: {formatting.words(name)} {outcome_map.level_text(name, value)}."
            for name, value in at.items()
        )
        + f" {entry_sentence(drawn_maps, [text for _, _, text in chosen])}"
    )
    title = f"Outcome over {formatting.words(across)} and {formatting.words(up)}"
    return [
        Picture("map", title, caption.strip(), outcome_map.outcome_maps(drawn_maps, [text for _, _, text in chosen]))
    ]


def _break_even(sweep: Sweep) -> list[Picture]:
    """Break-even leverage along another axis, if leverage was swept on a grid."""
    if sweep.market or sweep.kind != "grid" or "leverage" not in sweep.axes or len(sweep.axes) < 2:
        return []
    table = sweep.break_even()
    lengths = {name: table[name].nunique() for name in sweep.axes if name != "leverage"}
    along = max(lengths, key=lambda name: lengths[name])
    by = None if len(sweep.scenarios) > 1 else next((name for name in lengths if name != along), None)
    caption = break_even_sentence(table, "leverage") + " Lines show the lowest over all axes not drawn."
    drawn = effects.break_even(table, "leverage", along, by)
    return [Picture("break-even", "Highest leverage without a forced sale", caption, drawn)]


def _effects(sweep: Sweep) -> list[Picture]:
    """Measures along each axis, and the sources of their variance."""
    pictures = []
    for name in _MARKETS if sweep.market else _BOOKS:
        chosen, table = measure(name, sweep.market), sweep.marginals(name)
        if not table["mean"].notna().any() or table["high"].max() == table["low"].min():
            continue
        caption = (
            "Mean (line) and the middle 90% of the cells that were entered (band), over all levels of the other axes."
        )
        pictures.append(Picture(name, chosen.title.capitalize(), caption, effects.marginals(table, chosen)))
    return pictures + [
        picture for name in (_MARKETS[:1] if sweep.market else _BOOKS[:2]) for picture in _variance(sweep, name)
    ]


def _variance(sweep: Sweep, name: str) -> list[Picture]:
    """Sources of the variance of one measure in the first scenario: Sobol indices if the design has them."""
    title = measure(name, sweep.market).title.split(",")[0]
    of = f"{scenario_title(sweep.scenarios[0])}: share of the variance of {title}"
    if len(sweep.axes) < 2:
        return []
    if sweep.kind == "saltelli":
        try:
            found = sweep.indices(name)
        except InputError:  # every cell has the same value
            return []
        caption = (
            f"{of} from each axis alone (first-order index) and with its interactions (total index); black "
            f"lines: 95% bootstrap intervals. {_most(found)}{_counted(found)}"
        )
        return [Picture(f"sobol-{name}", f"What the {title} depends on", caption, effects.sobol(found))]
    table = sweep.effects(name)
    mine = table[table["scenario"] == sweep.scenarios[0]]
    if not mine["share"].sum() > 0:
        return []
    left = formatting.percent(max(1 - float(mine["share"].sum()), 0.0), 1)
    caption = (
        f"{of}: axes alone (blue), and pairs in addition (orange); {left} comes from three axes or more together, "
        f"or from variation within the steps of an axis.{_counted(mine)}"
    )
    return [Picture(f"variance-{name}", f"What the {title} depends on", caption, effects.shares(mine))]


def _most(table: pd.DataFrame) -> str:
    """The axis with the largest total index."""
    first = table.sort_values("total", ascending=False).iloc[0]
    axis = outcome_map.axis_label(str(first.name)).split(",")[0]
    alone, total = (formatting.percent(max(float(first[name]), 0.0), 0) for name in ("first", "total"))
    return f"Most comes from {axis}: {alone} alone, {total} with its interactions."


def _counted(table: pd.DataFrame) -> str:
    """The number of cells that were not entered, if there are any."""
    without = int(table["not_entered"].iloc[0])
    books = f"{without:,} books that cannot enter" if without > 1 else "One book that cannot enter"
    return f" {books} stayed in cash and count as 0." if without else ""


def _comparison(sweep: Sweep, against: Sweep) -> tuple[str, tuple[list[str], list[list[str]]]]:
    """The changes between two sweeps: a sentence, and cells by outcome in both."""
    both = sweep.compare(against)
    table = pd.crosstab(both["outcome"], both["outcome_other"])
    worse = int(both["worse"].sum())
    better = int((both["outcome_other"].cat.codes < both["outcome"].cat.codes).sum())
    sentence = (
        f"Of {len(both):,} cells that both ran, {worse:,} have a worse outcome in {against.folder.name} than in "
        f"{sweep.folder.name}, {better:,} a better one."
    )
    rows = [[label(str(name)), *(f"{int(n):,}" if n else "–" for n in row)] for name, row in table.iterrows()]
    heads = [f"{sweep.folder.name} ↓ {against.folder.name} →", *(label(str(name)) for name in table.columns)]
    return sentence, (heads, rows)


def _axis_cells(sweep: Sweep) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of the axes."""
    rows = []
    for axis in sweep.manifest["design"]["axes"]:
        name = str(axis["name"])
        ends = (axis["levels"][0], axis["levels"][-1]) if "levels" in axis else (axis.get("low"), axis.get("high"))
        text = "as in the table" if None in ends else " to ".join(outcome_map.level_text(name, end) for end in ends)
        rows.append([formatting.words(name), text, f"{len(axis['levels']):,}" if "levels" in axis else "–"])
    return ["axis", "from, to", "levels"], rows


def inputs(sweep: Sweep) -> list[str]:
    """The inputs of the sweep, a sentence each."""
    manifest, design = sweep.manifest, sweep.manifest["design"]
    same: dict[str, object] = manifest.get("book", manifest.get("settings", {}))
    seed = f", seed {design['seed']}" if "seed" in design else ""
    return [
        f"{sweep.size:,} cells; design {design['kind']}{seed}."
        + (" For the effects of so many cells use `bs.read_sweep`." if sweep.size > _MOST_CELLS else ""),
        "The same in every cell: " + ", ".join(f"{formatting.words(k)} {setting(v)}" for k, v in same.items()) + ".",
        f"Digest of the code {manifest['code']}, of the data {manifest['data']}; "
        + ", ".join(f"{name} {number}" for name, number in manifest["versions"].items())
        + ".",
    ]
