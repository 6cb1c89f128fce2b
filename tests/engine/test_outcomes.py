"""What a run comes to: fates worked out by hand, and the same story told again from log and daily record."""

from typing import Any

import numpy as np
import pytest

from basis_engine.simulation.names import Claim, Constraint, FundColumn, LogEvent, Outcome, Party, PnlLine, Status
from basis_engine.simulation.run import Run, Setup, run
from support.worlds import Shape, hand_made, random_world

SHAPES = [Shape(), Shape(funds=1, positions=1, contracts=1), Shape(days=30, funds=4, positions=3, daily_marks=3)]
WORLDS = [random_world(seed, shape) for shape in SHAPES for seed in range(25)]
LIMITS = [LogEvent.LIQUIDITY_LIMIT, LogEvent.LEVERAGE_LIMIT, LogEvent.DRAWDOWN_LIMIT, LogEvent.VALUE_AT_RISK_LIMIT]


def outcome(*futures: float, note: float = 100.0, **rule: float) -> Any:
    """Of $1m in $20m of notes at a 2% haircut and $200,000 of margin: $400,000 of cash is left."""
    return run(hand_made([100.0, *[note] * len(futures)], [100.0, *futures], fund=rule)).outcomes[0]


def test_the_buffer_is_what_haircut_and_margin_leave() -> None:
    row = outcome(100.0)
    assert (row.entry_equity, row.entry_leverage, row.entry_cash) == (1e6, 20.0, 4e5)


def test_a_call_within_the_buffer_is_survived() -> None:
    """The future rises by a point: $200,000 of variation margin."""
    row = outcome(101.0, 101.0, 101.0, note=101.0)
    assert (row.outcome, row.constraint, row.calls, row.largest_call) == (Outcome.SURVIVED, Constraint.NONE, 1, 2e5)
    assert (row.first_call_day, row.first_order_day, row.default_day) == (-1, -1, -1)


def test_a_call_above_the_buffer_is_met_with_what_lenders_advanced() -> None:
    """Two points and a half: $500,000 against $400,000, after lenders advanced 98% of the notes' gain."""
    row = outcome(102.5, 102.5, 102.5, note=102.5)
    assert (row.outcome, row.constraint) == (Outcome.CALLED, Constraint.VARIATION_MARGIN)
    assert (row.first_call, row.first_call_day) == (Claim.VARIATION_MARGIN, 2)
    assert (row.sold, row.equity) == (0.0, 1e6)


def test_a_basis_loss_beyond_the_buffer_is_sold_for() -> None:
    """Futures alone rise by two points and a half: liquidity is short by $100,000, and notes go that afternoon."""
    row = outcome(102.5, 102.5, 102.5)
    assert (row.outcome, row.constraint) == (Outcome.FORCED_SALE, Constraint.LIQUIDITY_LIMIT)
    assert (row.first_order_day, row.worst_day, row.default_day) == (1, 1, -1)
    assert row.worst_profit == -5e5
    assert row.sold == pytest.approx(1e5 / 0.03 * 1.0, rel=0.01)  # each dollar of face frees haircut and margin


def test_a_fund_that_holds_on_misses_its_call() -> None:
    row = outcome(102.5, 102.5, 102.5, unwind=0)
    assert (row.outcome, row.constraint, row.failure) == (
        Outcome.ILLIQUID,
        Constraint.VARIATION_MARGIN,
        Constraint.VARIATION_MARGIN,
    )
    assert (row.default_day, row.seized, row.loss_beyond_equity) == (2, 2e7, 0.0)
    # $500,000 was asked of $400,000 in cash; half of the equity was left, and 20m of notes at par fetched 20m
    assert (row.missed_call, row.missed_call_cash, row.missed_call_credit) == (5e5, 4e5, 0.0)
    assert (row.default_equity, row.seizure_proceeds) == (5e5, 2e7)


def test_a_missed_call_tells_the_credit_that_was_drawn_for_it() -> None:
    row = outcome(102.5, 102.5, 102.5, unwind=0, credit_line=60_000.0)
    assert (row.outcome, row.missed_call_cash, row.missed_call_credit) == (Outcome.ILLIQUID, 4e5, 6e4)


