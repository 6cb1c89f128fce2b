"""Put one generated path under a scenario's market: its curves, its repo and its margins replaced."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from basis_data.markets.curves import Curves
from basis_data.markets.market_data import MarketData
from basis_data.shocks.paths import HIGHEST_YIELD, LOWEST_YIELD, Paths
from basis_engine.base.errors import InputError
from basis_engine.bonds.curves import PAR

Array = NDArray[np.float64]


def apply(market: MarketData, paths: Paths, which: int = 0) -> MarketData:
    """A scenario's market with one generated path instead of what happened.

    The first mark keeps its curve, and each later one moves by the path's next day; notes are priced on par yields, as
    shocks are shocks to them. SOFR stays where it was on the first day, so that nothing of the days that happened is
    left in; repo costs the path's spread on top. The rate that carries notes to delivery leaves the spread out: it
    wears off in days, and `basis_data.markets.expectations` takes a median over spikes too. The margin multiple of each mark is the
    scenario's times the path's. The scenario's own shifts of repo, its haircuts, roll shares and dislocation stay.

    Parameters
    ----------
    market
        Of m marks.
    which
        Number of the path among `paths`, from 0.

    Raises
    ------
    InputError
        If the path is shorter than the m - 1 days from mark to mark, or there is no such path.
    """
    days = len(market.dates) - 1
    if not 0 <= which < len(paths):
        raise InputError(f"which: {which} given, allowed is 0 to {len(paths) - 1}, the paths that were generated")
    if paths.changes.shape[1] < days:
        raise _too_short(market, paths)
    one = replace(
        paths,
        first=paths.first + which,
        changes=paths.changes[which : which + 1, :days],
        repo_spread=paths.repo_spread[which : which + 1, :days],
        margin_multiple=paths.margin_multiple[which : which + 1, :days],
    )
    spread = np.append(0.0, one.repo_spread[0])
    shift = market.repo_rate - market.sofr  # the scenario's own spread and shifts
    return replace(
        market,
        curves=_curves(market.curves, one),
        sofr=np.full_like(market.sofr, market.sofr[0]),
        effr=np.full_like(market.effr, market.effr[0]),
        repo_rate=market.sofr[0] + shift + spread,
        carry_rate=market.carry_rate[0] + shift - shift[0],
        cash_rate=np.full_like(market.cash_rate, market.cash_rate[0]),
        margin_multiple=market.margin_multiple * np.append(1.0, one.margin_multiple[0]),
    )


def drivers(market: MarketData, paths: Paths) -> dict[str, Array]:
    """What every path of a market brings, as `apply` puts it there: arrays [p, m, ...] by field of the market.

    Raises
    ------
    InputError
        If the paths are shorter than the m - 1 days from mark to mark.
    """
    days = len(market.dates) - 1
    if paths.changes.shape[1] < days:
        raise _too_short(market, paths)
    cut = replace(paths, changes=paths.changes[:, :days])
    begin = np.zeros((len(paths), 1))
    spread = np.hstack([begin, paths.repo_spread[:, :days]])
    return {
        "par_yields": cut.yields(market.curves.par_yields[0]),
        "repo_rate": market.sofr[0] + (market.repo_rate - market.sofr) + spread,
        "margin_multiple": market.margin_multiple * np.hstack([begin + 1.0, paths.margin_multiple[:, :days]]),
    }


def _too_short(market: MarketData, paths: Paths) -> InputError:
    """Paths of too few days."""
    return InputError(
        f"shocks {paths.generator}, days: {paths.changes.shape[1]} given, the scenario {market.scenario.name} "
        f"needs {len(market.dates) - 1}, one from each mark to the next; generate as many"
    )


def _curves(curves: Curves, one: Paths) -> Curves:
    """Par curves of a path from the first of a scenario's on."""
    bounded = one.bounded(curves.par_yields[0])
    held = f", {bounded:.1%} of yields held at {LOWEST_YIELD:.0%} or {HIGHEST_YIELD:.0%}" if bounded else ""
    note = f"par yields (path {one.first} of {one.generator}, seed {one.seed}{held})"
    return replace(
        curves, kind=PAR, note=note, par_yields=one.yields(curves.par_yields[0])[0], svensson=np.empty((0, 6))
    )
