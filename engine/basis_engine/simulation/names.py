"""Enumerations of the engine: kinds of event, log events, claims, cash and profit lines, parties, outcomes, columns.

Kernels index arrays by these enumerations, and tables take their column names from them.
"""

from enum import IntEnum


class EventKind(IntEnum):
    """Kinds of event; at equal times the smaller number comes first."""

    OPEN = 0  # the business day begins: interest on cash, coupons
    HAIRCUT_CHANGE = 1
    NOT_ROLLED_CHANGE = 2
    DELIVERY = 3
    REPO_ROLL = 4
    MARGIN_RELEASE = 5
    VARIATION_CREDIT = 6
    VARIATION_CALL = 7
    INITIAL_CALL = 8
    REPO_SHORTFALL = 9  # what the morning's roll left owed
    REPO_CALL = 10
    OTHER_LOSS_CALL = 11
    REDEMPTION_CALL = 12
    OTHER_LOSS = 13  # a loss in the fund's other business, due in cash
    REDEMPTION = 14
    OUTSIDE_FLOW = 15  # others sell to dealers, or the central bank buys from them
    MARK = 16
    INTRADAY_CYCLE = 17
    MARGIN_NOTICE = 18
    MARGIN_CHANGE = 19
    SETTLEMENT = 20
    FINAL_SETTLEMENT = 21
    REPO_MARK = 22
    SEIZURE_SLICE = 23
    UNWIND_SLICE = 24
    DECISION = 25  # a strategy chooses target faces; the run waits for it
    RISK_LIMITS = 26
    END = 27
    RECORD = 28


class LogEvent(IntEnum):
    """Events of the log; causes are rows of the log."""

    NOTHING = 0
    ENTRY = 1
    PRICE_MOVE = 2
    MARGIN_NOTICE = 3
    MARGIN_CHANGE = 4
    HAIRCUT_CHANGE = 5
    NOT_ROLLED_CHANGE = 6
    COUPON_PAID = 7
    REPO_REMARGIN = 8
    CALL_RAISED = 9
    CALL_PAID = 10
    CALL_CURED = 11  # nothing is owed at its deadline any more, after sales or a better mark
    CALL_FAILED = 12
    CREDIT_DRAWN = 13
    CREDIT_REPAID = 14
    COLLATERAL_RECALLED = 15
    ORDER = 16
    SALE = 17
    INSOLVENCY = 18
    DEFAULT = 19
    SEIZURE = 20
    ESTATE_SETTLED = 21
    LOSS = 22
    FINAL_SETTLEMENT = 23
    DELIVERY = 24
    REDEMPTION = 25
    LIQUIDITY_LIMIT = 26
    LEVERAGE_LIMIT = 27
    DRAWDOWN_LIMIT = 28
    VALUE_AT_RISK_LIMIT = 29
    OUTSIDE_SALE = 30
    CENTRAL_BANK_PURCHASE = 31
    END_OF_WINDOW = 32
    OTHER_LOSS = 33
    DECISION = 34
    PURCHASE = 35  # or a short sale: a position that grows
    CONTRACT_ROLL = 36  # futures and notes into the next delivery month, at half spreads


class Claim(IntEnum):
    """Claims on a fund's cash, in the order they are met."""

    NONE = 0
    VARIATION_MARGIN = 1
    INITIAL_MARGIN = 2
    REPO_MARGIN = 3
    OTHER_LOSS = 4
    REDEMPTION = 5


class CashLine(IntEnum):
    """Lines of the cash waterfall; outflows are negative and the lines of a day sum to the change in cash."""

    VARIATION_MARGIN = 0
    INITIAL_MARGIN = 1
    REPO_REMARGIN = 2
    HAIRCUT = 3
    REPO_NOT_ROLLED = 4
    COUPON = 5
    REPO_INTEREST = 6
    CASH_INTEREST = 7
    SALES = 8
    CREDIT_LINE = 9
    CAPITAL = 10
    ESTATE = 11
    OTHER_LOSS = 12


class PnlLine(IntEnum):
    """Lines of the profit attribution; the lines of a day sum to the change in equity."""

    COUPON_ACCRUAL = 0
    REPO_INTEREST = 1
    CASH_INTEREST = 2
    CURVE = 3  # hedge residual, expected repo and switch of the cheapest note together
    BASIS_CONVERGENCE = 4
    DISLOCATION = 5
    SWAP_SPREAD = 6
    COST = 7
    DEFAULT_LOSS = 8
    CAPITAL = 9
    OTHER_LOSS = 10
    FINANCING_HEDGE = 11


