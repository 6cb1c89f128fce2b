"""Units of settings by name, for the manifest of a result and for pages."""

import sys
from collections.abc import Mapping
from functools import cache

from pydantic import BaseModel

from basis_data.scenarios.scenario import Scenario
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_stress.reporting.dictionary import meaning_of

ENDINGS = {
    "_usd": "US dollars",
    "_usd_bn": "billions of US dollars",
    "_bp": "basis points",
    "_bp_per_bn": "basis points of price per billion US dollars",
    "_pct": "percent",
    "_share": "decimal share",
    "_multiple": "multiple",
    "_days": "days",
    "_years": "years",
}
OTHERS = {
    "days": "business days",
    "depth": "US dollars of face per contract and mark",
    "seed": "number",
    "steps": "number",
    "paths": "number",
    "members": "number",
    "draws": "number",
    "futures": "contracts, negative is short",
    "funds": "names, or their number",
    "start": "New York business day",
    "end": "New York business day",
    "day": "New York business day",
    "as_of": "New York business day",
    "repo_time": "New York time",
    "margin_multiple": "multiple of each contract's initial margin",
    "yield_scale": "multiple of each yield's move from the first day",
    "scenario_repo_bp": "basis points over SOFR",
    "seizure_cost": "multiple of cost and impact",
    "basis_bp": "basis points of price",
    "not_rolled": "decimal share of the repo falling due",
    "shares": "decimal shares of equity",
    "level": "decimal share of samples",
}
"""Units of settings that no model and no column of the dictionary has."""


def units(settings: Mapping[str, object]) -> dict[str, str]:
    """Unit of each setting that has one; names, choices and files have none."""
    found = {name: unit(name) for name in settings}
    return {name: text for name, text in found.items() if text}


def unit_of(words: str) -> str:
    """Unit of a setting by the words of its name; a dash for one without."""
    return unit(words.replace(" ", "_")) or "–"


def unit(name: str) -> str:
    """Unit of a setting; empty for one without."""
    plain = name.removeprefix("dealers, ")
    if plain in OTHERS:
        return OTHERS[plain]
    if plain in _titles():
        return _titles()[plain]
    known = meaning_of("*", plain)
    if known is not None:
        return known[0]
    ending = max((end for end in ENDINGS if plain.endswith(end)), key=len, default="")
    return ENDINGS.get(ending, "")


@cache
def _titles() -> dict[str, str]:
    """Units of the fields of books, scenarios, and of the generators and strategies, if the command loaded them.

    Without the condition every backtest would import scipy and the library of strategies: half of its time.
    """
    generators = vars(sys.modules.get("basis_data.shocks.generators", object)).get("GENERATORS", {})
    known = vars(sys.modules.get("basis_strategies.library", object)).get("known_strategies", dict)
    models: list[type[BaseModel]] = [Scenario, *generators.values(), *known().values(), CashFuturesBasis]
    return {name: field.title for model in models for name, field in model.model_fields.items() if field.title}
