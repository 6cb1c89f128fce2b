"""Marks within the day: closes stay what they are, extremes are met, noon calls follow, margin sums to the same."""

import numpy as np
import pytest

import basis_stress as bs
from basis_data.markets.intraday import intraday_marks
from basis_data.markets.market_data import market_data
from basis_data.markets.pricing import PricedMarket, priced_market
from basis_data.markets.yield_paths import yield_path
from basis_data.scenarios.scenario import scenario
from basis_data.tables.calendars import mark_days, new_york_minutes, to_new_york
from basis_data.tables.fields import TENORS

BRIDGED = scenario("april-2025-intraday")
CLOSES = scenario("april-2025").but(curve="par")


@pytest.fixture(scope="module")
def market() -> PricedMarket:
    return priced_market(market_data(BRIDGED, ["TU", "TY", "US"]))


def test_closes_are_priced_as_without_marks(market: PricedMarket) -> None:
    plain = priced_market(market_data(CLOSES, ["TU", "TY", "US"]))
    for name in ("clean", "futures", "cheapest", "delivery"):
        at_closes = getattr(market.marks.priced, name)[np.isin(market.marks.path.time, plain.path.time)]
        assert getattr(market.priced, name).tobytes() == getattr(plain.priced, name).tobytes() == at_closes.tobytes()


def test_marks_stand_in_the_order_of_time(market: PricedMarket) -> None:
    marks = market.marks
    assert (np.diff(marks.path.time) > 0).all()
    assert len(marks.path.time) == len(market.path.time) + 4
    assert (marks.path.value_date == market.path.value_date[marks.day]).all()
    within = ~np.isin(marks.path.time, market.path.time)
    assert [f"{one:%d %H:%M}" for one in to_new_york(marks.path.time[within])] == [
        "04 11:00",
        "07 08:30",
        "09 08:30",
        "11 11:00",
    ]


def test_published_extremes_are_met_and_the_rest_bridged() -> None:
    days = mark_days(BRIDGED.start, BRIDGED.end)
    closes = yield_path(BRIDGED, days)
    marks = intraday_marks(BRIDGED, days, closes)
    tenors = list(TENORS)
    ninth = 100 * marks.par_yields[2]
    assert marks.minutes[2] == new_york_minutes("2025-04-09", "08:30")
    assert ninth[tenors.index("10y")] == pytest.approx(4.51, abs=1e-12)
    assert ninth[tenors.index("30y")] == pytest.approx(4.97, abs=1e-12)
    close = 100 * closes[marks.day[2]]
    away = ninth - close
    assert away[tenors.index("2y")] == pytest.approx(away[tenors.index("10y")])
    assert away[tenors.index("20y")] == pytest.approx((away[tenors.index("10y")] + away[tenors.index("30y")]) / 2)


def test_twice_the_scale_is_twice_the_distance_within_the_day() -> None:
    days = mark_days(BRIDGED.start, BRIDGED.end)
    one, two = (intraday_marks(of, days, yield_path(of, days)) for of in (BRIDGED, BRIDGED.scaled(2)))
    first = yield_path(BRIDGED, days)[0]
    np.testing.assert_allclose(two.par_yields - first, 2 * (one.par_yields - first), atol=1e-15)


def test_noon_calls_follow_and_the_day_sums_to_the_same() -> None:
    bridged, plain = (bs.backtest(one, contract="TY", leverage=50) for one in (BRIDGED, CLOSES))
    raised = bridged.events[
        (bridged.events["event"] == "call_raised") & (bridged.events["claim"] == "variation_margin")
    ]
    noon = raised[raised["time"].dt.hour == 12]
    assert [f"{one:%d}" for one in noon["time"]] == ["04", "07"]  # lows: the short future pays
    assert (plain.events["time"].dt.hour != 12).all()
    futures = [one.market["futures_price"].to_numpy() for one in (bridged, plain)]
    assert futures[0].tobytes() == futures[1].tobytes()
    assert [any("4 within the day" in line for line in one.assumptions) for one in (bridged, plain)] == [True, False]
    total = [one.cash["variation_margin"].sum() for one in (bridged, plain)]
    assert total[0] == pytest.approx(total[1], rel=1e-9)


def test_a_book_that_survives_the_closes_can_fail_at_noon() -> None:
    """Twice April 2025: on 4 April a call of noon is due at 14:00, and the note's gain comes with the next roll."""
    bridged, plain = (bs.backtest(one.scaled(2), contract="TY", leverage=50) for one in (BRIDGED, CLOSES))
    assert plain.summary.loc["fund", "outcome"] == "called"
    assert bridged.summary.loc["fund", "outcome"] == "illiquid"
    failed = bridged.events[bridged.events["event"] == "call_failed"]["time"].iloc[0]
    assert f"{failed:%Y-%m-%d %H:%M}" == "2025-04-04 14:00"
