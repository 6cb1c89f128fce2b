"""Sentences about a sweep, for the command line and the head of the page."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from basis_stress.reporting import formatting
from basis_stress.reporting.outcomes import OUTCOMES, label
from basis_stress.sweeps.dataset import SweepDataset
from basis_stress.sweeps.maps import OutcomeMap


def describe(sweep: SweepDataset) -> str:
    """A line per scenario: the number of cells and the share of each outcome."""
    if sweep.market:
        return f"{sweep.size:,} markets over {', '.join(sweep.axes)}."
    return "\n".join(headline(sweep, scenario) for scenario in sweep.scenarios)


def headline(sweep: SweepDataset, scenario: str) -> str:
    """The outcomes of one scenario in a sentence."""
    counts = {str(outcome): int(n) for outcome, n in sweep.outcome_counts().T[scenario].items()}
    total = sum(counts.values())
    shares = [f"{share(n, total)} {label(outcome)}" for outcome, n in counts.items() if n]
    return f"{scenario}, {total:,} books: {formatting.listing(shares)}."


def share(count: int, total: int) -> str:
    """A share as percent; a share above 0 is never shown as 0."""
    fraction = count / total
    return "under 0.1%" if 0 < fraction < 0.001 else formatting.percent(fraction, 1)


def outcome_cells(sweep: SweepDataset) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of outcomes by scenario."""
    table = sweep.outcome_counts()
    rows = [
        [str(scenario), *(f"{int(n):,} ({share(int(n), int(row.sum()))})" if n else "–" for n in row)]
        for scenario, row in table.iterrows()
    ]
    return ["scenario", *(label(str(outcome)) for outcome in table.columns)], rows


def entry_sentence(maps: Sequence[OutcomeMap], titles: Sequence[str]) -> str:
    """The highest leverage that can be entered at the lowest haircut, by scenario, as margins differ between them."""
    if (maps[0].x, maps[0].y) != ("leverage", "haircut") or maps[0].others:
        return ""
    most = []
    for drawn, title in zip(maps, titles, strict=True):
        entered = drawn.x_levels[(drawn.outcome[0] >= 0) & (drawn.outcome[0] < OUTCOMES.index("not_entered"))]
        if not len(entered) or entered[-1] == drawn.x_levels[-1]:
            return ""
        most.append(f"{formatting.times(float(entered[-1]))} in {title}")
    lowest = float(maps[0].y_levels[0])
    limit = "initial margin alone allows" if lowest == 0 else "haircut and initial margin allow"
    return f"At a haircut of {100 * lowest:.4g}%, {limit} at most {formatting.listing(most)}."


def break_even_sentence(table: pd.DataFrame, axis: str) -> str:
    """The range of break-even levels over all other axes, in a sentence per scenario."""
    sentences = []
    for scenario, mine in table.groupby("scenario", observed=True, sort=False):
        holds = mine.dropna(subset=["break_even"]).sort_values("break_even", kind="stable").to_dict("records")
        if not holds:
            sentences.append(f"In {scenario} even the lowest {axis} ends in a forced sale or worse.")
            continue
        least, most = (formatting.times(float(row["break_even"])) for row in (holds[0], holds[-1]))
        bound = mine["bound_by"].astype(str).mode().iloc[0]
        sentences.append(
            f"In {scenario} the highest {axis} without a forced sale lies between {least} and "
            f"{'at least ' if holds[-1]['beyond'] else ''}{most}; just above it, {bound} binds first in most cells."
        )
    return " ".join(sentences)
