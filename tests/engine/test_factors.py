"""Conversion factors: every published one, and what the formula must do between them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basis_engine.base.errors import InputError
from basis_engine.bonds import factors
from basis_stress.bonds import prices as bonds
from support import ROOT

HISTORY = ROOT / "data" / "basis_data" / "history"
CONTRACTS = {"TU", "Z3N", "FV", "TY", "TN", "TWE", "US", "UB"}


def published(name: str) -> pd.DataFrame:
    return pd.read_csv(HISTORY / name)


def ours(table: pd.DataFrame) -> np.ndarray:
    return np.asarray(
        bonds.conversion_factor(
            table["contract"], table["coupon_pct"] / 100, table["maturity_date"], table["delivery_month"]
        )
    )


def day_number(iso: str) -> int:
    return int(np.datetime64(iso, "D").astype(np.int64))


def test_every_factor_of_the_cme_workbook() -> None:
    table = published("cme_conversion_factors.csv")
    assert len(table) == 1151
    assert set(table["contract"]) == CONTRACTS
    wrong = table[ours(table) != table["conversion_factor"].to_numpy()]
    assert wrong.empty, wrong.to_string()


def test_every_factor_published_elsewhere() -> None:
    table = published("published_conversion_factors.csv")
    assert len(table) == 36
    wrong = table[ours(table) != table["conversion_factor"].to_numpy()]
    assert wrong.empty, wrong.to_string()


def test_brochure_term_to_maturity() -> None:
    """n and z of the five brochure examples, before the quarter rounding of z."""
    table = published("published_conversion_factors.csv").dropna(subset="n_years")
    assert len(table) == 5
    for row in table.itertuples():
        first_day = day_number(f"{row.delivery_month}-01")
        years, months = divmod(factors.months_to_maturity(day_number(row.maturity_date), first_day), 12)
        quarters = row.contract in ("TY", "US")
        assert (years, months - months % 3 if quarters else months) == (row.n_years, row.z_months)


@pytest.mark.parametrize("contract", sorted(CONTRACTS))
def test_six_percent_is_one(contract: str) -> None:
    """At whole half-years a 6% coupon yields 6% at par exactly."""
    for maturity in ("2027-06-15", "2029-12-31", "2035-06-30", "2050-12-15"):
        assert bonds.conversion_factor(contract, 0.06, maturity, "2025-06") == 1.0


@given(
    st.booleans(),
    st.integers(0, 95),
    st.integers(0, 359),
    st.integers(1, 28),
    st.sampled_from([-1e-12, 0.0, 1e-12]),
)
@settings(deadline=None, max_examples=300)
def test_factor_has_four_decimals_and_rises_with_the_coupon(
    is_long: bool, eighths: int, months: int, day: int, noise: float
) -> None:
    first_day = day_number("2025-03-01")
    month = np.datetime64("2025-04", "M") + months
    maturity = int(month.astype("datetime64[D]").astype(np.int64)) + day - 1
    factor = factors.conversion_factor(is_long, eighths / 800 + noise, maturity, first_day)
    assert factor == round(factor, 4)
    assert factor == factors.conversion_factor(is_long, eighths / 800, maturity, first_day)
    assert factor <= factors.conversion_factor(is_long, (eighths + 1) / 800, maturity, first_day)


def test_coupon_is_rounded_to_an_eighth() -> None:
    eighth = bonds.conversion_factor("TY", 0.04125, "2032-02-15", "2025-03")
    assert bonds.conversion_factor("TY", [0.0413, 0.0407], "2032-02-15", "2025-03").tolist() == [eighth] * 2


def test_any_day_of_the_delivery_month_gives_its_factor() -> None:
    assert bonds.conversion_factor("TU", 0.04, "2027-03-31", "2025-06-30") == bonds.conversion_factor(
        "TU", 0.04, "2027-03-31", "2025-06"
    )


@pytest.mark.parametrize(
    ("contract", "maturity", "month", "message"),
    [
        ("ZN", "2032-02-15", "2025-03", "contract: 'ZN' given; allowed are TU, Z3N, FV, TY, TN, TWE, US, UB"),
        ("TY", "2032-02-15", "2025", "delivery_month: '2025' given; give a month as YYYY-MM"),
        ("TY", "2025-03-01", "2025-03", "delivery_month: 2025-03-01 given, maturity: 2025-03-01 given"),
    ],
)
def test_mistakes_are_named(contract: str, maturity: str, month: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        bonds.conversion_factor(contract, 0.04, maturity, month)
