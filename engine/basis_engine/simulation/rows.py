"""Each row of the simulation, declared once: an annotated class with units, from which its NumPy dtype derives.

Money is USD float64, times int64 minutes UTC, days int64 since 1970-01-01, rates decimal per year, prices per 100 face.
"""

from functools import cache
from typing import Annotated, Any, get_type_hints

import numpy as np

from basis_engine.base.units import BasisPoints, BasisPointsPerYear, Day, Index, Minute, Points, Rate, Share, Usd, Word


class Mark:
    """One instant of the market path."""

    time: Minute
    value_date: Day  # settlement of a cash trade done at the mark


class NoteQuote:
    """A held note at a mark, before any sale in the run moves it."""

    clean: Points
    accrued: Points  # at the value date
    coupon_due: Points  # coupons after the value date of the mark before, up to this one's
    convergence: Points  # fall of the gross basis that the passage of time explains


class FuturesQuote:
    """A contract at a mark: a future, or a cleared swap as what receiving its fixed rate is worth."""

    price: Points
    dislocation: BasisPoints  # cash cheap against futures
    accrual: Points  # of a swap: fixed less floating interest since the mark before, part of the price
    spread: Points  # of a swap: part of the change in price that the swap spread explains
    expected_repo: Points  # of a future: part of the change in price as the repo rate that carries it changed
    cheapest_switch: Points  # of a future: part of the change in price as another note became the cheapest
    policy_gain: Rate  # per dollar hedged: rise of expected policy since the mark before x years to delivery


class Account:
    """A party that is not a fund."""

    cash: Usd  # received less paid
    loss: Usd  # claims written off


class Event:
    """An event at a time, scheduled before the run or created by it."""

    time: Minute
    kind: Word
    sequence: int  # order of creation: the last tie-breaker
    day: Index  # business day of the run
    mark: Index  # row of the market path
    fund: Index  # -1: all
    position: Index  # -1: all
    contract: Index  # -1: all
    party: Word  # whose claim it is
    value: float  # payload: repo rate, haircut rise, margin per contract, share not rolled, or amount
    second_value: float  # repo roll: rate on cash; other loss: share of entry equity; OPEN: 1 if repo is after clearing
    calls_due: Minute  # when calls raised now fall due
    next_mark: Minute  # time of the next mark, where slices continue
    cause: Index  # row of the event log
    routine: int  # of an OPEN event: the number of events of its day if all are routine, else 0
    next_in_fifo: Index  # row of the queue, -1 is none: the next event of its time and kind, which form a FIFO
    fifo_last: Index  # of the head of a FIFO: its last event
    next_fifo: Index  # of the head of a FIFO: the head of the next FIFO


class Clock:
    """The state of a run beside its funds: time, rates, and how far schedule, queue and log have come."""

    now: Minute
    day: Index
    mark: Index
    value_date: Day  # settlement date of the last mark, for which everything is valued
    calls_due: Minute
    next_mark: Minute
    repo_rate: Rate
    repo_rate_before: Rate  # of the roll before
    cash_rate: Rate
    not_rolled: Share
    scheduled: Index  # next row of the schedule
    queued: int  # created events waiting
    created: int  # created events so far
    first_fifo: Index  # row of the queue that is next, if any event waits
    freed_row: Index  # row of the queue that was freed last, if any used row is free
    rows_used: int
    logged: int  # rows the log needed
    dropped: int  # created events that found the queue full
    price_cause: Index  # log row of the last mark
    not_rolled_cause: Index  # log row of the last change of the share not rolled; -1: none
    is_created: bool  # whether the run created the current event
    repo_after_clearing: bool  # whether clearing is paid before repo cash arrives in the morning


