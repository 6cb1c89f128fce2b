"""An episode as of another day: its moves on that day's levels, contracts and notes; as of its own start, itself."""

from datetime import date

import numpy as np
import pytest

from basis_data.markets.as_of import as_of
from basis_data.markets.market_data import MarketData, market_data
from basis_data.scenarios.scenario import Scenario, names, scenario
from basis_data.tables.calendars import mark_days
from basis_data.tables.reader import read
from basis_engine.base.errors import InputError

LAST = "2026-07-22"


def start_of(given: Scenario) -> str:
    """First business day of a scenario."""
    return str(mark_days(given.start, given.end)[0])


def arrays(data: MarketData) -> dict[str, np.ndarray]:
    """Numbers of a market by field, those of its curves and contracts too."""
    found = {name: value for name, value in vars(data).items() if isinstance(value, np.ndarray)}
    found |= {f"curves.{name}": np.asarray(value) for name, value in vars(data.curves).items() if name != "remark"}
    for future in data.futures:
        found |= {f"{future.code}.{n}": v for n, v in vars(future.basket).items() if isinstance(v, np.ndarray)}
        found[f"{future.code}.usd"], found[f"{future.code}.leverage"] = future.margin.usd, future.margin.leverage
    return found


@pytest.mark.parametrize("name", names())
def test_as_of_its_own_start_an_episode_is_itself_to_the_last_bit(name: str) -> None:
    episode = scenario(name)
    there = as_of(episode, start_of(episode))
    assert there.moves_from is not None
    before, after = market_data(episode), market_data(there)
    assert before.curves.kind == after.curves.kind
    for field, values in arrays(before).items():
        np.testing.assert_array_equal(arrays(after)[field], values, err_msg=field)
    assert [f.delivery_month for f in after.futures] == [f.delivery_month for f in before.futures]


@pytest.mark.parametrize("when", ["2019-06-12", "2025-06-12", LAST])
@pytest.mark.parametrize("name", ["march-2020", "april-2025", "svb-2023", "ldi-2022", "april-2025-intraday"])
def test_levels_are_of_the_day_and_moves_of_the_episode(name: str, when: str) -> None:
    episode = scenario(name)
    past, data = market_data(episode), market_data(as_of(episode, when))
    assert str(np.datetime64(int(data.dates[0]), "D")) == when
    yields = read("par_yields").set_index("date").loc[when]
    np.testing.assert_allclose(data.curves.par_yields[0, [4, 8]], yields[["y_2y_pct", "y_10y_pct"]] / 100, atol=1e-15)
    moves, observed = np.diff(data.curves.par_yields, axis=0), np.diff(past.curves.par_yields, axis=0)
    both = ~np.isnan(moves).any(axis=0)
    np.testing.assert_allclose(moves[:, both], observed[:, both], atol=1e-15)
    assert data.sofr[0] == pytest.approx(read("repo").set_index("date").loc[when, "sofr_pct"] / 100)
    np.testing.assert_allclose(np.diff(data.repo_rate), np.diff(past.repo_rate), atol=1e-15)
    np.testing.assert_allclose(np.diff(data.carry_rate), np.diff(past.carry_rate), atol=1e-15)
    np.testing.assert_array_equal(data.dislocation_bp, past.dislocation_bp)
    np.testing.assert_array_equal(data.haircut, past.haircut)
    for future in data.futures:
        assert (future.basket.known <= data.dates[0]).all()
        assert future.last_delivery >= data.dates[-1]


def test_margins_rise_in_proportion_on_the_level_of_the_day() -> None:
    past, data = (market_data(s, ["TY"]) for s in (scenario("march-2020"), as_of(scenario("march-2020"), LAST)))
    usd, margin = past.futures[0].margin.usd, data.futures[0].margin
    assert usd[-1] > usd[0]
    np.testing.assert_allclose(margin.leverage, 60 * usd[0] / usd, rtol=1e-14)


def test_dated_parts_keep_their_business_day() -> None:
    episode = scenario("april-2025-perfect-storm")
    past, there = mark_days(episode.start, episode.end), as_of(episode, LAST)
    days = mark_days(there.start, there.end)
    for before, after in zip(episode.repo_rate_shifts, there.repo_rate_shifts, strict=True):
        assert np.searchsorted(past, np.datetime64(before.date)) == np.searchsorted(days, np.datetime64(after.date))
    assert there.title.startswith("April 2025")
    assert "as of 22 July 2026" in there.title
    assert there.name.endswith(LAST)
    assert "moves of April 2025" in str(there)


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("2026-07-25", ["no business day", "2026-07-27"]),
        ("2026-08-20", ["6mo par yield of 2026-08-20", "to 2026-07-22"]),
        ("2027-01-04", ["no par yield of 2027-01-04", "2026-07-22"]),
        ("July", ["not a date"]),
    ],
)
def test_a_day_without_data_is_named(when: str, words: list[str]) -> None:
    with pytest.raises(InputError) as problem:
        as_of(scenario("april-2025"), when)
    for word in words:
        assert word in str(problem.value)
    assert len(str(problem.value)) <= 300


def test_an_episode_is_put_on_one_day_only() -> None:
    with pytest.raises(InputError, match="already"):
        as_of(as_of(scenario("april-2025"), LAST), "2025-06-12")


def test_a_window_longer_than_the_front_contract_is_held_in_one_that_lasts() -> None:
    there = as_of(scenario("april-2025"), "2025-08-20")
    assert there.delivery_month is None  # the front month, 2025-09
    longer = as_of(scenario("2025-first-half").but(contracts=("TY",)), "2025-08-20")
    assert longer.end > date(2026, 1, 31)
    assert longer.delivery_month == "2026-03"
    data = market_data(longer, ["TY"])
    assert data.futures[0].last_delivery >= data.dates[-1]
