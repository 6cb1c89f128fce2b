"""April 2025 as it must show: the CFTC book's variation margin, a 50x book that survives, mistakes in one sentence."""

import datetime
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import basis_stress as bs
from basis_data.tables.reader import HISTORY
from basis_stress.single_book.term_repo import CURVE_PARTS


@pytest.fixture(scope="module")
def book() -> bs.Result:
    return bs.backtest("april-2025", book="cftc")


@pytest.fixture(scope="module")
def levered() -> bs.Result:
    return bs.backtest("april-2025", contract="TY", leverage=50)


def struck(result: bs.Result) -> pd.Series:
    """Variation margin struck at each day's settlement, all contracts, $bn."""
    return result.positions.groupby("date")["variation_margin_due_usd"].sum() / 1e9


# The leveraged-fund book -----------------------------------------------------------------------------------------


def test_the_book_is_the_report_of_1_april(book: bs.Result) -> None:
    entry = book.positions[book.positions["date"] == "2025-04-01"].set_index("contract")
    reports = pd.read_csv(HISTORY / "cftc_tff_treasury.csv").query(
        "report_date == '2025-04-01' and report_type == 'FutOnly'"
    )
    shorts = reports.set_index("contract")["lev_money_short_contracts"]
    assert list(entry.index) == ["TU", "FV", "TY", "US"]
    assert (-entry["contracts"]).tolist() == shorts[entry.index].tolist()
    assert book.settings["book_report_date"] == "2025-04-01"


def test_variation_margin_of_the_book(book: bs.Result) -> None:
    """-$10.8bn from 2 to 4 April and +$18.0bn from 4 to 9 April, from quoted closes; the marks here are the curve's."""
    rally = struck(book)["2025-04-03":"2025-04-04"].sum()
    sell_off = struck(book)["2025-04-07":"2025-04-09"].sum()
    assert rally == pytest.approx(-10.8, rel=0.10)
    assert sell_off == pytest.approx(18.0, rel=0.25)


def test_what_is_struck_is_paid_the_next_morning(book: bs.Result) -> None:
    paid = book.cash.set_index("date")["variation_margin"] / 1e9
    np.testing.assert_allclose(paid.iloc[1:], struck(book).iloc[:-1], rtol=1e-12)
    by_leg = book.calls.pivot(index="date", columns="contract", values="variation_margin")
    legs = book.positions.pivot(index="date", columns="contract", values="variation_margin_due_usd")
    np.testing.assert_allclose(by_leg.iloc[1:], legs.iloc[:-1], rtol=1e-12)


@pytest.mark.parametrize("contract", ["TU", "FV", "TY", "US"])
def test_a_short_future_pays_in_rallies(book: bs.Result, contract: str) -> None:
    rows = book.positions[book.positions["contract"] == contract].set_index("date")
    moves = rows["futures_price"].diff().iloc[1:]
    assert (moves != 0).all()
    assert (np.sign(rows["variation_margin_due_usd"].iloc[1:]) == -np.sign(moves)).all()
    assert rows.loc["2025-04-03", "variation_margin_due_usd"] < 0 < rows.loc["2025-04-09", "variation_margin_due_usd"]


# One levered fund ------------------------------------------------------------------------------------------------


def test_a_fifty_times_levered_book_survives(levered: bs.Result) -> None:
    fund = levered.summary.loc["fund"]
    assert fund["outcome"] == "called"  # a call larger than the cash at entry, paid
    assert fund["leverage_start"] == pytest.approx(50, rel=1e-12)
    assert fund["forced_sales_usd"] == fund["loss_beyond_equity_usd"] == 0
    assert abs(fund["return"]) < 0.05
    assert (levered.timeline["status"] == "active").all()
    assert (levered.timeline["cash_usd"] > 0).all()
    raised = levered.events.query("event == 'call_raised'")
    assert fund["calls"] == (levered.events["event"] == "call_paid").sum() >= len(raised) - 1