def test_equity_gone_is_insolvency_and_the_rest_is_somebodys_loss() -> None:
    """Futures alone rise by six points: $1.2m lost on $1m, and nothing costs anything to sell."""
    row = outcome(106.0, 106.0)
    assert (row.outcome, row.constraint, row.failure) == (
        Outcome.INSOLVENT,
        Constraint.INSOLVENCY,
        Constraint.INSOLVENCY,
    )
    assert row.lowest_equity == pytest.approx(-2e5)
    assert row.loss_beyond_equity == pytest.approx(2e5)
    assert row.default_equity == pytest.approx(-2e5)
    assert row.missed_call == 0.0
    assert row.worst_profit == pytest.approx(-1.2e6)
    assert (row.worst_day, row.default_day, row.equity) == (1, 1, pytest.approx(0.0, abs=1e-6))


def of_fund(done: Run, f: int, *whats: LogEvent) -> Any:
    """Log rows of a fund."""
    return done.log[(done.log["fund"] == f) & np.isin(done.log["what"], whats)]


def day_of(setup: Setup, rows: Any) -> int:
    """Business day of the first row; -1 if there is none."""
    if not len(rows):
        return -1
    times, days = setup.schedule["time"], setup.schedule["day"]
    return int(days[np.searchsorted(times, rows["time"][0])])


@pytest.mark.parametrize("world", range(len(WORLDS)))
def test_the_log_and_the_record_tell_the_same(world: int) -> None:
    setup = WORLDS[world]
    done = run(setup)
    for f, row in enumerate(done.outcomes):
        own = len(setup.positions) + f
        equity = done.fund_days[:, f, FundColumn.EQUITY]
        forgiven = done.attribution[1:, own, PnlLine.CAPITAL] + done.attribution[1:, own, PnlLine.DEFAULT_LOSS]
        profit = np.diff(equity) - forgiven
        near = pytest.approx
        size = 1e-9 * np.abs(done.cash_flows).sum()
        assert row.equity == equity[-1]
        assert row.lowest_equity <= equity.min()
        assert row.worst_profit == near(min(profit.min(), 0.0), abs=size)
        if row.worst_profit < -size:
            assert profit[row.worst_day - 1] == near(profit.min(), abs=size)
        assert row.loss_beyond_equity == near(of_fund(done, f, LogEvent.LOSS)["amount"].sum(), abs=size)
        assert row.sold == near(of_fund(done, f, LogEvent.SALE)["amount"].sum(), abs=size)
        seized = of_fund(done, f, LogEvent.SEIZURE)
        assert row.seized == near(seized["amount"][seized["party"] == Party.REPO_LENDER].sum(), abs=size)
        orders, defaults = of_fund(done, f, *LIMITS), of_fund(done, f, LogEvent.DEFAULT)
        assert row.first_order_day == day_of(setup, orders)
        assert row.default_day == day_of(setup, defaults)
        assert (row.outcome in (Outcome.ILLIQUID, Outcome.INSOLVENT)) == (done.funds[f].status != Status.ACTIVE)
        if row.outcome == Outcome.FORCED_SALE:
            assert len(orders)
            assert not len(defaults)
        if len(defaults):
            cause = done.log[defaults["cause"][0]]
            assert row.failure == (Constraint.INSOLVENCY if cause.what == LogEvent.INSOLVENCY else cause.claim)
        short = of_fund(done, f, LogEvent.COLLATERAL_RECALLED, LogEvent.CALL_FAILED)
        if row.outcome == Outcome.SURVIVED:
            assert row.constraint == Constraint.NONE
            assert row.largest_call <= row.entry_cash
            assert not len(short)
        else:
            assert row.constraint != Constraint.NONE


def test_the_worlds_meet_every_fate_and_most_constraints() -> None:
    rows = np.concatenate([run(setup).outcomes for setup in WORLDS])
    assert set(rows["outcome"].tolist()) == set(Outcome) - {Outcome.NOT_ENTERED}
    assert len(np.unique(rows["constraint"])) >= 8


def test_constraints_keep_the_numbers_of_claims_and_of_the_log() -> None:
    for one in Constraint:
        assert one == (Claim[one.name] if one < len(Claim) else LogEvent[one.name])
    assert {Claim(one) for one in Claim if one} <= {
        Claim[one.name] for one in Constraint if one.name in Claim.__members__
    }
