"""The C twin: benchmarks/twin.c compiled with -O3 -march=native into a temporary folder and called through ctypes.

It walks books one by one, or as many side by side as `LANES`, in the lanes of the processor's vectors.
"""

import ctypes
import os
import re
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
from support.timeline import Timeline, timeline

HOME = Path(__file__).parent
FLAGS = ("-O3", "-march=native", "-shared", "-fPIC")
UNFUSED = "-ffp-contract=off"
"""As numba compiles: every operation rounds, so that twin and engine agree."""
MOST = 16
"""Positions of a fund, and contracts, that twin.c has room for."""
LANES = 8
"""Books side by side: one vector of 512 bits, or two of 256."""
LENGTHS = {"CASH_LINES": len(CashLine), "GAIN_LINES": len(PnlLine), "PARTIES": len(Party) - 1}


@cache
def struct(name: str) -> np.dtype[Any]:
    """The dtype of a struct of twin.c, where alone its fields are declared; pointers are integers."""
    (body,) = re.findall(rf"typedef struct {{([^}}]*)}} {name};", (HOME / "twin.c").read_text(encoding="utf-8"))
    fields: list[tuple[str, type, tuple[int, ...]]] = []
    for kind, names in re.findall(r"(\w+) ([^;]+);", re.sub(r"/\*.*?\*/|const ", "", body)):
        for declared in names.split(","):
            field, *length = re.findall(r"\w+", declared)
            is_float = kind in ("double", "Num") and "*" not in declared
            fields.append((field, np.float64 if is_float else np.int64, tuple(LENGTHS[name] for name in length)))
    return np.dtype(fields)


def compiler() -> str | None:
    """The C compiler of this machine: ``CC``, or the first of cc, gcc and clang that is found."""
    return next(filter(None, map(shutil.which, (os.environ.get("CC", ""), "cc", "gcc", "clang"))), None)


@cache
def built(source: str, *flags: str) -> Any:
    """A C file of this folder, compiled and loaded; FileNotFoundError without a C compiler."""
    found = compiler()
    if found is None:
        raise FileNotFoundError("no C compiler (cc, gcc, clang) was found")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "built.so"
        subprocess.run([found, *FLAGS, *flags, str(HOME / source), "-o", str(target), "-lm"], check=True)
        return ctypes.CDLL(str(target))


class CTwin:
    """Many cells of one market, laid out for C once; `run` may be called again and again.

    Parameters
    ----------
    setups
        Worlds that share one market, schedule and contracts: of one fund, or of funds with as many positions each.
    keep_days
        Keep every day and row, as the engine's full record does; otherwise totals per fund.
    lanes
        Books side by side; several only for totals of single books that hold the same notes in the same contracts.

    Raises
    ------
    InputError
        If a world holds something that the twins do not do.
    """

    def __init__(self, setups: Sequence[Setup], keep_days: bool = False, lanes: int = 1) -> None:
        first, cells = setups[0], len(setups)
        funds, positions = len(first.funds), len(first.positions) // len(first.funds)
        path = timeline(first)
        _check_shape(first, positions)
        if lanes > 1 and (funds > 1 or keep_days):
            raise InputError("benchmarks: books side by side are single books of which totals are kept; give lanes=1")
        self.funds = _rows("FundTerms", np.concatenate([setup.funds for setup in setups]))
        self.positions = _rows("PositionTerms", np.concatenate([setup.positions for setup in setups]))
        self.dealers = _rows("Dealers", np.concatenate([setup.dealers for setup in setups]))
        self.outcomes = np.zeros(cells * funds, struct("Outcome"))
        self.arrays = _market_arrays(path)
        pages = cells * funds, first.days
        shapes: tuple[tuple[int, ...], ...] = (
            (*pages, positions + 1, len(CashLine)),
            (*pages, positions + 1, len(PnlLine)),
            (*pages, len(FundColumn)),
            (*pages, positions, int(PositionColumn.TERM)),  # those before the split of the curve and term repo
            (cells, first.days, len(DealerColumn)),
        )
        self.days: list[Floats] = [np.zeros(shape) for shape in shapes] if keep_days else []
        sizes = first.days, positions, len(first.contracts), self.arrays[5].shape[1]
        self.market = np.array((*sizes, *(array.ctypes.data for array in self.arrays)), struct("Market"))
        self.shape = ctypes.c_int64(cells), ctypes.c_int64(funds)
        twin = built("twin.c", UNFUSED, f"-DLANES={lanes}")
        twin.book_size.restype, self.function = ctypes.c_int64, twin.run_cells
        room = np.zeros(funds * twin.book_size() + 64, np.uint8)
        self.books = room[-room.ctypes.data % 64 :]  # vectors stand at multiples of 64 bytes

    def run(self) -> Records:
        """Run every cell; rows of the struct Outcome by cell and fund, and `days` filled where asked for."""
        for array in self.days:
            array[...] = 0.0
        days = np.array([array.ctypes.data for array in self.days] or [0] * len(struct("Days").names or ()))
        rows = (self.books, self.funds, self.positions, self.dealers, self.outcomes, days)
        market, *pointers = (ctypes.c_void_p(array.ctypes.data) for array in (self.market, *rows))
        self.function(market, *self.shape, *pointers)
        return self.outcomes


def _check_shape(setup: Setup, positions: int) -> None:
    even = np.arange(len(setup.funds) + 1) * positions
    if np.any(setup.funds["first"] != even[:-1]) or np.any(setup.funds["last"] != even[1:]):
        raise InputError("benchmarks: funds of different sizes were given, the C twin needs as many positions in each")
    if max(positions, len(setup.contracts)) > MOST:
        raise InputError(
            f"benchmarks: {positions} positions a fund and {len(setup.contracts)} contracts were given, "
            f"the C twin has room for {MOST} of each"
        )


def _rows(name: str, rows: Any) -> Records:
    """The fields of engine rows, or of a timeline, that a struct of twin.c holds, in its order."""
    kind = struct(name)
    columns = {
        field: rows[field] if isinstance(rows, np.ndarray) else getattr(rows, field) for field in kind.names or ()
    }
    out = np.zeros(next(iter(columns.values())).shape, kind)
    for field, values in columns.items():
        out[field] = values
    return out


def _market_arrays(path: Timeline) -> list[Any]:
    """The arrays that `Market` of twin.c points to, in its order."""
    flows = path.value_date, path.other_loss, path.outside_sales, path.purchases
    quotes = _rows("Note", path.notes), _rows("Quote", path.futures)
    return [_rows("Day", path), *flows, *quotes, _rows("Terms", path), _rows("Contract", path.contracts)]
