"""Random worlds through the engine in batches of one market and schedule, the laws checked on arrays."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_engine.simulation.day import simulate_all
from basis_engine.simulation.names import FundColumn, LogEvent, PnlLine, PositionColumn, Status
from basis_engine.simulation.rows import Dealers, empty_rows
from basis_engine.simulation.run import Setup, _lay_out, log_rows
from basis_engine.simulation.world import WorldBatch
from support import worlds

BATCH = 256
"""Worlds of one seed."""
TOLERANCE = 1e-9  # relative to the gross flows of a world
SHAPES = tuple(
    worlds.Shape(days, funds, positions, 2, marks)
    for days, funds, positions, marks in ((25, 1, 1, 1), (15, 1, 3, 2), (20, 3, 1, 1), (10, 2, 2, 3))
)


def batch(seed: int) -> tuple[Setup, WorldBatch]:
    """`BATCH` worlds of one market and schedule: books, contracts' costs and dealers are drawn for each."""
    rng = np.random.default_rng([12, seed])
    shape = SHAPES[seed % len(SHAPES)]
    first = worlds.random_world(seed, shape)
    dates = np.unique(np.asarray(first.market.marks)["value_date"])
    funds = worlds._random_funds(rng, BATCH * shape.funds).reshape(BATCH, -1)
    many = worlds.Shape(shape.days, BATCH * shape.funds, shape.positions, shape.contracts)
    positions = worlds._random_positions(rng, many, dates).reshape(BATCH, -1)
    contracts = worlds._random_contracts(rng, BATCH * shape.contracts).reshape(BATCH, -1)
    funds[["first", "last"]] = first.funds[["first", "last"]]
    positions[["fund", "bond"]] = first.positions[["fund", "bond"]]
    contracts["swap"] = first.contracts["swap"]
    size(rng, first, funds, positions, contracts)
    dealers = empty_rows(Dealers, BATCH).reshape(BATCH, 1)
    dealers["slope"] = rng.choice([0.0, 0.5, 2.0, 50.0], (BATCH, 1))
    dealers["capacity_multiple"], dealers["memory"] = rng.choice([1.0, 4.0], (BATCH, 1)), 0.94
    dealers["placement_rate"] = rng.uniform(0.0, 1.0, (BATCH, 1))
    dealers["capacity"], dealers["ceiling"] = 90e9, rng.choice([0.0, 600.0], (BATCH, 1))
    blank = [np.asarray(array) for array in _lay_out(first, 4 * log_rows(first))[1:]]
    arrays = [np.repeat(array[None], BATCH, 0).view(array.dtype) for array in blank]
    named = WorldBatch(*arrays)._replace(funds=funds, positions=positions, contracts=contracts, dealers=dealers)
    return first, named


def size(rng: np.random.Generator, first: Setup, funds: Any, positions: Any, contracts: Any) -> None:
    """Faces and hedges at up to 80x, within what haircut and initial margin leave; not all are hedged well."""
    notes, quotes = np.asarray(first.market.notes)[0], np.asarray(first.market.futures)[0]
    owner, row = first.positions["fund"], np.arange(BATCH)[:, None]
    leverage = np.exp(rng.uniform(np.log(2.0), np.log(80.0), funds.shape))
    weights = rng.exponential(1.0, positions.shape)
    total = np.zeros(funds.shape)
    np.add.at(total, (row, owner[None, :]), weights)
    values = (funds["entry_equity"] * leverage / total)[:, owner] * weights
    clean = notes["clean"][positions["bond"]] * (1.0 - quotes["dislocation"][positions["contract"]] / 1e4)
    terms = np.take_along_axis(contracts, positions["contract"], 1)
    side = np.where(rng.random(positions.shape) < 0.2, -1.0, 1.0)
    positions["term_share"][side < 0.0] = 0.0
    positions["face"] = side * values / (clean + notes["accrued"][positions["bond"]]) * 100.0
    hedge = rng.choice([0.0, 1.0, 1.0, 1.0, 1.2, -0.2], funds.shape)[:, owner]
    positions["contracts"] = -hedge * positions["face"] * positions["factor"] / terms["notional"]
    required = np.zeros(funds.shape)
    margin = np.abs(positions["contracts"]) * terms["initial_margin"]
    np.add.at(required, (row, owner[None, :]), np.maximum(positions["base_haircut"], 0.0) * values + margin)
    share = np.minimum(1.0, 0.95 * funds["entry_equity"] / np.maximum(required, 1e-9))[:, owner]
    positions["face"] *= share
    positions["contracts"] *= share


