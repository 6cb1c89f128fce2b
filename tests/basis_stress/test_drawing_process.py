"""The second process that draws figures for a command: same bytes, failures unseen, and it never outlives anybody."""

import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest

from basis_stress.reporting import drawing_process
from basis_stress.reporting.registry import render_report
from support.sample_result import a_default, many_funds

COMMAND = [sys.executable, "-m", "basis_stress", "backtest", "april-2025", "--quiet", "--out"]


def pids(result, chosen):
    """In place of six pictures, the process that draws each; a word may spoil it in all processes but one."""
    command, word = result
    if os.getpid() != command:
        print("printed", flush=True)
        if word == "fails":
            raise ValueError(word)
        if word == "dies":
            os._exit(0)
    if word == "warns":
        warnings.warn(word, stacklevel=1)
    return [os.getpid() for _ in range(6)][chosen]


@pytest.fixture
def process(monkeypatch):
    """A process that waits."""
    started = drawing_process._start(())
    monkeypatch.setattr(drawing_process, "_waiting", started)
    yield started
    started.kill()
    started.communicate()


def drawn(word):
    return drawing_process.begin(f"{__name__}:pids", (os.getpid(), word))()


def test_two_processes_share_the_figures_of_one_page(process):
    assert drawing_process.is_ready()
    assert drawn("well") == [process.pid] * 4 + [os.getpid()] * 2
    assert not drawing_process.is_ready()
    assert drawn("well") == [os.getpid()] * 6


@pytest.mark.parametrize("word", ["fails", "dies"])
def test_what_fails_there_is_drawn_here(process, word):
    assert drawn(word) == [os.getpid()] * 6


def test_a_warning_is_given_here(process):
    with pytest.warns(UserWarning, match="warns"):
        assert drawn("warns") == [os.getpid()] * 6


def test_a_result_that_no_pipe_takes_is_drawn_here(process):
    figures = drawing_process.begin(f"{__name__}:pids", (os.getpid(), lambda: None))
    assert figures() == [os.getpid()] * 6


@pytest.mark.parametrize("sample", [a_default, many_funds])
def test_a_report_keeps_its_bytes(process, sample):
    assert render_report(sample()) == render_report(sample())
    assert process.returncode == 0


def test_a_process_that_has_loaded_numpy_starts_none():
    with drawing_process.drawing_process():
        assert not drawing_process.is_ready()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are listed by Linux")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_its_command(tmp_path, number):
    command = subprocess.Popen([*COMMAND, tmp_path / "out"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    listed = Path(f"/proc/{command.pid}/task/{command.pid}/children")
    until = time.monotonic() + 60
    while not (children := listed.read_text().split()) and time.monotonic() < until:
        time.sleep(0.01)
    assert len(children) == 1
    command.send_signal(number)
    command.communicate(timeout=60)
    while Path(f"/proc/{children[0]}").exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert not Path(f"/proc/{children[0]}").exists()
    assert not (tmp_path / "out").exists()
