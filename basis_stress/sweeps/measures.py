"""What is measured on cells: returns, losses, the outcome as a grade; one number per cell, for effects and indices."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basis_data.tables.validation import did_you_mean
from basis_engine.base.errors import InputError
from basis_stress.sweeps.market_jobs import MARKET_OUTCOMES

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """One number per cell."""

    name: str
    title: str
    columns: tuple[str, ...]
    of: Callable[[pd.DataFrame], "pd.Series[float]"]
    """From a table with those columns; NaN where a cell never entered."""
    percent: bool = True
    """Shown as percent."""


def _share(numerator: str) -> Callable[[pd.DataFrame], "pd.Series[float]"]:
    """A column over the equity of entry."""
    return lambda table: (table[numerator] / table["entry_equity"]).where(table["outcome"] != "not_entered")


def _return(table: pd.DataFrame) -> "pd.Series[float]":
    """Equity at the end over that of entry, less one."""
    return _share("equity")(table) - 1


def _grade(table: pd.DataFrame) -> "pd.Series[float]":
    """Fate as a number: 0 survived, 1 called, 2 forced_sale, 3 defaulted, 4 not_entered."""
    return table["outcome"].cat.codes.astype(float)


_ENTRY, _LOSS = ("outcome", "entry_equity"), "loss_beyond_equity"
MEASURES = {
    one.name: one
    for one in (
        Measure("return", "return on equity", (*_ENTRY, "equity"), _return),
        Measure("worst_day", "worst day, of equity at entry", (*_ENTRY, "worst_profit"), _share("worst_profit")),
        Measure("loss", "loss beyond equity, of equity at entry", (*_ENTRY, _LOSS), _share(_LOSS)),
        Measure("outcome", "outcome: 0 survived, 1 called, 2 forced_sale, 3 defaulted, 4 not_entered", ("outcome",), _grade, False),
    )
}  # fmt: skip


def every_value(values: "pd.Series[float] | Floats") -> tuple[Floats, "NDArray[np.bool_]"]:
    """A measure with a value in every cell, and where it had none.

    What a variance comes from can be told only of full designs. A book that cannot enter stays in cash, and so counts
    as what it is: no gain, no worst day, no loss.
    """
    known = np.asarray(values, np.float64)
    without = np.isnan(known)
    return np.where(without, 0.0, known), without


def _column(name: str) -> Callable[[pd.DataFrame], "pd.Series[float]"]:
    """A column as it is."""
    return lambda table: table[name]


def known_measures(market: bool) -> dict[str, Measure]:
    """Every measure by name; of the market, each of its outcomes is one."""
    if not market:
        return MEASURES
    return {
        one: Measure(one, one.replace("_", " "), (one,), _column(one), "change" in one or "return" in one)
        for one in MARKET_OUTCOMES
    }


def measure(name: str, market: bool = False) -> Measure:
    """A measure by its name; of the market, any of its outcomes.

    Raises
    ------
    InputError
        If there is no such measure.
    """
    known = known_measures(market)
    if name not in known:
        raise InputError(f"measure {name!r}: unknown{did_you_mean(name, known)}; allowed are {', '.join(known)}")
    return known[name]
