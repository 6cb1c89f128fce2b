"""Dealers and the sales of funds, against a twin in plain Python and against the closed form of a linear market."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from basis_engine.simulation.names import (
    DealerColumn,
    EventKind,
    FundColumn,
    LogEvent,
    Party,
    PnlLine,
    PositionColumn,
    Status,
    Unwind,
)
from basis_engine.simulation.rows import Dealers, empty_rows
from basis_engine.simulation.run import Run, Setup, assign_positions, run
from basis_engine.simulation.schedule import FLOW_TIME, DatedEvent
from basis_stress.funds_market.amplification import BP_PER_USD, amplification
from support.laws import check, twin
from support.worlds import fill, hand_made

BOOK = 200e9
YEARS = 0.3
LINEAR = {"slope": 0.5, "capacity_multiple": 1.0, "capacity": 90e9, "memory": 0.94}
CASH_RICH = {"base_haircut": 0.0}
HOLDER = {"entry_equity": BOOK / 20, "unwind": Unwind.HOLD}
SELLER = {
    "entry_equity": BOOK / 20,
    "unwind": Unwind.VALUE_AT_RISK,
    "risk_limit": 1.2,
    "risk_speed": 0.1,
    "calm_volatility": 6.0,
}
"""Neither haircut nor margin: equity is cash, and nothing but the value at risk makes a fund sell."""


def stage(
    flows: NDArray[np.float64],
    dealers: Mapping[str, float],
    fund: Mapping[str, float] = SELLER,
    share: float = 1.0,
    **market: Any,
) -> Setup:
    """One fund with $200bn at par, flows from day 1 on, dealers who ask a rent."""
    dated = [DatedEvent(day + 1, EventKind.OUTSIDE_FLOW, FLOW_TIME, float(flow)) for day, flow in enumerate(flows)]
    setup = hand_made(
        np.full(len(flows) + 1, 100.0),
        fund=fund,
        position={**CASH_RICH, "face": BOOK, "contracts": -BOOK / 1e5},
        contract={"initial_margin": 0.0, "balance_sheet_share": share, "balance_sheet_years": YEARS},
        dated=dated,
        **market,
    )
    rows = empty_rows(Dealers, 1)
    fill(rows, {**LINEAR, **dealers})
    return replace(setup, dealers=rows)


def rents(one: Run) -> NDArray[np.float64]:
    """Rent by day."""
    return one.dealer_days[:, DealerColumn.BALANCE_SHEET_SPREAD]


def prices(one: Run) -> NDArray[np.float64]:
    """Clean price of the first position's note by day."""
    return one.position_days[:, 0, PositionColumn.CLEAN]


def faces(one: Run) -> NDArray[np.float64]:
    """Face of the first position by day."""
    return one.position_days[:, 0, PositionColumn.FACE]


