"""Files that a stranger may have written: they run nothing, write nowhere else, and steer no terminal."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import basis_stress as bs
from basis_data.refresh.snapshot import refresh, verify
from basis_data.tables import parquet
from basis_data.tables.data_in_use import MANIFEST, sha256, use_data
from basis_engine.base.errors import InputError
from basis_stress.cli.main import main
from basis_stress.reporting.spreadsheets import spreadsheets
from campaigns import explorer_requests, refresh_payloads
from campaigns.refresh_payloads import UNTIL, published

PROGRAM = "from pathlib import Path\nPath('ran').touch()\n"


def said(line: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The sentence with which a command line is refused."""
    with pytest.raises(SystemExit) as ended:
        main(line)
    assert ended.value.code == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert len(sentence) <= 300
    return sentence


@pytest.mark.parametrize(
    "command",
    [
        ["run", "evil.py:Evil"],
        ["compare", "LongBasis", "evil.py:Evil:a=1"],
        ["rerun", "result"],
        ["warm-up"],
        ["data", "refresh"],
        ["data", "import-margins", "evil.csv"],
        ["--data", "x", "data", "refresh"],
        ["bench"],
        ["explore"],
        ["calibrate"],
        ["backtest", "april-2025", "--out", "elsewhere"],
        ["backtest", "april-2025", "--out=elsewhere"],
        ["compare", "--out", "elsewhere", "--"],
        ["clients", "book.csv", "--scenarios", "april-2025", "--cluster", "tcp://evil.example:8786"],
        ["sweep", "april-2025", "--cluster=tcp://evil.example:8786"],
        ["backtest", "\0"],
        [],
        ["--data"],
        [1],
        [["backtest"]],
        {"a": 1},
        "backtest",
        None,
    ],
    ids=str,
)
def test_a_manifest_runs_nothing_and_writes_nowhere_else(
    command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("evil.py").write_text(PROGRAM)
    Path("result").mkdir()
    Path("result", "x.parquet").touch()
    Path("result", MANIFEST).write_text(json.dumps({"command": command, "inputs": {}, "outputs": {}}))
    before = set(tmp_path.rglob("*"))
    assert said(["rerun", "result"], capsys).startswith("basis-stress: rerun: ")
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "content",
    ['{"command": ["backtest"]}', '{"command": ["backtest"], "inputs": {"x": 1}, "outputs": {}}', "[" * 100_000, "1"],
    ids=lambda content: content[:60],
)
def test_a_damaged_manifest_is_one_sentence(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("result").mkdir()
    Path("result", "x.parquet").touch()
    Path("result", MANIFEST).write_text(content)
    said(["rerun", "result"], capsys)


def test_a_snapshot_writes_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with published({}):
        made = refresh(UNTIL, ["sofr"], tmp_path / "theirs")
        (made / "planted.csv").write_text("theirs\n")
        content = json.loads((made / MANIFEST).read_text())
        content["tables"]["../planted.csv"] = {"sha256": sha256(b"theirs\n"), "rows": 1}
        (made / MANIFEST).write_text(json.dumps(content))
        with pytest.raises(InputError, match="is not a snapshot's manifest"):
            use_data(made)


@pytest.mark.parametrize(
    "change",
    [
        {"tables": []},
        {"tables": {"sofr.csv": 1}},
        {"tables": {"/etc/passwd": {"sha256": "x"}}},
        {"tables": {"..": {"sha256": "x"}}},
        {"raw": [{"file": "../x", "sha256": "x"}]},
        {"raw": [1]},
        {"base": "embedded"},
        {"digest": 1},
        {"digest": "\x1b[31m"},
        {"remarks": None},
        {"made": "\u202e"},
    ],
    ids=str,
)
def test_a_damaged_snapshot_is_one_sentence(change: dict[str, Any], tmp_path: Path) -> None:
    with published({}):
        made = refresh(UNTIL, ["sofr"], tmp_path)
    assert not verify(made)
    content = json.loads((made / MANIFEST).read_text())
    (made / MANIFEST).write_text(json.dumps(content | change))
    for use in (use_data, verify):
        with pytest.raises(InputError, match="is not a snapshot's manifest"):
            use(made)


def test_a_parquet_book_steers_no_terminal_and_fills_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = tmp_path / "book.parquet"
    table = pd.DataFrame({"fund": ["\x1b]0;owned\x07"], "contract": ["TY"], "contracts": [-200]})
    table.to_parquet(book)
    with pytest.raises(InputError, match="control character"):
        bs.backtest("april-2025", book=book, equity=5e6)
    pd.DataFrame({"contract": [["TY", "FV"]], "contracts": [-200]}).to_parquet(book)
    with pytest.raises(InputError, match="contract"):
        bs.backtest("april-2025", book=book, equity=5e6)
    pq.write_table(pa.table({"contract": ["TY"] * 100, "contracts": [-200] * 100}), book)
    monkeypatch.setattr(parquet, "MOST_CELLS", 199)
    with pytest.raises(InputError, match="more than the 199 cells"):
        bs.backtest("april-2025", book=book, equity=5e6)


def test_a_formula_behind_a_separator_is_neutralised() -> None:
    table = pd.DataFrame({"label": ["x;=1+1", "x\n@SUM(A1)", "x\t=1", "a;b", "x=1", "5;-3"]})
    cells = spreadsheets({"t": table}, csv=True, xlsx=False)["spreadsheets/t.csv"].decode("utf-8-sig")
    for separator in ";\n\t":
        assert not any(f"{separator}{sign}" in cells for sign in "=+-@")
    assert "a;b" in cells
    assert "x=1" in cells


@pytest.mark.parametrize(
    ("source", "path", "body"),
    [
        ("sofr", "/api/rates/secured/sofr/search.json", b'{"refRates":' + b"[" * 100_000),
        (
            "sofr",
            "/api/rates/secured/sofr/search.json",
            b'{"refRates": [{"effectiveDate": "2026-08-20", "type": "SOFR", "percentRate": "1e999999"}]}',
        ),
        (
            "sofr",
            "/api/rates/secured/sofr/search.json",
            b'{"refRates": [{"effectiveDate": "2026-08-20", "type": "SOFR", "percentRate": "1e99999999999999999999"}]}',
        ),
        (
            "dealers",
            "/api/pd/get",
            b'{"pd": {"timeseries": [{"asofdate": "2026-04-29", "keyid": "PDPOSGS-B", "value": "NA"}]}}',
        ),
        ("prices", "/GA-FI/FedInvest/securityPriceDetail", b'"' + b"a" * 200_000),
    ],
    ids=["nested", "a million digits", "overflow", "not available", "a cell without end"],
)
def test_a_publisher_that_sends_nonsense_is_one_sentence(source: str, path: str, body: bytes) -> None:
    refresh_payloads.check(source, {path: body})


def test_a_query_with_bytes_that_are_no_text_is_refused_before_it_is_read() -> None:
    asked = explorer_requests.Asked("GET", "/api/run/", b"a=\xff", [(b"host", explorer_requests.HOSTS[0].encode())])
    app = explorer_requests.application(explorer_requests.TOKEN, explorer_requests.PORT, {})
    reply = asyncio.run(explorer_requests._answered(app, asked))
    assert reply.status == 400
    explorer_requests.check(asked, reply)


def test_a_loss_elsewhere_in_dollars_is_said_to_fall_on_each_client_that_runs_alone() -> None:
    book = pd.DataFrame({"fund": ["a", "b"], "contract": "TY", "contracts": [-200, -300], "equity_usd": [9e6, 9e6]})
    scenario = bs.scenario("april-2025").but(other_losses=[{"date": "2025-04-07", "usd": 1e6}])
    sentence = "april-2025: each client alone bears the whole $1,000,000 lost elsewhere on 2025-04-07."
    assert sentence in bs.clients(book, scenario).assumptions
    assert sentence not in bs.clients(book, scenario, together=True).assumptions
