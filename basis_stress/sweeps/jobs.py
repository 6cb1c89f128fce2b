"""Jobs of a sweep: the cells of a single book, run in chunks, each an Arrow table and the bytes of a Parquet file."""

import threading
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from basis_data.markets.market_data import MarketData, market_data, with_yield_scale
from basis_data.markets.pricing import priced_market
from basis_data.scenarios.scenario import Scenario
from basis_engine.simulation.names import Constraint, Outcome
from basis_engine.simulation.world import Integers
from basis_strategies.books import FundBook
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_strategies.cells import CellBook, prepare, unchanged
from basis_strategies.plan import Execution
from basis_stress.reporting.outcomes import name_of
from basis_stress.sweeps.designs import Cells, Design
from basis_stress.sweeps.digests import code_digest, data_digest, file_digests, versions

SCALE = "yield_scale"
ENUMERATIONS: dict[str, type[IntEnum]] = {
    "outcome": Outcome,
    "constraint": Constraint,
    "failure": Constraint,
    "first_call": Constraint,
}
"""Columns of outcomes that hold names: their enumerations."""
COLUMNS = {"equity": "equity_end"}
"""Outcomes with another name in the table, where the plain name is that of an input."""
LEFT_OUT = ("seizure_proceeds", "missed_call", "missed_call_cash", "missed_call_credit", "default_equity")
"""Fields of outcomes of no use over millions of cells, whose files they would make larger."""
Columns = dict[str, Any]
"""Columns of an Arrow table by name: NumPy or Arrow arrays."""
_NOT_INPUTS = {"title", "story", "source", "files"}
"""Fields of a scenario that change no cell: its texts, and the paths of its files, whose digests are inputs."""
_PRICING = threading.Lock()


