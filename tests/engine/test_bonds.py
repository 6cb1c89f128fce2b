"""Bond arithmetic against QuantLib, and what must hold without an oracle."""

import os
import subprocess
import sys
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
import QuantLib
from hypothesis import given, settings
from hypothesis import strategies as st

from basis_engine.base.errors import InputError
from basis_engine.bonds import dates
from basis_engine.bonds import prices as kernels
from basis_stress.bonds import prices as bonds
from support import ROOT
from support.bonds import day_number, random_terms

ROWS = 10_000
EPOCH = QuantLib.Date(1, 1, 1970)


def ql_date(day: int) -> QuantLib.Date:
    return EPOCH + int(day)


def quantlib_bond(coupon: float, maturity: int, settle: int) -> tuple[Any, Any]:
    """The bond and its day count, with a schedule from the coupon period before settlement."""
    start = ql_date(dates.coupon_date(maturity, dates.coupons_left(maturity, settle) + 1))
    end = ql_date(maturity)
    month_end = QuantLib.Date.isEndOfMonth(end)
    unadjusted = QuantLib.Unadjusted
    schedule = QuantLib.Schedule(
        start,
        end,
        QuantLib.Period(6, QuantLib.Months),
        QuantLib.NullCalendar(),
        unadjusted,
        unadjusted,
        QuantLib.DateGeneration.Backward,
        month_end,
    )
    day_count = QuantLib.ActualActual(QuantLib.ActualActual.ISMA, schedule)
    return QuantLib.FixedRateBond(0, 100.0, schedule, [coupon], day_count), day_count


def quantlib_row(yield_: float, coupon: float, maturity: int, settle: int) -> tuple[float, float, float]:
    """(clean price, accrued interest, modified duration)."""
    bond, day_count = quantlib_bond(coupon, maturity, settle)
    simple = dates.coupons_left(maturity, settle) == 1
    rate = QuantLib.InterestRate(
        yield_, day_count, QuantLib.Simple if simple else QuantLib.Compounded, QuantLib.Semiannual
    )
    on = ql_date(settle)
    return (
        QuantLib.BondFunctions.cleanPrice(bond, rate, on),
        QuantLib.BondFunctions.accruedAmount(bond, on),
        QuantLib.BondFunctions.duration(bond, rate, QuantLib.Duration.Modified, on),
    )


@pytest.fixture(scope="module")
def sample() -> dict[str, Any]:
    """Random terms, ours and QuantLib's figures for them."""
    terms = random_terms(ROWS, 20250409)
    columns = [terms[name].tolist() for name in ("yield_", "coupon", "maturity", "settle")]
    oracle = np.array([quantlib_row(*row) for row in zip(*columns, strict=True)])
    on = {
        "coupon": terms["coupon"],
        "maturity": terms["maturity"].astype("datetime64[D]"),
        "settle": terms["settle"].astype("datetime64[D]"),
    }
    return {
        "yield": terms["yield_"],
        "on": on,
        "clean": oracle[:, 0],
        "accrued": oracle[:, 1],
        "duration": oracle[:, 2],
    }


def test_price_is_quantlibs(sample: dict[str, Any]) -> None:
    assert np.abs(bonds.price(sample["yield"], **sample["on"]) - sample["clean"]).max() < 1e-10


def test_accrued_interest_is_quantlibs(sample: dict[str, Any]) -> None:
    assert np.abs(bonds.accrued_interest(**sample["on"]) - sample["accrued"]).max() < 1e-12


def test_yield_of_quantlibs_price_is_the_yield(sample: dict[str, Any]) -> None:
    assert np.abs(bonds.yield_to_maturity(sample["clean"], **sample["on"]) - sample["yield"]).max() < 1e-12


def test_modified_duration_is_quantlibs(sample: dict[str, Any]) -> None:
    duration = bonds.modified_duration(sample["yield"], **sample["on"])
    assert duration == pytest.approx(sample["duration"], rel=1e-10)


def test_sample_holds_the_hard_cases(sample: dict[str, Any]) -> None:
    maturity, settle = (sample["on"][name].astype(np.int64).tolist() for name in ("maturity", "settle"))
    left = [dates.coupons_left(m, s) for m, s in zip(maturity, settle, strict=True)]
    assert left.count(1) > ROWS // 20
    assert sum(map(dates.is_month_end, maturity)) > ROWS // 4
    assert sum(dates.previous_coupon(m, s) == s for m, s in zip(maturity, settle, strict=True)) > ROWS // 10


@given(st.dates(date(1600, 1, 1), date(2400, 12, 31)), st.integers(-900, 900))
@settings(deadline=None, max_examples=300)
def test_calendar_is_pythons(day: date, months: int) -> None:
    number = (day - date(1970, 1, 1)).days
    assert dates.civil_from_days(number) == (day.year, day.month, day.day)
    assert dates.days_from_civil(day.year, day.month, day.day) == number
    stamp = pd.Period(day, "M") + months
    assert dates.civil_from_days(dates.add_months(number, months, True)) == (
        stamp.year,
        stamp.month,
        stamp.days_in_month,
    )


