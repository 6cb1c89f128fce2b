"""Check a user's input: one sentence for each error, with a guess at the name meant; old names, with a warning."""

import difflib
import math
import warnings
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from basis_engine.base.errors import InputError

Model = TypeVar("Model", bound=BaseModel)


def with_new_names(given: Mapping[str, Any], names: Mapping[str, str], where: str) -> dict[str, Any]:
    """Replace old names of fields, which work for one release, by the new ones, and warn.

    Parameters
    ----------
    names
        Old name to new name.
    where
        The user's name for the source: a file, or an option.
    """
    renamed = {name: value for name, value in given.items() if name not in names}
    for old, new in names.items():
        if old in given:
            warnings.warn(f"{where}: {old} is now {new}; rename it", DeprecationWarning, stacklevel=3)
            renamed[new] = given[old]
    return renamed


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """Return ' (did you mean X?)' for the closest option, or nothing if none is close."""
    lowered = {option.lower(): option for option in options}
    close = difflib.get_close_matches(word.lower(), lowered, n=1)
    return f" (did you mean {lowered[close[0]]!r}?)" if close else ""


def validated(model: type[Model], given: dict[str, Any], where: str) -> Model:
    """Build a model from a user's values.

    Parameters
    ----------
    where
        The user's name for the source: a file, or an option.

    Raises
    ------
    InputError
        If a field is wrong: one sentence on the first.
    """
    try:
        return model.model_validate(given)
    except ValidationError as problem:
        raise InputError(sentence(problem, model, where)) from None


def sentence(problem: ValidationError, model: type[BaseModel], where: str) -> str:
    """Describe the first error: where it is, what was given, and what is allowed."""
    first = problem.errors(include_url=False)[0]
    location = tuple(part for part in first["loc"] if part != "[key]")  # pydantic's mark of a table's wrong key
    message = first["msg"].removeprefix("Value error, ").removeprefix("Input ").removeprefix("should be ")
    if not location:
        return f"{where}, {message}"
    field = ", ".join(f"entry {part + 1}" if isinstance(part, int) else part for part in location)
    if first["type"] == "value_error" and isinstance(first["input"], dict):  # a part's fields do not fit together
        return f"{where}, {field}, {message}"
    allowed = _fields_at(model, location)
    if first["type"] == "extra_forbidden":
        guess = did_you_mean(str(location[-1]), allowed)
        return f"{where}, {field}: unknown key{guess}; allowed are {', '.join(allowed)}"
    if first["type"] == "missing":
        return f"{where}, {field}: is missing; give it"
    if first["type"] == "too_short":
        message = f"at least {first['ctx']['min_length']}"
    described = allowed.get(str(location[-1]))
    unit = f" ({described.title})" if described and described.title else ""
    return f"{where}, {field}: {first['input']!r} given, allowed is {message}{unit}"


def _fields_at(model: type[BaseModel], location: tuple[int | str, ...]) -> dict[str, FieldInfo]:
    """Return the fields of the (possibly nested) model that contains the last part of a location."""
    fields = model.model_fields
    for part in location[:-1]:
        if isinstance(part, str) and part in fields:
            nested = _model_in(fields[part].annotation)
            fields = nested.model_fields if nested else fields
    return fields


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Find the model in an annotation such as tuple[Notice, ...]."""
    for candidate in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


Range = tuple[float, float]
"""Lowest and highest value; infinity: any finite number."""


def check_ranges(where: str, given: object, ranges: dict[str, Range], whole: tuple[str, ...] = ()) -> None:
    """Check numeric fields against their ranges.

    Parameters
    ----------
    where
        Name of the object in the error.
    whole
        Fields that are whole numbers.

    Raises
    ------
    InputError
        If a field is not a finite number (True and False are not), or is out of range.
    """
    for name, (low, high) in ranges.items():
        value, kind = getattr(given, name), Integral if name in whole else Real
        number = isinstance(value, kind) and not isinstance(value, bool)
        if not number or not math.isfinite(value) or not low <= value <= high:
            allowed = f"{low:g} or more" if math.isinf(high) else f"{low:g} to {high:g}"
            noun = "whole" if name in whole else "finite"
            raise InputError(f"{where}, {name}: {value!r} given, allowed is a {noun} number of {allowed}")
