"""When repo cash reaches a fund: at 08:30, before clearing is paid, or later, after a call must have been met."""

import numpy as np
import pytest

from basis_engine.base.errors import InputError
from basis_engine.simulation.names import Constraint, LogEvent, Outcome, Unwind
from basis_engine.simulation.run import run
from basis_engine.simulation.schedule import CALL_TIME, ROLL_TIME, SETTLEMENT_TIME
from support.laws import check
from support.worlds import FIRST_DAY, MINUTES_PER_DAY, Shape, hand_made, random_world

LATE = CALL_TIME + 20
RALLY = [100.0, 102.5, 102.5, 102.5]
"""Both legs gain 2.5 points: a call of $500,000 on $400,000 of cash, and $490,000 from lenders, who hold the note."""


@pytest.mark.parametrize("repo_time", [ROLL_TIME, CALL_TIME])
def test_repo_cash_that_comes_first_pays_the_call(repo_time: int) -> None:
    row = run(hand_made(RALLY, repo_time=repo_time)).outcomes[0]
    assert (row.outcome, row.first_call_day, row.equity) == (Outcome.CALLED, 2, 1e6)


def test_repo_cash_that_comes_later_leaves_the_call_unpaid() -> None:
    row = run(hand_made(RALLY, repo_time=LATE, fund={"unwind": Unwind.HOLD})).outcomes[0]
    assert (row.outcome, row.failure, row.default_day) == (Outcome.ILLIQUID, Constraint.VARIATION_MARGIN, 2)
    assert (row.missed_call, row.missed_call_cash, row.default_equity) == (5e5, 4e5, 1e6)


def test_a_sale_helps_by_the_margin_that_it_sets_free() -> None:
    """The gap is $100,000 and the book has posted $200,000: half of it is sold, for the haircut comes too late."""
    row = run(hand_made(RALLY, repo_time=LATE)).outcomes[0]
    assert (row.outcome, row.constraint) == (Outcome.FORCED_SALE, Constraint.LIQUIDITY_LIMIT)
    assert row.sold == pytest.approx(1e7, rel=1e-6)
    assert row.equity == pytest.approx(1e6)


def test_a_credit_line_bridges_the_morning_and_is_repaid() -> None:
    done = run(hand_made(RALLY, repo_time=LATE, fund={"credit_line": 1e5}))
    assert done.outcomes[0].outcome == Outcome.CALLED
    drawn = done.log[done.log["what"] == LogEvent.CREDIT_DRAWN]
    repaid = done.log[done.log["what"] == LogEvent.CREDIT_REPAID]
    assert drawn["amount"].tolist() == repaid["amount"].tolist() == [1e5]


def test_the_day_pays_clearing_first() -> None:
    done = run(hand_made([100.0, 99.0, 101.5, 101.5, 101.5], repo_time=LATE, fund={"credit_line": 1e6}))
    minutes = (done.log["time"] - FIRST_DAY * MINUTES_PER_DAY) % MINUTES_PER_DAY
    assert set(minutes[done.log["what"] == LogEvent.CALL_PAID]) == {CALL_TIME}
    assert set(minutes[done.log["what"] == LogEvent.REPO_REMARGIN]) == {LATE}


def test_a_shortfall_of_the_roll_falls_due_with_the_next_roll() -> None:
    """The note falls by 3 points and the future stays: $588,000 is asked of $400,000; a sale settles with the roll."""
    done = run(hand_made([100.0, 97.0, 97.0, 97.0], [100.0] * 4, repo_time=LATE))
    raised = done.log[(done.log["what"] == LogEvent.CALL_RAISED)]
    assert done.outcomes[0].outcome in (Outcome.CALLED, Outcome.FORCED_SALE)
    minutes = (raised["time"] - FIRST_DAY * MINUTES_PER_DAY) % MINUTES_PER_DAY
    assert LATE in minutes or not len(raised)


@pytest.mark.parametrize("seed", range(120))
def test_every_law_holds_when_clearing_comes_first(seed: int) -> None:
    check(random_world(seed, Shape(days=25, funds=2, daily_marks=1 + seed % 3, repo_time=LATE)))


def test_worlds_with_clearing_first_meet_everything() -> None:
    met, worse = set(), 0
    for seed in range(60):
        late, early = (run(random_world(seed, Shape(days=30, funds=3, repo_time=time))) for time in (LATE, ROLL_TIME))
        met |= set(late.log["what"].tolist())
        worse += int(np.sum(late.outcomes["default_day"] >= 0)) - int(np.sum(early.outcomes["default_day"] >= 0))
    assert met == {int(what) for what in LogEvent} - {
        LogEvent.NOTHING,
        LogEvent.DECISION,
        LogEvent.PURCHASE,
        LogEvent.CONTRACT_ROLL,
    }
    assert worse > 0


@pytest.mark.parametrize(("time", "minutes"), [(8 * 60, (SETTLEMENT_TIME,)), (LATE, (LATE, SETTLEMENT_TIME))])
def test_a_clock_after_the_first_prices_is_refused(time: int, minutes: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"repo_time: 0[89]:\d\d given, allowed is from 08:30"):
        hand_made([100.0, *[100.0] * 2 * len(minutes)], minutes=minutes, repo_time=time)
