"""Processes that need a kernel at the same time: one compiles, the others wait and load; nobody waits for ever."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from basis_engine.base import compile_turns
from basis_engine.base.compile import ACCELERATED, settings
from basis_engine.base.compile_turns import PATIENCE, Turns
from basis_engine.simulation import ahead
from basis_engine.simulation.run import run
from support.worlds import hand_made

pytestmark = pytest.mark.skipif(
    compile_turns.fcntl is None or bool(settings.DISABLE_JIT), reason="no locks, or no kernels"
)

MODULE = """
from basis_engine.base.compile import kernel

@kernel
def twice(number):
    return 2 * number
"""
CALL = """
import sys, twice
print("ready", flush=True)
print(twice.twice(4), sum(twice.twice.stats.cache_misses.values()), flush=True)
"""
HOLD = """
import sys, time
from basis_engine.base.compile_turns import Turns
Turns().take(*sys.argv[1:])
print("taken", flush=True)
time.sleep(60)
"""
KERNEL = "twice.twice-4.py{}{}".format(*sys.version_info)


def process(code: str, folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Begin some code in a process with a cache of its own, and wait until it has said that it goes on."""
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    begun = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": path, "BASIS_STRESS_CACHE": str(folder / "cache")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert begun.stdout is not None
    assert begun.stdout.readline() in ("ready\n", "taken\n")
    return begun


def test_a_process_waits_for_one_that_compiles_and_loads_its_kernel(tmp_path: Path) -> None:
    (tmp_path / "twice.py").write_text(MODULE)
    assert process(CALL, tmp_path).communicate(timeout=60)[0] == "8 1\n"
    (index,) = (tmp_path / "cache").rglob("twice.*.nbi")
    compiled = [index, *index.parent.glob("twice.*.nbc")]
    for file in compiled:
        shutil.move(file, tmp_path)
    turns = Turns()
    assert not turns.take(str(index.parent), KERNEL)
    waiting = process(CALL, tmp_path)
    time.sleep(1.5)
    for file in compiled:  # as the process does that holds the turn
        shutil.move(tmp_path / file.name, file)
    turns.give_back(str(index.parent), KERNEL)
    assert waiting.communicate(timeout=60)[0] == "8 0\n"


def test_a_turn_ends_with_its_process_and_a_stopped_one_costs_no_more_than_the_patience(tmp_path: Path) -> None:
    holder = process(HOLD, tmp_path, str(tmp_path), KERNEL)
    turns = Turns()
    turns.patience = 0.1
    assert turns.take(str(tmp_path), KERNEL)
    assert turns.patience <= 0.0
    holder.kill()
    holder.communicate(timeout=60)
    turns.patience = PATIENCE
    assert not turns.take(str(tmp_path), KERNEL)
    assert turns.patience == PATIENCE


def test_a_kernel_that_fails_to_compile_gives_its_turn_back(tmp_path: Path) -> None:
    broken = MODULE.replace("2 * number", "number.nothing")
    (tmp_path / "twice.py").write_text(broken)
    code = CALL.replace("print(twice", "try:\n    print(twice") + "except Exception as problem:\n    time.sleep(60)\n"
    failed = process(f"import time\n{code}", tmp_path)
    try:
        (folder,) = {found.parent for found in _soon(lambda: list((tmp_path / "cache").rglob("turns")))}
        turns = Turns()
        turns.patience = 20.0
        turns.take(str(folder), KERNEL)
        assert turns.patience > 0.0
    finally:
        failed.kill()
        failed.communicate(timeout=60)


def _soon(found: Any) -> Any:
    """What is found within half a minute."""
    for _ in range(600):
        if result := found():
            return result
        time.sleep(0.05)
    raise AssertionError("nothing is found")


@pytest.mark.skipif(not ACCELERATED, reason="steps compile apart with the accelerator alone")
def test_the_loop_and_its_steps_compile_ahead_for_what_books_are_made_of() -> None:
    run(hand_made([100.0, 100.0]))
    before = len(ahead.simulate.overloads)  # type: ignore[attr-defined]
    ahead.compile_loop()
    ahead.compile_last_steps()
    assert before == len(ahead.simulate.overloads) == 1  # type: ignore[attr-defined]
    for step, *_ in ahead.LAST_STEPS:
        assert len(step.overloads) == 1
        assert not any(step.stats.cache_misses.values()) or any(ahead.simulate.stats.cache_misses.values())  # type: ignore[attr-defined]
