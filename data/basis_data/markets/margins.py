"""Initial margin per contract and day: CME's own level where public, otherwise from an assumed margin leverage.

A hedger or clearing member posts the maintenance level as initial margin (since 2009 CME requires 1.1 times as much of
speculators), so the maintenance column is the margin due. No public levels after 2021-22 were found: from 2023 on the
margin is the futures notional over a margin leverage, 60 for TY and 70 for FV, within the 50-70 quoted from the BIS
Quarterly Review of September 2023; history/PROVENANCE.md states the rule for the other contracts.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basis_data.tables.calendars import Days
from basis_data.tables.contracts import contract
from basis_data.tables.data_in_use import cached
from basis_data.tables.reader import read
from basis_data.tables.windows import source_of
from basis_engine.base.errors import InputError

Vector = NDArray[np.float64]
Levels = tuple[Days, Vector]
"""Dates in ascending order, and the level from each."""


@dataclass(frozen=True)
class MarginPath:
    """Margin of a contract over m days: `usd` [m], or notional over `leverage` [m] where `usd` is NaN."""

    usd: Vector
    leverage: Vector
    source: str

    def initial_usd(self, futures_price: float, point_value_usd: float) -> Vector:
        """Initial margin, USD per contract per day [m]; the price (points) is the same on all days."""
        return np.where(np.isnan(self.usd), futures_price * point_value_usd / self.leverage, self.usd)


def margin_path(code: str, days: Days, path: str | Path | None = None) -> MarginPath:
    """Return the margin of a contract over some days, before a futures price is known.

    Parameters
    ----------
    days
        Ascending dates [m].
    path
        The user's own margins; they must cover every day.

    Raises
    ------
    InputError
        If no margin is known for the contract on the first day.
    """
    return _published(code, tuple(days)) if path is None else _in_file(code, days, path)


@cached
def _published(code: str, days: tuple[np.datetime64, ...]) -> MarginPath:
    """Margin by the tables in use; its arrays are shared: never change them."""
    return _in_file(code, np.array(days), None)


def _in_file(code: str, days: Days, path: str | Path | None) -> MarginPath:
    """Margin by a file."""
    margins = _known_levels(code) if path is None else _levels(code, path)
    usd, since = _in_force(margins, days)
    leverage = np.full(len(days), np.nan)
    source = f"{path or 'CME margins (QuantConnect)'}, level of {since}"
    if path is None:
        assumed = _assumed(code)
        leverage, assumed_since = _in_force(assumed, days)
        newer = ~np.isnan(usd) & (_since(margins, days) > _since(assumed, days))
        leverage = np.where(newer, np.nan, leverage)  # levels imported after the assumption began replace it
        usd = np.where(np.isnan(leverage), usd, np.nan)
        if not np.isnan(leverage[0]):
            source = f"assumed {leverage[0]:g}x margin leverage from {assumed_since}"
    if np.isnan(usd[0]) and np.isnan(leverage[0]):
        raise InputError(
            f"{source_of('margins', path)}: no margin for {code} on {days[0]}; give a margins file with one"
        )
    return MarginPath(usd, leverage, source)


def _levels(code: str, path: str | Path | None) -> Levels:
    """A contract's margins in a file, USD: maintenance where it is known."""
    margins = read("margins", path)
    column = "maintenance_usd" if "maintenance_usd" in margins else "initial_usd"
    usd = margins[column].fillna(margins["initial_usd"])
    return _of_contract(margins.assign(level=usd), code, "level")


@cached
def _known_levels(code: str) -> Levels:
    """A contract's margins in the tables in use, USD."""
    return _levels(code, None)


@cached
def _assumed(code: str) -> Levels:
    """A contract's assumed margin leverages."""
    return _of_contract(read("margins_assumed"), code, "margin_leverage")


def _of_contract(rows: pd.DataFrame, code: str, column: str) -> Levels:
    """Dates and levels of a contract's rows."""
    own = rows[rows["contract"] == code]
    return own["date"].to_numpy().astype("datetime64[D]"), own[column].to_numpy(np.float64)


def _in_force(known: Levels, days: Days) -> tuple[Vector, str]:
    """Level in force on each day (NaN before the first), and the date of the level in force on the first day."""
    dates, levels = known
    position = np.searchsorted(dates, days, side="right") - 1
    return np.append(levels, np.nan)[position], str(dates[position[0]]) if position[0] >= 0 else "none"


def _since(known: Levels, days: Days) -> Days:
    """Date of the level in force on each day; the first possible date before the first level."""
    dates, _ = known
    return np.append(dates, np.datetime64("0001-01-01"))[np.searchsorted(dates, days, side="right") - 1]


def initial_margin_schedule(
    code: str, days: Days, futures_price: float, path: str | Path | None = None
) -> tuple[Vector, str]:
    """Return the initial margin of a contract on each day, USD per contract [m], and the source of the first level.

    Parameters
    ----------
    days
        Ascending dates [m].
    futures_price
        Points; converts assumed margin leverage to dollars, the same on all days.
    path
        The user's own margins.
    """
    margins = margin_path(code, days, path)
    return margins.initial_usd(futures_price, contract(code, days[0]).point_value_usd), margins.source