class Job(Protocol):
    """A set of cells to run: identified by its inputs, cut into chunks, picklable."""

    @property
    def design(self) -> Design:
        """The cells of each path."""

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The paths."""

    @property
    def chunk(self) -> int:
        """Cells per chunk of the dataset."""

    def inputs(self) -> dict[str, object]:
        """All inputs on which the bytes of the result depend."""

    def run(self, scenario: int, cells: Cells) -> Columns:
        """Outcomes of cells of one path, as columns of a table."""

    def pool(self, threads: int) -> Executor:
        """The executor that runs chunks on so many cores of this machine."""


@dataclass(frozen=True)
class BookJob:
    """One cash-futures book per cell, alone in its market."""

    scenarios: tuple[Scenario, ...]
    design: Design
    contracts: tuple[str, ...] = ("TY",)
    base: CashFuturesBasis | FundBook = field(default_factory=lambda: CashFuturesBasis.model_validate({}))
    execution: Execution = field(default_factory=Execution)
    chunk: int = 25_000

    def inputs(self) -> dict[str, object]:
        """All inputs on which the bytes of the result depend."""
        given = {name: value for name, value in self.base.model_dump(mode="json").items() if value is not None}
        settings = {"contracts": list(self.contracts), "book": given, "execution": vars(self.execution)}
        return common_inputs(self) | {"kind": "book"} | settings

    def run(self, scenario: int, cells: Cells) -> Columns:
        """Outcomes of cells of one path: names, dates, and NaN where a book was not entered."""
        path = self.scenarios[scenario]
        dates = gathered(path, path.contracts, data_digest()).dates
        return {
            COLUMNS.get(name, name): _column(name, values, dates)
            for name, values in self._outcomes(scenario, cells).items()
            if name not in LEFT_OUT
        }

    def _outcomes(self, scenario: int, cells: Cells) -> dict[str, NDArray[Any]]:
        """Run cells of one path; the market is priced once per scale of its yields."""
        terms = {name: values for name, values in cells.items() if name != SCALE}
        scales, group = np.unique(cells.get(SCALE, np.zeros(0)), return_inverse=True)
        if len(scales) < 2:
            return self._book(scenario, *map(float, scales)).outcome_columns(terms or unchanged(len(group)))
        order = np.argsort(group, kind="stable")
        found = []
        for scale, piece in zip(scales, np.split(order, np.cumsum(np.bincount(group))[:-1]), strict=True):
            mine = {name: values[piece] for name, values in terms.items()} or unchanged(len(piece))
            found.append(self._book(scenario, float(scale)).outcome_columns(mine))
        back = np.argsort(order)
        return {name: np.concatenate([columns[name] for columns in found])[back] for name in found[0]}

    def _book(self, scenario: int, scale: float | None = None) -> CellBook:
        """The market and the book that the cells of one path share at one scale."""
        with _PRICING:  # without the lock every thread would price the same market first
            path = self.scenarios[scenario]
            return book(path, path.contracts, data_digest(), self.base, self.execution, scale)

    def pool(self, threads: int) -> Executor:
        """Threads of this process: kernels, NumPy and Arrow release the interpreter lock."""
        return ThreadPoolExecutor(threads, thread_name_prefix="sweep")


def common_inputs(job: Job) -> dict[str, object]:
    """Inputs that every kind of job has: paths, design, digests, versions."""
    return {
        "scenarios": [
            path.model_dump(mode="json", exclude=_NOT_INPUTS, exclude_defaults=True) for path in job.scenarios
        ],
        "files": [file_digests(path) for path in job.scenarios],
        "design": job.design.describe(),
        "chunk": job.chunk,
        "code": code_of(job),
        "data": data_digest(),
        "versions": versions(),
    }


def code_of(job: Job) -> str:
    """Digest of the code that computes and encodes the cells of a job."""
    return code_digest(type(job).__module__, __name__)


@lru_cache(maxsize=16)
def gathered(scenario: Scenario, contracts: tuple[str, ...], digest: str) -> MarketData:
    """Market data of a path, cached; ``digest`` identifies the data files."""
    return market_data(scenario, contracts)


@lru_cache(maxsize=16)
def book(
    scenario: Scenario,
    contracts: tuple[str, ...],
    digest: str,
    base: CashFuturesBasis | FundBook,
    execution: Execution,
    scale: float | None,
) -> CellBook:
    """A priced market prepared for cells, cached from chunk to chunk."""
    data = gathered(scenario, contracts, digest)
    return prepare(priced_market(data if scale is None else with_yield_scale(data, scale)), base, execution)


def _column(name: str, values: NDArray[Any], dates: Integers) -> Any:
    """One column of outcomes."""
    if name in ENUMERATIONS:
        return names_of(values, ENUMERATIONS[name])
    if name.endswith("_day"):
        never = values < 0
        if never.all():
            return pa.nulls(len(values), pa.date32())
        return pa.array(dates.astype(np.int32)[values], mask=never).cast(pa.date32())
    return values


def names_of(numbers: NDArray[Any], kind: type[IntEnum]) -> pa.DictionaryArray:
    """Numbers of an enumeration as its names."""
    place = np.zeros(max(kind) + 1, np.int8)
    place[list(kind)] = np.arange(len(kind))
    names = [name_of(member) for member in kind]
    return pa.DictionaryArray.from_arrays(pa.array(place[numbers]), pa.array(names))


Pieces = list[tuple[int, Cells, Columns]]
"""Scenario, cells and outcomes of each path in a chunk."""


def chunk_sizes(job: Job) -> list[int]:
    """Number of cells of every chunk of a job."""
    total = job.design.size * len(job.scenarios)
    return [min(job.chunk, total - start) for start in range(0, total, job.chunk)]


def run_chunk(job: Job, chunk: int) -> bytes:
    """Run one chunk of a job in one thread; returns the bytes of its Parquet file."""
    start = chunk * job.chunk
    stop = min(start + job.chunk, job.design.size * len(job.scenarios))
    return encode(table(job, run_cells(job, start, stop)), job.design.names)


def run_cells(job: Job, start: int, stop: int) -> Pieces:
    """Run cells ``start`` to ``stop`` of a job, path after path."""
    size, pieces = job.design.size, []
    for scenario in range(start // size, (stop - 1) // size + 1):
        cells = job.design.cells(max(start - scenario * size, 0), min(stop - scenario * size, size))
        pieces.append((scenario, cells, job.run(scenario, cells)))
    return pieces


def table(job: Job, pieces: Pieces) -> pa.Table:
    """Cells with their outcomes."""
    names = pa.array([path.name for path in job.scenarios])
    tables = []
    for scenario, cells, outcomes in pieces:
        count = len(next(iter(cells.values())))
        path = pa.DictionaryArray.from_arrays(pa.array(np.full(count, scenario, np.int32)), names)
        columns = {name: pa.array(column) for name, column in {"scenario": path, **cells, **outcomes}.items()}
        # Numbers that are there in every row are written in two thirds of the time.
        schema = pa.schema(
            [pa.field(name, column.type, nullable=pa.types.is_date(column.type)) for name, column in columns.items()]
        )
        tables.append(pa.Table.from_arrays(list(columns.values()), schema=schema))
    return pa.concat_tables(tables)


def encode(cells: pa.Table, axes: Sequence[str]) -> bytes:
    """Cells as the bytes of a Parquet file: one row group, and nothing that changes from run to run.

    Statistics are written for the scenario and the axes, by which readers filter; those of all columns took a fifth of
    the time.
    """
    sink = pa.BufferOutputStream()
    given = cells.combine_chunks()
    floats = [name for name in cells.column_names if pa.types.is_floating(cells.schema.field(name).type)]
    variety = {name: _variety(given[name]) for name in floats}
    zstd = [name for name, share in variety.items() if share > FEW]
    pq.write_table(
        given,
        sink,
        row_group_size=len(cells),
        compression={name: "zstd" if name in zstd else "lz4" for name in cells.column_names},
        compression_level=dict.fromkeys(zstd, 1),
        use_dictionary=[name for name in cells.column_names if name not in floats],
        use_byte_stream_split=[name for name, share in variety.items() if share > MOST],
        write_statistics=["scenario", *axes],
    )
    content: bytes = sink.getvalue().to_pybytes()
    return content


SAMPLE, FEW, MOST = 256, 0.1, 0.6
"""Numbers of which few differ are packed by lz4, twice as fast as by zstd; if most differ, bytes of equal weight are
stored together, and else whole numbers, which repeat."""


def _variety(column: pa.ChunkedArray) -> float:
    """Share of different numbers among the first of a column."""
    first = column.slice(0, SAMPLE).to_numpy()
    return len(np.unique(first)) / len(first)
