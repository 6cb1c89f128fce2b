"""Every cell of every axis of a sweep equals the backtest of the same book."""

from pathlib import Path

import pandas as pd
import pytest

import basis_stress as bs
from basis_data.scenarios.scenario import Scenario, names, scenario
from basis_engine.base.errors import InputError
from basis_strategies.cells import SWEPT

AXES: dict[str, list[float]] = {
    "leverage": [3, 20, 45, 90],
    "buffer": [0.0, 0.004, 0.03],
    "equity": [3e5, 2.5e6, 1e9],
    "notional": [1e6, 3e8],
    "haircut": [-0.01, 0.0, 0.01, 0.03],
    "term_share": [0.0, 0.4, 1.0],
    "term_days": [1, 5, 20, 90],
    "term_spread_bp": [-20, 0, 150],
    "repo_spread_bp": [-10, 0, 300],
    "repo_threshold": [0.0, 0.02],
    "leverage_limit_multiple": [1.0, 1.02, 1.5],
    "drawdown_limit": [0.0, 0.003, 0.2],
    "credit_line": [0.0, 3e6],
    "depth_share": [0.02, 0.5],
    "financing_hedge": [0.0, 0.5, 1.0],
    "margin_multiple": [0.4, 1.0, 1.5, 3.0],
    "yield_scale": [-1.0, 0.5, 1.0, 2.0],
}
"""Levels of every axis, some that cannot be entered, some that default."""

BASES = [
    {"leverage": 40, "unwind": "cure"},
    {"leverage": 55, "unwind": "target-leverage", "term_share": 0.3, "term_days": 7},
    {"leverage": 45, "unwind": "stop-out", "drawdown_limit": 0.01, "credit_line": 1e6},
    {"leverage": 50, "unwind": "hold", "whole_contracts": False, "haircut": 0.004},
]
APRIL, MARCH = scenario("april-2025"), scenario("march-2020-basis")
SHOCKED = (
    APRIL.with_margin("2025-04-04", 1.4).with_margin("2025-04-09", 0.8).with_haircut("2025-04-08", 0.01)
    .with_haircut("2025-04-10", 0.002, contract="TY").with_pull_back("2025-04-09", 0.5, until="2025-04-11")
    .with_repo("2025-04-07", 80, until="2025-04-09").with_dislocation("2025-04-08", 12)
    .with_yields("2025-04-07", by_tenor={"2y": -10, "30y": 40}, until="2025-04-09")
    .but(margin_multiple=1.2, name="shocked")
)  # fmt: skip
MARCHED = MARCH.with_margin("2020-03-12", 1.7).with_haircut("2020-03-16", 0.02).but(
    name="marched", other_losses=[{"date": "2020-03-18", "share": 0.1}]
)  # fmt: skip
MARKED = scenario("april-2025-intraday").with_margin("2025-04-08", 1.5).but(name="marked", contracts=("FV", "TY"))
WORLDS: list[tuple[Scenario, tuple[str, ...]]] = [
    (SHOCKED, ("TY",)),
    (MARCHED, ("TU",)),
    (MARKED, ("FV", "TY")),
    (scenario("april-2025-as-told"), ("FV",)),
]
BOOKS = [
    pytest.param(
        *WORLDS[w],
        BASES[b],
        id=f"{WORLDS[w][0].name}-{BASES[b]['unwind']}",
        marks=[] if (b - w) % 4 in (0, 1) else [pytest.mark.slow],
    )
    for w in range(len(WORLDS))
    for b in range(len(BASES))
]
"""Every base in every world; half of them in every run of the tests."""
SAME = {
    "equity_end": "equity_end_usd",
    "entry_equity": "equity_start_usd",
    "entry_leverage": "leverage_start",
    "calls": "calls",
    "calls_paid": "calls_paid_usd",
    "largest_call": "largest_call_usd",
    "lowest_cash": "lowest_cash_usd",
    "sold": "forced_sales_usd",
    "worst_profit": "worst_day_profit_usd",
    "loss_beyond_equity": "loss_beyond_equity_usd",
}
"""Columns of a cell, and those of the backtest's summary."""


