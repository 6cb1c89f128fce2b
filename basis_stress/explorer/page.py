"""The page of the explorer: complete as served, so that it can be read and used without scripts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from basis_data.tables.contracts import codes
from basis_engine.base.errors import InputError
from basis_stress.explorer.answers import answer
from basis_stress.explorer.controls import AS_OF, CONTROLS, FOLDED, SHOCKS, SLID
from basis_stress.explorer.downloads import KINDS
from basis_stress.explorer.maps import AXES
from basis_stress.explorer.presets import PRESETS, catalogue
from basis_stress.explorer.state import State
from basis_stress.reporting.html import fill


def render(read: Callable[[str], State], query: str, versus: str, books: Mapping[str, Path]) -> tuple[str, int]:
    """The page of a query string, and its HTTP status: a mistake is shown above the settings that were given."""
    first, mistake = _answer(read, query)
    other, wrong = _answer(read, versus) if versus else (None, "")
    given = dict(first["query"]) if first else {}
    html = fill(
        "explorer.html",
        answer=first,
        other=other,
        mistake=mistake or wrong,
        given=given,
        chosen=given.get("contract", "TY").split(","),
        versus=versus,
        slid=SLID,
        as_of=AS_OF,
        shocks=_SHOCKS,
        folded=FOLDED,
        contracts=codes(),
        books=["cftc", *books],
        scenarios=catalogue(),
        presets=[(preset, _preset_query(given, preset.scenario)) for preset in PRESETS],
        axes=AXES,
        downloads=[(kind, title, urlencode(first["query"]) if first else "") for kind, title in KINDS.items()],
    )
    return html, 422 if mistake or wrong else 200


_SHOCKS = [CONTROLS[name].option for name in SHOCKS]


def _preset_query(given: dict[str, str], scenario: str) -> str:
    """The same book through a scenario of the catalogue, without shocks on top."""
    kept = {name: value for name, value in given.items() if name not in _SHOCKS}
    return urlencode({"leverage": "50", **kept, "scenario": scenario} if not given else {**kept, "scenario": scenario})


def _answer(read: Callable[[str], State], query: str) -> tuple[dict[str, Any] | None, str]:
    """The answer for a query string, or the sentence about the mistake in it."""
    try:
        state = read(query)
        return answer(state, state.run()), ""
    except InputError as mistake:
        return None, " ".join(str(mistake).split())[:300]
