"""How kernels call kernels: a callee's code goes into its callers', and rows are handed on by their address.

numba would optimise and emit every function by itself, and again in each function above it: the event loop and its
two hundred callees compiled in twice the time so. Here a callee is left to the kernel that Python enters, which links,
optimises and emits it once, among all that it calls.
"""

import gc
import hashlib
import time
from collections.abc import Callable
from typing import Any, TypeVar

import numba.core.cgutils
import numba.core.imputils
import numba.extending
from llvmlite import ir
from llvmlite.binding import parse_assembly
from numba.core import types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler, Flags
from numba.core.datamodel import models
from numba.core.typing.templates import AttributeTemplate, infer_getattr

extending: Any = numba.extending
cgutils: Any = numba.core.cgutils
registry: Any = numba.core.imputils.builtin_registry

T = TypeVar("T")


class _Module(JITCodeLibrary):
    """The code of a callee, as its callers link it."""

    def _optimize_final_module(self) -> None:
        """Left to the callers."""

    def _finalize_final_module(self) -> None:
        """Keep the code for linking; what this library emits itself is only the variables that numba sets in it."""
        self._finalized = True
        linked = self._get_module_for_linking()
        emitted = self._codegen._create_empty_module(self.name)
        for variable in linked.global_variables:
            if "NumbaEnv" in variable.name:
                environment = ir.GlobalVariable(emitted, cgutils.voidptr_t, variable.name)
                environment.linkage, environment.initializer = "common", cgutils.voidptr_t(None)
        self._final_module = parse_assembly(str(emitted))
        super()._finalize_final_module()


class _Optimised(_Module):
    """The same, optimised among what it calls before its callers link it."""

    def _optimize_final_module(self) -> None:
        JITCodeLibrary._optimize_final_module(self)


class _Flags(Flags):
    """The compiler's options; numba compares all forty with those of functions before, at every operator it types."""

    def __eq__(self, other: object) -> bool:
        return self._values == other._values if isinstance(other, _Flags) else super().__eq__(other)

    def __hash__(self) -> int:
        return HASH


HASH = hash(Flags())
"""numba's own hash of the options, which is that of their names."""


class CompileSession:
    """A spell of compiling: the garbage collector rests, and whoever asked is told once when spells grow long.

    A tenth of the time went into looking over numba's objects for garbage.
    """

    tell: Callable[[], object] | None = None
    depth = 0
    spent = 0.0
    began = 0.0
    collecting = True

    def __enter__(self) -> None:
        if self.depth == 0:
            self.collecting, self.began = gc.isenabled(), time.monotonic() - self.spent
            gc.disable()
        self.depth += 1
        self.spent = time.monotonic() - self.began
        if self.tell is not None and self.spent > 1.0:
            tell, self.tell = self.tell, None
            tell()

    def __exit__(self, *exception: object) -> None:
        self.depth -= 1
        self.spent = time.monotonic() - self.began
        if self.depth == 0 and self.collecting:
            gc.enable()


SESSION = CompileSession()


class KernelCompiler(Compiler):
    """numba's compiler, with options that are quick to compare."""

    def __init__(self, typing: Any, target: Any, library: Any, args: Any, result: Any, flags: Any, names: Any) -> None:
        super().__init__(typing, target, library, args, result, _Flags(flags), names)

    def compile_extra(self, function: Any) -> Any:
        """Compile one function, and what it calls."""
        with SESSION:
            return super().compile_extra(function)


class CalleeCompiler(KernelCompiler):
    """The same, for callees."""

    library_of: type[_Module] = _Module

    def compile_extra(self, function: Any) -> Any:
        """Compile into a library that is linked and never called itself."""
        library: Any = self.library_of(self.state.targetctx.codegen(), function.__qualname__)
        library.enable_object_caching()
        self.state.library = library
        return super().compile_extra(function)


class OptimizedCalleeCompiler(CalleeCompiler):
    """The same, for callees that are optimised first."""

    library_of = _Optimised


def share_callee(dispatcher: Any, callee: Any) -> None:
    """Let kernels that call a dispatcher call its callee, compiled once for all enumerations and constants.

    numba would compile a callee anew for the members of each enumeration and for each constant that is passed: one
    in eight of the event loop's functions.
    """
    find = callee.get_call_template
    dispatcher.get_call_template = lambda arguments, named: find(
        tuple(map(_plain, arguments)), {name: _plain(one) for name, one in named.items()}
    )
    dispatcher.get_overload = callee.get_overload


def _plain(argument: Any) -> Any:
    """The type of a number, for that of a constant or of a member of an enumeration."""
    if isinstance(argument, types.IntEnumMember):
        return argument.dtype
    return types.unliteral(argument)


def pass_by_pointer(rows: T) -> T:
    """Hand rows on by their address, for as long as the kernel that says so runs; uncompiled, the rows themselves.

    A world by value is some 150 numbers a call: a fund-day of the event loop fell from 3.0 to 0.4 microseconds
    without them, entering a book from 900 to 160 ns. What stands at the address never changes, and LLVM is told so:
    it then reads an array's place once and not after every number written (4 to 12% of the event loop).
    """
    return rows


class Reference(types.Type):
    """numba's type of a named tuple that stands in the frame of a kernel further up and is handed on by its address.

    Its name is in that of every function that takes it, hence a digest: spelt out, a world's runs to 5,000 letters,
    and names took a fifth of the time that compiling took.
    """

    def __init__(self, rows: Any) -> None:
        self.rows = rows
        digest = hashlib.sha256(str(rows).encode()).hexdigest()[:16]
        super().__init__(f"Reference({rows.instance_class.__name__} {digest})")


@extending.register_model(Reference)
class _Address(models.PrimitiveModel):
    """What compiled code holds of it: a pointer."""

    def __init__(self, manager: Any, reference: Reference) -> None:
        address = manager[reference.rows].get_value_type().as_pointer()
        super().__init__(manager, reference, address)


@infer_getattr
class _Fields(AttributeTemplate):
    """The types of the fields behind a reference."""

    key = Reference

    def generic_resolve(self, reference: Any, name: str) -> Any:  # type: ignore[override]
        """That of the named tuple's field."""
        fields = reference.rows.fields
        return reference.rows[fields.index(name)] if name in fields else None


def _to_reference(context: Any) -> Any:
    """Rows to their reference; a reference stays one."""
    return lambda rows: Reference(rows) if isinstance(rows, types.BaseNamedTuple) else rows


def _put_in_frame(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Keep the rows in the frame; the empty assembly hides from LLVM that what is read there was written just now."""
    address = cgutils.alloca_once_value(builder, arguments[0])
    kind = ir.FunctionType(address.type, [address.type])
    return builder.asm(kind, "", "=r,0,~{memory}", [address], side_effect=True)


def _as_it_is(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Hand the address on."""
    return arguments[0]


def _load_field(context: Any, builder: Any, reference: Reference, address: Any, name: str) -> Any:
    """Read a field behind a reference."""
    return _load_constant(builder, cgutils.gep_inbounds(builder, address, 0, reference.rows.fields.index(name)))


def _load_constant(builder: Any, address: Any) -> Any:
    """Load what never changes, and say so, number by number: of whole structures LLVM forgets it."""
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


extending.type_callable(pass_by_pointer)(_to_reference)
extending.lower_builtin(pass_by_pointer, types.BaseNamedTuple)(_put_in_frame)
extending.lower_builtin(pass_by_pointer, Reference)(_as_it_is)
registry.lower_getattr_generic(Reference)(_load_field)
