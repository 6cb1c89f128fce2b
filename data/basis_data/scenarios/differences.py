"""What a scenario changes: its counterpart without the changes, and each changed parameter with its unit.

A record is a window of days as it was. A counterfactual has a counterpart: the base of its file, the embedded scenario
of its name, or else the same days without a change.
"""

from typing import Any, NamedTuple

from basis_data.scenarios.composition import DATED
from basis_data.scenarios.parts import MarketEra
from basis_data.scenarios.scenario import WORDS, Scenario, names
from basis_data.scenarios.scenario import scenario as load_scenario
from basis_data.scenarios.sentence import clauses, part_clauses
from basis_data.tables.validation import validated
from basis_engine.base.errors import InputError

FRAME = (
    "name",
    "base",
    "start",
    "end",
    "contracts",
    "delivery_month",
    "curve",
    "files",
    "market",
    "intraday",
    "moves_from",
)
"""Fields that choose days, instruments and data; alone they make no counterfactual."""
_UNITS = {
    "scenario_repo_bp": "bp over SOFR",
    "cash_spread_bp": "bp below SOFR",
    "haircut": "share of market value",
    "margin_multiple": "multiple",
    "yield_scale": "multiple",
    "yield_speed": "days of the path per day",
    "repo_time": "New York time",
}


class Difference(NamedTuple):
    """One changed parameter."""

    parameter: str
    unit: str
    before: str
    after: str


def is_counterfactual(scenario: Scenario) -> bool:
    """Return whether a scenario changes something, beside its days, instruments and data."""
    bare = {name: field.default for name, field in Scenario.model_fields.items() if name not in (*WORDS, *FRAME)}
    return any(getattr(scenario, name) != default for name, default in bare.items())


def counterpart(scenario: Scenario) -> Scenario | None:
    """Return the scenario without its changes, over the same days; None for a record, or if it has no counterpart."""
    if not is_counterfactual(scenario):
        return None
    try:
        found = _found(scenario)
        if (found.start, found.end) != (scenario.start, scenario.end):
            found = found.but(start=scenario.start, end=scenario.end)
    except InputError:
        return None
    return None if _same(found, scenario) else found


def _found(scenario: Scenario) -> Scenario:
    """The base, the embedded scenario of the same name if it differs, or the days without a change."""
    if scenario.name in names():
        embedded = load_scenario(scenario.name)
        if not _same(embedded, scenario):
            return embedded
    if scenario.base is not None:
        return load_scenario(scenario.base)
    frame = {name: value for name, value in scenario.model_dump().items() if name in FRAME and name != "intraday"}
    return validated(Scenario, frame, scenario.name)


def _same(one: Scenario, other: Scenario) -> bool:
    """Whether two scenarios have the same changes, and the same market of funds."""
    left, right = one.model_dump(), other.model_dump()
    return all(left[name] == right[name] for name in left if name not in (*WORDS, *FRAME) or name == "market")


def differences(scenario: Scenario) -> list[Difference]:
    """Return every parameter that differs from the counterpart, with both values; none for a record."""
    base = counterpart(scenario)
    if base is None:
        return []
    found = []
    for name in Scenario.model_fields:
        before, after = getattr(base, name), getattr(scenario, name)
        if before == after or name in (*WORDS, *FRAME):
            continue
        if name in DATED:
            texts = (", ".join(part_clauses(each, name)) or "none" for each in (base, scenario))
            found.append(Difference(_words(name), "bp or share, as stated", *texts))
        else:
            found.append(Difference(_words(name), _UNITS.get(name, ""), _text(before), _text(after)))
    return found + _market(base.market, scenario.market)


def _market(before: MarketEra | None, after: MarketEra | None) -> list[Difference]:
    """The parameters of the market of funds that differ."""
    if before is None or after is None:
        return []
    return [
        Difference(f"market, {_words(name)}", "", _text(getattr(before, name)), _text(getattr(after, name)))
        for name in type(after).model_fields
        if getattr(before, name) != getattr(after, name) and name not in ("source", "episode")
    ]


def _words(name: str) -> str:
    """A field in words."""
    return name.removesuffix("_bp").replace("_", " ")


def _text(value: Any) -> str:
    """A value as text."""
    if value is None or value == ():
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def changed_title(scenario: Scenario, most: int = 3) -> str:
    """The title up to its colon; of a counterfactual with its changes: ``April 2025, counterfactual (yields x2)``.

    With ``most`` 0 the changes are left to a text beside it.
    """
    title = (scenario.title or scenario.name).split(":")[0]
    stated = clauses(scenario)
    if not is_counterfactual(scenario) or not stated:
        return title
    if most == 0:
        return f"{title}, counterfactual"
    rest = len(stated) - most
    shown = ", ".join(stated[:most]) + (f" and {rest} more change{'s'[: rest - 1]}" if rest > 0 else "")
    return f"{title}, counterfactual ({shown})"


def named(scenario: Scenario) -> str:
    """The name; with its changes where no name tells them: ``april-2025, counterfactual (yields x2)``."""
    if not is_counterfactual(scenario) or (scenario.name in names() and _same(load_scenario(scenario.name), scenario)):
        return scenario.name
    return changed_title(scenario.but(title=scenario.name))
