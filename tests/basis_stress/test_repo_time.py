"""One clock: when repo cash reaches a book relative to clearing, in scenarios, Python and on the command line."""

import pytest

import basis_stress as bs
from basis_engine.base.errors import InputError
from basis_stress.reporting.shocks import nature


def outcome(scenario: str, time: str, **terms: object) -> str:
    return str(bs.backtest(scenario, leverage=50, repo_time=time, **terms).summary["outcome"].iloc[0])


def test_the_default_clock_changes_nothing() -> None:
    plain, stated = bs.backtest("april-2025", leverage=50), bs.backtest("april-2025", leverage=50, repo_time="08:30")
    assert plain.timeline.equals(stated.timeline)
    assert "repo cash" not in str(stated.scenario)


def test_an_overnight_book_is_immune_only_while_repo_cash_comes_first() -> None:
    """April 2025 at 50x: lenders' cash paid the call; after clearing, the call is missed, or notes are sold for it."""
    assert [outcome("april-2025", time, unwind="hold") for time in ("08:30", "09:00")] == ["called", "called"]
    assert [outcome("april-2025", time, unwind="hold") for time in ("09:15", "11:00")] == ["illiquid", "illiquid"]
    assert outcome("april-2025", "09:15") == "forced_sale"


def test_the_clock_is_named_in_every_sentence() -> None:
    found = bs.backtest("april-2025", leverage=20, repo_time="09:30")
    assert str(found.scenario) == "April 2025, repo cash at 09:30"
    assert nature(found.scenario) == "A counterfactual, not a record: April 2025, repo cash at 09:30."


@pytest.mark.parametrize("time", ["8:30", "07:00", "15:00", "soon"])
def test_a_clock_outside_the_morning_is_refused(time: str) -> None:
    with pytest.raises(InputError, match="repo_time"):
        bs.backtest("april-2025", repo_time=time)


def test_a_clock_after_a_price_within_the_day_is_refused() -> None:
    with pytest.raises(InputError, match="repo_time: 11:30 given"):
        bs.backtest("april-2025-intraday", repo_time="11:30")


def test_three_ways_to_make_repo_dearer_are_told_apart() -> None:
    level = bs.scenario("april-2025").with_repo("2025-04-07", 50)
    spike = bs.scenario("april-2025").with_repo("2025-04-07", 50, until="2025-04-09")
    assert str(level) == "April 2025, expected repo +50 bp from 7 April"
    assert str(spike) == "April 2025, repo spike +50 bp from 7 to 9 April"
    assert "futures are carried at it" in nature(level)
    assert "futures move little with it" in nature(spike)
    own = bs.backtest("april-2025", leverage=20, repo_spread_bp=50)
    parts = [
        float(bs.backtest(of, leverage=20).attribution["expected_repo"].sum()) for of in ("april-2025", level, spike)
    ]
    assert abs(parts[2] - parts[0]) < 0.15 * abs(parts[1] - parts[0])
    assert float(own.attribution["expected_repo"].sum()) == pytest.approx(parts[0], rel=1e-9)
