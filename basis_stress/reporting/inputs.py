"""What a caller may hand in: numbers and dates, checked once here and trusted below."""

import warnings
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from basis_engine.base.errors import InputError

Floats = NDArray[np.float64]
Days = NDArray[np.int64]
Values = float | Floats
DateLike = ArrayLike | date | Sequence[date]  # datetime and Timestamp are dates


UNREADABLE = (TypeError, ValueError, UserWarning)


def position(index: tuple[int, ...]) -> str:
    """Where an element stands, for a sentence; nothing for a scalar."""
    return f" (index {', '.join(map(str, index))})" if index else ""


def refuse(bad: NDArray[np.bool_] | np.bool_, sentence: str, **columns: Any) -> None:
    """Raise `InputError` for the first bad element; the sentence names columns in braces."""
    if not bad.any():
        return
    index = tuple(np.argwhere(bad)[0].tolist())
    given = {name: np.broadcast_to(column, bad.shape)[index] for name, column in columns.items()}
    raise InputError(sentence.format(**given) + position(index))


def first_unreadable(column: NDArray[Any], read: Callable[[NDArray[Any]], NDArray[Any]]) -> str:
    """The first element that cannot be read alone, and where it stands."""
    for index, element in np.ndenumerate(column):
        try:
            read(np.asarray(element))
        except UNREADABLE:
            return f"'{element}' given{position(index)}"
    return f"{column.size} values of type {column.dtype} given"


def readable(name: str, values: Any, read: Callable[[NDArray[Any]], NDArray[Any]], wanted: str) -> NDArray[Any]:
    """Read a whole column, or say which element cannot be read and what is wanted."""
    try:
        column = np.asarray(values)
    except ValueError:
        raise InputError(f"{name}: lists of unequal length given; give a scalar or a column") from None
    try:
        return read(column)
    except UNREADABLE:
        raise InputError(f"{name}: {first_unreadable(column, read)}; {wanted}") from None


def numbers(name: str, values: ArrayLike) -> Floats:
    """Finite float64 values."""
    column = readable(name, values, lambda given: given.astype(np.float64), "give a number or an array of numbers")
    refuse(~np.isfinite(column), name + ": {value} given; only finite numbers are allowed", value=column)
    return column


def rates(name: str, values: ArrayLike, lowest: float = -1.0) -> Floats:
    """Decimal rates per year; anything above 1 was meant as percent."""
    column = numbers(name, values)
    percent = name + ": {value} given as percent? rates are decimals, so 4.25% is 0.0425"
    refuse(np.abs(column) > 1.0, percent, value=column)
    refuse(column < lowest, name + f": {{value}} given; it must be at least {lowest:g}", value=column)
    return column


def positive(name: str, values: ArrayLike) -> Floats:
    """Numbers above zero."""
    column = numbers(name, values)
    refuse(column <= 0.0, name + ": {value} given; it must be above zero", value=column)
    return column


def to_dates(given: NDArray[Any], unit: str, length: int) -> NDArray[np.datetime64]:
    """Datetime64 in a unit; raises on numbers, missing dates, time zones and text shorter than the length."""
    if given.dtype.kind not in "UOM":
        raise TypeError
    texts = given if given.dtype.kind == "U" else [value for value in given.flat if isinstance(value, str)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # NumPy warns when it drops a time zone
        found = given.astype("datetime64[us]").astype(f"datetime64[{unit}]")
    if np.isnat(found).any() or (np.char.str_len(np.asarray(texts, dtype=np.str_)) < length).any():
        raise ValueError
    return found


def days(name: str, values: DateLike) -> Days:
    """Days since 1970-01-01 of ISO text, dates, datetimes or datetime64 values."""
    wanted = "give a date as YYYY-MM-DD, or a date, datetime or datetime64"
    return readable(name, values, lambda given: to_dates(given, "D", 10), wanted).astype(np.int64)


def first_days_of_month(name: str, values: DateLike) -> Days:
    """The first day of each month given, as YYYY-MM or as any date in it."""
    months = readable(name, values, lambda given: to_dates(given, "M", 7), "give a month as YYYY-MM, or a date in it")
    return months.astype("datetime64[D]").astype(np.int64)


def in_order(earlier: str, first: NDArray[Any], later: str, second: NDArray[Any]) -> None:
    """Refuse elements in which the earlier date is not before the later one."""
    sentence = f"{earlier}: {{a}} given, {later}: {{b}} given; {earlier} must be before {later}"
    first, second = together((earlier, later), first, second)
    refuse(first >= second, sentence, a=first.astype("datetime64[D]"), b=second.astype("datetime64[D]"))


def security(coupon: ArrayLike, maturity: DateLike, settle: DateLike) -> dict[str, NDArray[Any]]:
    """Checked coupon, maturity and settlement of notes or bonds."""
    coupons, maturities, settles = (
        rates("coupon", coupon, lowest=0.0),
        days("maturity", maturity),
        days("settle", settle),
    )
    in_order("settle", settles, "maturity", maturities)
    return {"coupon": coupons, "maturity": maturities, "settle": settles}


def together(names: tuple[str, ...], *columns: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Broadcast columns against each other."""
    try:
        return np.broadcast_arrays(*columns)
    except ValueError:
        shapes = ", ".join(f"{name} {np.shape(column)}" for name, column in zip(names, columns, strict=True))
        raise InputError(f"shapes do not broadcast: {shapes}; give scalars or columns of one length") from None


def over_rows(loop: Callable[..., None], **columns: NDArray[Any]) -> Values:
    """Run a loop over rows of the broadcast columns; a float when every column is a scalar."""
    aligned = together(tuple(columns), *columns.values())
    out = np.empty(aligned[0].size)
    loop(*(column.flatten() for column in aligned), out)  # copies: a read-only view would compile a second loop
    return out.reshape(aligned[0].shape) if aligned[0].ndim else float(out[0])
