"""Tables of a shock generator's page: quantiles by day, and statistics inside and outside their bands."""

import numpy as np
import pandas as pd

from basis_data.shocks.diagnosis import oddities
from basis_data.shocks.evidence import Evidence
from basis_data.shocks.paths import Paths
from basis_data.shocks.statistics import GROUPS, TENOR_NAMES
from basis_stress.reporting import formatting

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_HEADS = {
    "2y": "2-year, bp",
    "10y": "10-year, bp",
    "30y": "30-year, bp",
    "repo": "repo, bp",
    "margin": "margin, multiple",
}


def summary(drawn: Paths) -> pd.DataFrame:
    """Quantiles over paths by day: `day`, `of` (a tenor, `repo`, `margin`), `quantile`, `value` (bp; multiple)."""
    moves = 1e4 * drawn.changes.cumsum(axis=1)
    series = {name: moves[:, :, k] for k, name in enumerate(TENOR_NAMES)}
    series |= {"repo": 1e4 * drawn.repo_spread, "margin": drawn.margin_multiple}
    days = np.arange(1, moves.shape[1] + 1)
    parts = [
        pd.DataFrame({"day": days, "of": name, "quantile": quantile, "value": values})
        for name, paths in series.items()
        for quantile, values in zip(QUANTILES, np.quantile(paths, QUANTILES, axis=0), strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def group_cells(evidence: dict[str, Evidence]) -> tuple[list[str], list[list[str]]]:
    """Heads and cells: how many statistics of each group lie in their own band, and in the joint one."""
    rows, tables = [], [stretch.table() for stretch in evidence.values()]
    for group in (*GROUPS, "all"):
        cells = [group]
        for table in tables:
            mine = table if group == "all" else table.loc[[group]]
            cells.append(f"{mine['inside'].sum()} · {mine['inside_joint'].sum()} of {len(mine)}")
        rows.append(cells)
    rows.append(
        ["share of stretches the joint band holds", *(f"{stretch.joint_share:.0%}" for stretch in evidence.values())]
    )
    return ["in the 95% band · in the joint band", *evidence], rows


def outside_cells(table: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of the statistics outside the joint band."""
    heads = ["statistic", "of", "observed", "simulated median", "joint band"]
    rows = []
    for row in table[~table["inside_joint"]].reset_index().to_dict("records"):
        band = f"{row['joint_low']:.3g} to {row['joint_high']:.3g}"
        cells = [row["statistic"], row["of"], f"{row['observed']:.3g}", f"{row['median']:.3g}", band]
        rows.append(cells[:2] + [cell.replace("-", "−") for cell in cells[2:]])
    return heads, rows


def horizon_cells(drawn: Paths) -> tuple[list[str], list[list[str]]]:
    """Heads and cells: quantiles on the last day."""
    last = summary(drawn)
    last = last[last["day"] == last["day"].max()].pivot(index="quantile", columns="of", values="value")
    rows = []
    for quantile, row in last.iterrows():
        cells = [f"{row[name]:.2f}" if name == "margin" else f"{row[name]:.0f}" for name in _HEADS]
        rows.append([f"{quantile:.0%}", *("0" if cell == "-0" else cell.replace("-", "−") for cell in cells)])
    return ["quantile", *_HEADS.values()], rows


def odd_sentence(drawn: Paths) -> str:
    """State the share of days on which paths leave the range of history."""
    odd = oddities(drawn)
    return (
        f"From the curve of {formatting.day(odd.start)} {str(odd.start)[:4]}, some yield is below zero on "
        f"{odd.negative:.1%} of days and at a bound on {odd.bounded:.1%}; on {odd.steeper:.1%} of days two "
        "neighbouring tenors are further apart than on any day of history."
    )
