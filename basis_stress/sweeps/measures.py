"""Measures: one number per cell (return, worst day, loss, outcome as a number), for effects and indices."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basis_data.tables.validation import did_you_mean
from basis_engine.base.errors import InputError
from basis_stress.reporting.outcomes import OUTCOMES, current_name
from basis_stress.sweeps.market_jobs import MARKET_OUTCOMES

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """One number per cell."""

    name: str
    title: str
    columns: tuple[str, ...]
    values: Callable[[pd.DataFrame], "pd.Series[float]"]
    """Computes it from a table with those columns; NaN where a cell was not entered."""
    percent: bool = True
    """Shown as percent."""


def _share(numerator: str) -> Callable[[pd.DataFrame], "pd.Series[float]"]:
    """A column over the equity of entry."""
    return lambda table: (table[numerator] / table["entry_equity"]).where(table["outcome"] != "not_entered")


def _return(table: pd.DataFrame) -> "pd.Series[float]":
    """Equity at the end over that of entry, less one."""
    return _share("equity_end")(table) - 1


def _grade(table: pd.DataFrame) -> "pd.Series[float]":
    """Outcome as a number: 0 survived, 1 called, 2 forced_sale, 3 illiquid, 4 insolvent, 5 not_entered."""
    return table["outcome"].cat.codes.astype(float)


_GRADES = ", ".join(f"{number} {name}" for number, name in enumerate(OUTCOMES))
_ENTRY, _LOSS = ("outcome", "entry_equity"), "loss_beyond_equity"
MEASURES = {
    measure.name: measure
    for measure in (
        Measure("return", "return on equity", (*_ENTRY, "equity_end"), _return),
        Measure("worst_day", "worst day, of equity at entry", (*_ENTRY, "worst_profit"), _share("worst_profit")),
        Measure("loss", "loss beyond equity, of equity at entry", (*_ENTRY, _LOSS), _share(_LOSS)),
        Measure("outcome", f"outcome: {_GRADES}", ("outcome",), _grade, False),
    )
}  # fmt: skip


def values_or_zero(values: "pd.Series[float] | Floats") -> tuple[Floats, "NDArray[np.bool_]"]:
    """A measure with 0 in every cell that was not entered, and which cells those are.

    Variance can be decomposed only over a full design. A book that cannot enter stays in cash: no gain, no worst day,
    no loss.
    """
    given = np.asarray(values, np.float64)
    missing = np.isnan(given)
    return np.where(missing, 0.0, given), missing


def _column(name: str) -> Callable[[pd.DataFrame], "pd.Series[float]"]:
    """A column as it is."""
    return lambda table: table[name]


def known_measures(market: bool) -> dict[str, Measure]:
    """Every measure by name; of the market, each of its outcomes is one."""
    if not market:
        return MEASURES
    return {
        name: Measure(name, name.replace("_", " "), (name,), _column(name), "change" in name or "return" in name)
        for name in MARKET_OUTCOMES
    }


def measure(name: str, market: bool = False) -> Measure:
    """A measure by its name; of the market, any of its outcomes.

    Raises
    ------
    InputError
        If there is no such measure.
    """
    known = known_measures(market)
    name = current_name("measure", name, {"fate": "outcome"})
    if name not in known:
        raise InputError(f"measure {name!r}: unknown{did_you_mean(name, known)}; allowed are {', '.join(known)}")
    return known[name]
