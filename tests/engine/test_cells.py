"""Cells of a sweep: their rows are those of a plan bit for bit, and their outcomes those of full runs."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
from numpy.typing import NDArray

import basis_engine.simulation.cells
from basis_data.markets.market_data import market_data
from basis_data.markets.pricing import PricedMarket, priced_market
from basis_data.scenarios.scenario import changed, scenario
from basis_engine.base.errors import InputError
from basis_engine.simulation.cells import BookRows, check_books, run_books
from basis_engine.simulation.lanes import LANES
from basis_engine.simulation.names import Constraint, Outcome
from basis_engine.simulation.rows import OutcomeRow, empty_rows
from basis_engine.simulation.run import Setup, run, scratch_worlds
from basis_engine.simulation.world import WorldBatch
from basis_strategies import cells
from basis_strategies.assemble import assemble
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_strategies.cells import outcomes, prepare
from basis_strategies.plan import Execution, Plan
from support.worlds import Shape, random_world

EXECUTION = Execution(impact_bp_per_bn=1.0, depth_usd=5e9)
BASES = [
    CashFuturesBasis.model_validate({}),
    CashFuturesBasis.model_validate({"unwind": "target-leverage", "term_share": 0.4, "buffer": 0.01}),
    CashFuturesBasis.model_validate({"unwind": "stop-out", "drawdown_limit": 0.01, "sizing": "dv01"}),
    CashFuturesBasis.model_validate({"unwind": "hold", "whole_contracts": False, "notional": 3e9}),
]


def table(base: CashFuturesBasis, count: int, seed: int) -> dict[str, NDArray[np.float64]]:
    """Random cells, some of them beyond what haircut and margin carry."""
    rng = np.random.default_rng(seed)
    columns = {
        "haircut": rng.choice([-0.01, 0.0, 0.005, 0.02], count),
        "margin_multiple": rng.choice([0.3, 1.0, 1.7], count),
        "term_share": rng.choice([0.0, 0.5, 1.0], count),
        "term_days": rng.choice([5.0, 90.0], count),
        "term_spread_bp": rng.uniform(-5, 20, count),
        "repo_spread_bp": rng.uniform(-5, 300, count),
        "repo_threshold": rng.choice([0.0, 0.01], count),
        "leverage_limit_multiple": rng.uniform(1.0, 1.2, count),
        "drawdown_limit": rng.uniform(0.0, 0.02, count),
        "credit_line": rng.choice([0.0, 2e6], count),
        "depth_share": rng.uniform(0.05, 1.0, count),
    }
    if base.buffer is None:
        columns["leverage"] = rng.uniform(5.0, 90.0, count)
    else:
        columns["buffer"] = rng.choice([0.0, 0.002, 0.02], count)
    if base.notional is None:
        columns["equity"] = rng.uniform(1e7, 1e9, count)
    else:
        columns["notional"] = rng.uniform(1e8, 1e10, count)
    return columns


@pytest.fixture(scope="module", params=[("TY",), ("TU", "FV", "TY", "US")], ids=["TY", "four"])
def market(request: pytest.FixtureRequest) -> PricedMarket:
    shocks: dict[str, Any] = {
        "margin_notices": [{"date": "2025-04-08", "multiple": 1.5}],
        "haircut_changes": [{"date": "2025-04-10", "haircut": 0.01}],
    }
    return priced_market(market_data(changed(scenario("april-2025"), "test", **shocks), request.param))


def alone(market: PricedMarket, base: CashFuturesBasis, cell: dict[str, float]) -> Setup:
    """The set-up of one cell by way of its plan, in a market of its margins."""
    own = replace(market, initial_margin=market.initial_margin * cell["margin_multiple"])
    terms = base.model_dump() | {name: value for name, value in cell.items() if name != "margin_multiple"}
    fund = CashFuturesBasis.model_validate(terms).fund(own)
    return assemble(Plan((fund,), EXECUTION), own)


@pytest.mark.parametrize("base", BASES, ids=lambda base: base.unwind)
def test_a_cell_is_its_plan_bit_for_bit(market: PricedMarket, base: CashFuturesBasis) -> None:
    count = 60
    columns = table(base, count, seed=len(market.codes))
    book = prepare(market, base, EXECUTION)
    rows = empty_rows(OutcomeRow, count)
    books = book.books(columns, rows)
    found = outcomes(market, columns, base, EXECUTION)
    for i in range(count):
        cell = {name: float(values[i]) for name, values in columns.items()}
        try:
            setup = alone(market, base, cell)
        except InputError:
            assert found[i].outcome == rows[i].outcome == Outcome.NOT_ENTERED
            assert found[i].constraint in (Constraint.REPO_MARGIN, Constraint.INITIAL_MARGIN)
            continue
        contracts = np.asarray(books.contracts)[i].copy()
        contracts["margin_multiple"] = 1.0  # the scaled market has it in its schedule
        assert np.asarray(books.funds)[i].tobytes() == setup.funds.tobytes()
        assert np.asarray(books.positions)[i].tobytes() == setup.positions.tobytes()
        assert contracts.tobytes() == setup.contracts.tobytes()
        assert found[i].tobytes() == run(setup).outcomes[0].tobytes()


def test_the_cells_meet_every_fate(market: PricedMarket) -> None:
    fates = [outcomes(market, table(base, 60, len(market.codes)), base, EXECUTION)["outcome"] for base in BASES]
    assert set(np.concatenate(fates).tolist()) == set(Outcome) - {Outcome.INSOLVENT}


def test_chunks_threads_and_neighbours_change_no_byte(market: PricedMarket, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = table(BASES[0], 200, seed=7)
    whole = outcomes(market, columns).tobytes()
    with ThreadPoolExecutor(4) as pool:
        assert {rows.tobytes() for rows in pool.map(lambda _: outcomes(market, columns), range(16))} == {whole}
    monkeypatch.setattr(cells, "BLOCK", 37)
    assert outcomes(market, columns).tobytes() == whole
    backwards = outcomes(market, {name: values[::-1] for name, values in columns.items()})
    assert backwards[::-1].tobytes() == whole


def test_columns_of_outcomes_are_those_of_their_rows(market: PricedMarket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "BLOCK", 37)
    columns = table(BASES[1], 200, seed=7)
    rows, found = outcomes(market, columns, BASES[1]), prepare(market, BASES[1]).outcome_columns(columns)
    entered = rows["outcome"] != Outcome.NOT_ENTERED
    assert 0 < entered.sum() < 200
    assert tuple(found) == rows.dtype.names
    for name, column in found.items():
        assert column.dtype == rows[name].dtype
        assert np.array_equal(column[entered], rows[name][entered]), name
        if column.dtype.kind == "f":
            assert np.isnan(column[~entered]).all()
        else:
            assert np.array_equal(column, rows[name]), name


def test_a_column_that_is_not_finite_is_refused_though_its_rows_were_checked(market: PricedMarket) -> None:
    class Endless(CashFuturesBasis):
        def books(self, market: Any, legs: Any, columns: Any, count: int) -> Any:
            sized = super().books(market, legs, columns, count)
            sized.funds["credit_line_usd"] = np.where(np.arange(count) > 0, np.inf, 0.0)
            return sized

    with pytest.raises(InputError, match="credit_line"):
        outcomes(market, {"leverage": np.array([20.0, 30.0])}, Endless.model_validate({}))


def test_a_full_queue_is_run_again_with_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random books of three positions and five marks a day, in scratch worlds that at first hold two events."""
    queues: list[int] = []

    def spy(setup: Setup, count: int, queue: int) -> WorldBatch:
        queues.append(queue)
        return scratch_worlds(setup, count, queue)

    monkeypatch.setattr(basis_engine.simulation.cells, "QUEUE", 3)
    monkeypatch.setattr(basis_engine.simulation.cells, "scratch_worlds", spy)
    for seed in range(12):
        setup = random_world(seed, Shape(funds=1, positions=3, contracts=2, daily_marks=5))
        rows: Any = empty_rows(OutcomeRow, 1)
        run_books(setup, BookRows(setup.funds, setup.positions[None], setup.contracts[None], rows))
        assert rows.tobytes() == run(setup).outcomes.tobytes()
    assert len(queues) > 12


