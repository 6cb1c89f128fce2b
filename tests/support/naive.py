"""The naive twin: the same market and the same days in plain Python, one number at a time, written to be obvious.

Dates are `datetime.date`, rates decimal, prices per 100 face, money USD. Nothing here is shared with the engine.
"""

import math
from dataclasses import dataclass, field
from datetime import date, timedelta

# The market ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Note:
    """A deliverable note."""

    cusip: str
    coupon: float
    maturity: date
    factor: float


def months_before(maturity: date, months: int) -> date:
    """The coupon date so many months before maturity; a note that matures at a month end always pays at month ends."""
    year, month = divmod(12 * maturity.year + maturity.month - 1 - months, 12)
    next_month = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    month_end = next_month - timedelta(days=1)
    matures_at_month_end = (maturity + timedelta(days=1)).month != maturity.month
    if matures_at_month_end or maturity.day > month_end.day:
        return month_end
    return date(year, month + 1, maturity.day)


def coupons_after(note: Note, day: date) -> list[date]:
    """Coupon dates after a day, the next one first."""
    dates, months = [], 0
    while months_before(note.maturity, months) > day:
        dates.append(months_before(note.maturity, months))
        months += 6
    return dates[::-1]


def period(note: Note, day: date) -> tuple[date, date]:
    """The coupon dates around a day: the last one up to and on it, and the next."""
    ahead = coupons_after(note, day)
    return months_before(note.maturity, 6 * len(ahead)), ahead[0]


def accrued(note: Note, settle: date) -> float:
    """Coupon earned since the last payment, actual/actual."""
    last, following = period(note, settle)
    return 100 * note.coupon / 2 * (settle - last).days / (following - last).days


def coupons_between(note: Note, start: date, end: date) -> list[date]:
    """Coupon dates after start, up to and on end."""
    return [day for day in coupons_after(note, start) if day <= end]


def svensson_yield(parameters: list[float], years: float) -> float:
    """Continuously compounded zero yield, decimal: Gurkaynak, Sack and Wright (2007), eq. 22."""
    beta0, beta1, beta2, beta3, tau1, tau2 = parameters
    x1, x2 = years / tau1, years / tau2
    percent = beta0
    percent += beta1 * (1 - math.exp(-x1)) / x1
    percent += beta2 * ((1 - math.exp(-x1)) / x1 - math.exp(-x1))
    percent += beta3 * ((1 - math.exp(-x2)) / x2 - math.exp(-x2))
    return percent / 100


def clean_price(note: Note, settle: date, parameters: list[float]) -> float:
    """Every payment discounted on the curve, times counted in half-years of coupon periods, less accrued interest."""
    last, following = period(note, settle)
    wait = (following - settle).days / (following - last).days
    value = 0.0
    for k, day in enumerate(coupons_after(note, settle)):
        years = (wait + k) / 2
        payment = 100 * note.coupon / 2 + (100 if day == note.maturity else 0)
        value += payment * math.exp(-years * svensson_yield(parameters, years))
    return value - accrued(note, settle)


def forward(note: Note, clean: float, settle: date, delivery: date, repo: float) -> float:
    """Clean price for delivery: finance the dirty price, reinvest coupons at the same rate."""
    owed = (clean + accrued(note, settle)) * (1 + repo * (delivery - settle).days / 360)
    for day in coupons_between(note, settle, delivery):
        owed -= 100 * note.coupon / 2 * (1 + repo * (delivery - day).days / 360)
    return owed - accrued(note, delivery)


def implied_repo(note: Note, clean: float, future: float, settle: date, delivery: date) -> float:
    """Rate at which buying the note and delivering it against the future breaks even."""
    paid = clean + accrued(note, settle)
    received = future * note.factor + accrued(note, delivery)
    money_days = paid * (delivery - settle).days
    for day in coupons_between(note, settle, delivery):
        received += 100 * note.coupon / 2
        money_days -= 100 * note.coupon / 2 * (delivery - day).days
    return (received - paid) * 360 / money_days


def delivery_day(note: Note, clean: float, settle: date, repo: float, first: date, last: date) -> date:
    """Deliver late while the note earns more than it costs to carry, early otherwise."""
    if clean >= forward(note, clean, settle, last, repo):
        return last
    return min(max(first, settle), last)


