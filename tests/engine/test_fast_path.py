"""Routine days leave what the event loop leaves: all rows of a world but its log, over random worlds, calm and wild."""

from typing import Any

import numpy as np
import pytest

from basis_engine.simulation.day import advance, simulate_outcomes
from basis_engine.simulation.lanes import empty_lanes
from basis_engine.simulation.names import EventKind, Outcome, PnlLine, Unwind, column_names
from basis_engine.simulation.record import enter
from basis_engine.simulation.run import Setup, run, scratch_worlds
from basis_engine.simulation.schedule import CALL_TIME, INTRADAY_TIME, SETTLEMENT_TIME, DatedEvent
from basis_engine.simulation.world import World
from support.worlds import FIRST_DAY, Shape, hand_made, random_world

SHAPES = [
    Shape(days=25, funds=1, positions=1, contracts=1),
    Shape(days=25, funds=1, positions=3, contracts=2),
    Shape(days=40, funds=1, positions=2, contracts=2, daily_marks=2),
    Shape(days=25, funds=2, positions=1, contracts=1),
]
LEFT = ("clock", "funds", "positions", "contracts", "dealers", "outcomes", "profit")
UNUSED = ("logged", "created", "rows_used", "freed_row", "first_fifo", "is_created", "next_fifo")
"""Fields of the log and of the queue, which a run without a log may leave otherwise; causes are rows of the log."""


def walked(setup: Setup, quiet: bool) -> dict[str, Any]:
    """Every row that a world without a record ends with, its days settled quietly where they are quiet, or never."""
    worlds = scratch_worlds(setup, 1, 4096)
    arrays = [np.asarray(array)[0] for array in worlds]
    rows: Any = [array.view(whole.dtype) for array, whole in zip(arrays, worlds, strict=True)]  # type: ignore[union-attr]
    world = World(setup.market, *rows)
    enter(world)
    if quiet:
        simulate_outcomes(world, empty_lanes(len(setup.positions)))
    else:
        assert not advance(world)
    left = {name: np.asarray(getattr(world, name)) for name in LEFT}
    return left | waiting(world)


def waiting(world: World) -> dict[str, Any]:
    """The created events that are left, in the order in which they would happen."""
    queue: Any = np.asarray(world.queue)
    rows, line = [], world.clock[0].first_fifo
    while len(rows) < world.clock[0].queued:
        row = line
        while row >= 0:
            rows.append(row)
            row = queue[row].next_in_fifo
        line = queue[line].next_fifo
    names = ("time", "kind", "fund", "position", "party")
    return {f"queue {name}": queue[name][rows] for name in names}


def assert_equal_bytes(setup: Setup) -> None:
    quiet, eventful = walked(setup, True), walked(setup, False)
    for name, rows in quiet.items():
        for field in rows.dtype.names or ():
            if field not in UNUSED and not field.endswith("cause"):
                assert rows[field].tobytes() == eventful[name][field].tobytes(), f"{name}.{field}"
        assert rows.dtype.names or rows.tobytes() == eventful[name].tobytes(), name
    assert quiet["outcomes"].tobytes() == run(setup).outcomes.tobytes()


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: f"{shape.funds}-{shape.positions}-{shape.daily_marks}")
@pytest.mark.parametrize("batch", range(6))
def test_random_worlds_end_with_the_same_bytes(shape: Shape, batch: int) -> None:
    for seed in range(50 * batch, 50 * batch + 50):
        assert_equal_bytes(random_world(seed, shape))


def calm(seed: int) -> Setup:
    """A pair in a market that moves a little, now and then enough to call, to sell or to ruin."""
    rng = np.random.default_rng(seed)
    days = 30
    level = 100.0 + np.cumsum(rng.normal(0.0, 0.3, days))
    basis = np.cumsum(rng.normal(0.0, rng.choice([0.01, 0.1, 0.5]), days))
    term = {"term_share": float(rng.choice([0.0, 0.5])), "term_maturity": FIRST_DAY + 20, "term_rate": 0.04}
    return hand_made(
        level,
        level + basis,
        accrued=0.01 * np.arange(days),
        coupon_due=np.where(np.arange(days) == rng.integers(1, days), 2.0, 0.0),
        dislocation=np.cumsum(rng.normal(0.0, 0.5, days)),
        repo_rate=0.04 + rng.normal(0.0, 1e-3, days),
        cash_rate=rng.choice([-0.01, 0.0, 0.04]),
        fund={
            "unwind": int(rng.choice([int(rule) for rule in Unwind])),
            "leverage_target": 18.0,
            "leverage_limit": float(rng.uniform(20.0, 30.0)),
            "drawdown_limit": float(rng.uniform(0.05, 0.5)),
            "risk_limit": 1.2,
            "risk_speed": 0.3,
            "calm_volatility": 6.0,
            "credit_line": float(rng.choice([0.0, 2e5])),
            "call_back": float(rng.choice([0.0, 1.0])),
        },
        position=term | {"base_haircut": float(rng.choice([-0.01, 0.0, 0.02])), "repo_spread": 0.001},
        contract={"depth": float(rng.choice([0.0, 2e6])), "impact": 0.5, "bond_cost": 1.0},
    )


def test_calm_worlds_end_with_the_same_bytes() -> None:
    fates = []
    for seed in range(300):
        setup = calm(seed)
        assert_equal_bytes(setup)
        fates.append(run(setup).outcomes[0].outcome)
    assert set(fates) == set(Outcome) - {Outcome.INSOLVENT, Outcome.NOT_ENTERED}


def test_an_outcome_attributes_what_the_days_of_a_full_run_add_up_to() -> None:
    setups = [calm(seed) for seed in range(40)] + [random_world(seed, SHAPES[3]) for seed in range(40)]
    for setup in setups:
        done = run(setup)
        lines, owner = done.attribution.sum(axis=0), [*setup.positions["fund"], *range(len(setup.funds))]
        size = np.abs(done.attribution).sum()
        for f, outcome in enumerate(done.outcomes):
            told = np.array([outcome[f"profit_{name}"] for name in column_names(PnlLine)])
            assert told == pytest.approx(lines[np.array(owner) == f].sum(axis=0), rel=0.0, abs=1e-12 * size)
            assert told.sum() == pytest.approx(outcome.equity, rel=0.0, abs=1e-9 * size)


def test_only_days_of_nothing_but_routine_are_so_marked() -> None:
    dated = [
        DatedEvent(2, EventKind.MARGIN_CHANGE, SETTLEMENT_TIME, 2e3, contract=0),
        DatedEvent(4, EventKind.OUTSIDE_FLOW, CALL_TIME + 30),
    ]
    schedule = hand_made(np.full(7, 100.0), dated=dated).schedule
    openings = schedule[schedule["kind"] == EventKind.OPEN]
    assert openings["routine"].tolist() == [8, 0, 8, 0, 8, 9]
    assert not schedule[schedule["kind"] != EventKind.OPEN]["routine"].any()
    intraday = hand_made(np.full(5, 100.0), minutes=(INTRADAY_TIME - 60, SETTLEMENT_TIME)).schedule
    assert not intraday["routine"].any()
