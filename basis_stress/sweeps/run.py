"""`sweep`: run a book, or the whole market, over many cells."""

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from basis_data.markets.books import Table, held_in
from basis_data.markets.parameters import Fit, parameters
from basis_data.scenarios.scenario import Scenario, changed, market_era
from basis_data.tables.validation import validated
from basis_engine.base.compile import settings
from basis_engine.base.errors import InputError
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_strategies.plan import Execution
from basis_stress.funds_market.episodes import market_scenario
from basis_stress.single_book.own_book import lone_book, own_book
from basis_stress.sweeps import cluster as dask
from basis_stress.sweeps import fields
from basis_stress.sweeps.axes import Axis
from basis_stress.sweeps.designs import Design, cell_table
from basis_stress.sweeps.designs import design as make_design
from basis_stress.sweeps.jobs import SCALE, BookJob, chunk_sizes
from basis_stress.sweeps.market_jobs import MarketJob
from basis_stress.sweeps.reading import Sweep
from basis_stress.sweeps.running import fill_here
from basis_stress.sweeps.store import opened

Path_ = str | Path | Scenario


def sweep(
    scenario: Path_ | Sequence[Path_],
    *,
    out: str | os.PathLike[str] | None = None,
    cells: str | Path | pd.DataFrame | None = None,
    design: str = "grid",
    seed: Any = 0,
    contract: str | Sequence[str] | None = None,
    book: Table | None = None,
    funds: Table | None = None,
    fund: str | None = None,
    strategy: CashFuturesBasis | None = None,
    execution: Execution | None = None,
    start: str | date | None = None,
    end: str | date | None = None,
    curve: str | None = None,
    as_of: str | date | None = None,
    market: bool = False,
    threads: int | None = None,
    cluster: Any = None,
    chunk: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    **axes: Any,
) -> Sweep:
    """Run many books, or markets with many parameters, through scenarios; an interrupted sweep is resumed.

    Parameters
    ----------
    scenario
        Name, TOML path or `Scenario`, or several; every cell runs through each.
    out
        Folder of the Parquet dataset; ``results/SCENARIO-sweep`` by default.
    cells
        A table of cells instead of axes: CSV, Parquet or DataFrame, a column per field.
    design
        ``grid``, ``sobol:4096``, ``lhs:1000`` (Latin hypercube), or ``saltelli:4096`` for Sobol indices.
    seed
        Of a sample; with ``market``, ``"0:9:1"`` is an axis: the seeds from which the funds are drawn.
    contract
        One contract code or several; 'TY' by default.
    book, funds, fund
        Your own book, as in `backtest`; of several funds, the name of one. An axis of a term replaces it in every
        position; ``equity`` or ``leverage`` set the equity behind the same positions.
    strategy, execution
        Settings that are the same in every cell.
    start, end, curve, as_of
        As in `backtest`.
    market
        Sweep parameters of the market of funds, each cell a whole market.
    threads
        Of this machine, all by default; with 1 no more than one core works at any time. Markets run in as many
        processes, and a script must sweep them under ``if __name__ == "__main__"``.
    cluster
        A Dask client, the address of a Dask scheduler, or ``local``.
    chunk
        Cells per file of the dataset; a killed sweep reruns unfinished files. 25,000 books or 64 markets by default.
    progress
        Called with the cells done and the total; first when the sweep starts or resumes.
    **axes
        Fields of `CashFuturesBasis`, ``margin_multiple`` and ``yield_scale`` (of the market: fields of its fit and era,
        and ``seed`` of its population). ``"10:100:1"``, ``"0:0.05:200x"``, ``"0,0.01"`` or a sequence is an axis,
        ``"0:0.05"`` a range to sample; a single value holds in every cell.

    Raises
    ------
    InputError
        One sentence on the first argument that is wrong, or on a folder that cannot be written.
    """
    given_window = {"start": start, "end": end, "curve": curve, "as_of": as_of}
    window = {name: value for name, value in given_window.items() if value is not None}
    if "part" in axes:
        warnings.warn("sweep: part is now chunk; give chunk=...", FutureWarning, stacklevel=2)
        chunk = axes.pop("part")
    paths = _paths(scenario, window)
    if not isinstance(seed, int):
        axes["seed"], seed = seed, 0
    if market and book is not None:
        raise InputError("book: given with market, whose funds have their own books; leave one of them out")
    if market:
        job: BookJob | MarketJob = _market_job(paths, axes, cells, design, seed)
    else:
        own = (book, funds, fund)
        job = _book_job(paths, contract, own, strategy, execution, axes, cells, design, seed)
    if chunk is not None:
        job = replace(job, chunk=_chunk(chunk))
    cores = _threads(threads)
    folder = Path(out or Path("results") / f"{paths[0].name}-sweep")
    with opened(folder, job.inputs(), chunk_sizes(job)) as store:
        done, total = sum(store.sizes[done_before] for done_before in store.kept), sum(store.sizes)
        progress(done, total)

        def count(cells_written: int) -> None:
            nonlocal done
            done += cells_written
            progress(done, total)

        if store.left and cluster is not None:
            with dask.connected(cluster) as client:
                dask.fill(job, store, client, count)
        elif store.left:
            fill_here(job, store, cores, count)
        finished = store.finish()
    return Sweep(store.folder, finished)


