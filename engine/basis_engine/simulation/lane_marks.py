"""Marks of routine days, lane by lane: prices, settlement, term loans, risk limits and the record of the day."""

import math

from basis_engine.base.compile import callee
from basis_engine.base.units import Days, Index, Share
from basis_engine.simulation.dealers import balance_sheet_dislocation, take_inventory
from basis_engine.simulation.lanes import (
    ACCRUED,
    AFTER_MARK,
    AFTER_REPO_MARK,
    BLOCK,
    CALLED,
    CALM_VOLATILITY,
    CASH,
    CLEAN,
    COUPON_DUE,
    COUPON_RECEIVABLE,
    CREDIT_LINE,
    DEALERS_HOLD,
    DRAWDOWN_LIMIT,
    ENTRY_LEVERAGE,
    EQUITY,
    FACE,
    FUND_ROWS,
    FUTURES,
    GONE,
    HAIRCUT,
    HEDGED,
    IS_HOLD,
    IS_STOP_OUT,
    IS_STOPPED,
    IS_TARGET_LEVERAGE,
    IS_VALUE_AT_RISK,
    LEVERAGE_LIMIT,
    LINE_CONVERGENCE,
    LINE_COUPON,
    LINE_CURVE,
    LINE_DISLOCATION,
    LINE_HEDGE,
    LINE_REPO,
    LINE_SWAP,
    LOWEST_EQUITY,
    MARGIN_ASKED,
    MARGIN_POSTED,
    OFFSET,
    OVERNIGHT,
    OVERNIGHT_INTEREST,
    OVERNIGHT_RATE,
    PEAK_EQUITY,
    PER_POINT,
    RECALLED,
    REDEMPTION,
    RISK_LIMIT,
    SPREAD,
    SPREAD_SHARE,
    SPREAD_YEARS,
    STAGE,
    STOP,
    SUM_BOOK,
    SUM_NET,
    SUM_SIZE,
    SUM_SPARE,
    SUM_WORTH,
    TERM,
    TERM_INTEREST,
    TERM_RATE,
    TERM_SHARE,
    THRESHOLD,
    UNDISLOCATED,
    UNWIND,
    VALUE,
    VARIATION_DUE,
    VOLATILITY,
    WORST_DAY,
    WORST_PROFIT,
    Lanes,
    Width,
    lanes_in,
)
from basis_engine.simulation.ledger import advanced, dirty_value
from basis_engine.simulation.marks import cheapened, repo_interest
from basis_engine.simulation.rows import FuturesQuote, NoteQuote
from basis_engine.simulation.world import Floats


@callee
def absorb(lanes: Lanes, positions: int, books: int) -> None:
    """Update the dealers of each lane, once a day."""
    rows = lanes.rows
    for k in range(books):
        if rows[GONE + k] == 0.0 and rows[DEALERS_HOLD + k] != 0.0:
            take_inventory(lanes.dealers[k])
            rows[VOLATILITY + k] = lanes.dealers[k].volatility
            for p in range(positions):
                rows[FUND_ROWS + p * BLOCK + SPREAD + k] = lanes.dealers[k].balance_sheet_spread


@callee
def begin_sums(rows: Floats, positions: int, width: Width) -> None:
    """Write what the sums of a mark begin with."""
    sums = rows[FUND_ROWS + positions * BLOCK :]
    for k in range(lanes_in(width)):
        cash = rows[CASH + k]
        sums[SUM_WORTH + k] = cash
        sums[SUM_SPARE + k] = cash + rows[CREDIT_LINE + k] - rows[REDEMPTION + k]
        sums[SUM_NET + k] = sums[SUM_SIZE + k] = sums[SUM_BOOK + k] = 0.0