@pytest.mark.parametrize(
    ("maturity", "settle", "previous", "following", "left"),
    [
        ("2027-08-31", "2024-02-28", "2023-08-31", "2024-02-29", 8),
        ("2027-08-31", "2024-02-29", "2024-02-29", "2024-08-31", 7),
        ("2025-02-28", "2024-08-30", "2024-02-29", "2024-08-31", 2),
        ("2026-06-30", "2025-12-30", "2025-06-30", "2025-12-31", 2),
        ("2030-08-30", "2028-01-15", "2027-08-30", "2028-02-29", 6),
        ("2034-11-15", "2025-04-09", "2024-11-15", "2025-05-15", 20),
        ("2025-05-15", "2025-05-14", "2024-11-15", "2025-05-15", 1),
    ],
)
def test_coupon_dates(maturity: str, settle: str, previous: str, following: str, left: int) -> None:
    dates_in = day_number(maturity), day_number(settle)
    assert dates.previous_coupon(*dates_in) == day_number(previous)
    assert dates.next_coupon(*dates_in) == day_number(following)
    assert dates.coupons_left(*dates_in) == left


def test_no_coupon_is_left_from_maturity_on() -> None:
    maturity = day_number("2025-05-15")
    assert [dates.coupons_left(maturity, maturity + days) for days in (0, 1, 200, 4000)] == [0, 0, 0, 0]


def test_coupons_between_counts_the_end_but_not_the_start() -> None:
    maturity, start, end = day_number("2030-05-15"), day_number("2025-05-15"), day_number("2026-05-15")
    assert kernels.coupons_between(0.04, maturity, start, end) == 4.0
    assert kernels.coupons_between(0.04, maturity, start - 1, end - 1) == 4.0
    assert kernels.coupons_between(0.04, maturity, start, end - 1) == 2.0
    assert kernels.coupons_between(0.04, maturity, start, maturity + 500) == 20.0


@given(
    st.floats(-0.5, 1.0),
    st.sampled_from([0.0, 5e-324, 1e-320, 1e-300, 1e-17, -1e-12, 1e-9, 1e-4, -1e-3, 2.1e-3]),
    st.integers(0, 96),
    st.integers(1, 30 * 365),
)
@settings(deadline=None, max_examples=300)
def test_yield_round_trip(wide: float, tiny: float, eighths: int, days_left: int) -> None:
    settle = day_number("2025-04-09")
    for rate in (wide, tiny):
        clean = kernels.price(rate, eighths / 800, settle + days_left, settle)
        assert kernels.yield_to_maturity(clean, eighths / 800, settle + days_left, settle) == pytest.approx(
            rate, abs=2e-12
        )


@pytest.mark.parametrize("rate", [0.0, 1e-320, 1e-16, -1e-16, 1e-8, 9.9e-4, 1.1e-3])
def test_price_and_slope_near_zero_yield(rate: float) -> None:
    """Term-by-term sums in exact order agree with the closed forms on both sides of zero."""
    maturity, settle = day_number("2055-02-15"), day_number("2025-04-09")
    count, wait = dates.coupon_period(maturity, settle)
    flows = np.full(count, 50.0 * 0.045) + np.where(np.arange(count) == count - 1, 100.0, 0.0)
    times = np.arange(count) + wait
    values = flows * np.exp(-times * np.log1p(rate / 2))
    dirty = kernels.price(rate, 0.045, maturity, settle) + kernels.accrued_interest(0.045, maturity, settle)
    assert dirty == pytest.approx(values.sum(), rel=1e-14)
    slope = 1e-4 * (values * times).sum() / 2 / (1 + rate / 2)
    assert kernels.dv01(rate, 0.045, maturity, settle) == pytest.approx(slope, rel=1e-12)


def test_no_yield_reprices_a_worthless_bond() -> None:
    maturity, settle = day_number("2030-02-15"), day_number("2025-04-09")
    assert np.isnan(kernels.yield_to_maturity(-50.0, 0.04, maturity, settle))
    assert np.isnan(kernels.price(-2.0, 0.04, maturity, settle))