@pytest.mark.parametrize("capacity_multiple", [1.0, 2.0, 4.0])
@pytest.mark.parametrize("ceiling", [0.0, 600.0])
@pytest.mark.parametrize("placement_rate", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("feedback", [0.0, 1.0])
def test_inventory_rent_and_dislocation_are_those_of_the_twin(
    capacity_multiple: float, ceiling: float, placement_rate: float, feedback: float
) -> None:
    """Random flows, overnight rates and moves of the basis; funds sell into them, and some of them fail."""
    met = set()
    for seed in range(6):
        rng = np.random.default_rng(seed)
        flows = rng.normal(1e10, 6e10, 30)
        rate, given = rng.uniform(0.0, 0.05, 31), np.cumsum(rng.normal(0.0, 2.0, 31))
        terms = {**LINEAR, "capacity_multiple": capacity_multiple, "ceiling": ceiling, "placement_rate": placement_rate}
        fund = {**SELLER, "risk_limit": float(rng.uniform(1.05, 1.5)), "feedback": feedback}
        one = run(stage(flows, terms, fund, share=0.7, repo_rate=rate, dislocation=given))
        met |= set(one.log["what"].tolist())
        sold = np.diff(one.dealer_days[:, DealerColumn.FUND_SALES], prepend=0.0)
        expected = twin(terms, flows + feedback * sold[:-1])
        columns = [DealerColumn.INVENTORY, DealerColumn.BALANCE_SHEET_SPREAD, DealerColumn.VOLATILITY]
        for column, wanted in zip(columns, expected.T, strict=True):
            atol = 1e-12 * (1.0 + np.abs(wanted).max())
            np.testing.assert_allclose(one.dealer_days[1:, column], wanted, rtol=1e-12, atol=atol)
        jump = 1e4 * np.diff(rate, prepend=rate[0])[1:] / 360.0
        jump[0] = 0.0  # the first roll has none before it
        basis = given[1:] + 0.7 * (YEARS * expected[:, 1] + jump)
        np.testing.assert_allclose(prices(one)[1:], 100.0 - basis / 100.0, rtol=1e-12)
    assert {LogEvent.OUTSIDE_SALE, LogEvent.CENTRAL_BANK_PURCHASE, LogEvent.VALUE_AT_RISK_LIMIT, LogEvent.SALE} <= met


def test_outside_sales_cheapen_notes_and_purchases_richen_them() -> None:
    """$100bn at 0.5 bp a year per $bn for 0.3 years is 15 bp: $300m on the book, lost and then won back."""
    books = check(stage(np.array([0.0, 100e9, 0.0, -100e9, 0.0]), {}, HOLDER))
    assert rents(books.run) == pytest.approx([0.0, 0.0, 50.0, 50.0, 0.0, 0.0])
    assert prices(books.run) == pytest.approx([100.0, 100.0, 99.85, 99.85, 100.0, 100.0])
    assert books.lines[:, 0, PnlLine.DISLOCATION] == pytest.approx([0.0, 0.0, -3e8, 0.0, 3e8, 0.0])
    assert books.column(FundColumn.EQUITY)[:, 0] == pytest.approx(1e10 - np.array([0.0, 0.0, 3e8, 3e8, 0.0, 0.0]))


def test_a_contract_without_a_share_of_the_rent_stands_still() -> None:
    one = run(stage(np.full(5, 50e9), {}, HOLDER, share=0.0))
    assert rents(one)[-1] > 0.0
    assert np.all(prices(one) == 100.0)


def test_purchases_beyond_the_inventory_do_not_make_notes_rich() -> None:
    """Dealers hold no less than nothing: what the central bank takes beyond that comes from others."""
    books = check(stage(np.array([20e9, -50e9, 0.0, 20e9]), {}, HOLDER))
    assert books.run.dealer_days[:, DealerColumn.INVENTORY] == pytest.approx([0.0, 20e9, 0.0, 0.0, 20e9])


def test_a_jump_of_overnight_repo_cheapens_notes_for_a_day() -> None:
    """From 2% to 5.6%: 360 bp for one night is 1 bp of price; on the way back the other sign."""
    rate = np.array([0.02, 0.02, 0.02, 0.056, 0.056, 0.02, 0.02])
    one = run(stage(np.zeros(6), {}, HOLDER, repo_rate=rate))
    assert prices(one) == pytest.approx([100.0, 100.0, 100.0, 99.99, 100.0, 100.01, 100.0])


def test_who_sold_to_whom() -> None:
    """Outsiders and the fund sell to dealers, the central bank buys from them, and the cash adds up to nothing."""
    books = check(stage(np.array([0.0, 150e9, 80e9, -60e9, 0.0, 0.0]), {}))
    parties, log = books.run.parties["cash"], books.run.log
    assert parties[Party.OUTSIDE_INVESTORS] == pytest.approx(230e9 - BOOK / 20)  # the fund's capital is theirs too
    assert parties[Party.CENTRAL_BANK] == pytest.approx(-60e9)
    last = books.run.dealer_days[-1]
    assert list(last[[DealerColumn.OUTSIDE_SALES, DealerColumn.PURCHASES]]) == [230e9, 60e9]
    face = log["amount"][log["what"] == LogEvent.SALE]
    assert len(face)
    assert face.sum() == pytest.approx(BOOK - faces(books.run)[-1])
    day_of_sale = np.flatnonzero(np.diff(faces(books.run)))
    proceeds = face * prices(books.run)[1:][day_of_sale] / 100.0
    assert last[DealerColumn.FUND_SALES] == pytest.approx(proceeds.sum(), rel=1e-12)
    settled = proceeds.sum() - books.column(FundColumn.UNSETTLED_TRADES)[-1, 0]
    assert parties[Party.DEALERS] == pytest.approx(BOOK - 230e9 + 60e9 - settled)  # they sold the book at entry
    flows = log[np.isin(log["what"], (LogEvent.OUTSIDE_SALE, LogEvent.CENTRAL_BANK_PURCHASE))]
    named = [(LogEvent(row.what).name, Party(row.party).name, row.amount) for row in flows if row.amount]
    assert named == [
        ("OUTSIDE_SALE", "OUTSIDE_INVESTORS", 150e9),
        ("OUTSIDE_SALE", "OUTSIDE_INVESTORS", 80e9),
        ("CENTRAL_BANK_PURCHASE", "CENTRAL_BANK", 60e9),
    ]


def test_volatility_counts_rises_of_the_rent_only() -> None:
    flows = np.array([50e9, 50e9, -80e9, -20e9, 10e9, 0.0])
    squared = run(stage(flows, {}, HOLDER)).dealer_days[:, DealerColumn.VOLATILITY] ** 2
    expected = [0.0]
    for rise in (25.0, 25.0, 0.0, 0.0, 5.0, 0.0):
        expected.append(0.94 * expected[-1] + 0.06 * 2.0 * rise**2)
    assert squared == pytest.approx(expected, rel=1e-12)


def risk(one: Run, fund: Mapping[str, float]) -> NDArray[np.float64]:
    """Value at risk at each day's limits, as a multiple of that at entry; sales of the day come after it."""
    book = np.roll(faces(one), 1) * prices(one) / 100.0
    leverage = book / one.fund_days[:, 0, FundColumn.EQUITY]
    relative = one.dealer_days[:, DealerColumn.VOLATILITY] / fund["calm_volatility"]
    return (leverage / 20.0 * np.sqrt(1.0 + relative**2))[1:]


@pytest.mark.parametrize("limit", [1.05, 1.2, 1.5])
@pytest.mark.parametrize("speed", [0.05, 0.3, 1.0])
def test_sales_past_the_value_at_risk_limit(limit: float, speed: float) -> None:
    """Each day risk_speed x book x (1 - limit / R), and nothing on a day below the limit."""
    fund = {**SELLER, "risk_limit": limit, "risk_speed": speed}
    books = check(
        stage(np.array([0.0, 5e9, 40e9, 60e9, 20e9, -40e9, -60e9, *np.zeros(6)]), {"placement_rate": 0.2}, fund)
    )
    at_limits = risk(books.run, fund)
    share = np.where(at_limits > limit, speed * (1.0 - limit / at_limits), 0.0)
    assert 0 < np.count_nonzero(share) < len(share)
    np.testing.assert_allclose(1.0 - faces(books.run)[1:] / faces(books.run)[:-1], share, rtol=1e-9, atol=1e-14)
    told = books.run.log[books.run.log["what"] == LogEvent.VALUE_AT_RISK_LIMIT]["amount"]
    np.testing.assert_allclose(told, at_limits[at_limits > limit], rtol=1e-12)


def test_no_orders_below_the_limit() -> None:
    fund = {**SELLER, "risk_limit": 3.0}
    one = run(stage(np.full(10, 2e9), {}, fund))
    assert 1.0 < risk(one, fund).max() < 3.0
    assert not np.isin(one.log["what"], (LogEvent.ORDER, LogEvent.SALE, LogEvent.VALUE_AT_RISK_LIMIT)).any()


def test_without_feedback_funds_sales_do_not_move_the_rent() -> None:
    flows = np.array([60e9, 60e9, *np.zeros(8)])
    silent, loud = (run(stage(flows, {}, {**SELLER, "feedback": share})) for share in (0.0, 1.0))
    untouched = run(stage(flows, {}, HOLDER))
    assert silent.dealer_days[-1, DealerColumn.FUND_SALES] > 0.0
    assert np.array_equal(rents(silent), rents(untouched))
    assert rents(loud)[-1] > rents(silent)[-1]
    assert loud.dealer_days[-1, DealerColumn.FUND_SALES] > silent.dealer_days[-1, DealerColumn.FUND_SALES]


SHOCK = 0.001  # basis points: small enough that sales leave the book as it is


def spiral(k: float, leverage: NDArray[np.float64], weights: NDArray[np.float64], shock: float = SHOCK) -> Run:
    """A shock to notes on day 1, and funds that sell the whole excess over their leverage every afternoon."""
    days = 200
    book = BOOK * weights / weights.sum()
    given = np.full(days, shock)
    given[0] = 0.0
    setup = stage(np.zeros(days - 1), {"slope": k / (BP_PER_USD * ((leverage - 1.0) * book).sum())}, dislocation=given)
    funds, positions = np.repeat(setup.funds, len(book)), np.repeat(setup.positions, len(book))
    funds["entry_equity"], funds["unwind"] = book / leverage, Unwind.TARGET_LEVERAGE
    funds["leverage_target"] = funds["leverage_limit"] = leverage
    positions["fund"], positions["face"], positions["contracts"] = np.arange(len(book)), book, -book / 1e5
    setup.contracts["balance_sheet_years"] = 1.0
    assign_positions(funds, positions)
    return run(replace(setup, funds=funds, positions=positions))


def dislocations(one: Run) -> NDArray[np.float64]:
    """Basis points of price by day."""
    return 1e4 * (1.0 - prices(one) / 100.0)


MARKETS: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {
    "one fund": (np.array([20.0]), np.ones(1)),
    "one fund at 50x": (np.array([50.0]), np.ones(1)),
    "ten funds": (np.full(10, 20.0), np.arange(1.0, 11.0) ** -0.9),
    "ten funds of ten leverages": (np.linspace(5.0, 60.0, 10), np.arange(1.0, 11.0) ** -0.9),
}


@pytest.mark.parametrize("k", [0.0, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9])
@pytest.mark.parametrize("name", MARKETS)
def test_a_linear_spiral_adds_up_to_one_over_one_minus_k(k: float, name: str) -> None:
    """Kink 1, no ceiling, no decay: total dislocation / shock = 1 / (1 - lambda L A), within 0.5%.

    Let notes fall by a share x. The engine carries dislocation on the cash leg, so book A and equity E = A / l both
    lose A x. At the limits a fund sells what it holds above l: A (1 - x) - l (A / l - A x) = (l - 1) A x. Dealers take
    it on the next day, and notes fall by lambda (l - 1) A x, where lambda = slope x years x 1e-13 per dollar. So L of
    the closed form is l - 1, debt over equity, as in Greenwood, Landier and Thesmar (2015): a fall takes a dollar off
    the book for each dollar off equity. Terms in x squared are left out, and 0.001 bp makes them small. With many
    funds (l - 1) A is their sum.
    """
    leverage, weights = MARKETS[name]
    total = dislocations(spiral(k, leverage, weights))[-1]
    assert total / SHOCK == pytest.approx(1.0 / (1.0 - k), rel=0.005)
    mean = float((leverage * weights).sum() / weights.sum())
    slope = k / (BP_PER_USD * (mean - 1.0) * BOOK)
    assert amplification(slope, mean, BOOK, 1.0) == pytest.approx(1.0 / (1.0 - k))


@pytest.mark.parametrize("k", [1.0, 1.02, 1.1])
def test_at_k_of_one_and_more_the_spiral_does_not_settle(k: float) -> None:
    """Every round is as large as the one before, or larger."""
    rounds = np.diff(dislocations(spiral(k, *MARKETS["ten funds"], shock=1e-6)))[1:40]
    assert np.all(rounds > 0.0)
    assert rounds[-1] / rounds[0] == pytest.approx(k**38, rel=0.01)
    assert amplification(k / (BP_PER_USD * 19.0 * BOOK), 20.0, BOOK, 1.0) == math.inf


def test_an_unstable_spiral_ends_when_there_is_little_left_to_sell() -> None:
    """The same tenth of a basis point: 0.2% of equity at k = 0.9, most of it at 1.5, and every fund at 3."""
    borne, broken, ended = (spiral(k, *MARKETS["ten funds"], shock=0.1) for k in (0.9, 1.5, 3.0))
    equity = [one.fund_days[:, :, FundColumn.EQUITY].sum(axis=1) for one in (borne, broken, ended)]
    left = [float(one[-1] / one[0]) for one in equity]
    assert left == pytest.approx([0.998, 0.359, 0.0], abs=0.001)
    assert dislocations(broken)[-1] > 1000 * 0.1
    assert np.all(ended.funds["status"] == Status.CLOSED)
    assert not np.any(broken.funds["status"])
