"""Contract rules with their dates, and delivery dates."""

import pytest

from basis_data.tables.contracts import codes, contract, delivery_dates, delivery_month_for, month_start
from basis_engine.base.errors import InputError


def test_codes() -> None:
    assert codes() == ["TU", "Z3N", "FV", "TY", "TN", "US", "UB"]


def test_ten_year_rule_has_an_older_and_a_newer_form() -> None:
    assert contract("TY", "2017-12-01").max_remaining_months == 120
    assert contract("TY", "2024-12-01").max_remaining_months == 95
    assert contract("TU", "2017-12-01") == contract("TU", "2025-06-01")


def test_sizes() -> None:
    assert contract("TU").notional_usd == 200_000
    assert contract("TU").point_value_usd == 2000
    assert [code for code in codes() if not contract(code).is_long_factor] == ["TU", "Z3N", "FV"]
    assert contract("TWE").min_remaining_months == 230  # known for factors and baskets, not for trading


@pytest.mark.parametrize(
    ("date", "month"),
    [
        ("2025-03-24", "2025-06"),
        ("2025-04-01", "2025-06"),
        ("2025-02-21", "2025-03"),
        ("2025-02-22", "2025-06"),
        ("2025-12-15", "2026-03"),
        ("2020-03-02", "2020-06"),
        ("2019-09-03", "2019-12"),
    ],
)
def test_delivery_month(date: str, month: str) -> None:
    assert delivery_month_for("TY", date) == month


@pytest.mark.parametrize(
    ("code", "month", "first", "last_trading", "last_delivery"),
    [
        ("TY", "2025-06", "2025-06-02", "2025-06-18", "2025-06-30"),  # Juneteenth lies between
        ("TU", "2025-06", "2025-06-02", "2025-06-30", "2025-07-03"),
        ("FV", "2025-03", "2025-03-03", "2025-03-31", "2025-04-03"),
        ("US", "2017-12", "2017-12-01", "2017-12-19", "2017-12-29"),
        ("UB", "2020-03", "2020-03-02", "2020-03-20", "2020-03-31"),
    ],
)
def test_delivery_dates(code: str, month: str, first: str, last_trading: str, last_delivery: str) -> None:
    dates = delivery_dates(code, month)
    assert str(dates.first_delivery_day) == first
    assert str(dates.last_trading_day) == last_trading
    assert str(dates.last_delivery_day) == last_delivery


def test_bad_codes_and_months() -> None:
    with pytest.raises(InputError, match=r"contract 'TTY': unknown \(did you mean 'TY'\?\); allowed are TU, Z3N"):
        contract("TTY")
    with pytest.raises(InputError, match=r"'ty': unknown \(did you mean 'TY'"):
        contract("ty")
    with pytest.raises(InputError, match="'TWE': its last trading day is not known"):
        delivery_dates("TWE", "2025-06")
    for month in ("2025-13", "2025", "2025-06-01", "June"):
        with pytest.raises(InputError, match="give it as YYYY-MM"):
            month_start(month)
