"""The ledger over random worlds: every cent, every line of profit, every default and every cause add up."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from basis_engine.simulation.names import CashLine, EventKind, FundColumn, LogEvent, PnlLine
from basis_engine.simulation.run import Run, Setup, run, run_deciding
from basis_engine.simulation.schedule import SETTLEMENT_TIME
from basis_engine.simulation.world import World
from support.laws import check
from support.worlds import Shape, business_days, hand_made, random_world

shapes = st.builds(
    Shape,
    days=st.integers(2, 40),
    funds=st.integers(1, 3),
    positions=st.integers(1, 3),
    contracts=st.integers(1, 3),
    daily_marks=st.integers(1, 4),
)
seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(seed=seeds, shape=shapes)
def test_every_law_holds_in_random_worlds(seed: int, shape: Shape) -> None:
    check(random_world(seed, shape))


@pytest.mark.slow
@settings(max_examples=4000, deadline=None)
@given(seed=seeds, shape=shapes)
def test_every_law_holds_in_thousands_of_worlds(seed: int, shape: Shape) -> None:
    check(random_world(seed, shape))


def test_random_worlds_meet_everything() -> None:
    """The evidence above is empty unless the worlds default, sell, deliver and call."""
    met = set()
    for seed in range(60):
        met |= set(run(random_world(seed, Shape(days=30, funds=3, daily_marks=2))).log["what"].tolist())
    rare = {LogEvent.NOTHING, LogEvent.DECISION, LogEvent.PURCHASE, LogEvent.CONTRACT_ROLL}
    assert met == {int(what) for what in LogEvent} - rare


def test_every_law_holds_where_contracts_roll() -> None:
    """Losses of other businesses become rolls of the first contract, at half a point for its futures."""
    rolled = 0
    for seed in range(40):
        setup = random_world(seed, Shape(days=30, funds=3, daily_marks=2))
        setup.schedule["contract"][setup.schedule["kind"] == EventKind.OTHER_LOSS] = 0
        setup.contracts["futures_cost"][0] = 50.0
        check(setup)
        rolled += int((run(setup).log["what"] == LogEvent.CONTRACT_ROLL).sum())
    assert rolled > 10


def random_trader(seed: int, setup: Setup) -> Run:
    """Every few days someone wants other faces: more, less, none, or the other side; it need not be affordable."""

    def decide(world: World) -> NDArray[np.float64]:
        face = np.asarray(world.positions)["face"]
        rng = np.random.default_rng([seed, int(world.clock[0].day)])
        wanted = setup.positions["face"] * rng.choice([-1.0, 0.0, 0.3, 1.0, 1.5], len(face))
        return np.where(rng.random(len(face)) < 0.2, wanted, face)

    decisions = replace(setup, positions=setup.positions.copy(), schedule=with_decisions(setup))
    decisions.positions["term_share"] = 0.0
    held = decisions.positions["face"]
    decisions.positions["hedge"] = decisions.positions["contracts"] / np.where(held == 0.0, 1.0, held)
    return run_deciding(decisions, decide)


def with_decisions(setup: Setup) -> Any:
    """The schedule with a decision before each day's risk limits."""
    limits = setup.schedule[setup.schedule["kind"] == EventKind.RISK_LIMITS].copy()
    limits["kind"] = EventKind.DECISION
    schedule = np.concatenate([setup.schedule, limits]).view(setup.schedule.dtype)
    order = np.lexsort((schedule["kind"], schedule["time"]))
    schedule = schedule[order].view(setup.schedule.dtype)
    schedule["sequence"] = np.arange(len(schedule))
    return schedule


@pytest.mark.parametrize("seed", range(60))
def test_every_law_holds_while_a_strategy_trades(seed: int) -> None:
    setup = random_world(seed, Shape(days=20, funds=2, positions=2, daily_marks=1 + seed % 2))
    books = check(setup, random_trader(seed, setup))
    assert {LogEvent.DECISION, LogEvent.PURCHASE} <= set(books.run.log["what"].tolist()) or (
        books.run.funds["status"] > 0
    ).any()


def test_a_decision_to_stand_still_changes_no_cent() -> None:
    """Asked every day and wanting what it has, a fund ends with the bytes of one that is never asked."""
    for seed in range(10):
        setup = random_world(seed, Shape(days=15))
        asked = replace(setup, schedule=with_decisions(setup))
        still = run_deciding(asked, lambda world: np.asarray(world.positions)["face"].copy())
        alone = run(setup)
        for name in ("cash_flows", "attribution", "fund_days", "position_days", "dealer_days", "parties"):
            assert getattr(still, name).tobytes() == getattr(alone, name).tobytes(), name


def test_nothing_moves_but_carry() -> None:
    """Flat prices and rates: profit is coupon less repo interest plus interest on cash, and nothing costs."""
    days, face, rate, cash_rate, coupon = 40, 2e7, 0.04, 0.03, 0.05
    value_date = business_days(days + 1)[1:]
    held = value_date - value_date[0]
    setup = hand_made(np.full(days, 100.0), accrued=coupon * 100.0 * held / 365.0, repo_rate=rate, cash_rate=cash_rate)
    books = check(setup)
    profit = books.lines[1:].sum(axis=(0, 1))
    moved = np.flatnonzero(profit)
    assert set(moved) == {PnlLine.COUPON_ACCRUAL, PnlLine.REPO_INTEREST, PnlLine.CASH_INTEREST}
    assert profit[PnlLine.COUPON_ACCRUAL] == pytest.approx(face * coupon * held[-1] / 365.0, rel=1e-12)
    # The morning's roll lends 98% of the dirty value of the mark before, until the next value date.
    lent = 0.98 * face * (1.0 + coupon * held[:-1] / 365.0)
    interest = (lent * rate * np.diff(value_date) / 360.0).sum()
    assert -profit[PnlLine.REPO_INTEREST] == pytest.approx(interest, rel=1e-12)
    earning = books.column(FundColumn.CASH) + books.column(FundColumn.INITIAL_MARGIN)
    assert profit[PnlLine.CASH_INTEREST] > 0.0
    longest = cash_rate * (value_date[-2] - value_date[0]) / 360.0
    assert earning.min() * longest <= profit[PnlLine.CASH_INTEREST] <= earning.max() * longest


@pytest.mark.parametrize("marks", [(SETTLEMENT_TIME,), (10 * 60, SETTLEMENT_TIME)])
def test_coupons_paid_are_coupons_accrued(marks: tuple[int, ...]) -> None:
    """Over the life of a position, coupons received and accrued interest held are what was attributed."""
    days, face = 30, 2e7
    value_date = business_days(days + 1)[np.concatenate(([1], 1 + np.repeat(np.arange(1, days), len(marks))))]
    paid, since = np.divmod(value_date - value_date[0] + 170, 182)
    due = 2.5 * np.diff(paid, prepend=paid[0])
    accrued = 2.5 * since / 182.0
    books = check(hand_made(np.full(len(due), 100.0), accrued=accrued, coupon_due=due, minutes=marks))
    received = books.flows[:, 0, CashLine.COUPON].sum()
    assert received == pytest.approx(face * 2.5 / 100.0, rel=1e-12)
    holding = face * (accrued[-1] - accrued[0]) / 100.0
    assert received + holding == pytest.approx(books.lines[:, 0, PnlLine.COUPON_ACCRUAL].sum(), rel=1e-12)
    assert (books.run.log["what"] == LogEvent.COUPON_PAID).sum() == 1
