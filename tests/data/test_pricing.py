"""A scenario's market, priced: observed prices, the shape of what comes out, the option value."""

from pathlib import Path

import numpy as np
import pytest

from basis_data.markets.market_data import market_data
from basis_data.markets.pricing import priced_market
from basis_data.scenarios.scenario import changed, scenario
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
