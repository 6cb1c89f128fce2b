"""The record at the end of each day, and the entry into every position when a run begins."""

import math

from basis_engine.base.compile import callee, kernel, pass_by_pointer
from basis_engine.base.units import Index
from basis_engine.simulation.dealers import dealer_dislocation
from basis_engine.simulation.ledger import (
    attribute,
    book_value,
    clearing_house_of,
    equity,
    fund_row,
    log,
    market_value,
    repo_owed,
    transfer,
)
from basis_engine.simulation.marks import cheapened
from basis_engine.simulation.names import CashLine, DealerColumn, FundColumn, LogEvent, Party, PnlLine, PositionColumn
from basis_engine.simulation.outcome import begin_outcome, follow_day
from basis_engine.simulation.repo import lendable
from basis_engine.simulation.rows import Fund
from basis_engine.simulation.world import World


@callee(inline=True)
def note_lowest_cash(world: World, f: int) -> None:
    """Update the lowest cash balance of a fund, or of all funds (-1)."""
    if f >= 0:
        note_balance(world.funds[f])
    else:
        for each in range(len(world.funds)):
            note_balance(world.funds[each])


@callee(inline=True)
def note_balance(fund: Fund) -> None:
    """Update a fund's lowest cash balance."""
    if fund.cash < fund.lowest_cash:
        fund.lowest_cash = fund.cash


@callee
def record(world: World) -> None:
    """Update every fund's outcome; write the day's row of every fund and position if the run keeps them."""
    day = world.clock[0].day
    for f in range(len(world.funds)):
        follow_day(world, f, equity(world, world.funds[f]))
    if day >= len(world.fund_days):
        return
    for p in range(len(world.positions)):
        record_position(world, p, day)
    for f in range(len(world.funds)):
        record_fund(world, f, day)
    record_dealers(world, day)


@callee
def record_dealers(world: World, day: int) -> None:
    """Write the dealers' row."""
    dealers, row = world.dealers[0], world.dealer_days[day]
    row[DealerColumn.INVENTORY] = dealers.inventory
    row[DealerColumn.BALANCE_SHEET_SPREAD] = dealers.balance_sheet_spread
    row[DealerColumn.VOLATILITY] = math.sqrt(dealers.volatility)
    row[DealerColumn.OUTSIDE_SALES] = dealers.outside_sales
    row[DealerColumn.PURCHASES] = dealers.purchases
    row[DealerColumn.FUND_SALES] = dealers.fund_sales


@callee
def record_position(world: World, p: int, day: int) -> None:
    """Write a position's row."""
    position, row = world.positions[p], world.position_days[day, p]
    row[PositionColumn.FACE] = position.face
    row[PositionColumn.CONTRACTS] = position.contracts
    row[PositionColumn.CLEAN] = position.clean
    row[PositionColumn.ACCRUED] = position.accrued
    row[PositionColumn.FUTURES] = world.contracts[position.contract].futures
    row[PositionColumn.REPO_OWED] = repo_owed(position)
    row[PositionColumn.INITIAL_MARGIN] = position.margin_posted
    row[PositionColumn.HAIRCUT] = position.haircut
    row[PositionColumn.UNMET] = position.unmet
    row[PositionColumn.VARIATION_DUE] = position.variation_due + position.variation_open
    row[PositionColumn.TERM] = position.term
    row[PositionColumn.TERM_INTEREST] = position.term_interest


@callee
def record_fund(world: World, f: int, day: int) -> None:
    """Write a fund's row; equity is the sum of the columns beside it."""
    fund, row = world.funds[f], world.fund_days[day, f]
    for p in range(fund.first, fund.last):
        position = world.positions[p]
        row[FundColumn.BONDS] += market_value(position) + position.coupon_receivable
        row[FundColumn.REPO_OWED] += repo_owed(position)
        row[FundColumn.INITIAL_MARGIN] += position.margin_posted
        row[FundColumn.VARIATION_UNSETTLED] += position.variation_open + position.variation_due
        row[FundColumn.UNSETTLED_TRADES] += position.unsettled
        row[FundColumn.FACE] += abs(position.face)
    row[FundColumn.CASH] = fund.cash
    row[FundColumn.CREDIT_DRAWN] = fund.credit_drawn
    row[FundColumn.EQUITY] = world.outcomes[f].equity
    row[FundColumn.STATUS] = fund.status
    row[FundColumn.OTHER_LOSS_OWED] = fund.other_loss_owed


@kernel
def enter(world: World) -> None:
    """Enter every position at the first mark, as of its settlement: buy and finance notes, post margin."""
    world = pass_by_pointer(world)
    clock, market = world.clock[0], world.market
    clock.now, clock.value_date = market.marks[0].time, market.marks[0].value_date
    clock.price_cause = log(world, LogEvent.ENTRY, -1, -1, 0.0, -1)
    for c in range(len(world.contracts)):
        quote = market.futures[0, c]
        world.contracts[c].futures = quote.price
        world.contracts[c].dislocation = quote.dislocation + dealer_dislocation(world, world.contracts[c])
    for f in range(len(world.funds)):
        fund = world.funds[f]
        transfer(world, f, fund_row(world, f), CashLine.CAPITAL, Party.OUTSIDE_INVESTORS, fund.entry_equity)
        attribute(world, fund_row(world, f), PnlLine.CAPITAL, fund.entry_equity)
        fund.peak_equity = max(fund.peak_equity, fund.entry_equity)
        fund.interest_from = clock.value_date
        for p in range(fund.first, fund.last):
            enter_position(world, p)
        fund.lowest_cash = fund.cash
        fund.entry_leverage = book_value(world, fund) / fund.entry_equity
        begin_outcome(world, f)
    record(world)


@callee
def enter_position(world: World, p: Index) -> None:
    """Buy the note, borrow against it overnight and to term, post initial margin for the futures."""
    position = world.positions[p]
    contract = world.contracts[position.contract]
    f, share = position.fund, position.term_share
    note = world.market.notes[0, position.bond]
    position.undislocated, position.accrued = note.clean, note.accrued
    position.clean = cheapened(note.clean, contract.dislocation)
    position.haircut = position.financed_haircut = position.marked_haircut = position.base_haircut
    value = market_value(position)
    position.overnight = lendable(position, position.haircut, 0.0)
    position.term = (1.0 - position.haircut) * value * share
    position.margin_posted = abs(position.contracts) * contract.initial_margin
    transfer(world, f, p, CashLine.SALES, Party.DEALERS, -value)
    transfer(world, f, p, CashLine.SALES, Party.REPO_LENDER, value)
    transfer(world, f, p, CashLine.HAIRCUT, Party.REPO_LENDER, position.overnight + position.term - value)
    transfer(world, f, p, CashLine.INITIAL_MARGIN, clearing_house_of(world, p), -position.margin_posted)
    log(world, LogEvent.ENTRY, f, p, position.face, -1)
