"""Cells of a sweep: a table of terms, each a book that is run through the same market for its outcome.

The rows of a cell equal those of `basis_strategies.assemble` for the same terms, bit for bit, and its outcome is that
of a full run; market and schedule are laid out once, and only the outcome is recorded.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from basis_data.markets.pricing import PricedMarket
from basis_data.tables.validation import did_you_mean, validated, with_new_names
from basis_engine.base.errors import InputError
from basis_engine.simulation.cells import BookRows, run_books
from basis_engine.simulation.names import Constraint, Outcome
from basis_engine.simulation.rows import OutcomeRow, empty_rows
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
CHUNK = 8_192
"""Cells laid out at a time: about 6 MB of rows, which malloc reuses. With twice as many, memory was mapped anew for
every chunk: 150,000 page faults in a million cells, on which threads waited for each other."""


@dataclass(frozen=True)
class CellBook:
    """Data shared by the cells of a sweep; runs tables of any length in the memory of a chunk."""

    market: PricedMarket
    base: CashFuturesBasis | FundBook
    setup: Setup
    legs: Legs

    def outcomes(self, cells: Mapping[str, NDArray[np.float64]]) -> Records:
        """Run every cell; see `outcomes`."""
        columns = {
            name: np.ascontiguousarray(values, np.float64)
            for name, values in with_new_names(cells, RENAMED, "cells").items()
        }
        count = check_columns(columns)
        rows = empty_rows(OutcomeRow, count)
        for start in range(0, count, CHUNK):
            chunk = slice(start, min(start + CHUNK, count))
            books = self.books({name: values[chunk] for name, values in columns.items()}, rows[chunk])
            run_books(self.setup, books)
        return rows

    def books(self, columns: Mapping[str, Floats], outcomes: Records) -> BookRows:
        """Lay out the books of some cells; cells that cannot be entered are marked in ``outcomes``."""
        count, legs = len(outcomes), self.legs
        with np.errstate(invalid="ignore"):  # cells without leverage are marked below
            sized = self.base.books(self.market, legs, columns, count)
        funds = _repeat(self.setup.funds, count)[:, 0]
        positions = _repeat(self.setup.positions, count)
        contracts = _repeat(self.setup.contracts, count)
        for name, column in sized.funds.items():
            funds[FUND_FIELDS.get(name, name)] = column
        for name, column in sized.positions.items():
            positions[POSITION_FIELDS.get(name, name)] = column
        if "margin_multiple" in columns:
            contracts["margin_multiple"] = columns["margin_multiple"][:, None]
            contracts["initial_margin"] *= contracts["margin_multiple"]
            contracts["announced_margin"] = contracts["initial_margin"]
        face, haircut = sized.positions["face_usd"], sized.positions["haircut"]
        margin = contracts["initial_margin"][:, list(legs.contracts)]
        needed = needs(np.abs(face), legs.dirty, haircut, sized.sizes.contracts, margin)
        entered = (sized.sizes.leverage > 0.0) & np.isfinite(sized.sizes.leverage) & ~needed.exceed(sized.sizes.equity)
        hedged = ~sized.sizes.unhedged
        _leave_out(~(entered & hedged), outcomes, funds, positions, needed.haircut >= needed.margin)
        outcomes["constraint"][entered & ~hedged] = Constraint.NONE
        return BookRows(funds, positions, contracts, outcomes)


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
    """Repeat a book's rows: [count, rows]."""
    copies: Records = np.tile(np.asarray(rows), (count, 1)).view(rows.dtype)
    return copies


def _leave_out(
    impossible: NDArray[np.bool_],
    outcomes: Records,
    funds: Records,
    positions: Records,
    by_haircut: NDArray[np.bool_],
) -> None:
    """Mark cells that cannot be entered, and set their rows to finite numbers."""
    if not impossible.any():
        return
    for name in ("entry_equity", "leverage_target", "leverage_limit"):
        funds[name][impossible] = 0.0
    for name in ("face", "contracts"):
        positions[name][impossible] = 0.0
    outcomes["outcome"][impossible] = Outcome.NOT_ENTERED
    outcomes["constraint"][impossible & by_haircut] = Constraint.REPO_MARGIN
    outcomes["constraint"][impossible & ~by_haircut] = Constraint.INITIAL_MARGIN
    for name in ("worst_day", "first_call_day", "first_order_day", "default_day"):
        outcomes[name][impossible] = -1


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
