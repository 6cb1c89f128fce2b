"""The parts of the plain-Python twin: a pair of note and future, what clearing will pay, what a run hands back."""

import math
from collections import defaultdict
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any


@dataclass(slots=True)
class Pair:
    """A note in repo and a short future; fields as in basis_engine.simulation.rows.Position."""

    row: SimpleNamespace
    contract: SimpleNamespace
    face: float
    contracts: float
    term_share: float
    haircut: float = 0.0
    clean: float = 0.0
    undislocated: float = 0.0
    accrued: float = 0.0
    futures: float = 0.0
    overnight: float = 0.0
    overnight_interest: float = 0.0
    overnight_rate: float = 0.0
    term: float = 0.0
    term_interest: float = 0.0
    financed_haircut: float = 0.0
    financed_roll: float = 0.0
    unmet: float = 0.0
    called: float = 0.0
    coupon: float = 0.0
    unsettled: float = 0.0
    unsettled_face: float = 0.0
    margin: float = 0.0
    variation_open: float = 0.0
    variation_due: float = 0.0
    order: float = 0.0
    waiting: bool = False

    def value(self) -> float:
        """Dirty value."""
        return self.face * (self.clean + self.accrued) / 100.0

    def owed(self) -> float:
        """All repo."""
        return self.overnight + self.overnight_interest + self.term + self.term_interest

    def sold(self) -> float:
        """Share of the financed notes whose sale settles at the next roll."""
        financed = self.face + self.unsettled_face
        return self.unsettled_face / financed if financed > 0.0 else 0.0

    def lendable(self, haircut: float, not_rolled: float) -> float:
        """What lenders advance overnight."""
        return (1.0 - haircut) * self.value() * (1.0 - self.term_share) * (1.0 - not_rolled)

    def roll_flow(self, not_rolled: float) -> float:
        """Cash that the roll brings or needs."""
        repaid = self.overnight + self.overnight_interest + self.sold() * (self.term + self.term_interest)
        return self.unsettled - repaid + self.lendable(self.haircut, not_rolled)

    def surplus(self) -> float:
        """Term collateral beyond the loan."""
        held = (1.0 - self.haircut) * self.value() * self.term_share
        return held - (1.0 - self.sold()) * (self.term + self.term_interest)

    def equity(self) -> float:
        """What the pair is worth."""
        clearing = self.margin + self.variation_open + self.variation_due
        return self.value() + self.coupon + self.unsettled - self.owed() + clearing


class Defaulted(Exception):  # noqa: N818 (an outcome, not an error)
    """A call that the fund could not meet, or equity that is gone."""


def cents(amount: float) -> float:
    """Rounded up to whole cents."""
    return math.ceil(max(amount, 0.0) * 100.0) / 100.0


@dataclass
class Due:
    """What clearing will pay or collect."""

    variation: bool = False
    initial: bool = False
    release: bool = False


@dataclass
class Outcome:
    """One fund after its run: totals per line, USD."""

    equity: float = 0.0
    cash: float = 0.0
    calls: int = 0
    calls_paid: float = 0.0
    sold: float = 0.0
    defaulted: bool = False
    cash_lines: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    attribution: dict[int, float] = field(default_factory=lambda: defaultdict(float))


def plain(row: Any) -> SimpleNamespace:
    """A record as Python numbers."""
    return SimpleNamespace(**dict(zip(row.dtype.names, row.item(), strict=True)))
