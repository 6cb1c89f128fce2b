"""The data dictionary: every column of every public table, with its unit, its sign and its meaning.

The rows lie in ``columns.csv``, from which the reference of the site and `data_dictionary` are made. A name in braces
stands for several columns, such as ``{tenor}``; table ``*`` holds the columns that mean the same in every table. Add a
row for each new column: a test runs every table and names the columns that have none.
"""

import csv
from functools import cache
from pathlib import Path

import pandas as pd

from basis_data.tables.contracts import codes
from basis_data.tables.fields import TENORS
from basis_data.tables.validation import did_you_mean
from basis_engine.base.errors import InputError
from basis_engine.simulation.names import PnlLine, column_names
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_stress.reporting.outcomes import OUTCOMES

Meaning = tuple[str, str, str]
"""Unit, sign, meaning."""

LEVERS = ("scale", "repo_bp", "haircut", "margin_multiple", "not_rolled")


def data_dictionary(table: str | None = None) -> pd.DataFrame:
    """Every column of every public table: `table`, `column`, `unit`, `sign`, `meaning`, a row each.

    Parameters
    ----------
    table
        One table only, such as ``"Result.cash"``; table ``*`` holds columns that mean the same in every table.

    Raises
    ------
    InputError
        If there is no such table.
    """
    rows = [(name, column, *meaning) for (name, column), meaning in _rows().items()]
    known = list(dict.fromkeys(row[0] for row in rows))
    if table is not None and table not in known:
        raise InputError(f"table {table!r}: unknown{did_you_mean(table, known)}; allowed are {', '.join(known)}")
    chosen = [row for row in rows if table is None or row[0] == table]
    return pd.DataFrame(chosen, columns=["table", "column", "unit", "sign", "meaning"])


def meaning_of(table: str, column: str) -> Meaning | None:
    """Unit, sign and meaning of a column; none if the dictionary does not have it."""
    rows = _rows()
    for key in (column, *(f"{{{name}}}" for name, members in _groups().items() if column in members)):
        for where in (table, "*"):
            if (where, key) in rows:
                return rows[where, key]
    return None


@cache
def _rows() -> dict[tuple[str, str], Meaning]:
    """The rows of ``columns.csv`` by table and column."""
    with Path(__file__).with_name("columns.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["table"], row["column"]): (row["unit"], row["sign"], row["meaning"]) for row in csv.DictReader(file)
        }


@cache
def _groups() -> dict[str, tuple[str, ...]]:
    """Columns that a name in braces stands for."""
    return {
        "tenor": tuple(TENORS),
        "contract": tuple(codes()),
        "month": tuple(map(str, range(1, 13))),
        "outcome": tuple(OUTCOMES),
        "lever": LEVERS,
        "profit": tuple(f"profit_{name}" for name in column_names(PnlLine)),
        "field": (*CashFuturesBasis.model_fields, "margin_multiple", "yield_scale"),
    }
