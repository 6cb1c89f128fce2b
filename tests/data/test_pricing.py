"""A scenario's market, priced: observed prices, the shape of what comes out, the option value."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from basis_data.markets.as_of import as_of
from basis_data.markets.market_data import market_data, with_yield_scale
from basis_data.markets.pricing import priced_market
from basis_data.markets.yield_paths import at_maturity, moves_before
from basis_data.scenarios.scenario import changed, scenario
from basis_data.tables.reader import HISTORY
from basis_engine.bonds.curves import SVENSSON, fitted_spread


def test_an_observed_price_fits_the_spread_that_the_note_keeps(tmp_path: Path) -> None:
    plain = priced_market(market_data(scenario("april-2025"), ["TY"]))
    note = int(plain.priced.cheapest[0, 0])
    observed = float(plain.priced.clean[0, note]) + 0.25
    file = tmp_path / "prices.csv"
    file.write_text(f"date,cusip,clean_price\n2025-04-01,{plain.cusips[note]},{observed!r}\n")
    own = changed(scenario("april-2025"), "test", files={"prices": file})
    fitted = priced_market(market_data(own, ["TY"]))
    assert fitted.priced.clean[0, note] == pytest.approx(observed, abs=1e-10)
    gap = fitted.priced.clean[:, note] - plain.priced.clean[:, note]
    assert np.all(np.abs(gap - 0.25) < 0.02)  # kept on every later day, but for roll-down
    others = np.arange(len(plain.cusips)) != note
    assert np.array_equal(fitted.priced.clean[:, others], plain.priced.clean[:, others])


def test_tables_of_curves_are_laid_out_as_computed_ones_are() -> None:
    """Kernels compile anew for an array in another order, or one that cannot be written."""
    curves = priced_market(market_data(scenario("april-2025"), ["TY"])).path
    assert curves.curve_kind == SVENSSON
    assert curves.curves.flags.c_contiguous
    assert curves.curves.flags.writeable


def two_notes(folder: Path) -> tuple[pd.DataFrame, Path]:
    """FedInvest's end-of-day prices of two notes of March 2020, and the same as a file of prices."""
    rows = pd.read_csv(HISTORY / "fedinvest_prices_march2020_two_notes.csv")
    rows, file = rows.rename(columns={"end_of_day": "clean_price"}), folder / "prices.csv"
    rows[["date", "cusip", "clean_price"]].sort_values(["date", "cusip"]).to_csv(file, index=False)
    return rows, file


def test_two_notes_of_march_2020_are_priced_as_fedinvest_has_them(tmp_path: Path) -> None:
    """Every day with a price reprices; between, the spread is kept; the spread agrees with the file's own yields."""
    rows, file = two_notes(tmp_path)
    march = scenario("march-2020").but(files={"prices": file}, curve="par")
    market = priced_market(market_data(march, ["FV", "TY"]))
    days = pd.DatetimeIndex(market.data.dates.astype("datetime64[D]"))
    held = rows[rows["cusip"].isin(market.cusips)]
    assert set(held["cusip"]) == {"912828YE4", "912828YX2"}
    for row in held.itertuples():
        m, n = days.get_loc(pd.Timestamp(str(row.date))), market.cusips.index(row.cusip)
        assert market.priced.clean[m, n] == pytest.approx(row.clean_price, abs=1e-9)
    spread = 1e4 * market.baskets.spread[:, market.cusips.index("912828YX2")]
    seen = held[held["cusip"] == "912828YX2"].set_index("date")["eod_minus_curve_bp"]
    at = days.get_indexer(pd.DatetimeIndex(seen.index))
    assert np.abs(spread[at] - seen.to_numpy()).max() < 4.0  # the file's curve is linear between tenors
    missing = np.setdiff1d(np.arange(1, len(days)), at)
    assert np.array_equal(spread[missing], spread[missing - 1])


def test_changed_yields_leave_observed_spreads_as_they_were(tmp_path: Path) -> None:
    march = scenario("march-2020").but(files={"prices": two_notes(tmp_path)[1]}, curve="par")
    plain, twice = (market_data(of, ["TY"]) for of in (march, march.scaled(2.0)))
    assert plain.note_spreads is not None
    assert twice.note_spreads is not None
    np.testing.assert_array_equal(plain.note_spreads.over_curve, twice.note_spreads.over_curve)
    np.testing.assert_array_equal(
        priced_market(with_yield_scale(plain, 2.0)).priced.clean, priced_market(twice).priced.clean
    )
    assert market_data(as_of(march, "2025-04-01"), ["TY"]).note_spreads is None  # its days are not those of the file


def test_a_spread_is_found_for_prices_far_from_the_curve() -> None:
    market = priced_market(market_data(scenario("april-2025"), ["US"]))
    curve, settle = market.path.curves[0], int(market.path.value_date[0])
    for note in range(0, len(market.cusips), 5):
        for points in (-20.0, -0.01, 0.0, 30.0):
            bond = float(market.baskets.coupon[note]), int(market.baskets.maturity[note]), settle
            target = float(market.priced.clean[0, note]) + points
            spread = fitted_spread(SVENSSON, curve, *bond, target)
            assert np.sign(spread) == -np.sign(points)


def test_option_value_comes_off_the_fair_future() -> None:
    data = market_data(scenario("april-2025"), ["TU", "US"])
    plain, optional = priced_market(data), priced_market(data, option_value=0.125)
    np.testing.assert_allclose(plain.priced.futures - optional.priced.futures, 0.125, rtol=0, atol=1e-12)


def test_moves_at_a_maturity_are_those_of_numpys_interpolation() -> None:
    """At once for all days, bit by bit."""
    years, moves = moves_before("2025-04-01")
    for maturity in (*np.random.default_rng(0).uniform(0.01, 40.0, 200), *years):
        by_day = np.array([np.interp(maturity, years, move) for move in moves])
        np.testing.assert_array_equal(at_maturity(float(maturity), years, moves), by_day, strict=True)
