"""Populations: sizes, haircuts and buffers follow their sources, parts sum to the whole, nonsense is refused."""

import math
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from basis_data.markets.pricing import PricedMarket
from basis_engine.base.errors import InputError
from basis_strategies.assemble import dirty_price
from basis_strategies.plan import DealerPlan, Execution, FundPlan
from basis_strategies.population import RANGES, Population, draw_funds
from basis_stress.funds_market.episodes import episode_market

SHORTS = {"TU": 1.1e6, "FV": 1.6e6, "TY": 1.3e6, "TN": 3e5}
DAILY_SD = 0.002
OFR_SHARES = (0.027, 0.051, 0.740, 0.136, 0.047)
"""Below -2%, -2 to 0, 0, 0 to 2%, above 2%: uncleared bilateral Treasury repo, OFR pilot of June 2022."""


@pytest.fixture(scope="module")
def market() -> PricedMarket:
    """March 2020."""
    return episode_market("march-2020").priced


def books(market: PricedMarket, funds: list[FundPlan]) -> NDArray[np.float64]:
    """Market value of each fund's notes, USD."""
    prices = {pair.note: dirty_price(market, pair.note) / 100 for pair in funds[0].positions}
    return np.array([sum(pair.face_usd * prices[pair.note] for pair in fund.positions) for fund in funds])


def equities(funds: list[FundPlan]) -> NDArray[np.float64]:
    """Equity of each fund, USD."""
    return np.array([fund.equity_usd for fund in funds])


@pytest.mark.parametrize(("count", "share"), [(30, 0.694), (40, 0.638)])
def test_ten_funds_hold_most_of_the_book(market: PricedMarket, count: int, share: float) -> None:
    held = books(market, draw_funds(Population(funds=count), market, SHORTS, DAILY_SD))
    assert np.all(np.diff(held) < 0.0)
    assert held[:10].sum() / held.sum() == pytest.approx(share, abs=0.001)
    np.testing.assert_allclose(held, held[0] * np.arange(1, count + 1) ** -0.9, rtol=1e-12)


@pytest.mark.parametrize("count", [1, 40, 500])
def test_the_funds_together_hold_the_book(market: PricedMarket, count: int) -> None:
    """Contracts sum to the shorts, faces to contracts x notional / factor: each pair is hedged by its factor."""
    funds = draw_funds(Population(funds=count), market, SHORTS, DAILY_SD)
    assert len({fund.name for fund in funds}) == count
    for code, shorts in SHORTS.items():
        c = market.codes.index(code)
        pairs = [pair for fund in funds for pair in fund.positions if pair.contract == c]
        assert -math.fsum(pair.contracts for pair in pairs) == pytest.approx(shorts, rel=1e-12)
        (note,) = {pair.note for pair in pairs}
        assert note == market.priced.cheapest[0, c]
        face = shorts * market.data.futures[c].notional_usd / market.baskets.factor[note]
        assert math.fsum(pair.face_usd for pair in pairs) == pytest.approx(face, rel=1e-12)


def test_haircuts_are_those_of_uncleared_bilateral_repo(market: PricedMarket) -> None:
    """10,000 funds: the share of each band within four standard errors of the OFR's."""
    funds = draw_funds(Population(funds=10_000), market, {"TY": 1e6}, DAILY_SD)
    haircuts = np.array([fund.positions[0].haircut for fund in funds])
    low, zero, high = haircuts < 0.0, haircuts == 0.0, haircuts > 0.0
    bands = (haircuts < -0.02, low & (haircuts >= -0.02), zero, high & (haircuts < 0.02), haircuts >= 0.02)
    for band, share in zip(bands, OFR_SHARES, strict=True):
        assert band.mean() == pytest.approx(share, abs=4.0 * math.sqrt(share * (1.0 - share) / len(funds)))


def test_a_fund_has_one_haircut(market: PricedMarket) -> None:
    for fund in draw_funds(Population(seed=3), market, SHORTS, DAILY_SD):
        assert len({pair.haircut for pair in fund.positions}) == 1


def test_leverage_is_lognormal_where_buffers_allow_it(market: PricedMarket) -> None:
    """Without a buffer that binds: median 10, standard deviation of the log 0.35; four standard errors."""
    population = Population(funds=4000, leverage=10.0, buffer_sd=0.0)
    funds = draw_funds(population, market, {"TY": 1e6}, DAILY_SD)
    logs = np.log(books(market, funds) / equities(funds))
    assert np.median(logs) == pytest.approx(math.log(10.0), abs=4 * 1.25 * 0.35 / math.sqrt(4000))
    assert np.std(logs) == pytest.approx(0.35, abs=4 * 0.35 / math.sqrt(8000))


