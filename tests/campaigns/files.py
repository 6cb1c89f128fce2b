"""Damaged files: scenarios, books, tables, cells and sweep folders, changed in type, depth, size and encoding."""

import json
import os
import random
import shutil
import tempfile
import tomllib
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import basis_stress as bs
from basis_data.tables.layouts import TABLES
from campaigns.command_line import compiled, finite
from campaigns.limits import limited

FILES = 10
"""Damaged files of one seed."""
LONGEST = 600
"""Letters of a refusal in Python; the command line cuts it to 300."""
SCENARIOS = Path(bs.__file__).parents[1] / "data" / "basis_data" / "scenarios"
HISTORY = SCENARIOS.parent / "history"
TABLE_FILES = ("par_yields", "repo", "margins", "basis", "prices", "positions", "flows", "swap_spreads", "svensson")
BOOK = "contract,face_usd,haircut,term_share\nTY,500e6,0.02,0\nFV,250e6,0.01,0.5\n"
CELLS = "leverage,haircut\n10,0.01\n30,0.02\n50,0\n"
VALUES: tuple[Any, ...] = (
    "", " ", "x", "a" * 5000, 0, -1, 1, 10**4000, -(10**18), 1e308, -1e308, 5e-324, float("nan"), float("inf"), True,
    [], [[]], {}, {"a": {}}, "2025-02-30", "2025-04-05", "9999-12-31", "0001-01-01", "\u0663", "\u202e",
    "../../etc/passwd", "/dev/zero", "TY,TY", "nan", "1e3", "=1+1",
)  # fmt: skip


def toml(table: dict[str, Any]) -> str:
    """A table as TOML with inline values."""

    def value(given: Any) -> str:
        if isinstance(given, dict):
            return "{" + ", ".join(f"{json.dumps(key)} = {value(one)}" for key, one in given.items()) + "}"
        if isinstance(given, list):
            return "[" + ", ".join(map(value, given)) + "]"
        if isinstance(given, bool):
            return str(given).lower()
        if isinstance(given, int | float):
            return f"{given:f}".rstrip("0") + "0" if isinstance(given, float) and abs(given) < 1e15 else f"{given}"
        return json.dumps(given) if isinstance(given, str) else str(given)

    return "".join(f"{json.dumps(key)} = {value(given)}\n" for key, given in table.items())


def changed(draws: random.Random, table: Any, depth: int = 0) -> Any:
    """A copy with one thing changed: a value, a name, an entry twice or away, or a nest of lists."""
    if not isinstance(table, dict | list) or not table or (depth and draws.random() < 0.3):
        if draws.random() < 0.05:
            nest: Any = 1
            for _ in range(draws.choice((10, 100))):
                nest = [nest] if draws.random() < 0.5 else {"a": nest}
            return nest
        return draws.choice(VALUES)
    if isinstance(table, list):
        place = draws.randrange(len(table))
        entry = changed(draws, table[place], depth + 1)
        return draws.choice(([*table[:place], entry, *table[place + 1 :]], table * 2, table[::-1], table[:place]))
    name = draws.choice(sorted(table))
    kept = {key: one for key, one in table.items() if key != name}
    if draws.random() < 0.15:
        return kept | {draws.choice((name + "s", name.upper(), "", "\u202e", "base", "a.b")): table[name]}
    return kept if draws.random() < 0.1 else table | {name: changed(draws, table[name], depth + 1)}


def damaged(draws: random.Random, content: bytes) -> bytes:
    """Bytes cut, repeated, swapped, encoded otherwise, or with a cell of a table replaced."""
    kind = draws.randrange(9)
    place = draws.randrange(max(len(content), 1))
    if kind == 0:
        return content[:place]
    if kind == 1:
        return content[:place] + bytes(draws.randrange(256) for _ in range(draws.choice((1, 4, 100)))) + content[place:]
    if kind == 2:
        return content.decode(errors="replace").encode(
            draws.choice(("utf-16", "utf-32", "utf-8-sig", "cp037")), "replace"
        )
    if kind == 3:
        return draws.choice((b"", b"\n", b"\0", b"\xff\xfe", b"a," * 10_000, b"\n" * 100_000, b'"' * 999))
    if kind == 4:
        return content.replace(b"\n", draws.choice((b"\r", b"\r\n", b"\n\n", b";\n")))
    rows = [line.split(",") for line in content.decode(errors="replace").splitlines()]
    if not rows:
        return content
    row = draws.randrange(len(rows)) if draws.random() < 0.8 else 0
    if kind == 5:
        rows[row] = draws.choice((rows[row] * 2, rows[row][:-1], rows[0], [*rows[row], "x"]))
    elif kind == 6:
        rows = [*rows[: row + 1], *rows[row:]]
    else:
        rows[row][draws.randrange(len(rows[row]))] = f"{draws.choice(VALUES)}"
    return "\n".join(map(",".join, rows)).encode(errors="replace")


