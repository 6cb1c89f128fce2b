"""Generated paths: equal bytes however they are cut, exact impulses, bounds that are told, a market that runs."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.signal import lfilter

import basis_stress as bs
from basis_data.markets.market_data import market_data
from basis_data.markets.pricing import priced_market
from basis_data.scenarios.scenario import scenario
from basis_data.shocks.generators import GENERATORS, generator
from basis_data.shocks.history import smoothed
from basis_data.shocks.markets import apply
from basis_data.shocks.paths import BLOCK, HIGHEST_YIELD, LOWEST_YIELD, Paths, chunks, generate
from basis_engine.base.errors import InputError
from basis_engine.bonds.curves import PAR
from basis_engine.simulation.run import run
from basis_strategies.assemble import assemble
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_strategies.plan import Execution
from basis_stress.single_book.run import _plan

RANDOM = ["bootstrap", "garch", "jumps", "tails"]
START = np.array([0.0436, 0.0435, 0.0419, 0.0402, 0.0391, 0.0392, 0.0405, 0.042, 0.0434, 0.0485, 0.0484])


def raw(paths: Paths) -> bytes:
    return b"".join(one.tobytes() for one in (paths.changes, paths.repo_spread, paths.margin_multiple))


def joined(parts: list[Paths]) -> bytes:
    fields = ("changes", "repo_spread", "margin_multiple")
    return b"".join(np.concatenate([getattr(part, field) for part in parts]).tobytes() for field in fields)


@pytest.mark.parametrize("name", RANDOM)
def test_equal_bytes_from_any_threads_and_chunks(name: str) -> None:
    whole = generate(name, 700, 12, seed=5)
    assert raw(generate(name, 700, 12, seed=5, threads=3)) == raw(whole)
    for chunk in (1000, BLOCK, 300, 97):
        parts = list(chunks(name, 700, 12, seed=5, threads=2, chunk=min(chunk, 700)))
        assert [part.first for part in parts] == list(range(0, 700, min(chunk, 700)))
        assert joined(parts) == raw(whole)
    assert raw(generate(name, 700, 12, seed=6)) != raw(whole)


@pytest.mark.parametrize("name", RANDOM)
def test_fewer_paths_and_days_are_the_first_of_more(name: str) -> None:
    whole = generate(name, 300, 20, seed=1)
    fewer = generate(name, 10, 7, seed=1)
    np.testing.assert_array_equal(fewer.changes, whole.changes[:10, :7])
    np.testing.assert_array_equal(fewer.repo_spread, whole.repo_spread[:10, :7])
    np.testing.assert_array_equal(fewer.margin_multiple, whole.margin_multiple[:10, :7])


def test_paths_of_one_block_and_of_two_differ() -> None:
    changes = generate("garch", 2 * BLOCK, 3).changes
    assert len(np.unique(changes[:, :, 0], axis=0)) == 2 * BLOCK


def test_an_impulse_arrives_on_its_day_and_wears_off() -> None:
    drawn = generate("parallel", 2, 6, size_bp=100, day=3, kept=0.5)
    levels = 1e4 * (drawn.levels(START)[1] - START)
    np.testing.assert_allclose(levels, np.outer([0, 0, 0, 100, 50, 25, 12.5], np.ones(11)), atol=1e-9)
    lasting = generate("parallel", 2, 6, size_bp=100, day=3)
    assert lasting.repo_spread[0, 2] > 0 == lasting.repo_spread[0, 1]
    assert (np.diff(lasting.repo_spread[0, 2:]) < 0).all()
    assert lasting.margin_multiple[0, 2] == 1.0 < lasting.margin_multiple[0, 3]  # notice one day, in force the next


@pytest.mark.parametrize(
    ("settings", "moved"),
    [
        ({"shape": "steepener"}, [-0.5, -0.5, 0.0, 0.5]),
        ({"shape": "butterfly"}, [-0.5, -0.5, np.nan, -0.5]),
        ({"shape": {"2y": 1.0, "30y": 0.0}}, [1.0, 1.0, 0.5, 0.0]),
    ],
)
def test_shapes_run_straight_in_the_logarithm_of_the_tenor(settings: dict, moved: list[float]) -> None:
    drawn = generate("impulse", 1, 1, size_bp=1.0, **settings)
    profile = 1e4 * drawn.changes[0, 0]
    middle = np.interp(np.log(np.sqrt(60.0)), np.log([7.0, 10.0]), profile[7:9])  # half way from 2 to 30 years
    found = np.array([profile[0], profile[4], middle, profile[10]])
    known = ~np.isnan(moved)
    np.testing.assert_allclose(found[known], np.array(moved)[known], atol=1e-12)
    if settings["shape"] == "butterfly":
        assert profile[7] == pytest.approx(0.5)


def test_levels_beyond_the_bounds_are_held_and_told() -> None:
    start = np.full(11, 0.002)
    drawn = generate("parallel", 1, 4, size_bp=-200, day=2, kept=0.25)
    shown = drawn.yields(start)[0, :, 8]
    np.testing.assert_allclose(shown, [0.002, 0.002, LOWEST_YIELD, -0.003, 0.00075])  # and comes back
    assert drawn.bounded(start) == 0.25
    assert drawn.bounded(np.full(11, 0.04)) == 0.0
    assert generate("parallel", 1, 1, size_bp=2000).yields(np.full(11, 0.1)).max() == HIGHEST_YIELD
    missing = np.where(np.arange(11) == 9, np.nan, 0.04)
    assert np.isnan(drawn.yields(missing)[0, :, 9]).all()


@pytest.mark.parametrize("name", sorted(GENERATORS))
def test_every_generator_runs_through_the_event_loop(name: str) -> None:
    given = market_data(scenario("april-2025"), ("TY",))
    drawn = generate(name, 3, len(given.dates) + 5, seed=2)
    for which in range(3):
        market = apply(given, drawn, which)
        assert market.curves.kind == PAR
        np.testing.assert_array_equal(market.curves.par_yields[0], given.curves.par_yields[0])
        moves = market.curves.par_yields[-1] - market.curves.par_yields[0]
        np.testing.assert_allclose(moves, drawn.changes[which, : len(given.dates) - 1].sum(axis=0), atol=1e-12)
        np.testing.assert_allclose(
            market.repo_rate[1:] - given.sofr[0], drawn.repo_spread[which, : len(given.dates) - 1], atol=1e-15
        )
        assert f"path {which} of {name}" in market.curves.remark
        priced = priced_market(market)
        plan, _ = _plan(CashFuturesBasis(leverage=30.0), priced, None, Execution())
        outcome = run(assemble(plan, priced))
        assert np.isfinite(outcome.fund_days).all()
        margins = priced.initial_margin[1:, 0] / priced.initial_margin[0, 0]
        np.testing.assert_allclose(margins, drawn.margin_multiple[which, : len(margins)])


def test_a_path_shorter_than_the_scenario_is_refused() -> None:
    given = market_data(scenario("april-2025"), ("TY",))
    with pytest.raises(InputError, match=r"days: 5 given, the scenario april-2025 needs 20"):
        apply(given, generate("parallel", 1, 5))
    with pytest.raises(InputError, match=r"which: 1 given, allowed is 0 to 0"):
        apply(given, generate("parallel", 1, 30), 1)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"name": "bootstrp"}, r"shocks 'bootstrp': unknown \(did you mean 'bootstrap'\?\); allowed are parallel"),
        ({"paths": 0}, "paths: 0 given, allowed is a whole number from 1 to 10,000,000"),
        ({"days": 2.5}, "days: 2.5 given"),
        ({"threads": 0}, "threads: 0 given"),
        ({"seed": -1}, "seed: -1 given, allowed is a whole number from 0"),
        ({"run_days": 0.5}, "shocks bootstrap, run_days: 0.5 given"),
        ({"size_bp": 3}, "shocks bootstrap, size_bp: unknown key"),
        ({"name": "impulse", "shape": "hump"}, "shocks impulse, shape: .*'hump'.*allowed is parallel, steepener"),
        ({"name": "impulse", "shape": {"4y": 1.0}}, "multiples by tenor, of 1mo, 3mo"),
        ({"funding": {"margin_floor": 0}}, "funding, margin_floor: 0 given"),
        ({"funding": {"margin_flor": 1}}, r"margin_flor: unknown key \(did you mean 'margin_floor'\?\)"),
    ],
)
def test_a_wrong_argument_gets_one_sentence(arguments: dict, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as refused:
        bs.generate(**{"name": "bootstrap", "paths": 2, "days": 2, **arguments})
    assert "\n" not in str(refused.value)


def test_a_floor_over_the_cap_is_refused() -> None:
    with pytest.raises(InputError, match=r"margin_floor: 2\.0 given, allowed is at most the margin_cap 1\.0"):
        generate("bootstrap", 1, 1, funding={"margin_floor": 2.0, "margin_cap": 1.0})


def test_the_listing_names_every_generator_and_its_settings() -> None:
    table = bs.shocks().set_index("name")
    assert list(table.index) == list(GENERATORS)
    for name in GENERATORS:
        for field in type(generator(name)).model_fields:
            assert f"{field}=" in table.loc[name, "settings"]


MEASURE = """
import resource, sys
from basis_data.shocks.paths import generate
generate(sys.argv[1], 100_000, 60, threads=2)
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", RANDOM)
def test_a_hundred_thousand_paths_in_two_gigabytes(name: str) -> None:
    done = subprocess.run([sys.executable, "-c", MEASURE, name], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 2e9


@pytest.mark.parametrize("seed", range(5))
def test_smoothing_is_that_of_scipy_to_the_last_bit(seed: int) -> None:
    random = np.random.default_rng(seed)
    values, state = random.standard_normal((7, 200)) * 10.0 ** random.uniform(-6.0, 3.0), random.standard_normal(7)
    weight, memory = random.uniform(size=2)
    expected, _ = lfilter([weight], [1.0, -memory], values, axis=1, zi=state[:, None])
    assert smoothed(values, weight, memory, state).tobytes() == expected.tobytes()
