"""Draw the figures of a page in a second process, which loads matplotlib while the first one simulates.

Only a command starts one (`drawing_process`): a cached backtest with its report takes 1.4 s with it and 1.6 s without.
It draws most figures of one page, the command the rest; it reads and writes nothing but pipes, and ends with the
command. Where there is none, and wherever it fails or warns, the command draws all, to the same bytes.
"""

import gc
import importlib
import os
import pickle
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from basis_stress.reporting import figure_imports
from basis_stress.reporting.figure_imports import import_matplotlib
from basis_stress.reporting.pictures import Picture

_CODE = "import sys; sys.path[:] = {path!r}; from {home} import draw_for_command; draw_for_command({modules!r})"
_ITS, _OURS = slice(-2), slice(-2, None)
"""Figures that the process draws, and those that the command does, which has to load matplotlib first."""
_waiting: subprocess.Popen[bytes] | None = None
"""The process that waits for a result."""


@contextmanager
def drawing_process(*modules: str) -> Iterator[None]:
    """Keep a process ready that has loaded these modules; none on a single core, or where nothing is left to load."""
    global _waiting
    process = None if "numpy" in sys.modules or _cores() < 2 else _start(modules)
    _waiting = process
    try:
        yield
    finally:
        _waiting = None
        if process is not None:
            process.kill()
            process.wait()


def _start(modules: tuple[str, ...]) -> subprocess.Popen[bytes] | None:
    """Start the process, if the system lets us."""
    code = _CODE.format(path=sys.path, home=__name__, modules=modules)
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    try:
        return subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, stderr=nowhere)
    except OSError:
        return None


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def is_ready() -> bool:
    """Whether a process waits for a result."""
    return _waiting is not None


def begin(figures: str, result: Any) -> Callable[[], list[Picture]]:
    """Begin to draw what ``module:function`` draws of a result; the returned function waits for the pictures."""
    global _waiting
    process, _waiting = _waiting, None
    try:
        request = b"" if process is None else pickle.dumps((figures, result, _ITS), pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, AttributeError, TypeError):  # a strategy or rule that is not in a module
        process = None
    if process is None:
        return lambda: _draw(figures, result)
    answers: list[bytes] = []
    exchange = threading.Thread(target=lambda: answers.append(process.communicate(request)[0]), daemon=True)
    exchange.start()

    def pictures() -> list[Picture]:
        mine = _draw(figures, result, _OURS)
        exchange.join()
        answered = process.returncode == 0 and answers[0]
        its: list[Picture] = pickle.loads(answers[0]) if answered else _draw(figures, result, _ITS)
        return its + mine

    return pictures


def _draw(figures: str, result: Any, chosen: slice = slice(None)) -> list[Picture]:
    """Draw the chosen figures in this process."""
    import_matplotlib()
    module, _, function = figures.partition(":")
    drawn: list[Picture] = getattr(importlib.import_module(module), function)(result, chosen)
    return drawn


def draw_for_command(modules: tuple[str, ...]) -> None:
    """Load modules, read a result from standard input, write its pictures to standard output, and end this process."""
    gc.disable()
    figure_imports.COMMAND_LINE = True
    import_matplotlib()
    for module in modules:
        importlib.import_module(module)
    answer = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # the answer holds nothing that somebody prints
    with warnings.catch_warnings(record=True) as found:
        pictures = _draw(*pickle.load(sys.stdin.buffer))
    with os.fdopen(answer, "wb") as stream:
        pickle.dump(pictures, stream, pickle.HIGHEST_PROTOCOL)
    os._exit(1 if found else 0)  # the command draws, and warns, itself
