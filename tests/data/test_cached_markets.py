"""Priced markets are kept by content: equal inputs give the same market, any change gives another."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from basis_data.markets.cached_markets import MARKETS, _priced, scenario_market
from basis_data.scenarios.scenario import Scenario, scenario
from basis_data.tables.windows import source_of
from basis_engine.base.errors import InputError

TY = ("TY",)


@pytest.fixture(autouse=True)
def _empty() -> None:
    _priced.cache_clear()


def twisted() -> Scenario:
    return scenario("april-2025").with_yields("2025-04-09", by_tenor={"2y": 10, "30y": 60})


def test_equal_inputs_give_the_same_market_and_a_change_gives_another() -> None:
    first = scenario_market(scenario("april-2025"), TY)
    assert scenario_market(scenario("april-2025"), TY) is first
    assert scenario_market(scenario("april-2025"), ("US",)) is not first
    assert scenario_market(scenario("april-2025").scaled(2.0), TY) is not first


def test_a_table_changed_in_place_gives_another_market() -> None:
    given = twisted()
    before = scenario_market(given, TY)
    move = given.yield_moves[0].by_tenor
    assert move is not None
    move["2y"] = 20.0
    after = scenario_market(given, TY)
    assert not np.array_equal(before.priced.futures, after.priced.futures)
    assert np.array_equal(scenario_market(twisted(), TY).priced.futures, before.priced.futures)


def test_a_changed_file_gives_another_market_and_a_missing_one_its_own_error(tmp_path: Path) -> None:
    file = tmp_path / "repo.csv"
    file.write_text(source_of("repo", None).read_text())
    given = scenario("april-2025").but(files={"repo": file})
    before = scenario_market(given, TY)
    assert scenario_market(given, TY) is before
    file.write_text(file.read_text().replace("2025-04-09,4.42", "2025-04-09,4.52", 1))
    assert scenario_market(given, TY) is not before
    file.unlink()
    with pytest.raises(InputError, match=r"repo.csv: no such file; give the path of a CSV file"):
        scenario_market(given, TY)


def test_no_more_markets_are_kept_than_said() -> None:
    for step in range(MARKETS + 3):
        scenario_market(scenario("april-2025").scaled(1.0 + step / 100.0), TY)
    assert _priced.cache_info().currsize == MARKETS


def test_threads_and_a_forked_child_find_equal_markets() -> None:
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: scenario_market(scenario("april-2025"), TY).priced.futures, range(8)))
    assert all(np.array_equal(prices, found[0]) for prices in found)
    child = os.fork()
    if child == 0:  # nothing but the exit status may leave the child
        same = np.array_equal(scenario_market(scenario("april-2025"), TY).priced.futures, found[0])
        os._exit(0 if same else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
