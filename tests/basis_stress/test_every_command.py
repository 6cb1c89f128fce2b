"""Every command over every scenario: it ends with code 0, or with one sentence and code 2; never a traceback or NaN."""

import asyncio
import json
import re
from pathlib import Path

import httpx
import pytest

from basis_data.scenarios.scenario import names
from basis_data.shocks.generators import GENERATORS
from basis_stress.cli.main import main
from basis_stress.explorer.server import application

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("error")]

LAST = "2026-07-22"
BOOK = (
    "contract,contracts,haircut,term_share,term_days\nTY,-200,0.01,0.4,60\nFV,-300,0.01,0.4,60\nTU,-400,0.005,0.4,60\n"
)
NESTED = (
    "parallel-100",
    "cuts",
    "april-2025-hump",
    "april-2025-twist",
    "april-2025-intraday",
    "capital-tariff",
    "fiscal-repricing",
    "ldi-2022",
)
BROKEN = re.compile(r"Traceback|Warning|\b(nan|NaN|None|inf|NaT)\b|\bdefaulted\b")
"""What no command may print; 'defaulted' was the one word for illiquid and insolvent."""
LONG = {"2025-first-half", "2025-second-half", "2025"}
"""Half-years and longer: no five-year note of their last contract may be issued on the first day."""
INTRADAY = "april-2025-intraday"
"""Its marks within the day begin at 08:30, and its yields are not scaled."""
LATE = "no note that may be delivered"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("book.csv").write_text(BOOK)


def ended(*arguments: str) -> int:
    with pytest.raises(SystemExit) as exit_:
        main(list(arguments))
    return int(exit_.value.code or 0)


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command prints; it must succeed."""
    code = ended(*arguments)
    out, err = capsys.readouterr()
    assert code == 0, f"{' '.join(arguments)}: {code}: {err}"
    found = BROKEN.search(out + err)
    assert not found, f"{' '.join(arguments)}: {found}: {out}{err}"
    return out


def refused(capsys: pytest.CaptureFixture[str], why: str, refusal: bool, *arguments: str) -> None:
    """Run a command that succeeds, or that refuses in one sentence."""
    if not refusal:
        said(capsys, *arguments)
        return
    code = ended(*arguments)
    err = capsys.readouterr().err.strip()
    assert code == 2, err
    assert why in err
    assert "\n" not in err
    assert len(err) <= 320


@pytest.mark.parametrize("name", names())
def test_every_command_runs_every_scenario(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    book, plain = ("--book", "book.csv", "--equity", "5e6"), ("--no-report", "--quiet")
    said(capsys, "scenarios", "show", name)
    said(capsys, "backtest", name, "--leverage", "25", "--no-report", "--out", "one")
    lever = "haircut" if name == INTRADAY else "scale"
    said(capsys, "break", name, "--lever", lever, "--leverage", "25", "--steps", "4", "--no-report")
    said(capsys, "sweep", name, "--leverage", "20,60", "--equity", "1e8,2e8", *plain, "--out", "sweep")
    said(capsys, "rerun", "one")
    refused(capsys, "mark", name == INTRADAY, "backtest", name, "--repo-time", "09:30", *plain)
    late = name == "2025"
    refused(capsys, LATE, late, "backtest", name, *book, "--no-report", "--out", "own")
    refused(capsys, LATE, late, "clients", "book.csv", "--equity", "5e6", "--scenarios", name)
    refused(capsys, LATE, name in LONG, "backtest", name, *book, "--as-of", LAST, "--no-report", "--out", "as-of")


def test_scenarios_are_compared_with_their_base(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("april-2025-margin", "march-2020-basis", *NESTED):
        said(capsys, "scenarios", "compare", name)


def test_the_market_runs_on_records_and_counterfactuals(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("march-2020", "april-2025", "capital-tariff", "slr-relief"):
        said(capsys, "backtest", name, "--market", "--no-report", "--quiet", "--out", name)


def test_scenarios_of_nested_parts_are_swept_together(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "sweep", *NESTED, "--leverage", "20,40", "--no-report", "--quiet", "--out", "nested")


def test_every_generator_draws_paths(capsys: pytest.CaptureFixture[str]) -> None:
    for name in GENERATORS:
        said(capsys, "paths", name, "--paths", "3", "--days", "10", "--leverage", "30", "--no-report", "--out", name)


async def explored() -> dict[str, httpx.Response]:
    """The explorer's answer by scenario, without a socket."""
    served = httpx.ASGITransport(application("token", 8000, {}))
    async with httpx.AsyncClient(transport=served, base_url="http://127.0.0.1:8000") as client:
        await client.get("/", params={"token": "token"})
        return {
            name: await client.get("/api/run", params={"scenario": name, "leverage": "30"}, timeout=60)
            for name in names()
        }


def test_the_explorer_answers_for_every_scenario() -> None:
    for name, answer in asyncio.run(explored()).items():
        assert answer.status_code == 200, f"{name}: {answer.text}"
        json.loads(answer.text, parse_constant=lambda word, of=name: pytest.fail(f"{of}: {word}"))


def test_strategies_are_shown_with_and_without_a_docstring(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "strategies")
    Path("mine.py").write_text(
        "import basis_stress\n\n\nclass Mine(basis_stress.Strategy):\n    def decide(self, view):\n        pass\n"
    )
    for name in ("CashFuturesBasis", "LongBasis", "mine.py:Mine"):
        assert "Mine" in said(capsys, "strategies", "show", name) or name != "mine.py:Mine"
    said(capsys, "data", "status")
