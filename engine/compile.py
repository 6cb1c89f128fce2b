"""How kernels compile: the one module that imports numba, and the one decorator that decides.

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
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numba
import numba.core.cgutils
import numba.core.config
import numba.core.imputils
import numba.extending
from llvmlite.binding import parse_assembly
from numba.core import types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.datamodel import models
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from platformdirs import user_cache_path

settings: Any = numba.core.config  # numba fills it from the environment when it is imported
njit: Any = numba.njit  # its stubs do not know all its options
extending: Any = numba.extending
cgutils: Any = numba.core.cgutils
registry: Any = numba.core.imputils.builtin_registry

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

prange = numba.prange


def _digest(*folders: Path) -> str:
    """Digest of every source in some folders, of numba's version and of the compile mode."""
    digest = hashlib.sha256(f"{numba.__version__} {settings.BOUNDSCHECK}".encode())
    for folder in folders:
        for source in sorted(folder.glob("*.py")):
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


ENGINE = Path(__file__).parent
CACHE_DIRECTORY = _cache_directory(ENGINE)


def _compile(function: Callable[P, R], directory: str = CACHE_DIRECTORY, **options: Any) -> Callable[P, R]:
    """Compile with the house options, caching beside the digest and leaving numba's own setting as it was."""
    users_setting = settings.CACHE_DIR
    settings.CACHE_DIR = directory
    try:
        house = {"error_model": "numpy", "nogil": True, "no_cfunc_wrapper": True, "_nrt": False}
        compiled: Callable[P, R] = njit(function, cache=bool(directory), **{**house, **options})
    finally:
        settings.CACHE_DIR = users_setting
    return compiled


class _Module(JITCodeLibrary):
    """What a step compiles to: a module that its callers link, optimise and emit with their own."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalized = True
        module = self._get_module_for_linking()
        environments = [one.name for one in module.global_variables if "NumbaEnv" in one.name]
        self._final_module = parse_assembly("\n".join(f'@"{name}" = common global i8* null' for name in environments))
        self._final_module.name = module.name
        super()._finalize_final_module()


class _StepCompiler(Compiler):
    """Compiles a step into its callers."""

    def compile_extra(self, function: Any) -> Any:
        self.state.library = _Module(self.state.targetctx.codegen(), function.__qualname__)
        self.state.library.enable_object_caching()
        return super().compile_extra(function)


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a scalar kernel: one bond, one fund, one event."""
    entry: Any = _compile(function)
    if not settings.DISABLE_JIT:
        callee: Any = step(function)
        entry.get_call_template, entry.get_overload = callee.get_call_template, callee.get_overload
    return entry


def step(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a kernel that only kernels call: without an entry from Python it compiles in two thirds of the time.

    Calling one from compiled Python crashes the interpreter; an architecture test sees that nothing outside does.
    """
    return _compile(function, f"{CACHE_DIRECTORY}/steps", no_cpython_wrapper=True, pipeline_class=_StepCompiler)


def part(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a step into whoever calls it.

    For steps that every day passes and few call: the dispatch of events compiled so takes a quarter off the event loop.
    Done to the steps of a mark too it gained nothing that could be measured.
    """
    return _compile(function, f"{CACHE_DIRECTORY}/steps", no_cpython_wrapper=True, pipeline_class=_StepCompiler, forceinline=True)


def parallel_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a loop over rows; iteration i writes row i only."""
    return _compile(function, parallel=True)


def decision(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a rule or decision of the library; what is kept of it goes stale with its own folder's sources too."""
    return _compile(function, _cache_directory(ENGINE, Path(function.__code__.co_filename).parent))


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a user's own decision, or a helper of it: the same bytes as in plain Python, many times faster.

    It is compiled anew in each session (half a second), as nobody can say what else a user's files depend on.
    """
    return _compile(function, "", _nrt=True)


def is_cold() -> bool:
    """Whether kernels have still to be compiled for these sources on this machine."""
    return not (settings.DISABLE_JIT or any(Path(CACHE_DIRECTORY).rglob("*.nbi")))


def set_threads(threads: int) -> None:
    """Set the threads of every parallel kernel (1 to the machine's cores)."""
    if not 1 <= threads <= settings.NUMBA_NUM_THREADS:
        raise ValueError(f"threads: {threads} given, allowed are 1 to {settings.NUMBA_NUM_THREADS} on this machine")
    numba.set_num_threads(threads)


def by_reference(rows: T) -> T:
    """Hand rows on by their address, for as long as the kernel that says so runs; uncompiled, the rows themselves.

    A world by value is some 150 numbers a call: a fund-day of the event loop fell from 3.0 to 0.4 microseconds
    without them, entering a book from 900 to 160 ns.
    """
    return rows


class Reference(types.Type):
    """numba's type of a named tuple that stands in the frame of a kernel further up and is handed on by its address."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows
        digest = hashlib.sha256(str(rows).encode()).hexdigest()[:12]
        super().__init__(f"Reference({rows.instance_class.__name__}, {digest})")


@extending.register_model(Reference)
class _Address(models.PrimitiveModel):
    """What compiled code holds of it: a pointer."""

    def __init__(self, manager: Any, reference: Reference) -> None:
        address = manager[reference.rows].get_value_type().as_pointer()
        super().__init__(manager, reference, address)  # type: ignore[no-untyped-call]


@infer_getattr
class _Fields(AttributeTemplate):
    """The types of the fields behind a reference."""

    key = Reference

    def generic_resolve(self, reference: Any, name: str) -> Any:  # type: ignore[override]
        """That of the named tuple's field."""
        fields = reference.rows.fields
        return reference.rows[fields.index(name)] if name in fields else None


def _to_reference(context: Any) -> Callable[[Any], Any]:
    """Rows to their reference; a reference stays one."""
    return lambda rows: Reference(rows) if isinstance(rows, types.BaseNamedTuple) else rows


def _put_in_frame(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Keep the rows in the frame."""
    return cgutils.alloca_once_value(builder, arguments[0])


def _as_it_is(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Hand the address on."""
    return arguments[0]


def _load_field(context: Any, builder: Any, reference: Reference, address: Any, name: str) -> Any:
    """Read a field behind a reference."""
    return builder.load(cgutils.gep_inbounds(builder, address, 0, reference.rows.fields.index(name)))


extending.type_callable(by_reference)(_to_reference)
extending.lower_builtin(by_reference, types.BaseNamedTuple)(_put_in_frame)
extending.lower_builtin(by_reference, Reference)(_as_it_is)
registry.lower_getattr_generic(Reference)(_load_field)
