"""Hostile values for every command and option of the command line: results, or one sentence; never a traceback.

The values are drawn with a seed. `INPUTS` sets how many; `SEED` which.
"""

import os
import random

import click
import pytest

from basis_stress.cli.main import COMMANDS, MOST, group, main

INPUTS = int(os.environ.get("INPUTS", "150"))
SEED = int(os.environ.get("SEED", "1"))
LONG = {"bench", "validate", "calibrate", "day-by-day", "ensemble", "shocks"}
"""Commands that take minutes with good values; they are given a wrong option each time."""
SHORT = {
    "run": ("--end", "2018-04-10", "--no-report"),
    "compare": ("--end", "2018-06-29", "--draws", "20", "--no-report"),
    "paths": ("--paths", "4", "--days", "5", "--no-report"),
    "break": ("--steps", "20", "--no-report"),
    "backtest": ("--no-report",),
    "sweep": ("--no-report",),
}
"""Options that make a command with good values short; a hostile option may replace them."""
HOSTILE = (
    "", " ", "-1", "0", "1e308", "5e-324", "nan", "inf", "9" * 4400, "a" * 300, "a" * 5000, "a\0b", "\udcff", "$^$",
    "../../x", "/dev/zero", "/dev/null", "/", ".", "..", "\x1b[31mred", "1,,2", "1:2", "1:0:1", "0:1:1e-12", "x=y",
    "=", "=1", ":", "2025-02-30", "2025-04-07", "TY,TY", "[" * 2000, "{}", "NaN,1", "1e400", "٣", "name=x", "seed=1",
    "file.py:", "april-2025", "march-2020", "\n", "%s%n", "LongBasis:legs=", "LongBasis:leverage=" + "9" * 5000,
)  # fmt: skip
GOOD = {
    "scenario": "april-2025",
    "generator": "bootstrap",
    "name": "april-2025",
    "names": "LongBasis",
    "action": "show",
}
FILES = {
    "syntax.py": "def :\n",
    "raises.py": "raise RuntimeError('no')\n",
    "leaves.py": "raise SystemExit(3)\n",
    "deep.toml": 'name = "x"\nstart = ' + "[" * 3000 + "]" * 3000,
    "digits.toml": f'name = "x"\nbase = "april-2025"\nyield_scale = {"9" * 4400}\n',
    "many.toml": f'name = "x"\nbase = "april-2025"\nyield_scale = {"9" * 4000}\n',
    "up.toml": 'name = "../../up"\nbase = "april-2025"\n',
    "root.toml": 'name = "/tmp/planted"\nbase = "april-2025"\n',
    "title.toml": 'name = "x"\nbase = "april-2025"\ntitle = "\\u001b[31mred"\n',
    "loop.toml": 'name = "x"\nbase = "loop.toml"\n',
    "twice.csv": "date,date \n2025-04-01,2025-04-02\n",
    "null.csv": "leverage\n\0\n",
    "bomb.csv.gz": "\x1f\x8b",
}
KNOWN = [
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
    *(["backtest", name] for name in FILES if name.endswith(".toml")),
]


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    yield
    outside = {path.name for path in tmp_path.parent.iterdir()} - {tmp_path.name}
    assert not {"up", "x", "planted"} & outside


def parameters(name):
    """Parameters of a command, and those of one of its own commands."""
    context = click.Context(group)
    command = group.get_command(context, name)
    head = [name]
    if isinstance(command, click.Group):
        inner = random.choice(command.list_commands(context))
        command = command.get_command(click.Context(command), inner)
        head.append(inner)
    return head, command.params


def drawn(draws):
    """One command line: arguments mostly right, one or two options hostile."""
    random.seed(draws.random())
    head, given = parameters(draws.choice(sorted(COMMANDS)))
    line = list(head)
    for argument in given:
        if isinstance(argument, click.Argument) and draws.random() < 0.9:
            right = GOOD.get(argument.name, "x") if head[0] != "shocks" or argument.name != "name" else "bootstrap"
            line.append(draws.choice(HOSTILE) if draws.random() < 0.4 else right)
    options = [option for option in given if isinstance(option, click.Option)]
    for option in draws.sample(options, min(len(options), draws.choice((1, 2)))):
        line.append(draws.choice(option.opts))
        if not option.is_flag:
            line.append(draws.choice(HOSTILE))
    if LONG & set(head) or "--market" in line:
        return [*line, "--no-such-option"]  # a good line would take minutes
    return [*head, *SHORT.get(head[0], ()), *line[len(head) :]]


def check(line, capsys):
    """Run a command line and check how it ends, from the outside."""
    with pytest.raises(SystemExit) as ended:
        main(line)
    said = capsys.readouterr()
    assert ended.value.code in (0, 2), line
    if ended.value.code == 2:
        last = said.err.rstrip("\n").splitlines()[-1]
        assert last.startswith("basis-stress: "), line
        assert len(last) <= MOST, line
        assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in last), line
    assert "Traceback" not in said.err + said.out, line


@pytest.mark.parametrize("line", KNOWN, ids=lambda line: " ".join(line)[:60])
def test_what_once_failed_is_one_sentence(line, capsys):
    with pytest.raises(SystemExit) as ended:
        main(line)
    said = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2
    assert len(said) == 1
    assert len(said[0]) <= MOST


@pytest.mark.filterwarnings("default")
def test_hostile_command_lines_end_in_a_result_or_a_sentence(capsys, monkeypatch):
    draws, failed = random.Random(SEED), []
    for _ in range(INPUTS):
        line = drawn(draws)
        try:
            check(line, capsys)
        except BaseException as problem:  # every failure is listed, with its command line
            if isinstance(problem, KeyboardInterrupt):
                raise
            failed.append(([part[:60] for part in line], f"{type(problem).__name__}: {str(problem)[:200]}"))
    assert not failed, "\n".join(map(str, failed))
