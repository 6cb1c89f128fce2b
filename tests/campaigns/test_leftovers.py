"""What a killed run leaves is deleted by the next, and what a running one has is not."""

import json
import os
import signal
import sys
from pathlib import Path

import filelock
import pytest

import basis_stress as bs
from basis_stress.ensembles import streaming
from basis_stress.reporting import files
from campaigns.forked import Child, wait_for


def test_paths_delete_what_a_killed_run_left(tmp_path: Path) -> None:
    dead, alive = tmp_path / ".saving-paths-dead", tmp_path / ".saving-paths-alive"
    for folder in (dead, alive):
        folder.mkdir()
        (folder / "outcomes.parquet").write_bytes(b"half")
    with filelock.FileLock(alive / ".lock"):
        bs.simulate_paths("bootstrap", 4, 5, out=tmp_path)
        assert not dead.exists()
        assert alive.exists()
    assert not list(tmp_path.glob(".saving-paths-*/.lock/*"))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_a_command_with_one_line(number: int, code: int, tmp_path: Path) -> None:
    from basis_stress.cli.main import main

    def work() -> None:
        def wait(*ignored: object) -> None:
            Path("began").touch()
            signal.pause()

        streaming.table = wait  # type: ignore[assignment]
        main(["paths", "bootstrap", "--paths", "4", "--days", "5", "--no-report", "--out", "out"])

    child = Child(work, tmp_path)
    wait_for(tmp_path / "began", child)
    ended = child.kill(0.0, number)
    assert ended.code == code
    assert ended.said.splitlines()[-1] == "basis-stress: stopped"
    assert "Traceback" not in ended.said
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "began"]


def test_output_on_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    from basis_stress.cli.main import main

    def work() -> None:
        sys.stdout.reconfigure(write_through=True)  # type: ignore[union-attr]
        os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
        main(["strategies"])

    ended = Child(work, tmp_path).wait()
    assert ended.code == 2
    assert ended.said == "basis-stress: the output: cannot be written (No space left on device); free some space\n"


def test_a_file_that_is_stopped_half_way_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*ignored: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        files.save("content", tmp_path / "page.html", "report")
    assert not list(tmp_path.iterdir())


AXES: dict[str, list[object]] = {
    "no axis": [],
    "no levels": [{"name": "leverage", "levels": []}],
    "levels in words": [{"name": "leverage", "levels": ["ten", "twenty"]}],
    "levels that are one word": [{"name": "leverage", "levels": "10"}],
    "levels that are infinite": [{"name": "leverage", "levels": [10, float("inf")]}],
    "levels of 400 digits": [{"name": "leverage", "levels": [10, 10**400]}],
    "one end": [{"name": "leverage", "low": 10}],
    "twice": 2 * [{"name": "leverage", "levels": [10, 20]}],
}
"""Damaged axes of a manifest."""


@pytest.mark.parametrize("damage", ["code", "data", "versions", "files", "scenario", "book", "digests", *AXES])
def test_a_sweep_with_a_damaged_manifest_is_refused(damage: str, tmp_path: Path) -> None:
    folder = bs.sweep("april-2025", out=tmp_path / "sweep", leverage="10,20").folder
    manifest = json.loads((folder / "manifest.json").read_text())
    if damage == "scenario":
        manifest["scenarios"][0]["name"] = "another"
    elif damage == "book":
        manifest["book"] = "x"
    elif damage == "digests":
        manifest["files"] = [1]
    elif damage in AXES:
        manifest["design"]["axes"] = AXES[damage]
    else:
        del manifest[damage]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(bs.InputError, match="is damaged"):
        bs.read_sweep(folder).table()


@pytest.mark.parametrize("line", [["rerun", "."], ["rerun", ""], ["rerun", "/"]], ids=str)
def test_a_folder_without_a_name_has_no_manifest(
    line: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from basis_stress.cli.main import main

    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(line)
    assert ended.value.code == 2
    assert "manifest.json" in capsys.readouterr().err


def test_a_circle_of_links_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("out")
    with pytest.raises(bs.InputError, match="cannot be written"):
        files.save_tables(tmp_path / "out", {"a.txt": "content"})


def test_cells_of_4000_digits_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "cells.csv").write_text(f"leverage\n10\n{10**4000 // 3}\n")
    with pytest.raises(bs.InputError, match="leverage"):
        bs.sweep("april-2025", cells=tmp_path / "cells.csv", out=tmp_path / "sweep")


def test_a_value_of_many_short_words_does_not_hide_the_refusal() -> None:
    text = str(bs.InputError(f"mine.toml, margin_multiple: {' {1: [2]}' * 400} given, allowed is a number"))
    assert len(text) <= 500
    assert text.startswith("mine.toml, margin_multiple: ")
    assert text.endswith("given, allowed is a number")
