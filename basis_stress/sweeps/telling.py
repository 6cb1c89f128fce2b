"""What a sweep came to, in words: for the command line and the head of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from basis_stress import wording

if TYPE_CHECKING:
    from basis_stress.sweeps.reading import Sweep

_SAID = {
    "survived": "survived",
    "called": "were called beyond their buffer and paid",
    "unwound": "were forced to sell",
    "wiped out": "were wiped out",
    "impossible": "could not enter, as haircut and margin ask more than the equity",
}


def told(sweep: Sweep) -> str:
    """A line per path: how many cells, and what became of them."""
    if sweep.market:
        return f"{sweep.size:,} markets over {', '.join(sweep.axes)}."
    return "\n".join(headline(sweep, scenario) for scenario in sweep.scenarios)


def headline(sweep: Sweep, scenario: str) -> str:
    """One path in a sentence."""
    counts = sweep.fates().loc[scenario]
    total = int(counts.sum())
    parts = [f"{share(int(n), total)} {_SAID[str(fate)]}" for fate, n in counts.items() if n]
    return f"{scenario}, {total:,} books: {wording.listing(parts)}."


def share(count: int, total: int) -> str:
    """A share as percent, never none where there is one."""
    part = count / total
    return "under 0.1%" if 0 < part < 0.001 else wording.percent(part, 1)


def fate_cells(sweep: Sweep) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of fates by path."""
    table = sweep.fates()
    rows = [
        [str(scenario), *(f"{int(n):,} ({share(int(n), int(row.sum()))})" if n else "–" for n in row)]
        for scenario, row in table.iterrows()
    ]
    return ["", *map(str, table.columns)], rows


def break_even_sentence(table: pd.DataFrame, axis: str) -> str:
    """The range of break-even levels over all other axes, in a sentence a path."""
    sentences = []
    for scenario, mine in table.groupby("scenario", observed=True, sort=False):
        values = mine["break_even"].dropna()
        if values.empty:
            sentences.append(f"In {scenario} not even the lowest {axis} holds.")
            continue
        least, most = mine.loc[values.idxmin()], mine.loc[values.idxmax()]
        top = "at least " if most["beyond"] else ""
        sentences.append(
            f"In {scenario} the highest {axis} that holds runs from {wording.times(float(least['break_even']))} to {top}"
            f"{wording.times(float(most['break_even']))}; just above, what binds first is "
            f"{str(mine['bound_by'].astype(str).mode().iloc[0])}."
        )
    return " ".join(sentences)
