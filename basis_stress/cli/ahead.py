"""The first command on a machine compiles on two cores: a second process compiles while the command begins.

It starts only if the event loop has never been compiled, from the command line alone, and ends with the command at the
latest.
"""

import contextlib
import multiprocessing

from basis_engine.base.compile_turns import Ahead
from basis_engine.base.processes import follow_parent
from basis_engine.simulation import ahead

SIMULATING = (
    "backtest",
    "sweep",
    "break",
    "slide",
    "paths",
    "explore",
    "clients",
    "run",
    "compare",
    "day-by-day",
    "validate",
    "ensemble",
    "calibrate",
)
"""Commands that run the event loop."""


def compile_ahead(command: str) -> None:
    """Start a second process if the event loop is not compiled; a backtest then compiles the loop before prices."""
    if command not in SIMULATING or multiprocessing.parent_process() is not None or not ahead.is_needed():
        return
    single = command == "backtest"
    if single:
        Ahead.compile = ahead.compile_loop
    spawned = multiprocessing.get_context("spawn")
    spawned.Process(target=_second_process, args=(single,), name="compile", daemon=True).start()


def _second_process(single: bool) -> None:
    """Compile the steps of a day from the last; then what a backtest of a book needs beside the loop."""
    follow_parent()
    with contextlib.suppress(Exception):  # whatever it is, the command meets it and tells
        ahead.compile_last_steps()
        if single:
            from basis_stress.front_door.backtest import backtest

            backtest("april-2025").positions  # noqa: B018
