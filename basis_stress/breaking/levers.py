"""Levers: one shock each, which grows from a value that changes nothing until a book breaks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from basis_data.markets.as_of import scenario_as_of
from basis_data.markets.books import Table, held_in
from basis_data.markets.curves import scaled
from basis_data.markets.market_data import MarketData, market_data
from basis_data.markets.pricing import priced_market
from basis_data.markets.yield_paths import HIGHEST, LOWEST
from basis_data.scenarios.scenario import Scenario, changed
from basis_data.scenarios.scenario import scenario as load_scenario
from basis_data.tables.validation import did_you_mean, validated
from basis_engine.base.errors import InputError
from basis_engine.bonds.curves import NODE_TIMES
from basis_engine.simulation.market import par_curves
from basis_engine.simulation.world import Floats, Records
from basis_strategies.books import FundBook, check_carried
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_strategies.cells import unchanged
from basis_strategies.paths import PathBook, PathOverrides, prepare_paths
from basis_strategies.plan import Execution
from basis_stress.reporting.outcomes import current_name
from basis_stress.single_book.own_book import lone_book, own_book
from basis_stress.single_book.run import chosen_contracts

CHUNK = 4096
"""Values per run: about 100 MB of yields in a window of a month."""


@dataclass(frozen=True)
class Lever:
    """One shock."""

    name: str
    title: str
    neutral: float
    """Value that changes nothing; the search begins there."""
    high: float
    """Where the search ends by default."""
    most: float
    """Highest value allowed."""
    tolerance: float
    """Largest distance of a breaking point from the smallest value that breaks."""
    describe: Callable[[float], str]
    """A value with its unit, for a sentence."""
    paths: Callable[[MarketData, Floats, int], PathOverrides]
    """PathOverrides of a market, changed from a business day on, one for each value [p]."""


def _number(value: float) -> str:
    """Four significant figures."""
    return f"{value:.4g}"


def _times(value: float) -> str:
    """A multiple."""
    return f"{_number(value)}×"


def _basis_points(value: float) -> str:
    """Basis points."""
    return f"{_number(value)} bp"


def _percent(value: float) -> str:
    """A share, or points of a haircut."""
    return f"{_number(100 * value)}%"


def _scale(data: MarketData, values: Floats, day: int) -> PathOverrides:
    """Multiply every move of yields from the first day."""
    return PathOverrides(par_yields=np.stack([scaled(data.curves.par_yields, float(value)) for value in values]))


def _repo(data: MarketData, values: Floats, day: int) -> PathOverrides:
    """Raise overnight repo [bp] as a spike that all expect to pass: the repo expected to delivery does not change.

    A spike of a scenario does move it, by the share that a trailing average takes over.
    """
    rates = np.repeat(data.repo_rate[None], len(values), 0)
    rates[:, day:] += values[:, None] / 1e4
    return PathOverrides(repo_rate=rates)


def _haircut(data: MarketData, values: Floats, day: int) -> PathOverrides:
    """Raise every haircut."""
    haircuts = np.repeat(data.haircut[None], len(values), 0)
    haircuts[:, day:] += values[:, None, None]
    return PathOverrides(haircut=haircuts)


def _margin(data: MarketData, values: Floats, day: int) -> PathOverrides:
    """Multiply every initial margin."""
    multiples = np.repeat(data.margin_multiple[None], len(values), 0)
    multiples[:, day:] *= values[:, None]
    return PathOverrides(margin_multiple=multiples)


def _not_rolled(data: MarketData, values: Floats, day: int) -> PathOverrides:
    """Raise the share of overnight repo that is not rolled."""
    shares = np.repeat(data.not_rolled[None], len(values), 0)
    shares[:, day:] = np.minimum(shares[:, day:] + values[:, None], 1.0)
    return PathOverrides(not_rolled=shares)


LEVERS = {
    lever.name: lever
    for lever in (
        Lever("scale", "yield moves, multiple of history", 0.0, 10.0, 100.0, 1e-4, _times, _scale),
        Lever(
            "repo_bp",
            "spike of repo, expected to pass, basis points",
            0.0,
            1000.0,
            10_000.0,
            0.01,
            _basis_points,
            _repo,
        ),
        Lever("haircut", "haircuts up by, percent of value", 0.0, 0.5, 1.0, 1e-6, _percent, _haircut),
        Lever("margin_multiple", "initial margin, multiple", 1.0, 10.0, 1000.0, 1e-4, _times, _margin),
        Lever("not_rolled", "share of repo not rolled", 0.0, 1.0, 1.0, 1e-6, _percent, _not_rolled),
    )
}
"""By name."""


def lever(name: str) -> Lever:
    """A lever by its name.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    name = current_name("lever", name, {"unrolled": "not_rolled"})
    if name not in LEVERS:
        raise InputError(f"lever: {name!r} given{did_you_mean(name, LEVERS)}; allowed are {', '.join(LEVERS)}")
    return LEVERS[name]


