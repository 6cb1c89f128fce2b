"""Mornings of routine days, lane by lane: interest, coupons and the roll at 08:30, clearing and lenders at 09:00."""

import numpy as np

from basis_engine.base.compile import callee
from basis_engine.base.units import Index, Rate, Share
from basis_engine.simulation.lanes import (
    AFTER_ROLL,
    AFTER_VARIATION,
    BEFORE_OPENING,
    BLOCK,
    CALLED,
    CALLS,
    CALLS_PAID,
    CASH,
    CASH_INTEREST,
    CONSTRAINT,
    COUPON_DUE,
    COUPON_RECEIVABLE,
    CREDIT_LINE,
    ENTRY_CASH,
    FIRST_CALL,
    FIRST_CALL_DAY,
    FLOW,
    FUND_ROWS,
    HAIRCUT,
    INTEREST,
    LARGEST_CALL,
    LENT,
    LOWEST_CASH,
    MARGIN_POSTED,
    OF_REPO,
    OF_VARIATION,
    OFFSET,
    OPENING_CASH,
    OVERNIGHT,
    OVERNIGHT_INTEREST,
    OVERNIGHT_RATE,
    RAISED_CASH,
    RECALLED,
    REPO_SPREAD,
    RETURNED,
    STAGE,
    STOP,
    SUM_CALLED,
    SUM_CASH,
    SUM_EARNING,
    SUM_NET,
    SUM_OUT,
    SUM_UNMET,
    SUM_VARIATION,
    TERM,
    TERM_INTEREST,
    TERM_SHARE,
    UNBOUND,
    UNMET,
    VALUE,
    VARIATION_DUE,
    Width,
    lanes_in,
)
from basis_engine.simulation.ledger import advanced
from basis_engine.simulation.world import Floats


@callee
def open_lanes(rows: Floats, positions: int, width: Width, years: float, cash_rate: Rate, not_rolled: Share) -> None:
    """Compute what OPEN and REPO_ROLL bring; stop lanes that are overdrawn or whose variation margins offset."""
    sums = rows[FUND_ROWS + positions * BLOCK :]
    for k in range(lanes_in(width)):
        sums[SUM_EARNING + k] = rows[CASH + k]
        sums[SUM_NET + k] = sums[SUM_OUT + k] = sums[SUM_VARIATION + k] = sums[SUM_CALLED + k] = 0.0
    for p in range(positions):
        block = rows[FUND_ROWS + (positions - 1 - p) * BLOCK :]
        for k in range(lanes_in(width)):
            block[SUM_EARNING + k] = block[BLOCK + SUM_EARNING + k] + block[MARGIN_POSTED + k]
            block[SUM_VARIATION + k] = block[BLOCK + SUM_VARIATION + k] + block[VARIATION_DUE + k]
            block[SUM_CALLED + k] = block[BLOCK + SUM_CALLED + k] + block[CALLED + k]
            lent = advanced(block[VALUE + k], block[HAIRCUT + k], block[TERM_SHARE + k], not_rolled)
            flow = 0.0 - (block[OVERNIGHT + k] + block[OVERNIGHT_INTEREST + k]) + lent
            block[LENT + k], block[FLOW + k] = lent, flow
            block[SUM_NET + k] = block[BLOCK + SUM_NET + k] + flow
            block[SUM_OUT + k] = block[BLOCK + SUM_OUT + k] + max(-flow, 0.0)
    for k in range(lanes_in(width)):
        interest = rows[FUND_ROWS + SUM_EARNING + k] * cash_rate * years
        cash = rows[CASH + k] + interest
        rows[INTEREST + k], rows[OPENING_CASH + k] = interest, cash
        rows[STAGE + k] = BEFORE_OPENING
        rows[STOP + k] = 1.0 if (cash < 0.0) | (rows[OFFSET + k] != 0.0) else 0.0


@callee
def pay_coupons(rows: Floats, positions: int, width: Width) -> None:
    """Add the coupons that are due to the cash of the opening."""
    for k in range(lanes_in(width)):
        rows[FUND_ROWS + positions * BLOCK + SUM_CASH + k] = rows[OPENING_CASH + k]
    for p in range(positions):
        block = rows[FUND_ROWS + (positions - 1 - p) * BLOCK :]
        for k in range(lanes_in(width)):
            block[SUM_CASH + k] = block[BLOCK + SUM_CASH + k] + block[COUPON_RECEIVABLE + k]
            block[COUPON_RECEIVABLE + k] = block[COUPON_DUE + k] = 0.0
    for k in range(lanes_in(width)):
        rows[OPENING_CASH + k] = rows[FUND_ROWS + SUM_CASH + k]


@callee(inline=True)
def falls_short(rows: Floats, width: Width) -> bool:
    """Return whether the roll of some lane takes more than the cash that clearing leaves."""
    count = 0
    for k in range(lanes_in(width)):
        due, net = max(-rows[FUND_ROWS + SUM_VARIATION + k], 0.0), rows[FUND_ROWS + SUM_NET + k]
        count += 1 if due - rows[OPENING_CASH + k] - net > 0.0 else 0
    return count > 0


