"""The C twin: benchmarks/twin.c compiled with -O3 -march=native into a temporary folder and called through ctypes."""

import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from basis_engine.base.errors import InputError
from basis_engine.simulation.names import CashLine, DealerColumn, FundColumn, Party, PnlLine, PositionColumn
from basis_engine.simulation.run import Setup
from basis_engine.simulation.world import Floats, Records
from benchmarks.timeline import Timeline, timeline

SOURCE = Path(__file__).with_name("twin.c")
FLAGS = ("-O3", "-march=native", "-std=c11", "-shared", "-fPIC")
MOST = 16
"""Positions of a fund, and contracts, that twin.c has room for."""


def _fields(kind: type[np.generic], names: str) -> list[tuple[str, type[np.generic]]]:
    """Fields of one kind, their names in a line."""
    return [(name, kind) for name in names.split()]


INTEGER, FLOAT = np.int64, np.float64
DAY = np.dtype(
    _fields(INTEGER, "first_mark last_mark cycle_mark pay_mark") + _fields(FLOAT, "repo_rate cash_rate not_rolled")
)
TERMS = np.dtype(_fields(FLOAT, "initial_margin announced_margin haircut_rise"))
NOTE = np.dtype(_fields(FLOAT, "clean accrued coupon_due convergence"))
QUOTE = np.dtype(_fields(FLOAT, "price dislocation"))
CONTRACT = np.dtype(
    _fields(FLOAT, "point_value depth bond_cost futures_cost impact balance_sheet_share balance_sheet_years")
)
FUND = np.dtype(
    _fields(FLOAT, "entry_equity credit_line credit_spread leverage_target leverage_limit drawdown_limit")
    + _fields(FLOAT, "stop_cut stop_speed risk_limit risk_speed calm_volatility depth_share call_back feedback")
    + _fields(INTEGER, "unwind")
)
POSITION = np.dtype(
    _fields(INTEGER, "contract bond term_maturity")
    + _fields(FLOAT, "face contracts base_haircut term_share repo_threshold repo_spread term_rate")
)
DEALERS = np.dtype(
    _fields(
        FLOAT,
        "inventory pending placement_rate slope capacity_multiple capacity ceiling balance_sheet_spread volatility "
        "memory",
    )
    + _fields(FLOAT, "outside_sales purchases fund_sales")
)
OUTCOME = np.dtype(
    [
        *_fields(FLOAT, "equity cash lowest_cash calls_paid largest_call sold"),
        *_fields(INTEGER, "calls defaulted"),
        ("cash_lines", FLOAT, len(CashLine)),
        ("attribution", FLOAT, len(PnlLine)),
        ("parties", FLOAT, len(Party) - 1),
    ]
)
"""Rows of the structs of twin.c that bear these names."""