def scenario(draws: random.Random, folder: Path) -> Callable[[], object]:
    """A scenario of the library, one thing changed."""
    source = draws.choice(sorted(SCENARIOS.glob("*.toml")))
    content = source.read_bytes()
    if draws.random() < 0.6:
        with source.open("rb") as file:
            content = toml(changed(draws, tomllib.load(file))).encode(errors="replace")
    else:
        content = damaged(draws, content)
    (folder / "mine.toml").write_bytes(content)
    return lambda: bs.backtest(folder / "mine.toml", contract="TY", leverage=20)


def table(draws: random.Random, folder: Path) -> Callable[[], object]:
    """A scenario with a file of the user's, which is one of history, damaged."""
    name = draws.choice(TABLE_FILES)
    file = TABLES[name].file if name in TABLES else ""
    rows = (HISTORY / file).read_bytes() if file and (HISTORY / file).is_file() else example(name)
    head, _, rest = rows.partition(b"\n")
    recent = b"\n".join(line for line in rest.splitlines() if line[:7] in (b"2025-03", b"2025-04")) or rest[:5000]
    (folder / "own.csv").write_bytes(damaged(draws, head + b"\n" + recent + b"\n"))
    text = f'name = "mine"\nbase = "april-2025"\nfiles = {{{name} = "own.csv"}}\n'
    (folder / "mine.toml").write_text(text)
    return lambda: bs.backtest(folder / "mine.toml", contract="TY", leverage=20)


def example(name: str) -> bytes:
    """A table of this kind with one row of ones."""
    names = [column.name for column in TABLES[name].columns] if name in TABLES else ["date", "x"]
    return (",".join(names) + "\n" + ",".join("2025-04-01" if "date" in one else "1" for one in names) + "\n").encode()


def book(draws: random.Random, folder: Path) -> Callable[[], object]:
    """A book of positions, damaged."""
    (folder / "book.csv").write_bytes(damaged(draws, BOOK.encode()))
    return lambda: bs.backtest("april-2025", book=str(folder / "book.csv"))


def cells(draws: random.Random, folder: Path) -> Callable[[], object]:
    """A table of cells, damaged."""
    (folder / "cells.csv").write_bytes(damaged(draws, CELLS.encode()))
    return lambda: bs.sweep("april-2025", cells=folder / "cells.csv", out=folder / "swept").table()


@cache
def swept() -> Path:
    """A finished sweep, to be copied."""
    folder = Path(tempfile.mkdtemp(prefix="campaign-")) / "sweep"
    bs.sweep("april-2025", out=folder, leverage="10:50:5x", haircut="0,0.01")
    return folder


def sweep(draws: random.Random, folder: Path) -> Callable[[], object]:
    """The folder of a sweep, one file damaged or gone."""
    copy = folder / "sweep"
    shutil.copytree(swept(), copy)
    path = draws.choice(sorted(path for path in copy.rglob("*") if path.is_file()))
    if draws.random() < 0.1:
        path.unlink()
    elif path.suffix == ".json" and draws.random() < 0.7:
        path.write_text(json.dumps(changed(draws, json.loads(path.read_text()))))
    else:
        path.write_bytes(damaged(draws, path.read_bytes()))

    def read() -> None:
        found = bs.read_sweep(copy)
        found.table()
        repr(found)
        if draws.random() < 0.2:
            found.report(folder / "page.html")

    return read


KINDS = (scenario, scenario, table, table, book, cells, sweep)


def trial(seed: int) -> dict[str, int]:
    """Read `FILES` damaged files: each gives finite results, or one sentence; how many."""
    compiled()
    draws, here, tried = random.Random(f"files {seed}"), Path.cwd(), dict[str, int]()
    for number in range(FILES):
        kind = draws.choice(KINDS)
        tried[kind.__name__] = tried.get(kind.__name__, 0) + 1
        with tempfile.TemporaryDirectory() as folder:
            use = kind(draws, Path(folder))
            os.chdir(folder)
            try:
                with limited(), warnings.catch_warnings():
                    warnings.simplefilter("error")
                    warnings.filterwarnings("ignore", ".* is now .*")
                    found = use()
                if isinstance(found, bs.Result):
                    assert np.isfinite(found.timeline["equity_usd"]).all(), "equity is not finite"
                    found.save(Path(folder) / "saved")
                    for path in (Path(folder) / "saved").iterdir():
                        finite(path)
            except bs.InputError as refusal:
                text = str(refusal)
                if not text or len(text) > LONGEST or "Traceback" in text:
                    raise AssertionError(f"file {number}, {kind.__name__}: sentence of {len(text)}") from None
            except Exception as problem:
                raise AssertionError(
                    f"file {number}, {kind.__name__}: {type(problem).__name__}: {problem}"
                ) from problem
            finally:
                os.chdir(here)
    return tried
