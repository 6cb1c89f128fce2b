"""How kernels call kernels: compiled once whatever constants they are given, and the user told while it lasts."""

import gc
from typing import Any

import numba
import pytest

from basis_engine.base import numba_callees as calling
from basis_engine.base.compile import callee, compiled, kernel, pass_by_pointer, settings, when_compiling
from basis_engine.base.numba_callees import SESSION, Reference
from basis_engine.simulation.names import EventKind, Party
from basis_engine.simulation.rows import Mark, empty_rows
from basis_engine.simulation.world import Market

needs_the_compiler = pytest.mark.skipif(bool(settings.DISABLE_JIT), reason="nothing compiles in this mode")


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


@needs_the_compiler
def test_callees_are_compiled_once_for_constants_and_enumerations():
    assert sum_of_two(3) == 2 * (2 * (EventKind.MARK + 1) + Party.NONE + 1) + 8 + 10
    callee: Any = plus_one
    for number in (EventKind.MARK, Party.NONE, 3):  # as a kernel that is not kept asks for them
        callee.get_call_template((numba.typeof(number), numba.types.literal(True)), {})
    callee.get_call_template((numba.types.literal(-1), numba.types.boolean), {})
    assert len(callee.overloads) == 1


@needs_the_compiler
def test_a_kernel_that_only_kernels_called_has_no_entry_until_python_calls_it():
    entry: Any = sum_of_many
    before = len(entry.overloads)
    sum_of_two(3)
    assert len(entry.overloads) == before
    assert sum_of_many(3) == sum_of_two(3) - sum_of_many(4)
    assert len(entry.overloads) == 1


@needs_the_compiler
def test_references_have_short_names_that_tell_rows_apart():
    marks = empty_rows(Mark, 2)
    of_one = Reference(numba.typeof(Market(marks, marks[:, None], marks[:, None])))
    of_another = Reference(numba.typeof(Market(marks, marks[:, None], marks)))
    assert len(of_one.name) < 50
    assert of_one == Reference(of_one.rows)
    assert of_one != of_another
    assert pass_by_pointer(marks) is marks


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test sets, and a spell that nothing went before."""
    now = [100.0]
    monkeypatch.setattr(calling.time, "monotonic", lambda: now[0])
    for name, value in (("spent", 0.0), ("tell", None), ("depth", 0)):
        monkeypatch.setattr(SESSION, name, value)
    return now


def test_long_spells_of_compiling_are_told_once(clock):
    told: list[str] = []
    when_compiling(lambda: told.append("compiling"))
    for seconds in (0.4, 0.4):
        with SESSION:
            clock[0] += seconds
        clock[0] += 60.0  # between spells nothing compiles
    assert told == []
    with SESSION:
        clock[0] += 0.4
        with SESSION:
            assert told == ["compiling"]
        with SESSION:
            pass
    assert told == ["compiling"]


def test_the_collector_rests_in_the_outermost_spell_alone(clock):
    assert gc.isenabled()
    with SESSION:
        with SESSION:
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), SESSION:
        _ = 1 / 0
    assert gc.isenabled()
    gc.disable()
    try:
        with SESSION:
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


@needs_the_compiler
def test_what_compiles_is_told_and_what_is_compiled_is_not(monkeypatch):
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
