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


MONTHS = ("--start", "2020-01-02", "--end", "2020-03-02")
COMMANDS = {
    "result": ("backtest", "april-2025", "--leverage", "50", "--repo-spike", "50@2025-04-04:2025-04-08"),
    "clients": ("clients", "book.csv", "--equity", "5e6", "--scenarios", "april-2025", "--as-of", "2026-07-22"),
    "sweep": ("sweep", "april-2025", "--leverage", "20,60"),
    "paths": ("paths", "bootstrap", "--paths", "4", "--days", "5", "--book", "book.csv", "--equity", "5e6"),
    "break.html": ("break", "april-2025", "--leverage", "50", "--steps", "4"),
    "levers": ("break", "april-2025", "--lever", "all", "--leverage", "58", "--until", "forced_sale"),
    "years": ("run", "LongBasis", *MONTHS),
    "comparison": ("compare", "LongBasis", "LongBasis:leverage=10", "--draws", "100", *MONTHS),
    "books": ("compare", "april-2025", "march-2020", "--book", "book.csv", "--equity", "5e6"),
    "shocks": ("shocks", "show", "parallel", "--paths", "8", "--days", "5"),
    "figure.png": ("scenarios", "show", "april-2025"),
}
"""By name of its output: a command of each kind that writes a result in a few seconds."""


@pytest.mark.slow
@pytest.mark.parametrize("out", COMMANDS)
def test_every_command_writes_a_manifest_by_which_it_runs_again(
    out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("book.csv").write_text(BOOK)
    assert run(*COMMANDS[out], "--out", out) == 0
    beside = Path(f"{out}.manifest.json")
    told = json.loads((beside if beside.exists() else Path(out, "manifest.json")).read_text())
    assert told["command"] == list(COMMANDS[out])
    assert set(told["inputs"]) == ({"book.csv"} if "book.csv" in COMMANDS[out] else set())
    assert len(told["outputs"]) >= 1
    assert set(told["units"]) <= set(told["settings"])
    capsys.readouterr()
    assert run("rerun", out) == 0, capsys.readouterr()
    assert f"the same bytes: {len(told['outputs'])} file" in capsys.readouterr().out


def test_results_of_other_settings_are_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    given = ("backtest", "april-2025", "--no-report", "--quiet")
    assert run(*given, "--leverage", "20") == run(*given, "--leverage", "30") == 0
    assert run("backtest", "april-2025", "--leverage", "30", "--quiet", "--no-report") == 0  # the same once more
    assert {path.name for path in Path("results").iterdir()} == {"april-2025", "april-2025-2"}
    first, second = (
        json.loads(Path("results", name, "manifest.json").read_text()) for name in ("april-2025", "april-2025-2")
    )
    assert (first["settings"]["leverage"], second["settings"]["leverage"]) == (20.0, 30.0)
    assert first["units"]["leverage"] == "bonds over equity, 20 is 20x"
    capsys.readouterr()
    assert run(*given, "--leverage", "40", "--out", "results/april-2025") == 0
    assert "replaces results/april-2025, the result of: basis-stress backtest april-2025" in capsys.readouterr().err


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
