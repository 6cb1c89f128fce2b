"""Every embedded table passes its own checks, and every fault in a user's file gets one sentence that names it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from basis_data.tables import reader
from basis_data.tables.layouts import TABLES, markdown
from basis_data.tables.reader import HISTORY, read
from basis_data.tables.windows import covers, read_days
from basis_engine.base.errors import InputError
from support import ROOT

Copy = Callable[..., Path]


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """Write a copy of an embedded file, lines 1.. changed by a function of the list of lines."""

    def write(name: str, change: Callable[[list[str]], object] = lambda lines: None, rows: int = 60) -> Path:
        lines = (HISTORY / TABLES[name].file).read_text().splitlines()
        lines = [lines[0], *lines[1:][-rows:]]
        change(lines)
        path = tmp_path / "mine.csv"
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def set_cell(row: int, column: int, value: str) -> Callable[[list[str]], None]:
    """Put a value into one cell; rows count as lines of the file, columns from 0."""

    def change(lines: list[str]) -> None:
        cells = lines[row - 1].split(",")
        cells[column] = value
        lines[row - 1] = ",".join(cells)

    return change


def scaled(first_column: int, factor: float, columns: int = 99) -> Callable[[list[str]], None]:
    """Multiply the numbers of the file."""

    def change(lines: list[str]) -> None:
        for i, line in enumerate(lines[1:], 1):
            cells = line.split(",")
            for j in range(first_column, min(len(cells), first_column + columns)):
                cells[j] = f"{float(cells[j]) * factor:.8g}" if cells[j] else ""
            lines[i] = ",".join(cells)

    return change


def complaint(name: str, path: Path) -> str:
    """The sentence that reading a file raises."""
    with pytest.raises(InputError) as problem:
        read(name, path)
    message = str(problem.value)
    assert "\n" not in message
    return message.replace(str(path), "mine.csv")


@pytest.mark.parametrize("name", [name for name, table in TABLES.items() if table.file])
def test_embedded_tables_pass_their_checks_and_read_the_same_without_them(name: str) -> None:
    """They are read without checks, because those took a tenth of a cached command."""
    table = TABLES[name]
    checked = reader._checked(table, HISTORY / table.file)
    assert len(checked) > 0
    pd.testing.assert_frame_equal(reader._shipped(table, HISTORY / table.file), checked, check_exact=True)


def test_every_embedded_file_has_a_table_and_stays_small() -> None:
    files = {path.name for path in HISTORY.glob("*.csv")}
    assert files == {table.file for table in TABLES.values()} - {""}
    assert max(path.stat().st_size for path in HISTORY.iterdir()) < 4_000_000


def test_every_embedded_file_has_its_provenance() -> None:
    provenance = (HISTORY / "PROVENANCE.md").read_text()
    licences = (HISTORY / "LICENSES.md").read_text()
    for path in HISTORY.glob("*.csv"):
        assert f"## {path.name}" in provenance
        assert path.name in licences


def test_schema_document_is_what_the_program_writes() -> None:
    assert (ROOT / "data" / "basis_data" / "SCHEMA.md").read_text() == markdown()


def test_types_and_lines() -> None:
    yields = read("par_yields")
    assert yields["date"].dtype.kind == "M"
    assert yields.loc[2, "date"] == pd.Timestamp("1990-01-02")  # line 2 of the file
    assert np.isnan(yields.loc[2, "y_1mo_pct"])
    assert yields.loc[2, "y_30y_pct"] == 8.0


def test_a_table_read_twice_is_not_shared() -> None:
    mine = read("closures")
    mine.loc[2, "reason"] = "changed"
    assert "changed" not in set(read("closures")["reason"])


def test_a_good_copy_passes_with_byte_order_mark_blank_end_and_spaces(copy: Copy) -> None:
    path = copy("repo")
    path.write_text("\ufeff" + path.read_text().replace(",", " , ") + "\n\n", encoding="utf-8")
    assert len(read("repo", path)) == 60


def test_optional_columns_may_be_left_out(tmp_path: Path) -> None:
    path = tmp_path / "repo.csv"
    path.write_text("date,sofr_pct\n2025-04-01,4.39\n2025-04-02,4.37\n")
    assert read("repo", path)["sofr_pct"].tolist() == [4.39, 4.37]


FAULTS = [
    ("par_yields", lambda lines: lines.insert(5, lines.pop(4)), ["row 6", "date 2026-06", "later row", "sort"]),
    ("par_yields", lambda lines: lines.insert(4, lines[4]), ["row 6", "stands twice", "keep one row"]),
    ("par_yields", set_cell(7, 9, "NaN"), ["row 7", "y_10y_pct", "'NaN'", "plain number"]),
    ("par_yields", set_cell(7, 9, "inf"), ["row 7", "y_10y_pct", "'inf'"]),
    ("par_yields", set_cell(7, 9, "4,25"), ["not a comma-separated table"]),
    ("par_yields", set_cell(7, 9, "425"), ["row 7", "y_10y_pct", "'425'", "-5 to 25, percent (4.25, not 0.0425)"]),
    ("par_yields", set_cell(7, 0, "04/02/2025"), ["row 7", "column date", "'04/02/2025'", "YYYY-MM-DD"]),
    ("par_yields", set_cell(7, 0, "2025-4-2"), ["row 7", "column date", "'2025-4-2'"]),
    ("par_yields", set_cell(7, 0, "2025-02-30"), ["row 7", "column date", "'2025-02-30'"]),
    ("par_yields", set_cell(7, 0, ""), ["row 7", "column date", "a blank given"]),
    ("par_yields", set_cell(1, 9, "y_10yr_pct"), ["'y_10yr_pct'", "did you mean 'y_10y_pct'", "allowed are"]),
    ("par_yields", scaled(1, 0.01), ["looks like decimals", "4.25 not 0.0425"]),
    ("par_yields", lambda lines: lines.__delitem__(slice(1, None)), ["holds no rows"]),
    ("repo", set_cell(9, 1, ""), ["row 9", "sofr_pct", "a blank given"]),
    ("repo", scaled(1, 0.01, columns=1), ["sofr_pct", "looks like decimals"]),
    ("repo", scaled(1, 100, columns=1), ["row 2", "sofr_pct", "-5 to 25, percent"]),
    ("svensson", set_cell(4, 5, "0"), ["row 4", "tau1_years", "'0'", "1e-06 to 100"]),
    ("margins", set_cell(3, 2, "-10"), ["row 3", "initial_usd", "'-10'", "1 to 1,000,000, US dollars"]),
    ("margins", set_cell(3, 0, "ZN"), ["row 3", "contract", "'ZN'", "TU, Z3N, FV"]),
    ("positions", set_cell(3, 11, "10.5"), ["row 3", "lev_money_short_contracts", "whole number"]),
]


@pytest.mark.parametrize(("name", "change", "words"), FAULTS)
def test_faults_are_named(copy: Copy, name: str, change: Callable[[list[str]], None], words: list[str]) -> None:
    message = complaint(name, copy(name, change))
    assert message.startswith("mine.csv")
    for word in words:
        assert word in message


def test_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("date,effr_pct\n2025-04-01,4.33\n")
    assert complaint("repo", path) == "mine.csv: column 'sofr_pct' is missing; a repo file needs it"


def test_surplus_cells_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("date,sofr_pct\n2025-04-01,4.39,\n2025-04-02,4.37,\n")
    assert "more cells than its header" in complaint("repo", path)


def test_missing_file_directory_and_binary(tmp_path: Path) -> None:
    assert "no such file" in complaint("repo", tmp_path / "mine.csv")
    assert "is a directory" in complaint("repo", tmp_path)
    (tmp_path / "mine.csv").write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in complaint("repo", tmp_path / "mine.csv")


def test_near_zero_rates_in_percent_are_not_taken_for_decimals(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("date,sofr_pct\n2021-04-01,0.01\n2021-04-05,0.03\n2021-04-06,0.05\n")
    assert len(read("repo", path)) == 3


DAYS = np.array(["2026-03-02", "2026-03-03", "2026-03-04"], dtype="datetime64[D]")


def test_days_are_cut_out() -> None:
    rows = read_days("par_yields", DAYS, ["y_10y_pct"])
    assert rows["date"].dt.date.astype(str).tolist() == [str(day) for day in DAYS]
    assert covers("par_yields", DAYS)
    assert not covers("svensson", DAYS)


@pytest.mark.parametrize(
    ("change", "days", "words"),
    [
        (set_cell(30, 9, ""), None, ["row 30", "y_10y_pct", "blank on 20", "fill it in"]),
        (lambda lines: lines.pop(29), None, ["no row for 20", "business day", "add it"]),
        (lambda lines: None, DAYS + 200, ["window 2026-09-18 to 2026-09-20", "to 2026-08-20"]),
    ],
)
def test_window_faults_are_named(
    copy: Copy, change: Callable[[list[str]], None], days: np.ndarray | None, words: list[str]
) -> None:
    all_days = read("par_yields", copy("par_yields"))["date"].to_numpy().astype("datetime64[D]")
    path = copy("par_yields", change)
    with pytest.raises(InputError) as problem:
        read_days("par_yields", all_days if days is None else days, ["y_10y_pct"], path)
    for word in words:
        assert word in str(problem.value)


def test_a_required_tenor_that_the_file_lacks_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    names = "y_6mo_pct,y_1y_pct,y_2y_pct,y_5y_pct,y_7y_pct,y_10y_pct"
    path.write_text(f"date,{names}\n2026-03-02,4,4,4,4,4,4\n2026-03-03,4,4,4,4,4,4\n2026-03-04,4,4,4,4,4,4\n")
    with pytest.raises(InputError, match="column 'y_30y_pct' is missing"):
        read_days("par_yields", DAYS, ["y_30y_pct"], path)


@pytest.mark.parametrize(
    ("name", "column", "day", "value"),
    [
        ("repo", "effr_pct", "2026-08-20", 3.63),
        ("par_yields", "y_10y_pct", "2026-08-20", 4.69),
        ("svensson", "tau2_years", "2026-08-21", 15.9126098659575),
        ("fed_flows", "foreign_custody_treasury_usd_bn", "2018-01-03", 3014.079),
        ("dollar_index", "broad_dollar_index_vintage_2026_08", "2026-04-30", 118.671),
        ("equity_quotes", "us_stock_market_return_pct", "2020-02-18", -0.18),
        ("ofr_repo", "dvp_overnight_rate_pct", "2025-10-16", 4.31),
    ],
)
def test_newer_series_hold_what_their_publishers_gave(name: str, column: str, day: str, value: float) -> None:
    assert read(name).set_index("date").loc[day, column] == value


def test_no_gap_of_the_newer_series_is_filled() -> None:
    yields = read("par_yields").set_index("date")
    assert yields.loc["2026-03-02":, "y_3y_pct"].isna().all()
    assert yields.loc["2026-07-23":, "y_5y_pct"].isna().all()
    assert yields.loc["2026-07-23":, "y_2y_pct"].notna().all()
    assert not read("repo")["date"].isin(pd.to_datetime(["2026-04-03", "2026-07-03"])).any()
    assert (
        not read("positions")["report_date"]
        .isin(read("positions_partial")["report_date"])
        .where(read("positions")["report_type"] == "FutOnly", False)
        .any()
    )
    weeks = read("dealer_positions")["as_of_date"].drop_duplicates().diff().dropna()
    assert (weeks == pd.Timedelta(days=7)).all()
