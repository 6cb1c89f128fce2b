"""The first command compiles in two processes; the second never outlives it, and nothing is lost if both are killed."""

import os
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from basis_engine.base.compile import ACCELERATED
from basis_engine.base.compile_turns import Ahead
from basis_stress.cli import ahead
from basis_stress.cli.main import COMMANDS, main
from support.folders import files_of

COMMAND = [sys.executable, "-m", "basis_stress", "backtest", "april-2025", "--no-report", "--quiet", "--out"]


@pytest.fixture
def started(monkeypatch):
    """Second processes that would have started, on a machine on which nothing is compiled."""
    found = []

    def process(**given):
        return SimpleNamespace(start=lambda: found.append(given["args"]))

    monkeypatch.setattr(ahead.multiprocessing, "get_context", lambda way: SimpleNamespace(Process=process))
    monkeypatch.setattr(ahead.ahead, "is_needed", lambda: True)
    monkeypatch.setattr(Ahead, "compile", None)
    return found


def test_commands_that_simulate_start_one_and_a_backtest_begins_with_the_loop(started):
    assert set(ahead.SIMULATING) <= set(COMMANDS)
    ahead.compile_ahead("sweep")
    assert (started, Ahead.compile) == ([(False,)], None)
    ahead.compile_ahead("backtest")
    assert (started, Ahead.compile) == ([(False,), (True,)], ahead.ahead.compile_loop)


@pytest.mark.parametrize("given", [["scenarios", "list"], ["backtest", "--help"], ["sweep", "-h"]])
def test_other_commands_and_help_start_none(started, given, capsys):
    with pytest.raises(SystemExit):
        main(given)
    assert started == []


def test_none_is_started_for_compiled_kernels_or_by_a_worker(started, monkeypatch):
    monkeypatch.setattr(ahead.ahead, "is_needed", lambda: False)
    ahead.compile_ahead("backtest")
    monkeypatch.setattr(ahead.ahead, "is_needed", lambda: True)
    monkeypatch.setattr(ahead.multiprocessing, "parent_process", lambda: "parent")
    ahead.compile_ahead("backtest")
    assert started == []


@pytest.mark.slow
@pytest.mark.skipif(not ACCELERATED, reason="steps compile apart with the accelerator alone")
def test_a_first_command_killed_leaves_no_process_and_kernels_that_work(tmp_path):
    environment = {**os.environ, "BASIS_STRESS_CACHE": str(tmp_path / "cache"), "NUMBA_NUM_THREADS": "2"}
    first = subprocess.Popen([*COMMAND, str(tmp_path / "first")], env=environment, stdout=subprocess.PIPE)
    while len(list((tmp_path / "cache").rglob("*.nbc"))) < 40:  # both compile
        assert first.poll() is None
        time.sleep(0.05)
    first.kill()
    first.communicate(timeout=5)  # the second process holds the pipe, too, until it ends, and had 8 s of work left
    subprocess.run([*COMMAND, str(tmp_path / "out")], env=environment, check=True, capture_output=True, timeout=300)
    subprocess.run([*COMMAND, str(tmp_path / "usual")], check=True, capture_output=True, timeout=300)
    assert files_of(tmp_path / "out") == files_of(tmp_path / "usual")
