"""The page of an ensemble of paths: one file with losses, expected shortfall and times to call and default."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from basis_engine.simulation.names import Outcome
from basis_stress.ensembles import figures as figures
from basis_stress.reporting import formatting
from basis_stress.reporting.figure_style import Picture, style, svg
from basis_stress.reporting.files import save
from basis_stress.reporting.html import embedded, fill

if TYPE_CHECKING:
    from basis_stress.ensembles.simulate import Simulation

Cells = tuple[list[str], list[list[str]]]


def headline(of: Simulation) -> str:
    """The ensemble in a sentence, every number counted."""
    at, losses = len(of.leverages) - 1, of.losses()
    shares = [
        float((of.outcome_numbers[:, at] >= outcome).mean())
        for outcome in (Outcome.CALLED, Outcome.FORCED_SALE, Outcome.DEFAULTED)
    ]
    said = [_share(one) for one in shares]
    shortfall = formatting.percent(float(losses["es95"].iloc[at]), 1)
    return (
        f"Of {len(of):,} {of.generator} paths of {of.days} business days from {_day(of)}, a "
        f"{formatting.times(float(of.leverages[at]))} {formatting.listing(list(of.contracts))} book is called beyond its "
        f"buffer or worse in {said[0]}, forced to sell or worse in {said[1]}, in default in {said[2]}; in the worst 5% "
        f"it loses {shortfall} of its equity on average."
    )


def _day(of: Simulation) -> str:
    """Day of entry."""
    return f"{formatting.day(of.scenario.start)} {of.scenario.start.year}"


def _share(share: float) -> str:
    """A share in percent; none is said as none."""
    if share == 0.0:
        return "none"
    if share == 1.0:
        return "all"
    if not 0.001 <= share <= 0.999:
        return "under 0.1%" if share < 0.5 else "over 99.9%"
    return formatting.percent(share, 1)


def outcome_cells(of: Simulation) -> Cells:
    """Heads and cells: fates by leverage, with intervals."""
    table = of.outcomes()
    fates = list(dict.fromkeys(table["outcome"]))
    rows = []
    for leverage, mine in table.groupby("leverage"):
        mine = mine.set_index("outcome")
        cells = [formatting.times(float(leverage))]  # type: ignore[arg-type]
        for outcome in fates:
            one = mine.loc[outcome]
            ends = f"{formatting.percent(one['low'], 2)}–{formatting.percent(one['high'], 2)}"
            cells.append(f"{_share(float(one['share']))} ({ends})")
        rows.append(cells)
    return ["leverage", *fates], rows


def loss_cells(of: Simulation) -> Cells:
    """Heads and cells: quantiles and expected shortfall of the loss."""
    table = of.losses()
    heads = {"q50": "median", "q95": "1 in 20", "q99": "1 in 100", "worst": "worst"}
    rows = []
    for row in table.to_dict("records"):
        cells = [formatting.times(row["leverage"]), *(formatting.percent(row[name], 2) for name in ("mean", *heads))]
        for name in ("es95", "es99"):
            ends = f"{formatting.percent(row[f'{name}_low'], 2)} to {formatting.percent(row[f'{name}_high'], 2)}"
            cells.append(f"{formatting.percent(row[name], 2)} ({ends})")
        rows.append(cells)
    return ["leverage", "mean", *heads.values(), "expected shortfall, 5%", "expected shortfall, 1%"], rows


def pictures(of: Simulation) -> list[Picture]:
    """The two figures."""
    with style():
        return [
            Picture(
                "losses",
                "Losses",
                "How often the loss over the whole window is at least so much, by leverage. What lenders and clearing "
                "members lose beyond the equity is not in it.",
                svg(figures.losses(of)),
            ),
            Picture(
                "times",
                "Time to a call, a sale, a default",
                "Share of books to which it has happened by each day; bands: 95% intervals of the share (Wilson), for "
                "the chance of the draw alone. Called: a call larger than the buffer.",
                svg(figures.curves(of)),
            ),
        ]


def render(of: Simulation) -> str:
    """Render the page; equal simulations give equal bytes."""
    return fill(
        "paths.html",
        generator=of.generator,
        headline=headline(of),
        outcomes=outcome_cells(of),
        losses=loss_cells(of),
        pictures=embedded(pictures(of)),
        settings=[
            ("paths", f"{len(of):,}"),
            ("business days", str(of.days)),
            ("seed", str(of.seed)),
            ("entered", f"{of.scenario.name}, {_day(of)}"),
            ("contracts", ", ".join(of.contracts)),
            *((formatting.words(name), _said(value)) for name, value in of.settings.items()),
        ],
    )


def _said(value: object) -> str:
    """A setting as text."""
    return f"{value:.6g}" if isinstance(value, float) and np.isfinite(value) else str(value).lower()


def write(of: Simulation, path: str | os.PathLike[str]) -> Path:
    """Write the page to ``path``; see `basis_stress.reporting.files.save`."""
    return save(render(of), path, "report")
