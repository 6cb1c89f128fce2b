"""Sweeps: axes and designs are what they say, cells agree with single backtests, folders are never spoiled."""

import ast
import json
import os
import shutil
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import filelock
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from scipy.stats import qmc

import basis_stress as bs
from basis_data.markets.market_data import market_data, with_yield_scale
from basis_data.markets.pricing import priced_market
from basis_data.scenarios.scenario import changed, scenario
from basis_engine.base.errors import InputError
from basis_stress.sweeps.axes import axis
from basis_stress.sweeps.designs import Grid, design
from basis_stress.sweeps.digests import _imports, sources
from support.folders import files_of

SMALL = {"leverage": "20:80:20", "haircut": "0,0.01"}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return bs.sweep("april-2025", out=tmp_path_factory.mktemp("small") / "sweep", **SMALL)


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("10:12:1", [10.0, 11.0, 12.0]),
        ("0:0.05:0.01", [0.0, 0.01, 0.02, 0.03, 0.04, 0.05]),
        ("0:1:5x", [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("1:2:0.4", [1.0, 1.4, 1.8]),
        ("0.02, 0.01,0", [0.0, 0.01, 0.02]),
        ("50", [50.0]),
        (range(3), [0.0, 1.0, 2.0]),
        (7, [7.0]),
    ],
)
def test_axes_are_read_exactly(text, levels):
    assert list(axis("leverage", text).levels) == levels


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("10:x:1", "'x' in '10:x:1' is not a number"),
        ("10:5:1", "is empty, as 10 is not below 5"),
        ("10:20:0", "has a step of 0"),
        ("10:20:1x", "gives 1 points"),
        ("0:1:1e-9", "gives 1,000,000,001 levels"),
        ("1:2:3:4", "is not an axis"),
        (",", "the axis is empty"),
        ([], "the axis is empty"),
        ("1,1", "1 is given twice"),
        ("1,nan", "is not finite"),
        ([1.0, np.inf], "is not finite"),
        (["a"], "is not an axis"),
    ],
)
def test_an_axis_that_is_none_is_one_sentence(given, sentence):
    with pytest.raises(InputError, match="sweep, leverage: ") as caught:
        axis("leverage", given)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("method", ["grid", "sobol:256", "lhs:100", "saltelli:64"])
