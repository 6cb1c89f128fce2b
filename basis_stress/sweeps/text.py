"""What a sweep came to, in words: for the command line and the head of the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from basis_stress.reporting import formatting
from basis_stress.reporting.outcomes import MEANINGS, OUTCOMES

if TYPE_CHECKING:
    import pandas as pd

    from basis_stress.sweeps.maps import OutcomeMap
    from basis_stress.sweeps.reading import Sweep

_SAID = {
    "survived": "survived",
    "called": "were called beyond their buffer and paid",
    "forced_sale": "were forced to sell",
    "defaulted": "were wiped out",
    "not_entered": "could not enter, as haircut and margin ask more than the equity",
}


def told(sweep: Sweep) -> str:
    """A line per path: how many cells, and what became of them."""
    if sweep.market:
        return f"{sweep.size:,} markets over {', '.join(sweep.axes)}."
    return "\n".join(headline(sweep, scenario) for scenario in sweep.scenarios)


def headline(sweep: Sweep, scenario: str) -> str:
    """One path in a sentence."""
    counts = {str(outcome): int(n) for outcome, n in sweep.fates().T[scenario].items()}
    total = sum(counts.values())
    parts = [f"{share(n, total)} {_SAID[outcome]}" for outcome, n in counts.items() if n]
    return f"{scenario}, {total:,} books: {formatting.listing(parts)}."


def share(count: int, total: int) -> str:
    """A share as percent, never none where there is one."""
    part = count / total
    return "under 0.1%" if 0 < part < 0.001 else formatting.percent(part, 1)


def fate_cells(sweep: Sweep) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of fates by path."""
    table = sweep.fates()
    rows = [
        [str(scenario), *(f"{int(n):,} ({share(int(n), int(row.sum()))})" if n else "–" for n in row)]
        for scenario, row in table.iterrows()
    ]
    return ["", *(MEANINGS[str(outcome)] for outcome in table.columns)], rows


def entry_sentence(maps: Sequence[OutcomeMap], titles: Sequence[str]) -> str:
    """What could enter at the lowest haircut of maps of leverage by haircut: margins differ from path to path."""
    if (maps[0].x, maps[0].y) != ("leverage", "haircut") or maps[0].others:
        return ""
    most = []
    for one, title in zip(maps, titles, strict=True):
        entered = one.x_levels[(one.outcome[0] >= 0) & (one.outcome[0] < OUTCOMES.index("not_entered"))]
        if not len(entered) or entered[-1] == one.x_levels[-1]:
            return ""
        most.append(f"{formatting.times(float(entered[-1]))} in {title}")
    lowest = float(maps[0].y_levels[0])
    asked = "initial margin alone lets" if lowest == 0 else "haircut and initial margin let"
    return f"At a haircut of {100 * lowest:.4g}%, {asked} enter at most {formatting.listing(most)}."


def break_even_sentence(table: pd.DataFrame, axis: str) -> str:
    """The range of break-even levels over all other axes, in a sentence a path."""
    sentences = []
    for scenario, mine in table.groupby("scenario", observed=True, sort=False):
        holds = mine.dropna(subset=["break_even"]).sort_values("break_even", kind="stable").to_dict("records")
        if not holds:
            sentences.append(f"In {scenario} not even the lowest {axis} holds.")
            continue
        least, most = (formatting.times(float(one["break_even"])) for one in (holds[0], holds[-1]))
        bound = mine["bound_by"].astype(str).mode().iloc[0]
        sentences.append(
            f"In {scenario} the highest {axis} that holds runs from {least} to "
            f"{'at least ' if holds[-1]['beyond'] else ''}{most}; just above, what binds first is mostly {bound}."
        )
    return " ".join(sentences)
