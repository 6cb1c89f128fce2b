"""Scenarios as text: the catalogue, one scenario with its fields and small plots, two runs side by side."""

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel

from basis_data.scenarios.scenario import WORDS, Scenario
from basis_data.scenarios.sentence import span
from basis_stress.catalogue.listing import moves_of, shown_yields
from basis_stress.reporting import formatting
from basis_stress.reporting.comovement import stocks_bonds_dollar
from basis_stress.reporting.files import save
from basis_stress.reporting.outcomes import label

WIDTH = 110
BLOCKS = "▁▂▃▄▅▆▇█"
_MOST_BLOCKS = 60


def listing(table: pd.DataFrame) -> str:
    """The catalogue, a scenario as a heading with its days and four lines."""
    blocks = []
    for row in table.to_dict("records"):
        against = f" (over {row['base']})" if isinstance(row["base"], str) else ""
        blocks.append(f"{row['name']}{against}: {span(row['start'], row['end'])}")
        blocks += [_field(name, row[name]) for name in ("title", "moves", "story", "source")]
        blocks.append("")
    return "\n".join([*blocks, f"{len(table)} scenarios; basis-stress scenarios show NAME shows one in detail"])


def page(chosen: Scenario) -> str:
    """One scenario: title, story, source, composition, fields and yields."""
    lines = [chosen.title or chosen.name, "", *(_field(name, getattr(chosen, name)) for name in ("story", "source"))]
    lines += [_field("composed", str(chosen)), _field("moves", moves_of(chosen))]
    lines += [_field("together", stocks_bonds_dollar(chosen)), ""]
    return "\n".join([*lines, *_fields(chosen), "", *sparklines(100 * shown_yields(chosen))])


def _field(name: str, text: object, column: int = 10) -> str:
    """A named line, wrapped with an indent."""
    head = f"  {name:{column}} "
    return textwrap.fill(str(text), WIDTH, initial_indent=head, subsequent_indent=" " * len(head))


def _fields(chosen: Scenario) -> list[str]:
    """Fields that differ from their default, a line each; dated parts a line each too."""
    return [_field(name, text, 18) for name, text, _ in field_cells(chosen)]


def field_cells(chosen: Scenario) -> list[list[str]]:
    """Name, value and unit of the fields that differ from their default; a dated part each, the first one named."""
    rows = []
    for name, field in type(chosen).model_fields.items():
        value = getattr(chosen, name)
        if name in WORDS or value == field.default:
            continue
        parts = value if isinstance(value, tuple) and isinstance(value[0], BaseModel) else (value,)
        rows += [[name if i == 0 else "", _text(part), field.title or ""] for i, part in enumerate(parts)]
    return rows


def _text(value: Any) -> str:
    """A value, or the fields of a part that were given."""
    if isinstance(value, BaseModel):
        given = value.model_dump(exclude_defaults=True, exclude={"source"})
        return ", ".join(f"{name.replace('_', ' ')} {_text(item)}" for name, item in given.items())
    if isinstance(value, dict):
        return " ".join(f"{name} {item:g}" for name, item in value.items())
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def sparklines(table: pd.DataFrame) -> list[str]:
    """A line of blocks per column, from its lowest to its highest value, with first, last, lowest and highest."""
    every = max(1, -(-len(table) // _MOST_BLOCKS))
    rows = table.iloc[::every]
    lines = [f"  {'par yields, %':13} {'first':>6}  {'low to high':{len(rows)}}  {'last':>6} {'low':>6} {'high':>6}"]
    for name in table:
        low, high = float(table[name].min()), float(table[name].max())
        level = (rows[name].to_numpy() - low) / (high - low) if high > low else np.zeros(len(rows))
        blocks = "".join(BLOCKS[min(int(share * len(BLOCKS)), len(BLOCKS) - 1)] for share in level)
        ends = f"{table[name].iloc[-1]:6.2f} {low:6.2f} {high:6.2f}"
        lines.append(f"  {name:13} {table[name].iloc[0]:6.2f}  {blocks:11}  {ends}")
    return lines


def draw(chosen: Scenario, path: Path) -> Path:
    """Write the figure of a scenario's yields, repo and dated changes as PNG."""
    # matplotlib costs 0.5 s of imports, which a listing does not need.
    from basis_stress.catalogue.figure import png

    return save(png(chosen), path, "figure")


def side_by_side(table: pd.DataFrame) -> str:
    """Runs as columns, each figure in its unit; of a market by capacity multiple, of several funds by fund."""
    lines = side_by_side_cells(table)
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    rows = [
        [line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True))] for line in lines
    ]
    return "\n".join("  ".join(row).rstrip() for row in rows)


def side_by_side_cells(table: pd.DataFrame) -> list[list[str]]:
    """Heads, then a row per figure."""
    lines = [["", *map(str, table.columns)]]
    multiple = None
    for key, row in zip(table.index, table.to_numpy(), strict=True):
        name = key[1] if isinstance(key, tuple) else key
        if isinstance(key, tuple) and key[0] != multiple:
            multiple = key[0]
            head = multiple if isinstance(multiple, str) else f"capacity multiple {multiple:g}"
            lines.append([head, *[""] * len(row)])
        lines.append([formatting.words(name.removesuffix("_usd")), *(_figure(name, value) for value in row)])
    return lines


def _figure(name: str, value: Any) -> str:
    """One figure in its unit."""
    if isinstance(value, str):
        return label(value)
    if name.endswith("_usd"):
        return formatting.usd(value)
    if name in ("return", "shorts_change", "worst_return"):
        return formatting.percent(value, 2, signed=True)
    return f"{value:.1f} bp" if name.endswith("_bp") else f"{value:.0f}"