class Fund:
    """One fund: a pool of cash behind its positions, and its rules."""

    first: Index  # its positions are rows first to last - 1
    last: Index
    cash: Usd
    credit_line: Usd
    credit_drawn: Usd
    credit_spread: Rate
    status: Word
    unwind: Word
    sale_order: Word
    leverage_target: float
    leverage_limit: float
    drawdown_limit: Share
    stop_cut: Share  # of the book, sold once the drawdown limit is passed
    stop_speed: Share  # of the rest of that sale, per day
    risk_limit: float  # multiple of the value at risk of entry
    risk_speed: Share  # of the excess sold per day
    calm_volatility: BasisPointsPerYear  # of the balance-sheet spread in calm times
    entry_leverage: float
    depth_share: Share  # of a contract's depth, in one slice
    call_back: Share  # of excess term collateral that lenders return on request
    feedback: Share  # of its sales that reaches dealers; 0 switches the feedback off
    financing_hedge: Share  # of overnight repo owed that is hedged against policy
    entry_equity: Usd
    peak_equity: Usd
    interest_from: Day
    calls: int
    calls_paid: Usd
    largest_call: Usd
    lowest_cash: Usd
    sold: Usd  # face sold by order
    default_cause: Index
    redemption: Usd  # requested and not yet paid
    other_loss_owed: Usd  # lost in another business and not yet paid
    stopped: bool  # past the drawdown limit, for good
    to_cut: Usd  # still to be sold after the stop
    shortfall_due: Minute  # deadline of a repo shortfall under call; 0: none
    repo_cause: Index  # log row of what made repo short last, at a roll or at a mark of term loans
    redemption_cause: Index  # log row of the last request
    other_loss_cause: Index  # log row of the last loss
    clearing_loss: Usd  # written off by its clearing member
    credit_loss: Usd  # written off by the credit bank


class Position:
    """A hedged pair in one contract: long a note in repo, short futures (or paying the fixed rate of a swap)."""

    fund: Index
    contract: Index
    bond: Index  # column of the market path
    face: Usd  # negative: sold short, borrowed in reverse repo
    contracts: float  # negative: short
    hedge: float  # contracts added with each dollar of face that is bought
    factor: float  # conversion factor of the note
    base_haircut: Share
    haircut: Share
    term_share: Share
    repo_threshold: Share  # of collateral value, below which a deficit is not called
    repo_spread: Rate
    overnight: Usd  # principal
    overnight_interest: Usd  # accrued to the value date
    overnight_rate: Rate
    term: Usd
    term_interest: Usd
    term_rate: Rate
    term_maturity: Day
    financed_haircut: Share  # of the last roll
    financed_roll: Share  # share not rolled at the last roll
    unmet: Usd  # repo owed beyond what lenders roll
    called: Usd  # term deficit under call
    coupon_receivable: Usd
    unsettled: Usd  # proceeds of sales less cost of purchases, which settle at the next roll
    unsettled_face: Usd  # sold less bought
    margin_posted: Usd
    variation_open: Usd  # since the last clearing cycle
    variation_due: Usd  # of past clearing cycles, to be paid
    clean: Points  # price of the note now, dislocation included
    undislocated: Points
    accrued: Points
    order: Usd  # face still to be sold
    order_cause: Index
    slice_waiting: bool
    committed: bool  # will be delivered at the final settlement price
    marked_haircut: Share  # at the last mark of term loans
    haircut_cause: Index  # log row of the last change of the haircut; -1: none
    lender_loss: Usd  # written off by the lender against it


class ContractRow:
    """The hedge of a note: a futures contract, or a cleared swap counted in contracts."""

    swap: bool  # cleared at the swap house; else at the futures clearing house
    notional: Usd
    point_value: Usd
    initial_margin: Usd  # per contract
    margin_multiple: float  # of the margins that the schedule announces
    announced_margin: Usd  # in force after the notice period
    futures: Points
    dislocation: BasisPoints  # cash cheap against futures
    depth: Usd  # largest face that the market takes in a slice; 0: no limit
    bond_cost: BasisPoints
    futures_cost: BasisPoints
    impact: Annotated[float, "basis points of price per USD bn in one slice"]
    balance_sheet_share: Share  # of dealers' balance-sheet spread that cheapens this contract's notes
    balance_sheet_years: Annotated[float, "years"]  # over which the spread is discounted: to delivery
    seizure_cost: Annotated[float, "multiple of cost and impact when a leg is seized"]
    margin_cause: Index  # log row of the last notice or change of margin; -1: none