@pytest.mark.parametrize("leverage", [10.0, 25.0, 90.0, 500.0])
@pytest.mark.parametrize("buffer_sd", [0.0, 5.0, 20.0])
def test_leverage_is_capped_by_haircut_margin_and_buffer(
    market: PricedMarket, leverage: float, buffer_sd: float
) -> None:
    """Whatever the level of the era, cash after haircut and margin is buffer_sd days of variation margin or more."""
    population = Population(funds=200, leverage=leverage, buffer_sd=buffer_sd)
    funds = draw_funds(population, market, SHORTS, DAILY_SD)
    book = books(market, funds)
    haircut = np.array([fund.positions[0].haircut for fund in funds])
    margin = [sum(-p.contracts * market.initial_margin[0, p.contract] for p in fund.positions) for fund in funds]
    cash = equities(funds) - haircut * book - np.array(margin)
    assert np.all(cash >= buffer_sd * DAILY_SD * book - 1e-12 * book)
    assert np.all(book / equities(funds) >= 1.0)


def test_a_buffer_that_leaves_no_leverage_is_refused(market: PricedMarket) -> None:
    with pytest.raises(
        InputError,
        match=r"^population, buffer_sd: 1000 given, but with haircut and initial margin of up to .*lower it$",
    ):
        draw_funds(Population(buffer_sd=1000.0), market, SHORTS, DAILY_SD)


def test_limits_lie_between_the_two_given(market: PricedMarket) -> None:
    funds = draw_funds(Population(funds=500, limit_low=1.2, limit_high=1.3), market, SHORTS, DAILY_SD)
    limits = np.array([fund.risk_limit for fund in funds])
    assert 1.2 <= limits.min() < 1.21
    assert 1.29 < limits.max() <= 1.3


def test_the_same_seed_draws_the_same_funds(market: PricedMarket) -> None:
    first, again, other = (draw_funds(Population(seed=seed), market, SHORTS, DAILY_SD) for seed in (7, 7, 8))
    assert first == again
    assert all(one != another for one, another in zip(first, other, strict=True))


def test_every_field_of_a_population_has_a_range() -> None:
    assert set(RANGES) == {field.name for field in fields(Population)}


WRONG: list[tuple[type, str, Any, str]] = [
    (Population, "funds", 0, "a whole number of 1 to 10000"),
    (Population, "funds", 2.5, "a whole number of 1 to 10000"),
    (Population, "funds", True, "a whole number of 1 to 10000"),
    (Population, "seed", -1, r"a whole number of 0 to 9.22337e\+18"),
    (Population, "rank_exponent", -0.1, "a finite number of 0 to 10"),
    (Population, "leverage", 0.5, "a finite number of 1 to 500"),
    (Population, "leverage", "20", "a finite number of 1 to 500"),
    (Population, "leverage_sd", -0.1, "a finite number of 0 to 3"),
    (Population, "buffer_sd", -1.0, "a finite number of 0 to 1000"),
    (Population, "limit_low", 0.9, "a finite number of 1 to 1000"),
    (Population, "limit_high", 1.01, r"limit_low \(1.05\) or more"),
    (Population, "risk_speed", 1.1, "a finite number of 0 to 1"),
    (Population, "risk_speed", -0.1, "a finite number of 0 to 1"),
    (Population, "calm_volatility", 0.0, r"a finite number of 0.001 to 1e\+06"),
    (Population, "call_back", 2.0, "a finite number of 0 to 1"),
    (DealerPlan, "slope", -0.1, "a finite number of 0 to 1000"),
    (DealerPlan, "placement_rate", 1.5, "a finite number of 0 to 1"),
    (DealerPlan, "capacity_multiple", 0.5, "a finite number of 1 to 1000"),
    (DealerPlan, "capacity_usd", -90e9, "a finite number of 0 to 1e.14"),
    (DealerPlan, "ceiling", -600.0, "a finite number of 0 to 10000"),
    (DealerPlan, "memory", 1.01, "a finite number of 0 to 1"),
    (DealerPlan, "feedback", -1.0, "a finite number of 0 to 1"),
    (DealerPlan, "balance_sheet_years", -0.3, "a finite number of 0 to 30"),
    (Execution, "bond_cost_bp", -1.0, "a finite number of 0 to 1000"),
]
NAMES = {Population: "population", DealerPlan: "dealers", Execution: "execution"}


@pytest.mark.parametrize(("plan", "name", "value", "allowed"), WRONG)
def test_what_cannot_exist_is_refused(plan: type, name: str, value: Any, allowed: str) -> None:
    with pytest.raises(InputError, match=rf"^{NAMES[plan]}, {name}: .* given, allowed is {allowed}$"):
        plan(**{name: value})


@pytest.mark.parametrize("plan", NAMES)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, None, "1"])
def test_no_field_takes_what_is_no_number(plan: Any, value: Any) -> None:
    for field in fields(plan):
        with pytest.raises(InputError, match=f"^{NAMES[plan]}, {field.name}: .* given"):
            plan(**{field.name: value})


@pytest.mark.parametrize("name", sorted(RANGES))
def test_every_field_has_an_end(name: str) -> None:
    with pytest.raises(InputError, match=name):
        Population(**{name: 10**30})