def _threads(given: int | None) -> int:
    """Threads to run on."""
    most = int(settings.NUMBA_NUM_THREADS)
    if given is not None and not 1 <= given <= most:
        raise InputError(f"threads: {given} given, allowed are 1 to {most} on this machine")
    return given or most


def _chunk(given: int) -> int:
    """Cells per chunk."""
    if not 1 <= given <= 10_000_000:
        raise InputError(f"chunk: {given} given, allowed are 1 to 10,000,000 cells")
    return given


def _paths(given: Path_ | Sequence[Path_], window: dict[str, Any]) -> tuple[Scenario, ...]:
    """Scenarios, each with a name of its own."""
    several = [given] if isinstance(given, str | Path | Scenario) else list(given)
    paths = tuple(market_scenario(path, window) for path in several)
    if not paths:
        raise InputError("sweep: no scenario given; name one, such as april-2025")
    names = [path.name for path in paths]
    if len(set(names)) < len(names):
        raise InputError(
            f"sweep: scenario {max(names, key=names.count)!r} is given twice; give each scenario its own name"
        )
    return paths


def _design(
    given: dict[str, Any], allowed: Sequence[str], cells: Any, method: str, seed: int
) -> tuple[Design, list[Axis], dict[str, Any]]:
    """The design, its axes, and the settings that are the same in every cell."""
    axes, terms = fields.split(given, allowed)
    if cells is None:
        if not axes:
            raise InputError("sweep: nothing varies; give an axis, such as leverage 10:100:1, or a table of cells")
        return make_design(method, tuple(axes), seed), axes, terms
    if axes:
        raise InputError(f"sweep, {axes[0].name}: an axis given with a table of cells; put it into the table")
    table = cell_table(cells)
    return table, fields.check_table(table, allowed), terms


