"""A second oracle for contagion: Greenwood, Landier and Thesmar (2015) on their own terms, through the engine.

Banks n hold assets k with weights M, assets A = diag(a) and debt over equity B = diag(b). After returns F a bank sells
b a (M F), pro rata, to be back at its leverage; prices move by L per dollar sold (10 basis points for $10bn in the
paper). Direct loss: 1'A M F; first-round indirect loss: 1'A M L M'B A M F; both over aggregate equity is aggregate
vulnerability. The engine is run in its linear limit: no ceiling, no placement, a shock so small that sales leave the
books' size unchanged.

Two differences: dealers have one inventory, so that a dollar sold of any
note moves every note (L is share x 1', of rank one, where the paper's is diagonal); and the engine goes on after the
first round, to first round / (1 - ratio), where the paper stops.

The paper's own totals rest on the European Banking Authority's exposures of 2011, and those of Cont and Schaanning
(2017) on its later ones: neither is at hand.
The printed example that can be computed is that of the behaviour both papers take up, leverage targeting: Adrian and
Shin (2010), "Liquidity and leverage", Journal of Financial Intermediation 19, section 2.
"""

import numpy as np
import pytest

from basis_engine.simulation.names import FundColumn, PositionColumn, Unwind
from basis_engine.simulation.rows import ContractRow, Dealers, Fund, FuturesQuote, Mark, NoteQuote, Position, empty_rows
from basis_engine.simulation.run import Run, Setup, assign_positions, run
from basis_engine.simulation.schedule import DAY_LENGTH, SETTLEMENT_TIME, Calendar, build_schedule
from basis_engine.simulation.world import Market

ASSETS = np.array([200e9, 100e9, 50e9])
DEBT = np.array([9.0, 19.0, 29.0])
"""Debt over equity."""
WEIGHTS = np.array([[1.0, 0.0], [0.5, 0.5], [0.2, 0.8]])
SHARES = np.array([1.0, 0.4])
"""Of the balance-sheet spread in each asset."""
SHOCK = np.array([2e-7, 5e-7])
"""Fall of each asset's price, a share."""
PER_DOLLAR = 10e-4 / 10e9
"""Fall of an asset of share 1 for each dollar sold: 10 basis points for $10bn."""
DAYS = 400


def first_round() -> tuple[np.ndarray, np.ndarray]:
    """Dollars sold by bank, and the fall of each asset that they cause, by the paper's formula."""
    sold = DEBT * ASSETS * (WEIGHTS @ SHOCK)
    return sold, SHARES * PER_DOLLAR * sold.sum()


def through_the_engine(
    assets: np.ndarray = ASSETS,
    debt: np.ndarray = DEBT,
    weights: np.ndarray = WEIGHTS,
    shock: np.ndarray = SHOCK,
    per_dollar: float = PER_DOLLAR,
) -> Run:
    """Run banks that sell back to the leverage of their start; each asset falls by its shock on the first day."""
    banks = len(assets)
    midnight = DAY_LENGTH * np.arange(20_000, 20_000 + DAYS)
    marks = empty_rows(Mark, DAYS)
    marks["time"], marks["value_date"] = midnight + SETTLEMENT_TIME, np.arange(20_001, 20_001 + DAYS)
    notes = empty_rows(NoteQuote, DAYS * 2).reshape(DAYS, 2)
    quotes = empty_rows(FuturesQuote, DAYS * 2).reshape(DAYS, 2)
    notes["clean"], quotes["price"] = 100.0, 100.0
    quotes["dislocation"][1:] = 1e4 * shock
    funds = empty_rows(Fund, banks)
    for name, value in {"drawdown_limit": 1.0, "depth_share": 1.0, "feedback": 1.0}.items():
        funds[name] = value
    funds["unwind"], funds["entry_equity"] = Unwind.TARGET_LEVERAGE, assets / (debt + 1.0)
    funds["leverage_target"] = funds["leverage_limit"] = debt + 1.0
    held = [(n, k) for n in range(banks) for k in range(2) if weights[n, k]]
    positions = empty_rows(Position, len(held))
    for row, (n, k) in zip(positions, held, strict=True):
        row.fund, row.contract, row.bond, row.factor = n, k, k, 1.0
        row.face = assets[n] * weights[n, k]
        row.contracts = -row.face / 1e5
    contracts = empty_rows(ContractRow, 2)
    contracts["notional"], contracts["point_value"] = 1e5, 1e3
    contracts["balance_sheet_share"], contracts["balance_sheet_years"] = SHARES, 1.0
    dealers = empty_rows(Dealers, 1)
    dealers["slope"], dealers["capacity_multiple"] = 1e4 * per_dollar * 1e9, 1.0
    assign_positions(funds, positions)
    calendar = Calendar(midnight, np.zeros(DAYS), np.zeros(DAYS), marks["time"], np.arange(DAYS))
    setup = Setup(Market(marks, notes, quotes), build_schedule(calendar), funds, positions, contracts, DAYS, dealers)
    return run(setup)


