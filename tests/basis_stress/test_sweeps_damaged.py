"""A sweep whose files were damaged or exchanged: run again on resume, refused on reading, never signed."""

import json
import shutil

import pytest

import basis_stress as bs
from basis_engine.base.errors import InputError
from basis_stress.sweeps import running, store
from support.folders import files_of

SMALL = {"leverage": "20:80:20", "haircut": "0,0.01"}


@pytest.fixture
def found(tmp_path):
    return bs.sweep("april-2025", out=tmp_path / "sweep", chunk=2, **SMALL)


def exchange(folder):
    """Put another whole chunk of the same size in the place of one."""
    shutil.copy(folder / "chunk-000000.parquet", folder / "chunk-000001.parquet")


def test_an_exchanged_chunk_of_a_finished_sweep_is_run_again(found):
    before = files_of(found.folder)
    exchange(found.folder)
    assert bs.sweep("april-2025", out=found.folder, chunk=2, **SMALL).size == 8
    assert files_of(found.folder) == before


def test_an_exchanged_chunk_of_an_interrupted_sweep_is_run_again(found, tmp_path, monkeypatch):
    before, folder, ran = files_of(found.folder), tmp_path / "again", []

    def stop(size):
        ran.append(size)
        if len(ran) == 3:
            raise KeyboardInterrupt

    whole = running.fill
    monkeypatch.setattr(running, "fill", lambda store, submit, ahead, progress: whole(store, submit, ahead, stop))
    with pytest.raises(KeyboardInterrupt):
        bs.sweep("april-2025", out=folder, chunk=2, threads=1, **SMALL)
    assert len(list(folder.glob("chunk-*"))) == 3
    exchange(folder)
    again = []
    monkeypatch.setattr(
        running,
        "fill",
        lambda store, submit, ahead, progress: again.extend(store.left) or whole(store, submit, ahead, progress),
    )
    bs.sweep("april-2025", out=folder, chunk=2, **SMALL)
    assert again == [1, 3]
    assert files_of(folder) == before
    assert sorted(path.name for path in folder.iterdir() if path.name != ".lock") == sorted(before)


def test_reading_refuses_a_chunk_that_changed_or_is_missing(found):
    exchange(found.folder)
    with pytest.raises(InputError, match=r"chunk-000001.parquet': has changed since it was written; run"):
        bs.read_sweep(found.folder)
    (found.folder / "chunk-000001.parquet").unlink()
    with pytest.raises(InputError, match=r"chunk-000001.parquet': is missing; run"):
        bs.read_sweep(found.folder)


@pytest.mark.parametrize("content", ["[]", "{}", "1", '{"complete": true}', "[" * 100_000, "\udcff", ""])
def test_reading_refuses_a_damaged_manifest(found, content):
    (found.folder / "manifest.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=r"is damaged|holds no sweep"):
        bs.read_sweep(found.folder)


@pytest.mark.parametrize("file", ["../outside.parquet", "/etc/passwd", 7])
def test_a_manifest_names_files_of_its_folder_only(found, file):
    told = json.loads((found.folder / "manifest.json").read_text())
    told["chunks"][1]["file"] = file
    (found.folder / "manifest.json").write_text(json.dumps(told))
    with pytest.raises(InputError, match="is damaged"):
        bs.read_sweep(found.folder)


def test_a_failed_sweep_leaves_its_folder_to_the_next(tmp_path, monkeypatch):
    def fail(*given):
        raise InputError("sweep: no luck")

    with monkeypatch.context() as patch:
        patch.setattr("basis_stress.sweeps.run.fill_here", fail)
        with pytest.raises(InputError, match="no luck"):
            bs.sweep("april-2025", out=tmp_path / "new" / "sweep", chunk=2, **SMALL)
    assert list(tmp_path.iterdir()) == []
    assert bs.sweep("april-2025", out=tmp_path / "new" / "sweep", leverage="10,20").size == 2


def test_a_sweep_killed_before_its_first_chunk_leaves_its_folder_to_the_next(found, tmp_path):
    (tmp_path / "killed").mkdir()
    told = json.loads((found.folder / "manifest.json").read_text())
    told["complete"] = False
    del told["chunks"]
    (tmp_path / "killed" / store.MANIFEST).write_text(json.dumps(told))
    assert bs.sweep("april-2025", out=tmp_path / "killed", leverage="10,20").size == 2
