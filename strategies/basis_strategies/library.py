"""The strategies that come with the program or with plugins; finding one by name, in a user's file, or from text."""

import importlib.util
import re
import sys
from pathlib import Path
from typing import Any

from basis_data.tables.plugins import STRATEGIES, package_of, refuse_taken, registered
from basis_data.tables.validation import did_you_mean
from basis_engine.base.errors import InputError
from basis_strategies.curve_trades import Butterfly, OnTheRunOffTheRun, Steepener
from basis_strategies.hedged_trades import (
    CalendarRoll,
    HoldToDelivery,
    LongBasis,
    MultiContractBasis,
    ShortBasis,
    SwapSpread,
)
from basis_strategies.strategy import Strategy

LIBRARY: dict[str, type[Strategy]] = {
    strategy.__name__: strategy
    for strategy in (
        LongBasis,
        ShortBasis,
        HoldToDelivery,
        CalendarRoll,
        MultiContractBasis,
        SwapSpread,
        OnTheRunOffTheRun,
        Steepener,
        Butterfly,
    )
}
"""By name; `basis_strategies.strategy.Portfolio` puts several of them in one fund."""


def find(name: str) -> type[Strategy]:
    """Find a strategy of the library by name (LongBasis, long-basis), or of a user's file (my_file.py:MyBasis).

    Raises
    ------
    InputError
        If there is no strategy of that name.
    """
    file, found, own = name.partition(".py:")
    if found:
        return _in_file(Path(f"{file}.py"), own)
    by_lower_name = {known.lower(): known for known in strategy_names()}
    known = by_lower_name.get(name.replace("-", "").replace("_", "").lower())
    if known is None:
        raise InputError(
            f"strategy {name!r}: unknown{did_you_mean(name, strategy_names())}; allowed are "
            f"{', '.join(strategy_names())}, or your own as file.py:Class"
        )
    return LIBRARY[known] if known in LIBRARY else _of_plugin(known)


def strategy_names() -> list[str]:
    """Names of the library's strategies, then of plugins' strategies, which are not imported for it."""
    return [*LIBRARY, *(name for name in registered(STRATEGIES) if name not in LIBRARY)]


def known_strategies() -> dict[str, type[Strategy]]:
    """The library's strategies and those of plugins by name; plugins are imported."""
    for name, entry in registered(STRATEGIES).items():
        refuse_taken(name, LIBRARY, entry)
    return {name: find(name) for name in strategy_names()}


def _of_plugin(name: str) -> type[Strategy]:
    """Import the strategy of a plugin.

    Raises
    ------
    InputError
        If the package cannot be imported, or the entry point is not a strategy.
    """
    entry = registered(STRATEGIES)[name]
    where = f"strategy {name} of package {package_of(entry)}"
    try:
        kind = entry.load()
    except (Exception, SystemExit) as problem:
        raise InputError(
            f"{where}: cannot be imported ({type(problem).__name__}: {problem}); correct or uninstall the package"
        ) from problem
    if not (isinstance(kind, type) and issubclass(kind, Strategy)):
        raise InputError(f"{where}: {entry.value} is no strategy; name a subclass of basis_stress.Strategy there")
    return kind


def _in_file(path: Path, name: str) -> type[Strategy]:
    """Import a user's file and return its strategy of a name."""
    try:
        found_file = path.is_file()
    except OSError:  # a name that is too long
        found_file = False
    if not found_file:
        raise InputError(f"strategy file {str(path)!r}: not found; give the path of a Python file")
    module_name = "strategy_file_" + re.sub(r"\W", "_", path.stem)
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None  # a .py file always has one
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # where the annotations of its classes are looked up
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as problem:
        del sys.modules[module_name]
        raise InputError(
            f"strategy file {str(path)!r}: cannot be imported ({type(problem).__name__}: {problem}); correct it"
        ) from problem
    kinds = {key: value for key, value in vars(module).items() if _is_own(value, module_name)}
    if name not in kinds:
        raise InputError(
            f"strategy file {str(path)!r}: has no strategy {name!r}{did_you_mean(name, kinds)}; it has "
            f"{', '.join(kinds) or 'none'}"
        )
    found: type[Strategy] = kinds[name]
    return found


def _is_own(value: Any, module: str) -> bool:
    """Whether a value is a strategy defined in a module."""
    return isinstance(value, type) and issubclass(value, Strategy) and value.__module__ == module


def parse_strategy(text: str) -> Strategy:
    """Parse a strategy of the command line: 'LongBasis' or 'LongBasis:leverage=30,legs=TU+FV'.

    Raises
    ------
    InputError
        If the name is unknown or a parameter is wrong.
    """
    head, given = (text, "") if text.endswith(".py") else _split(text)
    terms: dict[str, Any] = {}
    for pair in filter(None, given.split(",")):
        name, equals, value = pair.partition("=")
        if not equals:
            raise InputError(f"strategy {text!r}: {pair!r} given, allowed is parameter=value")
        whole = int(value) if re.fullmatch(r"[+-]?\d{1,18}", value) else value.strip()
        terms[name.strip().replace("-", "_")] = value.split("+") if name.strip() == "legs" else whole
    return find(head)(**terms)


def _split(text: str) -> tuple[str, str]:
    """Split text into name and parameters; the colon of file.py:Class belongs to the name."""
    start = text.find(".py:") + 4 if ".py:" in text else 0
    at = text.find(":", start)
    return (text, "") if at < 0 else (text[:at], text[at + 1 :])