def test_a_design_is_the_same_in_one_piece_and_in_many(method):
    levels = ("0:1:3x", "0:2:7x", "5,6") if method == "grid" else ("0:1", "0:2", "5,6")
    made = design(method, tuple(axis(name, text) for name, text in zip("abc", levels, strict=True)), seed=3)
    whole = made.cells(0, made.size)
    cuts = [0, 1, 7, made.size // 2, made.size - 1, made.size]
    pieces = [made.cells(start, stop) for start, stop in pairwise(cuts)]
    for name in "abc":
        np.testing.assert_array_equal(np.concatenate([piece[name] for piece in pieces]), whole[name])


def test_a_grid_is_every_combination_in_order():
    made = Grid((axis("a", "1,2"), axis("b", "3,4,5")))
    cells = made.cells(0, made.size)
    assert list(zip(cells["a"], cells["b"], strict=True)) == [(a, b) for a in (1, 2) for b in (3, 4, 5)]


def test_a_sobol_sample_is_that_of_scipy():
    made = design("sobol:64", (axis("a", "0:1"), axis("b", "10:20")), seed=5)
    points = qmc.Sobol(2, rng=5).random(64)
    cells = made.cells(0, 64)
    np.testing.assert_array_equal(cells["a"], points[:, 0])
    np.testing.assert_array_equal(cells["b"], 10 + 10 * points[:, 1])


def test_saltelli_swaps_one_column_at_a_time():
    cells = design("saltelli:8", (axis("a", "0:1"), axis("b", "0:1")), seed=1).cells(0, 32)
    a, b = (cells[name].reshape(4, 8) for name in "ab")
    np.testing.assert_array_equal(a[2], a[1])
    np.testing.assert_array_equal(b[2], b[0])
    np.testing.assert_array_equal(a[3], a[0])
    np.testing.assert_array_equal(b[3], b[1])
    assert len(np.intersect1d(a[0], a[1])) == 0


@pytest.mark.parametrize(
    ("method", "sentence"),
    [
        ("sobol:100", "powers of two, such as 128"),
        ("lhs:1", "2 to 2^30"),
        ("random:10", "allowed are grid"),
        ("sobol", "allowed are grid"),
    ],
)
def test_designs_that_do_not_exist_are_one_sentence(method, sentence):
    with pytest.raises(InputError) as caught:
        design(method, (axis("a", "0:1"),))
    assert sentence in str(caught.value)


def test_scaled_yields_price_as_a_scenario_with_that_scale():
    base = changed(scenario("april-2025"), "test", curve="par")
    data = market_data(base, ["TY"])
    for scale in (0.0, 2.5):
        ours = priced_market(with_yield_scale(data, scale)).priced
        theirs = priced_market(market_data(changed(base, "test", yield_scale=scale), ["TY"])).priced
        np.testing.assert_allclose(ours.clean, theirs.clean, rtol=1e-13)
        np.testing.assert_allclose(ours.futures, theirs.futures, rtol=1e-13)


def test_cells_agree_with_single_backtests(tmp_path):
    axes = {"yield_scale": "1,2", "leverage": "20,40,60", "margin_multiple": "1,1.2"}
    table = bs.sweep("april-2025", out=tmp_path / "sweep", **axes).table()
    assert len(table) == 12
    for _, cell in table[table["outcome"] != "not_entered"].iterrows():
        one = bs.backtest(
            "april-2025",
            leverage=cell["leverage"],
            yield_scale=cell["yield_scale"],
            margin_multiple=cell["margin_multiple"],
            curve="par",
        ).summary.iloc[0]
        assert cell["equity_end"] == pytest.approx(one["equity_end_usd"], rel=1e-9)
        assert cell["calls"] == one["calls"]
    for _, cell in table[table["outcome"] == "not_entered"].iterrows():
        with pytest.raises(InputError, match="allow at most"):
            bs.backtest("april-2025", leverage=cell["leverage"], margin_multiple=cell["margin_multiple"])


def test_paths_follow_one_another(tmp_path):
    found = bs.sweep(["april-2025", "march-2020"], out=tmp_path / "two", chunk=5, **SMALL)
    table = found.table()
    assert list(table["scenario"]) == ["april-2025"] * 8 + ["march-2020"] * 8
    alone = bs.sweep("march-2020", out=tmp_path / "one", **SMALL).table()
    pd.testing.assert_frame_equal(table.iloc[8:, 1:].reset_index(drop=True), alone.iloc[:, 1:])


def test_parts_and_threads_change_no_cell(small, tmp_path):
    parts = bs.sweep("april-2025", out=tmp_path / "parts", chunk=3, threads=1, **SMALL)
    assert [chunk["cells"] for chunk in parts.manifest["chunks"]] == [3, 3, 2]
    pd.testing.assert_frame_equal(parts.table(), small.table())
    again = bs.sweep("april-2025", out=tmp_path / "again", **SMALL)
    assert files_of(again.folder) == files_of(small.folder)


def test_the_manifest_says_what_made_the_sweep(small):
    told = json.loads((small.folder / "manifest.json").read_text())
    assert told["complete"] is True
    assert told["book"]["unwind"] == "cure"
    assert {"code", "data", "versions", "execution", "contracts", "design"} <= told.keys()
    assert [chunk["cells"] for chunk in told["chunks"]] == [8]
    assert not [key for key in told if "time" in key or "date" in key]
    assert small.manifest == told == bs.read_sweep(small.folder).manifest


def test_the_digest_of_the_code_is_of_what_computes_cells(tmp_path):
    """In a copy of the house: a caption, a page or a doc changes nothing; what a cell is made by changes it."""
    root = Path(bs.__file__).parent.parent
    for folder in ("engine", "data", "strategies", "basis_stress"):
        shutil.copytree(root / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "*.csv"))
    roots = os.pathsep.join(str(tmp_path / folder) for folder in (".", "engine", "data", "strategies"))
    code = "from basis_stress.sweeps.digests import code_digest; print(code_digest('basis_stress.sweeps.jobs'))"

    def digest(touched=None):
        if touched:
            (tmp_path / touched).write_text((tmp_path / touched).read_text() + "\n# touched\n")
        return subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": roots},
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    before = digest()
    for touched in (
        "basis_stress/sweeps/effects_figures.py",
        "basis_stress/sweeps/page.py",
        "basis_stress/single_book/sentences.py",
    ):
        assert digest(touched) == before
    for touched in (
        "engine/basis_engine/simulation/unwind.py",
        "engine/basis_engine/base/compile.py",
        "data/basis_data/markets/market_data.py",
        "strategies/basis_strategies/entry_sizing.py",
        "basis_stress/sweeps/jobs.py",
        "basis_stress/sweeps/designs.py",
    ):
        after = digest(touched)
        assert after != before
        before = after


