"""The commands `data` and the option `--data`, as a user types them, against a local server of the publishers."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import basis_stress as bs
from basis_data.multi_year.market import last_day
from basis_stress.cli.main import main
from support.publishers import Publishers, publishers


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Publishers]:
    """The publishers, and a home of its own for snapshots; the embedded tables afterwards."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    with publishers() as served:
        yield served
    bs.use_data(None)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit code and what is printed."""
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    printed = capsys.readouterr()
    return int(stopped.value.code or 0), printed.out + printed.err


def test_refresh_status_verify_and_a_run_on_the_snapshot(
    server: Publishers, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = run(capsys, "data", "refresh", "--until", "2026-09-10", "--server", server.address)
    assert code == 0
    assert "par-yields: 2 rows added" in said
    digest = said.split("digest: ")[1].split()[0]
    assert f"digest {digest}, over embedded" in run(capsys, "data", "status")[1]
    assert run(capsys, "data", "verify", "2026-09-10")[0] == 0
    day = ("backtest", "april-2025", "--contract", "TN", "--leverage", "20", "--as-of", "2026-08-24", "--no-report")
    code, said = run(capsys, *day)
    assert code == 2
    assert "to 2026-07-22" in said
    assert run(capsys, "--data", "2026-09-10", *day)[0] == 0
    result = bs.backtest("april-2025", contract="TN", leverage=20, as_of="2026-08-24")
    assert result.settings["data"] == f"2026-09-10, digest {digest}"
    assert "No note issued" not in " ".join(result.assumptions)
    assert last_day() > np.datetime64("2026-07-22")  # strategies over years run longer too


def test_strategies_over_years_end_where_the_embedded_notes_do() -> None:
    assert last_day() == np.datetime64("2026-04-17")


def test_results_state_the_embedded_data_too(server: Publishers) -> None:
    embedded = str(bs.data_in_use())
    assert embedded.startswith("embedded, digest ")
    assert bs.backtest("april-2025", leverage=20).settings["data"] == embedded
    assert bs.simulate_paths("bootstrap", 5, days=5).settings["data"] == embedded


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "nothing", "backtest", "april-2025"], "'nothing' is no snapshot"),
        (["backtest", "april-2025", "--data", "nothing"], "'nothing' is no snapshot"),
        (["backtest", "april-2025", "--data=nothing", "--no-report"], "'nothing' is no snapshot"),
        (["backtest", "april-2025", "--data"], "No such option"),
        (["data", "refresh", "--since", "2026-13-01"], "--since: '2026-13-01' given"),
        (["data", "verify", "nothing"], "'nothing' is no snapshot"),
        (["data", "refresh", "--until", "tomorrow"], "allowed is a date"),
        (["data", "refresh", "--only", "sofa"], "did you mean 'sofr'"),
        (["data", "import-margins", "nothing.csv"], "no such file"),
    ],
)
def test_mistakes_are_one_sentence(
    server: Publishers, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    code, said = run(capsys, *arguments)
    assert code == 2
    assert words in said
    assert said.count("\n") == 1