def falls(done: Run, day: int) -> np.ndarray:
    """Fall of each asset since the start, a share."""
    clean = done.position_days[day, :, PositionColumn.CLEAN]
    return 1.0 - np.array([clean[done.positions["contract"] == k][0] for k in range(2)]) / 100.0


def test_the_first_round_is_that_of_the_paper() -> None:
    done, (sold, impact) = through_the_engine(), first_round()
    face = done.position_days[:, :, PositionColumn.FACE]
    by_bank = np.array([(face[0] - face[1])[done.positions["fund"] == n].sum() for n in range(3)])
    assert by_bank == pytest.approx(sold, rel=1e-4)
    assert falls(done, 1) == pytest.approx(SHOCK, rel=1e-6)
    assert falls(done, 2) - SHOCK == pytest.approx(impact, rel=1e-3)


def test_aggregate_vulnerability_is_that_of_the_paper() -> None:
    """Indirect loss over equity, and its split into what each bank contributes."""
    done, (sold, impact) = through_the_engine(), first_round()
    equity = (ASSETS / (DEBT + 1.0)).sum()
    vulnerability = ASSETS @ WEIGHTS @ impact / equity
    assert (ASSETS @ WEIGHTS @ (falls(done, 2) - SHOCK)) / equity == pytest.approx(vulnerability, rel=1e-3)
    contributed = ASSETS @ WEIGHTS @ np.outer(SHARES, PER_DOLLAR * sold) / equity
    assert contributed.sum() == pytest.approx(vulnerability, rel=1e-12)
    assert contributed.argmax() == int(np.argmax(DEBT * ASSETS * (WEIGHTS @ SHOCK)))


def test_the_engine_goes_on_to_the_sum_of_all_rounds() -> None:
    done, (_, impact) = through_the_engine(), first_round()
    ratio = PER_DOLLAR * float(DEBT * ASSETS @ (WEIGHTS @ SHARES))
    assert 0.1 < ratio < 0.9
    assert falls(done, DAYS - 1) - SHOCK == pytest.approx(impact / (1.0 - ratio), rel=1e-3)


def test_the_printed_example_of_adrian_and_shin() -> None:
    """Securities of 110, debt of 99, equity of 11; they fall to 109: leverage is 10.9, and the bank sells 9, to 100."""
    one, fall = np.ones(1), np.array([1.0 / 110.0, 0.0])
    done = through_the_engine(110e9 * one, 9.0 * one, np.array([[1.0, 0.0]]), fall, per_dollar=0.0)
    columns = [FundColumn.BONDS, FundColumn.EQUITY]
    entry, shocked, sold = (done.fund_days[day, 0, columns] / 1e9 for day in (0, 1, 2))
    assert entry == pytest.approx([110.0, 11.0])
    face = done.position_days[:, 0, PositionColumn.FACE] / 1e9
    price = done.position_days[1, 0, PositionColumn.CLEAN] / 100
    assert face[0] * price == pytest.approx(109.0)
    assert (face[0] - face[1]) * price == pytest.approx(9.0)
    assert face[1] * price == pytest.approx(100.0)
    assert shocked == pytest.approx([100.0, 10.0])
    assert sold == pytest.approx(shocked)
    assert 109.0 / shocked[1] == pytest.approx(10.9)