def test_good_friday_costs_four_nights(levered: bs.Result) -> None:
    """No mark on 18 April; repo struck on Thursday the 17th accrues to Monday the 21st."""
    days = levered.timeline["date"]
    assert pd.Timestamp("2025-04-18") not in set(days)
    interest = -levered.attribution.set_index("date")["repo_interest"]
    owed = levered.timeline.set_index("date")["repo_owed_usd"]
    sofr = levered.yields_pct["sofr"]
    nights = interest / ((owed - interest) * sofr / 100 / 360)
    assert nights["2025-04-17"] == pytest.approx(4, rel=1e-9)
    assert nights["2025-04-16"] == pytest.approx(1, rel=1e-9)


def test_entry_day_of_the_window(levered: bs.Result) -> None:
    assert levered.scenario.start == datetime.date(2025, 4, 1)
    first = levered.timeline.iloc[0]
    assert first["variation_margin_due_usd"] == 0
    assert first["equity_usd"] == pytest.approx(100e6, rel=1e-12)


# Files of the user's own -----------------------------------------------------------------------------------------


def history_rows(file: str) -> tuple[list[str], list[list[str]]]:
    """Header and rows of an embedded daily file around April 2025."""
    lines = [line.split(",") for line in (HISTORY / file).read_text(encoding="utf-8").splitlines()]
    return lines[0], [line for line in lines[1:] if "2025-03-20" < line[0] < "2025-05-10"]


def scaled(rows: list[list[str]], factor: float) -> list[list[str]]:
    return [[row[0], *(f"{float(cell) * factor:.6g}" if cell else "" for cell in row[1:])] for row in rows]


def dropped(table: list[list[str]], column: int) -> list[list[str]]:
    return [[cell for i, cell in enumerate(row) if i != column] for row in table]


def with_cell(rows: list[list[str]], row: int, column: int, value: str) -> list[list[str]]:
    return [[value if (r, c) == (row, column) else cell for c, cell in enumerate(line)] for r, line in enumerate(rows)]


def own_file(folder: Path, field: str, table: list[list[str]]) -> Path:
    """A scenario of April 2025 that names the user's own file."""
    (folder / "mine.csv").write_text("\n".join(map(",".join, table)) + "\n", encoding="utf-8")
    path = folder / "mine.toml"
    head = 'name = "mine"\nstart = 2025-04-01\nend = 2025-04-30\n'
    path.write_text(f'{head}[files]\n{field} = "mine.csv"\n', encoding="utf-8")
    return path


def test_with_no_shock_profit_is_carry_line_by_line(tmp_path: Path) -> None:
    """Curve and repo stand still: coupon, repo and cash interest, and the basis that converges as carry is earned."""
    header, rows = history_rows("sofr.csv")
    path = own_file(tmp_path, "repo", [header[:2], *([row[0], "4.36"] for row in rows)])
    still = bs.backtest(path, contract="TY", leverage=50, yield_scale=0.0)
    lines = still.attribution.iloc[1:].drop(columns=["date", "fund"])
    fund, note = still.timeline.set_index("date"), still.positions.set_index("date")
    nights = (
        np.diff(pd.DatetimeIndex([*fund.index[1:], pd.Timestamp("2025-05-01")])).astype("timedelta64[D]").astype(int)
    )
    nothing = lines[["dislocation", "swap_spread", "cost", "default_loss", "capital"]]
    assert nothing.abs().to_numpy().max() == 0
    assert lines[list(CURVE_PARTS)].abs().to_numpy().max() < 1e-7 * fund["bonds_usd"].iloc[0]
    earned = note["face_usd"].iloc[0] * note["accrued_interest"].diff().iloc[1:] / 100
    np.testing.assert_allclose(lines["coupon_accrual"], earned, rtol=1e-9)
    np.testing.assert_allclose(
        -lines["repo_interest"], fund["bonds_usd"].iloc[:-1].to_numpy() * 0.0436 * nights / 360, rtol=1e-9
    )
    held = (fund["cash_usd"] + fund["initial_margin_usd"]).iloc[1:-1].to_numpy()
    np.testing.assert_allclose(lines["cash_interest"].iloc[1:], held * 0.0436 * nights[:-1] / 360, rtol=1e-9)
    carry = lines[["coupon_accrual", "repo_interest", "cash_interest", "basis_convergence"]].to_numpy().sum()
    assert still.summary["profit_usd"].iloc[0] == pytest.approx(carry, abs=1e-7 * fund["bonds_usd"].iloc[0])


