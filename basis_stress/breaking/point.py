"""The breaking point of a book under a lever: the table of broken intervals, and the sentences about it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from basis_data.scenarios.differences import named
from basis_strategies.books import FundBook
from basis_stress.breaking.frontier import Frontier, frontier_around
from basis_stress.breaking.levers import LeveredBook
from basis_stress.reporting import formatting
from basis_stress.reporting.outcomes import condition, label
from basis_stress.reporting.registry import Reported

_CHANGES = {
    "scale": "{} the moves of yields",
    "repo_bp": "a spike of repo by {}",
    "haircut": "haircuts higher by {}",
    "margin_multiple": "{} the initial margin",
    "not_rolled": "{} of its repo not rolled",
}
"""A value of each lever in a sentence."""


@dataclass(frozen=True, repr=False)
class BreakingPoint(Reported):
    """The smallest value of a lever at which a book has an outcome, or a worse one."""

    of: LeveredBook
    until: str
    low: float
    high: float
    """The range of the search."""
    step: float
    """Of the grid: the search can miss an interval narrower than this."""
    brackets: pd.DataFrame
    """A row per interval of values at which the book breaks: `first`, `last` (infinite to the end of the range), and
    at the first value `outcome`, `constraint` (what bound first) and `day` (on which the book came to the outcome)."""

    @property
    def value(self) -> float:
        """Smallest value found at which the book breaks, less than a tolerance too high; NaN if none does."""
        return float(self.brackets["first"].iloc[0]) if len(self.brackets) else float("nan")

    @property
    def constraint(self) -> str:
        """What bound first at that value; 'none' if no value breaks the book."""
        return str(self.brackets["constraint"].iloc[0]) if len(self.brackets) else "none"

    @property
    def day(self) -> pd.Timestamp | None:
        """Day on which the book breaks at that value."""
        return pd.Timestamp(self.brackets["day"].iloc[0]) if len(self.brackets) else None

    @property
    def monotone(self) -> bool:
        """Whether every value from the breaking point to the end of the range breaks the book."""
        return len(self.brackets) == 0 or bool(np.isinf(self.brackets["last"].iloc[0]))

    @cached_property
    def frontier(self) -> Frontier:
        """The frontier of leverage and lever around the breaking point."""
        last = float(np.nanmax([self.value, *self.brackets["first"]])) if len(self.brackets) else self.high
        return frontier_around(self.of, self.low, self.high, last)

    def __str__(self) -> str:
        """The breaking point in a sentence, and the safe intervals above it in another."""
        lever, scenario = self.of.lever, named(self.of.scenario)
        if not len(self.brackets):
            return (
                f"In {scenario} no value from {lever.describe(self.low)} to {lever.describe(self.high)} "
                f"({lever.title}) makes {book_name(self.of)} {condition(self.until)}."
            )
        row = self.brackets.iloc[0]
        also = "" if row["outcome"] == self.until else f" ({condition(self.until)})"
        change = _CHANGES[lever.name].format(lever.describe(self.value))
        if self.value == self.low:
            already = self.low == lever.neutral and lever.name != "scale"
            change = "without any change" if already else f"from {lever.describe(self.low)} on"
        else:
            change = f"{'at' if lever.name in ('scale', 'margin_multiple') else 'with'} {change}"
        why = f"{row['constraint']} binds first" if row["constraint"] != "none" else "no constraint binds"
        text = (
            f"In {scenario} the outcome of {book_name(self.of)} is “{label(row['outcome'])}”{also} {change}, "
            f"on {formatting.day(row['day'])}; {why}."
        )
        return text + ("" if self.monotone else " " + self.safe_intervals())

    def safe_intervals(self) -> str:
        """The intervals above the breaking point in which the book does not break, in a sentence."""
        lever, rows = self.of.lever, self.brackets
        intervals = []
        for i, last in enumerate(rows["last"]):
            if np.isinf(last):
                break
            upper = rows["first"].iloc[i + 1] if i + 1 < len(rows) else self.high
            intervals.append(f"{lever.describe(float(last))} to {lever.describe(float(upper))}")
        return f"Not monotone: safe again from {formatting.listing(intervals)}."

    def replay_command(self) -> str | None:
        """The command that shows the breaking point day by day; none for a lever that has no option."""
        terms = self.of.terms
        if self.of.lever.name != "scale" or not len(self.brackets) or terms.leverage is None:
            return None
        codes = ",".join(self.of.contracts)
        given = f"--contract {codes} --leverage {terms.leverage:g} --yield-scale {self.value:.6g} --curve par"
        scenario = self.of.scenario
        if scenario.moves_from is not None:
            name, given = scenario.name.removesuffix(f"-as-of-{scenario.start}"), f"{given} --as-of {scenario.start}"
            return f"basis-stress backtest {name} {given}"
        return f"basis-stress backtest {scenario.name} {given}"


def book_name(of: LeveredBook) -> str:
    """``the 50x TY book``."""
    codes = formatting.listing(list(of.contracts))
    if isinstance(of.terms, FundBook):
        return f"{of.terms.name} ({codes})"
    if of.terms.buffer is not None:
        return f"the {codes} book with a buffer of {formatting.percent(of.terms.buffer, 2)}"
    return f"the {formatting.times(of.terms.leverage or 20.0)} {codes} book"
