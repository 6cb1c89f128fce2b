"""The plain-Python twin: the days of twin.c, one float at a time, as a desk would first write them.

It stops at a default, keeps totals per line, and no event log.
"""

from basis_engine.simulation.names import CashLine, PnlLine, Unwind
from basis_engine.simulation.run import Setup
from benchmarks.python_book import Book
from benchmarks.python_pair import Defaulted, Due, Outcome, Pair
from benchmarks.timeline import Timeline, one_book


class Walk(Book):
    """The rest of the day: marks, clearing, limits, sales."""

    def mark(self, m: int) -> None:
        """Prices arrive, interest accrues."""
        days = self.value_dates[m] - self.value_date
        self.value_date = self.value_dates[m]
        for pair in self.pairs:
            note, accrued, coupon_due, converged = self.notes[m][pair.row.bond]
            price, dislocation = self.futures[m][pair.row.contract]
            overnight = pair.overnight * pair.overnight_rate * days / 360.0
            term = pair.term * pair.row.term_rate * days / 360.0
            pair.overnight_interest += overnight
            pair.term_interest += term
            self.gain(PnlLine.REPO_INTEREST, -overnight - term)
            due = pair.face * coupon_due / 100.0 if days > 0 else 0.0
            self.gain(PnlLine.COUPON_ACCRUAL, pair.face * (accrued - pair.accrued) / 100.0 + due)
            pair.coupon += due
            pair.accrued = accrued
            gain = pair.contracts * pair.contract.point_value * (price - pair.futures)
            pair.variation_open += gain
            clean, convergence = note * (1.0 - dislocation / 1e4), pair.face * converged / 100.0
            fair = pair.face * (note - pair.undislocated) / 100.0
            self.gain(PnlLine.DISLOCATION, pair.face * (clean - pair.clean) / 100.0 - fair)
            self.gain(PnlLine.BASIS_CONVERGENCE, -convergence)
            self.gain(PnlLine.CURVE, fair + gain + convergence)
            pair.clean, pair.undislocated, pair.futures = clean, note, price
        worth = self.equity()
        self.peak = max(self.peak, worth)
        if worth <= 0.0:
            raise Defaulted

    def clear(self, due: Due) -> None:
        """Strike variation margin, compare initial margin."""
        for pair in self.pairs:
            pair.variation_due += pair.variation_open
            pair.variation_open = 0.0
        excess = sum(self.excess(pair) for pair in self.pairs)
        due.variation |= sum(pair.variation_due for pair in self.pairs) != 0.0
        due.release |= excess > 0.0
        due.initial |= excess < 0.0

    def mark_term_loans(self) -> None:
        """Call the deficit of term loans."""
        for pair in self.pairs:
            deficit = -pair.surplus()
            threshold = pair.row.repo_threshold * pair.value() * pair.term_share
            pair.called = deficit if pair.term_share > 0.0 and deficit > threshold + 0.01 else 0.0
            self.repo_call |= pair.called > 0.0

    def asked(self, pair: Pair) -> float:
        """Initial margin in force or announced."""
        announced: float = self.announced[self.terms_day][pair.row.contract]
        return abs(pair.contracts) * max(self.margin_level(pair), announced)

    def slice_limit(self, pair: Pair, face: float) -> float:
        """No more than a share of the market's depth."""
        limit: float = pair.contract.depth * self.terms.depth_share
        return min(face, limit) if limit > 0.0 else face

    def sell(self, pair: Pair) -> None:
        """The next slice of an order."""
        face = self.slice_limit(pair, min(pair.order, pair.face))
        pair.waiting = False
        if face <= 0.0:
            return
        contract, share = pair.contract, face / pair.face
        impact = contract.impact * face / 1e9
        price = pair.clean * (1.0 - (contract.bond_cost + impact) / 1e4)
        closed = pair.contracts * share
        slippage = abs(closed) * contract.point_value * pair.futures * (contract.futures_cost + impact) / 1e4
        self.gain(PnlLine.COST, face * (price - pair.clean) / 100.0 - slippage)
        pair.variation_open -= slippage
        pair.contracts -= closed
        pair.called -= pair.called * share
        pair.unsettled += face * (price + pair.accrued) / 100.0
        pair.unsettled_face += face
        pair.face -= face
        self.out.sold += face
        self.tomorrow.release = True
        pair.order -= face
        pair.waiting = pair.order > 0.0 and pair.face > 0.0

    def sell_waiting(self) -> None:
        """Slices that waited for a mark."""
        for pair in self.pairs:
            if pair.waiting:
                self.sell(pair)

    def spare(self) -> float:
        """Liquidity at hand tomorrow once every call in sight is met."""
        spare: float = self.cash + self.terms.credit_line - self.drawn - self.elsewhere
        for pair in self.pairs:
            term = -pair.called
            if pair.term_share > 0.0 and pair.called == 0.0:
                term = self.terms.call_back * max(pair.surplus(), 0.0)
            clearing = pair.variation_due + pair.variation_open + pair.margin - self.asked(pair)
            spare += clearing + pair.roll_flow(self.not_rolled) + term + pair.coupon
        return spare

    def order(self, spare: float, book: float) -> float:
        """Market value that the worst breach asks to sell."""
        terms, worth, order = self.terms, self.equity(), 0.0
        if spare < 0.0:
            gap, freed = 0.01 - spare, 0.0
            for pair in self.pairs:
                impact = pair.contract.impact * self.slice_limit(pair, pair.face) / 1e9
                financed = (1.0 - pair.haircut) * (1.0 - self.not_rolled * (1.0 - pair.term_share))
                freed += (1.0 - financed - (pair.contract.bond_cost + impact) / 1e4) * pair.value() + self.asked(pair)
            order = book if freed <= gap else gap * book / freed
        if terms.unwind == Unwind.TARGET_LEVERAGE and book > terms.leverage_limit * worth:
            order = max(order, book - terms.leverage_target * worth)
        if terms.unwind == Unwind.STOP_OUT:
            order = max(order, self.stop_order(book, 1.0 - worth / self.peak))
        if terms.unwind == Unwind.VALUE_AT_RISK and terms.calm_volatility > 0.0:
            risk = book / worth / self.entry_leverage
            if risk > terms.risk_limit:
                order = max(order, terms.risk_speed * book * (1.0 - terms.risk_limit / risk))
        return order

    def stop_order(self, book: float, drawdown: float) -> float:
        """A share of what is left of the cut, from the day the drawdown limit is passed."""
        if drawdown > self.terms.drawdown_limit and not self.stopped:
            self.stopped, self.to_cut = True, self.terms.stop_cut * book
        order: float = self.terms.stop_speed * self.to_cut
        self.to_cut -= order
        return order

    def lose_elsewhere(self, amount: float) -> None:
        """Another business loses an amount, due tomorrow."""
        self.elsewhere += amount
        self.gain(PnlLine.OTHER_LOSS, -amount)

    def check_limits(self) -> None:
        """Repay credit; turn a breach into orders, whose first slice is sold."""
        spare = self.spare()
        repaid = min(self.drawn, self.cash, spare - (self.terms.credit_line - self.drawn))
        if repaid > 0.0:
            self.drawn -= repaid
            self.pay(CashLine.CREDIT_LINE, -repaid)
        if self.terms.unwind == Unwind.HOLD:
            return
        book = self.book()
        order = self.order(spare, book)
        if order <= 0.0 or book <= 0.0:
            return
        for pair in self.pairs:
            face = min(order / book, 1.0) * pair.face
            if face > pair.order:
                pair.order = face
                if not pair.waiting:
                    self.sell(pair)

    def day(self, d: int) -> None:
        """The order of a day, as in engine/basis_engine/simulation/day.py."""
        path = self.path
        self.not_rolled = float(path.not_rolled[d])
        self.open()
        for pair in self.pairs:
            pair.haircut = pair.row.base_haircut + float(path.haircut_rise[d, pair.row.contract])
        self.roll(d)
        self.pay_clearing(self.tomorrow)
        self.meet_repo_calls()
        self.settle_elsewhere()
        for m in range(path.first_mark[d], path.last_mark[d] + 1):
            if self.lost[m]:
                self.lose_elsewhere(self.lost[m])
            if m == path.cycle_mark[d]:
                self.clear(self.today)
            if m == path.pay_mark[d]:
                self.pay_clearing(self.today)
            self.mark(m)
            if m < path.last_mark[d]:
                self.sell_waiting()
        self.terms_day = d  # margins change at settlement
        self.clear(self.tomorrow)
        self.mark_term_loans()
        self.sell_waiting()
        self.check_limits()


def walk(setup: Setup, path: Timeline | None = None) -> Outcome:
    """Take one fund through every day of a setup."""
    book = Walk(setup, path or one_book(setup))
    try:
        for day in range(1, setup.days):
            book.day(day)
    except Defaulted:
        book.out.defaulted = True
    book.out.equity, book.out.cash = book.equity(), book.cash
    return book.out