def test_own_files_without_a_mistake_change_nothing(tmp_path: Path) -> None:
    # The whole file: the rate that carries notes is a trailing median.
    whole = pd.read_csv(HISTORY / "sofr.csv", dtype=str)[["date", "sofr_pct", "effr_pct"]].fillna("")
    mine = bs.backtest(own_file(tmp_path, "repo", [list(whole), *whole.to_numpy().tolist()]))
    pd.testing.assert_frame_equal(mine.timeline, bs.backtest("april-2025").timeline)


# A user's mistakes -----------------------------------------------------------------------------------------------


def complaint(**given: Any) -> str:
    with pytest.raises(bs.InputError) as problem:
        bs.backtest(given.pop("scenario", "april-2025"), **given)
    sentence = str(problem.value)
    assert "\n" not in sentence
    assert "Traceback" not in sentence
    assert problem.value.__cause__ is None
    return sentence


MISTAKES: list[tuple[dict[str, Any], list[str]]] = [
    ({"scenario": "april-2026"}, ["scenario 'april-2026'", "did you mean 'april-2025'", "allowed are"]),
    ({"scenario": "no/such.toml"}, ["no/such.toml", "no such file"]),
    ({"contract": "ZT"}, ["contract 'ZT'", "allowed are TU, Z3N, FV, TY, TN, US, UB"]),
    ({"contract": ["TY", "TY"]}, ["contract TY, TY", "each once"]),
    ({"contract": 10}, ["contract '10'", "allowed are"]),
    ({"contract": [None]}, ["contract 'None'", "allowed are"]),
    ({"strategy": "TY"}, ["strategy: 'TY'", "CashFuturesBasis"]),
    ({"execution": 5}, ["execution: 5", "Execution"]),
    ({"levrage": 50}, ["levrage", "did you mean 'leverage'", "allowed are"]),
    ({"haircut": 2}, ["haircut: 2 given", "less than or equal to 0.5", "0.02 is 2%"]),
    ({"haircut": "2%"}, ["haircut: '2%' given", "0.02 is 2%"]),
    ({"term_share": 50}, ["term_share: 50 given", "less than or equal to 1", "0.2 is 20%"]),
    ({"leverage": float("nan")}, ["leverage: nan given", "finite"]),
    ({"leverage": float("inf")}, ["leverage: inf given", "finite"]),
    ({"leverage": -20}, ["leverage: -20 given", "greater than 0"]),
    ({"leverage": 61}, ["leverage: 61.0x given", "allow at most 60.7x", "lower the leverage"]),
    ({"leverage": 33, "haircut": 0.02}, ["33.0x", "haircut of 2.00%", "allow at most 27.4x"]),
    ({"leverage": 20, "buffer": 0.01}, ["leverage and buffer", "one of them"]),
    ({"unwind": "panic"}, ["unwind: 'panic'", "'hold', 'cure', 'target-leverage' or 'stop-out'"]),
    ({"start": "1985-01-01"}, ["1985-01-01", "1990-01-01 to 2036-12-31"]),
    ({"start": "2035-04-02", "end": "2035-04-30"}, ["window 2035-04-02 to 2035-04-30", "outside", "2026-08-20"]),
    ({"end": "2025-09-30"}, ["end: 2025-09-30", "2025-06-30", "last delivery day of TY 2025-06"]),
    ({"end": "2025-03-03"}, ["end: 2025-03-03", "after the start 2025-04-01"]),
    ({"start": "yesterday"}, ["start: 'yesterday'", "YYYY-MM-DD"]),
    ({"curve": "spline"}, ["curve: 'spline'", "'auto', 'svensson' or 'par'"]),
    ({"curve": "svensson", "yield_scale": 2.0}, ["yield_scale 2", "only par yields can be scaled"]),
    ({"margin_multiple": 0}, ["margin_multiple: 0", "greater than 0"]),
    ({"book": "no-book.csv"}, ["no-book.csv", "no such file"]),
    ({"book": "cftc", "equity": 1e9}, ["equity", "given together with a book", "drop"]),
]