@pytest.mark.parametrize("kind", ["jobs", "market_jobs"])
def test_everything_that_a_job_imports_is_in_its_digest(kind):
    """Against what Python has loaded of ours once the job's module is there, packages aside."""
    code = (
        f"import sys, basis_stress.sweeps.{kind}, basis_stress.sweeps.jobs\n"
        "from basis_stress.sweeps.digests import sources\n"
        f"found = sources('basis_stress.sweeps.{kind}', 'basis_stress.sweeps.jobs')\n"
        "ours = [name for name, module in sys.modules.items() if name.partition('.')[0] in\n"
        "        ('basis_engine', 'basis_data', 'basis_strategies', 'basis_stress')\n"
        "        and not hasattr(module, '__path__')]\n"
        "print(sorted(set(ours) - set(found)), len(found))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    missed, _, count = run.stdout.rpartition(" ")
    assert missed == "[]"
    assert int(count) > 40


def test_the_imports_of_a_source_are_those_that_python_parses():
    """They are found by a pattern, because parsing took a third of a cached command."""
    for path in set(sources("basis_stress.cli.main", "basis_stress.single_book.page").values()):
        parsed = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                parsed |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                parsed |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        assert {name for name in parsed if name.startswith("basis_")} <= set(_imports(path)), path


def test_words_of_a_scenario_do_not_stop_a_sweep_from_going_on(small):
    renamed = changed(scenario("april-2025"), "april-2025", title="another title", story="as told by another")
    bs.sweep(renamed, out=small.folder, **SMALL)


def test_a_table_of_cells_gives_the_cells_of_the_grid(small, tmp_path):
    cells = small.table(["leverage", "haircut"])
    cells.to_csv(tmp_path / "cells.csv", index=False)
    cells.to_parquet(tmp_path / "cells.parquet")
    for k, given in enumerate((cells, tmp_path / "cells.csv", tmp_path / "cells.parquet")):
        found = bs.sweep("april-2025", out=tmp_path / f"sweep-{k}", cells=given)
        pd.testing.assert_frame_equal(found.table(), small.table())


def test_cells_in_any_order_are_the_same_cells(tmp_path):
    """Cells are run scale by scale, and stand in the order in which they were given."""
    axes = {"yield_scale": "0.5,1,3", "leverage": "20,40,50", "term_share": "0,0.5"}
    ordered = bs.sweep("april-2025", out=tmp_path / "ordered", **axes).table()
    shuffled = ordered.sample(frac=1.0, random_state=0)
    found = bs.sweep("april-2025", out=tmp_path / "shuffled", cells=shuffled[list(axes)], chunk=7).table()
    assert ordered["equity_end"].nunique() == 18
    pd.testing.assert_frame_equal(found, shuffled.reset_index(drop=True))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"leverag": "1:2:1"}, "leverag: unknown axis (did you mean 'leverage'?)"),
        ({"leverage": "10:2000:10"}, "leverage: 2000.0 given, allowed is less than or equal to 1000"),
        ({"margin_multiple": "0:2:1"}, "margin_multiple: 0.0 given"),
        ({"leverage": "10,20", "buffer": "0,0.1"}, "leverage and buffer: both given"),
        ({"leverage": "10,20", "buffer": 0.1}, "leverage and buffer: both given"),
        ({"term_days": "0.5,1.5"}, "term_days: 0.5 given"),
        ({"leverage": 50}, "nothing varies"),
        ({"leverage": "10:20"}, "has no step, which a grid needs"),
        ({"leverage": "10,20", "unwind": "panic"}, "unwind: 'panic' given"),
        ({"leverage": "10,20", "contract": "XX"}, "some of"),
        ({"leverage": "10,20", "threads": 0}, "threads: 0 given"),
        ({"leverage": "10,20", "chunk": 0}, "chunk: 0 given"),
        ({"leverage": "10,20", "strategy": bs.CashFuturesBasis(), "haircut": 0.1}, "given with a strategy"),
        ({"leverage": "10:20", "design": "sobol:8", "seed": -1}, "seed: -1 given"),
        ({"leverage": "10,20", "cells": "cells.csv"}, "an axis given with a table"),
        ({"cells": "no-such.csv"}, "no such file"),
        ({"cells": pd.DataFrame({"leverage": []})}, "holds no cells"),
        ({"cells": pd.DataFrame({"leverage": ["a"]})}, "row 1, column leverage: 'a' given"),
        ({"cells": pd.DataFrame({"lever": [1.0]})}, "lever: unknown axis"),
        ({"cells": pd.DataFrame({"leverage": [10.0, 5000.0]})}, "leverage: 5000.0 given"),
        ({"cells": pd.DataFrame({"term_days": [10.5]})}, "term_days, row 1: 10.5 given"),
        ({"market": True, "leverage": "10,20"}, "leverage: unknown axis"),
        ({"leverage": "10,20", "seed": "0:2:1"}, "seed: unknown axis"),
        ({"market": True, "era_leverage": "10,2000"}, "era_leverage: 2000.0 given"),
    ],
)
def test_a_mistake_is_one_sentence_and_leaves_nothing(options, sentence, tmp_path):
    with pytest.raises(InputError) as caught:
        bs.sweep("april-2025", out=tmp_path / "sweep", **options)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "sweep").exists()


