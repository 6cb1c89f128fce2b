"""Run a book through an ensemble of generated paths: losses, expected shortfall, time to call and to default."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd

from basis_data.markets.books import Table
from basis_data.markets.market_data import MarketData
from basis_data.markets.pricing import priced_market
from basis_data.scenarios.scenario import Scenario
from basis_data.shocks import markets
from basis_data.shocks import paths as shock_paths
from basis_data.shocks.funding import FundingTerms
from basis_data.tables.calendars import DateLike
from basis_data.tables.data_in_use import data_in_use
from basis_data.tables.labelled import labelled
from basis_data.tables.validation import validated
from basis_engine.base.compile import set_threads
from basis_engine.base.compile import settings as numba_settings
from basis_engine.base.errors import InputError
from basis_engine.simulation.names import Constraint, Outcome
from basis_engine.simulation.world import Floats, Integers, Records
from basis_strategies.books import FundBook
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_strategies.paths import PathBook, PathOverrides, prepare_paths
from basis_strategies.plan import Execution
from basis_strategies.terms import UnleveredTerms, showing
from basis_stress.ensembles.entry import entry_market
from basis_stress.ensembles.statistics import check_share, losses_table, time_to, wilson
from basis_stress.ensembles.streaming import Stream
from basis_stress.reporting.inputs import numbers
from basis_stress.reporting.outcomes import FIRST_DAYS, name_of
from basis_stress.reporting.registry import Reported
from basis_stress.single_book.own_book import held_codes, lone_book, own_book, own_leverage, settings_of

if TYPE_CHECKING:
    import xarray

CHUNK = 2048
"""Paths per chunk: about 12 MB of curve changes in sixty days."""
SHORTFALL_LEVELS = (0.95, 0.99)
_MOST_DAYS = 2500


@dataclass(frozen=True, repr=False)
class Simulation(Reported):
    """Outcomes of a book over paths; only the loss, outcome and days of each path are kept in memory."""

    scenario: Scenario
    contracts: tuple[str, ...]
    generator: str
    seed: int
    days: int
    leverages: Floats
    losses_by_path: Floats
    """[paths, leverages] share of equity at entry, gains negative; losses that others bear are not included."""
    days_by_path: dict[str, Integers]
    """By column of `FIRST_DAYS`, [paths, leverages]: business days after entry, -1 for never."""
    outcome_numbers: Integers
    """[paths, leverages] of `basis_engine.simulation.names.Outcome`."""
    settings: dict[str, Any]
    """Inputs of the run, by name."""
    file: Path | None = None
    """Parquet file of all outcomes, if `out` was given."""

    def __len__(self) -> int:
        """Number of paths."""
        return len(self.losses_by_path)

    def losses(self, confidence: float = 0.95) -> pd.DataFrame:
        """Losses by leverage, as shares of equity at entry.

        `mean`, quantiles `q1` to `q99`, `worst`, and the expected shortfall `es95` and `es99`, each with the bootstrap
        interval `_low` to `_high`.
        """
        check_share("confidence", confidence)
        by_leverage = {float(leverage): self.losses_by_path[:, i] for i, leverage in enumerate(self.leverages)}
        return losses_table(by_leverage, SHORTFALL_LEVELS, confidence, self.seed)

    def curves(self, confidence: float = 0.95) -> pd.DataFrame:
        """Share of books that have come to each outcome by each day.

        `leverage`, `event` (an outcome), `day`, `share`, and the Wilson interval `low` to `high`.
        """
        check_share("confidence", confidence)
        tables = [
            time_to(self.days_by_path[column][:, i], self.days, confidence).assign(leverage=leverage, event=event)
            for i, leverage in enumerate(self.leverages)
            for event, column in FIRST_DAYS.items()
        ]
        return pd.concat(tables, ignore_index=True)[["leverage", "event", "day", "share", "low", "high"]]

    def outcomes(self, confidence: float = 0.95) -> pd.DataFrame:
        """By leverage and outcome: `count`, `share`, and the Wilson interval `low` to `high`."""
        check_share("confidence", confidence)
        rows = []
        for i, leverage in enumerate(self.leverages):
            for outcome in list(Outcome)[:-1]:
                count = int((self.outcome_numbers[:, i] == outcome).sum())
                low, high = wilson(np.array([count]), len(self), confidence)
                rows.append(
                    [float(leverage), name_of(outcome), count, count / len(self), float(low[0]), float(high[0])]
                )
        return pd.DataFrame(rows, columns=["leverage", "outcome", "count", "share", "low", "high"])

    def to_xarray(self) -> xarray.Dataset:
        """Every path as an xarray Dataset, by path and leverage: `loss`, `outcome`, and the day of each first event.

        Raises
        ------
        InputError
            If xarray is not installed.
        """
        dims = ("path", "leverage")
        outcomes = np.array([name_of(outcome) for outcome in Outcome])[self.outcome_numbers.astype(int)]
        days = {
            name: (dims, days, "business days after entry, -1 for never") for name, days in self.days_by_path.items()
        }
        return labelled(
            {
                "loss": (dims, self.losses_by_path, "decimal share of equity at entry, gains negative"),
                "outcome": (dims, outcomes, "name"),
                **days,
            },
            {"path": np.arange(len(self)), "leverage": self.leverages},
            f"{self.generator}, seed {self.seed}, {self.scenario.name}",
        )


@showing(UnleveredTerms)
def simulate_paths(
    generator: str = "bootstrap",
    paths: int = 1000,
    days: int = 60,
    seed: int = 0,
    *,
    leverage: float | Iterable[float] | None = None,
    scenario: str | Path | Scenario = "april-2025",
    contract: str | Sequence[str] | None = None,
    book: Table | None = None,
    funds: Table | None = None,
    fund: str | None = None,
    threads: int | None = None,
    chunk: int = CHUNK,
    funding: FundingTerms | dict[str, Any] | None = None,
    settings: dict[str, Any] | None = None,
    execution: Execution | None = None,
    as_of: DateLike | None = None,
    out: str | Path | None = None,
    progress: Callable[[int], None] = lambda done: None,
    **terms: Unpack[UnleveredTerms],
) -> Simulation:
    """Run a book, at one or several leverages, through every path that a generator draws.

    Parameters
    ----------
    generator, paths, days, seed, funding
        See `generate`.
    leverage
        Bonds over equity, 20 by default; several run through the same paths. Of your own book, the equity behind the
        same positions; by default its own.
    scenario
        Its first day is the day of entry; its terms and dated changes of funding apply. Notes are priced on par curves.
    contract
        One contract code or several; 'TY' by default. Unless the scenario names a delivery month it is the first after
        the window, so that every book runs to the last day.
    book, funds, fund
        Your own book, as in `backtest`; of several funds, the name of one. Its delivery month is not used.
    threads
        All of the machine's by default; like ``chunk``, they do not change the result.
    settings
        Settings of the generator, by name.
    as_of
        Day of entry, as in `backtest`; a front month that ends within the days is rolled, at its cost.
    out
        Folder: every outcome is streamed to ``paths.parquet`` in it.
    progress
        Called with the number of paths that are done.
    **terms
        Fields of `CashFuturesBasis`, except leverage and buffer.

    Raises
    ------
    InputError
        One sentence on the first argument that is wrong.
    """
    shock_paths.check_counts(days=(days, _MOST_DAYS), chunk=(chunk, shock_paths.MOST_PATHS))
    base: CashFuturesBasis | FundBook
    if (own := own_book(book, funds, contract, None, dict(terms))) is not None:
        base, data = lone_book(own, fund), entry_market(scenario, own.codes, days, as_of)
        leverages = _leverages(own_leverage(base, priced_market(data)) if leverage is None else leverage, {})
    else:
        leverages = _leverages(20.0 if leverage is None else leverage, dict(terms))
        base, data = validated(CashFuturesBasis, dict(terms), "paths"), entry_market(scenario, contract, days, as_of)
    threads = _set_threads(threads)
    drawn = shock_paths.chunks(generator, paths, days, seed, threads, min(chunk, paths), funding, **(settings or {}))
    target = None if out is None else Path(out) / "paths.parquet"
    kept: list[Records] = []
    done = 0
    with nullcontext() if target is None else Stream(target, leverages) as stream:
        for rows in run_chunks(data, drawn, base, execution, leverages):
            _check_entry(rows[0], leverages)
            if stream is not None:
                stream.add(rows)
            kept.append(_narrow(rows))
            done += len(rows)
            progress(done)
    narrow = np.concatenate(kept)
    given = {"delivery_month": data.futures[0].delivery_month, "data": str(data_in_use()), **settings_of(base)}
    given.pop("leverage", None)
    return Simulation(
        scenario=data.scenario,
        contracts=held_codes(base, [future.code for future in data.futures]),
        generator=generator,
        seed=seed,
        days=days,
        leverages=leverages,
        losses_by_path=narrow["loss"],
        days_by_path={column: narrow[column] for column in FIRST_DAYS.values()},
        outcome_numbers=narrow["outcome"],
        settings=given | (settings or {}),
        file=target,
    )


def run_chunks(
    data: MarketData,
    drawn: Iterable[shock_paths.Paths],
    base: CashFuturesBasis | FundBook,
    execution: Execution | None,
    leverages: Floats,
) -> Iterator[Records]:
    """Outcomes [paths, leverages] of chunk after chunk; the next chunk is drawn while the current one runs."""
    book: PathBook | None = None
    waiting = iter(drawn)
    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(next, waiting, None)
        while (chunk := ahead.result()) is not None:
            ahead = pool.submit(next, waiting, None)
            book = book or prepare_paths(priced_market(markets.apply(data, chunk, 0)), base, execution)
            yield book.outcomes(PathOverrides(**markets.drivers(data, chunk)), {"leverage": leverages})


_NARROW = np.dtype([("loss", float), *((column, np.int16) for column in FIRST_DAYS.values()), ("outcome", np.int8)])


def _narrow(rows: Records) -> Records:
    """Fields of outcomes that statistics need: 15 bytes per outcome instead of 160."""
    kept = np.empty(rows.shape, _NARROW)
    with np.errstate(invalid="ignore"):
        kept["loss"] = 1.0 - rows["equity"] / rows["entry_equity"]
    for name in (*FIRST_DAYS.values(), "outcome"):
        kept[name] = rows[name]
    return kept


def _leverages(given: float | Iterable[float], terms: dict[str, Any]) -> Floats:
    """Leverages in ascending order, without repeats."""
    for name in ("buffer", "leverage"):
        if name in terms:
            raise InputError(f"{name}: given, but books differ only in leverage; give leverage=[...]")
    several = list(given) if isinstance(given, Iterable) else [given]
    values = np.unique(numbers("leverage", several))
    if not len(values) or values[0] <= 0.0 or values[-1] > 1000.0:
        raise InputError(f"leverage: {given!r} given, allowed are one or more above 0, up to 1000")
    return values


def _check_entry(row: Records, leverages: Floats) -> None:
    """Refuse a leverage for which haircut and initial margin require more than the equity."""
    not_entered = row["outcome"] == Outcome.NOT_ENTERED
    if not_entered.any() and row["constraint"][not_entered][0] == Constraint.NONE:
        raise InputError(
            f"leverage: {leverages[not_entered][0]:g}x given, at which the futures of a contract round to none; raise "
            "equity, notional or leverage, or set whole_contracts to false"
        )
    if not_entered.any():
        raise InputError(
            f"leverage: {leverages[not_entered][0]:g}x given, but haircut and initial margin require more than the "
            "equity; lower the leverage, or find the highest with `largest_leverage`"
        )


def _set_threads(given: int | None) -> int:
    """Set the number of threads of this run."""
    most = int(numba_settings.NUMBA_NUM_THREADS)
    if given is None:
        given = most
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= most:
        raise InputError(f"threads: {given!r} given, allowed is a whole number from 1 to {most}, this machine's cores")
    set_threads(given)
    return given
