"""Compile the event loop before it is called, and from its other end in a second process.

The event loop is two thirds of what a first backtest compiles, and one module in the end. Its steps compile apart
before, so two processes share them: one compiles the loop in the order of its text, the other the steps of a day from
the last to the first, until they meet.
"""

from typing import Any

from basis_engine.base.compile import compile_for, settings
from basis_engine.base.compile_turns import shares_work
from basis_engine.simulation.clearing import clear
from basis_engine.simulation.day import simulate
from basis_engine.simulation.defaults import seize
from basis_engine.simulation.marks import mark
from basis_engine.simulation.repo import mark_term_loans
from basis_engine.simulation.rows import (
    ContractRow,
    Event,
    Fund,
    FuturesQuote,
    Mark,
    NoteQuote,
    Position,
    empty_rows,
)
from basis_engine.simulation.run import Setup, scratch_worlds
from basis_engine.simulation.unwind import check_limits, sell_slice
from basis_engine.simulation.world import Market, World

HELPS = compile_for is not None and settings.NUMBA_NUM_THREADS > 1
"""Whether a second process pays: steps compile apart with the accelerator alone, and need a core of their own."""

EVENT: Any = empty_rows(Event, 1)[0]
NUMBER = 0

LAST_STEPS: tuple[tuple[Any, ...], ...] = (
    (check_limits,),
    (sell_slice, EVENT),
    (seize, EVENT, False),
    (mark_term_loans, EVENT),
    (clear, NUMBER),
    (mark, EVENT),
)
"""The long steps of a day, from the last to the first, and what each takes beside the world."""


def is_needed() -> bool:
    """Whether the steps of a day are not compiled yet, and a second process would help."""
    return HELPS and shares_work(check_limits)


def compile_loop() -> None:
    """Compile the event loop of a single book or market, as if it were called."""
    if compile_for is not None:
        compile_for(simulate, _blank_world())


def compile_last_steps() -> None:
    """Compile the steps of a day from the other end."""
    if compile_for is not None:
        world = _blank_world()
        for step, *arguments in LAST_STEPS:
            compile_for(step, world, *arguments, by_address=True)


def _blank_world() -> World:
    """A world with arrays of the right types and nothing in them."""
    notes, futures = empty_rows(NoteQuote, 1)[:, None], empty_rows(FuturesQuote, 1)[:, None]
    market = Market(empty_rows(Mark, 1), notes, futures)
    schedule, funds = empty_rows(Event, 1), empty_rows(Fund, 1)
    blank = Setup(market, schedule, funds, empty_rows(Position, 1), empty_rows(ContractRow, 1), days=1)
    tables: Any = scratch_worlds(blank, 1, 1)
    return World(market, *(table[0] for table in tables))
