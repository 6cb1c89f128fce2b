"""The plain-Python twin's mornings: entry, the repo roll with its lines, and calls that fall due."""

from basis_engine.simulation.names import CashLine, PnlLine
from basis_engine.simulation.run import Setup
from benchmarks.python_pair import Defaulted, Due, Outcome, Pair, cents, plain
from benchmarks.timeline import Timeline


class Book:
    """One fund on its way through the days."""

    def __init__(self, setup: Setup, path: Timeline) -> None:
        self.path, self.terms, self.out = path, plain(setup.funds[0]), Outcome()
        self.value_dates, self.notes, self.futures = (
            path.value_date.tolist(),
            path.notes.tolist(),
            path.futures[["price", "dislocation"]].tolist(),
        )
        self.margins, self.announced = path.initial_margin.tolist(), path.announced_margin.tolist()
        self.cash, self.drawn, self.elsewhere, self.cash_rate, self.not_rolled = 0.0, 0.0, 0.0, 0.0, 0.0
        self.lost, self.terms_day, self.stopped, self.to_cut = path.elsewhere.tolist(), 0, False, 0.0
        self.value_date = self.interest_from = self.value_dates[0]
        self.today, self.tomorrow, self.repo_call, self.shortfall_call = Due(), Due(), False, False
        self.pairs = [
            Pair(row, plain(path.contracts[row.contract]), row.face, row.contracts, row.term_share)
            for row in map(plain, setup.positions)
        ]
        equity = self.terms.entry_equity
        self.peak = equity
        self.pay(CashLine.CAPITAL, equity)
        self.gain(PnlLine.CAPITAL, equity)
        for pair in self.pairs:
            self.enter(pair)
        self.entry_leverage = self.book() / equity

    def enter(self, pair: Pair) -> None:
        """Buy the note, borrow against it, post margin."""
        pair.undislocated, pair.accrued, _, _ = self.notes[0][pair.row.bond]
        pair.futures, dislocation = self.futures[0][pair.row.contract]
        pair.clean = pair.undislocated * (1.0 - dislocation / 1e4)
        pair.haircut = pair.financed_haircut = pair.row.base_haircut
        pair.overnight = pair.lendable(pair.haircut, 0.0)
        pair.term = (1.0 - pair.haircut) * pair.value() * pair.term_share
        pair.margin = abs(pair.contracts) * self.margin_level(pair)
        self.pay(CashLine.HAIRCUT, pair.overnight + pair.term - pair.value())
        self.pay(CashLine.INITIAL_MARGIN, -pair.margin)

    def pay(self, line: CashLine, amount: float) -> None:
        """Move cash under a line."""
        self.cash += amount
        self.out.cash_lines[line] += amount

    def gain(self, line: PnlLine, amount: float) -> None:
        """Explain a change in equity."""
        self.out.attribution[line] += amount

    def margin_level(self, pair: Pair) -> float:
        """Initial margin in force, USD per contract."""
        level: float = self.margins[self.terms_day][pair.row.contract]
        return level

    def excess(self, pair: Pair) -> float:
        """Margin posted beyond what is asked."""
        return pair.margin - abs(pair.contracts) * self.margin_level(pair)

    def equity(self) -> float:
        """What the fund is worth."""
        return self.cash - self.drawn - self.elsewhere + sum(pair.equity() for pair in self.pairs)

    def book(self) -> float:
        """Dirty value of all notes."""
        return sum(pair.value() for pair in self.pairs)

    def open(self) -> None:
        """The night's interest, and coupons."""
        years = (self.value_date - self.interest_from) / 360.0
        self.interest_from = self.value_date
        interest = (self.cash + sum(pair.margin for pair in self.pairs)) * self.cash_rate * years
        interest -= self.drawn * (self.cash_rate + self.terms.credit_spread) * years
        self.pay(CashLine.CASH_INTEREST, interest)
        self.gain(PnlLine.CASH_INTEREST, interest)
        if self.cash < 0.0:
            self.drawn -= self.cash
            self.pay(CashLine.CREDIT_LINE, -self.cash)
        for pair in self.pairs:
            self.pay(CashLine.COUPON, pair.coupon)
            pair.coupon = 0.0

    def roll(self, day: int) -> None:
        """Repay the night's loans and borrow again; what cash cannot cover stays owed."""
        self.cash_rate = float(self.path.cash_rate[day])
        for pair in self.pairs:
            if pair.term_share > 0.0 and self.value_date >= pair.row.term_maturity:
                pair.overnight += pair.term
                pair.overnight_interest += pair.term_interest
                pair.term = pair.term_interest = pair.term_share = pair.called = 0.0
        flows = [pair.roll_flow(self.not_rolled) for pair in self.pairs]
        outflow = sum(max(-flow, 0.0) for flow in flows)
        due = max(-sum(pair.variation_due for pair in self.pairs), 0.0)
        due += max(-sum(self.excess(pair) for pair in self.pairs), 0.0)
        shortfall = cents(min(max(due - self.cash - sum(flows), 0.0), outflow))
        for pair, flow in zip(self.pairs, flows, strict=True):
            self.roll_pair(pair, shortfall * max(-flow, 0.0) / outflow if shortfall > 0.0 else 0.0, day)

    def roll_pair(self, pair: Pair, kept: float, day: int) -> None:
        """Book one pair's roll, line by line."""
        sold = pair.sold()
        same_terms = pair.lendable(pair.financed_haircut, pair.financed_roll)
        new_haircut = pair.lendable(pair.haircut, pair.financed_roll)
        target = pair.lendable(pair.haircut, self.not_rolled)
        self.pay(CashLine.SALES, pair.unsettled - sold * (pair.overnight + pair.term))
        self.pay(CashLine.REPO_INTEREST, -pair.overnight_interest - sold * pair.term_interest)
        self.pay(CashLine.HAIRCUT, new_haircut - same_terms)
        self.pay(CashLine.REPO_NOT_ROLLED, target - new_haircut)
        self.pay(CashLine.REPO_REMARGIN, same_terms - pair.overnight * (1.0 - sold) + kept)
        pair.overnight, pair.overnight_interest, pair.unmet = target + kept, 0.0, kept
        pair.overnight_rate = float(self.path.repo_rate[day]) + pair.row.repo_spread
        pair.term *= 1.0 - sold
        pair.term_interest *= 1.0 - sold
        pair.unsettled = pair.unsettled_face = 0.0
        pair.financed_haircut, pair.financed_roll = pair.haircut, self.not_rolled

    def raise_cash(self, amount: float) -> bool:
        """Bring cash up to an amount: credit, then over-collateral."""
        if self.cash < amount:
            drawn = max(min(cents(amount - self.cash), self.terms.credit_line - self.drawn), 0.0)
            self.drawn += drawn
            self.pay(CashLine.CREDIT_LINE, drawn)
        if self.cash < amount:
            for pair in self.pairs:
                back = min(cents(amount - self.cash), self.terms.call_back * max(pair.surplus(), 0.0))
                if pair.term_share > 0.0 and back > 0.0:
                    pair.term += back
                    self.pay(CashLine.REPO_REMARGIN, back)
        return self.cash >= amount

    def meet_call(self, amount: float) -> None:
        """Find the cash for a call that is due, or default."""
        self.out.calls += 1
        if not self.raise_cash(amount):
            raise Defaulted
        self.out.calls_paid += amount

    def settle_initial(self, is_release: bool) -> None:
        """Post or take back initial margin."""
        net = sum(self.excess(pair) for pair in self.pairs)
        if net < 0.0:
            if is_release:
                return
            self.meet_call(-net)
        for pair in self.pairs:
            excess = self.excess(pair)
            self.pay(CashLine.INITIAL_MARGIN, excess)
            pair.margin -= excess

    def settle_variation(self) -> None:
        """Pay or collect variation margin."""
        net = sum(pair.variation_due for pair in self.pairs)
        if net < 0.0:
            self.meet_call(-net)
        for pair in self.pairs:
            self.pay(CashLine.VARIATION_MARGIN, pair.variation_due)
            pair.variation_due = 0.0

    def pay_clearing(self, due: Due) -> None:
        """Releases, variation, calls of initial margin."""
        if due.release:
            self.settle_initial(True)
        if due.variation:
            self.settle_variation()
        if due.initial:
            self.settle_initial(False)
        due.variation = due.initial = due.release = False

    def pay_unmet(self, share: float) -> float:
        """Pay down a share of the roll's shortfall."""
        paid = 0.0
        for pair in self.pairs:
            amount = share * pair.unmet
            pair.overnight -= amount
            pair.unmet -= amount
            self.pay(CashLine.REPO_REMARGIN, -amount)
            paid += amount
        return paid

    def meet_repo_calls(self) -> None:
        """What the roll left owed, then term deficits and a shortfall of yesterday."""
        owed, overdue, raised = sum(pair.unmet for pair in self.pairs), self.shortfall_call, False
        if owed > 0.0:
            share = 1.0 if self.raise_cash(owed) else (1.0 - 1e-14) * self.cash / owed
            raised = owed - self.pay_unmet(share) > 0.0 and not overdue
        if self.repo_call or overdue:
            owed = sum(pair.called + (pair.unmet if overdue else 0.0) for pair in self.pairs)
            if owed > 0.0:
                self.meet_call(owed)
                for pair in self.pairs:
                    pair.term -= pair.called
                    self.pay(CashLine.REPO_REMARGIN, -pair.called)
                    pair.called = 0.0
                if overdue:
                    self.pay_unmet(1.0)
        self.repo_call, self.shortfall_call = False, raised

    def settle_elsewhere(self) -> None:
        """Pay for what another business lost the day before."""
        if self.elsewhere > 0.0:
            self.meet_call(self.elsewhere)
            self.pay(CashLine.OTHER_LOSS, -self.elsewhere)
            self.elsewhere = 0.0
