"""Plugins: scenarios and strategies of other installed packages, found by their entry points.

Only packages that the user installed into this environment are found. A scenario of a plugin is a file that is read; a
strategy is a program, which is imported when it is used by name.
"""

import importlib.util
from collections.abc import Collection
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from basis_engine.base.errors import InputError

SCENARIOS, STRATEGIES = "basis_stress.scenarios", "basis_stress.strategies"
"""Groups of entry points: a package with TOML files; a class."""


@cache
def registered(group: str) -> dict[str, EntryPoint]:
    """Entry points of a group by name.

    Raises
    ------
    InputError
        If two packages give one name.
    """
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=group):
        if entry.name in found and found[entry.name].value != entry.value:
            raise InputError(
                f"{group}: {entry.name!r} is given by {package_of(found[entry.name])} and by {package_of(entry)}; "
                "uninstall one"
            )
        found[entry.name] = entry
    return found


def package_of(entry: EntryPoint) -> str:
    """Name of the installed package that an entry point belongs to."""
    return entry.dist.name if entry.dist is not None else entry.module


def refuse_taken(name: str, taken: Collection[str], entry: EntryPoint) -> None:
    """Refuse a name of a plugin that the program itself uses."""
    if name in taken:
        raise InputError(
            f"{entry.group}: {name!r} of package {package_of(entry)} is a name of basis-stress itself; rename it there"
        )


def scenario_files(taken: Collection[str]) -> dict[str, Path]:
    """TOML files in the packages that plugins name as folders of scenarios, by name of the scenario.

    Raises
    ------
    InputError
        If a package cannot be found, or a name is taken.
    """
    found: dict[str, Path] = {}
    for entry in registered(SCENARIOS).values():
        for folder in _folders(entry):
            for path in sorted(folder.glob("*.toml")):
                refuse_taken(path.stem, (*taken, *found), entry)
                found[path.stem] = path
    return found


def _folders(entry: EntryPoint) -> list[Path]:
    """Folders of a package, which is not imported."""
    try:
        spec = importlib.util.find_spec(entry.module)
    except ImportError:
        spec = None
    if spec is None or spec.submodule_search_locations is None:
        raise InputError(
            f"{SCENARIOS}: {entry.value!r} of package {package_of(entry)} is no folder of scenarios; name a package "
            "that holds TOML files, or uninstall it"
        )
    return [Path(folder) for folder in spec.submodule_search_locations]
