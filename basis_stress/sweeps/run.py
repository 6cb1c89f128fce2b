"""Sweep a book, or the whole market, over many cells: the public function."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from basis_data.markets.parameters import Fit, parameters
from basis_data.scenarios.scenario import Scenario, changed, market_era
from basis_data.tables.validation import validated
from basis_engine.base.compile import settings
from basis_engine.base.errors import InputError
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_strategies.plan import Execution
from basis_stress.funds_market.episodes import market_scenario
from basis_stress.sweeps import cluster as dask
from basis_stress.sweeps import fields
from basis_stress.sweeps.axes import Axis
from basis_stress.sweeps.cell_tables import cell_table
from basis_stress.sweeps.chunks import sizes
from basis_stress.sweeps.designs import Design
from basis_stress.sweeps.designs import design as make_design
from basis_stress.sweeps.jobs import SCALE, BookJob
from basis_stress.sweeps.market_jobs import MarketJob
from basis_stress.sweeps.reading import Sweep, read_sweep
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
    contract: str | Sequence[str] = "TY",
    strategy: CashFuturesBasis | None = None,
    execution: Execution | None = None,
    start: str | date | None = None,
    end: str | date | None = None,
    curve: str | None = None,
    market: bool = False,
    threads: int | None = None,
    cluster: Any = None,
    part: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    **axes: Any,
) -> Sweep:
    """Take many books through a scenario, or one market through many parameters; a sweep begun before goes on.

    Parameters
    ----------
    scenario
        Name, TOML path or `Scenario`; several are paths, and every cell goes through each.
    out
        Folder of the Parquet dataset; ``results/SCENARIO-sweep`` by default.
    cells
        A table of cells instead of axes: CSV, Parquet or DataFrame, a column per field.
    design
        ``grid``, ``sobol:4096``, ``lhs:1000`` (Latin hypercube), or ``saltelli:4096`` for Sobol indices.
    seed
        Of a sample; of markets ``"0:9:1"`` is an axis, the seeds from which their funds are drawn.
    contract
        One contract code or several.
    strategy, execution
        What is the same in every cell.
    start, end, curve
        As in `backtest`.
    market
        Sweep parameters of the market of funds, each cell a whole market.
    threads
        Of this machine; all of them by default, and with 1 no more than one core works at any time. Markets are spread
        over as many processes, and a script that sweeps them does so under ``if __name__ == "__main__"``.
    cluster
        A Dask client, the address of a Dask scheduler, or ``local``.
    part
        Cells to a file of the dataset, which is what a killed sweep has to run again; 25,000, or 64 markets.
    progress
        Told the cells done, and how many there are; first when the sweep begins or goes on.
    **axes
        Fields of `CashFuturesBasis`, ``margin_multiple`` and ``yield_scale`` (of the market: fields of its fit and era,
        and ``seed`` of its population). ``"10:100:1"``, ``"0:0.05:200x"``, ``"0,0.01"`` or a sequence is an axis,
        ``"0:0.05"`` a range to sample; a single value holds in every cell.

    Raises
    ------
    InputError
        One sentence on the first thing that is wrong with what was given, or on a folder that cannot be written.
    """
    window = {name: value for name, value in {"start": start, "end": end, "curve": curve}.items() if value is not None}
    paths = _paths(scenario, window)
    if not isinstance(seed, int):
        axes["seed"], seed = seed, 0
    if market:
        job: BookJob | MarketJob = _market_job(paths, axes, cells, design, seed)
    else:
        job = _book_job(paths, contract, strategy, execution, axes, cells, design, seed)
    if part is not None:
        job = replace(job, part=_part(part))
    on = _threads(threads)
    folder = Path(out or Path("results") / f"{paths[0].name}-sweep")
    with opened(folder, job.inputs(), sizes(job)) as store:
        done, total = sum(store.sizes[part] for part in store.kept), sum(store.sizes)
        progress(done, total)

        def say(cells_written: int) -> None:
            nonlocal done
            done += cells_written
            progress(done, total)

        if store.left and cluster is not None:
            with dask.connected(cluster) as client:
                dask.fill(job, store, client, say)
        elif store.left:
            fill_here(job, store, on, say)
        store.finish()
    return read_sweep(folder)


def _threads(given: int | None) -> int:
    """Threads to run on."""
    most = int(settings.NUMBA_NUM_THREADS)
    if given is not None and not 1 <= given <= most:
        raise InputError(f"threads: {given} given, allowed are 1 to {most} on this machine")
    return given or most


def _part(given: int) -> int:
    """Cells to a part."""
    if not 1 <= given <= 10_000_000:
        raise InputError(f"part: {given} given, allowed are 1 to 10,000,000 cells")
    return given


def _paths(given: Path_ | Sequence[Path_], window: dict[str, Any]) -> tuple[Scenario, ...]:
    """Scenarios, each name once."""
    several = [given] if isinstance(given, str | Path | Scenario) else list(given)
    paths = tuple(market_scenario(one, window) for one in several)
    if not paths:
        raise InputError("sweep: no scenario given; name one, such as april-2025")
    names = [one.name for one in paths]
    if len(set(names)) < len(names):
        raise InputError(f"sweep: scenario {max(names, key=names.count)!r} stands twice; give each path its own name")
    return paths


def _design(
    given: dict[str, Any], allowed: Sequence[str], cells: Any, method: str, seed: int
) -> tuple[Design, list[Axis], dict[str, Any]]:
    """The design, its axes, and what is the same in every cell."""
    axes, terms = fields.split(given, allowed)
    if cells is None:
        if not axes:
            raise InputError("sweep: nothing varies; give an axis, such as leverage 10:100:1, or a table of cells")
        return make_design(method, tuple(axes), seed), axes, terms
    if axes:
        raise InputError(f"sweep, {axes[0].name}: an axis given beside a table of cells; put it into the table")
    table = cell_table(cells)
    return table, fields.check_table(table, allowed), terms


def _book_job(
    paths: tuple[Scenario, ...],
    contract: str | Sequence[str],
    strategy: CashFuturesBasis | None,
    execution: Execution | None,
    given: dict[str, Any],
    cells: Any,
    method: str,
    seed: int,
) -> BookJob:
    """A sweep of single books."""
    design, axes, terms = _design(given, [*fields.BOOK_FIELDS, *fields.SCENARIO_FIELDS], cells, method, seed)
    codes = tuple(part.strip() for part in contract.split(",")) if isinstance(contract, str) else tuple(contract)
    same = {name: terms.pop(name) for name in fields.SCENARIO_FIELDS if name in terms}
    if strategy is not None and terms:
        raise InputError(f"sweep, {next(iter(terms))}: given beside a strategy, whose field it is; set it there")
    base = terms if strategy is None else strategy.model_dump(exclude_none=True)
    swept = {one.name for one in axes}
    if SCALE in swept:
        # A scale of 1 would else be priced on another curve than its neighbours.
        same |= {"curve": "par", SCALE: 1.0}
    if "margin_multiple" in swept:
        same["margin_multiple"] = 1.0
    paths = tuple(changed(one, one.name, contracts=codes, **same) for one in paths)
    for one in axes:
        for end in fields.both_ends(one):
            if one.name in fields.SCENARIO_FIELDS:
                changed(paths[0], "sweep", **{one.name: end})
            else:
                validated(CashFuturesBasis, {**base, one.name: end}, "sweep")
    # All axes together, so that leverage beside buffer is refused.
    first = {one.name: fields.both_ends(one)[0] for one in axes if one.name in fields.BOOK_FIELDS}
    validated(CashFuturesBasis, {**base, **first}, "sweep")
    return BookJob(paths, design, codes, validated(CashFuturesBasis, base, "sweep"), execution or Execution())


def _market_job(paths: tuple[Scenario, ...], given: dict[str, Any], cells: Any, method: str, seed: int) -> MarketJob:
    """A sweep of whole markets."""
    allowed = [*fields.FIT_FIELDS, *fields.ERA_FIELDS, *fields.SCENARIO_FIELDS, *fields.POPULATION_FIELDS]
    for name in given:
        fields.check_known(name, allowed)
    design, axes, terms = _design(given, allowed, cells, method, seed)
    frozen = parameters()
    fit = frozen.fits[len(frozen.fits) // 2]
    if SCALE in {one.name for one in axes} | terms.keys():
        paths = tuple(changed(one, one.name, **{"curve": "par", SCALE: 1.0}) for one in paths)
    checked = [(one.name, end) for one in axes for end in fields.both_ends(one)] + list(terms.items())
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
