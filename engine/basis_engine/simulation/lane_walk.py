"""The walk of lanes through routine days, until each meets an event that is not routine."""

from typing import NamedTuple

from basis_engine.base.compile import callee
from basis_engine.base.units import BasisPoints, Day, Index, Rate, Share
from basis_engine.simulation.lane_marks import (
    absorb,
    begin_sums,
    check_limits_of_lanes,
    check_losses_of_lanes,
    check_solvency_of_lanes,
    follow_day_of_lanes,
    mark_lanes,
)
from basis_engine.simulation.lane_mornings import (
    falls_short,
    lacks_margin,
    open_lanes,
    owes_lenders,
    pay_coupons,
    pay_lenders,
    recall_collateral,
    roll_lanes,
    settle_lanes,
    share_shortfall,
    take_collateral,
)
from basis_engine.simulation.lanes import (
    AT_MARK,
    AT_ROLL,
    AT_SETTLEMENT,
    BEFORE_OPENING,
    BLOCK,
    CALLED,
    CASH_RATE,
    DEALERS_HOLD,
    DUE,
    FUND_ROWS,
    GONE,
    INTEREST_FROM,
    IS_STOP_OUT,
    IS_VALUE_AT_RISK,
    JUMP,
    LANES,
    MARKED,
    NEVER,
    OPENED,
    OPENING,
    OVERNIGHT,
    OVERNIGHT_INTEREST,
    REPO_RATE,
    REPO_RATE_BEFORE,
    STAGE,
    STOP,
    TERM,
    TERM_INTEREST,
    TERM_MATURITY,
    TERM_SHARE,
    UNWIND,
    Lanes,
    Width,
    lanes_in,
)
from basis_engine.simulation.rows import Event, Position
from basis_engine.simulation.world import Floats, Market, Rows


class Place(NamedTuple):
    """How far the lanes have come together."""

    opening: Index  # row of the schedule that opens the day
    opened: Index  # of the last day whose opening was processed; -1: none
    mark: Index  # the last; -1: none
    rate_before: Rate
    rate: Rate
    cash_rate: Rate
    jump: BasisPoints  # of the overnight rate, in price
    due: float  # minutes UTC: when the last calls are due
    interest_from: Day


@callee
def walk_lanes(
    market: Market,
    schedule: Rows[Event],
    held: Rows[Position],
    lanes: Lanes,
    width: Width,
    books: int,
    until: Index,
    not_rolled: Share,
) -> None:
    """Process routine days of the books in the first lanes, from their common opening up to ``until``.

    ``held`` tells which note and contract each position of every book has.
    """
    rows, positions = lanes.rows, len(held)
    opening, opened, mark, jump, due = int(rows[OPENING]), -1, -1, 0.0, rows[DUE]
    value_date = market.marks[int(rows[MARKED])].value_date
    before, rate, cash_rate = rows[REPO_RATE_BEFORE], rows[REPO_RATE], rows[CASH_RATE]
    pays_coupons, dealers_hold, follows_losses = True, False, False
    interest_from, matures = int(rows[INTEREST_FROM]), next_maturity(rows, positions, books)
    for k in range(lanes_in(width)):
        rows[GONE + k] = 0.0 if k < books else 1.0
        dealers_hold = dealers_hold or (k < books and rows[DEALERS_HOLD + k] != 0.0)
        follows_losses = follows_losses or (k < books and rows[UNWIND + k] in (IS_STOP_OUT, IS_VALUE_AT_RISK))
    staying = books
    while staying > 0 and opening < until and schedule[opening].routine != 0:
        rolling = schedule[opening + AT_ROLL]
        place = Place(opening, opened, mark, before, rate, cash_rate, jump, due, interest_from)
        if value_date >= matures:
            mature_lanes(rows, positions, width, value_date)
            matures = next_maturity(rows, positions, books)
        open_lanes(rows, positions, width, (value_date - interest_from) / 360.0, cash_rate, not_rolled)
        if leaving(rows, width) > 0:
            staying -= leave(rows, positions, width, place)
        opened, before, interest_from = opening, rolling.value, value_date
        if rolling.day > 1:
            before = rate
        rate, cash_rate = rolling.value, rolling.second_value
        place = Place(opening, opened, mark, before, rate, cash_rate, jump, due, interest_from)
        if pays_coupons:
            pay_coupons(rows, positions, width)
        if falls_short(rows, width):
            share_shortfall(rows, positions, width)
        roll_lanes(rows, positions, width, rate)
        recalls = lacks_margin(rows, width)
        if recalls:
            recall_collateral(rows, positions, width)
        if leaving(rows, width) > 0:
            staying -= leave(rows, positions, width, place)
        if recalls:
            take_collateral(rows, positions, width)
        settle_lanes(rows, positions, width, rolling.day)
        if leaving(rows, width) > 0:
            staying -= leave(rows, positions, width, place)
        if owes_lenders(rows, width):
            pay_lenders(rows, positions, width, rolling.day)
        mark, due = schedule[opening + AT_MARK].mark, float(schedule[opening + AT_SETTLEMENT].calls_due)
        days = market.marks[mark].value_date - value_date
        value_date, jump = market.marks[mark].value_date, 1e4 * (rate - before) / 360.0
        if days > 0 and dealers_hold:
            absorb(lanes, positions, books)
        begin_sums(rows, positions, width)
        pays_coupons = False
        for p in range(positions):
            note, future = market.notes[mark, held[p].bond], market.futures[mark, held[p].contract]
            pays_coupons = pays_coupons or note.coupon_due != 0.0
            mark_lanes(rows[FUND_ROWS + (positions - 1 - p) * BLOCK :], width, note, future, days, jump, not_rolled)
        place = Place(opening, opened, mark, before, rate, cash_rate, jump, due, interest_from)
        check_solvency_of_lanes(rows, width)
        if leaving(rows, width) > 0:
            staying -= leave(rows, positions, width, place)
        check_limits_of_lanes(rows, width)
        if follows_losses:
            check_losses_of_lanes(rows, books)
        if leaving(rows, width) > 0:
            staying -= leave(rows, positions, width, place)
        follow_day_of_lanes(rows, width, rolling.day)
        opening += schedule[opening].routine
    for k in range(books):
        rows[STAGE + k] = BEFORE_OPENING
        set_clock(rows, k, Place(opening, opened, mark, before, rate, cash_rate, jump, due, interest_from))