@pytest.mark.parametrize(("given", "words"), MISTAKES, ids=[str(given) for given, _ in MISTAKES])
def test_a_mistake_gets_one_sentence(given: dict[str, Any], words: list[str]) -> None:
    sentence = complaint(**given)
    for word in words:
        assert word in sentence


Change = Callable[[list[str], list[list[str]]], list[list[str]]]
FILES: list[tuple[str, str, Change, list[str]]] = [
    ("par_yields", "treasury_par_yields.csv", lambda h, r: [h, *r[:5], r[6], r[5], *r[7:]], ["row 8", "sort by date"]),
    ("par_yields", "treasury_par_yields.csv", lambda h, r: [h, *r[:5], r[4], *r[5:]], ["row 7", "stands twice"]),
    ("par_yields", "treasury_par_yields.csv", lambda h, r: dropped([h, *r], 9), ["'y_10y_pct' is missing"]),
    ("par_yields", "treasury_par_yields.csv", lambda h, r: [h, *with_cell(r, 9, 9, "")], ["y_10y_pct", "blank on"]),
    ("par_yields", "treasury_par_yields.csv", lambda h, r: [h, *with_cell(r, 9, 9, "NaN")], ["row 11", "'NaN'"]),
    ("par_yields", "treasury_par_yields.csv", lambda h, r: [h, *scaled(r, 0.01)], ["decimals", "4.25 not 0.0425"]),
    ("par_yields", "treasury_par_yields.csv", lambda h, r: [h, *scaled(r, 100)], ["row 2", "-5 to 25", "percent"]),
    ("par_yields", "treasury_par_yields.csv", lambda h, r: [h, *r[:14], *r[15:]], ["no row for 2025-04-", "add it"]),
    ("par_yields", "treasury_par_yields.csv", lambda h, r: [h, *r[:20]], ["outside its dates", "2025-04-30"]),
    (
        "repo",
        "sofr.csv",
        lambda h, r: [h[:2], *scaled([row[:2] for row in r], 0.01)],
        ["sofr_pct", "decimals", "4.25 not 0.0425"],
    ),
    ("repo", "sofr.csv", lambda h, r: [h[:2], *scaled([row[:2] for row in r], 100)], ["row 2", "-5 to 25, percent"]),
]


@pytest.mark.parametrize(("field", "file", "change", "words"), FILES)
def test_a_mistake_in_a_file_names_file_row_and_column(
    tmp_path: Path, field: str, file: str, change: Change, words: list[str]
) -> None:
    sentence = complaint(scenario=own_file(tmp_path, field, change(*history_rows(file))))
    assert str(tmp_path / "mine.csv") in sentence
    for word in words:
        assert word in sentence


@pytest.mark.parametrize("field", ["bond_cost_bp", "futures_cost_bp", "impact_bp_per_bn", "depth_usd", "seizure_cost"])
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), 1e15, "cheap"])
def test_execution_terms_are_checked(field: str, value: Any) -> None:
    with pytest.raises(bs.InputError, match=f"execution, {field}: .* given, allowed is a finite number of 0 to "):
        bs.Execution(**{field: value})


# The command line ------------------------------------------------------------------------------------------------


def command(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, "-c", "from basis_stress.cli.main import main; main()", "backtest", *arguments]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)


def test_a_mistake_on_the_command_line_exits_2_and_leaves_nothing(tmp_path: Path) -> None:
    done = command(tmp_path, "april-2025", "--leverage", "80", "--out", "out")
    assert done.returncode == 2
    assert "allow at most 60.7x" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_an_unwritable_folder_exits_2_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    done = command(tmp_path, "april-2025", "--contract", "TY", "--leverage", "50", "--out", "taken/out")
    assert done.returncode == 2
    assert "taken/out" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
