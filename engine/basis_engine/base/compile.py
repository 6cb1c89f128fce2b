"""How kernels compile, and where compiled kernels are cached.

Only this module, `basis_engine.base.old_numba` and the optional accelerator `basis_engine.base.numba_callees` import
numba. The accelerator uses private parts of numba. With a release of numba that is not in `TRIED`, or with
``BASIS_STRESS_PLAIN_NUMBA=1``, plain `numba.njit` compiles the same source to the same bytes, more slowly, and one line
on stderr says so.

Kernels hold plain numbers and rows only. They compile without ``fastmath`` (it deletes NaN checks and changes bytes)
and with NumPy's error model, so that interpreted, compiled and bounds-checked runs give equal bytes. Kernels allocate
nothing and return no array, so the accelerator compiles them without numba's reference counts: atomic counts of a
world's sixteen arrays at every call took two thirds to six sevenths of the time (a fund-day fell from 2.0 to 0.86
microseconds over many worlds, from 6.1 to 0.83 over one that stays in the processor's cache).

numba's own cache checks one source file at a time, so it misses changes of callees in other files. The cache directory
is therefore named by a digest of all kernel sources and of the mode, which costs under 1 ms.
"""

import gc
import hashlib
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, overload

from basis_engine.base.compile_turns import take_turns
from basis_engine.base.errors import InputError
from basis_engine.base.kernel_cache import heal, private_directory, warn_once

try:
    import numba
    import numba.core.event
    import numba.extending
except ValueError:  # numba reads it when it is imported
    raise InputError("NUMBA_NUM_THREADS: 0 or less given, allowed is a whole number above 0; correct it") from None

settings: Any = numba.config  # numba fills it from the environment when it is imported
njit: Any = numba.njit  # its stubs do not know all its options
extending: Any = numba.extending
events: Any = numba.core.event

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

TRIED = ("0.68.",)
"""Releases of numba with which the tests of the accelerator pass."""


def _why_plain() -> str:
    """Say why kernels compile without the accelerator; empty if they compile with it."""
    if os.environ.get("BASIS_STRESS_PLAIN_NUMBA", "0") not in ("", "0"):
        return "BASIS_STRESS_PLAIN_NUMBA is set"
    if not numba.__version__.startswith(TRIED):
        return f"the fast compiler is tried with numba {TRIED[-1]}x only, and {numba.__version__} is installed"
    return ""


WHY_PLAIN = _why_plain()
ACCELERATED = not (WHY_PLAIN or settings.DISABLE_JIT)
if ACCELERATED:
    from basis_engine.base import numba_callees as accelerator
elif WHY_PLAIN and not settings.DISABLE_JIT:
    warn_once(f"{WHY_PLAIN}: kernels compile and run more slowly, with the same results")


if numba.version_info.short < (0, 64):
    from basis_engine.base.old_numba import index_by_enumerations

    index_by_enumerations()


def _digest(*folders: Path) -> str:
    """Digest of every source in some folders, of numba's version and of the compile mode."""
    digest = hashlib.sha256(f"{numba.__version__} {settings.BOUNDSCHECK} {ACCELERATED}".encode())
    for folder in folders:
        for source in sorted(folder.rglob("*.py")):
            digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


@cache
def _cache_directory(*folders: Path) -> str:
    """Private cache directory for kernels of some folders; empty if there is none."""
    return "" if settings.DISABLE_JIT else private_directory(_digest(*folders))


ENGINE = Path(__file__).parents[1]
CACHE_DIRECTORY = _cache_directory(ENGINE)
CALLEE_DIRECTORY = CACHE_DIRECTORY and f"{CACHE_DIRECTORY}/callees"
KERNEL_OPTIONS: dict[str, Any] = accelerator.KERNEL_OPTIONS if ACCELERATED else {}
compile_for: Callable[..., None] | None = accelerator.compile_for if ACCELERATED else None


_COMPILED: set[Any] = set()  # dispatchers of all kernels and callees