class Party(IntEnum):
    """The counterparty of a cash flow of a fund."""

    NONE = -1
    REPO_LENDER = 0
    CLEARING_MEMBER = 1
    CLEARING_HOUSE = 2
    SWAP_HOUSE = 3
    DEALERS = 4
    CENTRAL_BANK = 5
    TREASURY = 6
    OUTSIDE_INVESTORS = 7
    CASH_BANK = 8
    CREDIT_BANK = 9
    OTHER_MARKETS = 10


class Status(IntEnum):
    """State of a fund."""

    ACTIVE = 0
    LIQUIDATING = 1
    CLOSED = 2


class Outcome(IntEnum):
    """Outcomes of a fund, from the mildest."""

    SURVIVED = 0  # every call was within the cash of entry, and within cash at hand
    CALLED = 1  # a call was larger, and was met in full; nothing was sold
    FORCED_SALE = 2  # a limit made it sell some or all; it never defaulted
    ILLIQUID = 3  # it missed a call while it had equity left
    INSOLVENT = 4  # its equity was gone
    NOT_ENTERED = 5  # haircut and initial margin need more than its equity


class Constraint(IntEnum):
    """The binding constraint of a fund: a claim on its cash (numbers of ``Claim``), insolvency, or a limit."""

    NONE = 0
    VARIATION_MARGIN = 1
    INITIAL_MARGIN = 2
    REPO_MARGIN = 3
    OTHER_LOSS = 4
    REDEMPTION = 5
    INSOLVENCY = 18  # from here the numbers of ``LogEvent``
    LIQUIDITY_LIMIT = 26
    LEVERAGE_LIMIT = 27
    DRAWDOWN_LIMIT = 28
    VALUE_AT_RISK_LIMIT = 29


class Unwind(IntEnum):
    """The rule that turns a breached limit into an order to sell."""

    HOLD = 0  # never sells; fails if it cannot pay
    CURE = 1  # sells only what meets the calls in sight
    TARGET_LEVERAGE = 2  # above the cap, back to target leverage
    STOP_OUT = 3  # past the drawdown limit, a share of the book, some of it each day
    VALUE_AT_RISK = 4  # past the value-at-risk limit, a share of the excess each day


class SaleOrder(IntEnum):
    """The order in which positions are sold."""

    PRO_RATA = 0  # the same share of every position
    MOST_LIQUID = 1  # by cost of sale, cheapest first


class FundColumn(IntEnum):
    """Columns of the daily record of a fund (USD unless said)."""

    EQUITY = 0
    CASH = 1
    BONDS = 2
    REPO_OWED = 3
    INITIAL_MARGIN = 4
    VARIATION_UNSETTLED = 5
    UNSETTLED_TRADES = 6
    CREDIT_DRAWN = 7
    OTHER_LOSS_OWED = 8
    FACE = 9
    STATUS = 10


class DealerColumn(IntEnum):
    """Columns of the daily record of dealers (USD; basis points a year)."""

    INVENTORY = 0
    BALANCE_SHEET_SPREAD = 1
    VOLATILITY = 2
    OUTSIDE_SALES = 3
    PURCHASES = 4
    FUND_SALES = 5


class PositionColumn(IntEnum):
    """Columns of the daily record of a position (USD face and money, contracts, points per 100)."""

    FACE = 0
    CONTRACTS = 1
    CLEAN = 2
    ACCRUED = 3
    FUTURES = 4
    REPO_OWED = 5
    INITIAL_MARGIN = 6
    HAIRCUT = 7
    UNMET = 8
    VARIATION_DUE = 9
    TERM = 10  # principal of term repo
    TERM_INTEREST = 11  # accrued
    EXPECTED_REPO = 12  # of the day's ``PnlLine.CURVE``: gain on futures as the repo rate that carries them changed
    CHEAPEST_SWITCH = 13  # of the day's ``PnlLine.CURVE``: gain on futures as another note became the cheapest


def column_names(words: type[IntEnum]) -> list[str]:
    """Lower-case names of an enumeration's non-negative members, in order."""
    return [word.name.lower() for word in words if word >= 0]
