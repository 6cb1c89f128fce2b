"""Presets: scenarios of the catalogue that a visitor asks for first, and the list of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from basis_stress.catalogue.listing import scenarios


@dataclass(frozen=True)
class Preset:
    """A scenario with the words under which visitors look for it."""

    scenario: str
    title: str
    means: str


PRESETS = (
    Preset("april-2025", "What happened", "April 2025 as it was: yields, repo and margins of record"),
    Preset(
        "april-2025-as-told",
        "What the press reported",
        "April 2025 with the dislocation, haircuts and margins reported",
    ),
    Preset("march-2020-basis", "March 2020", "the dash for cash, with the published widening of the basis"),
    Preset("april-2025-twice", "Twice April", "every move of yields of April 2025 twice as large"),
    Preset("april-2025-perfect-storm", "Everything at once", "repo, haircuts, margins and yields together"),
)


def catalogue() -> list[dict[str, Any]]:
    """Name and title of every scenario, in the order of the catalogue."""
    table = scenarios()
    return [{"name": row["name"], "title": row["title"] or row["name"]} for _, row in table.iterrows()]
