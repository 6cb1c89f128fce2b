"""The first run ever: what a second process compiles is what the first one then needs."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from basis_stress.replay import backtest
from engine import compile as compiling
from engine.day import simulate
from engine.record import enter
from engine.run import run
from engine.warm import compile_event_loop
from tests.worlds import Shape, random_world


@pytest.mark.skipif(bool(compiling.settings.DISABLE_JIT), reason="nothing compiles")
def test_every_run_has_the_types_of_the_empty_world():
    compile_event_loop()
    compiled = len(simulate.signatures), len(enter.signatures)
    backtest("april-2025", contract="TY", leverage=50)
    run(random_world(0, Shape()))
    assert (len(simulate.signatures), len(enter.signatures)) == compiled


def test_a_warm_machine_starts_no_second_process(monkeypatch):
    monkeypatch.setattr(compiling, "is_cold", lambda: False)
    monkeypatch.setattr(subprocess, "Popen", lambda *arguments, **options: pytest.fail("started"))
    compiling.compile_elsewhere("engine.warm")
    compiling.await_kernels()


def test_a_cold_machine_waits_for_what_it_started(monkeypatch):
    waited = []
    started = SimpleNamespace(wait=lambda: waited.append("waited"))
    monkeypatch.setattr(compiling, "is_cold", lambda: True)
    monkeypatch.setattr(compiling, "CACHE_DIRECTORY", "somewhere")
    monkeypatch.setattr(subprocess, "Popen", lambda command, **options: waited.append(command) or started)
    compiling.compile_elsewhere("engine.warm")
    compiling.await_kernels()
    compiling.await_kernels()
    assert waited == [[sys.executable, "-m", "engine.warm"], "waited"]


def test_without_a_second_process_the_first_does_everything(monkeypatch):
    def refuse(*arguments, **options):
        raise OSError("no processes left")

    monkeypatch.setattr(compiling, "is_cold", lambda: True)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    compiling.compile_elsewhere("engine.warm")
    compiling.await_kernels()
