"""Merge a publisher's rows into a table: new rows are added, blanks filled, and every revised value is reported."""

from dataclasses import dataclass
from io import StringIO

import pandas as pd

from basis_data.refresh.formats import Rows
from basis_data.tables.layouts import TABLES
from basis_data.tables.schema import NUMERIC

FILLED = {"pre_production": "false"}
"""Values of columns in new rows that no publisher gives."""
LATER_KNOWN = {"securities": ("cusip", "coupon_pct", "maturity_date")}
"""Columns taken from a publisher for rows that exist: issue dates of some securities here are inferred."""


@dataclass(frozen=True)
class Merged:
    """A merged table."""

    text: str
    added: int
    filled: int
    revised: tuple[str, ...]
    """A sentence for each value that the publisher has changed."""
    last: str
    """Last day of the first date column."""


def merged(table: str, text: str, rows: Rows, adds_rows: bool = True) -> Merged:
    """Merge rows, as text by column, into the text of a table.

    Parameters
    ----------
    adds_rows
        False: rows without a counterpart are left out.
    """
    layout = TABLES[table]
    old = pd.read_csv(StringIO(text), dtype=str, keep_default_na=False)
    names = list(old.columns)
    kept: dict[tuple[str, ...], dict[str, str]] = {
        tuple(row[name] for name in layout.key): {str(name): cell for name, cell in row.items()}
        for row in old.to_dict("records")
    }
    numeric = {column.name for column in layout.columns if column.kind in NUMERIC}
    taken = LATER_KNOWN.get(table, tuple(names))
    added, filled, revised = 0, 0, []
    for row in rows:
        key = tuple(row[name] for name in layout.key)
        before = kept.get(key)
        if before is None:
            if adds_rows:
                kept[key] = {name: row.get(name, FILLED.get(name, "")) for name in names}
                added += 1
            continue
        for name in taken:
            given = row.get(name, "")
            if not given or (name in before and _same(before[name], given, name in numeric)):
                continue
            if before[name] == "":
                filled += 1
            elif name in numeric or name == "maturity_date":
                revised.append(f"{' '.join(key)}, {name}: was {before[name]}, the publisher now gives {given}")
            before[name] = given
    ordered = (
        sorted(kept.values(), key=lambda row: [row[name] for name in layout.key]) if layout.ordered else kept.values()
    )
    frame = pd.DataFrame(list(ordered), columns=names)
    dates = next(column.name for column in layout.columns if column.kind == "date")
    return Merged(
        frame.to_csv(index=False, lineterminator="\n"), added, filled, tuple(revised), str(frame[dates].max())
    )


def _same(before: str, after: str, numeric: bool) -> bool:
    """Whether two cells hold the same value."""
    return before != "" and (float(before) == float(after) if numeric else before == after)
