"""Rows of a run: what a market keeps from one book to the next is what a market without a past computes."""

from dataclasses import replace

import numpy as np
import pytest

from basis_data.markets.parameters import parameters
from basis_data.markets.pricing import PricedMarket
from basis_data.scenarios.scenario import changed, market_era, scenario
from basis_engine.base.errors import InputError
from basis_engine.simulation.run import Setup, check
from basis_strategies.assemble import assemble
from basis_strategies.funds_market import book_of_funds
from basis_strategies.plan import DealerPlan, Plan
from basis_strategies.population import Population
from basis_stress.funds_market.episodes import EpisodeMarket, episode_market, run_episode


@pytest.fixture(scope="module", params=[{"usd": 1e9}, {"share": 0.1}])
def market(request: pytest.FixtureRequest) -> EpisodeMarket:
    """April 2025 with swap-spread funds, and a loss of all funds or of each."""
    lost = [{"date": "2025-04-09", **request.param}]
    return episode_market(changed(scenario("april-2025"), "lost", other_losses=lost))


def rows(setup: Setup) -> list[bytes]:
    """Bytes of the rows of a set-up."""
    tables = (setup.schedule, setup.funds, setup.positions, setup.contracts, setup.dealers)
    return [np.asarray(table).tobytes() for table in tables]


def plans(market: EpisodeMarket) -> list[Plan]:
    """Plans that differ in flows, number of funds, equities, shorts and dealers, each after the first of them."""
    era, swaps = market_era(market.scenario), 1e9 * (market_era(market.scenario).swap_spread_book_usd_bn or 0.0)
    others: list[dict[str, float]] = [{"sales": 1e9}, {"purchases": 1e9}, {"share": 0.5}, {"funds": 7}, {"seed": 1}]
    changes = [change for other in others for change in ({}, other)]
    made = []
    for change in changes:
        population = Population(funds=int(change.get("funds", 4)), swap_funds=3, seed=int(change.get("seed", 0)))
        share = change.get("share", era.hedged_share)
        sales, purchases = market.sales + change.get("sales", 0.0), market.purchases + change.get("purchases", 0.0)
        made.append(book_of_funds(market.priced, population, DealerPlan(), share, sales, purchases, swaps).plan)
    return made


def test_what_a_market_keeps_is_what_a_new_one_computes(market: EpisodeMarket) -> None:
    fresh = [
        rows(assemble(plan, replace(market.priced))) for plan in plans(replace(market, priced=replace(market.priced)))
    ]
    assert len({tuple(each) for each in fresh}) == len(fresh) // 2 + 1
    for _ in range(2):  # the second time the last plan's results are kept, which the first differs from
        assert [rows(assemble(plan, market.priced)) for plan in plans(market)] == fresh


def test_equal_inputs_are_computed_once(market: EpisodeMarket) -> None:
    priced: PricedMarket = replace(market.priced)
    calls: list[int] = []

    def compute() -> int:
        calls.append(len(calls))
        return len(calls)

    assert [priced.keep("a", key, compute) for key in (1, 1, 2, 2, 1)] == [1, 1, 2, 2, 3]
    assert priced.keep("b", 1, compute) == 4
    assert replace(priced).keep("a", 1, compute) == 5


def test_a_changed_schedule_stays_with_its_setup(market: EpisodeMarket) -> None:
    """Callers may write to the rows of a set-up."""
    plan = plans(market)[0]
    first = assemble(plan, market.priced)
    before = first.schedule.tobytes()
    first.schedule["value"] = 7.0
    assert assemble(plan, market.priced).schedule.tobytes() == before


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["funds", "positions", "contracts", "schedule", "dealers"])
def test_a_value_that_is_not_finite_is_refused_in_every_field(market: EpisodeMarket, name: str, wrong: float) -> None:
    setup = assemble(plans(market)[0], market.priced)
    table = getattr(setup, name)
    for field in table.dtype.names:
        if table.dtype[field].kind == "f":
            kept = table[field][-1]
            table[field][-1] = wrong
            with pytest.raises(InputError, match=rf"{name}\[.*\]\.{field} is not finite"):
                check(setup)
            table[field][-1] = kept
    check(setup)


def test_a_run_leaves_no_trace_in_the_next(market: EpisodeMarket) -> None:
    """Log and queue are allocated without first values: only rows that the run wrote are handed back."""
    fit = parameters().fits[0]
    first, again = run_episode(market, fit, Population(funds=5)).run, run_episode(market, fit, Population(funds=5)).run
    assert len(first.log) > 100
    assert first.log.tobytes() == again.log.tobytes()
