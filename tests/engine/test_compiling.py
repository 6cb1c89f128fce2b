"""How kernels compile: with the accelerator and without, on threads, after a fork, and what the user hears of it."""

import gc
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import numba
import numpy as np
import pytest

from basis_engine.base import compile as compiling
from basis_engine.base.compile import (
    ACCELERATED,
    CALLEES,
    SESSION,
    callee,
    compiled,
    kernel,
    parallel_kernel,
    pass_by_pointer,
    portion,
    set_threads,
    settings,
    when_compiling,
)
from basis_engine.simulation.names import EventKind, Party
from basis_engine.simulation.rows import Mark, empty_rows
from basis_engine.simulation.world import Market
from support import ROOT

needs_the_compiler = pytest.mark.skipif(bool(settings.DISABLE_JIT), reason="nothing compiles in this mode")
needs_the_accelerator = pytest.mark.skipif(not ACCELERATED, reason="the accelerator is off in this mode")


@callee
def plus_one(number: int, doubled: bool) -> int:
    return 2 * (number + 1) if doubled else number + 1


@kernel
def sum_of_many(number: int) -> int:
    return (
        plus_one(EventKind.MARK, True) + plus_one(Party.NONE, False) + plus_one(-1, True) + plus_one(number, number > 2)
    )


@kernel
def sum_of_two(number: int) -> int:
    return sum_of_many(number) + sum_of_many(number + 1)


@parallel_kernel
def count_up(rows: Any, turn: int, turns: int) -> None:
    """Add one to each row that falls to a turn."""
    first, last = portion(len(rows), turn, turns)
    for i in range(first, last):
        rows[i] += 1


@needs_the_accelerator
def test_callees_are_compiled_once_for_constants_and_enumerations():
    assert sum_of_two(3) == 2 * (2 * (EventKind.MARK + 1) + Party.NONE + 1) + 8 + 10
    callee: Any = plus_one
    for number in (EventKind.MARK, Party.NONE, 3):  # as a kernel that is not cached looks for them
        callee.get_call_template((numba.typeof(number), numba.types.literal(True)), {})
    callee.get_call_template((numba.types.literal(-1), numba.types.boolean), {})
    assert len(callee.overloads) == 1


@needs_the_accelerator
def test_a_kernel_that_only_kernels_called_has_no_entry_until_python_calls_it():
    entry: Any = sum_of_many
    before = len(entry.overloads)
    sum_of_two(3)
    assert len(entry.overloads) == before
    assert sum_of_many(3) == sum_of_two(3) - sum_of_many(4)
    assert len(entry.overloads) == 1


@needs_the_accelerator
def test_references_have_short_names_that_tell_rows_apart():
    from basis_engine.base.numba_callees import Reference

    marks = empty_rows(Mark, 2)
    first = Reference(numba.typeof(Market(marks, marks[:, None], marks[:, None])))
    second = Reference(numba.typeof(Market(marks, marks[:, None], marks)))
    assert len(first.name) < 50
    assert first == Reference(first.rows)
    assert first != second
    assert pass_by_pointer(marks) is marks


@needs_the_accelerator
def test_numbas_clocks_of_llvm_rest_while_a_kernel_compiles_and_go_on_after_it(monkeypatch):
    from llvmlite.binding.ffi import lib

    clocks, seen, on_end = lib._lock._cblist, [], SESSION.on_end
    before = list(clocks)
    monkeypatch.setattr(SESSION, "on_end", lambda event: (seen.append(len(clocks)), on_end(event)))

    @callee
    def third(number: int) -> float:
        return number / 3

    kernel(lambda number: third(number) + third(number))(3)
    assert seen[0] == 0  # the callee's, within its caller
    assert clocks == before != []


def test_callees_register_themselves():
    assert (__name__, "plus_one") in CALLEES
    assert (__name__, "sum_of_many") not in CALLEES


# Without the accelerator -----------------------------------------------------------------------------------------


