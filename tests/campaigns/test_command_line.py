"""A sample of the command-line campaign, and command lines that once ended in a traceback."""

import os

import pytest

from basis_stress.cli.main import MOST, main
from campaigns import command_line

FIRST, SEEDS = int(os.environ.get("SEED", "1")), int(os.environ.get("INPUTS", "150")) // command_line.INPUTS
KNOWN = [
    ["data", "verify", "a" * 300],
    ["data", "status", "--out", "a" * 300],
    ["shocks", "show", "bootstrap", "--set", "seed=1"],
    ["shocks", "show", "bootstrap", "--set", "name=1"],
    ["sweep-report", "nowhere"],
    ["sweep", "april-2025", "--cells", "/dev/zero"],
    ["sweep", "april-2025", "--cells", "bomb.csv.gz"],
    ["sweep", "april-2025", "--cells", "null.csv"],
    ["backtest", "april-2025", "--book", "/dev/zero"],
    ["backtest", "april-2025", "--book", "twice.csv"],
    ["run", "syntax.py:A"],
    ["run", "raises.py:A"],
    ["run", "leaves.py:A"],
    ["compare", "LongBasis:leverage=" + "9" * 5000],
    *(["backtest", name] for name in command_line.FILES if name.endswith(".toml")),
]


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command_line.prepare(tmp_path)
    yield
    outside = {path.name for path in tmp_path.parent.iterdir()} - {tmp_path.name}
    assert not {"up", "x", "planted"} & outside


@pytest.mark.parametrize("line", KNOWN, ids=lambda line: " ".join(line)[:60])
def test_what_once_failed_is_one_sentence(line, capsys):
    with pytest.raises(SystemExit) as ended:
        main(line)
    said = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2
    assert len(said) == 1
    assert len(said[0]) <= MOST


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_hostile_command_lines_end_in_a_result_or_a_sentence(seed):
    assert sum(command_line.trial(seed).values()) == command_line.INPUTS