@dataclass(frozen=True)
class Fair:
    """A fair future and its cheapest-to-deliver."""

    price: float
    cheapest: Note
    delivery: date


def fair_future(
    basket: list[Note], settle: date, parameters: list[float], repo: float, first: date, last: date
) -> Fair:
    """The smallest forward over conversion factor; the cheapest has the highest implied repo at that price."""
    cleans = [clean_price(note, settle, parameters) for note in basket]
    days = [delivery_day(note, clean, settle, repo, first, last) for note, clean in zip(basket, cleans, strict=True)]
    rows = list(zip(basket, cleans, days, strict=True))
    price = min(forward(note, clean, settle, day, repo) / note.factor for note, clean, day in rows)
    note, _, day = max(rows, key=lambda row: implied_repo(row[0], row[1], price, settle, row[2]))
    return Fair(price, note, day)


# The fund --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Day:
    """What one business day brings to everybody."""

    settle: date  # of a trade done today: the next business day
    repo: float
    cash_rate: float
    not_rolled: float


@dataclass(frozen=True)
class Leg:
    """What one business day brings to one pair: prices at 15:00, terms of the day."""

    note: float  # clean, before dislocation
    accrued: float
    coupon: float  # paid since yesterday's settlement date, up to today's
    future: float
    carry_earned: float  # of the carry to delivery that stood yesterday
    dislocation_bp: float
    margin: float  # per contract
    haircut: float

    @property
    def clean(self) -> float:
        return self.note * (1 - self.dislocation_bp / 10_000)


@dataclass
class Pair:
    """A note in repo and a short future, with the loans and margins behind them."""

    legs: list[Leg]  # by day
    face: float
    contracts: float
    point_value: float
    term_share: float = 0.0
    term_rate: float = 0.0
    term_matures: date = date.max
    repo_spread: float = 0.0
    now: Leg = field(init=False)
    overnight: float = 0.0
    overnight_rate: float = 0.0
    overnight_interest: float = 0.0
    term: float = 0.0
    term_interest: float = 0.0
    haircut: float = 0.0
    haircut_financed: float = 0.0  # at which the last loan was made
    not_rolled_financed: float = 0.0
    unpaid: float = 0.0  # of this morning's repayment
    term_call: float = 0.0
    margin: float = 0.0
    variation_today: float = 0.0
    variation_struck: float = 0.0
    coupon_coming: float = 0.0
    sold_face: float = 0.0
    sold_cash: float = 0.0
    to_sell: float = 0.0
    slice_tomorrow: bool = False

    @property
    def value(self) -> float:
        return self.face * (self.now.clean + self.now.accrued) / 100

    def loan(self, haircut: float, not_rolled: float) -> float:
        """What lenders would advance overnight."""
        return (1 - haircut) * self.value * (1 - self.term_share) * (1 - not_rolled)

    @property
    def sold(self) -> float:
        """Share of the financed notes whose sale settles next morning."""
        return self.sold_face / (self.face + self.sold_face) if self.sold_face else 0.0

    @property
    def owed_at_roll(self) -> float:
        return self.overnight + self.overnight_interest + self.sold * (self.term + self.term_interest)

    @property
    def term_surplus(self) -> float:
        return (1 - self.haircut) * self.value * self.term_share - self.term - self.term_interest

    @property
    def equity(self) -> float:
        assets = self.value + self.coupon_coming + self.sold_cash
        clearing = self.margin + self.variation_today + self.variation_struck
        return assets + clearing - self.overnight - self.overnight_interest - self.term - self.term_interest


