"""The naive twin of the market: notes and futures priced in plain Python, written to be obvious.

Dates are `datetime.date`, rates decimal, prices per 100 face. Nothing here is shared with the engine.
"""

import math
from dataclasses import dataclass
from datetime import date, timedelta


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
