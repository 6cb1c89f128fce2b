"""Expected policy and repo: bills foresee steps, and no single night or quarter's end carries notes to delivery."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from basis_data.markets import expectations
from basis_data.markets.expectations import carry_rate, expected_policy, overnight_rate
from basis_data.markets.expected_spread import (
    FITTED,
    as_toml,
    expected_spikes,
    forecast_errors,
    half_life,
    trailing_spread,
    turn_days,
)
from basis_data.markets.market_data import market_data
from basis_data.scenarios.scenario import scenario
from basis_data.tables.calendars import mark_days
from basis_data.tables.reader import read


def spread() -> "pd.Series[float]":
    rates = read("repo").set_index("date")
    return rates["sofr_pct"] - rates["effr_pct"]


def test_one_night_of_september_2019_does_not_carry_notes_to_december() -> None:
    days = mark_days("2019-09-10", "2019-09-19")
    rise = 1e4 * np.ptp(carry_rate(days) - expected_policy(days))
    assert 8 < rise < 28  # published 10-year implied repo less OIS rose by 18; SOFR by 300 on the 17th


def test_a_quarters_end_is_skipped() -> None:
    turn = mark_days("2018-12-28", "2019-01-03")  # SOFR 2.46, 3.00, 3.15, 2.70
    over = 1e4 * (carry_rate(turn) - expected_policy(turn))
    assert np.ptp(over[:3]) < 2.0
    days = pd.DatetimeIndex(mark_days("2024-03-26", "2024-04-03"))  # the 29th is Good Friday, a holiday
    assert [str(day.date()) for day in days[turn_days(days)]] == ["2024-03-28", "2024-04-01"]


def test_the_average_is_the_recursion_by_hand() -> None:
    days = pd.DatetimeIndex(mark_days("2025-06-26", "2025-07-03"))  # turns: 30 June and 1 July
    given, weight, level = pd.Series([1.0, 3.0, 50.0, 50.0, 2.0, 4.0], days), 1 - 2 ** (-1 / 15), 1.0
    by_hand = []
    for value, turn in zip(given, (0, 0, 1, 1, 0, 0), strict=True):
        level += 0.0 if turn else weight * (value - level)
        by_hand.append(level)
    assert trailing_spread(given, 15).tolist() == pytest.approx(by_hand, rel=1e-12)


def test_a_composed_spike_passes_the_filter_of_an_observed_one() -> None:
    """The spread of the days with a spike less that without is the filtered spike."""
    days = mark_days("2025-04-01", "2025-04-30")
    calm = spread()[:"2025-04-30"]
    spike = 3.0 * ((days >= np.datetime64("2025-04-07")) & (days <= np.datetime64("2025-04-11")))
    spiked = calm.copy()
    spiked[pd.DatetimeIndex(days)] += spike
    apart = (trailing_spread(spiked) - trailing_spread(calm)).loc[pd.DatetimeIndex(days)]
    assert apart.to_numpy() == pytest.approx(expected_spikes(days, spike), abs=1e-12)
    market = market_data(scenario("april-2025").with_repo("2025-04-07", 300, until="2025-04-11"))
    assert market.carry_rate - market_data(scenario("april-2025")).carry_rate == pytest.approx(
        expected_spikes(days, spike) / 100, abs=1e-12
    )


def test_the_half_life_is_fitted_by_the_program_on_rates_before_september_2019() -> None:
    assert as_toml(forecast_errors(spread())) == FITTED.read_text(encoding="utf-8")
    assert as_toml(forecast_errors(spread()[:"2019-08-31"])) == FITTED.read_text(encoding="utf-8")
    assert half_life() == 15.0


def test_bills_show_the_cut_of_march_2020_before_it_is_in_force() -> None:
    policy = 1e4 * expected_policy(mark_days("2020-02-18", "2020-03-13"))
    assert policy[0] == pytest.approx(153, abs=3)  # federal funds were at 158 until 3 March
    assert policy[9] < 125  # 2 March
    assert policy[-1] < 45  # 13 March, two days before the cut to zero


def test_bills_foresee_the_next_quarter_better_than_the_days_rate() -> None:
    rates = read("repo").set_index("date").loc[:"2026-02-26"]
    followed = rates["sofr_pct"].rolling(63).mean().shift(-63).loc["2015-12":].dropna()
    days = followed.index.to_numpy().astype("datetime64[D]")
    misses = (100 * rate(days) - followed.to_numpy() for rate in (carry_rate, overnight_rate))
    errors = [100 * float(np.sqrt(np.mean(miss**2))) for miss in misses]
    assert errors == pytest.approx([16.6, 27.5], abs=0.2)


def test_nothing_is_used_before_it_is_published() -> None:
    """Rates after a day do not change that day's expectation."""
    whole = expectations._expectations(None)["policy"].loc[:"2022-06-30"].iloc[-250:]
    funds = read("repo").set_index("date")["effr_pct"].loc[:"2022-06-30"]
    known = (funds + expectations._from_bills(funds)).iloc[-250:]
    assert known.to_numpy() == pytest.approx(whole.to_numpy())


def test_without_a_federal_funds_rate_it_is_the_repo_rate(tmp_path: Path) -> None:
    file = tmp_path / "repo.csv"
    file.write_text("date,sofr_pct\n2025-04-01,4.39\n2025-04-02,4.37\n")
    days = mark_days("2025-04-01", "2025-04-02")
    for rate in (carry_rate, expected_policy, overnight_rate):
        assert rate(days, file) == pytest.approx([0.0439, 0.0437])
