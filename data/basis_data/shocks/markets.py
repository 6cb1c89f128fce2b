"""Replace the curves, repo and margins of a scenario's market by those of generated paths."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from basis_data.markets.curves import Curves
from basis_data.markets.expectations import carry_rate
from basis_data.markets.market_data import MarketData
from basis_data.shocks.paths import HIGHEST_YIELD, LOWEST_YIELD, Paths
from basis_engine.base.errors import InputError
from basis_engine.bonds.curves import PAR

Array = NDArray[np.float64]


def apply(market: MarketData, paths: Paths, which: int = 0) -> MarketData:
    """Return a scenario's market with a generated path instead of observed data.

    The first mark keeps its curve, and each later mark moves by the path's next day; notes are priced on par yields,
    because shocks are shocks to them. SOFR keeps its level of the first day; repo costs the path's spread in addition.
    The rate that carries notes to delivery excludes the spread, which decays within days. Margin multiple of a mark =
    scenario's x path's. The scenario's own shifts of repo, haircuts, repo not rolled and dislocation stay.

    Parameters
    ----------
    market
        Market of m marks.
    which
        Index of the path in `paths`, from 0.

    Raises
    ------
    InputError
        If the path is shorter than m - 1 days, or there is no such path.
    """
    days = len(market.dates) - 1
    if not 0 <= which < len(paths):
        raise InputError(f"which: {which} given, allowed is 0 to {len(paths) - 1}, the paths that were generated")
    if paths.changes.shape[1] < days:
        raise _too_short(market, paths)
    path = replace(
        paths,
        first=paths.first + which,
        changes=paths.changes[which : which + 1, :days],
        repo_spread=paths.repo_spread[which : which + 1, :days],
        margin_multiple=paths.margin_multiple[which : which + 1, :days],
    )
    spread = np.append(0.0, path.repo_spread[0])
    shift = market.repo_rate - market.sofr  # the scenario's own spread and shifts
    observed = carry_rate(market.dates.astype("datetime64[D]"), market.scenario.files.repo)
    carried = market.carry_rate - observed  # the scenario's own spread and shifts, as futures price them
    return replace(
        market,
        curves=_curves(market.curves, path),
        sofr=np.full_like(market.sofr, market.sofr[0]),
        effr=np.full_like(market.effr, market.effr[0]),
        repo_rate=market.sofr[0] + shift + spread,
        carry_rate=market.carry_rate[0] + carried - carried[0],
        policy_rate=np.full_like(market.policy_rate, market.policy_rate[0]),
        cash_rate=np.full_like(market.cash_rate, market.cash_rate[0]),
        margin_multiple=market.margin_multiple * np.append(1.0, path.margin_multiple[0]),
        note_spreads=None if market.note_spreads is None else market.note_spreads.of_first_day(),
    )


def drivers(market: MarketData, paths: Paths) -> dict[str, Array]:
    """Return the fields of the market that `apply` replaces, for all paths: arrays [p, m, ...] by field.

    Raises
    ------
    InputError
        If the paths are shorter than m - 1 days.
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
    """Build the error for paths of too few days."""
    return InputError(
        f"shocks {paths.generator}, days: {paths.changes.shape[1]} given, the scenario {market.scenario.name} "
        f"needs {len(market.dates) - 1}, one from each mark to the next; generate as many"
    )


def _curves(curves: Curves, path: Paths) -> Curves:
    """Par curves of a path, from the first curve of a scenario."""
    bounded = path.bounded(curves.par_yields[0])
    held = f", {bounded:.1%} of yields held at {LOWEST_YIELD:.0%} or {HIGHEST_YIELD:.0%}" if bounded else ""
    remark = f"par yields (path {path.first} of {path.generator}, seed {path.seed}{held})"
    return replace(
        curves, kind=PAR, remark=remark, par_yields=path.yields(curves.par_yields[0])[0], svensson=np.empty((0, 6))
    )
