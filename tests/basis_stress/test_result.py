"""A result's tables agree with each other and are saved whole or not at all; names load on first use."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import basis_stress as bs
from basis_data.scenarios.scenario import changed, scenario
from basis_engine.simulation.names import CashLine, column_names
from basis_stress.single_book.result import TABLES
from support import ROOT

LEGS = ["variation_margin", "initial_margin", "repo_remargin", "haircut", "repo_not_rolled"]


def shocked(**changes: Any) -> Any:
    return changed(scenario("april-2025"), "test", **changes)


RUNS: dict[str, dict[str, Any]] = {
    "survives": {"scenario": "april-2025", "contract": ["TY", "US"], "leverage": 15},
    "sells": {
        "scenario": shocked(haircut_changes=[{"date": "2025-04-09", "haircut": 0.05}]),
        "contract": ["TY", "US"],
        "leverage": 15,
    },
    "defaults": {
        "scenario": shocked(margin_notices=[{"date": "2025-04-09", "multiple": 4}]),
        "contract": ["TY", "US"],
        "leverage": 20,
        "unwind": "hold",
    },
    "CFTC book": {"scenario": "april-2025", "book": "cftc"},
}


@pytest.fixture(scope="module", params=RUNS)
def result(request: pytest.FixtureRequest) -> bs.Result:
    return bs.backtest(**RUNS[request.param])


@pytest.fixture(scope="module")
def plain() -> bs.Result:
    return bs.backtest("april-2025", leverage=20)


def dollars(result: bs.Result) -> float:
    """What is small beside the book."""
    return 1e-9 * float(result.timeline["bonds_usd"].iloc[0])


def test_the_runs_end_as_named() -> None:
    ends = {name: bs.backtest(**run).summary["outcome"].iloc[0] for name, run in RUNS.items()}
    assert ends == {"survives": "survived", "sells": "forced_sale", "defaults": "illiquid", "CFTC book": "survived"}


def test_cash_lines_sum_to_the_closing_balance(result: bs.Result) -> None:
    cash, close = result.cash, dollars(result)
    total = cash["opening_cash_usd"] + cash[column_names(CashLine)].sum(axis=1)
    np.testing.assert_allclose(total, cash["closing_cash_usd"], atol=close)
    np.testing.assert_allclose(cash["opening_cash_usd"].iloc[1:], cash["closing_cash_usd"].iloc[:-1], atol=close)
    np.testing.assert_allclose(cash["closing_cash_usd"], result.timeline["cash_usd"], atol=close)
    assert cash["opening_cash_usd"].iloc[0] == 0


def test_attribution_sums_to_the_change_in_equity(result: bs.Result) -> None:
    lines, close = result.attribution.drop(columns=["date", "fund", "equity_change"]).sum(axis=1), dollars(result)
    np.testing.assert_allclose(lines, result.attribution["equity_change"], atol=close)
    np.testing.assert_allclose(lines.cumsum(), result.timeline["equity_usd"], atol=close)
    fund = result.summary.iloc[0]
    np.testing.assert_allclose(lines.iloc[1:].sum(), fund["profit_usd"], atol=close)


def test_calls_by_leg_sum_to_the_cash_lines(result: bs.Result) -> None:
    by_day = result.calls.groupby("date")[LEGS].sum()
    np.testing.assert_allclose(by_day, result.cash.set_index("date")[LEGS], atol=dollars(result))


def test_the_balance_sheet_adds_up(result: bs.Result) -> None:
    row, close = result.timeline, dollars(result)
    assets = row["cash_usd"] + row["bonds_usd"] + row["initial_margin_usd"]
    assets += row["variation_margin_due_usd"] + row["unsettled_trades_usd"]
    np.testing.assert_allclose(assets - row["repo_owed_usd"] - row["credit_drawn_usd"], row["equity_usd"], atol=close)
    legs = result.positions.groupby("date")[["face_usd", "repo_owed_usd", "variation_margin_due_usd"]].sum()
    np.testing.assert_allclose(legs, row.set_index("date")[legs.columns], atol=close)


def test_every_event_follows_its_cause(result: bs.Result) -> None:
    events = result.events
    assert events["event_id"].tolist() == list(range(len(events)))
    assert events["time"].is_monotonic_increasing
    caused = events[events["cause_id"] >= 0]
    assert (caused["cause_id"] < caused["event_id"]).all()
    assert (events.loc[caused["cause_id"], "event"].to_numpy() == caused["cause"].to_numpy()).all()
    assert (events.loc[events["cause_id"] < 0, "cause"] == "").all()
    for word in ("call_raised", "call_paid", "call_failed", "order", "sale", "default", "seizure", "loss"):
        assert (events.loc[events["event"] == word, "cause"] != "").all(), word


def test_summary_tells_what_the_tables_tell(result: bs.Result) -> None:
    fund, days = result.summary.iloc[0], result.timeline
    events = result.events.groupby("event")["amount_usd"]
    assert fund["equity_end_usd"] == days["equity_usd"].iloc[-1]
    assert fund["leverage_max"] == days["leverage"].max()
    assert fund["worst_day_profit_usd"] == days["equity_usd"].diff().min()
    assert fund["calls"] == sum(len(amounts) for word, amounts in events if word in ("call_paid", "call_failed"))
    assert fund["forced_sales_usd"] == pytest.approx(sum(amounts.sum() for word, amounts in events if word == "sale"))
    assert fund["lowest_cash_usd"] <= days["cash_usd"].min() + dollars(result)


def test_saved_tables_read_back_equal(result: bs.Result, tmp_path: Path) -> None:
    folder = result.save(tmp_path / "deep" / "out")
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{name}.parquet" for name in TABLES)
    for name in TABLES:
        pd.testing.assert_frame_equal(pd.read_parquet(folder / f"{name}.parquet"), getattr(result, name))


def test_saving_again_replaces(plain: bs.Result, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("the user's own")
    plain.save(tmp_path)
    plain.save(tmp_path)
    assert len(list(tmp_path.iterdir())) == len(TABLES) + 1


def test_what_cannot_be_saved_leaves_nothing(plain: bs.Result, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    for write in (plain.save, lambda folder: plain.report(folder / "april.html")):
        with pytest.raises(bs.InputError, match=r"taken.*cannot be written") as problem:
            write(tmp_path / "taken" / "out")
        assert "\n" not in str(problem.value)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_disk_that_fills_up_leaves_nothing(plain: bs.Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []

    def full(table: pd.DataFrame, path: Path) -> None:
        if len(written) == 4:
            raise OSError(28, "No space left on device")
        Path(path).write_bytes(b"half")
        written.append(path)

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    with pytest.raises(bs.InputError, match="No space left on device"):
        plain.save(tmp_path / "deep" / "out")
    assert len(written) == 4
    assert not list(tmp_path.iterdir())


def test_scenarios_and_strategies_are_tables() -> None:
    scenarios, strategies = bs.scenarios(), bs.strategies()
    assert list(scenarios.columns) == ["name", "title", "start", "end", "moves", "story", "source", "base"]
    assert "april-2025" in set(scenarios["name"])
    assert list(strategies.columns) == ["name", "description", "parameters"]
    assert strategies["name"].tolist()[:2] == ["CashFuturesBasis", "LongBasis"]
    assert len(strategies) == 11
    assert not (scenarios == "").any().any()
    assert not (strategies == "").any().any()
    assert "leverage" in strategies["parameters"].iloc[0]


def test_the_same_run_gives_the_same_tables(plain: bs.Result) -> None:
    again = bs.backtest("april-2025", bs.CashFuturesBasis(leverage=20), contract="TY")
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(plain, name), check_exact=True)


def test_names_load_on_first_use() -> None:
    code = (
        "import sys, basis_stress as bs\n"
        "assert not {'pandas', 'numba', 'pydantic', 'matplotlib'} & set(sys.modules), sorted(sys.modules)\n"
        "assert 'backtest' in dir(bs) and set(bs.__all__) == set(dir(bs))\n"
        "for name in {*bs.__all__} - {'slide'}: getattr(bs, name)\n"  # a slide is a figure
        "try: bs.backtests\n"
        "except AttributeError as problem: assert 'it has' in str(problem)\n"
        "else: raise SystemExit('no error')\n"
        "assert 'matplotlib' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_table_is_built_on_first_use_and_changes_no_later_result() -> None:
    first = bs.backtest("april-2025", leverage=20)
    assert not set(TABLES) & set(vars(first))
    tables = {name: getattr(first, name).copy() for name in TABLES}
    for name in TABLES:
        table = getattr(first, name)
        assert getattr(first, name) is table
        for column in table.select_dtypes("number"):
            table[column].to_numpy(copy=False).setflags(write=True)
            table.loc[:, column] = 0
    again = bs.backtest("april-2025", leverage=20)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(getattr(again, name), table)