def differences(cell: "pd.Series", axis: str, level: float, world: Scenario, contracts, base) -> list[str]:
    """Where a cell and the backtest of its book disagree."""
    drop = {"buffer": "leverage"}.get(axis, axis)
    terms = {name: value for name, value in base.items() if name != drop}
    given = int(level) if axis == "term_days" else float(level)
    curve = {"curve": "par"} if axis == "yield_scale" else {}
    try:
        alone = bs.backtest(world, contract=contracts, **terms, **curve, **{axis: given}).summary.iloc[0]
    except InputError as problem:
        return [] if cell["outcome"] == "not_entered" else [f"{cell['outcome']}, but the backtest: {problem}"]
    found = [f"outcome {cell['outcome']}, alone {alone['outcome']}"] if cell["outcome"] != alone["outcome"] else []
    if cell["outcome"] == "not_entered":
        return found
    for ours, theirs in SAME.items():
        if cell[ours] != pytest.approx(alone[theirs], rel=1e-9, abs=1e-3):
            found.append(f"{ours} {cell[ours]}, alone {alone[theirs]}")
    if pd.Timestamp(cell["worst_day"]) != alone["worst_day"]:
        found.append(f"worst_day {cell['worst_day']}, alone {alone['worst_day']}")
    return found


@pytest.mark.parametrize(("world", "contracts", "base"), BOOKS)
def test_every_cell_of_every_axis_is_a_backtest(tmp_path: Path, world: Scenario, contracts, base) -> None:
    assert {*AXES} == {*SWEPT, "yield_scale"}
    wrong = []
    for axis, levels in AXES.items():
        terms = {name: value for name, value in base.items() if name not in (axis, {"buffer": "leverage"}.get(axis))}
        table = bs.sweep(world, out=tmp_path / axis, contract=contracts, threads=1, **terms, **{axis: levels}).table()
        assert len(table) == len(levels)
        for level, (_, cell) in zip(levels, table.iterrows(), strict=True):
            wrong += [f"{axis} {level:g}: {said}" for said in differences(cell, axis, level, world, contracts, base)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", names())
def test_every_scenario_can_be_swept_and_keeps_the_equity_given(tmp_path: Path, name: str) -> None:
    table = bs.sweep(name, out=tmp_path / "sweep", equity=[2e6, 1e8], threads=1).table()
    assert list(table["equity"]) == [2e6, 1e8]
    assert table.columns.is_unique
    entered = table["outcome"] != "not_entered"
    assert (table["entry_equity"] / table["equity"] - 1)[entered].abs().max() < 1e-12
    assert table["equity_end"].notna()[entered].all()


def test_a_single_margin_multiple_is_a_level_of_its_axis(tmp_path: Path) -> None:
    """FV at 45x under a notice: a multiple of 1.5 survived as one value and in a backtest, and failed as an axis."""
    book = {"contract": "FV", "leverage": [20, 45], "unwind": "hold", "threads": 1}
    axis = bs.sweep("april-2025-as-told", out=tmp_path / "axis", margin_multiple=[0.5, 1.5], **book).table()
    single = bs.sweep("april-2025-as-told", out=tmp_path / "one", margin_multiple=1.5, **book).table()
    level = axis[axis["margin_multiple"] == 1.5].drop(columns="margin_multiple").reset_index(drop=True)
    pd.testing.assert_frame_equal(level, single)


def test_a_margin_axis_of_the_market_replaces_the_scenarios_multiple_as_a_backtest_does(tmp_path: Path) -> None:
    swept = bs.sweep("cross-margining", market=True, out=tmp_path / "axis", margin_multiple=[0.2, 1.0], threads=1)
    settings = swept.manifest["scenarios"][0]
    assert settings.get("margin_multiple", 1.0) == 1.0
    own = bs.sweep("cross-margining", market=True, out=tmp_path / "own", seed="0,1", threads=1).table()
    pd.testing.assert_series_equal(swept.table().iloc[0][list(own)[2:]], own.iloc[0][list(own)[2:]], check_names=False)
