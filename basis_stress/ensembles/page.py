"""The page of an ensemble of paths: one file with outcomes, losses, expected shortfall and times to each outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from basis_stress.ensembles import figures
from basis_stress.reporting import formatting
from basis_stress.reporting.figure_style import style, svg
from basis_stress.reporting.formatting import TableText
from basis_stress.reporting.html import embedded, fill, setting
from basis_stress.reporting.outcomes import UNTIL, condition, label
from basis_stress.reporting.pictures import Picture
from basis_stress.reporting.shocks import difference_cells

if TYPE_CHECKING:
    from basis_stress.ensembles.simulate import Simulation


def headline(of: Simulation) -> str:
    """The outcomes and losses of the ensemble in a sentence."""
    at, losses = len(of.leverages) - 1, of.losses()
    shares = [
        f"{condition(outcome)} in {_share(float((of.outcome_numbers[:, at] >= number).mean()))}"
        for outcome, number in UNTIL.items()
    ]
    shortfall = formatting.percent(float(losses["es95"].iloc[at]), 1)
    return (
        f"Of {len(of):,} {of.generator} paths of {of.days} business days from {_day(of)}, the outcome of a "
        f"{formatting.times(float(of.leverages[at]))} {formatting.listing(list(of.contracts))} book is "
        f"{formatting.listing(shares)}; in the worst 5% it loses {shortfall} of its equity on average."
    )


def _day(of: Simulation) -> str:
    """Day of entry."""
    return f"{formatting.day(of.scenario.start)} {of.scenario.start.year}"


def _share(share: float) -> str:
    """A share as percent, with words for none, all and shares very near to them."""
    if share == 0.0:
        return "none"
    if share == 1.0:
        return "all"
    if not 0.001 <= share <= 0.999:
        return "under 0.1%" if share < 0.5 else "over 99.9%"
    return formatting.percent(share, 1)


def outcome_cells(of: Simulation) -> TableText:
    """Heads and cells: outcomes by leverage, with intervals."""
    table = of.outcomes()
    names = list(dict.fromkeys(table["outcome"]))
    rows = []
    for leverage, mine in table.groupby("leverage"):
        mine = mine.set_index("outcome")
        cells = [formatting.times(float(leverage))]  # type: ignore[arg-type]
        for name in names:
            row = mine.loc[name]
            ends = f"{formatting.percent(row['low'], 2)}–{formatting.percent(row['high'], 2)}"
            cells.append(f"{_share(float(row['share']))} ({ends})")
        rows.append(cells)
    return ["leverage", *map(label, names)], rows


def loss_cells(of: Simulation) -> TableText:
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
                "Share of paths whose loss over the whole window is at least the given share of equity, by leverage. "
                "Losses of lenders and clearing members beyond the equity are not included.",
                svg(figures.losses(of)),
            ),
            Picture(
                "times",
                "Time to a call, a forced sale, a default",
                "Share of books that have come to each outcome by each day; bands: 95% intervals of the share "
                "(Wilson), for sampling error only.",
                svg(figures.curves(of)),
            ),
        ]


def render(of: Simulation) -> str:
    """Render the page; equal simulations give equal bytes."""
    return fill(
        "paths.html",
        generator=of.generator,
        headline=headline(of),
        composed=str(of.scenario),
        changes=difference_cells(of.scenario),
        outcomes=outcome_cells(of),
        losses=loss_cells(of),
        pictures=embedded(pictures(of)),
        settings=[
            ("paths", f"{len(of):,}"),
            ("business days", str(of.days)),
            ("seed", str(of.seed)),
            ("entered", f"{of.scenario.name}, {_day(of)}"),
            ("contracts", ", ".join(of.contracts)),
            *((formatting.words(name), setting(value)) for name, value in of.settings.items()),
        ],
    )
