"""Layout of tables: kinds of column with unit and range, and their section of SCHEMA.md."""

from dataclasses import dataclass
from math import inf
from typing import Literal

ColumnKind = Literal["date", "month", "text", "bool", "percent", "bp", "usd", "bn", "count", "price", "number"]

CONTRACTS = ("TU", "Z3N", "FV", "TY", "TN", "US", "UB")

NUMERIC: frozenset[str] = frozenset({"percent", "bp", "usd", "bn", "count", "price", "number"})


@dataclass(frozen=True)
class Column:
    """A column: its kind (and so its unit), whether it is required and may be blank, and its range."""

    name: str
    kind: ColumnKind
    required: bool = True
    blank: bool = False
    low: float = -inf
    high: float = inf
    meaning: str = ""
    choices: tuple[str, ...] = ()
    """The texts allowed; any if empty."""


@dataclass(frozen=True)
class TableLayout:
    """A CSV file: `key` columns are unique together, and `ordered` tables ascend by them.

    `decimal_check` lists percent columns of which at least one value in the file must reach 0.2 in size; otherwise the
    file holds decimals.
    """

    name: str
    file: str
    about: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    ordered: bool = True
    decimal_check: tuple[str, ...] = ()
    labels: bool = False
    """Whether columns that are not listed are kept as labels, rather than refused."""


def choice(name: str, *choices: str) -> Column:
    """Declare a text column with a list of allowed texts."""
    return Column(name, "text", choices=choices)


def needed(
    name: str, kind: ColumnKind, meaning: str = "", low: float = -inf, high: float = inf, blank: bool = False
) -> Column:
    """Declare a required column."""
    return Column(name, kind, True, blank, low, high, meaning)


def optional(name: str, kind: ColumnKind, meaning: str = "", low: float = -inf, high: float = inf) -> Column:
    """Declare a column that may be absent, or blank in a row."""
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
    "price": "points per 100 face (102.8, not 1.028)",
    "number": "number",
}


def allowed(column: Column) -> str:
    """Describe the values that a column allows; empty if any."""
    if column.choices:
        return ", ".join(column.choices)
    if column.low == -inf and column.high == inf:
        return ""
    if column.high == inf:
        return f"{column.low:,.6g} or more"
    return f"{column.low:,.6g} to {column.high:,.10g}"


def section(table: TableLayout) -> str:
    """Write a table's section of SCHEMA.md."""
    key = " and ".join(f"`{name}`" for name in table.key)
    order = f"One row per {key}, ascending in that order, none twice."
    if not table.ordered:
        order = f"One row per {key}, in any order, none twice." if table.key else "Rows are in any order."
    if table.labels:
        order += " Other columns are kept as labels."
    head = "| column | unit | must be there | allowed | meaning |\n|---|---|---|---|---|"
    lines = [f"## {table.name}\n\n{table.about}. {order}\n\n{head}"]
    for column in table.columns:
        presence = ("yes, cells may be blank" if column.blank else "yes") if column.required else "no"
        lines.append(f"| `{column.name}` | {UNITS[column.kind]} | {presence} | {allowed(column)} | {column.meaning} |")
    return "\n".join(lines)
