"""Many books in one market: the rows of all of them laid out at once, and their outcomes with who lost what.

A book alone equals its backtest bit for bit. Together, all books share one market of dealers: what one sells is dearer
for the next.
"""

from dataclasses import dataclass, replace

import numpy as np

from basis_data.markets.books import Book
from basis_data.markets.pricing import PricedMarket
from basis_engine.simulation.cells import BookRows, run_clients
from basis_engine.simulation.names import Constraint, Outcome
from basis_engine.simulation.rows import Fund, OutcomeRow, Position, dtype_of, empty_rows
from basis_engine.simulation.run import Setup, assign_positions, run
from basis_engine.simulation.world import Floats, Integers, Records
from basis_strategies.assemble import lay_out
from basis_strategies.book_entry import Entries, entries
from basis_strategies.books import UNWINDS
from basis_strategies.plan import DealerPlan, Execution, FundPlan, Plan, PositionPlan


@dataclass(frozen=True)
class ClientRows:
    """Outcomes of books, and who lost what; funds and positions in the order of the book."""

    outcomes: Records
    """[funds] rows of `basis_engine.simulation.rows.OutcomeRow`."""
    lender_loss: Floats
    """[positions] USD."""
    clearing_loss: Floats
    """[funds] USD, of clearing members."""
    credit_loss: Floats
    """[funds] USD, of the bank behind the credit line."""
    equity: Floats
    """[funds] USD at entry."""
    value: Floats
    """[funds] USD of notes at entry."""
    required: Floats
    """[funds] USD of haircut and initial margin at entry."""


def run_client_books(
    book: Book, market: PricedMarket, execution: Execution | None = None, dealers: DealerPlan | None = None
) -> ClientRows:
    """Run every fund of a book: each alone, or with ``dealers`` all together.

    A fund whose haircut and initial margin exceed its equity is not entered.

    Raises
    ------
    InputError
        If a note named is not deliverable into its contract.
    """
    held = entries(book.positions, market, book.source)
    number = {fund: f for f, fund in enumerate(book.funds.index)}
    owner = np.array([number[fund] for fund in book.positions["fund"]], np.int64)
    setup, columns = _template(held, market, execution or Execution(), dealers)
    positions = _positions(setup, book, held, columns, market)
    first = np.searchsorted(owner, np.arange(len(book.funds) + 1))
    funds, value, required = _funds(setup, book, held, first)
    blank = empty_rows(OutcomeRow, len(funds))
    _leave_out(blank, funds["entry_equity"], held, first, required)
    of = ClientRows(
        blank,
        np.zeros(len(owner)),
        np.zeros(len(funds)),
        np.zeros(len(funds)),
        funds["entry_equity"],
        value,
        required,
    )
    if dealers is None:
        _run_alone(setup, funds, positions, first, of)
    else:
        _run_together(setup, funds, positions, owner, of)
    return of


def _template(
    held: Entries, market: PricedMarket, execution: Execution, dealers: DealerPlan | None
) -> tuple[Setup, Integers]:
    """Lay out a world that holds every note of the book, and return the column of each position's note."""
    notes, first, columns = np.unique(held.note, return_index=True, return_inverse=True)
    pairs = tuple(
        PositionPlan(int(held.contract[row]), int(note), 1.0, -1.0, 0.0) for note, row in zip(notes, first, strict=True)
    )
    plan = Plan((FundPlan("fund", 1.0, pairs),), execution, dealers)
    return lay_out(plan, market), columns.astype(np.int64)


def _positions(setup: Setup, book: Book, held: Entries, columns: Integers, market: PricedMarket) -> Records:
    """Fill the rows of all positions; each belongs to fund 0 of its own world."""
    rows: Records = np.repeat(np.asarray(setup.positions)[:1], len(columns)).view(dtype_of(Position))
    table = book.positions
    rows["bond"], rows["contract"], rows["face"] = columns, held.contract, held.face
    rows["contracts"], rows["base_haircut"] = held.contracts, held.haircut
    rows["factor"] = market.baskets.factor[held.note]
    rows["term_share"], rows["repo_threshold"] = table["term_share"], table["repo_threshold"]
    rows["repo_spread"] = table["repo_spread_bp"].to_numpy() / 1e4
    rows["term_rate"] = float(market.data.repo_rate[0]) + table["term_spread_bp"].to_numpy() / 1e4
    rows["term_maturity"] = int(market.data.settle[0]) + table["term_days"].to_numpy().astype(np.int64)
    return rows


