"""Par yields: the path of a scenario (observed, transposed or flat, plus stated moves), and daily moves before it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from basis_data.markets.moves import level_file, source_days
from basis_data.scenarios.parts import YieldMove
from basis_data.scenarios.scenario import Scenario
from basis_data.tables.calendars import DateLike, Days, business_day_offset, cash_days, mark_days
from basis_data.tables.data_in_use import cached
from basis_data.tables.fields import TENORS
from basis_data.tables.layouts import TENOR_YEARS
from basis_data.tables.windows import column_or_nan, read_days
from basis_engine.base.errors import InputError

Array = NDArray[np.float64]

ALWAYS_NEEDED = ["y_6mo_pct", "y_1y_pct", "y_2y_pct", "y_5y_pct", "y_7y_pct", "y_10y_pct"]
NEEDS_30_YEARS = {"US", "UB"}
LOWEST, HIGHEST = -0.05, 0.25
"""Range of par yields of a run, decimal, as in a file (data/basis_data/SCHEMA.md)."""


def yield_path(scenario: Scenario, days: Days, codes: Sequence[str] | None = None) -> Array:
    """Compute par yields of a scenario on its days [m, 11], decimal; a tenor blank on any day is dropped on all.

    Parameters
    ----------
    codes
        Contracts whose notes are priced, by default the scenario's; bond contracts need the 30-year tenor.

    Raises
    ------
    InputError
        If the files do not cover the days, a move is after the last business day, or a yield is out of range.
    """
    bonds = not NEEDS_30_YEARS.isdisjoint(codes or scenario.contracts)
    required = ALWAYS_NEEDED + (["y_30y_pct"] if bonds else [])
    own = scenario.files.par_yields
    if scenario.moves_from is None:
        published = observed(days, required, own)
    else:
        published = observed(days[:1], required, level_file("par_yields", days, own))
    moves = _moves(scenario, days, published, required)
    if scenario.yield_speed != 1.0:
        moves = _at_speed(moves, scenario.yield_speed, len(days))
    yields: Array = published[0] + scenario.yield_scale * moves[: len(days)]
    check_range(scenario, days, yields)
    return yields


def observed(days: Days, required: list[str], path: Path | None) -> Array:
    """Published par yields [days, 11], decimal."""
    rows = read_days("par_yields", days, required, path)
    yields = np.column_stack([column_or_nan(rows, name) for name in TENOR_YEARS]) / 100
    yields[:, np.isnan(yields).any(axis=0)] = np.nan
    return yields


def _moves(scenario: Scenario, days: Days, published: Array, required: list[str]) -> Array:
    """Moves from the first day at speed 1, over the window or the transposed days, whichever is longer."""
    own = scenario.files.par_yields
    if scenario.transposed is not None:
        transposed_days = mark_days(scenario.transposed.start, scenario.transposed.end)
        transposed = observed(transposed_days, required, own)
        moves = _held(transposed - transposed[0], len(days))
    elif scenario.flat:
        moves = np.zeros((len(days), 1)) * published[0]
    elif scenario.moves_from is not None:
        past = observed(np.unique(source_days(scenario, days)), required, own)
        moves = _held(past - past[0], len(days))
    else:
        moves = published - published[0]
    for move in scenario.yield_moves:
        moves = moves + _held(stated_move(move, days), len(moves))
    return moves


def stated_move(move: YieldMove, days: Days) -> Array:
    """Cumulate a stated move over the days of a window [m, 11], decimal."""
    shares = np.zeros(len(days))
    first = max(1, move.days(days).start)
    if first == len(days):
        raise InputError(f"yield_moves: {move.date} given, after the last business day {days[-1]}; date it earlier")
    last = max(first + 1, move.days(days).stop)
    shares[first:last] = 1.0 / (last - first)
    tenors = sorted((TENORS[tenor], bp) for tenor, bp in move.tenors_bp().items())
    years, bp = np.array(tenors).T
    at_tenors = np.interp(np.array(list(TENOR_YEARS.values())), years, bp)
    cumulated: Array = np.outer(np.cumsum(shares), at_tenors / 1e4)
    return cumulated


def _held(moves: Array, days: int) -> Array:
    """Extend moves to at least `days` days by repeating the last."""
    return np.concatenate([moves, np.repeat(moves[-1:], max(0, days - len(moves)), axis=0)])


def _at_speed(moves: Array, speed: float, days: int) -> Array:
    """On day i, take the move of path day speed x i, linear between the days of the path."""
    path_day = np.minimum(speed * np.arange(days), len(moves) - 1)
    return np.column_stack([np.interp(path_day, np.arange(len(moves)), tenor) for tenor in moves.T])


def check_range(scenario: Scenario, days: Days, yields: Array) -> None:
    """Refuse yields outside `LOWEST` to `HIGHEST`."""
    outside = np.argwhere((yields < LOWEST) | (yields > HIGHEST))
    if len(outside):
        day, tenor = outside[0]
        name, level = list(TENORS)[tenor], yields[day, tenor]
        raise InputError(
            f"scenario {scenario.name}: the {name} yield goes to {level:.2%} on {days[day]}, "
            f"allowed is {LOWEST:.0%} to {HIGHEST:.0%}; lower yield_scale or the moves of yields"
        )


HISTORY_DAYS = 60
"""Number of business days before the first day over which moves are collected."""


def moves_before(start: DateLike, path: Path | None = None) -> tuple[Array, Array]:
    """Return tenors [n] in years, and daily changes of their par yields before a date, decimal [days, n].

    Margins and cash buffers are computed from them. Tenors not published on all of the days are left out. Moves of the
    embedded table are kept and shared: never change them.
    """
    return _published_moves(start) if path is None else _moves_in(start, path)


def at_maturity(maturity: float, years: Array, moves: Array) -> Array:
    """Moves [days] at one maturity, years: linear between the tenors, constant beyond the first and the last."""
    right = int(np.clip(np.searchsorted(years, maturity), 1, len(years) - 1))
    if not years[0] < maturity < years[-1] or maturity == years[right]:
        return np.asarray(moves[:, int(np.abs(years - maturity).argmin())])
    slope = (moves[:, right] - moves[:, right - 1]) / (years[right] - years[right - 1])
    return np.asarray(slope * (maturity - years[right - 1]) + moves[:, right - 1])  # as `numpy.interp`, bit by bit


@cached
def _published_moves(start: DateLike) -> tuple[Array, Array]:
    """Moves of the embedded table."""
    return _moves_in(start, None)


def _moves_in(start: DateLike, path: Path | None) -> tuple[Array, Array]:
    """Moves of a table."""
    end = business_day_offset(start, -1)
    days = cash_days(business_day_offset(end, -HISTORY_DAYS), end)
    rows = read_days("par_yields", days, [], path)
    tenors = [name for name in TENOR_YEARS if name in rows and rows[name].notna().all()]
    return np.array([TENOR_YEARS[name] for name in tenors]), np.diff(rows[tenors].to_numpy(np.float64) / 100, axis=0)
