"""The NumPy twin: the days of twin.c for many funds at once, every event an array operation over [cells, positions].

Branches become masks, so every fund pays for every branch that any fund takes. A fund that defaults is frozen as NaN;
there is no event log.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_engine.simulation.names import CashLine, PnlLine
from basis_engine.simulation.run import Setup
from basis_engine.simulation.world import Floats
from benchmarks.timeline import Timeline, one_book

Flags = NDArray[np.bool_]


def cents(amount: Floats) -> Floats:
    """Rounded up to whole cents."""
    return np.ceil(np.maximum(amount, 0.0) * 100.0) / 100.0


class Books:
    """Funds side by side: fund arrays are [cells], position arrays [cells, positions]."""

    def __init__(self, setups: Sequence[Setup]) -> None:
        first, cells, count = setups[0], len(setups), len(setups[0].positions)
        self.path: Timeline = one_book(first)
        self.fund: Any = np.concatenate([setup.funds for setup in setups])
        self.rows: Any = np.concatenate([setup.positions for setup in setups]).reshape(cells, count)
        self.bond, self.column = first.positions["bond"], first.positions["contract"]
        self.terms: Any = self.path.contracts[self.column]
        self.clean, self.undislocated, self.accrued, self.futures = (np.zeros((cells, count)) for _ in range(4))
        self.overnight, self.overnight_interest, self.overnight_rate = (np.zeros((cells, count)) for _ in range(3))
        self.term, self.term_interest, self.unmet, self.called = (np.zeros((cells, count)) for _ in range(4))
        self.margin, self.variation_open, self.variation_due = (np.zeros((cells, count)) for _ in range(3))
        self.coupon, self.unsettled, self.unsettled_face = (np.zeros((cells, count)) for _ in range(3))
        self.order, self.financed_roll = np.zeros((cells, count)), np.zeros((cells, count))
        self.face, self.contracts = self.rows["face"].copy(), self.rows["contracts"].copy()
        self.term_share, self.waiting = self.rows["term_share"].copy(), np.zeros((cells, count), bool)
        self.cash, self.drawn, self.calls_paid, self.sold = (np.zeros(cells) for _ in range(4))
        self.elsewhere, self.to_cut, self.stopped = np.zeros(cells), np.zeros(cells), np.zeros(cells, bool)
        self.calls, self.alive = np.zeros(cells, np.int64), np.ones(cells, bool)
        self.repo_call, self.shortfall_call = np.zeros(cells, bool), np.zeros(cells, bool)
        self.today, self.tomorrow = self.nothing_due(), self.nothing_due()
        self.cash_lines, self.attribution = np.zeros((len(CashLine), cells)), np.zeros((len(PnlLine), cells))
        self.cash_rate = self.not_rolled = 0.0
        self.terms_day, self.value_date = 0, int(self.path.value_date[0])
        self.interest_from = self.value_date
        self.enter()

    def nothing_due(self) -> dict[str, Flags]:
        """What clearing will pay or collect, by cell."""
        return {name: np.zeros(len(self.alive), bool) for name in ("release", "variation", "initial")}

    def enter(self) -> None:
        """Buy, borrow, post margin."""
        note, quote = self.path.notes[0][self.bond], self.path.futures[0][self.column]
        self.undislocated[:], self.accrued[:], self.futures[:] = note["clean"], note["accrued"], quote["price"]
        self.clean[:] = note["clean"] * (1.0 - quote["dislocation"] / 1e4)
        self.haircut = self.rows["base_haircut"].copy()
        self.financed_haircut = self.haircut.copy()
        self.pay(CashLine.CAPITAL, self.fund["entry_equity"])
        self.gain(PnlLine.CAPITAL, self.fund["entry_equity"])
        self.overnight = self.lendable(self.haircut, 0.0)
        self.term = (1.0 - self.haircut) * self.value() * self.term_share
        self.margin = np.abs(self.contracts) * self.path.initial_margin[0][self.column]
        self.pay(CashLine.HAIRCUT, self.overnight + self.term - self.value())
        self.pay(CashLine.INITIAL_MARGIN, -self.margin)
        self.peak = self.fund["entry_equity"].copy()
        self.entry_leverage = self.value().sum(axis=1) / self.peak

    def pay(self, line: CashLine, amount: Any) -> None:
        """Move cash under a line, [cells] or [cells, positions]."""
        total = amount.sum(axis=1) if amount.ndim == 2 else amount
        self.cash += total
        self.cash_lines[line] += total

    def gain(self, line: PnlLine, amount: Any) -> None:
        """Explain a change in equity."""
        self.attribution[line] += amount.sum(axis=1) if amount.ndim == 2 else amount

    def value(self) -> Floats:
        """Dirty value."""
        return np.asarray(self.face * (self.clean + self.accrued) / 100.0)

    def lendable(self, haircut: Floats, not_rolled: Any) -> Floats:
        """What lenders advance overnight."""
        return np.asarray((1.0 - haircut) * self.value() * (1.0 - self.term_share) * (1.0 - not_rolled))

    def sold_share(self) -> Floats:
        """Share of the financed notes whose sale settles at the next roll."""
        financed = self.face + self.unsettled_face
        return np.divide(self.unsettled_face, financed, out=np.zeros_like(financed), where=financed > 0.0)

    def roll_flow(self) -> Floats:
        """Cash that the roll brings or needs."""
        repaid = self.overnight + self.overnight_interest + self.sold_share() * (self.term + self.term_interest)
        return self.unsettled - repaid + self.lendable(self.haircut, self.not_rolled)

    def surplus(self) -> Floats:
        """Term collateral beyond the loan."""
        held = (1.0 - self.haircut) * self.value() * self.term_share
        return np.asarray(held - (1.0 - self.sold_share()) * (self.term + self.term_interest))

    def excess(self) -> Floats:
        """Margin posted beyond what is asked."""
        asked = np.abs(self.contracts) * self.path.initial_margin[self.terms_day][self.column]
        return np.asarray(self.margin - asked)

    def equity(self) -> Floats:
        """What each fund is worth."""
        owed = self.overnight + self.overnight_interest + self.term + self.term_interest
        clearing = self.margin + self.variation_open + self.variation_due
        own = (self.value() + self.coupon + self.unsettled - owed + clearing).sum(axis=1)
        return np.asarray(self.cash - self.drawn - self.elsewhere + own)

    def open(self) -> None:
        """The night's interest, and coupons."""
        years = (self.value_date - self.interest_from) / 360.0
        self.interest_from = self.value_date
        interest = (self.cash + self.margin.sum(axis=1)) * self.cash_rate * years
        interest -= self.drawn * (self.cash_rate + self.fund["credit_spread"]) * years
        self.pay(CashLine.CASH_INTEREST, interest)
        self.gain(PnlLine.CASH_INTEREST, interest)
        overdraft = np.maximum(-self.cash, 0.0)
        self.drawn += overdraft
        self.pay(CashLine.CREDIT_LINE, overdraft)
        self.pay(CashLine.COUPON, self.coupon)
        self.coupon[:] = 0.0

    def roll(self, day: int) -> None:
        """Repay the night's loans and borrow again; what cash cannot cover stays owed."""
        self.cash_rate = float(self.path.cash_rate[day])
        matured = (self.term_share > 0.0) & (self.value_date >= self.rows["term_maturity"])
        self.overnight += np.where(matured, self.term, 0.0)
        self.overnight_interest += np.where(matured, self.term_interest, 0.0)
        for name in ("term", "term_interest", "term_share", "called"):
            getattr(self, name)[matured] = 0.0
        flow = self.roll_flow()
        need = np.maximum(-flow, 0.0)
        outflow = need.sum(axis=1)
        due = np.maximum(-self.variation_due.sum(axis=1), 0.0) + np.maximum(-self.excess().sum(axis=1), 0.0)
        shortfall = cents(np.minimum(np.maximum(due - self.cash - flow.sum(axis=1), 0.0), outflow))
        share = np.divide(shortfall, outflow, out=np.zeros_like(outflow), where=shortfall > 0.0)
        self.book_roll(share[:, None] * need, float(self.path.repo_rate[day]))

    def book_roll(self, kept: Floats, repo_rate: float) -> None:
        """Book the rolls, line by line."""
        sold = self.sold_share()
        same_terms = self.lendable(self.financed_haircut, self.financed_roll)
        new_haircut = self.lendable(self.haircut, self.financed_roll)
        target = self.lendable(self.haircut, self.not_rolled)
        self.pay(CashLine.SALES, self.unsettled - sold * (self.overnight + self.term))
        self.pay(CashLine.REPO_INTEREST, -self.overnight_interest - sold * self.term_interest)
        self.pay(CashLine.HAIRCUT, new_haircut - same_terms)
        self.pay(CashLine.REPO_NOT_ROLLED, target - new_haircut)
        self.pay(CashLine.REPO_REMARGIN, same_terms - self.overnight * (1.0 - sold) + kept)
        self.overnight, self.unmet = target + kept, kept
        self.overnight_rate = repo_rate + self.rows["repo_spread"]
        self.term *= 1.0 - sold
        self.term_interest *= 1.0 - sold
        for name in ("overnight_interest", "unsettled", "unsettled_face"):
            getattr(self, name)[:] = 0.0
        self.financed_haircut = self.haircut.copy()
        self.financed_roll[:] = self.not_rolled
