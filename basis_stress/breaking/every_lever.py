"""All levers at once: each alone, the worst pair, and the nearest joint shock, for one book."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from basis_data.scenarios.scenario import Scenario, changed
from basis_data.scenarios.scenario import scenario as load_scenario
from basis_engine.simulation.names import Constraint
from basis_engine.simulation.world import Floats
from basis_strategies.cells import unchanged
from basis_strategies.paths import PathOverrides
from basis_stress.breaking.find import find_breaking_point
from basis_stress.breaking.joint import JointShock, joint_shock
from basis_stress.breaking.levers import LEVERS, LeveredBook, levered_book
from basis_stress.breaking.point import book_name
from basis_stress.reporting import formatting
from basis_stress.reporting.outcomes import UNTIL, breaking_day, check_until, condition, name_of

STEPS, PAIR_STEPS = 100, 200


@dataclass(frozen=True, repr=False)
class LeverTable:
    """What breaks a book: a row per lever, the worst pair, and the nearest joint shock."""

    of: LeveredBook
    until: str
    table: pd.DataFrame
    """By lever: `from` (no change), `breaks_at` (NaN: not up to `to`), `described`, `constraint`, `day`."""
    pairs: pd.DataFrame
    """By pair of levers: `share` of the breaking point of each (or of the range) at which both together break the book,
    `constraint` and `day`; the worst, the smallest share, first. Half is what independent levers would need."""
    joint: JointShock

    def __str__(self) -> str:
        """The table as text, and two sentences."""
        rows = [["lever", "breaks at", "first constraint", "day"]]
        for row in self.table.to_dict("records"):
            found = np.isfinite(row["breaks_at"])
            day = formatting.day(row["day"]) if found else "–"
            rows.append([row["lever"], row["described"], row["constraint"] if found else "–", day])
        name = book_name(self.of)
        text = [
            f"What makes {name} {condition(self.until)} in {self.of.scenario.name}",
            "",
            formatting.aligned(rows),
            "",
        ]
        if (self.table["described"] == "no change").any():
            return "\n".join([*text, "The scenario itself does it: no pair of levers and no joint shock is needed."])
        if len(self.pairs):
            worst = self.pairs.to_dict("records")[0]
            text.append(
                f"Worst pair: {worst['described']}, {formatting.percent(worst['share'], 0)} of what each needs alone; "
                f"{worst['constraint']} binds first."
            )
        else:
            text.append("No pair of levers breaks it within their ranges.")
        return "\n".join([*text, str(self.joint)])

    __repr__ = __str__


def every_lever(
    scenario: str | Path | Scenario,
    until: str = "forced_sale",
    *,
    contract: str | Sequence[str] | None = None,
    **options: Any,
) -> LeverTable:
    """Find what breaks a book: each lever alone, the worst pair, and the nearest joint shock of yields and repo.

    Notes are priced on par curves, for all levers alike.

    Parameters
    ----------
    until
        As in `breaking_point`.
    contract, **options
        As in `breaking_point`: terms, or ``book`` with ``funds`` or ``equity``, and ``execution``.

    Raises
    ------
    InputError
        One sentence on the first argument that is wrong.
    """
    until = check_until(until)
    chosen = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    par = changed(chosen, chosen.name, curve="par")
    books = {name: levered_book(par, name, contract, **options) for name in LEVERS}
    points = {name: find_breaking_point(of, until, steps=STEPS) for name, of in books.items()}
    rows = []
    for name, point in points.items():
        lever = books[name].lever
        value = lever.describe(point.value) if len(point.brackets) else f"none up to {lever.describe(point.high)}"
        rows.append(
            {
                "lever": lever.title.split(",")[0],
                "name": name,
                "from": lever.neutral,
                "breaks_at": point.value,
                "to": point.high,
                "described": "no change" if point.value == lever.neutral and name != "scale" else value,
                "constraint": point.constraint,
                "day": point.day,
            }
        )
    table = pd.DataFrame(rows).astype({"day": "datetime64[s]"})
    of = books["repo_bp"]
    return LeverTable(of, until, table, _pairs(books, table.set_index("name"), until), joint_shock(of, until))


def _pairs(books: dict[str, LeveredBook], table: pd.DataFrame, until: str) -> pd.DataFrame:
    """Move two levers together from no change to the breaking points, or ends, of both; the worst pair first."""
    rows: list[dict[str, Any]] = []
    shares = np.linspace(0.0, 1.0, PAIR_STEPS + 1)[1:]
    for first, second in combinations(books, 2):
        of = books[first]
        ends = {name: float(table["breaks_at"].fillna(table["to"])[name]) for name in (first, second)}
        # The scenario itself is a scale of 1; below it the lever takes the scenario away.
        starts = {name: 1.0 if name == "scale" else books[name].lever.neutral for name in ends}
        if any(ends[name] <= starts[name] for name in ends):
            continue
        values = {name: starts[name] + shares * (ends[name] - starts[name]) for name in ends}
        found = of.book.outcomes(_both(books, values), unchanged(1))[:, 0]
        broken = found["outcome"] >= UNTIL[until]
        if broken.any():
            at = int(broken.argmax())
            described = " with ".join(
                f"{books[name].lever.title.split(',')[0]} {books[name].lever.describe(float(values[name][at]))}"
                for name in ends
            )
            rows.append(
                {
                    "first": first,
                    "second": second,
                    "share": shares[at],
                    "described": described,
                    "constraint": name_of(Constraint(int(found[at]["constraint"]))),
                    "day": of.dates()[breaking_day(found[at], until)],
                }
            )
    columns = ["first", "second", "share", "described", "constraint", "day"]
    return pd.DataFrame(rows, columns=columns).sort_values("share", kind="stable", ignore_index=True)


def _both(books: dict[str, LeveredBook], values: dict[str, Floats]) -> PathOverrides:
    """Data of paths under two levers, each of which replaces a field of its own."""
    given: dict[str, Any] = {}
    for name, of_lever in values.items():
        of = books[name]
        overrides = of.lever.paths(of.book.market.data, of_lever, of.day)
        replaced = {field.name: getattr(overrides, field.name) for field in fields(overrides)}
        given |= {field: values for field, values in replaced.items() if values is not None}
    return PathOverrides(**given)