class Dealers:
    """The dealers' balance sheet and its price."""

    inventory: Usd
    pending: Usd  # bought since the last mark, less what the central bank took
    placement_rate: Annotated[float, "share of inventory placed with others per day"]
    slope: Annotated[float, "basis points a year per USD bn"]
    capacity_multiple: float  # slope beyond capacity, as a multiple
    capacity: Usd
    ceiling: BasisPointsPerYear
    balance_sheet_spread: BasisPointsPerYear  # price of the balance sheet
    volatility: Annotated[float, "squared basis points a year"]  # of the rises of that spread
    memory: Share  # of yesterday's volatility
    outside_sales: Usd  # since the run began
    purchases: Usd
    fund_sales: Usd


class OutcomeRow:
    """The outcome of a run for one fund; days count from the day of entry, -1 is never."""

    outcome: Word  # basis_engine.simulation.names.Outcome
    constraint: Word  # the first that took more than cash: a claim, a limit that ordered a sale, insolvency
    failure: Word  # what it defaulted on
    entry_equity: Usd
    entry_leverage: float
    entry_cash: Usd  # what was left of equity after haircut and initial margin: the buffer
    equity: Usd  # at the last day's end
    lowest_equity: Usd  # at any mark before default, or any day's end
    worst_profit: Usd  # of a day: change of equity but for capital paid and losses that others bore
    worst_day: Index
    loss_beyond_equity: Usd  # claims that lenders, clearing members and the credit bank wrote off
    lowest_cash: Usd  # after any event
    calls: int
    calls_paid: Usd
    largest_call: Usd
    sold: Usd  # face sold by order
    seized: Usd  # face of notes that lenders sold
    seizure_proceeds: Usd  # what those notes fetched
    missed_call: Usd  # the call that was missed; 0: none
    missed_call_cash: Usd  # cash at hand when it fell due, before credit and excess collateral
    missed_call_credit: Usd  # drawn on the credit line by then
    default_equity: Usd  # equity at default, before the liquidation
    first_call: Word  # claim of the first call larger than the cash of entry, or than cash at hand
    first_call_day: Index
    first_order_day: Index
    default_day: Index
    profit_coupon_accrual: Usd  # from here the lines of names.PnlLine over the run, which add up to equity
    profit_repo_interest: Usd
    profit_cash_interest: Usd
    profit_curve: Usd  # hedge residual, expected repo and switch of the cheapest note
    profit_basis_convergence: Usd
    profit_dislocation: Usd
    profit_swap_spread: Usd
    profit_cost: Usd
    profit_default_loss: Usd
    profit_capital: Usd
    profit_other_loss: Usd
    profit_financing_hedge: Usd


class Log:
    """One row of the event log."""

    time: Minute
    what: Word
    claim: Word
    fund: Index
    position: Index
    contract: Index
    party: Word
    cause: Index
    amount: Usd


@cache
def dtype_of(row: type) -> np.dtype[Any]:
    """NumPy record dtype of a row class: its annotations, in order."""
    return np.dtype((np.record, [(name, np.dtype(kind)) for name, kind in get_type_hints(row).items()]))


def empty_rows(row: type, count: int) -> "np.ndarray[Any, np.dtype[Any]]":
    """Zeroed rows of one kind; index fields that mean "all" or "none" are set to -1, multiples to 1."""
    rows = np.zeros(count, dtype_of(row))
    for field in rows.dtype.names or ():
        if field in ("fund", "position", "contract", "party", "margin_multiple") or field.endswith("cause"):
            rows[field] = 1 if field == "margin_multiple" else -1
    return rows
