"""Books through many paths at once: the outcome of each is that of a market of its own, bit for bit."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import basis_engine.simulation.paths
from basis_data.markets.market_data import MarketData, market_data, with_yield_scale
from basis_data.markets.pricing import priced_market
from basis_data.scenarios.scenario import Scenario, scenario
from basis_data.shocks import markets
from basis_data.shocks.paths import generate
from basis_engine.base.compile import set_threads, settings
from basis_engine.base.errors import InputError
from basis_engine.simulation.names import Outcome
from basis_engine.simulation.world import Records
from basis_strategies.assemble import NOTICE_DAYS
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_strategies.cells import prepare
from basis_strategies.paths import PathBook, PathOverrides, prepare_paths
from basis_strategies.plan import Execution
from basis_stress.breaking.levers import LEVERS
from basis_stress.ensembles.entry import entry_market

EXECUTION = Execution(impact_bp_per_bn=1.0, depth_usd=5e9)
CELLS = {"leverage": np.array([15.0, 40.0, 58.0]), "term_share": np.array([0.0, 0.5, 0.0])}
CURE = CashFuturesBasis.model_validate({})
STOP = CashFuturesBasis.model_validate({"unwind": "stop-out", "drawdown_limit": 0.01, "haircut": 0.001})
DAY = "2025-04-02"


def book(data: MarketData, base: CashFuturesBasis = CURE) -> PathBook:
    return prepare_paths(priced_market(data), base, EXECUTION)


def alone(data: MarketData, base: CashFuturesBasis = CURE) -> bytes:
    """Outcomes of the cells in a market of their own."""
    return prepare(priced_market(data), base, EXECUTION).outcomes(CELLS).tobytes()


@pytest.fixture(scope="module", params=[("TY",), ("TU", "FV", "TY", "US")], ids=["TY", "four"])
def codes(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return tuple(request.param)


@pytest.mark.parametrize("base", [CURE, STOP], ids=["cure", "stop-out"])
def test_scales_of_history_are_markets_of_their_own(codes: tuple[str, ...], base: CashFuturesBasis) -> None:
    data = market_data(scenario("april-2025").but(curve="par"), codes)
    scales = np.array([0.0, 0.3, 1.0, 2.5, 6.0])
    rows = book(data, base).outcomes(LEVERS["scale"].paths(data, scales, 1), CELLS)
    assert len(np.unique(rows["outcome"])) > 1
    for scale, row in zip(scales, rows, strict=True):
        assert row.tobytes() == alone(with_yield_scale(data, float(scale)), base)


def test_generated_paths_are_markets_of_their_own(codes: tuple[str, ...]) -> None:
    data = entry_market("april-2025", codes, 40)
    drawn = generate("tails", 30, 40, seed=3)
    rows = book(markets.apply(data, drawn, 0)).outcomes(PathOverrides(**markets.drivers(data, drawn)), CELLS)
    for which, row in enumerate(rows):
        assert row.tobytes() == alone(markets.apply(data, drawn, which))


def test_paths_are_delivered_as_they_would_be_alone() -> None:
    """The window reaches delivery: on some paths carry is negative, and notes go on the first day."""
    chosen = scenario("april-2025").but(end="2025-06-30", delivery_month="2025-06", contracts=["TY", "FV"], curve="par")
    data = market_data(chosen, ("TY", "FV"))
    drawn = generate("bootstrap", 25, len(data.dates) - 1, seed=1)
    low = drawn.changes.copy()
    low[::2, 0] += 0.05  # yields above repo
    drawn = type(drawn)(drawn.generator, drawn.seed, 0, low, drawn.repo_spread, drawn.margin_multiple)
    priced = [priced_market(markets.apply(data, drawn, which)) for which in range(25)]
    notice = int(np.searchsorted(data.dates, data.futures[0].first_delivery)) - NOTICE_DAYS
    assert len({int(one.priced.delivery[notice, 0]) for one in priced}) == 2
    rows = book(markets.apply(data, drawn, 0)).outcomes(PathOverrides(**markets.drivers(data, drawn)), CELLS)
    for one, row in zip(priced, rows, strict=True):
        assert row.tobytes() == prepare(one, CURE, EXECUTION).outcomes(CELLS).tobytes()


def levered(base: Scenario, lever: str, value: float) -> Scenario:
    """A lever turned up by composition."""
    end = str(base.end)
    return {
        "repo_bp": lambda: base.with_repo(DAY, value, until=end),
        "haircut": lambda: base.with_haircut(DAY, base.haircut + value),
        "margin_multiple": lambda: base.with_margin(DAY, value),
        "not_rolled": lambda: base.with_pull_back(DAY, value, until=end),
    }[lever]()


@pytest.mark.parametrize(
    ("lever", "values"),
    [
        ("repo_bp", [0.0, 40.0, 900.0]),
        ("haircut", [0.0, 0.002, 0.03]),
        ("margin_multiple", [1.0, 1.1, 2.5]),
        ("not_rolled", [0.0, 0.002, 0.4]),
    ],
)
def test_levers_are_the_scenario_composed(codes: tuple[str, ...], lever: str, values: list[float]) -> None:
    base = scenario("april-2025")
    data = market_data(base, codes)
    rows = book(data).outcomes(LEVERS[lever].paths(data, np.array(values), 1), CELLS)
    assert len(np.unique(rows["outcome"])) > 1
    for value, row in zip(values, rows, strict=True):
        composed = market_data(levered(base, lever, value), codes)  # a spike of a scenario moves expected repo too
        assert row.tobytes() == alone(replace(composed, carry_rate=data.carry_rate))


@pytest.fixture
def all_threads() -> Iterator[None]:
    """Give the threads back after a test."""
    yield
    set_threads(settings.NUMBA_NUM_THREADS)


@pytest.mark.usefixtures("all_threads")
def test_threads_blocks_and_queues_change_no_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    data = market_data(scenario("april-2025").but(curve="par"), ("TY",))
    laid = book(data)
    scales = LEVERS["scale"].paths(data, np.linspace(0.0, 8.0, 90), 1)
    whole = laid.outcomes(scales, CELLS).tobytes()
    set_threads(1)
    assert laid.outcomes(scales, CELLS).tobytes() == whole
    monkeypatch.setattr(basis_engine.simulation.paths, "BLOCKS", 7)
    monkeypatch.setattr(basis_engine.simulation.paths, "QUEUE", 2)
    assert laid.outcomes(scales, CELLS).tobytes() == whole


def test_a_book_that_cannot_enter_is_left_out() -> None:
    data = market_data(scenario("april-2025").but(curve="par"), ("TY",))
    paths = LEVERS["scale"].paths(data, np.array([0.0, 2.0]), 1)
    rows: Records = book(data).outcomes(paths, {"leverage": np.array([20.0, 500.0])})
    assert (rows["outcome"] == Outcome.NOT_ENTERED).tolist() == [[False, True]] * 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda own: {}, "none given"),
        (lambda own: {"par_yields": own["par_yields"], "repo_rate": own["repo_rate"][:1]}, "par_yields 2, repo_rate 1"),
        (lambda own: {"repo_rate": own["repo_rate"][:, 1:]}, "repo_rate: (20,) a path given"),
        (lambda own: {"par_yields": own["par_yields"] + 0.001}, "par_yields: differs on the first day"),
        (
            lambda own: {"not_rolled": own["not_rolled"] + np.array([0.0] * 20 + [np.nan])},
            "not_rolled: holds a value that is not",
        ),
        (lambda own: {"par_yields": own["par_yields"] + np.linspace(0, 6, 21)[:, None]}, "are no curve"),
    ],
)
def test_wrong_paths_are_one_sentence(change: Any, words: str) -> None:
    data = market_data(scenario("april-2025").but(curve="par"), ("TY",))
    fields = {"par_yields": data.curves.par_yields, "repo_rate": data.repo_rate, "not_rolled": data.not_rolled}
    own = {name: np.stack([value, value]) for name, value in fields.items()}
    given = {name: np.broadcast_to(value, (len(value), *value.shape[1:])) for name, value in change(own).items()}
    with pytest.raises(InputError) as refused:
        book(data).outcomes(PathOverrides(**given), CELLS)
    assert words in str(refused.value)
