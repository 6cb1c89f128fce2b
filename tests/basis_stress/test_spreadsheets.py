"""Tables for a spreadsheet: the same cells as the Parquet files, nothing that runs as a formula, equal bytes."""

import io
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook

import basis_stress as bs
from basis_engine.base.errors import InputError
from basis_stress.cli.main import main
from basis_stress.reporting import spreadsheets

DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\x00=1", "＝1"]


def test_text_that_is_a_formula_is_neutralised() -> None:
    table = pd.DataFrame({"=head": DANGEROUS, "amount": -1.5, "kept": "a=b", "kind": pd.Categorical(["-x"] * 8)})
    files = spreadsheets.spreadsheets({"t": table}, True, True)
    read = pd.read_csv(io.BytesIO(files["spreadsheets/t.csv"]), encoding="utf-8-sig")
    assert list(read) == ["'=head", "amount", "kept", "kind"]
    assert read["'=head"].str.startswith("'").all()
    assert (read["amount"] == -1.5).all()
    assert (read["kind"] == "'-x").all()
    assert (read["kept"] == "a=b").all()
    sheet = load_workbook(io.BytesIO(files["spreadsheets/tables.xlsx"]))["t"]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert all(cell.value.startswith("'") for cell in sheet["A"])
    assert sheet["B2"].value == -1.5


def test_exports_are_the_tables_of_a_result(tmp_path: Path) -> None:
    result = bs.backtest("april-2025", leverage=50)
    folder = result.save(tmp_path / "out", csv=True, xlsx=True)
    book = load_workbook(folder / "spreadsheets" / "tables.xlsx")
    assert book.sheetnames == list(result.TABLES)
    for name in result.TABLES:
        read = pd.read_csv(folder / "spreadsheets" / f"{name}.csv", encoding="utf-8-sig")
        assert len(read) == book[name].max_row - 1 == len(getattr(result, name))
    cash = pd.read_csv(folder / "spreadsheets" / "cash.csv", encoding="utf-8-sig")
    assert cash["closing_cash_usd"].tolist() == pytest.approx(result.cash["closing_cash_usd"].tolist(), rel=1e-14)
    first = (folder / "spreadsheets" / "tables.xlsx").read_bytes()
    assert (result.save(folder, xlsx=True) / "spreadsheets" / "tables.xlsx").read_bytes() == first
    assert not (folder / "spreadsheets" / "cash.csv").exists()
    result.save(folder)
    assert not (folder / "spreadsheets").exists()


def test_clients_are_exported_from_the_command_line_and_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("book.csv").write_text("fund,contract,contracts\n=cmd|1,TY,-200\nTwo,FV,-300\n")
    given = ["clients", "book.csv", "--scenarios", "april-2025", "--equity", "5e6", "--csv", "--xlsx", "--out", "r"]
    for arguments in (given, ["rerun", "r"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert not ended.value.code
    assert "the same bytes: 11 files" in capsys.readouterr().out
    assert pd.read_csv("r/spreadsheets/clients.csv", encoding="utf-8-sig")["fund"].tolist() == ["'=cmd|1", "Two"]


def test_too_long_a_table_is_refused_for_excel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MOST_ROWS", 2)
    with pytest.raises(InputError, match="xlsx: table t has more than 2 rows"):
        spreadsheets.spreadsheets({"t": pd.DataFrame({"a": [1, 2, 3]})}, False, True)