def _compile(function: Callable[P, R], directory: str, options: dict[str, Any]) -> Callable[P, R]:
    """Compile with the options that all kernels share, cache in a directory, and restore numba's own setting."""
    users_setting = settings.CACHE_DIR
    settings.CACHE_DIR = directory
    try:
        compiled: Callable[P, R] = njit(function, cache=bool(directory), error_model="numpy", nogil=True, **options)
    finally:
        settings.CACHE_DIR = users_setting
    if directory:
        if ACCELERATED:
            accelerator.load_lightly(compiled)
        heal(compiled)
        take_turns(compiled)
    _COMPILED.add(compiled)
    return compiled


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a scalar kernel: one bond, one fund, one event.

    Python enters one compilation of it; kernels call another, which has no entry from Python.
    """
    compiled = _compile(function, CACHE_DIRECTORY, KERNEL_OPTIONS)
    if ACCELERATED:
        accelerator.share_callee(compiled, _callee(function))
    return compiled


CALLEES: set[tuple[str, str]] = set()
"""(module, name) of every function under `callee`: an architecture test checks that only kernels call them."""


@overload
def callee(function: Callable[P, R], /) -> Callable[P, R]: ...


@overload
def callee(*, inline: bool = ..., optimize: bool = ...) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def callee(function: Callable[P, R] | None = None, /, *, inline: bool = False, optimize: bool = False) -> Any:
    """Compile a kernel that only kernels call.

    A call from Python crashes the interpreter if the accelerator compiled the callee.

    Parameters
    ----------
    inline
        Compile it into each caller. For callees that run every day and have few callers: inlining the dispatch of
        events takes a quarter off the event loop. For the callees of a mark it gained nothing measurable.
    optimize
        Optimise it before its callers link it. For callees that run every day: an eighth off the event loop for a
        twentieth more compile time. With ``inline``, a routine day takes a tenth less time.
    """
    if function is None:
        return lambda named: callee(named, inline=inline, optimize=optimize)  # type: ignore[call-overload]
    CALLEES.add((function.__module__, function.__qualname__))
    return _callee(function, inline, optimize)


def _callee(function: Callable[P, R], inline: bool = False, optimize: bool = False) -> Callable[P, R]:
    """Compile a function for kernels to call."""
    options = accelerator.callee_options(inline, optimize) if ACCELERATED else {}
    compiled = _compile(function, CALLEE_DIRECTORY, options)
    if ACCELERATED:
        accelerator.share_callee(compiled, compiled)
    return compiled


def pass_by_pointer(rows: T) -> T:
    """Pass rows on by their address while the calling kernel runs; without the accelerator, the rows themselves."""
    return rows


if ACCELERATED:
    accelerator.lower_to_address(pass_by_pointer)
else:
    extending.register_jitable(pass_by_pointer)

TURNS = 4
"""Turns per thread: if one thread is delayed, the others take its remaining turns."""


def parallel_kernel(function: Callable[..., None]) -> Callable[..., None]:
    """Compile a loop over rows for several threads: iteration i writes row i only.

    The kernel's last two arguments, which its callers leave out, are the number of a turn and the count of turns;
    `portion` gives the rows of a turn. numba's own parallel loops are optimised and emitted four times over: with them
    a sweep's kernels compiled in 13 seconds, without them in 5.
    """
    one_turn: Any = kernel(function)

    @wraps(function)
    def all_turns(*arguments: Any) -> None:
        threads = THREADS.count
        turns = 1 if threads == 1 else TURNS * threads
        remaining = iter(range(turns))
        lock = threading.Lock()

        def take_turns() -> None:
            while True:
                with lock:
                    turn = next(remaining, turns)
                if turn == turns:
                    return
                one_turn(*arguments, turn, turns)

        helpers = [_helpers().submit(take_turns) for _ in range(threads - 1)]
        take_turns()
        for helper in helpers:
            helper.result()

    return all_turns


@cache
def _helpers() -> ThreadPoolExecutor:
    """Threads that share the loops of the calling thread, started once: a new one may start three milliseconds late."""
    return ThreadPoolExecutor(max(1, settings.NUMBA_NUM_THREADS - 1), "kernels")


if hasattr(os, "register_at_fork"):  # a forked child has no threads: it starts its own
    os.register_at_fork(after_in_child=_helpers.cache_clear)


@callee
def portion(rows: int, turn: int, turns: int) -> tuple[int, int]:
    """(first, last + 1) row of a turn: neighbours, so that threads seldom write to one cache line of the processor."""
    return turn * rows // turns, (turn + 1) * rows // turns


def decision(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a rule or decision of the library; its cache also depends on the sources in the function's folder."""
    return _compile(function, _cache_directory(ENGINE, Path(function.__code__.co_filename).parent), KERNEL_OPTIONS)


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a user's own decision or a helper of it: the same bytes as in plain Python, many times faster.

    It compiles anew in each session (half a second), because the files that it depends on are unknown.
    """
    return _compile(function, "", {**KERNEL_OPTIONS, "_nrt": True} if ACCELERATED else {})


class CompileSession(numba.core.event.Listener):
    """While kernels compile, pause the garbage collector (a tenth of the time), and report long compilation once."""

    tell: Callable[[], object] | None = None
    depth = 0
    spent = 0.0  # seconds in this process, within the outermost compilation
    began = 0.0
    collecting = True

    def on_start(self, event: Any) -> None:
        """Pause the collector at the outermost compilation; call `tell` if kernels have compiled for over a second."""
        if event.data["dispatcher"] not in _COMPILED:
            return
        if self.depth == 0:
            self.collecting, self.began = gc.isenabled(), time.monotonic() - self.spent
            gc.disable()
        self.depth += 1
        self.spent = time.monotonic() - self.began
        if self.tell is not None and self.spent > 1.0:
            tell, self.tell = self.tell, None
            tell()

    def on_end(self, event: Any) -> None:
        """Resume the collector after the outermost compilation."""
        if event.data["dispatcher"] not in _COMPILED:
            return
        self.depth -= 1
        self.spent = time.monotonic() - self.began
        if self.depth == 0 and self.collecting:
            gc.enable()


SESSION = CompileSession()
events.register("numba:compile", SESSION)


def when_compiling(tell: Callable[[], object]) -> None:
    """Call `tell` once if kernels compile for over a second; loading them from the cache is faster."""
    SESSION.tell = tell


class _Threads(threading.local):
    """Threads per parallel kernel, set for each calling thread."""

    count: int = settings.NUMBA_NUM_THREADS


THREADS = _Threads()


def set_threads(threads: int) -> None:
    """Set the threads of every parallel kernel (1 to the machine's cores)."""
    if not 1 <= threads <= settings.NUMBA_NUM_THREADS:
        raise ValueError(f"threads: {threads} given, allowed are 1 to {settings.NUMBA_NUM_THREADS} on this machine")
    THREADS.count = threads
