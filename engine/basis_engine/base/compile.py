"""How kernels compile: the decorators that decide it, and where what is compiled is kept.

Beside `basis_engine.base.numba_callees`, which says how kernels call each other, this is the one module that imports numba.

Kernels hold plain numbers and rows only. They compile without ``fastmath`` (it deletes NaN checks and changes
bytes) and with NumPy's error model, so that interpreted, compiled and bounds-checked runs give equal bytes. They
allocate nothing and hand back no array, and so do without numba's reference counts: counting a world's sixteen arrays
at every call, atomically, took two thirds to six sevenths of the time (a fund-day fell from 2.0 to 0.86 microseconds
over many worlds, from 6.1 to 0.83 over one that stays in the processor's cache). numba refuses a kernel that allocates.

numba's own cache looks at one file at a time and goes stale when a callee in another file changes; the cache
directory is therefore named by a digest of all kernel sources (and of the mode), which costs under 1 ms.
"""

import hashlib
import os
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, overload

import numba
import numba.core.config
from platformdirs import user_cache_path

from basis_engine.base.numba_callees import (
    SESSION,
    CalleeCompiler,
    KernelCompiler,
    OptimizedCalleeCompiler,
    share_callee,
)
from basis_engine.base.numba_callees import pass_by_pointer as pass_by_pointer

settings: Any = numba.core.config  # numba fills it from the environment when it is imported
njit: Any = numba.njit  # its stubs do not know all its options

P = ParamSpec("P")
R = TypeVar("R")


def _digest(*folders: Path) -> str:
    """Digest of every source in some folders, of numba's version and of the compile mode."""
    digest = hashlib.sha256(f"{numba.__version__} {settings.BOUNDSCHECK}".encode())
    for folder in folders:
        for source in sorted(folder.rglob("*.py")):
            digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


@cache
def _cache_directory(*folders: Path) -> str:
    """Where kernels of some folders are kept: ``BASIS_STRESS_CACHE``, or the user's cache, or a temporary folder."""
    root = Path(os.environ.get("BASIS_STRESS_CACHE") or user_cache_path("basis-stress") / "kernels")
    for candidate in (root, Path(tempfile.gettempdir()) / "basis-stress-kernels"):
        directory = candidate / _digest(*folders)
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(directory, os.W_OK):
            return str(directory)
    return ""


ENGINE = Path(__file__).parents[1]
CACHE_DIRECTORY = _cache_directory(ENGINE)
CALLEES = CACHE_DIRECTORY and f"{CACHE_DIRECTORY}/callees"


def _compile(function: Callable[P, R], directory: str = CACHE_DIRECTORY, **options: Any) -> Callable[P, R]:
    """Compile with the house options, caching beside the digest and leaving numba's own setting as it was."""
    users_setting = settings.CACHE_DIR
    settings.CACHE_DIR = directory
    try:
        house = {
            "error_model": "numpy",
            "nogil": True,
            "no_cfunc_wrapper": True,
            "_nrt": False,
            "pipeline_class": KernelCompiler,
        }
        compiled: Callable[P, R] = njit(function, cache=bool(directory), **{**house, **options})
    finally:
        settings.CACHE_DIR = users_setting
    return compiled


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a scalar kernel: one bond, one fund, one event.

    Python enters one compilation and kernels call another, without an entry from Python.
    """
    compiled = _compile(function)
    if not settings.DISABLE_JIT:
        share_callee(compiled, _callee(function))
    return compiled


@overload
def callee(function: Callable[P, R], /) -> Callable[P, R]: ...


@overload
def callee(*, inline: bool = ..., optimize: bool = ...) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def callee(function: Callable[P, R] | None = None, /, *, inline: bool = False, optimize: bool = False) -> Any:
    """Compile a kernel that only kernels call.

    Calling one from compiled Python crashes the interpreter; an architecture test checks that only kernels do.

    Parameters
    ----------
    inline
        Compile it into each caller. For callees that every day passes and few functions call: the dispatch of events
        compiled so takes a quarter off the event loop. For the callees of a mark it gained nothing measurable.
    optimize
        Optimise it before its callers link it. For callees that every day passes: an eighth off the event loop for a
        twentieth more to compile. With ``inline``, a routine day takes a tenth less time.
    """
    if function is None:
        return lambda named: callee(named, inline=inline, optimize=optimize)  # type: ignore[call-overload]
    options: dict[str, Any] = {"forceinline": True} if inline else {}
    return _callee(function, pipeline_class=OptimizedCalleeCompiler if optimize else CalleeCompiler, **options)


def _callee(function: Callable[P, R], **options: Any) -> Callable[P, R]:
    """Compile for kernels to call."""
    compiled = _compile(function, CALLEES, no_cpython_wrapper=True, **{"pipeline_class": CalleeCompiler, **options})
    if not settings.DISABLE_JIT:
        share_callee(compiled, compiled)
    return compiled


TURNS = 4
"""Portions to a thread: one that is held up leaves the rest of its rows to others."""


def parallel_kernel(function: Callable[..., None]) -> Callable[..., None]:
    """Compile a loop over rows that threads share: iteration i writes row i only.

    The kernel's last two arguments, which its callers leave out, are the number of a turn and that of all turns, and
    `portion` says which rows fall to it. numba's own parallel loops are optimised and emitted four times over: a
    sweep's kernels compiled in 13 seconds so, and in 5 without.
    """
    alone: Any = kernel(function)

    @wraps(function)
    def together(*arguments: Any) -> None:
        threads = THREADS.count
        turns = 1 if threads == 1 else TURNS * threads
        left = iter(range(turns))

        def take() -> None:
            for turn in left:
                alone(*arguments, turn, turns)

        helping = [_helpers().submit(take) for _ in range(threads - 1)]
        take()
        for one in helping:
            one.result()

    return together


@cache
def _helpers() -> ThreadPoolExecutor:
    """Threads that share loops with the one that calls, begun once: a new one may be three milliseconds late."""
    return ThreadPoolExecutor(max(1, settings.NUMBA_NUM_THREADS - 1), "kernels")


@callee
def portion(rows: int, turn: int, turns: int) -> tuple[int, int]:
    """(first, last + 1): neighbours, so that threads seldom write to one line of the processor's cache."""
    return turn * rows // turns, (turn + 1) * rows // turns


def decision(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a rule or decision of the library; what is kept of it goes stale with its own folder's sources too."""
    return _compile(function, _cache_directory(ENGINE, Path(function.__code__.co_filename).parent))


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a user's own decision, or a helper of it: the same bytes as in plain Python, many times faster.

    It is compiled anew in each session (half a second), as nobody can say what else a user's files depend on.
    """
    return _compile(function, "", _nrt=True)


def when_compiling(tell: Callable[[], object]) -> None:
    """Call something once, as soon as kernels have been compiling for a second: what is kept of them loads in less."""
    SESSION.tell = tell


class _Threads(threading.local):
    """How many threads the parallel kernels that a thread calls run on."""

    count: int = settings.NUMBA_NUM_THREADS


THREADS = _Threads()


def set_threads(threads: int) -> None:
    """Set the threads of every parallel kernel (1 to the machine's cores)."""
    if not 1 <= threads <= settings.NUMBA_NUM_THREADS:
        raise ValueError(f"threads: {threads} given, allowed are 1 to {settings.NUMBA_NUM_THREADS} on this machine")
    THREADS.count = threads