def test_unreadable_tables_are_one_sentence(tmp_path):
    for name in ("cells.parquet", "cells.csv"):
        (tmp_path / name).write_bytes(b"PAR1\xff\xfe")
        with pytest.raises(InputError, match="cannot be read as a table of cells"):
            bs.sweep("april-2025", out=tmp_path / "sweep", cells=tmp_path / name)


def test_the_same_scenario_twice_is_refused(tmp_path):
    with pytest.raises(InputError, match="'april-2025' is given twice"):
        bs.sweep(["april-2025", "april-2025"], out=tmp_path / "sweep", **SMALL)


def test_another_sweep_in_the_folder_is_refused_by_what_differs(small):
    before = files_of(small.folder)
    for options, sentence in (
        ({**SMALL, "unwind": "hold"}, 'whose book, unwind is "cure", not "hold"'),
        ({**SMALL, "haircut": "0,0.02"}, "whose design, axes 2, levels 2 is 0.01, not 0.02"),
        ({"haircut": "0,0.01", "leverage": "20:80:20"}, "whose design, axes 1"),
    ):
        with pytest.raises(InputError, match="holds another sweep") as caught:
            bs.sweep("april-2025", out=small.folder, **options)
        assert sentence in str(caught.value)
    assert files_of(small.folder) == before