def _book_job(
    paths: tuple[Scenario, ...],
    contract: str | Sequence[str] | None,
    own: tuple[Table | None, Table | None, str | None],
    strategy: CashFuturesBasis | None,
    execution: Execution | None,
    given: dict[str, Any],
    cells: Any,
    method: str,
    seed: int,
) -> BookJob:
    """A sweep of single books."""
    design, axes, terms = _design(given, [*fields.BOOK_FIELDS, *fields.SCENARIO_FIELDS], cells, method, seed)
    same = {name: terms.pop(name) for name in fields.SCENARIO_FIELDS if name in terms}
    if strategy is not None and terms:
        raise InputError(f"sweep, {next(iter(terms))}: given with a strategy, which has this field; set it there")
    given_equity = {"equity": 1e8} if {"equity", "leverage", "buffer"} & {axis.name for axis in axes} else {}
    book, fund = own_book(own[0], own[1], contract, strategy, given_equity | terms), None
    contract = contract or "TY"
    codes = tuple(code.strip() for code in contract.split(",")) if isinstance(contract, str) else tuple(contract)
    base = terms if strategy is None else strategy.model_dump(exclude_none=True)
    if book is not None:
        fund, codes, base = lone_book(book, own[2]), book.codes, {}
        paths = tuple(held_in(book, path)[0] for path in paths)
    swept = {axis.name for axis in axes}
    if SCALE in swept:
        _check_scalable(paths)
        # Without this a scale of 1 would be priced on another kind of curve than the other scales.
        same |= {"curve": "par", SCALE: 1.0}
    if "margin_multiple" in swept:
        same["margin_multiple"] = 1.0
    paths = tuple(changed(path, path.name, contracts=path.contracts if book else codes, **same) for path in paths)
    for axis in axes:
        for end in fields.both_ends(axis):
            if axis.name in fields.SCENARIO_FIELDS:
                changed(paths[0], "sweep", **{axis.name: end})
            else:
                validated(CashFuturesBasis, {**base, axis.name: end}, "sweep")
    # All axes together, so that leverage with buffer is refused.
    first = {axis.name: fields.both_ends(axis)[0] for axis in axes if axis.name in fields.BOOK_FIELDS}
    validated(CashFuturesBasis, {**base, **first}, "sweep")
    held = fund or validated(CashFuturesBasis, base, "sweep")
    return BookJob(paths, design, codes, held, execution or Execution())


def _check_scalable(paths: tuple[Scenario, ...]) -> None:
    """Refuse scenarios whose yields cannot be scaled, as a backtest does."""
    for path in paths:
        if path.curve == "svensson":
            raise InputError(
                f"sweep, yield_scale: scenario {path.name} is priced on curve 'svensson', and only par yields can be "
                "scaled; set curve to 'par' or 'auto'"
            )


def _market_job(paths: tuple[Scenario, ...], given: dict[str, Any], cells: Any, method: str, seed: int) -> MarketJob:
    """A sweep of whole markets."""
    allowed = [*fields.FIT_FIELDS, *fields.ERA_FIELDS, *fields.SCENARIO_FIELDS, *fields.POPULATION_FIELDS]
    for name in given:
        fields.check_known(name, allowed)
    design, axes, terms = _design(given, allowed, cells, method, seed)
    frozen = parameters()
    fit = frozen.fits[len(frozen.fits) // 2]
    if SCALE in {axis.name for axis in axes} | terms.keys():
        _check_scalable(paths)
        paths = tuple(changed(path, path.name, **{"curve": "par", SCALE: 1.0}) for path in paths)
    if "margin_multiple" in {axis.name for axis in axes} | terms.keys():
        paths = tuple(changed(path, path.name, margin_multiple=1.0) for path in paths)
    checked = [(axis.name, end) for axis in axes for end in fields.both_ends(axis)] + list(terms.items())
    for name, value in checked:
        _check_market(paths[0], fit, name, value)
    return MarketJob(paths, design, fit, {name: float(value) for name, value in terms.items()})


def _check_market(scenario: Scenario, fit: Fit, name: str, value: float) -> None:
    """Refuse a value outside the limits of its field."""
    if name in fields.FIT_FIELDS:
        validated(Fit, {**fit.model_dump(), name: value}, "sweep")
    elif name in fields.ERA_FIELDS:
        validated(type(market_era(scenario)), {**market_era(scenario).model_dump(), name: value}, "sweep")
    elif name in fields.SCENARIO_FIELDS:
        changed(scenario, "sweep", **{name: value})
    elif value < 0:
        raise InputError(f"sweep, {name}: {value:g} given, allowed is a whole number of 0 or more")
