"""Basis, carry and implied repo: published worked examples, and identities over random baskets."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basis_engine.base.errors import InputError
from basis_engine.bonds import delivery
from basis_stress.bonds import prices as bonds
from support import ROOT

WORKED = ROOT / "data" / "basis_data" / "history" / "worked_examples.csv"
REINVESTED = 0.018 * 360 / 365  # the examples reinvest coupons at 1.8% actual/365


def example(name: str) -> Any:
    table = pd.read_csv(WORKED)
    (row,) = table[table["example"].str.startswith(name)].itertuples()
    return row


def security(row: Any) -> tuple[float, str, str]:
    return row.coupon_pct / 100, row.maturity_date, row.settle_date


def fair_price(row: Any, reinvestment: float | None = None) -> float:
    return bonds.futures_price(
        row.clean_price_points,
        row.conversion_factor,
        *security(row),
        row.delivery_date,
        row.repo_pct / 100,
        reinvestment_rate=reinvestment,
    )


def repo(row: Any, reinvestment: float | None = None) -> float:
    return bonds.implied_repo(
        row.clean_price_points,
        row.futures_price_points,
        row.conversion_factor,
        *security(row),
        row.delivery_date,
        reinvestment_rate=reinvestment,
    )


def test_matlab_bndfutprice() -> None:
    assert round(fair_price(example("MATLAB bndfutprice")), 4) == 98.1516


def test_matlab_bndfutimprepo() -> None:
    assert round(repo(example("MATLAB bndfutimprepo")), 4) == 0.0584


def test_matlab_tfutpricebyrepo() -> None:
    first, second = example("MATLAB tfutpricebyrepo #1"), example("MATLAB tfutpricebyrepo #2")
    assert round(fair_price(first), 4) == 114.1201
    assert round(bonds.accrued_interest(*security(first)[:2], first.delivery_date), 4) == 1.9891
    assert round(fair_price(second, REINVESTED), 4) == 113.7090
    assert round(bonds.accrued_interest(*security(second)[:2], second.delivery_date), 4) == 0.4448


def test_matlab_tfutimprepo() -> None:
    assert round(repo(example("MATLAB tfutimprepo #1")), 4) == 0.0200
    assert round(repo(example("MATLAB tfutimprepo #2"), REINVESTED), 4) == 0.0200


def test_cme_implied_repo_and_its_misprint() -> None:
    """CME's table prints 1.42% for this note; its own prices and dates give 1.783695%, and so do we."""
    row = example("CME Understanding Treasury Futures (Oct-2017)")
    assert repo(row) == pytest.approx(0.01783695, abs=5e-9)
    assert abs(repo(row) - 0.0142) > 0.003
    assert bonds.accrued_interest(*security(row)) == pytest.approx(0.367867, abs=5e-7)
    assert bonds.accrued_interest(*security(row)[:2], row.delivery_date) == pytest.approx(0.877717, abs=5e-7)


def test_cme_invoice_and_gross_basis() -> None:
    row = example("CME Understanding Treasury Futures (Nov-2017)")
    basis = bonds.gross_basis(row.clean_price_points, row.futures_price_points, row.conversion_factor)
    assert 1000 * row.clean_price_points - 1000 * basis == pytest.approx(101114.41, abs=0.005)


DAY = np.datetime64("2025-03-03").astype(np.int64).item()
trade = st.fixed_dictionaries(
    {
        "clean": st.floats(40.0, 180.0),
        "coupon": st.integers(0, 80).map(lambda eighths: eighths / 800),
        "maturity": st.integers(DAY + 400, DAY + 11_000),
        "settle": st.integers(DAY, DAY + 60),
        "delivery": st.integers(DAY + 61, DAY + 390),
    }
)


@given(trade, st.floats(-0.01, 0.12), st.floats(0.4, 1.6))
@settings(deadline=None, max_examples=300)
def test_implied_repo_at_the_fair_future_is_repo(terms: dict[str, Any], rate: float, factor: float) -> None:
    fair = delivery.futures_from_forward(delivery.forward_price(**terms, repo=rate), factor)
    assert delivery.implied_repo(**terms, futures=fair, factor=factor) == pytest.approx(rate, abs=1e-11)
    assert delivery.net_basis(**terms, futures=fair, factor=factor, repo=rate) == pytest.approx(0.0, abs=1e-12)


@given(trade, st.floats(-0.01, 0.12), st.floats(60.0, 140.0), st.floats(0.4, 1.6))
@settings(deadline=None, max_examples=300)
def test_net_basis_is_gross_basis_less_carry(terms: dict[str, Any], rate: float, futures: float, factor: float) -> None:
    gross = delivery.gross_basis(terms["clean"], futures, factor)
    net = delivery.net_basis(**terms, futures=futures, factor=factor, repo=rate)
    assert net == pytest.approx(gross - delivery.carry(**terms, repo=rate), abs=1e-11)


