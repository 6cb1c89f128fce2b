"""The naive twin of one fund: its days in plain Python, one number at a time, written to be obvious.

Dates are day numbers, rates decimal per year, prices per 100 face, money USD. Nothing here is shared with the engine.
The twin has no deliveries, redemptions, notes sold short, swaps or dealers, and stops at a default.
The benchmarks time it as the plain-Python way to do the engine's work.
"""

import math
from dataclasses import dataclass, field

NEVER = 2**40


@dataclass(frozen=True)
class Quote:
    """Prices of one pair at one mark."""

    note: float  # clean, before dislocation
    accrued: float
    coupon: float  # paid between the settlement dates of the mark before and of this one
    future: float
    carry_earned: float  # of the carry to delivery at the mark before
    dislocation_bp: float

    @property
    def clean(self) -> float:
        """Clean price of the note, per 100 face."""
        return self.note * (1 - self.dislocation_bp / 10_000)


@dataclass(frozen=True)
class Mark:
    """One moment of a day at which prices arrive."""

    settle: int  # day on which a trade of this moment settles
    quotes: list[Quote]  # by pair
    other_loss: float = 0.0  # USD that the fund loses in another business just before
    cycle: bool = False  # the intraday clearing cycle strikes margin just before
    cycle_due: bool = False  # the calls of that cycle fall due just before


@dataclass(frozen=True)
class Terms:
    """What lenders and the clearing house ask of one pair on one day."""

    haircut: float  # from the morning
    margin: float  # USD per contract, from settlement
    announced: float  # USD per contract, announced by 15:30


@dataclass(frozen=True)
class Day:
    """One business day."""

    marks: list[Mark]  # the last is at 15:00
    repo: float
    cash_rate: float
    not_rolled: float  # share of overnight repo that lenders do not roll
    terms: list[Terms]  # by pair


@dataclass(frozen=True)
class Rules:
    """What a fund starts with and when it sells; a limit of None does not exist."""

    equity: float
    credit_line: float = 0.0
    credit_spread: float = 0.01
    recall_share: float = 1.0  # of excess collateral that term lenders give back
    sells: bool = True
    leverage_limit: float | None = None
    leverage_target: float = 0.0
    drawdown_limit: float | None = None
    stop_cut: float = 1.0  # share of the book to sell
    stop_speed: float = 1.0  # share of what is left of the cut, each day
    risk_limit: float | None = None  # multiple of the value at risk at entry
    risk_speed: float = 0.0


@dataclass
class Pair:
    """A note in repo and a short future, with the loans and margins behind them."""

    face: float
    contracts: float
    point_value: float
    bond_cost: float  # bp of price
    futures_cost: float
    impact: float  # bp of price per $bn
    slice: float = math.inf  # most face in one sale
    term_share: float = 0.0
    term_rate: float = 0.0
    term_matures: int = NEVER
    threshold: float = 0.0  # share of term value up to which a deficit is not called
    repo_spread: float = 0.0
    now: Quote = field(init=False)
    terms: Terms = field(init=False)  # haircut of today, margin in force since the last settlement
    haircut: float = 0.0
    haircut_financed: float = 0.0  # at which the last loan was made
    not_rolled_financed: float = 0.0
    overnight: float = 0.0
    overnight_rate: float = 0.0
    overnight_interest: float = 0.0
    term: float = 0.0
    term_interest: float = 0.0
    unpaid: float = 0.0  # of this morning's repayment
    term_call: float = 0.0
    margin: float = 0.0
    variation_today: float = 0.0
    variation_struck: float = 0.0
    coupon_coming: float = 0.0
    sold_face: float = 0.0
    sold_cash: float = 0.0
    to_sell: float = 0.0
    slice_waiting: bool = False

    @property
    def value(self) -> float:
        """Dirty value of the note."""
        return self.face * (self.now.clean + self.now.accrued) / 100

    def loan(self, haircut: float, not_rolled: float) -> float:
        """What lenders would advance overnight."""
        return (1 - haircut) * self.value * (1 - self.term_share) * (1 - not_rolled)

    @property
    def sold(self) -> float:
        """Share of the financed notes whose sale settles next morning."""
        return self.sold_face / (self.face + self.sold_face) if self.sold_face else 0.0

    def roll_brings(self, not_rolled: float) -> float:
        """Cash that the roll brings; negative where it needs cash."""
        owed = self.overnight + self.overnight_interest + self.sold * (self.term + self.term_interest)
        return self.sold_cash - owed + self.loan(self.haircut, not_rolled)

    @property
    def term_surplus(self) -> float:
        """Collateral of the term loan beyond the loan, after what is sold has repaid its share."""
        owed = (1 - self.sold) * (self.term + self.term_interest)
        return (1 - self.haircut) * self.value * self.term_share - owed

    @property
    def margin_excess(self) -> float:
        """Initial margin posted beyond what is asked."""
        return self.margin - abs(self.contracts) * self.terms.margin

    @property
    def margin_in_sight(self) -> float:
        """Initial margin that is asked now or is announced, whichever is larger."""
        return abs(self.contracts) * max(self.terms.margin, self.terms.announced)

    @property
    def equity(self) -> float:
        """What the pair is worth."""
        assets = self.value + self.coupon_coming + self.sold_cash
        clearing = self.margin + self.variation_today + self.variation_struck
        return assets + clearing - self.overnight - self.overnight_interest - self.term - self.term_interest