class CMarket(ctypes.Structure):
    """`Market` of twin.c."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in ("days", "positions", "contract_count", "notes")),
        *((name, ctypes.c_void_p) for name in ("day", "value_date", "other_loss", "sales", "purchases")),
        *((name, ctypes.c_void_p) for name in ("note", "quote", "terms", "contract")),
    )


class CDays(ctypes.Structure):
    """`Days` of twin.c."""

    _fields_ = tuple((name, ctypes.c_void_p) for name in ("lines", "gains", "funds", "positions", "dealers"))


def compiler() -> str | None:
    """The C compiler of this machine: ``CC``, or the first of cc, gcc and clang that is found."""
    return next(filter(None, map(shutil.which, (os.environ.get("CC", ""), "cc", "gcc", "clang"))), None)


@cache
def library() -> Any:
    """The compiled twin.

    Raises
    ------
    FileNotFoundError
        If there is no C compiler.
    """
    found = compiler()
    if found is None:
        raise FileNotFoundError("no C compiler (cc, gcc, clang) was found")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "twin.so"
        subprocess.run([found, *FLAGS, str(SOURCE), "-o", str(target), "-lm"], check=True)
        loaded = ctypes.CDLL(str(target))
    loaded.run_cells.restype, loaded.book_size.restype = None, ctypes.c_int64
    return loaded


class CTwin:
    """Many cells of one market, laid out for C once; `run` may be called again and again.

    Parameters
    ----------
    setups
        Worlds that share one market, schedule and contracts: of one fund, or of funds with as many positions each.
    keep_days
        Keep every day and row, as the engine's full record does; otherwise totals per fund.

    Raises
    ------
    InputError
        If a world holds something that the twins do not do.
    """

    def __init__(self, setups: Sequence[Setup], keep_days: bool = False) -> None:
        first, cells = setups[0], len(setups)
        funds, positions = len(first.funds), len(first.positions) // len(first.funds)
        path = timeline(first)
        _check_shape(first, positions)
        self.funds = _rows(FUND, np.concatenate([setup.funds for setup in setups]))
        self.positions = _rows(POSITION, np.concatenate([setup.positions for setup in setups]))
        self.dealers = _rows(DEALERS, np.concatenate([setup.dealers for setup in setups]))
        self.outcomes = np.zeros(cells * funds, OUTCOME)
        self.arrays = _market_arrays(path)
        pages = cells * funds, first.days
        shapes: tuple[tuple[int, ...], ...] = (
            (*pages, positions + 1, len(CashLine)),
            (*pages, positions + 1, len(PnlLine)),
            (*pages, len(FundColumn)),
            (*pages, positions, len(PositionColumn)),
            (cells, first.days, len(DealerColumn)),
        )
        self.days: list[Floats] = [np.zeros(shape) for shape in shapes] if keep_days else []
        self.market = CMarket(first.days, positions, len(first.contracts), self.arrays[5].shape[1],
                              *(array.ctypes.data for array in self.arrays))  # fmt: skip
        self.shape = ctypes.c_int64(cells), ctypes.c_int64(funds)
        self.books = np.zeros(funds * library().book_size(), np.uint8)
        self.function = library().run_cells

    def run(self) -> Records:
        """Run every cell; rows of `OUTCOME` by cell and fund, and `days` filled where asked for."""
        for array in self.days:
            array[...] = 0.0
        days = CDays(*(array.ctypes.data for array in self.days))
        rows = (self.books, self.funds, self.positions, self.dealers, self.outcomes)
        pointers = (ctypes.c_void_p(array.ctypes.data) for array in rows)
        self.function(ctypes.byref(self.market), *self.shape, *pointers, ctypes.byref(days))
        return self.outcomes


def _check_shape(setup: Setup, positions: int) -> None:
    """Refuse what twin.c has no room for."""
    even = np.arange(len(setup.funds) + 1) * positions
    if np.any(setup.funds["first"] != even[:-1]) or np.any(setup.funds["last"] != even[1:]):
        raise InputError("benchmarks: funds of different sizes were given, the C twin needs as many positions in each")
    if max(positions, len(setup.contracts)) > MOST:
        raise InputError(
            f"benchmarks: {positions} positions a fund and {len(setup.contracts)} contracts were given, "
            f"the C twin has room for {MOST} of each"
        )


def _rows(kind: np.dtype[Any], rows: Records) -> Records:
    """The fields of engine rows that C reads, in its order."""
    out = np.zeros(rows.shape, kind)
    for name in kind.names or ():
        out[name] = rows[name]
    return out


def _market_arrays(path: Timeline) -> list[Any]:
    """Day, value_date, elsewhere, sales, purchases, note, quote, terms and contract of `Market`."""
    day = np.zeros(len(path.repo_rate), DAY)
    for name in DAY.names or ():
        day[name] = getattr(path, name)
    terms = np.zeros(path.haircut_rise.shape, TERMS)
    for name in TERMS.names or ():
        terms[name] = getattr(path, name)
    quotes = _rows(NOTE, path.notes), _rows(QUOTE, path.futures)
    flows = path.elsewhere, path.outside_sales, path.purchases
    return [day, path.value_date, *flows, *quotes, terms, _rows(CONTRACT, path.contracts)]