def python(code: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run code in a process of its own, for two minutes at most."""
    path = os.pathsep.join(
        [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests/engine"), os.environ.get("PYTHONPATH", "")]
    )
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )


YIELDS = """
import numpy as np
from basis_engine.base.compile import ACCELERATED
from basis_engine.bonds.vectors import yields_to_maturity
clean, coupon, days = np.linspace(80, 120, 9), np.linspace(0, 0.08, 9), np.arange(9)
out = np.empty(9)
yields_to_maturity(clean, coupon, 20000 + 500 * days, 19000 + days, out)
print(ACCELERATED, out.tobytes().hex())
"""


@needs_the_compiler
def test_plain_numba_gives_the_same_yields_with_one_line_of_warning():
    fast, plain = (python(YIELDS, BASIS_STRESS_PLAIN_NUMBA=flag) for flag in ("", "1"))
    assert plain.stdout.split()[0] == "False"
    assert plain.stdout.split()[1] == fast.stdout.split()[1]
    assert plain.stderr.splitlines() == [
        "basis-stress: BASIS_STRESS_PLAIN_NUMBA is set: kernels compile and run more slowly, with the same results"
    ]
    if ACCELERATED:
        assert fast.stdout.split()[0] == "True"
        assert fast.stderr == ""


def test_an_untried_numba_is_compiled_with_plainly(monkeypatch):
    monkeypatch.delenv("BASIS_STRESS_PLAIN_NUMBA", raising=False)
    for version, word in (("0.68.9", ""), ("0.69.0", "0.69.0 is installed"), ("1.0.68.2", "1.0.68.2 is installed")):
        monkeypatch.setattr(compiling.numba, "__version__", version)
        assert word in compiling._why_plain()
        assert bool(word) == bool(compiling._why_plain())


# Threads ---------------------------------------------------------------------------------------------------------


def test_each_turn_is_taken_once():
    rows = np.zeros(1000, np.int64)
    before = compiling.THREADS.count
    try:
        for threads in range(1, settings.NUMBA_NUM_THREADS + 1):
            set_threads(threads)
            count_up(rows)
            assert set(rows) == {threads}
    finally:
        compiling.THREADS.count = before


FORK = """
import multiprocessing, warnings
import numpy as np
from test_compiling import count_up
warnings.simplefilter("ignore")  # Python 3.12 and later warn of forks in a process that has threads

def counted():
    rows = np.zeros(100, np.int64)
    count_up(rows)
    return int(rows.sum())

if __name__ == "__main__":
    assert counted() == 100
    with multiprocessing.get_context("fork").Pool(1) as pool:
        print(pool.apply(counted))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_child_starts_threads_of_its_own():
    assert python(FORK, NUMBA_NUM_THREADS="2").stdout.strip() == "100"


# Sessions of compiling -------------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test sets, and a session without earlier compilation."""
    now = [100.0]
    monkeypatch.setattr(compiling.time, "monotonic", lambda: now[0])
    for name, value in (("spent", 0.0), ("tell", None), ("depth", 0)):
        monkeypatch.setattr(SESSION, name, value)
    return now


class Compiling:
    """What numba announces of one compilation."""

    event = SimpleNamespace(data={"dispatcher": plus_one})

    def __enter__(self):
        SESSION.on_start(self.event)

    def __exit__(self, *exception):
        SESSION.on_end(self.event)


def test_long_compilation_is_reported_once(clock):
    told: list[str] = []
    when_compiling(lambda: told.append("compiling"))
    for seconds in (0.4, 0.4):
        with Compiling():
            clock[0] += seconds
        clock[0] += 60.0  # between sessions nothing compiles
    assert told == []
    with Compiling():
        clock[0] += 0.4
        with Compiling():
            assert told == ["compiling"]
        with Compiling():
            pass
    assert told == ["compiling"]


def test_the_collector_pauses_in_the_outermost_session_alone(clock):
    assert gc.isenabled()
    with Compiling():
        with Compiling():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), Compiling():
        _ = 1 / 0
    assert gc.isenabled()
    gc.disable()
    try:
        with Compiling():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


@needs_the_compiler
def test_compilation_is_reported_and_compiled_code_is_not(monkeypatch):
    told: list[str] = []
    monkeypatch.setattr(SESSION, "spent", 10.0)
    monkeypatch.setattr(SESSION, "tell", None)
    when_compiling(lambda: told.append("compiling"))
    half: Any = compiled(lambda number: 0.5 * number)
    assert half(3.0) == 1.5
    assert told == ["compiling"]
    when_compiling(lambda: told.append("again"))
    assert half(5.0) == 2.5
    assert told == ["compiling"]


@needs_the_compiler
def test_compilation_of_a_users_own_functions_is_not_reported(monkeypatch):
    monkeypatch.setattr(SESSION, "spent", 10.0)
    told: list[str] = []
    monkeypatch.setattr(SESSION, "tell", lambda: told.append("compiling"))
    users: Any = numba.njit(lambda number: 0.25 * number)
    assert users(4.0) == 1.0
    assert told == []


MEMBERS = """
from basis_engine.base.compile import compiled
from basis_engine.base.old_numba import index_by_enumerations
from basis_engine.simulation.names import Party
index_by_enumerations()

@compiled
def last() -> int:
    return Party.NONE

print(repr(last()))
"""


@needs_the_compiler
def test_members_of_enumerations_are_integers_for_old_releases_of_numba():
    """By itself numba returns the member, and before 0.64 refuses it as an index."""
    environment = {"BASIS_STRESS_PLAIN_NUMBA": "1"}
    assert python(MEMBERS, **environment).stdout.strip() == str(int(Party.NONE))
    assert "Party" in python(MEMBERS.replace("\nindex_by_enumerations()", ""), **environment).stdout