def test_other_files_in_the_folder_are_left_alone(tmp_path):
    (tmp_path / "thesis.doc").write_text("mine")
    with pytest.raises(InputError, match="holds other files"):
        bs.sweep("april-2025", out=tmp_path, **SMALL)
    assert (tmp_path / "thesis.doc").read_text() == "mine"


def test_two_sweeps_never_write_into_one_folder(tmp_path):
    with (
        filelock.FileLock(tmp_path / ".lock"),
        pytest.raises(InputError, match="is in use by another sweep"),
    ):
        bs.sweep("april-2025", out=tmp_path, **SMALL)


def test_a_second_process_is_refused_while_the_first_sweeps(tmp_path):
    """Two real processes: the first is held inside its run, the second is told, and the first ends as ever."""
    code = (
        "import sys, pathlib, time, basis_stress as bs\n"
        "from basis_stress.sweeps import jobs\n"
        "whole = jobs.table\n"
        "def held(*given):\n"
        "    while not pathlib.Path(sys.argv[2]).exists(): time.sleep(0.01)\n"
        "    return whole(*given)\n"
        "jobs.table = held\n"
        "bs.sweep('april-2025', out=sys.argv[1], leverage='20:80:20', haircut='0,0.01')\n"
    )
    folder, go = tmp_path / "sweep", tmp_path / "go"
    first = subprocess.Popen([sys.executable, "-c", code, str(folder), str(go)])
    try:
        while not (folder / "manifest.json").exists():
            assert first.poll() is None
            time.sleep(0.01)
        with pytest.raises(InputError, match="is in use by another sweep"):
            bs.sweep("april-2025", out=folder, **SMALL)
    finally:
        go.touch()
        assert first.wait(60) == 0
    assert bs.read_sweep(folder).size == 8


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="cannot be written"):
        bs.sweep("april-2025", out=tmp_path / "file" / "sweep", **SMALL)


def test_a_damaged_part_is_run_again(small, tmp_path):
    found = bs.sweep("april-2025", out=tmp_path / "sweep", chunk=3, **SMALL)
    before = files_of(found.folder)
    (found.folder / "chunk-000001.parquet").write_bytes(before["chunk-000001.parquet"][:100])
    (found.folder / ".chunk-000002.parquet.x.tmp").write_bytes(b"left by a kill")
    bs.sweep("april-2025", out=found.folder, chunk=3, **SMALL)
    assert files_of(found.folder) == before


def test_a_full_disk_keeps_what_is_done(tmp_path):
    """A limit on the size of files stands for the disk: the first parts fit, the next does not."""
    code = (
        "import resource, sys, pathlib, basis_stress as bs\n"
        "from basis_stress.sweeps import store\n"
        "whole = store.save\n"
        "def save(content, path, what):\n"
        "    if 'chunk-000002' in str(path): resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "    return whole(content, path, what)\n"
        "store.save = save\n"
        "try:\n"
        "    bs.sweep('april-2025', out=sys.argv[1], chunk=2, threads=1, leverage='20:80:20', haircut='0,0.01')\n"
        "except bs.InputError as mistake:\n"
        "    print(mistake)\n"
    )
    folder = tmp_path / "sweep"
    run = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    assert "File too large" in run.stdout
    assert "2 of 4 chunks are done and kept" in run.stdout
    assert sorted(files_of(folder)) == ["chunk-000000.parquet", "chunk-000001.parquet", "manifest.json"]
    with pytest.raises(InputError, match="was interrupted"):
        bs.read_sweep(folder)
    times = {path: path.stat().st_mtime_ns for path in folder.glob("chunk-*")}
    bs.sweep("april-2025", out=folder, chunk=2, **SMALL)
    assert {path: path.stat().st_mtime_ns for path in times} == times
    whole = bs.sweep("april-2025", out=tmp_path / "whole", chunk=2, **SMALL)
    assert files_of(folder) == files_of(whole.folder)


