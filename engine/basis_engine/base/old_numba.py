"""What kernels need of releases of numba before 0.64: members of an enumeration of integers as indices."""

from typing import Any

import numba.core.typing.templates
import numba.extending

extending: Any = numba.extending
templates: Any = numba.core.typing.templates


def index_by_enumerations() -> None:
    """Type members of our enumerations as integers: numba before 0.64 refuses any other member as an index."""

    def integer(template: Any, enumeration: Any, name: str) -> Any:
        ours = enumeration.instance_class.__module__.startswith("basis_")
        return enumeration.dtype if ours and name in enumeration.instance_class.__members__ else None

    def constant(context: Any, builder: Any, enumeration: Any, value: Any, name: str) -> Any:
        return context.get_constant(enumeration.dtype, enumeration.instance_class[name].value)

    members = {"key": numba.types.IntEnumClass, "generic_resolve": integer}
    extending.infer_getattr(type("Members", (templates.AttributeTemplate,), members))
    extending.lower_getattr_generic(numba.types.IntEnumClass)(constant)
