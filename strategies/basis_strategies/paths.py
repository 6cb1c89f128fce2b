"""Run books through many paths of a market: the data that each path replaces, laid out for the engine.

The outcome of a path equals, bit for bit, that of a market priced and laid out for the path alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from basis_data.markets.market_data import MarketData
from basis_data.markets.pricing import PricedMarket
from basis_engine.base.errors import InputError
from basis_engine.bonds.curves import NODE_TIMES
from basis_engine.simulation.names import EventKind
from basis_engine.simulation.paths import Drivers, Frame, run_paths
from basis_engine.simulation.rows import OutcomeRow, empty_rows
from basis_engine.simulation.run import Setup
from basis_engine.simulation.schedule import (
    Calendar,
    DatedEvent,
    build_schedule,
    delivery,
    funding_change,
    margin_change,
)
from basis_engine.simulation.world import Floats, Records
from basis_strategies.assemble import NOTICE_DAYS, calendar
from basis_strategies.books import FundBook
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_strategies.cells import CellBook, check_columns, prepare, template
from basis_strategies.plan import Execution, Plan

Columns = Mapping[str, NDArray[np.float64]]

PLACES = (
    EventKind.HAIRCUT_CHANGE,
    EventKind.NOT_ROLLED_CHANGE,
    EventKind.MARGIN_NOTICE,
    EventKind.MARGIN_CHANGE,
    EventKind.FINAL_SETTLEMENT,
    EventKind.DELIVERY,
)
"""Kinds of event that depend on the path."""


@dataclass(frozen=True)
class PathOverrides:
    """Data of p paths that replace those of the market; fields that are None keep the market's data.

    Each is the field of `MarketData` of the same name with a first axis of paths, and equals it on the first day.
    """

    par_yields: Floats | None = None
    """[p, m, 11] decimal; notes are then priced on par curves."""
    repo_rate: Floats | None = None
    """[p, m] decimal per year."""
    margin_multiple: Floats | None = None
    """[p, m]"""
    haircut: Floats | None = None
    """[p, m, k]"""
    not_rolled: Floats | None = None
    """[p, m]"""

    def count(self) -> int:
        """Number of paths."""
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        given = {name: len(values) for name, values in columns.items() if values is not None}
        if len(set(given.values())) != 1 or 0 in given.values():
            raise InputError(
                f"paths: {', '.join(f'{name} {n}' for name, n in given.items()) or 'none'} given, needed is one number "
                "of paths from 1"
            )
        return next(iter(given.values()))


@dataclass(frozen=True)
class PathBook:
    """Data shared by all paths and books of an ensemble; runs any number of paths."""

    market: PricedMarket
    cells: CellBook
    setup: Setup
    frame: Frame

    def outcomes(self, paths: PathOverrides, cells: Columns) -> Records:
        """Run every cell on every path: rows of `basis_engine.simulation.rows.OutcomeRow` [paths, cells].

        Parameters
        ----------
        cells
            Columns of `basis_strategies.cells.SWEPT`; see `basis_strategies.cells.outcomes`.

        Raises
        ------
        InputError
            If paths differ from the market on the first day or in length, have a value that is not finite, or par
            yields without discount factors.
        """
        columns = {name: np.ascontiguousarray(values, np.float64) for name, values in cells.items()}
        rows = empty_rows(OutcomeRow, check_columns(columns))
        drivers = _drivers(self.market, paths)
        marks = self.market.marks
        return run_paths(self.setup, marks.path, marks.baskets, self.frame, drivers, self.cells.books(columns, rows))


def prepare_paths(
    market: PricedMarket, base: CashFuturesBasis | FundBook | None = None, execution: Execution | None = None
) -> PathBook:
    """Lay out the data shared by all paths; see `basis_strategies.cells.prepare`."""
    cells = prepare(market, base, execution)
    known = calendar(Plan((template(cells.base, market),), execution or Execution()), market)
    schedule = _schedule(market, known)
    notes = np.unique(cells.legs.notes).astype(np.int64)
    marks, curves = market.marks, market.data.curves
    longest = curves.tenors[~np.isnan(curves.par_yields).any(axis=0)].max()
    frame = Frame(
        held=notes,
        contract_of=(np.searchsorted(marks.baskets.start, notes, side="right") - 1).astype(np.int64),
        tenors=curves.tenors,
        last_node=int((longest >= NODE_TIMES).sum()) - 1,
        delivery=market.marks.priced.delivery,
        schedule=schedule,
    )
    return PathBook(market, cells, replace(cells.setup, schedule=schedule), frame)


def _schedule(market: PricedMarket, known: Calendar) -> Records:
    """Schedule every event that a path may have; days are flagged routine if only these events make them not so."""
    certain = tuple(event for event in known.dated if event.kind not in PLACES)
    schedule = build_schedule(replace(known, dated=(*certain, *_changes(market), *_deliveries(market.data))))
    routine = build_schedule(replace(known, dated=certain))
    schedule["routine"][schedule["kind"] == EventKind.OPEN] = routine["routine"][routine["kind"] == EventKind.OPEN]
    return schedule


def _changes(market: PricedMarket) -> Iterator[DatedEvent]:
    """Place an event for each change of funding and margin on every day; its value is the day."""
    for day in range(1, len(market.data.dates)):
        yield funding_change(day, EventKind.NOT_ROLLED_CHANGE, float(day))
        for c in range(len(market.codes)):
            yield funding_change(day, EventKind.HAIRCUT_CHANGE, float(day), c)
            yield from margin_change(day, float(day), c)


def _deliveries(data: MarketData) -> Iterator[DatedEvent]:
    """Place final settlement and delivery on the last delivery day and on the first, if within the window."""
    for c, future in enumerate(data.futures):
        first, final, last = np.searchsorted(
            data.dates, [future.first_delivery, future.last_trading, future.last_delivery]
        )
        notice = int(first) - NOTICE_DAYS
        may = notice > 0 and first < len(data.dates)
        both = [(int(final), int(last), -float(notice) if may else 0.0)]
        both += [(notice, int(first), float(notice))] if may else []
        for settled, delivered, value in both:
            yield from delivery(len(data.dates), settled, delivered, c, value)


def _drivers(market: PricedMarket, paths: PathOverrides) -> Drivers:
    """Check paths and lay them out for the engine."""
    data, count = market.data, paths.count()
    _check(market, paths)

    def of(given: Floats | None, own: Floats) -> Floats:
        # A copy, because kernels would compile again for a read-only view.
        return np.array(np.broadcast_to(own, (count, *own.shape)) if given is None else given, np.float64, order="C")

    margin = (
        data.margin_usd(market.priced.futures[0])[None] * of(paths.margin_multiple, data.margin_multiple)[..., None]
    )
    haircut = of(paths.haircut, data.haircut)
    return Drivers(
        yields=np.empty((count, 0, len(data.curves.tenors)))
        if paths.par_yields is None
        else of(paths.par_yields, data.curves.par_yields),
        repo=of(paths.repo_rate, data.repo_rate),
        margin=margin,
        rise=haircut - haircut[:, :1],
        not_rolled=of(paths.not_rolled, data.not_rolled),
    )


def _check(market: PricedMarket, paths: PathOverrides) -> None:
    """Refuse paths of another shape, with another first day, or with values that are not finite."""
    data = market.data
    own = {field.name: getattr(data, field.name) for field in fields(paths) if field.name != "par_yields"}
    own["par_yields"] = data.curves.par_yields
    for name, scenario in own.items():
        given = getattr(paths, name)
        if given is None:
            continue
        if given.shape[1:] != scenario.shape:
            raise InputError(
                f"paths, {name}: {given.shape[1:]} a path given, the scenario {data.scenario.name} needs "
                f"{scenario.shape}; give as many"
            )
        if not np.array_equal(given[:, 0], np.broadcast_to(scenario[0], given[:, 0].shape), equal_nan=True):
            raise InputError(
                f"paths, {name}: differs on the first day, on which books are entered; start from the scenario's value"
            )
        absent = np.isnan(scenario[0]) if name == "par_yields" else False
        if not np.all(np.isfinite(given) | absent):
            raise InputError(f"paths, {name}: holds a value that is not finite; every day of every path needs a value")
    if paths.par_yields is not None and market.intraday is not None:
        raise InputError(
            f"scenario {data.scenario.name}, intraday: marks within the day do not move with other paths of yields; "
            "choose a scenario of daily closes"
        )