@callee(inline=True)
def leaving(rows: Floats, width: Width) -> int:
    """Return the number of lanes that stop for the first time."""
    count = 0
    for k in range(lanes_in(width)):
        count += 1 if (rows[STOP + k] != 0.0) & (rows[GONE + k] == 0.0) else 0
    return count


@callee
def leave(rows: Floats, positions: int, width: Width, place: Place) -> int:
    """Copy the lanes that stop for the first time, with the clock of their books; return how many."""
    behind, count = FUND_ROWS + (positions + 1) * BLOCK, 0
    for k in range(lanes_in(width)):
        if rows[STOP + k] != 0.0 and rows[GONE + k] == 0.0:
            count += 1
            rows[GONE + k] = 1.0
            set_clock(rows, k, place)
            for row in range(0, behind, LANES):
                rows[behind + row + k] = rows[row + k]
    return count


@callee
def set_clock(rows: Floats, k: Index, place: Place) -> None:
    """Write how far the book of a lane has come."""
    rows[OPENING + k], rows[OPENED + k], rows[MARKED + k] = place.opening, place.opened, place.mark
    rows[REPO_RATE_BEFORE + k], rows[REPO_RATE + k] = place.rate_before, place.rate
    rows[CASH_RATE + k], rows[JUMP + k], rows[DUE + k] = place.cash_rate, place.jump, place.due
    rows[INTEREST_FROM + k] = place.interest_from


@callee
def next_maturity(rows: Floats, positions: int, books: int) -> float:
    """Return the first day on which a term loan of some lane matures."""
    first = NEVER
    for p in range(positions):
        block = rows[FUND_ROWS + p * BLOCK :]
        for k in range(books):
            if block[TERM_SHARE + k] > 0.0:
                first = min(first, block[TERM_MATURITY + k])
    return first


@callee
def mature_lanes(rows: Floats, positions: int, width: Width, today: Day) -> None:
    """Finance maturing term loans overnight from today."""
    for p in range(positions):
        block = rows[FUND_ROWS + p * BLOCK :]
        for k in range(lanes_in(width)):
            if block[TERM_SHARE + k] > 0.0 and today >= block[TERM_MATURITY + k]:
                block[OVERNIGHT + k] += block[TERM + k]
                block[OVERNIGHT_INTEREST + k] += block[TERM_INTEREST + k]
                block[TERM + k] = block[TERM_INTEREST + k] = block[TERM_SHARE + k] = block[CALLED + k] = 0.0
