"""Folders of tables hold one run's result: with several runs at once, after kills at any moment, and after failures."""

import os
import random
import signal
import subprocess
import sys
import threading
import time

import pandas as pd
import pytest

import basis_stress as bs
from basis_engine.base.errors import InputError
from basis_stress.reporting import files
from basis_stress.reporting.files import folder_beside, save_tables

NAMES = [f"table-{k}" for k in range(6)]
SAVER = """
import sys, pandas as pd
from basis_stress.reporting.files import folder_beside, save_tables
for run in range(int(sys.argv[2]), 10**9):
    save_tables(sys.argv[1], {f"table-{k}": pd.DataFrame({"run": [run] * 2000}) for k in range(6)})
    print(run, flush=True)
"""


def tables(run, names=NAMES):
    return {name: pd.DataFrame({"run": [run] * 50}) for name in names}


def runs_in(folder):
    """Runs whose tables stand in a folder."""
    return {int(pd.read_parquet(path)["run"].iloc[0]) for path in folder.glob("[!.]*.parquet")}


def test_savers_at_once_leave_one_result(tmp_path):
    threads = [threading.Thread(target=save_tables, args=(tmp_path / "out", tables(run))) for run in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs_in(tmp_path / "out")) == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"{name}.parquet" for name in NAMES]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_page_is_that_of_the_tables_beside_it(tmp_path):
    """Runs that write one after the other's tables left one's page beside the other's tables."""

    def write(run):
        save_tables(tmp_path / "out", {**tables(run), "report.html": str(run), "strategy-1/note.txt": b"x"})

    threads = [threading.Thread(target=write, args=(run,)) for run in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {int((tmp_path / "out" / "report.html").read_text())} == runs_in(tmp_path / "out")


def test_a_result_and_its_page_are_saved_at_once(tmp_path):
    result = bs.backtest("april-2025", contract="TY", leverage=20)
    result.save(tmp_path / "out", report=True)
    assert (tmp_path / "out" / "report.html").read_text() == result.report(tmp_path / "page.html").read_text()
    result.save(tmp_path / "out")
    assert not (tmp_path / "out" / "report.html").exists()


def test_files_are_moved_into_the_folder_and_the_place_beside_it_goes(tmp_path):
    with folder_beside(tmp_path / "new" / "out") as scratch:
        (scratch / "large.parquet").write_bytes(b"1")
        save_tables(tmp_path / "new" / "out", {"large.parquet": scratch / "large.parquet", "page.html": "x"})
    assert sorted(path.name for path in (tmp_path / "new").rglob("*")) == ["large.parquet", "out", "page.html"]
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"), folder_beside(tmp_path / "file" / "out"):
        pass


@pytest.mark.parametrize("note", [False, True])
def test_kills_at_any_moment_leave_one_result(tmp_path, note):
    """With a file of the user's in the folder, its tables are replaced one by one: some may be missing, none mixed."""
    folder, moments = tmp_path / "out", random.Random(7)
    save_tables(folder, tables(0))
    if note:
        (folder / "note.txt").write_text("the user's own")
    for start in range(10_000, 130_000, 10_000):
        process = subprocess.Popen(
            [sys.executable, "-c", SAVER, str(folder), str(start)], stdout=subprocess.PIPE, text=True
        )
        process.stdout.readline()
        time.sleep(moments.uniform(0, 0.05))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        if folder.exists():
            assert len(runs_in(folder)) <= 1
            assert note or sorted(path.name for path in folder.iterdir()) == [f"{name}.parquet" for name in NAMES]
    save_tables(folder, tables(1))
    assert runs_in(folder) == {1}
    left = [*([folder / "note.txt"] if note else []), *(folder / f"{name}.parquet" for name in NAMES)]
    assert sorted(folder.iterdir()) == sorted(left)
    assert list(tmp_path.iterdir()) == [folder]


def test_the_page_and_tables_of_the_earlier_result_go_with_it(tmp_path):
    save_tables(tmp_path / "out", tables(1, ["a", "strategy-1/a", "strategy-2/a"]), "strategy-*")
    (tmp_path / "out" / "report.html").write_text("of run 1")
    save_tables(tmp_path / "out", tables(2, ["a", "strategy-1/a"]), "strategy-*")
    found = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*"))
    assert found == ["a.parquet", "strategy-1", "strategy-1/a.parquet"]


def test_a_failing_save_keeps_what_another_run_saved_beside_it(tmp_path, monkeypatch):
    def fail(table, path):
        monkeypatch.undo()
        save_tables(tmp_path / "new" / "other", tables(2))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", fail)
    with pytest.raises(InputError, match="No space left"):
        save_tables(tmp_path / "new" / "mine", tables(1))
    assert runs_in(tmp_path / "new" / "other") == {2}
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["other"]


def test_a_failing_save_keeps_the_earlier_result(tmp_path, monkeypatch):
    save_tables(tmp_path / "out", tables(1))
    monkeypatch.setattr(pd.DataFrame, "to_parquet", lambda table, path: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save_tables(tmp_path / "out", tables(2))
    assert runs_in(tmp_path / "out") == {1}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_working_folder_is_not_replaced(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = tmp_path.stat().st_ino
    save_tables(".", tables(1))
    save_tables(".", tables(2))
    assert tmp_path.stat().st_ino == before
    assert runs_in(tmp_path) == {2}


def test_a_folder_in_use_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_PATIENCE_S", 0.1)
    with files._locked(tmp_path / ".out.lock", tmp_path / "out"), pytest.raises(InputError, match="another run"):
        save_tables(tmp_path / "out", tables(1))


@pytest.mark.parametrize("name", ["a" * 300, "a\0b"])
def test_impossible_names_are_refused_in_a_sentence(tmp_path, name):
    with pytest.raises(InputError, match="cannot be written"):
        save_tables(tmp_path / name, tables(1))
    with pytest.raises(InputError, match="cannot be written"):
        files.save("text", tmp_path / name, "--out")


def test_a_folder_is_looked_at_only_under_the_lock(tmp_path, monkeypatch):
    """Between the two renames of another run's exchange the folder is missing: a look from outside fails at times."""
    locked, is_mount = [], files.Path.is_mount

    def look(self):
        locked.append((tmp_path / ".out.lock").exists())
        return is_mount(self)

    monkeypatch.setattr(files.Path, "is_mount", look)
    for run in (1, 2):
        save_tables(tmp_path / "out", tables(run))
    assert locked == [True, True]
