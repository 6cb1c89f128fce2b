"""The NumPy twin's calls, marks, clearing, limits and sales, and its walk through the days."""

from collections.abc import Sequence

import numpy as np

from basis_engine.simulation.names import CashLine, PnlLine, Unwind
from basis_engine.simulation.run import Setup
from basis_engine.simulation.world import Floats
from benchmarks.numpy_twin import Books, Flags, cents


class Walk(Books):
    """The rest of the day."""

    def raise_cash(self, amount: Floats, asked: Flags) -> Flags:
        """Bring cash up to an amount where asked: credit, then over-collateral; says where it is enough."""
        short = asked & (self.cash < amount)
        if short.any():
            drawn = np.minimum(cents(amount - self.cash), self.fund["credit_line"] - self.drawn)
            drawn = np.where(short, np.maximum(drawn, 0.0), 0.0)
            self.drawn += drawn
            self.pay(CashLine.CREDIT_LINE, drawn)
            short = asked & (self.cash < amount)
            for p in range(self.face.shape[1]):
                back = np.minimum(
                    cents(amount - self.cash), self.fund["call_back"] * np.maximum(self.surplus()[:, p], 0.0)
                )
                back = np.where(short & (self.term_share[:, p] > 0.0), back, 0.0)
                self.term[:, p] += back
                self.pay(CashLine.REPO_REMARGIN, back)
        return asked & (self.cash >= amount)

    def meet_call(self, amount: Floats, asked: Flags) -> None:
        """Find the cash for calls that are due; a fund that cannot is out."""
        asked = asked & self.alive
        self.calls += asked
        paid = self.raise_cash(amount, asked)
        self.calls_paid += np.where(paid, amount, 0.0)
        self.alive &= paid | ~asked

    def settle_initial(self, due: Flags, is_release: bool) -> None:
        """Post or take back initial margin where due."""
        net = self.excess().sum(axis=1)
        if is_release:
            due = due & (net >= 0.0)
        else:
            self.meet_call(-net, due & (net < 0.0))
        excess = np.where(due[:, None], self.excess(), 0.0)
        self.pay(CashLine.INITIAL_MARGIN, excess)
        self.margin -= excess

    def settle_variation(self, due: Flags) -> None:
        """Pay or collect variation margin where due."""
        net = self.variation_due.sum(axis=1)
        self.meet_call(-net, due & (net < 0.0))
        paid = np.where(due[:, None], self.variation_due, 0.0)
        self.pay(CashLine.VARIATION_MARGIN, paid)
        self.variation_due -= paid

    def pay_clearing(self, due: dict[str, Flags]) -> None:
        """Releases, variation, calls of initial margin."""
        if due["release"].any():
            self.settle_initial(due["release"], True)
        if due["variation"].any():
            self.settle_variation(due["variation"])
        if due["initial"].any():
            self.settle_initial(due["initial"], False)
        for flags in due.values():
            flags[:] = False

    def pay_unmet(self, share: Floats) -> Floats:
        """Pay down a share of the roll's shortfall; returns what was paid."""
        amount = share[:, None] * self.unmet
        self.overnight -= amount
        self.unmet -= amount
        self.pay(CashLine.REPO_REMARGIN, -amount)
        return np.asarray(amount.sum(axis=1))

    def meet_repo_calls(self) -> None:
        """What the roll left owed, then term deficits and a shortfall of yesterday."""
        owed, overdue = self.unmet.sum(axis=1), self.shortfall_call
        raised = np.zeros_like(overdue)
        if (owed > 0.0).any():
            enough = self.raise_cash(owed, owed > 0.0)
            part = np.divide((1.0 - 1e-14) * self.cash, owed, out=np.zeros_like(owed), where=owed > 0.0)
            left = owed - self.pay_unmet(np.where(owed > 0.0, np.where(enough, 1.0, part), 0.0))
            raised = (owed > 0.0) & (left > 0.0) & ~overdue
        asked = self.repo_call | overdue
        if asked.any():
            owed = self.called.sum(axis=1) + np.where(overdue, self.unmet.sum(axis=1), 0.0)
            asked = asked & (owed > 0.0)
            self.meet_call(owed, asked)
            called = np.where(asked[:, None], self.called, 0.0)
            self.term -= called
            self.called -= called
            self.pay(CashLine.REPO_REMARGIN, -called)
            self.pay_unmet((asked & overdue).astype(float))
        self.repo_call, self.shortfall_call = np.zeros_like(overdue), raised

    def settle_elsewhere(self) -> None:
        """Pay for what another business lost the day before."""
        if (self.elsewhere > 0.0).any():
            self.meet_call(self.elsewhere, self.elsewhere > 0.0)
            self.pay(CashLine.OTHER_LOSS, -self.elsewhere)
            self.elsewhere = np.zeros_like(self.elsewhere)

    def mark(self, m: int) -> None:
        """Prices arrive, interest accrues."""
        note, quote = self.path.notes[m][self.bond], self.path.futures[m][self.column]
        days = int(self.path.value_date[m]) - self.value_date
        self.value_date += days
        overnight = self.overnight * self.overnight_rate * days / 360.0
        term = self.term * self.rows["term_rate"] * days / 360.0
        self.overnight_interest += overnight
        self.term_interest += term
        self.gain(PnlLine.REPO_INTEREST, -overnight - term)
        due = self.face * note["coupon_due"] / 100.0 if days > 0 else np.zeros_like(self.face)
        self.gain(PnlLine.COUPON_ACCRUAL, self.face * (note["accrued"] - self.accrued) / 100.0 + due)
        self.coupon += due
        self.accrued[:] = note["accrued"]
        gain = self.contracts * self.terms["point_value"] * (quote["price"] - self.futures)
        self.variation_open += gain
        clean = note["clean"] * (1.0 - quote["dislocation"] / 1e4)
        fair = self.face * (note["clean"] - self.undislocated) / 100.0
        convergence = self.face * note["convergence"] / 100.0
        self.gain(PnlLine.DISLOCATION, self.face * (clean - self.clean) / 100.0 - fair)
        self.gain(PnlLine.BASIS_CONVERGENCE, -convergence)
        self.gain(PnlLine.CURVE, fair + gain + convergence)
        self.clean[:], self.undislocated[:], self.futures[:] = clean, note["clean"], quote["price"]
        worth = self.equity()
        self.peak = np.maximum(self.peak, worth)
        self.alive &= worth > 0.0

    def clear(self, due: dict[str, Flags]) -> None:
        """Strike variation margin, compare initial margin."""
        self.variation_due += self.variation_open
        self.variation_open[:] = 0.0
        excess = self.excess().sum(axis=1)
        due["variation"] |= self.variation_due.sum(axis=1) != 0.0
        due["release"] |= excess > 0.0
        due["initial"] |= excess < 0.0

    def mark_term_loans(self) -> None:
        """Call the deficit of term loans."""
        deficit = -self.surplus()
        threshold = self.rows["repo_threshold"] * self.value() * self.term_share
        self.called = np.where((self.term_share > 0.0) & (deficit > threshold + 0.01), deficit, 0.0)
        self.repo_call |= (self.called > 0.0).any(axis=1)

    def asked(self) -> Floats:
        """Initial margin in force or announced."""
        level = np.maximum(self.path.initial_margin[self.terms_day], self.path.announced_margin[self.terms_day])
        return np.asarray(np.abs(self.contracts) * level[self.column])

    def slice_limit(self, face: Floats) -> Floats:
        """No more than a share of the market's depth."""
        limit = self.terms["depth"] * self.fund["depth_share"][:, None]
        return np.asarray(np.where(self.terms["depth"] > 0.0, np.minimum(face, limit), face))

    def sell(self, selling: Flags) -> None:
        """The next slice of orders, where selling."""
        if not selling.any():
            return
        face = np.where(selling, self.slice_limit(np.minimum(self.order, self.face)), 0.0)
        share = np.divide(face, self.face, out=np.zeros_like(face), where=face > 0.0)
        impact = self.terms["impact"] * face / 1e9
        price = self.clean * (1.0 - (self.terms["bond_cost"] + impact) / 1e4)
        closed = self.contracts * share
        slippage = np.abs(closed) * self.terms["point_value"] * self.futures
        slippage *= (self.terms["futures_cost"] + impact) / 1e4
        self.gain(PnlLine.COST, face * (price - self.clean) / 100.0 - slippage)
        self.variation_open -= slippage
        self.contracts -= closed
        self.called -= self.called * share
        self.unsettled += face * (price + self.accrued) / 100.0
        self.unsettled_face += face
        self.face -= face
        self.sold += face.sum(axis=1)
        self.tomorrow["release"] |= (face > 0.0).any(axis=1)
        self.order -= face
        self.waiting = np.where(selling, (face > 0.0) & (self.order > 0.0) & (self.face > 0.0), self.waiting)

    def spare(self) -> Floats:
        """Liquidity at hand tomorrow once every call in sight is met."""
        call_back = self.fund["call_back"][:, None] * np.maximum(self.surplus(), 0.0)
        term = np.where((self.term_share > 0.0) & (self.called == 0.0), call_back, -self.called)
        clearing = self.variation_due + self.variation_open + self.margin - self.asked()
        own = (clearing + self.roll_flow() + term + self.coupon).sum(axis=1)
        return np.asarray(self.cash + self.fund["credit_line"] - self.drawn - self.elsewhere + own)

    def order_for(self, spare: Floats, book: Floats) -> Floats:
        """Market value that the worst breach of each fund asks to sell."""
        fund, worth = self.fund, self.equity()
        impact = self.terms["impact"] * self.slice_limit(self.face) / 1e9
        financed = (1.0 - self.haircut) * (1.0 - self.not_rolled * (1.0 - self.term_share))
        freed = (1.0 - financed - (self.terms["bond_cost"] + impact) / 1e4) * self.value() + self.asked()
        gap, total = 0.01 - spare, freed.sum(axis=1)
        order = np.where(spare < 0.0, np.where(total <= gap, book, gap * book / total), 0.0)
        excess = book - fund["leverage_target"] * worth
        breach = (fund["unwind"] == Unwind.TARGET_LEVERAGE) & (book > fund["leverage_limit"] * worth)
        order = np.where(breach, np.maximum(order, excess), order)
        stop = self.stop_order(book, 1.0 - worth / self.peak)
        order = np.where(fund["unwind"] == Unwind.STOP_OUT, np.maximum(order, stop), order)
        risk = book / worth / self.entry_leverage
        excess = fund["risk_speed"] * book * (1.0 - fund["risk_limit"] / risk)
        breach = (
            (fund["unwind"] == Unwind.VALUE_AT_RISK) & (fund["calm_volatility"] > 0.0) & (risk > fund["risk_limit"])
        )
        order = np.where(breach, np.maximum(order, excess), order)
        return np.where(fund["unwind"] == Unwind.HOLD, 0.0, order)

    def stop_order(self, book: Floats, drawdown: Floats) -> Floats:
        """A share of what is left of the cut, from the day the drawdown limit is passed."""
        passed = (drawdown > self.fund["drawdown_limit"]) & ~self.stopped
        self.to_cut = np.where(passed, self.fund["stop_cut"] * book, self.to_cut)
        self.stopped |= passed
        order = self.fund["stop_speed"] * self.to_cut
        self.to_cut = self.to_cut - order
        return np.asarray(order)

    def lose_elsewhere(self, amount: float) -> None:
        """Another business of every fund loses an amount, due tomorrow."""
        lost = np.full(len(self.cash), amount)
        self.elsewhere += lost
        self.gain(PnlLine.OTHER_LOSS, -lost)

    def check_limits(self) -> None:
        """Repay credit; turn breaches into orders, whose first slices are sold."""
        spare = self.spare()
        free = spare - (self.fund["credit_line"] - self.drawn)
        repaid = np.maximum(np.minimum(np.minimum(self.drawn, self.cash), free), 0.0)
        self.drawn -= repaid
        self.pay(CashLine.CREDIT_LINE, -repaid)
        book = self.value().sum(axis=1)
        order = self.order_for(spare, book)
        share = np.divide(order, book, out=np.zeros_like(book), where=(order > 0.0) & (book > 0.0))
        face = np.minimum(share, 1.0)[:, None] * self.face
        placed = face > self.order
        self.order = np.where(placed, face, self.order)
        self.sell(placed & ~self.waiting)

    def day(self, d: int) -> None:
        """The order of a day, as in engine/basis_engine/simulation/day.py."""
        path = self.path
        self.not_rolled = float(path.not_rolled[d])
        self.open()
        self.haircut = self.rows["base_haircut"] + path.haircut_rise[d][self.column]
        self.roll(d)
        self.pay_clearing(self.tomorrow)
        self.meet_repo_calls()
        self.settle_elsewhere()
        for m in range(path.first_mark[d], path.last_mark[d] + 1):
            if path.elsewhere[m]:
                self.lose_elsewhere(float(path.elsewhere[m]))
            if m == path.cycle_mark[d]:
                self.clear(self.today)
            if m == path.pay_mark[d]:
                self.pay_clearing(self.today)
            self.mark(m)
            if m < path.last_mark[d]:
                self.sell(self.waiting)
        self.terms_day = d  # margins change at settlement
        self.clear(self.tomorrow)
        self.mark_term_loans()
        self.sell(self.waiting)
        self.check_limits()


def walk(setups: Sequence[Setup]) -> Walk:
    """Take every fund through every day; what a defaulted fund holds afterwards means nothing (see ``alive``)."""
    books = Walk(setups)
    with np.errstate(all="ignore"):
        for day in range(1, setups[0].days):
            books.day(day)
    return books