def trial(seed: int) -> dict[str, int]:
    """Run a batch and check it; the number of worlds."""
    first, ran = batch(seed)
    simulate_all(first.market, ran)
    check(first, ran)
    return {f"{len(first.funds)} funds, {len(first.positions)} positions": BATCH}


def check(first: Setup, ran: WorldBatch) -> None:
    """Assert the laws of the ledger in every world of a batch; a failure names the worlds."""
    days, lines, flows = np.asarray(ran.fund_days), np.asarray(ran.attribution), np.asarray(ran.cash_flows)
    funds, positions, parties = (np.asarray(rows) for rows in (ran.funds, ran.positions, ran.parties))
    clock: Any = np.asarray(ran.clock)[:, 0]
    assert not clock["dropped"].any(), "the log was too short"
    gross = 1.0 + np.abs(lines).sum(axis=(1, 2, 3)) + np.abs(flows).sum(axis=(2, 3)).max(axis=1)
    owner = np.concatenate((first.positions["fund"], np.arange(len(first.funds))))

    def holds(law: str, left: Any, right: Any) -> None:
        off = np.abs(np.asarray(left) - right).reshape(BATCH, -1).max(axis=1)
        wrong = np.flatnonzero(~(off <= TOLERANCE * gross))
        assert not len(wrong), f"{law}: worlds {wrong[:5].tolist()}, off by {off[wrong[0]]:g}"

    def by_fund(table: NDArray[np.float64]) -> NDArray[np.float64]:
        total = table.sum(axis=3)
        return np.stack([total[:, :, owner == f].sum(axis=2) for f in range(len(first.funds))], axis=2)

    def of(column: FundColumn) -> NDArray[np.float64]:
        return np.asarray(days[..., column])

    assert np.isfinite(days).all(), "a day is not finite"
    owns = FundColumn.CASH, FundColumn.BONDS, FundColumn.INITIAL_MARGIN, FundColumn.VARIATION_UNSETTLED
    owes = FundColumn.REPO_OWED, FundColumn.CREDIT_DRAWN, FundColumn.OTHER_LOSS_OWED
    worth = sum(of(name) for name in (*owns, FundColumn.UNSETTLED_TRADES)) - sum(of(name) for name in owes)
    equity = of(FundColumn.EQUITY)
    holds("equity is the sum of its lines", equity, worth)
    holds("its change is its attribution", np.diff(equity, axis=1, prepend=0.0), by_fund(lines))
    holds("cash closes", np.diff(of(FundColumn.CASH), axis=1, prepend=0.0), by_fund(flows))
    holds("every cent has two owners", funds["cash"].sum(axis=1), -parties["cash"].sum(axis=1))
    losses = np.zeros(parties.shape)
    log: Any = np.asarray(ran.log)
    world, row = np.nonzero((log["what"] == LogEvent.LOSS) & (np.arange(log.shape[1]) < clock["logged"][:, None]))
    np.add.at(losses, (world, log["party"][world, row]), log["amount"][world, row])
    holds("losses are those of named parties", parties["loss"], losses)
    holds("losses beyond equity", lines[..., PnlLine.DEFAULT_LOSS].sum(axis=(1, 2)), losses.sum(axis=1))
    closed = funds["status"] == Status.CLOSED
    logged = (log["what"] == LogEvent.DEFAULT) & (np.arange(log.shape[1]) < clock["logged"][:, None])
    failed = np.stack([(logged & (log["fund"] == f)).any(axis=1) for f in range(len(first.funds))], axis=1)
    assert (closed == failed).all(), f"status against log: worlds {np.flatnonzero((closed != failed).any(axis=1))[:5]}"
    assert (equity[:, -1][~failed] > 0.0).all(), "a fund without equity goes on"
    after = closed[:, first.positions["fund"]]
    for name in ("face", "contracts", "unsettled", "margin_posted", "overnight", "term", "variation_open"):
        held = np.abs(positions[name]) * after
        assert (held == 0.0).all(), f"{name} after default: worlds {np.flatnonzero(held.any(axis=1))[:5]}"
    shut = of(FundColumn.STATUS) == Status.CLOSED
    assert (equity[shut] >= -1e-6).all(), "a closed fund owes"
    for column in (PositionColumn.INITIAL_MARGIN, PositionColumn.UNMET):
        assert (np.asarray(ran.position_days)[..., column] >= -TOLERANCE * gross[:, None, None]).all(), column.name