class Fund:
    """One fund that pays its calls; a default is not written out here and raises."""

    def __init__(self, equity: float, pairs: list[Pair], days: list[Day], **rules: float) -> None:
        self.pairs, self.days = pairs, days
        self.credit_line = rules.get("credit_line", 0.0)
        self.credit_spread = 0.01
        self.sells = bool(rules.get("sells", True))
        self.slice = rules.get("slice", math.inf)  # face
        self.bond_cost, self.futures_cost, self.impact = rules["bond_cost"], rules["futures_cost"], rules["impact"]
        self.cash, self.drawn, self.unpaid_since = 0.0, 0.0, None
        self.flows: dict[str, float] = {}
        self.gains: dict[str, float] = {}
        self.interest_until, self.cash_rate = days[0].settle, 0.0
        self.rows = []
        self.pay("capital", equity)
        self.gain("capital", equity)
        for pair in pairs:
            pair.now = pair.legs[0]
            pair.haircut = pair.haircut_financed = pair.now.haircut
            pair.overnight = pair.loan(pair.haircut, 0.0)
            pair.term = (1 - pair.haircut) * pair.value * pair.term_share
            pair.margin = abs(pair.contracts) * pair.now.margin
            self.pay("haircut", pair.overnight + pair.term - pair.value)
            self.pay("initial_margin", -pair.margin)
        self.write_down()

    def walk(self) -> list[dict[str, object]]:
        """Every day after the day of entry; returns a row per day."""
        for d in range(1, len(self.days)):
            self.open(d)
            self.roll(d)
            self.meet_calls(d)
            self.mark(d)
            self.settle()
            self.sell_waiting_slices()
            self.look_at_liquidity(d)
            self.write_down()
        return self.rows

    def pay(self, line: str, amount: float) -> None:
        self.cash += amount
        self.flows[line] = self.flows.get(line, 0.0) + amount

    def gain(self, line: str, amount: float) -> None:
        self.gains[line] = self.gains.get(line, 0.0) + amount

    def write_down(self) -> None:
        equity = self.cash - self.drawn + sum(pair.equity for pair in self.pairs)
        faces, contracts = [pair.face for pair in self.pairs], [pair.contracts for pair in self.pairs]
        self.rows.append(
            {
                "equity": equity,
                "cash": self.cash,
                "flows": self.flows,
                "gains": self.gains,
                "faces": faces,
                "contracts": contracts,
            }
        )
        self.flows, self.gains = {}, {}

    # 08:30

    def open(self, d: int) -> None:
        """The night's interest on cash, margin and credit, and coupons."""
        today = self.days[d - 1].settle
        years = (today - self.interest_until).days / 360
        self.interest_until = today
        interest = (self.cash + sum(pair.margin for pair in self.pairs)) * self.cash_rate * years
        interest -= self.drawn * (self.cash_rate + self.credit_spread) * years
        self.pay("cash_interest", interest)
        self.gain("cash_interest", interest)
        for pair in self.pairs:
            self.pay("coupon", pair.coupon_coming)
            pair.coupon_coming = 0.0

    def roll(self, d: int) -> None:
        """Sales settle, the night's loans are repaid, new ones are made on yesterday's prices and today's terms."""
        today = self.days[d]
        self.cash_rate = today.cash_rate
        brings = []
        for pair in self.pairs:
            pair.haircut = pair.legs[d].haircut
            if pair.term_share and self.days[d - 1].settle >= pair.term_matures:
                pair.overnight += pair.term
                pair.overnight_interest += pair.term_interest
                pair.term = pair.term_interest = pair.term_share = pair.term_call = 0.0
            brings.append(pair.sold_cash - pair.owed_at_roll + pair.loan(pair.haircut, today.not_rolled))
        # Clearing is paid first: variation margin struck yesterday, initial margin that is lacking.
        struck = max(0.0, -sum(pair.variation_struck for pair in self.pairs))
        lacking = max(0.0, sum(abs(p.contracts) * p.legs[d - 1].margin - p.margin for p in self.pairs))
        needs = sum(-flow for flow in brings if flow < 0)
        missing = min(max(0.0, struck + lacking - self.cash - sum(brings)), needs)
        missing = math.ceil(missing * 100) / 100
        for pair, flow in zip(self.pairs, brings, strict=True):
            pair.unpaid = missing * -flow / needs if missing and flow < 0 else 0.0
            self.roll_pair(pair, today)

    def roll_pair(self, pair: Pair, today: Day) -> None:
        """Say why the loan changed: its notes were sold, were worth more or less, the haircut, the lenders' will."""
        same_terms = pair.loan(pair.haircut_financed, pair.not_rolled_financed)
        new_haircut = pair.loan(pair.haircut, pair.not_rolled_financed)
        new_loan = pair.loan(pair.haircut, today.not_rolled)
        self.pay("sales", pair.sold_cash - pair.sold * (pair.overnight + pair.term))
        self.pay("repo_interest", -pair.overnight_interest - pair.sold * pair.term_interest)
        self.pay("repo_remargin", same_terms - pair.overnight * (1 - pair.sold) + pair.unpaid)
        self.pay("haircut", new_haircut - same_terms)
        self.pay("repo_not_rolled", new_loan - new_haircut)
        pair.term, pair.term_interest = pair.term * (1 - pair.sold), pair.term_interest * (1 - pair.sold)
        pair.overnight, pair.overnight_interest = new_loan + pair.unpaid, 0.0
        pair.overnight_rate = today.repo + pair.repo_spread
        pair.haircut_financed, pair.not_rolled_financed = pair.haircut, today.not_rolled
        pair.sold_cash = pair.sold_face = 0.0

    # 09:00

    def raise_cash(self, amount: float) -> bool:
        """Bring cash up to an amount: credit first, then what term lenders hold too much."""

        def missing() -> float:
            return math.ceil(max(amount - self.cash, 0.0) * 100) / 100

        if self.cash < amount:
            drawn = min(missing(), self.credit_line - self.drawn)
            self.drawn += drawn
            self.pay("credit_line", drawn)
        for pair in self.pairs:
            if self.cash < amount and pair.term_share:
                back = min(missing(), max(pair.term_surplus, 0.0))
                pair.term += back
                self.pay("repo_remargin", back)
        return self.cash >= amount

    def must_raise(self, amount: float) -> None:
        if amount > 0.0 and not self.raise_cash(amount):
            raise NotImplementedError("the fund defaults")

    def meet_calls(self, d: int) -> None:
        """Margin set free, variation margin, initial margin, then lenders."""
        self.exchange_initial_margin(d, paying=False)
        variation = sum(pair.variation_struck for pair in self.pairs)
        self.must_raise(max(-variation, 0.0))
        self.pay("variation_margin", variation)
        for pair in self.pairs:
            pair.variation_struck = 0.0
        self.exchange_initial_margin(d, paying=True)
        self.pay_lenders(d)

    def exchange_initial_margin(self, d: int, paying: bool) -> None:
        """Margin changes come into force at settlement, so this morning yesterday's still holds."""
        asked = [abs(pair.contracts) * pair.legs[d - 1].margin for pair in self.pairs]
        free = sum(pair.margin for pair in self.pairs) - sum(asked)
        if free == 0.0 or (free < 0.0) != paying:
            return
        self.must_raise(max(-free, 0.0))
        self.pay("initial_margin", free)
        for pair, amount in zip(self.pairs, asked, strict=True):
            pair.margin = amount

    def pay_lenders(self, d: int) -> None:
        """What the roll left unpaid, as far as cash goes; a second morning's shortfall and term calls in full."""
        owed = sum(pair.unpaid for pair in self.pairs)
        if owed > 0.0:
            self.raise_cash(owed)
            self.repay_unpaid(min(self.cash / owed, 1.0))
        unpaid = sum(pair.unpaid for pair in self.pairs)
        second_morning = self.unpaid_since is not None and self.unpaid_since < d
        if unpaid > 0.0 and self.unpaid_since is None:
            self.unpaid_since = d
        due = sum(pair.term_call for pair in self.pairs) + (unpaid if second_morning else 0.0)
        self.must_raise(due)
        for pair in self.pairs:
            pair.term -= pair.term_call
            self.pay("repo_remargin", -pair.term_call)
            pair.term_call = 0.0
        if second_morning:
            self.unpaid_since = None
            self.repay_unpaid(1.0)

    def repay_unpaid(self, share: float) -> None:
        for pair in self.pairs:
            amount = share * pair.unpaid
            pair.unpaid -= amount
            pair.overnight -= amount
            self.pay("repo_remargin", -amount)

    # 15:00

    def mark(self, d: int) -> None:
        """Interest to the new settlement date, coupons, prices; the change in value told apart."""
        nights = (self.days[d].settle - self.days[d - 1].settle).days
        for pair in self.pairs:
            before, now = pair.now, pair.legs[d]
            overnight = pair.overnight * pair.overnight_rate * nights / 360
            term = pair.term * pair.term_rate * nights / 360
            pair.overnight_interest += overnight
            pair.term_interest += term
            self.gain("repo_interest", -overnight - term)
            coupon = pair.face * now.coupon / 100
            pair.coupon_coming += coupon
            self.gain("coupon_accrual", pair.face * (now.accrued - before.accrued) / 100 + coupon)
            futures = pair.contracts * pair.point_value * (now.future - before.future)
            pair.variation_today += futures
            fair = pair.face * (now.note - before.note) / 100
            self.gain("dislocation", pair.face * (now.clean - before.clean) / 100 - fair)
            self.gain("basis_convergence", -pair.face * now.carry_earned / 100)
            self.gain("curve", fair + futures + pair.face * now.carry_earned / 100)
            pair.now = now

    def settle(self) -> None:
        """Strike variation margin; call term loans that are under water."""
        for pair in self.pairs:
            pair.variation_struck += pair.variation_today
            pair.variation_today = 0.0
            pair.term_call = max(-pair.term_surplus, 0.0) if pair.term_share else 0.0

    def sell_waiting_slices(self) -> None:
        for pair in self.pairs:
            if pair.slice_tomorrow:
                self.sell_slice(pair)

    # 15:30

    def look_at_liquidity(self, d: int) -> None:
        """Will tomorrow's cash meet tomorrow's calls? If not, sell gap / (haircut + margin - cost) of the book."""
        spare = self.cash + self.credit_line - self.drawn
        freed, book = 0.0, 0.0
        for pair in self.pairs:
            asked = max(leg.margin for leg in pair.legs[d : d + 2])  # a day's notice
            spare += pair.variation_struck + pair.variation_today + pair.coupon_coming
            spare += pair.margin - abs(pair.contracts) * asked
            spare += pair.sold_cash - pair.owed_at_roll + pair.loan(pair.haircut, self.days[d].not_rolled)
            if pair.term_share:
                surplus = pair.term_surplus + pair.sold * (pair.term + pair.term_interest)
                spare += -pair.term_call if pair.term_call else max(surplus, 0.0)
            cost = (self.bond_cost + self.impact * min(pair.face, self.slice) / 1e9) / 10_000
            lent = pair.loan(pair.haircut, self.days[d].not_rolled) + (1 - pair.haircut) * pair.value * pair.term_share
            freed += (1 - cost) * pair.value - lent + abs(pair.contracts) * asked
            book += pair.value
        self.repay_credit(spare)
        if spare < 0.0 and book and self.sells:
            gap = 0.01 - spare  # a cent more than is missing
            share = gap / freed if freed > gap else 1.0
            for pair in self.pairs:
                if share * pair.face > pair.to_sell:
                    pair.to_sell = share * pair.face
                    if not pair.slice_tomorrow:
                        self.sell_slice(pair)

    def repay_credit(self, spare: float) -> None:
        back = min(self.drawn, self.cash, spare - (self.credit_line - self.drawn))
        if back > 0.0:
            self.drawn -= back
            self.pay("credit_line", -back)

    def sell_slice(self, pair: Pair) -> None:
        """Sell notes and buy back the same share of the futures, at a cost that grows with the slice."""
        face = min(pair.to_sell, pair.face, self.slice)
        pair.to_sell -= face
        share = face / pair.face
        impact = self.impact * face / 1e9
        price = pair.now.clean * (1 - (self.bond_cost + impact) / 10_000)
        bought = share * abs(pair.contracts)
        slippage = bought * pair.point_value * pair.now.future * (self.futures_cost + impact) / 10_000
        self.gain("cost", -face * (pair.now.clean - price) / 100 - slippage)
        pair.variation_today -= slippage
        pair.sold_cash += face * (price + pair.now.accrued) / 100
        pair.sold_face += face
        pair.term_call *= 1 - share  # the loan on what is sold is repaid
        pair.face -= face
        pair.contracts += bought
        pair.slice_tomorrow = pair.to_sell > 0.0
