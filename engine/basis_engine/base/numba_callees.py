"""Faster compilation of kernels that call kernels: an optional extension of numba's compiler.

numba optimises and emits every function by itself, and again inside each function that calls it. With this extension
a callee is only translated; the kernel that Python enters links, optimises and emits it once, with all its callees.
The event loop and its two hundred callees compile in half the time. Rows pass from kernel to kernel by address.

The extension uses private parts of numba, so `basis_engine.base.compile` imports it only for releases of numba with
which its tests pass. Without it plain `numba.njit` compiles the same source to the same results, more slowly.
"""

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numba.core.cgutils
import numba.core.imputils
import numba.extending
from llvmlite import ir
from llvmlite.binding import add_symbol, parse_assembly
from llvmlite.binding.ffi import lib
from numba.core import types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler, Flags
from numba.core.datamodel import models
from numba.core.runtime import nrt
from numba.core.typing.templates import AttributeTemplate, infer_getattr

extending: Any = numba.extending
cgutils: Any = numba.core.cgutils
registry: Any = numba.core.imputils.builtin_registry
runtime: Any = nrt

T = TypeVar("T")


class _LinkedLibrary(JITCodeLibrary):
    """The code of a callee, which its callers link; it emits no machine code."""

    def _optimize_final_module(self) -> None:
        """Do nothing: the callers optimise the code."""

    def _finalize_final_module(self) -> None:
        """Keep the code for linking, and emit only the variables that numba sets in this library."""
        self._finalized = True
        linked = self._get_module_for_linking()
        emitted = self._codegen._create_empty_module(self.name)
        for variable in linked.global_variables:
            if "NumbaEnv" in variable.name:
                environment = ir.GlobalVariable(emitted, cgutils.voidptr_t, variable.name)
                environment.linkage, environment.initializer = "common", cgutils.voidptr_t(None)
        self._final_module = parse_assembly(str(emitted))
        super()._finalize_final_module()


class _OptimizedLibrary(_LinkedLibrary):
    """The code of a callee, optimised with its own callees before its callers link it."""

    def _optimize_final_module(self) -> None:
        JITCodeLibrary._optimize_final_module(self)


class _Flags(Flags):
    """Compiler options that compare quickly: numba compares all forty with earlier ones at every operator it types."""

    def __eq__(self, other: object) -> bool:
        return self._values == other._values if isinstance(other, _Flags) else super().__eq__(other)

    def __hash__(self) -> int:
        return HASH


HASH = hash(Flags())
"""numba's own hash of options: the hash of their names."""


class KernelCompiler(Compiler):
    """numba's compiler with options that compare quickly, and without a clock for each call of LLVM."""

    def __init__(self, typing: Any, target: Any, library: Any, args: Any, result: Any, flags: Any, names: Any) -> None:
        super().__init__(typing, target, library, args, result, _Flags(flags), names)

    def compile_extra(self, function: Any) -> Any:
        """Compile, and time no calls of LLVM: numba times each for its own tables, 94,000 in the event loop."""
        timers = lib._lock._cblist
        paused = timers[:]
        timers.clear()
        try:
            return super().compile_extra(function)
        finally:
            timers[:] = paused


class CalleeCompiler(KernelCompiler):
    """Compile a callee into a library for its callers to link."""

    library_of: type[_LinkedLibrary] = _LinkedLibrary

    def compile_extra(self, function: Any) -> Any:
        """Compile into a library that is linked and never called by itself."""
        library: Any = self.library_of(self.state.targetctx.codegen(), function.__qualname__)
        library.enable_object_caching()
        self.state.library = library
        return super().compile_extra(function)


class OptimizedCalleeCompiler(CalleeCompiler):
    """Compile a callee and optimise it before its callers link it."""

    library_of = _OptimizedLibrary


KERNEL_OPTIONS: dict[str, Any] = {"no_cfunc_wrapper": True, "_nrt": False, "pipeline_class": KernelCompiler}
"""Options of `numba.njit` for kernels. ``_nrt`` switches reference counts off; numba then refuses allocations."""


def callee_options(inline: bool, optimize: bool) -> dict[str, Any]:
    """Give the options of `numba.njit` for a callee: no entry from Python, inlined or optimised if asked."""
    compiler = OptimizedCalleeCompiler if optimize else CalleeCompiler
    options = {**KERNEL_OPTIONS, "no_cpython_wrapper": True, "pipeline_class": compiler}
    return {**options, "forceinline": True} if inline else options


def load_lightly(dispatcher: Any) -> None:
    """Load cached kernels without numba's tables of types and functions, which only compiling needs.

    numba fills them before it loads any kernel: 0.4 seconds of each command, half of it an import of scipy. A kernel
    that is not cached fills them when it compiles.
    """
    cached = dispatcher._cache

    def load(signature: Any, context: Any) -> Any:
        with cached._guard_against_spurious_io_errors():
            return cached._load_overload(signature, context)

    if hasattr(cached, "_load_overload"):
        cached.load_overload = load