def test_a_folder_without_a_sweep_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="holds no sweep"):
        bs.read_sweep(tmp_path)


def test_parts_hold_one_row_group_and_plain_names(small):
    chunk = pq.ParquetFile(small.folder / "chunk-000000.parquet")
    assert chunk.num_row_groups == 1
    assert chunk.schema_arrow.names[:3] == ["scenario", "leverage", "haircut"]
    assert b"pandas" not in (chunk.schema_arrow.metadata or {})
    absent = [field.name for field in chunk.schema_arrow if field.nullable]
    assert absent == ["worst_day", "first_call_day", "first_order_day", "default_day"]


def test_columns_are_packed_by_how_many_of_their_numbers_differ(tmp_path):
    swept = bs.sweep("april-2025", out=tmp_path / "sweep", leverage="10:20:300x", haircut="0,0.001", threads=1)
    file = pq.ParquetFile(swept.folder / "chunk-000000.parquet").metadata.row_group(0)
    packed = {column.path_in_schema: column for column in map(file.column, range(file.num_columns))}
    assert {packed[name].compression for name in ("haircut", "sold", "outcome", "calls")} == {"LZ4"}
    assert packed["lowest_cash"].compression == packed["leverage"].compression == "ZSTD"
    assert "BYTE_STREAM_SPLIT" in packed["lowest_cash"].encodings
    assert "BYTE_STREAM_SPLIT" not in packed["leverage"].encodings  # each level twice
    measured = [name for name, column in packed.items() if column.is_stats_set]
    assert measured == ["scenario", "leverage", "haircut"]


def test_progress_begins_with_what_was_done_before(small):
    seen = []
    bs.sweep("april-2025", out=small.folder, progress=lambda done, total: seen.append((done, total)), **SMALL)
    assert seen == [(8, 8)]


def test_populations_of_a_market_are_an_axis(tmp_path):
    found = bs.sweep("april-2025", market=True, out=tmp_path / "sweep", seed="0:2:1", era_leverage="20,30")
    table = found.table()
    assert list(table["seed"]) == [0, 1, 2] * 2 or list(table["seed"]) == [0, 0, 1, 1, 2, 2]
    assert table["worst_return"].nunique() == 6


def test_markets_on_processes_are_the_same_markets(tmp_path):
    axes = {"era_leverage": "15,30", "capacity_multiple": "1,4"}
    one = bs.sweep("april-2025", market=True, out=tmp_path / "one", chunk=1, threads=1, **axes)
    two = bs.sweep("april-2025", market=True, out=tmp_path / "two", chunk=1, threads=2, **axes)
    assert files_of(one.folder) == files_of(two.folder)


def test_processes_that_end_early_are_one_sentence(tmp_path):
    """A script without a guard: each process that it starts would run it again."""
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, basis_stress as bs\n"
        "bs.sweep('april-2025', market=True, out=sys.argv[1], chunk=1, threads=2, era_leverage='15,30')\n"
    )
    command = [sys.executable, str(script), str(tmp_path / "sweep")]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    last = run.stderr.rstrip().splitlines()[-1]
    assert "InputError: sweep: a worker process ended early" in last
    assert "in a script call sweep under if __name__ == '__main__'" in last


def test_a_market_is_swept_cell_by_cell(tmp_path):
    found = bs.sweep("april-2025", market=True, out=tmp_path / "sweep", era_leverage="15,30", margin_multiple="1,2")
    table = found.table()
    assert list(table["era_leverage"]) == [15, 15, 30, 30]
    assert table["shorts_change"].nunique() == 4
    alone = bs.sweep("april-2025", market=True, out=tmp_path / "alone", era_leverage=30, margin_multiple="1,2").table()
    pd.testing.assert_frame_equal(table.iloc[2:][alone.columns].reset_index(drop=True), alone)
    assert np.isfinite(table["peak_rent_bp"]).all()