@callee
def mark_lanes(
    block: Floats, width: Width, note: NoteQuote, future: FuturesQuote, days: Days, jump: float, not_rolled: Share
) -> None:
    """Mark one position's interest, coupon and prices, line by line as in `marks`; sum what checks and limits need."""
    price, quoted, policy = future.price, future.dislocation, future.policy_gain
    accrual, spread = future.accrual, future.spread
    noted, accrued, coupon_due, fall = note.clean, note.accrued, note.coupon_due, note.convergence
    if days > 0 and coupon_due != 0.0:
        for k in range(lanes_in(width)):
            block[COUPON_DUE + k] = block[FACE + k] * coupon_due / 100.0
    for k in range(lanes_in(width)):
        face, per_point, overnight = block[FACE + k], block[PER_POINT + k], block[OVERNIGHT + k]
        hedge = block[HEDGED + k] * overnight * policy
        block[LINE_HEDGE + k] += hedge
        interest = repo_interest(overnight, block[OVERNIGHT_RATE + k], days)
        term = repo_interest(block[TERM + k], block[TERM_RATE + k], days)
        overnight_interest, term_interest = block[OVERNIGHT_INTEREST + k] + interest, block[TERM_INTEREST + k] + term
        block[OVERNIGHT_INTEREST + k], block[TERM_INTEREST + k] = overnight_interest, term_interest
        block[LINE_REPO + k] += -interest - term
        due = block[COUPON_DUE + k]
        earned = block[LINE_COUPON + k] + (face * (accrued - block[ACCRUED + k]) / 100.0 + due)
        receivable = block[COUPON_RECEIVABLE + k] + due
        block[COUPON_RECEIVABLE + k] = receivable
        gain = per_point * (price - block[FUTURES + k])
        variation = hedge + gain
        cheap = balance_sheet_dislocation(block[SPREAD_SHARE + k], block[SPREAD_YEARS + k], block[SPREAD + k], jump)
        clean = cheapened(noted, quoted + cheap)
        fair = face * (noted - block[UNDISLOCATED + k]) / 100.0
        convergence = face * fall / 100.0
        block[LINE_DISLOCATION + k] += face * (clean - block[CLEAN + k]) / 100.0 - fair
        block[LINE_CONVERGENCE + k] -= convergence
        block[LINE_COUPON + k] = earned + per_point * accrual
        block[LINE_SWAP + k] += per_point * spread
        block[LINE_CURVE + k] += fair + gain + convergence - per_point * (accrual + spread)
        block[CLEAN + k], block[UNDISLOCATED + k] = clean, noted
        block[ACCRUED + k], block[FUTURES + k] = accrued, price
        block[VARIATION_DUE + k] = variation
        value = dirty_value(face, clean, accrued)
        block[VALUE + k] = value
        term_owed, posted, share = block[TERM + k], block[MARGIN_POSTED + k], block[TERM_SHARE + k]
        owed = overnight + overnight_interest + term_owed + term_interest
        block[SUM_WORTH + k] = block[BLOCK + SUM_WORTH + k] + (value + receivable - owed + (posted + variation))
        block[SUM_NET + k] = block[BLOCK + SUM_NET + k] + variation
        block[SUM_SIZE + k] = block[BLOCK + SUM_SIZE + k] + abs(variation)
        block[SUM_BOOK + k] = block[BLOCK + SUM_BOOK + k] + value
        surplus = (1.0 - block[HAIRCUT + k]) * value * share - (term_owed + term_interest)
        is_deficient = (share > 0.0) & (-surplus > block[THRESHOLD + k] * value * share + 0.01)
        called = -surplus if is_deficient else 0.0
        returned = block[RECALLED + k] * max(surplus, 0.0)
        recalled = returned if share > 0.0 else 0.0
        flow = 0.0 - (overnight + overnight_interest) + advanced(value, block[HAIRCUT + k], share, not_rolled)
        flow += -called if is_deficient else recalled
        block[CALLED + k] = called
        clearing = variation + posted - block[MARGIN_ASKED + k]
        block[SUM_SPARE + k] = block[BLOCK + SUM_SPARE + k] + (clearing + flow) + receivable


@callee
def check_solvency_of_lanes(rows: Floats, width: Width) -> None:
    """Stop lanes of funds without equity, before anything follows from the mark."""
    for k in range(lanes_in(width)):
        rows[STOP + k] = 1.0 if rows[FUND_ROWS + SUM_WORTH + k] <= 0.0 else 0.0
        rows[STAGE + k] = AFTER_MARK


@callee
def check_limits_of_lanes(rows: Floats, width: Width) -> None:
    """Process SETTLEMENT and REPO_MARK; stop lanes with a breached limit."""
    for k in range(lanes_in(width)):
        worth, book, spare, rule = (
            rows[FUND_ROWS + SUM_WORTH + k],
            rows[FUND_ROWS + SUM_BOOK + k],
            rows[FUND_ROWS + SUM_SPARE + k],
            rows[UNWIND + k],
        )
        peak = max(rows[PEAK_EQUITY + k], worth)
        rows[PEAK_EQUITY + k] = peak
        rows[LOWEST_EQUITY + k] = min(rows[LOWEST_EQUITY + k], worth)
        rows[OFFSET + k] = rows[FUND_ROWS + SUM_SIZE + k] if rows[FUND_ROWS + SUM_NET + k] == 0.0 else 0.0
        levered = (rule == IS_TARGET_LEVERAGE) & (book > rows[LEVERAGE_LIMIT + k] * worth)
        rows[STAGE + k] = AFTER_REPO_MARK
        rows[STOP + k] = 1.0 if (rule != IS_HOLD) & (levered | (spare < 0.0)) else 0.0


@callee
def check_losses_of_lanes(rows: Floats, books: int) -> None:
    """Stop lanes whose drawdown or value at risk is beyond its limit; few rules ask, and divisions take time."""
    for k in range(books):
        worth, rule, breaches = rows[FUND_ROWS + SUM_WORTH + k], rows[UNWIND + k], False
        if rule == IS_STOP_OUT:
            drawdown = 1.0 - worth / rows[PEAK_EQUITY + k]
            breaches = rows[IS_STOPPED + k] != 0.0 or drawdown > rows[DRAWDOWN_LIMIT + k]
        elif rule == IS_VALUE_AT_RISK and rows[CALM_VOLATILITY + k] > 0.0:
            calm = rows[CALM_VOLATILITY + k] * rows[CALM_VOLATILITY + k]
            leverage = rows[FUND_ROWS + SUM_BOOK + k] / worth / rows[ENTRY_LEVERAGE + k]
            breaches = leverage * math.sqrt((calm + rows[VOLATILITY + k]) / calm) > rows[RISK_LIMIT + k]
        if breaches:
            rows[STOP + k] = 1.0


@callee
def follow_day_of_lanes(rows: Floats, width: Width, day: Index) -> None:
    """Process RECORD: keep the worst profit of a day, and equity at the day's end."""
    for k in range(lanes_in(width)):
        worth, worst, worst_day = rows[FUND_ROWS + SUM_WORTH + k], rows[WORST_PROFIT + k], rows[WORST_DAY + k]
        profit = worth - rows[EQUITY + k]
        rows[WORST_PROFIT + k] = profit if profit < worst else worst
        rows[WORST_DAY + k] = day if profit < worst else worst_day
        rows[EQUITY + k] = worth
