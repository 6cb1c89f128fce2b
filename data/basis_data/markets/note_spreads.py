"""Observed prices of notes: the spread of each deliverable over the curve, day by day.

Prices are the user's own file of them, or FedInvest's in the snapshot in use (`basis-stress data refresh --only
prices`). A note keeps its last spread on days without a price, and its first one before; a note that has none at all is
priced on the curve. A change of yields by the scenario leaves the spreads as they were; a window on the moves of other
days, or on no moves, keeps those of its first day.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from basis_data.markets.curves import Array, Curves
from basis_data.markets.yield_paths import yield_path
from basis_data.scenarios.scenario import Scenario, changed
from basis_data.tables.calendars import Days
from basis_data.tables.contracts import code_and_month
from basis_data.tables.data_in_use import cached, data_in_use, table_file
from basis_data.tables.reader import read
from basis_engine.base.errors import InputError
from basis_engine.bonds.curves import PAR, SVENSSON, fitted_spread
from basis_engine.simulation.market import par_curves
from basis_engine.simulation.world import Integers

FEDINVEST = "fedinvest_prices.csv"
"""File of a snapshot; the program itself has none."""


@dataclass(frozen=True)
class NoteSpreads:
    """Observed prices of the notes of all baskets, and the spreads that follow from them."""

    source: str
    """The user's file, or FedInvest in a snapshot."""
    clean: Array
    """[m, notes] observed clean price, points; NaN where there is none."""
    over_curve: Array
    """[m, notes] spread over the curve, decimal per year, continuous; 0 for a note without a price."""
    unused: int
    """Rows of the user's file that are not used."""

    def of_first_day(self) -> "NoteSpreads":
        """The spreads of the first day on every day, for yields that are not those of history."""
        kept = np.full_like(self.clean, np.nan)
        kept[0] = self.clean[0]
        return replace(self, clean=kept, over_curve=np.tile(self.over_curve[0], (len(kept), 1)))


def note_spreads(
    scenario: Scenario,
    days: Days,
    settle: Integers,
    chosen: Curves,
    notes: pd.DataFrame,
    snapshot: bool,
) -> NoteSpreads | None:
    """Fit the spreads of notes on each day; None where no price is at hand.

    Parameters
    ----------
    days, settle
        Business days and their settlement days [m].
    chosen
        Curves of the run.
    notes
        `cusip`, `coupon` (decimal) and `maturity` (days since 1970-01-01) of the notes, in the order of the baskets.
    snapshot
        Whether FedInvest's prices in the snapshot in use count; the user's own file always does.

    Raises
    ------
    InputError
        If the user's file has no price of a note of the baskets on a day that counts.
    """
    own = scenario.files.prices
    rows = read("prices", own) if own is not None else _fedinvest() if snapshot else None
    if rows is None:
        return None
    counted = days[:1] if _first_day_only(scenario) else days
    table = rows[rows["cusip"].isin(set(notes["cusip"])) & rows["date"].isin(pd.DatetimeIndex(counted))]
    if table.empty:
        if own is None:
            return None
        raise InputError(
            f"{own}: no row is used, as none has a day of the window, from {days[0]}, and the CUSIP of a deliverable "
            "note of the contracts; give such rows"
        )
    wide = table.pivot(index="date", columns="cusip", values="clean_price")
    clean = wide.reindex(index=pd.DatetimeIndex(days), columns=list(notes["cusip"])).to_numpy(np.float64)
    source = own.name if own is not None else f"FedInvest, in the snapshot {data_in_use().name}"
    spreads = _fitted(clean, *_curve(scenario, days, chosen, notes), settle, notes)
    return NoteSpreads(source, clean, spreads, len(rows) - len(table) if own is not None else 0)


@cached
def _fedinvest() -> pd.DataFrame | None:
    """FedInvest's prices in the snapshot in use, if it has any."""
    file = table_file(FEDINVEST)
    return read("prices", file) if file.exists() else None


def _first_day_only(scenario: Scenario) -> bool:
    """Return whether the curve of the first day alone is one of history on its own day."""
    elsewhere = scenario.moves_from is not None and scenario.moves_from.start != scenario.start
    return elsewhere or scenario.flat or scenario.transposed is not None


def _curve(scenario: Scenario, days: Days, chosen: Curves, notes: pd.DataFrame) -> tuple[int, Array]:
    """Kind and parameters of the curves of history [m]; on the first day those of the run."""
    if chosen.kind == SVENSSON:
        return SVENSSON, chosen.svensson
    yields = chosen.par_yields
    if scenario.moves_yields and not _first_day_only(scenario):
        plain = changed(scenario, scenario.name, yield_scale=1.0, yield_speed=1.0, yield_moves=(), intraday=())
        yields = yield_path(plain, days, [code_and_month(name)[0] for name in scenario.contracts])
    return PAR, par_curves(chosen.tenors, yields)


def _fitted(clean: Array, kind: int, curves: Array, settle: Integers, notes: pd.DataFrame) -> Array:
    """Spreads at which notes have their observed prices [m, notes]; kept until the next price."""
    coupon, maturity = notes["coupon"].to_list(), notes["maturity"].to_list()
    spreads = np.full(clean.shape, np.nan)
    for m, n in np.argwhere(~np.isnan(clean)):
        spreads[m, n] = fitted_spread(kind, curves[m], coupon[n], maturity[n], int(settle[m]), float(clean[m, n]))
    kept = pd.DataFrame(spreads).ffill().bfill().fillna(0.0)
    filled: Array = np.ascontiguousarray(kept.to_numpy(np.float64))
    return filled


def told(found: NoteSpreads, codes: Sequence[str], of: Sequence[int]) -> list[str]:
    """Say which notes of each contract are priced as observed, and on how many days.

    Parameters
    ----------
    codes
        Contracts.
    of
        Number of notes of each, in the order of the baskets.
    """
    priced = ~np.isnan(found.clean)
    ends = np.cumsum([0, *of])
    parts = [
        f"{code} {int(priced[:, first:last].any(axis=0).sum())} of {last - first} notes "
        f"on {int(priced[:, first:last].any(axis=1).sum())} of {len(priced)} days"
        for code, first, last in zip(codes, ends[:-1], ends[1:], strict=True)
    ]
    said = [
        f"Notes are priced as observed ({found.source}): {', '.join(parts)}; a note keeps its spread over the curve on "
        "days without a price, and one that has none is priced on the curve."
    ]
    if found.unused:
        said.append(
            f"{found.unused} rows of {found.source} are not used: only prices of deliverable notes on days of the "
            "window are."
        )
    return said
