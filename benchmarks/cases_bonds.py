"""Bond arithmetic: 10,000 notes price from yield and back, beside QuantLib; a basket's implied repo and cheapest."""

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import basis_stress as bs
from basis_engine.bonds import vectors
from basis_engine.bonds.dates import coupon_date, coupons_left
from basis_engine.simulation.world import Floats, Integers
from benchmarks.harness import Contender, Fact, Timing, race

NOTES = 10_000
QUANTLIB_NOTES = 500
BASKET = 14
SETTLE = 20_180  # 2 April 2025
EQUAL = 1e-10
"""Points of price, and decimal yield, between QuantLib and us."""


@dataclass(frozen=True)
class Notes:
    """Notes and bonds of 7 months to 30 years; dates in days since 1970-01-01."""

    yields: Floats
    coupon: Floats
    maturity: Integers
    settle: Integers
    clean: Floats


def notes(count: int = NOTES, seed: int = 0) -> Notes:
    """Random notes with coupons in eighths of a percent, priced at their yields."""
    rng = np.random.default_rng(seed)
    maturity = SETTLE + rng.integers(210, 30 * 365, count)
    coupon, yields = rng.integers(1, 65, count) / 800, rng.uniform(0.005, 0.09, count)
    settle, clean = np.full(count, SETTLE), np.empty(count)
    vectors.clean_prices(yields, coupon, maturity, settle, clean)
    return Notes(yields, coupon, maturity, settle, clean)


def bond_races(rounds: int) -> tuple[list[Timing], list[Fact]]:
    """Price from yield, yield from price, a basket."""
    rows = notes()
    out, terms = np.empty(NOTES), (rows.coupon, rows.maturity, rows.settle)
    dates = {"maturity": rows.maturity.astype("datetime64[D]"), "settle": rows.settle.astype("datetime64[D]")}
    checked = "arguments checked"
    price = [
        Contender("kernel over rows", lambda: vectors.clean_prices(rows.yields, *terms, out), NOTES),
        Contender("bs.price", lambda: bs.price(rows.yields, rows.coupon, **dates), NOTES, None, checked),
    ]
    solve = bs.yield_to_maturity
    yields = [
        Contender("kernel over rows", lambda: vectors.yields_to_maturity(rows.clean, *terms, out), NOTES),
        Contender("bs.yield_to_maturity", lambda: solve(rows.clean, rows.coupon, **dates), NOTES, None, checked),
    ]
    facts = []
    if importlib.util.find_spec("QuantLib"):
        peer = QuantLibNotes(rows, QUANTLIB_NOTES)
        facts = peer.differences(rows)
        price += peer.contenders(peer.prices)
        yields += peer.contenders(peer.yields)
    timings = race("bonds, price from yield", "note", price, rounds)
    timings += race("bonds, yield from price", "note", yields, rounds)
    return timings + race("a basket of 14 notes", "basket", basket_contenders(), rounds), facts


def basket_contenders() -> list[Contender]:
    """What a desk asks of one contract each morning."""
    some = notes(BASKET, seed=1)
    maturity = (SETTLE + 365 * 7 + 30 * np.arange(BASKET)).astype("datetime64[D]")
    factor = np.asarray(bs.conversion_factor("TY", some.coupon, maturity, "2025-06"))
    clean = np.asarray(bs.price(0.042, some.coupon, maturity, "2025-04-02"))
    quotes: dict[str, Any] = {
        "clean_price": clean, "futures_price": float(np.min(clean / factor)), "conversion_factor": factor,
        "coupon": some.coupon, "maturity": maturity, "settle": "2025-04-02", "delivery": "2025-06-30",
    }  # fmt: skip
    return [
        Contender("conversion factors", lambda: bs.conversion_factor("TY", some.coupon, maturity, "2025-06")),
        Contender("implied repo", lambda: bs.implied_repo(**quotes)),
        Contender("cheapest to deliver", lambda: bs.cheapest_to_deliver(**quotes)),
    ]


class QuantLibNotes:
    """The first notes as QuantLib's objects, called from Python as its users do."""

    def __init__(self, rows: Notes, count: int) -> None:
        self.ql: Any = importlib.import_module("QuantLib")
        self.epoch = self.ql.Date(1, 1, 1970)
        self.settle = self.epoch + SETTLE
        self.ql.Settings.instance().evaluationDate = self.settle
        self.terms = list(zip(rows.coupon[:count].tolist(), rows.maturity[:count].tolist(), strict=True))
        self.yield_of, self.price_of = rows.yields[:count].tolist(), rows.clean[:count].tolist()
        self.bonds = [self.bond(*terms) for terms in self.terms]

    def contenders(self, job: Callable[[Sequence[tuple[Any, Any]]], object]) -> list[Contender]:
        """A job on objects made before, and on objects made for it."""
        count, anew = len(self.bonds), "schedule and bond of each note included"
        return [
            Contender("QuantLib, objects made before", lambda: job(self.bonds), count, None, "the call alone"),
            Contender(
                "QuantLib, objects made anew",
                lambda: job([self.bond(*terms) for terms in self.terms]),
                count,
                None,
                anew,
            ),
        ]

    def bond(self, coupon: float, maturity: int) -> tuple[Any, Any]:
        """One note, its schedule starting in the coupon period before settlement."""
        ql = self.ql
        start = self.epoch + coupon_date(maturity, coupons_left(maturity, SETTLE) + 1)
        end, half_year, none = self.epoch + maturity, ql.Period(6, ql.Months), ql.Unadjusted
        backward, month_end = ql.DateGeneration.Backward, ql.Date.isEndOfMonth(end)
        schedule = ql.Schedule(start, end, half_year, ql.NullCalendar(), none, none, backward, month_end)
        count = ql.ActualActual(ql.ActualActual.ISMA, schedule)
        return ql.FixedRateBond(0, 100.0, schedule, [coupon], count), count

    def prices(self, bonds: Sequence[tuple[Any, Any]]) -> list[float]:
        """Clean prices."""
        price, compounding = self.ql.BondFunctions.cleanPrice, (self.ql.Compounded, self.ql.Semiannual)
        quotes = zip(bonds, self.yield_of, strict=True)
        return [price(bond, rate, count, *compounding, self.settle) for (bond, count), rate in quotes]

    def yields(self, bonds: Sequence[tuple[Any, Any]]) -> list[float]:
        """Yields, to the accuracy that ours have."""
        ql, settle = self.ql, self.settle
        solve, clean = ql.BondFunctions.bondYield, ql.BondPrice.Clean
        return [
            solve(bond, ql.BondPrice(price, clean), count, ql.Compounded, ql.Semiannual, settle, 1e-12, 100, 0.05)
            for (bond, count), price in zip(bonds, self.price_of, strict=True)
        ]

    def differences(self, rows: Notes) -> list[Fact]:
        """Largest differences from ours; a race between unequal answers would mean nothing."""
        count = len(self.terms)
        found = np.max(np.abs(np.array(self.prices(self.bonds)) - rows.clean[:count]))
        yields = np.max(np.abs(np.array(self.yields(self.bonds)) - rows.yields[:count]))
        if not (found < EQUAL and yields < EQUAL):
            raise AssertionError(
                f"bonds: QuantLib is {found:.1e} away in price and {yields:.1e} in yield, {EQUAL:g} is allowed"
            )
        return [
            Fact("bonds", "QuantLib, price", float(found), "points", "largest difference from ours"),
            Fact("bonds", "QuantLib, yield", float(yields), "decimal", "largest difference from ours"),
        ]