@dataclass(frozen=True)
class Row:
    """The end of one day."""

    equity: float
    cash: float
    flows: dict[str, float]
    gains: dict[str, float]
    faces: list[float]
    contracts: list[float]


class Defaulted(Exception):  # noqa: N818 (an outcome, not an error)
    """A call that the fund cannot meet, or equity that is gone."""


def whole_cents(amount: float) -> float:
    """An amount rounded up to whole cents; nothing where it is negative."""
    return math.ceil(max(amount, 0.0) * 100) / 100


class Fund:
    """One fund on its way through the days."""

    def __init__(self, rules: Rules, pairs: list[Pair], days: list[Day]) -> None:
        self.rules, self.pairs, self.days = rules, pairs, days
        self.cash = self.drawn = self.other_loss_owed = self.calls_paid = self.sold = 0.0
        self.cash_rate = self.not_rolled = self.to_cut = 0.0
        self.stopped = self.defaulted = False
        self.due_tomorrow: set[str] = set()  # calls and releases of clearing
        self.due_today: set[str] = set()  # those of the intraday cycle
        self.term_called = self.unpaid_overdue = False
        self.flows: dict[str, float] = {}
        self.gains: dict[str, float] = {}
        self.rows: list[Row] = []
        self.settle = self.interest_until = days[0].marks[-1].settle
        self.peak = rules.equity
        self.pay("capital", rules.equity)
        self.gain("capital", rules.equity)
        for pair, quote, terms in zip(pairs, days[0].marks[-1].quotes, days[0].terms, strict=True):
            self.enter(pair, quote, terms)
        self.entry_leverage = self.book / rules.equity
        self.write_down()

    def enter(self, pair: Pair, quote: Quote, terms: Terms) -> None:
        """Buy the note, borrow against it, post margin."""
        pair.now, pair.terms = quote, terms
        pair.haircut = pair.haircut_financed = terms.haircut
        pair.overnight = pair.loan(pair.haircut, 0.0)
        pair.term = (1 - pair.haircut) * pair.value * pair.term_share
        pair.margin = abs(pair.contracts) * terms.margin
        self.pay("haircut", pair.overnight + pair.term - pair.value)
        self.pay("initial_margin", -pair.margin)

    def walk(self) -> list[Row]:
        """Every day to the end or to a default; returns a row per finished day."""
        try:
            for d in range(1, len(self.days)):
                self.walk_day(self.days[d])
        except Defaulted:
            self.defaulted = True
        return self.rows

    def walk_day(self, day: Day) -> None:
        """The order of a day."""
        self.not_rolled = day.not_rolled
        self.open(day)  # 08:30
        self.roll(day)
        self.pay_clearing(self.due_tomorrow)  # 09:00
        self.pay_lenders()
        self.pay_other_losses()
        for mark in day.marks:
            self.lose_elsewhere(mark.other_loss)
            if mark.cycle:
                self.strike_margin(self.due_today)
            if mark.cycle_due:
                self.pay_clearing(self.due_today)
            self.mark(mark)
            if mark is not day.marks[-1]:
                self.sell_waiting_slices()
        for pair, terms in zip(self.pairs, day.terms, strict=True):  # 15:00
            pair.terms = terms
        self.strike_margin(self.due_tomorrow)
        self.mark_term_loans()
        self.sell_waiting_slices()
        self.check_limits()  # 15:30
        self.write_down()

    def pay(self, line: str, amount: float) -> None:
        """Move cash under a line."""
        self.cash += amount
        self.flows[line] = self.flows.get(line, 0.0) + amount

    def gain(self, line: str, amount: float) -> None:
        """Explain a change in equity."""
        self.gains[line] = self.gains.get(line, 0.0) + amount

    @property
    def equity(self) -> float:
        """What the fund is worth."""
        return self.cash - self.drawn - self.other_loss_owed + sum(pair.equity for pair in self.pairs)

    @property
    def book(self) -> float:
        """Dirty value of all notes."""
        return sum(pair.value for pair in self.pairs)

    def write_down(self) -> None:
        """Record the day, and begin new sums."""
        faces, contracts = [pair.face for pair in self.pairs], [pair.contracts for pair in self.pairs]
        self.rows.append(Row(self.equity, self.cash, self.flows, self.gains, faces, contracts))
        self.flows, self.gains = {}, {}

    # 08:30

    def open(self, day: Day) -> None:
        """The night's interest on cash, margin and credit, coupons, and today's haircuts."""
        years = (self.settle - self.interest_until) / 360
        self.interest_until = self.settle
        interest = (self.cash + sum(pair.margin for pair in self.pairs)) * self.cash_rate * years
        interest -= self.drawn * (self.cash_rate + self.rules.credit_spread) * years
        self.pay("cash_interest", interest)
        self.gain("cash_interest", interest)
        if self.cash < 0.0:  # the bank lends interest that cash cannot cover
            self.drawn -= self.cash
            self.pay("credit_line", -self.cash)
        for pair, terms in zip(self.pairs, day.terms, strict=True):
            self.pay("coupon", pair.coupon_coming)
            pair.coupon_coming = 0.0
            pair.haircut = terms.haircut

    def roll(self, day: Day) -> None:
        """Sales settle, the night's loans are repaid, new loans are made on yesterday's prices and today's terms."""
        self.cash_rate = day.cash_rate
        for pair in self.pairs:
            if pair.term_share and self.settle >= pair.term_matures:
                pair.overnight += pair.term
                pair.overnight_interest += pair.term_interest
                pair.term = pair.term_interest = pair.term_share = pair.term_call = 0.0
        brings = [pair.roll_brings(day.not_rolled) for pair in self.pairs]
        # Clearing is paid first: variation margin struck yesterday, initial margin that is lacking.
        struck = max(0.0, -sum(pair.variation_struck for pair in self.pairs))
        lacking = max(0.0, -sum(pair.margin_excess for pair in self.pairs))
        needs = sum(max(-flow, 0.0) for flow in brings)
        missing = whole_cents(min(struck + lacking - self.cash - sum(brings), needs))
        for pair, flow in zip(self.pairs, brings, strict=True):
            pair.unpaid = missing * max(-flow, 0.0) / needs if missing else 0.0
            self.roll_pair(pair, day)

    def roll_pair(self, pair: Pair, day: Day) -> None:
        """Say why the loan changed: notes were sold, were worth more or less, the haircut, the lenders' will."""
        same_terms = pair.loan(pair.haircut_financed, pair.not_rolled_financed)
        new_haircut = pair.loan(pair.haircut, pair.not_rolled_financed)
        new_loan = pair.loan(pair.haircut, day.not_rolled)
        sold = pair.sold
        self.pay("sales", pair.sold_cash - sold * (pair.overnight + pair.term))
        self.pay("repo_interest", -pair.overnight_interest - sold * pair.term_interest)
        self.pay("repo_remargin", same_terms - pair.overnight * (1 - sold) + pair.unpaid)
        self.pay("haircut", new_haircut - same_terms)
        self.pay("repo_not_rolled", new_loan - new_haircut)
        pair.term, pair.term_interest = pair.term * (1 - sold), pair.term_interest * (1 - sold)
        pair.overnight, pair.overnight_interest = new_loan + pair.unpaid, 0.0
        pair.overnight_rate = day.repo + pair.repo_spread
        pair.haircut_financed, pair.not_rolled_financed = pair.haircut, day.not_rolled
        pair.sold_cash = pair.sold_face = 0.0

    # 09:00

    def raise_cash(self, amount: float) -> bool:
        """Bring cash up to an amount: credit first, then excess collateral of term loans."""
        if self.cash < amount:
            drawn = max(min(whole_cents(amount - self.cash), self.rules.credit_line - self.drawn), 0.0)
            self.drawn += drawn
            self.pay("credit_line", drawn)
        for pair in self.pairs:
            if self.cash < amount and pair.term_share:
                excess = self.rules.recall_share * max(pair.term_surplus, 0.0)
                back = min(whole_cents(amount - self.cash), excess)
                pair.term += back
                self.pay("repo_remargin", back)
        return self.cash >= amount

    def meet_call(self, amount: float) -> None:
        """Find the cash for a call that is due, or default."""
        if not self.raise_cash(amount):
            raise Defaulted
        self.calls_paid += amount

    def pay_clearing(self, due: set[str]) -> None:
        """Margin set free, variation margin, initial margin, as far as each is due."""
        if "release" in due:
            self.exchange_initial_margin(paying=False)
        if "variation" in due:
            net = sum(pair.variation_struck for pair in self.pairs)
            if net < 0.0:
                self.meet_call(-net)
            for pair in self.pairs:
                self.pay("variation_margin", pair.variation_struck)
                pair.variation_struck = 0.0
        if "initial" in due:
            self.exchange_initial_margin(paying=True)
        due.clear()

    def exchange_initial_margin(self, paying: bool) -> None:
        """Bring margin posted to what is asked; with calls that are not yet due, only where it sets cash free."""
        net = sum(pair.margin_excess for pair in self.pairs)
        if net < 0.0:
            if not paying:
                return
            self.meet_call(-net)
        for pair in self.pairs:
            excess = pair.margin_excess
            self.pay("initial_margin", excess)
            pair.margin -= excess

    def pay_lenders(self) -> None:
        """What the roll left unpaid, as far as cash goes; term calls and a second morning's shortfall in full."""
        owed, overdue, unpaid = sum(pair.unpaid for pair in self.pairs), self.unpaid_overdue, False
        if owed > 0.0:
            share = 1.0 if self.raise_cash(owed) else (1 - 1e-14) * self.cash / owed
            self.repay_unpaid(share)
            unpaid = share < 1.0 and not overdue
        if self.term_called or overdue:
            due = sum(pair.term_call + (pair.unpaid if overdue else 0.0) for pair in self.pairs)
            if due > 0.0:
                self.meet_call(due)
                for pair in self.pairs:
                    pair.term -= pair.term_call
                    self.pay("repo_remargin", -pair.term_call)
                    pair.term_call = 0.0
                if overdue:
                    self.repay_unpaid(1.0)
        self.term_called, self.unpaid_overdue = False, unpaid

    def repay_unpaid(self, share: float) -> None:
        """Repay a share of what the morning's roll left unpaid."""
        for pair in self.pairs:
            amount = share * pair.unpaid
            pair.unpaid -= amount
            pair.overnight -= amount
            self.pay("repo_remargin", -amount)

    def pay_other_losses(self) -> None:
        """Pay what the fund lost in another business the day before."""
        if self.other_loss_owed > 0.0:
            self.meet_call(self.other_loss_owed)
            self.pay("other_loss", -self.other_loss_owed)
            self.other_loss_owed = 0.0

    # Marks, and 15:00

    def lose_elsewhere(self, amount: float) -> None:
        """Book a loss in another business, due tomorrow morning."""
        if amount:
            self.other_loss_owed += amount
            self.gain("other_loss", -amount)

    def mark(self, mark: Mark) -> None:
        """Interest to the new settlement date, coupons, prices; the change in value line by line."""
        nights = mark.settle - self.settle
        self.settle = mark.settle
        for pair, now in zip(self.pairs, mark.quotes, strict=True):
            before = pair.now
            overnight = pair.overnight * pair.overnight_rate * nights / 360
            term = pair.term * pair.term_rate * nights / 360
            pair.overnight_interest += overnight
            pair.term_interest += term
            self.gain("repo_interest", -overnight - term)
            coupon = pair.face * now.coupon / 100 if nights else 0.0
            pair.coupon_coming += coupon
            self.gain("coupon_accrual", pair.face * (now.accrued - before.accrued) / 100 + coupon)
            futures = pair.contracts * pair.point_value * (now.future - before.future)
            pair.variation_today += futures
            fair = pair.face * (now.note - before.note) / 100
            self.gain("dislocation", pair.face * (now.clean - before.clean) / 100 - fair)
            self.gain("basis_convergence", -pair.face * now.carry_earned / 100)
            self.gain("curve", fair + futures + pair.face * now.carry_earned / 100)
            pair.now = now
        self.peak = max(self.peak, self.equity)
        if self.equity <= 0.0:
            raise Defaulted

    def strike_margin(self, due: set[str]) -> None:
        """Strike variation margin, and compare initial margin with what is asked."""
        for pair in self.pairs:
            pair.variation_struck += pair.variation_today
            pair.variation_today = 0.0
        if sum(pair.variation_struck for pair in self.pairs) != 0.0:
            due.add("variation")
        excess = sum(pair.margin_excess for pair in self.pairs)
        if excess:
            due.add("release" if excess > 0.0 else "initial")

    def mark_term_loans(self) -> None:
        """Call term loans whose deficit is beyond the threshold."""
        for pair in self.pairs:
            deficit, threshold = -pair.term_surplus, pair.threshold * pair.value * pair.term_share
            pair.term_call = deficit if pair.term_share and deficit > threshold + 0.01 else 0.0
            self.term_called |= pair.term_call > 0.0

    def sell_waiting_slices(self) -> None:
        """Sell the next slice of every order that waits."""
        for pair in self.pairs:
            if pair.slice_waiting:
                self.sell_slice(pair)

    # 15:30

    def check_limits(self) -> None:
        """Repay credit; turn the largest breach into orders, and sell their first slices."""
        spare = self.spare_cash()
        back = min(self.drawn, self.cash, spare - (self.rules.credit_line - self.drawn))
        if back > 0.0:
            self.drawn -= back
            self.pay("credit_line", -back)
        book = self.book
        if not self.rules.sells or book <= 0.0:
            return
        order = max(self.order_for_cash(spare), self.order_for_limits(book))
        for pair in self.pairs:
            face = min(order / book, 1.0) * pair.face
            if face > pair.to_sell:
                pair.to_sell = face
                if not pair.slice_waiting:
                    self.sell_slice(pair)

    def spare_cash(self) -> float:
        """Cash that would be left tomorrow morning once every call in sight is met; negative where it is short."""
        spare = self.cash + self.rules.credit_line - self.drawn - self.other_loss_owed
        for pair in self.pairs:
            spare += pair.variation_struck + pair.variation_today + pair.coupon_coming
            spare += pair.margin - pair.margin_in_sight + pair.roll_brings(self.not_rolled) - pair.term_call
            if pair.term_share and not pair.term_call:
                spare += self.rules.recall_share * max(pair.term_surplus, 0.0)
        return spare

    def order_for_cash(self, spare: float) -> float:
        """Market value to sell for the calls in sight: gap / (haircut + margin - cost of a slice)."""
        if spare >= 0.0:
            return 0.0
        gap = 0.01 - spare  # a cent more than is missing
        freed = 0.0
        for pair in self.pairs:
            cost = (pair.bond_cost + pair.impact * min(pair.face, pair.slice) / 1e9) / 10_000
            lent = (1 - pair.haircut) * (1 - self.not_rolled * (1 - pair.term_share))
            freed += (1 - lent - cost) * pair.value + pair.margin_in_sight
        return gap * self.book / freed if freed > gap else self.book

    def order_for_limits(self, book: float) -> float:
        """Market value to sell for the limits on leverage, drawdown and value at risk."""
        rules, worth, order = self.rules, self.equity, 0.0
        if rules.leverage_limit is not None and book > rules.leverage_limit * worth:
            order = book - rules.leverage_target * worth
        if rules.drawdown_limit is not None:
            if 1 - worth / self.peak > rules.drawdown_limit and not self.stopped:
                self.stopped, self.to_cut = True, rules.stop_cut * book
            order = max(order, rules.stop_speed * self.to_cut)
            self.to_cut -= rules.stop_speed * self.to_cut
        if rules.risk_limit is not None:
            risk = book / worth / self.entry_leverage
            if risk > rules.risk_limit:
                order = max(order, rules.risk_speed * book * (1 - rules.risk_limit / risk))
        return order

    def sell_slice(self, pair: Pair) -> None:
        """Sell notes and buy back the same share of the futures, at a cost that grows with the slice."""
        face = min(pair.to_sell, pair.face, pair.slice)
        pair.slice_waiting = False
        if face <= 0.0:
            return
        share = face / pair.face
        impact = pair.impact * face / 1e9
        price = pair.now.clean * (1 - (pair.bond_cost + impact) / 10_000)
        bought = share * pair.contracts
        slippage = abs(bought) * pair.point_value * pair.now.future * (pair.futures_cost + impact) / 10_000
        self.gain("cost", -face * (pair.now.clean - price) / 100 - slippage)
        pair.variation_today -= slippage
        pair.contracts -= bought
        pair.term_call *= 1 - share  # the loan on what is sold is repaid
        pair.sold_cash += face * (price + pair.now.accrued) / 100
        pair.sold_face += face
        pair.face -= face
        pair.to_sell -= face
        pair.slice_waiting = pair.to_sell > 0.0 and pair.face > 0.0
        self.sold += face
        self.due_tomorrow.add("release")