@callee
def share_shortfall(rows: Floats, positions: int, width: Width) -> None:
    """Leave the shortfall of the roll owed, in whole cents, by the positions that cause it."""
    for p in range(positions):
        block = rows[FUND_ROWS + p * BLOCK :]
        for k in range(lanes_in(width)):
            due, out = max(-rows[FUND_ROWS + SUM_VARIATION + k], 0.0), rows[FUND_ROWS + SUM_OUT + k]
            lacking = due - rows[OPENING_CASH + k] - rows[FUND_ROWS + SUM_NET + k]
            shortfall = np.ceil(min(max(lacking, 0.0), out) * 100.0) / 100.0
            if shortfall > 0.0:
                block[UNMET + k] = shortfall * max(-block[FLOW + k], 0.0) / out


@callee
def roll_lanes(rows: Floats, positions: int, width: Width, rate: Rate) -> None:
    """Process OPEN and REPO_ROLL; stop lanes whose cash does not cover their variation margin."""
    sums = rows[FUND_ROWS + positions * BLOCK :]
    for k in range(lanes_in(width)):
        cash = rows[OPENING_CASH + k]
        rows[CASH_INTEREST + k] += rows[INTEREST + k]
        rows[LOWEST_CASH + k] = min(rows[LOWEST_CASH + k], cash)
        sums[SUM_CASH + k], sums[SUM_UNMET + k] = cash, 0.0
    for p in range(positions):
        block = rows[FUND_ROWS + (positions - 1 - p) * BLOCK :]
        for k in range(lanes_in(width)):
            kept = block[UNMET + k]
            lent, interest = block[LENT + k], block[OVERNIGHT_INTEREST + k]
            remargin = lent - block[OVERNIGHT + k] + kept
            block[SUM_CASH + k] = block[BLOCK + SUM_CASH + k] - interest + remargin
            block[SUM_UNMET + k] = block[BLOCK + SUM_UNMET + k] + kept
            block[OVERNIGHT + k], block[OVERNIGHT_INTEREST + k] = lent + kept, 0.0
            block[OVERNIGHT_RATE + k] = rate + block[REPO_SPREAD + k]
    for k in range(lanes_in(width)):
        cash, net = rows[FUND_ROWS + SUM_CASH + k], rows[FUND_ROWS + SUM_VARIATION + k]
        rows[CASH + k] = cash
        rows[LOWEST_CASH + k] = min(rows[LOWEST_CASH + k], cash)
        rows[RAISED_CASH + k] = cash
        rows[STAGE + k] = AFTER_ROLL
        rows[STOP + k] = 1.0 if (net < 0.0) & (cash < -net) else 0.0


@callee(inline=True)
def lacks_margin(rows: Floats, width: Width) -> bool:
    """Return whether the cash of some lane does not cover its variation margin."""
    count = 0
    for k in range(lanes_in(width)):
        count += 1 if rows[STOP + k] != 0.0 else 0
    return count > 0


@callee
def recall_collateral(rows: Floats, positions: int, width: Width) -> None:
    """Compute what term lenders return beyond their haircut; stop lanes for which it is too little, or with credit."""
    sums = rows[FUND_ROWS + positions * BLOCK :]
    for k in range(lanes_in(width)):
        sums[SUM_CASH + k] = rows[CASH + k]
    for p in range(positions):
        block = rows[FUND_ROWS + (positions - 1 - p) * BLOCK :]
        for k in range(lanes_in(width)):
            cash, asked = block[BLOCK + SUM_CASH + k], -rows[FUND_ROWS + SUM_VARIATION + k]
            value, share = block[VALUE + k], block[TERM_SHARE + k]
            surplus = (1.0 - block[HAIRCUT + k]) * value * share - (block[TERM + k] + block[TERM_INTEREST + k])
            lacking = np.ceil(max(asked - cash, 0.0) * 100.0) / 100.0
            returned = min(lacking, block[RECALLED + k] * max(surplus, 0.0))
            returned = returned if (share > 0.0) & (rows[STOP + k] != 0.0) else 0.0
            block[RETURNED + k] = returned
            block[SUM_CASH + k] = cash + returned
    for k in range(lanes_in(width)):
        cash, asked = rows[FUND_ROWS + SUM_CASH + k], -rows[FUND_ROWS + SUM_VARIATION + k]
        fails = (cash < asked) | (rows[CREDIT_LINE + k] > 0.0)
        rows[STOP + k] = 1.0 if (rows[STOP + k] != 0.0) & fails else 0.0
        rows[RAISED_CASH + k] = cash


@callee
def take_collateral(rows: Floats, positions: int, width: Width) -> None:
    """Borrow against the collateral that term lenders return."""
    for p in range(positions):
        block = rows[FUND_ROWS + p * BLOCK :]
        for k in range(lanes_in(width)):
            block[TERM + k] += block[RETURNED + k]


