"""Arrays with named dimensions, for xarray: an optional package that only `to_xarray` methods import."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from basis_engine.base.errors import InputError

if TYPE_CHECKING:
    import xarray


def labelled(
    variables: Mapping[str, tuple[tuple[str, ...], Any, str]], coordinates: Mapping[str, Any], title: str
) -> "xarray.Dataset":
    """Make a dataset of variables, each with its dimensions, values and unit.

    Raises
    ------
    InputError
        If xarray is not installed.
    """
    try:
        import xarray
    except ModuleNotFoundError:
        raise InputError(
            "to_xarray: xarray is not installed; install it with `pip install basis-stress[xarray]`"
        ) from None
    arrays = {name: (dims, values, {"units": unit}) for name, (dims, values, unit) in variables.items()}
    return xarray.Dataset(arrays, dict(coordinates), {"title": title})
