"""Field types of user input, each with its unit and range, and the strict base model."""

import ast
import datetime
import inspect
import re
import textwrap
from contextlib import suppress
from functools import cache
from itertools import pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from basis_data.tables.contracts import code_and_month, codes
from basis_data.tables.files import CONTROL
from basis_data.tables.layouts import TENOR_YEARS
from basis_data.tables.validation import did_you_mean


def _iso_date(given: Any) -> datetime.date:
    """Accept a TOML date or an ISO string; pydantic alone would also accept seconds since 1970."""
    if isinstance(given, datetime.date) and not isinstance(given, datetime.datetime):
        return given
    try:
        return datetime.date.fromisoformat(given)
    except (TypeError, ValueError):
        raise ValueError("a date as YYYY-MM-DD") from None


def known_contracts(given: tuple[str, ...]) -> tuple[str, ...]:
    """Check that contracts are known, each once; a name may hold a delivery month, as in `TY 2025-06`."""
    for code, month in map(code_and_month, given):
        if month is not None:
            _quarterly_month(month)
        if code not in codes():
            raise ValueError(f"some of {', '.join(codes())}{did_you_mean(code, codes())}")
    if len(set(given)) < len(given):
        raise ValueError("each contract once")
    return given


def _quarterly_month(given: str) -> str:
    """Check that a delivery month is of the March quarterly cycle."""
    if not re.fullmatch(r"\d{4}-(03|06|09|12)", given):
        raise ValueError("a month of the March quarterly cycle as YYYY-MM, such as 2020-06")
    return given


def _before_settlement(given: str) -> str:
    """Check that a mark within the day is after repo rolls and before settlement."""
    if not re.fullmatch(r"\d{2}:[0-5]\d", given) or not "08:30" <= given < "15:00":
        raise ValueError("a New York time from 08:30 to 14:59, as HH:MM")
    return given


TENORS = {name.removeprefix("y_").removesuffix("_pct"): years for name, years in TENOR_YEARS.items()}
"""Names of the par curve's tenors, 1mo to 30y, and their years."""


def _known_tenor(given: str) -> str:
    """Check that a tenor is of the par curve."""
    if given not in TENORS:
        raise ValueError(f"one of {', '.join(TENORS)}{did_you_mean(given, TENORS)}")
    return given


def _safe_name(given: str) -> str:
    """Check that a name can be that of a file: a run writes into a folder named after its scenario."""
    if len(given) > 80 or not re.fullmatch(r"[^\W_][\w .,+()-]*", given):
        raise ValueError("letters, digits, spaces and . , + - _ ( ), at most 80, the first a letter or digit")
    return given


def _printable(given: str) -> str:
    """Check that a text holds no characters that steer a terminal."""
    if CONTROL.search(given):
        raise ValueError("text without control characters")
    return given


Name = Annotated[str, AfterValidator(_safe_name)]
Text = Annotated[str, AfterValidator(_printable)]
Date = Annotated[datetime.date, BeforeValidator(_iso_date)]
Haircut = Annotated[float, Field(ge=-0.1, le=0.5, title="decimal share of market value, 0.02 is 2%")]
Share = Annotated[float, Field(ge=0, le=1, title="decimal share, 0.2 is 20%")]
Multiple = Annotated[float, Field(gt=0, le=20, title="multiple of the margin of that day, 1.5 is +50%")]
BasisPoints = Annotated[float, Field(ge=-1000, le=2000, title="basis points")]
Contracts = Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(known_contracts)]
DeliveryMonth = Annotated[str, AfterValidator(_quarterly_month)]
Clock = Annotated[str, AfterValidator(_before_settlement)]
Tenor = Annotated[str, AfterValidator(_known_tenor)]


class StrictModel(BaseModel):
    """Base of user-input models: refuses unknown keys and numbers that are not finite; values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


@cache
def meanings(model: type[BaseModel]) -> dict[str, str]:
    """Meaning of every field of a model, on one line: its description, or the docstring below it.

    Docstrings are read from the source when they are asked for. With pydantic's `use_attribute_docstrings` every
    command would read those of all models, a tenth of its time.
    """
    found = {name: field.description or "" for name, field in model.model_fields.items()}
    for kind in () if all(found.values()) else reversed(model.__mro__):
        if issubclass(kind, BaseModel) and kind is not BaseModel:
            with suppress(OSError):  # a class of a notebook has no source file
                (source,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
                assert isinstance(source, ast.ClassDef)
                for field, text in pairwise(source.body):
                    if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
                        found[ast.unparse(field.target)] = str(ast.literal_eval(text.value))
    return {name: " ".join(found[name].split()) for name in model.model_fields}
