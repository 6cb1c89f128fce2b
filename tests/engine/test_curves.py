"""Both kinds of curve: published points reprice, and prices equal the plain sum of discounted payments."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator

from basis_engine.bonds import curves, dates
from basis_engine.bonds.pchip import pchip
from basis_engine.bonds.prices import accrued_interest, price
from support import ROOT

HISTORY = ROOT / "data" / "basis_data" / "history"
TENORS = np.array([1 / 12, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 20.0, 30.0])
ISSUED = int(np.datetime64("2025-02-15", "D").astype(np.int64))
APRIL_9 = np.array([0.0436, 0.0435, 0.0419, 0.0402, 0.0391, 0.0392, 0.0405, 0.042, 0.0434, 0.0485, 0.0484])


def nodes_of(yields: np.ndarray) -> np.ndarray:
    nodes = np.full(len(curves.NODE_TIMES), 99.0)
    curves.par_discount_nodes(TENORS, yields, curves.NODE_TIMES, nodes)
    return nodes


@pytest.fixture(scope="module")
def par_days() -> pd.DataFrame:
    return pd.read_csv(HISTORY / "treasury_par_yields.csv", index_col="date") / 100


@pytest.fixture(scope="module")
def svensson_days() -> pd.DataFrame:
    return pd.read_csv(HISTORY / "treasury_svensson.csv")


def svensson_of(day: pd.Series) -> np.ndarray:
    return day[["beta0_pct", "beta1_pct", "beta2_pct", "beta3_pct", "tau1_years", "tau2_years"]].to_numpy(float)


def test_every_published_par_point_reprices(par_days: pd.DataFrame) -> None:
    """A new bond with the par yield as coupon costs 100, a bill its simple-interest price, on all days."""
    assert len(par_days) > 9000
    errors = []
    for yields in par_days.to_numpy():
        nodes = nodes_of(yields)
        for tenor, par_yield in zip(TENORS.tolist(), yields.tolist(), strict=True):
            if np.isnan(par_yield):
                continue
            if tenor < 0.5:
                simple = np.exp(curves.log_discount(curves.PAR, nodes, tenor)) * (1 + par_yield * tenor)
                errors.append(100 * simple - 100)
                continue
            maturity = dates.add_months(ISSUED, round(12 * tenor), False)
            clean = curves.clean_price_on_curve(curves.PAR, nodes, par_yield, maturity, ISSUED, 0.0)
            errors.append(clean - 100)
    assert np.abs(errors).max() < 1e-10  # false if any is nan


def test_discount_factors_are_sane_on_all_days(par_days: pd.DataFrame) -> None:
    """Forward rates stay in a plausible range.

    A curve that falls steeply from 20 to 30 years implies low forwards at the far end: they touch -1.6% in
    January 2009 (20 years at 3.61%, 30 at 3.25%). From 2010 on they are positive, but for bills quoted below zero.
    """
    for day, yields in zip(par_days.index, par_days.to_numpy(), strict=True):
        nodes = nodes_of(yields)
        known = nodes[~np.isnan(nodes)]
        last = TENORS[~np.isnan(yields)][-1]
        assert known[0] == 0.0
        assert curves.NODE_TIMES[len(known) - 1] == last
        forwards = -np.diff(known) / np.diff(curves.NODE_TIMES[: len(known)])
        assert forwards.min() > (-0.001 if day >= "2010" else -0.016)
        assert forwards.max() < 0.105


def test_nodes_past_the_last_tenor_are_nan() -> None:
    yields = np.where(TENORS > 20.0, np.nan, APRIL_9)
    nodes = nodes_of(yields)
    assert np.isnan(nodes[curves.NODE_TIMES > 20.0]).all()
    twenty_years = dates.add_months(ISSUED, 240, False)
    assert curves.clean_price_on_curve(curves.PAR, nodes, 0.0485, twenty_years, ISSUED, 0.0) == pytest.approx(100.0)
    beyond = dates.add_months(ISSUED, 246, False)
    assert np.isnan(curves.clean_price_on_curve(curves.PAR, nodes, 0.0485, beyond, ISSUED, 0.0))


def test_an_absent_day_gives_no_curve() -> None:
    assert np.isnan(nodes_of(np.full(11, np.nan))[1:]).all()


def test_flat_par_curve_is_the_street_price() -> None:
    """On coupon dates a flat par curve and the yield formula say the same."""
    nodes = nodes_of(np.full(11, 0.0425))
    for years in (1, 5, 30):
        maturity = dates.add_months(ISSUED, 12 * years, False)
        on_curve = curves.clean_price_on_curve(curves.PAR, nodes, 0.06, maturity, ISSUED, 0.0)
        assert on_curve == pytest.approx(price(0.0425, 0.06, maturity, ISSUED), abs=1e-11)


def test_svensson_zero_yields_are_the_published_ones(svensson_days: pd.DataFrame) -> None:
    assert len(svensson_days) == 75
    for _, day in svensson_days.iterrows():
        parameters = svensson_of(day)
        for years in (10, 30):
            zero = -100 * curves.log_discount_svensson(parameters, float(years)) / years
            assert zero == pytest.approx(day[f"zero_{years}y_pct"], abs=5.1e-5)  # printed to four decimals


def test_svensson_discounts_start_at_one_and_fall(svensson_days: pd.DataFrame) -> None:
    years = np.linspace(0.0, 30.0, 121).tolist()
    for _, day in svensson_days.iterrows():
        logs = [curves.log_discount(curves.SVENSSON, svensson_of(day), t) for t in years]
        assert logs[0] == 0.0
        assert (np.diff(logs) < 0).all()


def test_the_two_curves_agree_to_sixteen_basis_points(par_days: pd.DataFrame, svensson_days: pd.DataFrame) -> None:
    """A par bond of the Treasury curve costs near 100 on Svensson: the provenance notes 1 to 11 bp apart."""
    apart = []
    for _, day in svensson_days.iterrows():
        for years in (2, 5, 10, 30):
            par_yield = par_days[f"y_{years}y_pct"].get(day["date"], np.nan)
            if np.isnan(par_yield):
                continue  # from 23 July 2026 only three tenors are known, and none on the last day
            maturity = dates.add_months(ISSUED, 12 * years, False)
            clean = curves.clean_price_on_curve(curves.SVENSSON, svensson_of(day), par_yield, maturity, ISSUED, 0.0)
            points_per_bp = price(par_yield - 5e-5, par_yield, maturity, ISSUED) - price(
                par_yield + 5e-5, par_yield, maturity, ISSUED
            )
            apart.append(abs(clean - 100) / points_per_bp)
    assert len(apart) > 250
    assert max(apart) < 16


@given(
    st.integers(1, 10_957),
    st.integers(0, 80),
    st.floats(-0.01, 0.02),
    st.sampled_from([curves.PAR, curves.SVENSSON]),
)
@settings(deadline=None, max_examples=300)
def test_price_is_the_plain_sum_of_discounted_payments(days: int, eighths: int, spread: float, kind: int) -> None:
    parameters = nodes_of(APRIL_9) if kind == curves.PAR else np.array([3.2, 1.1, -0.5, 5.2, 1.04, 17.8])
    maturity, coupon = ISSUED + days, eighths / 800
    count, wait = dates.coupon_period(maturity, ISSUED)
    times = (wait + np.arange(count)) / 2
    if kind == curves.PAR:
        logs = np.interp(times, curves.NODE_TIMES, parameters)
    else:
        b0, b1, b2, b3, tau1, tau2 = parameters
        x1, x2 = times / tau1, times / tau2
        decay = (1 - np.exp(-x1)) / x1
        zero = b0 + b1 * decay + b2 * (decay - np.exp(-x1)) + b3 * ((1 - np.exp(-x2)) / x2 - np.exp(-x2))
        logs = -times * zero / 100
    flows = np.full(count, 50 * coupon)
    flows[-1] += 100
    naive = (flows * np.exp(logs - spread * times)).sum() - accrued_interest(coupon, maturity, ISSUED)
    assert curves.clean_price_on_curve(kind, parameters, coupon, maturity, ISSUED, spread) == pytest.approx(
        naive, abs=1e-10
    )


@given(st.lists(st.floats(-0.02, 0.2), min_size=11, max_size=11), st.sets(st.integers(0, 10), max_size=8))
@settings(deadline=None, max_examples=200)
def test_pchip_is_scipys_over_the_present_points(values: list[float], absent: set[int]) -> None:
    column = np.round(np.array(values), 4)
    column[list(absent)] = np.nan
    present = ~np.isnan(column)
    oracle = PchipInterpolator(TENORS[present], column[present])
    for x in np.linspace(TENORS[present][0], TENORS[present][-1], 40).tolist():
        assert pchip(TENORS, column, x) == pytest.approx(float(oracle(x)), abs=1e-13)
    assert np.isnan(pchip(TENORS, column, TENORS[present][-1] + 0.01))
    assert pchip(TENORS, column, 0.0) == column[present][0]


def test_beyond_thirty_years_the_last_forward_rate_holds() -> None:
    nodes = nodes_of(APRIL_9)
    last = curves.log_discount(curves.PAR, nodes, 30.0)
    before = curves.log_discount(curves.PAR, nodes, 29.5)
    assert curves.log_discount(curves.PAR, nodes, 30.5) == pytest.approx(2 * last - before)