@given(trade, st.floats(-0.01, 0.12))
@settings(deadline=None, max_examples=300)
def test_forward_is_the_money_left_at_delivery(terms: dict[str, Any], rate: float) -> None:
    """Borrow the dirty price, put each coupon out at repo, and count on the last day."""
    on = {name: np.datetime64(terms[name], "D") for name in ("maturity", "settle", "delivery")}
    owed = terms["clean"] + bonds.accrued_interest(terms["coupon"], on["maturity"], on["settle"])
    owed *= 1 + rate * (terms["delivery"] - terms["settle"]) / 360
    last = pd.Timestamp(on["maturity"])
    for half_years in range(61):
        paid = last - pd.DateOffset(months=6 * half_years)
        if last.is_month_end:
            paid += pd.offsets.MonthEnd(0)
        if on["settle"] < paid <= pd.Timestamp(on["delivery"]):
            days_out = (pd.Timestamp(on["delivery"]) - paid).days
            owed -= 50 * terms["coupon"] * (1 + rate * days_out / 360)
    owed -= bonds.accrued_interest(terms["coupon"], on["maturity"], on["delivery"])
    assert delivery.forward_price(**terms, repo=rate) == pytest.approx(owed, abs=1e-11)


@given(trade, st.floats(60.0, 140.0), st.floats(0.4, 1.6))
@settings(deadline=None, max_examples=300)
def test_reinvesting_at_the_implied_repo_changes_nothing(terms: dict[str, Any], futures: float, factor: float) -> None:
    rate = delivery.implied_repo(**terms, futures=futures, factor=factor)
    again = delivery.implied_repo_reinvested(**terms, futures=futures, factor=factor, reinvestment=rate)
    assert again == pytest.approx(rate, abs=1e-10)


def test_no_implied_repo_on_the_delivery_day() -> None:
    assert np.isnan(delivery.implied_repo(100.0, 110.0, 0.9, 0.04, DAY + 900, DAY, DAY))
    assert np.isnan(delivery.implied_repo_reinvested(100.0, 110.0, 0.9, 0.04, DAY + 900, DAY, DAY, 0.04))


def baskets(count: int, size: int) -> dict[str, Any]:
    """Synthetic 10-year baskets off a flat-yield market with each bond a few basis points rich or cheap."""
    rng = np.random.default_rng(5)
    maturity = np.datetime64("2032-01-15") + rng.integers(0, 500, (count, size))
    coupon = rng.integers(10, 50, (count, size)) / 800
    yields = rng.uniform(0.02, 0.07, (count, 1)) + rng.normal(0.0, 2e-4, (count, size))
    clean = np.asarray(bonds.price(yields, coupon, maturity, "2025-04-09"))
    factor = np.asarray(bonds.conversion_factor("TY", coupon, maturity, "2025-06"))
    terms = (factor, coupon, maturity, "2025-04-09", "2025-06-30")
    futures = np.asarray(bonds.futures_price(clean, *terms, 0.043)).min(axis=-1, keepdims=True)
    return {"clean_price": clean, "futures_price": futures, "terms": terms}


def test_cheapest_to_deliver_is_highest_implied_repo_not_lowest_gross_basis() -> None:
    market = baskets(500, 12)
    quotes = market["clean_price"], market["futures_price"]
    cheapest = bonds.cheapest_to_deliver(*quotes, *market["terms"])
    assert cheapest.shape == (500,)
    repos = np.asarray(bonds.implied_repo(*quotes, *market["terms"]))
    assert (np.take_along_axis(repos, cheapest[:, None], -1)[:, 0] == repos.max(axis=-1)).all()
    assert repos.max(axis=-1) == pytest.approx(0.043, abs=1e-9)
    by_gross_basis = np.argmin(bonds.gross_basis(*quotes, market["terms"][0]), axis=-1)
    assert 0.1 < (by_gross_basis != cheapest).mean() < 0.7


def test_one_basket_has_one_cheapest() -> None:
    found = bonds.cheapest_to_deliver([100.0, 96.0], 110.0, [0.9, 0.88], 0.04, "2032-02-15", "2025-04-09", "2025-06-30")
    assert found == 1
    assert isinstance(found, int)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"clean_price": 0.0}, "clean_price: 0.0 given; it must be above zero"),
        ({"futures_price": [110.0, -1.0]}, r"futures_price: -1.0 given; it must be above zero \(index 1\)"),
        ({"conversion_factor": float("nan")}, "conversion_factor: nan given; only finite"),
        ({"delivery": "2025-04-09"}, "settle: 2025-04-09 given, delivery: 2025-04-09 given; settle must be"),
        ({"delivery": "2033-04-09"}, "delivery: 2033-04-09 given, maturity: 2032-02-15 given"),
        ({"repo_rate": 4.3}, "repo_rate: 4.3 given as percent.*4.25% is 0.0425"),
    ],
)
def test_mistakes_are_named(change: dict[str, Any], message: str) -> None:
    arguments = {
        "clean_price": 100.0,
        "futures_price": 110.0,
        "conversion_factor": 0.9,
        "coupon": 0.04,
        "maturity": "2032-02-15",
        "settle": "2025-04-09",
        "delivery": "2025-06-30",
        "repo_rate": 0.043,
    }
    with pytest.raises(InputError, match=message):
        bonds.net_basis(**(arguments | change))


def test_one_bond_is_no_basket() -> None:
    with pytest.raises(InputError, match="one bond given"):
        bonds.cheapest_to_deliver(100.0, 110.0, 0.9, 0.04, "2032-02-15", "2025-04-09", "2025-06-30")
