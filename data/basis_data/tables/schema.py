"""What a table may look like: the kinds of column, their unit and range, and how that reads in SCHEMA.md."""

from dataclasses import dataclass
from math import inf
from typing import Literal

ColumnKind = Literal["date", "month", "text", "bool", "percent", "bp", "usd", "bn", "count", "number"]

CONTRACTS = ("TU", "Z3N", "FV", "TY", "TN", "US", "UB")

NUMERIC: frozenset[str] = frozenset({"percent", "bp", "usd", "bn", "count", "number"})


@dataclass(frozen=True)
class Column:
    """One column: its kind (and so its unit), whether it must be there, may be blank, and its range."""

    name: str
    kind: ColumnKind
    required: bool = True
    blank: bool = False
    low: float = -inf
    high: float = inf
    meaning: str = ""
    choices: tuple[str, ...] = ()
    """The only texts allowed, if any are named."""


@dataclass(frozen=True)
class TableLayout:
    """One CSV: `key` columns are unique together, and `ordered` tables ascend by them.

    `decimal_check` names percent columns of which at least one value in the file must reach 0.2 in size:
    if none does, the file holds decimals.
    """

    name: str
    file: str
    about: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    ordered: bool = True
    decimal_check: tuple[str, ...] = ()


def choice(name: str, *choices: str) -> Column:
    """Declare a text column that must hold one of some words."""
    return Column(name, "text", choices=choices)


def needed(
    name: str, kind: ColumnKind, meaning: str = "", low: float = -inf, high: float = inf, blank: bool = False
) -> Column:
    """Declare a column that must be there."""
    return Column(name, kind, True, blank, low, high, meaning)


def optional(name: str, kind: ColumnKind, meaning: str = "", low: float = -inf, high: float = inf) -> Column:
    """Declare a column that may be left out, or left blank in a row."""
    return Column(name, kind, False, True, low, high, meaning)


UNITS: dict[str, str] = {
    "date": "YYYY-MM-DD",
    "month": "YYYY-MM",
    "text": "text",
    "bool": "true or false",
    "percent": "percent (4.25, not 0.0425)",
    "bp": "basis points",
    "usd": "US dollars",
    "bn": "billions of US dollars",
    "count": "whole number",
    "number": "number",
}


def allowed(column: Column) -> str:
    """Say what a column allows in words, or nothing if that is anything."""
    if column.choices:
        return ", ".join(column.choices)
    if column.low == -inf and column.high == inf:
        return ""
    if column.high == inf:
        return f"{column.low:,.6g} or more"
    return f"{column.low:,.6g} to {column.high:,.10g}"


def section(table: TableLayout) -> str:
    """One table's section of SCHEMA.md."""
    order = f"One row per {' and '.join(f'`{name}`' for name in table.key)}, ascending in that order, none twice."
    head = "| column | unit | must be there | allowed | meaning |\n|---|---|---|---|---|"
    lines = [f"## {table.name}\n\n{table.about}. {order}\n\n{head}"]
    for column in table.columns:
        presence = ("yes, cells may be blank" if column.blank else "yes") if column.required else "no"
        lines.append(f"| `{column.name}` | {UNITS[column.kind]} | {presence} | {allowed(column)} | {column.meaning} |")
    return "\n".join(lines)