def test_every_kind_of_date_and_column_gives_the_same_price() -> None:
    expected = bonds.price(0.041, 0.0425, "2034-11-15", "2025-04-09")
    assert isinstance(expected, float)
    for maturity in (date(2034, 11, 15), datetime(2034, 11, 15, 9, 30), pd.Timestamp("2034-11-15")):
        assert bonds.price(0.041, 0.0425, maturity, np.datetime64("2025-04-09")) == expected
    table = pd.DataFrame({"maturity": ["2034-11-15"] * 3, "coupon": 0.0425})
    for column in (table["maturity"], pd.to_datetime(table["maturity"]), table["maturity"].to_list()):
        assert bonds.price(0.041, table["coupon"], column, "2025-04-09").tolist() == [expected] * 3
    grid = bonds.price(np.full((4, 1), 0.041), table["coupon"], "2034-11-15", "2025-04-09")
    assert grid.shape == (4, 3)
    assert bonds.price([0.041], 0.0425, "2034-11-15", "2025-04-09").tolist() == [expected]
    assert bonds.price([], 0.0425, "2034-11-15", "2025-04-09").size == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((4.25, 0.04, "2030-01-31", "2025-01-02"), "yield_to_maturity: 4.25 given as percent.*0.0425"),
        ((0.04, [0.04, 4.0], "2030-01-31", "2025-01-02"), r"coupon: 4.0 given as percent.*\(index 1\)"),
        ((0.04, -0.01, "2030-01-31", "2025-01-02"), "coupon: -0.01 given; it must be at least 0"),
        ((float("nan"), 0.04, "2030-01-31", "2025-01-02"), "yield_to_maturity: nan given; only finite"),
        ((0.04, float("inf"), "2030-01-31", "2025-01-02"), "coupon: inf given; only finite"),
        (("high", 0.04, "2030-01-31", "2025-01-02"), "yield_to_maturity: 'high' given; give a number"),
        ((0.04, 0.04, "2025-01-02", "2025-01-02"), "settle: 2025-01-02 given, maturity: 2025-01-02 given"),
        ((0.04, 0.04, "2030-02-31", "2025-01-02"), "maturity: '2030-02-31' given; give a date as YYYY-MM-DD"),
        ((0.04, 0.04, "2030-01-31", "2025-01"), "settle: '2025-01' given; give a date"),
        ((0.04, 0.04, 20300131, "2025-01-02"), "maturity: '20300131' given; give a date"),
        ((0.04, 0.04, pd.NaT, "2025-01-02"), "maturity: 'NaT' given; give a date"),
        (
            (0.04, 0.04, "2030-01-31", pd.Timestamp("2025-01-02", tz="UTC")),
            r"settle: '2025-01-02 00:00:00\+00:00' given; give a date",
        ),
        (
            (0.04, 0.04, ["2030-01-31", "soon", "2031"], "2025-01-02"),
            r"maturity: 'soon' given \(index 1\); give a date",
        ),
        (
            ([0.04, "x"], 0.04, "2030-01-31", "2025-01-02"),
            r"yield_to_maturity: 'x' given \(index 1\); give a number",
        ),
        (
            ([[0.04], [0.03, 0.02]], 0.04, "2030-01-31", "2025-01-02"),
            "yield_to_maturity: lists of unequal length",
        ),
        (
            ([0.04, 0.03], [0.04] * 3, "2030-01-31", "2025-01-02"),
            "shapes do not broadcast: yield_to_maturity",
        ),
    ],
)
def test_mistakes_are_named(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        bonds.price(*arguments)


def test_a_price_must_be_positive() -> None:
    with pytest.raises(InputError, match=r"clean_price: 0.0 given; it must be above zero"):
        bonds.yield_to_maturity(0.0, 0.04, "2030-01-31", "2025-01-02")


EVERY_KERNEL = """
import numpy as np
import basis_stress as bonds
from basis_engine.bonds import curves, dates
from support.bonds import random_terms

terms = random_terms(300, 7)
coupon = terms["coupon"]
maturity, settle = (terms[name].astype("datetime64[D]") for name in ("maturity", "settle"))
found = [bonds.price(terms["yield_"], coupon, maturity, settle)]
found.append(bonds.yield_to_maturity(found[0], coupon, maturity, settle))
found.append(bonds.modified_duration(terms["yield_"], coupon, maturity, settle))
month, later = settle.astype("datetime64[M]"), maturity + 400
found.append(bonds.conversion_factor("TU", coupon, later, month))
found.append(bonds.conversion_factor("US", coupon, later, month))
found.append(bonds.implied_repo(found[0], 110.0, 0.9, coupon, later, settle, settle + 90))
found.append(bonds.net_basis(found[0], 110.0, 0.9, coupon, later, settle, settle + 90, 0.043))
tenors = np.array([1 / 12, 0.25, 0.5, 1, 2, 3, 5, 7, 10, 20, 30])
yields = np.array([0.043, 0.0431, 0.042, 0.0401, np.nan, 0.038, 0.0385, 0.04, 0.042, 0.0475, 0.047])
nodes = np.empty(len(curves.NODE_TIMES))
curves.par_discount_nodes(tenors, yields, curves.NODE_TIMES, nodes)
svensson = np.array([3.2, 1.1, -0.5, 5.2, 1.04, 17.8])
for kind, parameters in ((curves.PAR, nodes), (curves.SVENSSON, svensson)):
    rows = zip(coupon.tolist(), terms["maturity"].tolist(), terms["settle"].tolist())
    found.append(np.array([curves.clean_price_on_curve(kind, parameters, *row, 0.001) for row in rows]))
print(np.concatenate(found).tobytes().hex())
"""


def test_interpreted_and_compiled_bytes_are_equal() -> None:
    outputs = [
        subprocess.run(
            [sys.executable, "-c", EVERY_KERNEL],
            env={
                **os.environ,
                "NUMBA_DISABLE_JIT": flag,
                "PYTHONPATH": os.pathsep.join([str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")]),
            },
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for flag in ("0", "1")
    ]
    assert outputs[0] == outputs[1] != ""
