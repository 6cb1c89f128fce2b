"""What one run holds: the market path it reads and the rows it writes, handed to kernels as named tuples of arrays."""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.rows import Clock, Contract, Event, Fund, Log, Position, Rows

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Records: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"


class Market(NamedTuple):
    """The priced path: what notes and futures are worth at every mark, before any sale in the run moves them."""

    time: Integers  # [marks] minutes UTC
    value_date: Integers  # [marks] settlement date of a cash trade done at the mark
    clean: Floats  # [marks, bonds] points
    accrued: Floats  # [marks, bonds] points, at the value date
    coupon_due: Floats  # [marks, bonds] points, coupons after the trade date up to the value date
    convergence: Floats  # [marks, bonds] points, fall of the gross basis that the passage of time explains
    futures: Floats  # [marks, contracts] points
    dislocation: Floats  # [marks, contracts] basis points of price, cash cheap against futures


class World(NamedTuple):
    """One run: rows in, rows out."""

    market: Market
    schedule: Rows[Event]
    queue: Rows[Event]
    event: Rows[Event]  # one row: the event that happens now
    clock: Rows[Clock]  # one row
    funds: Rows[Fund]
    positions: Rows[Position]
    contracts: Rows[Contract]
    parties: Floats  # [parties] USD, cash received less cash paid
    losses: Floats  # [parties] USD, claims written off
    cash_flows: Floats  # [days, positions + funds, cash lines] USD
    attribution: Floats  # [days, positions + funds, attribution lines] USD
    fund_days: Floats  # [days, funds, fund columns]
    position_days: Floats  # [days, positions, position columns]
    log: Rows[Log]
