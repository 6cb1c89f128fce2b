"""How far a fire sale amplifies a shock: the closed form of a linear market, and the engine's own result for it."""

import math

import numpy as np

from basis_engine.simulation.names import PositionColumn, Unwind
from basis_engine.simulation.rows import ContractRow, Dealers, Fund, FuturesQuote, Mark, NoteQuote, Position, empty_rows
from basis_engine.simulation.run import Setup, assign_positions, run
from basis_engine.simulation.schedule import DAY_LENGTH, SETTLEMENT_TIME, Calendar, build_schedule
from basis_engine.simulation.world import Market

BP_PER_USD = 1e-9 * 1e-4
"""From basis points per $bn to a share of price per dollar."""
DAYS = 200
BOOK_USD = 2e9
LEVERAGE = 20.0
SHOCK_BP = 0.001
"""Initial shock of the simulated market, bp of price: small enough that sales leave the size of the book unchanged."""


def amplification(slope: float, leverage: float, book_usd: float, years: float) -> float:
    """Compute total dislocation over the initial shock when funds sell back to their leverage after every fall.

    A fall of price by x takes A x off the book A and off equity alike. Funds that hold l times their equity then hold
    (l - 1) A x too much, and sell it; dealers lower note prices by lambda for each dollar. Every round is
    lambda (l - 1) A of the one before, and all of them add up to 1 / (1 - lambda L A) with L = l - 1, debt over equity.

    Parameters
    ----------
    slope
        Basis points a year per $bn of dealers' inventory, times the note's share of the balance-sheet spread; dealers
        place none of the inventory with others.
    leverage
        Book over equity, l.
    book_usd
        Market value of the book of all funds, USD.
    years
        Years to delivery over which the spread is discounted.

    Returns
    -------
    float
        Infinite where lambda L A is 1 or more: each round is then as large as the one before, or larger.

    References
    ----------
    Greenwood, Landier and Thesmar, Vulnerable Banks, Journal of Financial Economics 115 (2015).
    """
    per_dollar = slope * years * BP_PER_USD
    ratio = per_dollar * (leverage - 1.0) * book_usd
    return 1.0 / (1.0 - ratio) if ratio < 1.0 else math.inf


def simulated_amplification(ratio: float) -> float:
    """Simulate total dislocation over the shock when each round is ``ratio`` of the one before.

    The market is one fund, flat prices, a linear balance-sheet spread and a shock on day one. The ratio is lambda L A
    of `amplification`.
    """
    midnight = DAY_LENGTH * np.arange(20_000, 20_000 + DAYS)
    marks = empty_rows(Mark, DAYS)
    marks["time"], marks["value_date"] = midnight + SETTLEMENT_TIME, np.arange(20_001, 20_001 + DAYS)
    notes, quotes = empty_rows(NoteQuote, DAYS).reshape(-1, 1), empty_rows(FuturesQuote, DAYS).reshape(-1, 1)
    notes["clean"], quotes["price"] = 100.0, 100.0
    quotes["dislocation"][1:] = SHOCK_BP
    calendar = Calendar(midnight, np.zeros(DAYS), np.zeros(DAYS), marks["time"], np.arange(DAYS))
    funds, positions, contracts = empty_rows(Fund, 1), empty_rows(Position, 1), empty_rows(ContractRow, 1)
    dealers = empty_rows(Dealers, 1)
    _fill(funds, entry_equity=BOOK_USD / LEVERAGE, unwind=Unwind.TARGET_LEVERAGE, drawdown_limit=1.0, depth_share=1.0)
    _fill(funds, leverage_target=LEVERAGE, leverage_limit=LEVERAGE, feedback=1.0)
    _fill(positions, fund=0, contract=0, face=BOOK_USD, contracts=-BOOK_USD / 1e5, factor=1.0)
    _fill(contracts, notional=1e5, point_value=1e3, balance_sheet_share=1.0, balance_sheet_years=1.0)
    _fill(dealers, slope=ratio / ((LEVERAGE - 1.0) * BOOK_USD * 1e-13), capacity_multiple=1.0)
    assign_positions(funds, positions)
    market = Market(marks, notes, quotes)
    books = run(Setup(market, build_schedule(calendar), funds, positions, contracts, DAYS, dealers))
    clean = books.position_days[-1, 0, PositionColumn.CLEAN]
    return float(1e4 * (1.0 - clean / 100.0) / SHOCK_BP)


def _fill(rows: "np.ndarray[tuple[int], np.dtype[np.void]]", **values: float) -> None:
    """Set fields of the only row."""
    for name, value in values.items():
        rows[name] = value