@callee(inline=True)
def note_call_of_lane(rows: Floats, k: Index, amount: float, cash: float, claim: float, day: Index) -> None:
    """Compare a call that is due with the buffer, as `basis_engine.simulation.outcome.note_call` does."""
    called_on, before = rows[FIRST_CALL_DAY + k], rows[FIRST_CALL + k]
    is_first = (amount > 0.0) & (called_on < 0.0) & (amount > min(rows[ENTRY_CASH + k], cash))
    rows[FIRST_CALL_DAY + k] = day if is_first else called_on
    rows[FIRST_CALL + k] = claim if is_first else before
    bound = rows[CONSTRAINT + k]
    rows[CONSTRAINT + k] = claim if (amount > cash) & (bound == UNBOUND) else bound


@callee
def settle_lanes(rows: Floats, positions: int, width: Width, day: Index) -> None:
    """Process VARIATION_CREDIT or VARIATION_CALL; stop lanes whose cash does not cover what they owe lenders."""
    sums = rows[FUND_ROWS + positions * BLOCK :]
    for k in range(lanes_in(width)):
        cash, net = rows[CASH + k], rows[FUND_ROWS + SUM_VARIATION + k]
        amount = -net if net < 0.0 else 0.0
        rows[CALLS + k] += 1.0 if net < 0.0 else 0.0
        rows[CALLS_PAID + k] += amount
        rows[LARGEST_CALL + k] = max(rows[LARGEST_CALL + k], amount)
        note_call_of_lane(rows, k, amount, cash, OF_VARIATION, day)
        sums[SUM_CASH + k] = rows[RAISED_CASH + k]
    for p in range(positions):
        block = rows[FUND_ROWS + (positions - 1 - p) * BLOCK :]
        for k in range(lanes_in(width)):
            block[SUM_CASH + k] = block[BLOCK + SUM_CASH + k] + block[VARIATION_DUE + k]
            block[VARIATION_DUE + k] = 0.0
    for k in range(lanes_in(width)):
        cash = rows[FUND_ROWS + SUM_CASH + k]
        unmet, called = rows[FUND_ROWS + SUM_UNMET + k], rows[FUND_ROWS + SUM_CALLED + k]
        rows[CASH + k] = cash
        rows[LOWEST_CASH + k] = min(rows[LOWEST_CASH + k], cash)
        rows[STAGE + k] = AFTER_VARIATION
        # Within a cent of failing the event loop decides: it subtracts position by position, and rounds otherwise.
        rows[STOP + k] = 1.0 if (unmet + called > 0.0) & (cash - unmet < called + 0.01) else 0.0


@callee(inline=True)
def owes_lenders(rows: Floats, width: Width) -> bool:
    """Return whether some lane owes what the roll left, or a term deficit called yesterday."""
    count = 0
    for k in range(lanes_in(width)):
        count += 1 if rows[FUND_ROWS + SUM_UNMET + k] + rows[FUND_ROWS + SUM_CALLED + k] > 0.0 else 0
    return count > 0


@callee
def pay_lenders(rows: Floats, positions: int, width: Width, day: Index) -> None:
    """Process REPO_SHORTFALL and REPO_CALL, which cash covers."""
    sums = rows[FUND_ROWS + positions * BLOCK :]
    for k in range(lanes_in(width)):
        cash = rows[CASH + k]
        note_call_of_lane(rows, k, rows[FUND_ROWS + SUM_UNMET + k], cash, OF_REPO, day)
        sums[SUM_CASH + k] = cash
    for p in range(positions):
        block = rows[FUND_ROWS + (positions - 1 - p) * BLOCK :]
        for k in range(lanes_in(width)):
            block[SUM_CASH + k] = block[BLOCK + SUM_CASH + k] - block[UNMET + k]
            block[OVERNIGHT + k] -= block[UNMET + k]
            block[UNMET + k] = 0.0
    for k in range(lanes_in(width)):
        cash, called = rows[FUND_ROWS + SUM_CASH + k], rows[FUND_ROWS + SUM_CALLED + k]
        rows[LOWEST_CASH + k] = min(rows[LOWEST_CASH + k], cash)
        rows[CALLS + k] += 1.0 if called > 0.0 else 0.0
        rows[CALLS_PAID + k] += called
        rows[LARGEST_CALL + k] = max(rows[LARGEST_CALL + k], called)
        note_call_of_lane(rows, k, called, cash, OF_REPO, day)
        sums[SUM_CASH + k] = cash
    for p in range(positions):
        block = rows[FUND_ROWS + (positions - 1 - p) * BLOCK :]
        for k in range(lanes_in(width)):
            block[SUM_CASH + k] = block[BLOCK + SUM_CASH + k] - block[CALLED + k]
            block[TERM + k] -= block[CALLED + k]
            block[CALLED + k] = 0.0
    for k in range(lanes_in(width)):
        cash = rows[FUND_ROWS + SUM_CASH + k]
        rows[CASH + k] = cash
        rows[LOWEST_CASH + k] = min(rows[LOWEST_CASH + k], cash)