def compile_for(dispatcher: Any, *arguments: Any, by_address: bool = False) -> None:
    """Compile a kernel for arguments of these types, without running it; kernels call callees with rows by address."""
    kinds = [numba.typeof(argument) for argument in arguments]
    if by_address:
        kinds = [Reference(kind) if isinstance(kind, types.BaseNamedTuple) else kind for kind in kinds]
    dispatcher.compile(tuple(kinds))


def _name_runtime() -> None:
    """Give LLVM the addresses of numba's runtime in C, which code in a cached kernel may name."""
    for name, address in runtime._nrt.c_helpers.items():
        add_symbol(name if name.startswith("_") else f"NRT_{name}", address)


_name_runtime()


def share_callee(dispatcher: Any, callee: Any) -> None:
    """Make kernels that call a dispatcher call its callee, compiled once for all enumerations and constants.

    numba would compile a callee anew for the members of each enumeration and for each constant argument: one in eight
    of the event loop's functions.
    """
    find = callee.get_call_template
    dispatcher.get_call_template = lambda arguments, named: find(
        tuple(map(_plain, arguments)), {name: _plain(kind) for name, kind in named.items()}
    )
    dispatcher.get_overload = callee.get_overload


def _plain(argument: Any) -> Any:
    """Replace the type of a constant or of a member of an enumeration by the type of its number."""
    if isinstance(argument, types.IntEnumMember):
        return argument.dtype
    return types.unliteral(argument)


class Reference(types.Type):
    """numba's type of the address of a named tuple in the stack frame of a calling kernel.

    The type's name is part of the name of every function that takes it, so it holds a digest: a world's type in full
    has 5,000 letters, and names took a fifth of the compile time.
    """

    def __init__(self, rows: Any) -> None:
        self.rows = rows
        digest = hashlib.sha256(str(rows).encode()).hexdigest()[:16]
        super().__init__(f"Reference({rows.instance_class.__name__} {digest})")


@extending.register_model(Reference)
class _Address(models.PrimitiveModel):
    """Represent a reference in compiled code as a pointer."""

    def __init__(self, manager: Any, reference: Reference) -> None:
        address = manager[reference.rows].get_value_type().as_pointer()
        super().__init__(manager, reference, address)


@infer_getattr
class _Fields(AttributeTemplate):
    """The types of the fields behind a reference."""

    key = Reference

    def generic_resolve(self, reference: Any, name: str) -> Any:  # type: ignore[override]
        """Give the type of the named tuple's field."""
        fields = reference.rows.fields
        return reference.rows[fields.index(name)] if name in fields else None


def _to_reference(context: Any) -> Any:
    """Type rows as their reference; a reference keeps its type."""
    return lambda rows: Reference(rows) if isinstance(rows, types.BaseNamedTuple) else rows


def _put_in_frame(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Store the rows in the stack frame; the empty assembly hides from LLVM that they were written just before."""
    address = cgutils.alloca_once_value(builder, arguments[0])
    kind = ir.FunctionType(address.type, [address.type])
    return builder.asm(kind, "", "=r,0,~{memory}", [address], side_effect=True)


def _as_it_is(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Return the address unchanged."""
    return arguments[0]


def _load_field(context: Any, builder: Any, reference: Reference, address: Any, name: str) -> Any:
    """Read a field behind a reference."""
    return _load_constant(builder, cgutils.gep_inbounds(builder, address, 0, reference.rows.fields.index(name)))


def _load_constant(builder: Any, address: Any) -> Any:
    """Load what never changes and mark it so, number by number: LLVM drops the mark on whole structures."""
    kind = address.type.pointee
    if not isinstance(kind, (ir.LiteralStructType, ir.ArrayType)):
        number = builder.load(address)
        number.set_metadata("invariant.load", builder.module.add_metadata([]))
        return number
    structure = cgutils.get_null_value(kind)
    for i in range(len(kind.elements) if isinstance(kind, ir.LiteralStructType) else kind.count):
        part = _load_constant(builder, cgutils.gep_inbounds(builder, address, 0, i))
        structure = builder.insert_value(structure, part, i)
    return structure


def lower_to_address(identity: Callable[[T], T]) -> None:
    """Compile calls of an identity function to the address of its argument, a named tuple of arrays.

    By value a world is some 150 numbers a call: by address a fund-day of the event loop fell from 3.0 to 0.4
    microseconds and entering a book from 900 to 160 ns. The rows at the address never change, and LLVM is told so: it
    reads the place of an array once instead of after every number written (4 to 12% of the event loop).
    """
    extending.type_callable(identity)(_to_reference)
    extending.lower_builtin(identity, types.BaseNamedTuple)(_put_in_frame)
    extending.lower_builtin(identity, Reference)(_as_it_is)


registry.lower_getattr_generic(Reference)(_load_field)
