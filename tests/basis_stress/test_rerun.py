"""The manifest of a result folder, and its rerun byte by byte."""

import json
from pathlib import Path

import pytest

from basis_stress.cli.main import main

BOOK = "contract,contracts,haircut\nTY,-200,0.01\nFV,-300,0.01\n"


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def test_a_rerun_gives_the_same_bytes_and_sees_every_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("book.csv").write_text(BOOK)
    given = ("backtest", "april-2025", "--book", "book.csv", "--equity", "5e6", "--quiet", "--no-report")
    assert run(*given, "--out", "result") == 0
    manifest = json.loads(Path("result/manifest.json").read_text())
    assert manifest["command"] == list(given)
    assert set(manifest["inputs"]) == {"book.csv"}
    assert manifest["settings"]["futures"] == [-300.0, -200.0]
    assert run("rerun", "result") == 0
    assert "the same bytes: 9 files" in capsys.readouterr().out
    manifest["outputs"]["cash.parquet"] = "0"
    Path("result/manifest.json").write_text(json.dumps(manifest))
    assert run("rerun", "result") == 3
    assert "1 of 9 files differ: cash.parquet" in capsys.readouterr().out
    Path("book.csv").write_text(BOOK.replace("-200", "-201"))
    assert run("rerun", "result") == 2
    assert "book.csv: is not the file of the manifest" in capsys.readouterr().err
    assert run("rerun", "nothing") == 2


def test_a_nightly_job_gets_json_and_an_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = tmp_path / "book.csv"
    book.write_text(BOOK)
    given = ("backtest", "april-2025", "--book", str(book), "--equity", "1.39e6", "--no-report", "--json")
    assert run(*given, "--out", str(tmp_path / "one"), "--fail-on", "called") == 3
    assert json.loads(capsys.readouterr().out)[0]["fund"] == "book"
    assert run(*given, "--out", str(tmp_path / "two"), "--fail-on", "insolvent") == 0


@pytest.mark.parametrize("name", ["CashFuturesBasis", "LongBasis"])
def test_every_strategy_can_be_shown(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("strategies", "show", name) == 0
    assert capsys.readouterr().out.startswith(f"{name}: ")
