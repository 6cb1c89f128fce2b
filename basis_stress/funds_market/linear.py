"""A market so simple that its spiral has a closed form: one fund, flat prices, linear rent, a shock on day one."""

import numpy as np

from basis_engine.simulation.names import PositionColumn, Unwind
from basis_engine.simulation.rows import ContractRow, Dealers, Fund, FuturesQuote, Mark, NoteQuote, Position, empty_rows
from basis_engine.simulation.run import Setup, assign_positions, run
from basis_engine.simulation.schedule import DAY_LENGTH, SETTLEMENT_TIME, Calendar, build_schedule
from basis_engine.simulation.world import Market

DAYS = 200
BOOK_USD = 2e9
LEVERAGE = 20.0
SHOCK_BP = 0.001
"""So small that sales leave the book as it is."""


def simulated_amplification(ratio: float) -> float:
    """Total dislocation over the shock that the engine gives when each round is ``ratio`` of the one before.

    The ratio is lambda L A with L debt over equity (`basis_stress.funds_market.amplification` derives it).
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
    _fill(contracts, notional=1e5, point_value=1e3, rent_share=1.0, rent_years=1.0)
    _fill(dealers, slope=ratio / ((LEVERAGE - 1.0) * BOOK_USD * 1e-13), kink=1.0)
    assign_positions(funds, positions)
    market = Market(marks, notes, quotes)
    books = run(Setup(market, build_schedule(calendar), funds, positions, contracts, DAYS, dealers))
    clean = books.position_days[-1, 0, PositionColumn.CLEAN]
    return float(1e4 * (1.0 - clean / 100.0) / SHOCK_BP)


def _fill(rows: "np.ndarray[tuple[int], np.dtype[np.void]]", **values: float) -> None:
    """Set fields of the one row."""
    for name, value in values.items():
        rows[name] = value
