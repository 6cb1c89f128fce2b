"""Routine days of books side by side, each book in a lane: the arithmetic of `basis_engine.simulation.fast_path`.

A day is a chain of short loops over lanes, which the compiler turns into instructions on vectors: each loop reads and
writes neighbours and chooses between numbers instead of branching. A book's numbers are computed in the order of the
event loop, so they keep their bytes. A book that meets an event which is not routine leaves: its lane is copied as it
stands, and nobody reads what is computed in the lane from then on.

All rows stand in one array, and every position's block at a fixed distance from the next. Sums over a fund's positions
run from block to block: the block of a position stands before that of the position before it, so the last position's
is the first, and a block behind all holds what the sums begin with. Loops pass a number of lanes that the compiler does
not know: for a short loop of known length it would not check whether rows overlap, and would leave it scalar.
"""

from typing import NamedTuple

import numpy as np

from basis_engine.base.compile import callee
from basis_engine.simulation.names import Claim, Constraint, EventKind, Unwind
from basis_engine.simulation.rows import Dealers, empty_rows
from basis_engine.simulation.schedule import ROUTINE
from basis_engine.simulation.world import Floats, Rows

LANES = 8
"""Books side by side: one vector of 512 bits, or two of 256."""
Width = tuple[int, ...]
ALONE: Width = (1,)
"""The number of lanes once or twice: the compiler knows from the tuple's length whether a book walks alone."""

# Places of the events of a routine day, counted from its opening.
AT_ROLL = ROUTINE.index(EventKind.REPO_ROLL)
AT_SHORTFALL = ROUTINE.index(EventKind.REPO_SHORTFALL)
AT_MARK = ROUTINE.index(EventKind.MARK)
AT_SETTLEMENT = ROUTINE.index(EventKind.SETTLEMENT)
AT_LIMITS = ROUTINE.index(EventKind.RISK_LIMITS)

IS_HOLD, IS_TARGET_LEVERAGE = float(Unwind.HOLD), float(Unwind.TARGET_LEVERAGE)
IS_STOP_OUT, IS_VALUE_AT_RISK = float(Unwind.STOP_OUT), float(Unwind.VALUE_AT_RISK)
OF_VARIATION, OF_REPO = float(Claim.VARIATION_MARGIN), float(Claim.REPO_MARGIN)
UNBOUND = float(Constraint.NONE)
NEVER = 1e18
"""A day that does not come."""
BEFORE_OPENING, AFTER_ROLL, AFTER_VARIATION, AFTER_MARK, AFTER_REPO_MARK = 0.0, 1.0, 2.0, 3.0, 4.0
"""How far a lane came on the day of its opening."""

# Rows of a fund.
(
    CASH, LOWEST_CASH, INTEREST_FROM, CREDIT_LINE, REDEMPTION, UNWIND, LEVERAGE_LIMIT, DRAWDOWN_LIMIT, IS_STOPPED,
    RISK_LIMIT, CALM_VOLATILITY, ENTRY_LEVERAGE, PEAK_EQUITY, CALLS, CALLS_PAID, LARGEST_CALL, ENTRY_CASH,
    FIRST_CALL, FIRST_CALL_DAY, EQUITY, LOWEST_EQUITY, WORST_PROFIT, WORST_DAY, CASH_INTEREST, VOLATILITY, DUE,
    INTEREST, OPENING_CASH, RAISED_CASH, CONSTRAINT, OFFSET, STOP, GONE, STAGE, OPENING, OPENED, MARKED, REPO_RATE,
    REPO_RATE_BEFORE, CASH_RATE, JUMP, LANE_OF, DEALERS_HOLD, FUND_ROWS,
) = range(0, 44 * LANES, LANES)  # fmt: skip

# Rows of a position's block.
(
    FACE, PER_POINT, MARGIN_POSTED, MARGIN_ASKED, HAIRCUT, TERM_SHARE, THRESHOLD, REPO_SPREAD, OVERNIGHT,
    OVERNIGHT_INTEREST, OVERNIGHT_RATE, TERM, TERM_INTEREST, TERM_RATE, TERM_MATURITY, UNMET, CALLED,
    COUPON_RECEIVABLE, COUPON_DUE, VARIATION_DUE, VALUE, CLEAN, UNDISLOCATED, ACCRUED, FUTURES, HEDGED,
    RECALLED, SPREAD, SPREAD_SHARE,
    SPREAD_YEARS, LENT, FLOW, RETURNED, LINE_HEDGE, LINE_REPO, LINE_COUPON, LINE_DISLOCATION, LINE_CONVERGENCE,
    LINE_SWAP, LINE_CURVE, SUM_CASH, SUM_EARNING, SUM_VARIATION, SUM_NET, SUM_OUT, SUM_UNMET, SUM_CALLED, SUM_SIZE,
    SUM_WORTH, SUM_BOOK, SUM_SPARE, BLOCK,
) = range(0, 52 * LANES, LANES)  # fmt: skip


class Lanes(NamedTuple):
    """Scratch of books side by side."""

    rows: Floats  # the rows above twice: as they are, and as they were when the book of a lane left
    dealers: Rows[Dealers]  # [lanes]


def empty_lanes(positions: int) -> Lanes:
    """Allocate lanes for books of so many positions."""
    return Lanes(np.zeros(2 * (FUND_ROWS + (positions + 1) * BLOCK)), empty_rows(Dealers, LANES))


@callee(inline=True)
def lanes_in(width: Width) -> int:
    """Return how many lanes a loop passes: one, or all."""
    if len(width) == 1:
        return 1
    return width[0]