@dataclass(frozen=True)
class LeveredBook:
    """A book, at one leverage or several, under every value of a lever."""

    scenario: Scenario
    lever: Lever
    book: PathBook
    day: int
    """Business day from which the lever acts; 'scale' acts from the first."""
    highest: float
    """Highest value that can be run."""

    @property
    def terms(self) -> CashFuturesBasis | FundBook:
        """Terms of the book."""
        return self.book.cells.base

    @property
    def contracts(self) -> tuple[str, ...]:
        """Names of the contracts held."""
        labels = self.book.market.labels
        return tuple(labels[contract] for contract in sorted(set(self.book.cells.legs.contracts)))

    def dates(self) -> "np.ndarray[tuple[int], np.dtype[np.datetime64]]":
        """Business days of the run."""
        return self.book.market.data.dates.astype("datetime64[D]")

    def outcomes(self, values: Floats, cells: Mapping[str, Floats] | None = None) -> Records:
        """Rows of `basis_engine.simulation.rows.OutcomeRow` [values, cells]; by default one cell, the book itself."""
        columns = cells or unchanged(1)
        chunks = [
            self.book.outcomes(
                self.lever.paths(self.book.market.data, values[start : start + CHUNK], self.day), columns
            )
            for start in range(0, len(values), CHUNK)
        ]
        rows: Records = np.concatenate(chunks)
        return rows


def levered_book(
    scenario: str | Path | Scenario,
    name: str,
    contract: str | Sequence[str] | None = None,
    day: str | date | None = None,
    execution: Execution | None = None,
    *,
    book: Table | None = None,
    funds: Table | None = None,
    fund: str | None = None,
    as_of: str | date | None = None,
    **terms: Any,
) -> LeveredBook:
    """Prepare a book under a lever.

    Parameters
    ----------
    day
        Day from which the lever acts, ISO date; by default the second business day, the first after entry.
    book, funds, fund
        Your own book, as in `backtest`; of several funds, the name of one.
    as_of
        Business day, ISO date, whose curve, contracts, notes and rates the episode's moves are put on.
    terms
        Fields of `CashFuturesBasis`.

    Raises
    ------
    InputError
        On the first argument that is wrong.
    """
    chosen_lever = lever(name)
    chosen = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    if name == "scale":
        if day is not None:
            raise InputError("day: given with the lever 'scale', which scales every move from the first day; drop it")
        # Every scale needs the same kind of curve, and a Svensson curve cannot be scaled.
        chosen = changed(chosen, chosen.name, curve="par")
    base: CashFuturesBasis | FundBook
    if (own := own_book(book, funds, contract, None, terms)) is not None:
        base, chosen = lone_book(own, fund), scenario_as_of(chosen, as_of, own.codes)
        data = market_data(held_in(own, chosen)[0])
        priced = priced_market(data)
        check_carried(base, priced)
    else:
        chosen = scenario_as_of(chosen, as_of, chosen_contracts(contract))
        data = market_data(chosen, chosen_contracts(contract))
        priced, base = priced_market(data), validated(CashFuturesBasis, terms, "breaking point")
    highest = _highest(data) if name == "scale" else chosen_lever.most
    return LeveredBook(chosen, chosen_lever, prepare_paths(priced, base, execution), _day(data, day), highest)


def _day(data: MarketData, given: str | date | None) -> int:
    """Number of the business day from which a lever acts."""
    if given is None:
        return 1
    try:
        day = np.datetime64(str(given), "D").astype(np.int64)
    except ValueError:
        raise InputError(f"day: {given!r} given, allowed is a date as YYYY-MM-DD") from None
    if not data.dates[0] < day <= data.dates[-1]:
        first, last = data.dates[[1, -1]].astype("datetime64[D]")
        raise InputError(f"day: {given} given, allowed is a day after entry, {first} to {last}")
    return int(np.searchsorted(data.dates, day))


def _highest(data: MarketData) -> float:
    """Highest scale at which every day has a curve, to a hundredth; a bound of the search, not a breaking point."""
    yields = data.curves.par_yields
    move = yields - yields[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.where(move > 0, (HIGHEST - yields[0]) / move, np.where(move < 0, (LOWEST - yields[0]) / move, np.inf))
    top = min(float(np.nanmin(room)), LEVERS["scale"].most)
    scales = np.arange(0.0, top, 0.01)
    reached = data.curves.tenors[~np.isnan(yields).any(axis=0)].max() >= NODE_TIMES
    for scale in scales[:: max(1, len(scales) // 200)]:
        if np.isnan(par_curves(data.curves.tenors, scaled(yields, float(scale)))[:, reached]).any():
            return max(0.0, float(scale) - 0.01 * max(1, len(scales) // 200))
    return float(np.floor(100 * top) / 100)
