"""Cells of a sweep: a table of terms, each a book that is run through the same market for its outcome.

The rows of a cell equal those of `basis_strategies.assemble` for the same terms, bit for bit, and its outcome is that
of a full run; market and schedule are laid out once, and only the outcome is recorded.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_data.markets.pricing import PricedMarket
from basis_data.tables.validation import did_you_mean, validated, with_new_names
from basis_engine.base.errors import InputError
from basis_engine.simulation.cells import BookRows, BookRunner, check_books
from basis_engine.simulation.names import Constraint, Outcome
from basis_engine.simulation.rows import OutcomeRow, dtype_of, empty_rows
from basis_engine.simulation.run import Setup
from basis_engine.simulation.world import Floats, Records
from basis_strategies.assemble import FUND_FIELDS, POSITION_FIELDS, lay_out
from basis_strategies.books import FundBook
from basis_strategies.cash_futures_basis import RENAMED, CashFuturesBasis
from basis_strategies.entry_sizing import Legs, needs
from basis_strategies.plan import Execution, FundPlan, Plan

SWEPT = (
    "leverage",
    "buffer",
    "equity",
    "notional",
    "haircut",
    "term_share",
    "term_days",
    "term_spread_bp",
    "repo_spread_bp",
    "repo_threshold",
    "leverage_limit_multiple",
    "drawdown_limit",
    "credit_line",
    "depth_share",
    "financing_hedge",
    "margin_multiple",
)
"""Columns allowed in a table of cells: numeric fields of `CashFuturesBasis`, and the multiple of initial margin."""

PAIRS = (("leverage", "buffer"), ("equity", "notional"))
BLOCK = 2_048
"""Cells that run at a time: 2.4 MB of rows, which a cache holds. With half as many, two threads take 8% longer."""


@dataclass(frozen=True)
class CellBook:
    """Data shared by the cells of a sweep; runs tables of any length in the rows of a block."""

    market: PricedMarket
    base: CashFuturesBasis | FundBook
    setup: Setup
    legs: Legs

    def outcomes(self, cells: Mapping[str, NDArray[np.float64]]) -> Records:
        """Run every cell; see `outcomes`."""
        columns, count = _checked(cells)
        rows = empty_rows(OutcomeRow, count)
        for block, found in self._run(columns, count):
            rows[block] = found
        return rows

    def outcome_columns(self, cells: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[Any]]:
        """Run every cell as `outcomes`, and return the fields of the outcomes as columns.

        Numbers other than integers are NaN where a cell is not entered. Columns are filled block by block, while the
        rows are in the cache: from the rows of all cells, each column would read their whole memory again.
        """
        columns, count = _checked(cells)
        fields: Any = dtype_of(OutcomeRow).fields
        table = np.empty((len(fields), count), np.int64)
        for block, found in self._run(columns, count, np.nan):
            table[:, block] = found.view(np.int64).reshape(-1, len(fields)).T
        return {name: bits.view(fields[name][0]) for name, bits in zip(fields, table, strict=True)}

    def books(self, columns: Mapping[str, Floats], outcomes: Records) -> BookRows:
        """Lay out the books of some cells; cells that cannot be entered are marked in ``outcomes``."""
        books = self._rows(outcomes)
        self._size(columns, len(outcomes)).fill(slice(0, len(outcomes)), books, _not_entered(0.0))
        return books

    @cached_property
    def _row(self) -> BookRows:
        """The rows of one book, checked: those of the cells differ from them in some columns alone."""
        setup = self.setup
        rows: Any = setup.funds, setup.positions[None], setup.contracts[None], empty_rows(OutcomeRow, 1)
        check_books(setup, BookRows(*rows))
        return BookRows(*rows)

    def _rows(self, outcomes: Records) -> BookRows:
        """Return a book for each outcome, with the rows of the set-up."""
        funds, positions, contracts = (_repeat(np.asarray(rows), len(outcomes)) for rows in self._row[:3])
        return BookRows(funds, positions, contracts, outcomes)

    def _run(self, columns: Mapping[str, Floats], count: int, absent: float = 0.0) -> Iterator[tuple[slice, Records]]:
        """Run cells block by block; each block's outcomes are overwritten by those of the next.

        Parameters
        ----------
        absent
            Numbers of a cell that is not entered.
        """
        sized, runner, not_entered = self._size(columns, count), BookRunner(self.setup), _not_entered(absent)
        rows = self._rows(empty_rows(OutcomeRow, min(BLOCK, count)))
        tables = [np.asarray(table) for table in rows]
        for start in range(0, count, BLOCK):
            cells = slice(start, min(start + BLOCK, count))
            books: Any = BookRows(*(table[: cells.stop - start] for table in tables))
            sized.fill(cells, books, not_entered)
            if not sized.finite:
                check_books(self.setup, books)
            runner.run(books)
            yield cells, books.outcomes

    def _size(self, columns: Mapping[str, Floats], count: int) -> "_CellColumns":
        """Compute what distinguishes the rows of cells from those of the set-up, and which cells cannot be entered."""
        legs = self.legs
        with np.errstate(invalid="ignore"):  # cells without leverage are left out below
            sized = self.base.books(self.market, legs, columns, count)
        contracts = self._margins(columns)
        sizes, face, haircut = sized.sizes, sized.positions["face_usd"], sized.positions["haircut"]
        margin = contracts.get("initial_margin", self.setup.contracts["initial_margin"][None])[:, list(legs.contracts)]
        needed = needs(np.abs(face), legs.dirty, haircut, sizes.contracts, margin)
        affordable = (sizes.leverage > 0.0) & np.isfinite(sizes.leverage) & ~needed.exceed(sizes.equity)
        entered = affordable & ~sizes.unhedged
        by_haircut = np.where(needed.haircut >= needed.margin, Constraint.REPO_MARGIN, Constraint.INITIAL_MARGIN)
        funds = {FUND_FIELDS.get(name, name): column for name, column in sized.funds.items()}
        positions = {POSITION_FIELDS.get(name, name): column for name, column in sized.positions.items()}
        if not entered.all():  # their rows hold finite numbers
            funds |= {name: np.where(entered, funds[name], 0.0) for name in _SIZES_OF_FUNDS}
            positions |= {name: np.where(entered[:, None], positions[name], 0.0) for name in _SIZES_OF_POSITIONS}
        constraint = np.where(affordable, Constraint.NONE, by_haircut)
        return _CellColumns(funds, positions, contracts, *np.broadcast_arrays(entered, constraint, np.empty(count))[:2])

    def _margins(self, columns: Mapping[str, Floats]) -> dict[str, NDArray[Any]]:
        """Return margins of contracts where the cells have multiples of them."""
        if "margin_multiple" not in columns:
            return {}
        multiple = columns["margin_multiple"][:, None]
        margin = self.setup.contracts["initial_margin"] * multiple
        return {"margin_multiple": multiple, "initial_margin": margin, "announced_margin": margin}


_SIZES_OF_FUNDS, _SIZES_OF_POSITIONS = ("entry_equity", "leverage_target", "leverage_limit"), ("face", "contracts")


@dataclass(frozen=True)
class _CellColumns:
    """What distinguishes the rows of cells, by field: [cells] or [cells, rows]; one row if it is the same in all."""

    funds: dict[str, NDArray[Any]]
    positions: dict[str, NDArray[Any]]
    contracts: dict[str, NDArray[Any]]
    entered: NDArray[np.bool_]
    """[cells]"""
    constraint: NDArray[np.int64]
    """[cells] why a cell is not entered."""

    @cached_property
    def finite(self) -> bool:
        """Whether every number is finite, so that the rows need no further check."""
        tables = (self.funds, self.positions, self.contracts)
        return all(np.isfinite(column).all() for table in tables for column in table.values())

    def fill(self, cells: slice, books: BookRows, not_entered: Records) -> None:
        """Write some cells into rows of books; what is the same in all cells is written with the first cells only."""
        tables = (self.funds, books.funds), (self.positions, books.positions), (self.contracts, books.contracts)
        for columns, rows in tables:
            for name, column in columns.items():
                if len(column) > 1:
                    np.asarray(rows)[name] = column[cells]
                elif cells.start == 0:
                    np.asarray(rows)[name] = column
        outcomes, left_out = np.asarray(books.outcomes), ~self.entered[cells]
        outcomes["outcome"] = Outcome.SURVIVED  # of the block before, some may be marked as not entered
        if left_out.any():
            outcomes[left_out] = not_entered
            outcomes["constraint"][left_out] = self.constraint[cells][left_out]


def _not_entered(absent: float) -> Records:
    """Return the outcome of a cell that is not entered; its numbers other than integers are ``absent``."""
    row = np.zeros((), dtype_of(OutcomeRow))
    fields: Any = row.dtype.fields
    for name in fields:
        row[name] = -1 if name.endswith("_day") else 0 if fields[name][0].kind == "i" else absent
    row["outcome"] = Outcome.NOT_ENTERED
    return row


def prepare(
    market: PricedMarket, base: CashFuturesBasis | FundBook | None = None, execution: Execution | None = None
) -> CellBook:
    """Lay out the data shared by all cells: ``base`` gives the fields without a column, ``execution`` trading costs."""
    base = base or CashFuturesBasis.model_validate({})
    setup = lay_out(Plan((template(base, market),), execution or Execution()), market)
    return CellBook(market, base, setup, base.legs(market))


def template(base: CashFuturesBasis | FundBook, market: PricedMarket) -> FundPlan:
    """Return a plan that can always be entered, with the positions of every cell; cells replace its numbers."""
    if isinstance(base, CashFuturesBasis):
        base = base.model_copy(update={"leverage": 1.0, "buffer": None, "whole_contracts": False})
    return base.fund(market)


def outcomes(
    market: PricedMarket,
    cells: Mapping[str, NDArray[np.float64]],
    base: CashFuturesBasis | None = None,
    execution: Execution | None = None,
) -> Records:
    """Run a book for every cell of a table through a market, and return the outcomes.

    Parameters
    ----------
    cells
        Columns of equal length, by field of `SWEPT`. ``margin_multiple`` scales the market's initial margins.
    base
        Values of fields without a column; by default those of the strategy.
    execution
        Trading costs and market depth.

    Returns
    -------
    Records
        Rows of `basis_engine.simulation.rows.OutcomeRow`, one per cell, money in USD. A cell whose haircut and initial
        margin exceed its equity is not run: its outcome is NOT_ENTERED, its constraint the larger of the two. A cell
        whose futures round to none is NOT_ENTERED too, with no constraint.

    Raises
    ------
    InputError
        If a column is unknown, of another length, or holds a value that the strategy does not allow.
    """
    return prepare(market, base, execution).outcomes(cells)


def unchanged(count: int) -> dict[str, Floats]:
    """Return cells that change nothing."""
    return {"margin_multiple": np.ones(count)}


def _repeat(rows: Records, count: int) -> Records:
    """Repeat the only row of a table."""
    copies: Records = np.repeat(rows, count, 0).view(rows.dtype)
    return copies


def _checked(cells: Mapping[str, NDArray[np.float64]]) -> tuple[dict[str, Floats], int]:
    """Return columns of cells by their present names, and the number of cells; see `check_columns`."""
    named = with_new_names(cells, RENAMED, "cells")
    columns = {name: np.ascontiguousarray(values, np.float64) for name, values in named.items()}
    return columns, check_columns(columns)


def check_columns(columns: Mapping[str, Floats]) -> int:
    """Refuse unknown columns, unequal lengths and values out of range; return the number of cells."""
    for name in columns:
        if name not in SWEPT:
            raise InputError(f"cells, {name!r}: unknown{did_you_mean(name, SWEPT)}; allowed are {', '.join(SWEPT)}")
    for pair in PAIRS:
        if all(name in columns for name in pair):
            raise InputError(f"cells, {pair[0]} and {pair[1]}: both given, allowed is one of them; drop one")
    shapes = {values.shape for values in columns.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) != 1:
        given = ", ".join(f"{name} {values.shape}" for name, values in columns.items()) or "none"
        raise InputError(f"cells: {given} columns given, allowed are columns of one equal length; give those")
    for name, values in columns.items():
        _check_range(name, values)
    return len(values)


def _check_range(name: str, values: Floats) -> None:
    """Refuse the first value of a column that is out of the strategy's range, with the strategy's message."""
    wrong = ~np.isfinite(values)
    if name == "margin_multiple":
        wrong |= values <= 0.0
        if wrong.any():
            row = int(np.argmax(wrong))
            raise InputError(f"cells, row {row}, margin_multiple: {values[row]:g} given, allowed is greater than 0")
        return
    for rule in CashFuturesBasis.model_fields[name].metadata:
        wrong |= values < getattr(rule, "ge", -np.inf)
        wrong |= values > getattr(rule, "le", np.inf)
        wrong |= values <= getattr(rule, "gt", -np.inf)
        wrong |= values >= getattr(rule, "lt", np.inf)
    if name == "term_days":
        wrong |= values != np.round(values)
    if wrong.any():
        row = int(np.argmax(wrong))
        validated(CashFuturesBasis, {name: float(values[row])}, f"cells, row {row}")
