"""The arrays of one run: the market path it reads and the rows it writes, passed to kernels as named tuples."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

import numpy as np

from basis_engine.base.units import Floats as Floats
from basis_engine.base.units import Integers as Integers
from basis_engine.simulation.rows import (
    Account,
    Clock,
    ContractRow,
    Dealers,
    Event,
    Fund,
    FuturesQuote,
    Log,
    Mark,
    NoteQuote,
    OutcomeRow,
    Position,
)

Records: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Rows(Protocol[T]):
    """An array of records of one kind: ``rows[i].field`` reads and writes."""

    def __getitem__(self, index: int) -> T:
        """One row."""

    def __setitem__(self, index: int, row: T) -> None:
        """Copy a whole row."""

    def __len__(self) -> int:
        """How many rows."""


class RowTable(Protocol[T_co]):
    """A two-way array of records: ``table[i, j].field``."""

    def __getitem__(self, index: tuple[int, int]) -> T_co:
        """One cell."""


class Market(NamedTuple):
    """The priced path: quotes of notes and futures at every mark."""

    marks: Rows[Mark]  # [marks]
    notes: RowTable[NoteQuote]  # [marks, notes held]
    futures: RowTable[FuturesQuote]  # [marks, contracts]


class World(NamedTuple):
    """One run: rows in, rows out."""

    market: Market
    schedule: Rows[Event]
    queue: Rows[Event]
    event: Rows[Event]  # one row: the current event, if the run created it
    clock: Rows[Clock]  # one row
    funds: Rows[Fund]
    positions: Rows[Position]
    contracts: Rows[ContractRow]
    parties: Rows[Account]  # by basis_engine.simulation.names.Party
    dealers: Rows[Dealers]  # one row
    outcomes: Rows[OutcomeRow]  # by fund
    profit: Floats  # [positions + funds, attribution lines] USD over the run so far
    # The daily record. Rows beyond the end are not written: a run that keeps outcomes alone has none.
    cash_flows: Floats  # [days, positions + funds, cash lines] USD
    attribution: Floats  # [days, positions + funds, attribution lines] USD
    fund_days: Floats  # [days, funds, fund columns]
    position_days: Floats  # [days, positions, position columns]
    dealer_days: Floats  # [days, dealer columns]
    log: Rows[Log]


class WorldBatch(NamedTuple):
    """Many worlds of one shape: the rows of `World` but its market, each with a first axis of worlds."""

    schedule: Sequence[Rows[Event]]
    queue: Sequence[Rows[Event]]
    event: Sequence[Rows[Event]]
    clock: Sequence[Rows[Clock]]
    funds: Sequence[Rows[Fund]]
    positions: Sequence[Rows[Position]]
    contracts: Sequence[Rows[ContractRow]]
    parties: Sequence[Rows[Account]]
    dealers: Sequence[Rows[Dealers]]
    outcomes: Sequence[Rows[OutcomeRow]]
    profit: Floats
    cash_flows: Floats
    attribution: Floats
    fund_days: Floats
    position_days: Floats
    dealer_days: Floats
    log: Sequence[Rows[Log]]
