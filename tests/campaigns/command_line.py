"""Hostile command lines, drawn from the definitions of click: every command, every argument, every option."""

import contextlib
import io
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from functools import cache
from pathlib import Path

import click
import numpy as np
import pyarrow.parquet as pq

from basis_data.refresh import download
from basis_strategies.library import LIBRARY
from basis_stress.cli.main import COMMANDS, MOST, group, main
from campaigns.forked import Ended, forked

INPUTS = 20
"""Command lines of one seed."""
PROCESSES = 200
"""One command line in so many runs in a process of its own."""
LONG = {"warm-up", "bench", "validate", "calibrate", "day-by-day", "ensemble", "shocks", "explore"}
"""Commands that take minutes with good values, or serve until stopped; they are given a wrong option each time."""
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
    "../../x", "/dev/zero", "/dev/null", "/proc", ".", "..", "\x1b[31mred", "1,,2", "1:2", "1:0:1", "0:1:1e-12", "x=y",
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


def commands() -> list[tuple[list[str], click.Command]]:
    """Every command with its words, those of groups included."""
    context = click.Context(group)
    found: list[tuple[list[str], click.Command]] = []
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            inner = [(own, command.get_command(click.Context(command), own)) for own in command.list_commands(context)]
            found += [([name, own], one) for own, one in inner if one is not None]
        else:
            found.append(([name], command))
    return found


def hostile(draws: random.Random, parameter: click.Parameter) -> str:
    """A hostile value: any of the list, or one near what the type of the parameter allows."""
    kind = parameter.type
    if isinstance(kind, click.Choice) and draws.random() < 0.3:
        return str(draws.choice(list(kind.choices))) + draws.choice(("", " ", "x", ",", ",TY"))
    if draws.random() < 0.3:
        number = draws.choice((0, 1, -1, 10, 1000)) * 10.0 ** draws.randint(-20, 20) * draws.uniform(0.1, 10)
        return draws.choice((f"{number:g}", f"{int(number)}", f"{number},{-number}", f"{number:g}:{2 * number:g}:3x"))
    return draws.choice(HOSTILE)


def drawn(draws: random.Random) -> list[str]:
    """One command line: arguments mostly right, one to three options hostile."""
    head, command = draws.choice(commands())
    line: list[str] = []
    for argument in command.params:
        if isinstance(argument, click.Argument) and draws.random() < 0.9:
            right = (
                GOOD.get(argument.name or "", "x") if (head[0], argument.name) != ("shocks", "name") else "bootstrap"
            )
            line.append(hostile(draws, argument) if draws.random() < 0.3 else right)
    options = [option for option in command.params if isinstance(option, click.Option) and not option.is_eager]
    for option in draws.sample(options, min(len(options), draws.choice((1, 1, 2, 3)))):
        line.append(draws.choice(option.opts))
        if not option.is_flag:
            line.append(hostile(draws, option))
    if LONG & set(head) or "--market" in line:
        return [*head, *line, "--no-such-option"]
    return [*head, *SHORT.get(head[0], ()), *line]


def prepare(folder: Path) -> None:
    """Write the files that command lines name."""
    for name, content in FILES.items():
        (folder / name).write_text(content)


def sandbox(folder: str) -> tuple[Path, dict[str, str]]:
    """A folder two below another, with the files that command lines name, and an environment that writes nowhere else.

    ``..`` and ``../../x`` stay in the outer folder.
    """
    inner = Path(folder) / "one" / "two"
    inner.mkdir(parents=True)
    prepare(inner)
    return inner, {"XDG_DATA_HOME": f"{folder}/data", "TMPDIR": folder}


def answered(*ignored: object) -> tuple[bytes, str]:
    """What every publisher answers while command lines are tried: nothing is asked of the network."""
    return b"", "text/csv"


def ends(line: list[str], folder: Path, environment: dict[str, str], alone: bool = False) -> Ended:
    """How a command line ends, in a forked process or in one of its own."""
    if alone:
        command = [sys.executable, "-m", "basis_stress", *line]
        settings = {**os.environ, **environment}
        started = time.monotonic()
        run = subprocess.run(command, capture_output=True, timeout=3600, check=False, cwd=folder, env=settings)
        out, said = (text.decode(errors="replace") for text in (run.stdout, run.stderr))
        return Ended(run.returncode, out, said, time.monotonic() - started)

    def work() -> None:
        download.Downloader._body = answered  # type: ignore[method-assign]
        tempfile.tempdir = None
        main(line)

    return forked(work, folder, **environment)


def check(line: list[str], alone: bool = False) -> None:
    """Assert that a command line ends in a result, or in one sentence and nothing written."""
    with tempfile.TemporaryDirectory() as folder:
        inner, environment = sandbox(folder)
        before = set(Path(folder).rglob("*"))
        ended = ends(line, inner, environment, alone)
        judge(ended)
        new = [path for path in set(Path(folder).rglob("*")) - before if path.is_file()]
        if ended.code == 2:
            assert not new, f"left behind: {new[:3]}"
        assert all(path.is_relative_to(folder) for path in new)
        for path in new:
            if path.suffix == ".parquet":
                finite(path)


def judge(ended: Ended) -> None:
    """Assert that a command line ended well, or with one sentence."""
    code, out, said, _ = ended
    assert code in (0, 2, 3), f"exit {code}: {said[-500:]}"
    assert "Traceback" not in out + said, said[-500:]
    assert "Warning" not in said, said[-500:]
    if code == 2:
        last = said.rstrip("\n").splitlines()[-1]
        assert last.startswith("basis-stress: "), last
        assert len(last) <= MOST, last
        assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in last), repr(last)


def finite(path: Path) -> None:
    """Assert that no figure of a table is infinite."""
    table = pq.read_table(path)
    for name, column in zip(table.column_names, table.columns, strict=True):
        if str(column.type) == "double":
            assert not np.isinf(column.to_numpy()).any(), f"{path.name}, {name} is infinite"


@cache
def compiled() -> None:
    """Run what needs kernels once, so that compiling is no part of any time."""
    lines = [["run", name, *SHORT["run"]] for name in LIBRARY]
    lines += [["paths", "bootstrap", *SHORT["paths"]], ["break", "april-2025", *SHORT["break"]]]
    lines += [["sweep", "april-2025", "--leverage", "10,20", "--no-report"], ["backtest", "april-2025", "--no-report"]]
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        for number, line in enumerate(lines):
            with contextlib.suppress(SystemExit):
                main([*line, "--out", f"{folder}/{number}"])


def trial(seed: int) -> dict[str, int]:
    """Check `INPUTS` command lines, each in an empty folder; how many of each command."""
    compiled()
    draws, tried = random.Random(f"command line {seed}"), Counter[str]()
    for number in range(INPUTS):
        line = drawn(draws)
        alone = (INPUTS * seed + number) % PROCESSES == 0 and not any(bad in "".join(line) for bad in "\0\udcff")
        try:
            check([*line, "--no-such-option"] if alone and line[:2] == ["data", "refresh"] else line, alone)
        except Exception as problem:
            short = [part[:60] for part in line]
            raise AssertionError(f"input {number}, {short}: {type(problem).__name__}: {problem}") from problem
        tried["in a process of its own" if alone else line[0]] += 1
    return dict(tried)
