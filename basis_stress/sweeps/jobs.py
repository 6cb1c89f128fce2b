"""What a sweep runs: cells of a single book, each range of them to one Arrow table, without work per cell in Python."""

import threading
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from basis_data.markets.market_data import MarketData, market_data, with_yield_scale
from basis_data.markets.pricing import priced_market
from basis_data.scenarios.scenario import Scenario
from basis_engine.simulation.names import Constraint, Outcome
from basis_engine.simulation.world import Integers, Records
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_strategies.cells import CellBook, prepare
from basis_strategies.plan import Execution
from basis_stress.reporting.outcomes import word
from basis_stress.sweeps.designs import Cells, Design
from basis_stress.sweeps.digests import code_digest, data_digest, file_digests, versions

SCALE = "yield_scale"
WORDS: dict[str, type[IntEnum]] = {
    "outcome": Outcome,
    "constraint": Constraint,
    "failure": Constraint,
    "first_call": Constraint,
}
"""Columns of outcomes that are words: their enumerations."""
_TOLD = {"title", "story", "source", "files"}
"""What a scenario says of itself, which changes no cell, and where its files stand: their digests count."""
_PRICING = threading.Lock()


class Job(Protocol):
    """What runs cells: told apart by its inputs, cut into parts, safe to send to another process."""

    @property
    def design(self) -> Design:
        """The cells of each path."""

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The paths."""

    @property
    def part(self) -> int:
        """Cells to a part of the dataset."""

    def inputs(self) -> dict[str, object]:
        """Everything that a byte of the result depends on."""

    def run(self, scenario: int, cells: Cells) -> Records:
        """Outcomes of cells of one path, a row each."""

    def columns(self, scenario: int, rows: Records) -> dict[str, Any]:
        """Columns that tell rows of outcomes."""

    def pool(self, threads: int) -> Executor:
        """What runs parts on so many cores of this machine."""


@dataclass(frozen=True)
class BookJob:
    """One cash-futures book per cell, alone in its market."""

    scenarios: tuple[Scenario, ...]
    design: Design
    contracts: tuple[str, ...] = ("TY",)
    base: CashFuturesBasis = field(default_factory=lambda: CashFuturesBasis.model_validate({}))
    execution: Execution = field(default_factory=Execution)
    part: int = 25_000

    def inputs(self) -> dict[str, object]:
        """Everything that a byte of the result depends on."""
        given = {name: value for name, value in self.base.model_dump().items() if value is not None}
        settings = {"contracts": list(self.contracts), "book": given, "execution": vars(self.execution)}
        return common_inputs(self) | {"kind": "book"} | settings

    def run(self, scenario: int, cells: Cells) -> Records:
        """Outcomes of cells of one path; the market is priced once for each scale of its yields."""
        terms = {name: values for name, values in cells.items() if name != SCALE}
        scales, group = np.unique(cells.get(SCALE, np.zeros(0)), return_inverse=True)
        if len(scales) < 2:
            return self._book(scenario, *map(float, scales)).outcomes(terms or self._as_given(len(group)))
        order = np.argsort(group, kind="stable")
        found = []
        for scale, piece in zip(scales, np.split(order, np.cumsum(np.bincount(group))[:-1]), strict=True):
            mine = {name: values[piece] for name, values in terms.items()} or self._as_given(len(piece))
            found.append(self._book(scenario, float(scale)).outcomes(mine))
        rows: Records = np.concatenate(found)[np.argsort(order)]
        return rows

    def _book(self, scenario: int, scale: float | None = None) -> CellBook:
        """What the cells of one path, at one scale, share."""
        with _PRICING:  # or every thread would price the market that all of them want first
            return book(self.scenarios[scenario], self.contracts, data_digest(), self.base, self.execution, scale)

    def columns(self, scenario: int, rows: Records) -> dict[str, Any]:
        """Columns that tell rows of outcomes: words, dates, and nothing where a book never entered."""
        dates = gathered(self.scenarios[scenario], self.contracts, data_digest()).dates
        never = rows["outcome"] == Outcome.NOT_ENTERED
        return {name: _column(name, rows[name], dates, never) for name in rows.dtype.names or ()}

    def pool(self, threads: int) -> Executor:
        """Threads of this process: kernels, NumPy and Arrow run side by side."""
        return ThreadPoolExecutor(threads, thread_name_prefix="sweep")

    def _as_given(self, n: int) -> Cells:
        """Cells that change nothing, where only the path varies."""
        return {"term_share": np.full(n, self.base.term_share)}


def common_inputs(job: Job) -> dict[str, object]:
    """Inputs that every kind of job has: paths, design, digests, versions."""
    return {
        "scenarios": [one.model_dump(mode="json", exclude=_TOLD, exclude_defaults=True) for one in job.scenarios],
        "files": [file_digests(one) for one in job.scenarios],
        "design": job.design.describe(),
        "part": job.part,
        "code": code_of(job),
        "data": data_digest(),
        "versions": versions(),
    }


def code_of(job: Job) -> str:
    """Digest of what computes and encodes the cells of a job."""
    return code_digest(type(job).__module__, "basis_stress.sweeps.chunks")


@lru_cache(maxsize=16)
def gathered(scenario: Scenario, contracts: tuple[str, ...], digest: str) -> MarketData:
    """Market data of a path, read once; ``digest`` tells apart what was read."""
    return market_data(scenario, contracts)


@lru_cache(maxsize=16)
def book(
    scenario: Scenario,
    contracts: tuple[str, ...],
    digest: str,
    base: CashFuturesBasis,
    execution: Execution,
    scale: float | None,
) -> CellBook:
    """A market priced and laid out for cells, kept from part to part."""
    data = gathered(scenario, contracts, digest)
    return prepare(priced_market(data if scale is None else with_yield_scale(data, scale)), base, execution)


def _column(name: str, values: Records, dates: Integers, never: NDArray[np.bool_]) -> Any:
    """One column of outcomes."""
    if name in WORDS:
        return words(values, WORDS[name])
    if name.endswith("_day"):
        return pa.array(dates[np.maximum(values, 0)].astype("datetime64[D]"), mask=values < 0)
    return np.where(never, np.nan, values) if values.dtype.kind == "f" else np.ascontiguousarray(values)


def words(numbers: Records, kind: type[IntEnum]) -> pa.DictionaryArray:
    """Numbers of an enumeration as its words."""
    place = np.zeros(max(kind) + 1, np.int8)
    place[list(kind)] = np.arange(len(kind))
    names = [word(one) for one in kind]
    return pa.DictionaryArray.from_arrays(pa.array(place[numbers]), pa.array(names))


Pieces = list[tuple[int, Cells, Records]]
"""Cells of each path in a part, and their outcomes."""


def ran(job: Job, start: int, stop: int) -> Pieces:
    """Run cells ``start`` to ``stop`` of a job, all paths one after the other."""
    size, pieces = job.design.size, []
    for scenario in range(start // size, (stop - 1) // size + 1):
        cells = job.design.cells(max(start - scenario * size, 0), min(stop - scenario * size, size))
        pieces.append((scenario, cells, job.run(scenario, cells)))
    return pieces


def table(job: Job, pieces: Pieces) -> pa.Table:
    """Cells that ran, with their outcomes."""
    names = pa.array([one.name for one in job.scenarios])
    tables = []
    for scenario, cells, rows in pieces:
        path = pa.DictionaryArray.from_arrays(pa.array(np.full(len(rows), scenario, np.int32)), names)
        tables.append(pa.table({"scenario": path, **cells, **job.columns(scenario, rows)}))
    return pa.concat_tables(tables)