def test_a_fund_that_never_enters_says_what_asked_too_much(market: PricedMarket) -> None:
    rows = outcomes(market, {"leverage": np.array([500.0, 20.0, 20.0]), "haircut": np.array([0.0, 0.2, 0.0])})
    assert rows["outcome"].tolist() == [Outcome.NOT_ENTERED, Outcome.NOT_ENTERED, Outcome.SURVIVED]
    assert rows["constraint"].tolist() == [Constraint.INITIAL_MARGIN, Constraint.REPO_MARGIN, Constraint.NONE]
    assert rows["equity"][:2].tolist() == [0.0, 0.0]


def test_no_cells_come_to_nothing(market: PricedMarket) -> None:
    assert len(outcomes(market, {"leverage": np.empty(0)})) == 0


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"levrage": [20.0]}, ["'levrage': unknown", "did you mean 'leverage'"]),
        ({"leverage": [20.0, np.nan]}, ["row 1, leverage: nan given"]),
        ({"leverage": [20.0, -1.0]}, ["row 1, leverage: -1.0 given", "greater than 0"]),
        ({"term_days": [1.5]}, ["row 0, term_days: 1.5 given"]),
        ({"margin_multiple": [0.0]}, ["row 0, margin_multiple: 0 given"]),
        ({"haircut": [0.0, 0.6]}, ["row 1, haircut: 0.6 given", "less than or equal to 0.5"]),
        ({"leverage": [20.0], "buffer": [0.01]}, ["leverage and buffer: both given"]),
        ({"leverage": [20.0], "haircut": [0.0, 0.0]}, ["leverage (1,), haircut (2,)"]),
        ({"leverage": [[20.0]]}, ["leverage (1, 1)"]),
        ({}, ["none columns given"]),
    ],
)
def test_a_wrong_table_is_one_sentence(market: PricedMarket, columns: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(InputError) as refused:
        outcomes(market, {name: np.asarray(values, float) for name, values in columns.items()})
    for word in words:
        assert word in str(refused.value)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_found_in_every_field(wrong: float) -> None:
    setup = random_world(1, Shape(days=3, funds=1, positions=2, contracts=2))
    rows = {
        "funds": np.repeat(setup.funds, 5),
        "positions": np.repeat(setup.positions[None], 5, 0),
        "contracts": np.repeat(setup.contracts[None], 5, 0),
    }
    for name, table_of in rows.items():
        table_of = rows[name] = table_of.view(getattr(setup, name).dtype)
        for field in table_of.dtype.names:
            if table_of.dtype[field].kind == "f":
                before = table_of[field].flat[-1]
                table_of[field].flat[-1] = wrong
                with pytest.raises(InputError, match=rf"books\.{name}\[4.*\]\.{field} is not finite"):
                    check_books(setup, BookRows(**rows, outcomes=empty_rows(OutcomeRow, 5)))
                table_of[field].flat[-1] = before
    check_books(setup, BookRows(**rows, outcomes=empty_rows(OutcomeRow, 5)))


def test_values_near_the_largest_are_finite() -> None:
    setup = random_world(1, Shape(days=3, funds=1, positions=1, contracts=1))
    funds = np.repeat(setup.funds, 2).view(setup.funds.dtype)
    funds["credit_line"] = 1e308
    books = BookRows(
        funds, setup.positions[None].repeat(2, 0), setup.contracts[None].repeat(2, 0), empty_rows(OutcomeRow, 2)
    )
    check_books(setup, books)


def test_a_cell_whose_futures_round_to_none_is_not_entered(market: PricedMarket) -> None:
    rows = outcomes(market, {"equity": np.array([2e3, 1e8])})
    assert rows["outcome"][0] == Outcome.NOT_ENTERED != rows["outcome"][1]
    assert rows["constraint"][0] == Constraint.NONE
    with pytest.raises(InputError, match="equity: \\$2,000 at 20x is less than a future of each contract"):
        CashFuturesBasis(equity=2e3).fund(market)
    assert CashFuturesBasis(equity=2e3, whole_contracts=False).fund(market).equity_usd == pytest.approx(2e3)


def test_a_group_has_a_world_for_every_lane() -> None:
    assert len(get_args(basis_engine.simulation.cells.Group)) == LANES
