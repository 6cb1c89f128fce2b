"""Business days, settlement and New York time."""

import numpy as np
import pandas as pd
import pandas_market_calendars
import pytest

from basis_data.tables.calendars import (
    FIRST,
    LAST,
    _open_days,
    business_day_offset,
    cash_days,
    day,
    futures_days,
    mark_days,
    new_york_minutes,
    next_cash_day,
    settlement_date,
    to_new_york,
)
from basis_data.tables.reader import read
from basis_engine.base.errors import InputError


def test_good_friday_2025_is_closed_in_both() -> None:
    good_friday = np.datetime64("2025-04-18")
    assert good_friday not in cash_days("2025-04-01", "2025-04-30")
    assert good_friday not in futures_days("2025-04-01", "2025-04-30")
    assert len(mark_days("2025-04-01", "2025-04-30")) == 21


@pytest.mark.parametrize("name", ["SIFMA_US", "CME_InterestRate"])
def test_the_holidays_are_those_of_the_library(name: str) -> None:
    library = pandas_market_calendars.get_calendar(name).valid_days(str(FIRST), str(LAST)).tz_localize(None)
    kept = _open_days("sifma_us" if name == "SIFMA_US" else "cme_interest_rate")
    assert np.array_equal(kept, library.to_numpy().astype("datetime64[D]"))


def test_thursday_before_good_friday_settles_on_monday() -> None:
    assert settlement_date("2025-04-17") == np.datetime64("2025-04-21")


@pytest.mark.parametrize(
    ("origin", "offset", "moved"),
    [
        ("2025-04-17", 0, "2025-04-17"),
        ("2025-04-18", 0, "2025-04-21"),
        ("2025-04-18", 1, "2025-04-21"),
        ("2025-04-18", -1, "2025-04-17"),
        ("2025-04-21", -1, "2025-04-17"),
        ("2025-04-21", 3, "2025-04-24"),
        ("2025-06-30", -7, "2025-06-18"),
    ],
)
def test_offsets(origin: str, offset: int, moved: str) -> None:
    assert business_day_offset(origin, offset) == np.datetime64(moved)


def test_columbus_day_futures_trade_and_cash_rests() -> None:
    columbus_day = "2024-10-14"
    assert len(futures_days(columbus_day, columbus_day)) == 1
    assert len(cash_days(columbus_day, columbus_day)) == 0
    assert len(mark_days(columbus_day, columbus_day)) == 0


@pytest.mark.parametrize(("name", "column"), [("par_yields", "y_10y_pct"), ("repo", "sofr_pct")])
def test_the_history_has_every_business_day(name: str, column: str) -> None:
    dates = read(name).dropna(subset=column)["date"].to_numpy().astype("datetime64[D]")
    assert np.setdiff1d(cash_days(dates[0], dates[-1]), dates).size == 0


def test_calendars_cover_1990_to_2036_and_say_so() -> None:
    assert len(mark_days("1990-01-01", "2036-12-31")) > 11_000
    with pytest.raises(InputError, match="1990-01-01 to 2036-12-31"):
        cash_days("2036-12-01", "2037-01-05")
    with pytest.raises(InputError, match="outside 1990-01-01 to 2036-12-31"):
        next_cash_day("2036-12-31")


def test_new_york_time_follows_daylight_saving() -> None:
    winter, summer = new_york_minutes("2025-03-07", "15:00"), new_york_minutes("2025-03-10", "15:00")
    assert summer - winter == 3 * 1440 - 60
    clock = to_new_york(np.array([winter, summer]))
    assert clock.hour.tolist() == [15, 15]
    assert str(clock.tz) == "America/New_York"


def test_dates_are_taken_in_several_forms() -> None:
    wanted = np.datetime64("2025-04-01")
    for given in ("2025-04-01", wanted, pd.Timestamp("2025-04-01 15:00"), pd.Timestamp("2025-04-01").date()):
        assert day(given) == wanted


@pytest.mark.parametrize("given", ["04/01/2025", "2025-13-01", "soon"])
def test_bad_dates_and_times(given: str) -> None:
    with pytest.raises(InputError, match="YYYY-MM-DD"):
        day(given)
    with pytest.raises(InputError, match="HH:MM"):
        new_york_minutes("2025-04-01", "3pm")