def _funds(setup: Setup, book: Book, held: Entries, first: Integers) -> tuple[Records, Floats, Floats]:
    """Fill the rows of all funds; return them with the value of notes, and haircut and margin, USD."""
    of, table = held.needs(), book.funds
    value = np.add.reduceat(of.value, first[:-1])
    required = np.add.reduceat(of.haircut, first[:-1]) + np.add.reduceat(of.margin, first[:-1])
    cash = table["cash_usd"].to_numpy(np.float64)
    rows: Records = np.repeat(np.asarray(setup.funds)[:1], len(table)).view(dtype_of(Fund))
    rows["entry_equity"] = np.where(np.isnan(cash), table["equity_usd"].to_numpy(np.float64), required + cash)
    rows["credit_line"] = table["credit_line_usd"]
    rows["unwind"] = [int(UNWINDS[name]) for name in table["unwind"]]
    rows["leverage_target"] = np.maximum(value, 1e-9) / rows["entry_equity"]
    rows["leverage_limit"] = rows["leverage_target"] * table["leverage_limit_multiple"].to_numpy()
    rows["drawdown_limit"], rows["depth_share"] = table["drawdown_limit"], table["depth_share"]
    return rows, value, required


def _leave_out(outcomes: Records, equity: Floats, held: Entries, first: Integers, required: Floats) -> None:
    """Mark the funds that cannot carry their book."""
    wrong = required > equity * (1 + 1e-12)
    of = held.needs()
    by_haircut = np.add.reduceat(of.haircut, first[:-1]) >= np.add.reduceat(of.margin, first[:-1])
    outcomes["outcome"][wrong] = Outcome.NOT_ENTERED
    outcomes["constraint"][wrong] = np.where(by_haircut, Constraint.REPO_MARGIN, Constraint.INITIAL_MARGIN)[wrong]
    for name in ("worst_day", "first_call_day", "first_order_day", "default_day"):
        outcomes[name][wrong] = -1


def _run_alone(setup: Setup, funds: Records, positions: Records, first: Integers, of: ClientRows) -> None:
    """Run each fund in a world of its own; funds with as many positions run as one batch."""
    counts = np.diff(first)
    for count in np.unique(counts).tolist():
        chosen = np.flatnonzero(counts == count)
        rows = first[chosen][:, None] + np.arange(count)
        lone = funds[:1].copy()
        mine = positions[rows]
        assign_positions(lone, mine[0])
        own = funds[chosen]
        own["first"], own["last"] = 0, count
        contracts = np.repeat(np.asarray(setup.contracts)[None], len(chosen), 0).view(setup.contracts.dtype)
        outcomes = of.outcomes[chosen]
        losses = run_clients(replace(setup, funds=lone, positions=mine[0]), BookRows(own, mine, contracts, outcomes))
        of.outcomes[chosen] = outcomes
        of.lender_loss[rows] = losses[:, :count]
        of.clearing_loss[chosen], of.credit_loss[chosen] = losses[:, count], losses[:, count + 1]


def _run_together(setup: Setup, funds: Records, positions: Records, owner: Integers, of: ClientRows) -> None:
    """Run all funds that can be entered in one world, whose dealers absorb what they sell."""
    entered = np.flatnonzero(of.outcomes["outcome"] != Outcome.NOT_ENTERED)
    rows = np.flatnonzero(np.isin(owner, entered))
    if not len(rows):
        return
    own, mine = funds[entered], positions[rows]
    mine["fund"] = np.searchsorted(entered, owner[rows])
    assign_positions(own, mine)
    done = run(replace(setup, funds=own, positions=mine))
    of.outcomes[entered] = done.outcomes
    of.lender_loss[rows] = done.positions["lender_loss"]
    of.clearing_loss[entered], of.credit_loss[entered] = done.funds["clearing_loss"], done.funds["credit_loss"]
