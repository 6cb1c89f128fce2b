"""Fields that can vary in a sweep, of the book and of the scenario, each with the limits that its class sets."""

from collections.abc import Iterable
from typing import Any, get_args

import numpy as np

from basis_data.markets.parameters import Fit
from basis_data.scenarios.parts import MarketEra
from basis_data.tables.validation import did_you_mean, with_new_names
from basis_engine.base.errors import InputError
from basis_strategies.cash_futures_basis import RENAMED as RENAMED_TERMS
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_stress.sweeps.axes import Axis, axis
from basis_stress.sweeps.designs import CellTable

SCENARIO_FIELDS = ("yield_scale", "margin_multiple")
POPULATION_FIELDS = ("seed",)
RENAMED = {**RENAMED_TERMS, "scale": "yield_scale", "kink": "capacity_multiple", "decay": "placement_rate"}
"""Old names of axes, which work for one release, and the new ones."""


def _numeric(model: Any) -> dict[str, Any]:
    """Numeric fields of a model, each with its type."""
    found = {}
    for name, field in model.model_fields.items():
        kinds = {field.annotation, *get_args(field.annotation)} & {int, float}
        if kinds and field.annotation is not bool:
            found[name] = kinds.pop()
    return found


BOOK_FIELDS = tuple(_numeric(CashFuturesBasis))
FIT_FIELDS = tuple(name for name in _numeric(Fit) if name != "loss")
ERA_FIELDS = tuple(_numeric(MarketEra))
WHOLE = {name for name, kind in _numeric(CashFuturesBasis).items() if kind is int} | set(POPULATION_FIELDS)


def split(given: dict[str, Any], allowed: Iterable[str]) -> tuple[list[Axis], dict[str, Any]]:
    """Split axes from settings: text or a sequence of several levels is an axis, everything else a setting.

    Raises
    ------
    InputError
        If a name is unknown, or an axis cannot be read.
    """
    axes, settings = [], {}
    for name, value in with_new_names(given, RENAMED, "sweep").items():
        check_known(name, [*allowed, *CashFuturesBasis.model_fields])
        if name not in allowed or value is None:
            settings[name] = value
            continue
        read = axis(name, value, whole=name in WHOLE)
        if len(read.levels) == 1:
            settings[name] = int(read.levels[0]) if read.whole and read.levels[0].is_integer() else read.levels[0]
        else:
            axes.append(read)
    # The market is priced again for each scale, so scales vary slowest.
    return sorted(axes, key=lambda read: read.name != "yield_scale"), settings


def check_known(name: str, allowed: Iterable[str]) -> None:
    """Refuse a name that is not an axis."""
    names = list(dict.fromkeys(allowed))
    if name not in names:
        raise InputError(f"sweep, {name}: unknown axis{did_you_mean(name, names)}; allowed are {', '.join(names)}")


def check_table(table: CellTable, allowed: Iterable[str]) -> list[Axis]:
    """Columns of a table of cells as axes, known ones only."""
    axes = []
    for name, values in table.columns.items():
        check_known(name, allowed)
        whole = name in WHOLE
        if whole and np.any(values != np.floor(values)):
            row = int(np.flatnonzero(values != np.floor(values))[0])
            raise InputError(
                f"sweep, {name}, row {row + 1}: {values[row]:g} given, allowed are whole numbers; round it"
            )
        axes.append(Axis(name, low=float(values.min()), high=float(values.max()), whole=whole))
    return axes


def both_ends(given: Axis) -> list[float | int]:
    """Ends of an axis, in the type of its field."""
    return [int(end) if given.whole and end.is_integer() else end for end in given.ends]
