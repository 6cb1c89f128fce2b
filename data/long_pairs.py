"""Pairs of a window of years: in each quarter the cheapest note of each contract, and the notes on and off the run."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.calendars import Days, business_day_offset, cash_days
from data.contract_months import ContractMonth
from data.contracts import month_start
from data.on_the_run import ON_THE_RUN, OutrightNote, on_the_run
from data.pricing import PricedMarket
from engine.rows import empty_rows
from engine.signals import VOLATILITY_MARKS, Pair
from engine.world import Records

NOTICE_DAYS = 2
"""Business days from notice of delivery to delivery (CBOT: position day, notice day, delivery day)."""
DAYS_PAST = 400
"""Calendar days past the end on which business days are still counted."""


@dataclass(frozen=True)
class LongPairs:
    """p pairs, by delivery month: those hedged by futures in the order of the contracts, then notes alone by term.

    Swap-spread trades, if any, stand behind all of them.
    """

    rows: Records
    """[p] rows of `engine.signals.Pair`."""
    names: tuple[str, ...]
    """[p]"""
    cusips: tuple[str, ...]
    """[p] blank for the par note of a swap-spread trade."""
    outrights: tuple[OutrightNote, ...]
    """Notes alone, in the order of their pairs."""


def long_pairs(market: PricedMarket, months: Sequence[ContractMonth], terms: Sequence[int]) -> LongPairs:
    """Choose each quarter's notes on the day from which new positions go to it, or on the first day of the window."""
    days = market.data.dates.astype("datetime64[D]")
    counted = np.union1d(days, cash_days(days[-1], days[-1] + np.timedelta64(DAYS_PAST, "D")))
    quarters: dict[str, list[int]] = {}
    for column, month in enumerate(months):
        if month.roll_in <= days[-1]:
            quarters.setdefault(month.future.delivery_month, []).append(column)
    rows: list[Records] = []
    names: list[str] = []
    outrights: list[OutrightNote] = []
    for quarter, columns in quarters.items():
        life = _life(months[columns[0]], days, counted)
        for column in columns:
            rows.append(_hedged(market, months[column], column, life, counted))
            names.append(months[column].name)
        for note in on_the_run(days[life["roll_in"]], terms):
            rows.append(_alone(note, len(months) + terms.index(note.term), life))
            names.append(f"{note.term}Y {quarter} {'on' if note.generation == ON_THE_RUN else 'off'}-the-run")
            outrights.append(note)
    stacked = np.concatenate(rows).view(rows[0].dtype)
    alone = iter(outrights)
    cusips = [market.cusips[row["note"]] if row["hedged"] else next(alone).cusip for row in stacked]
    return LongPairs(stacked, tuple(names), tuple(cusips), tuple(outrights))


def _life(month: ContractMonth, days: Days, counted: Days) -> dict[str, int]:
    """Marks between which a quarter's pairs live: entered, left for the next, gone by the end of the month."""
    after = (month_start(month.future.delivery_month).astype("datetime64[M]") + 1).astype("datetime64[D]")
    roll_in, roll_out, month_end = np.searchsorted(
        counted, [month.roll_in, month.roll_out, business_day_offset(after, -1)]
    )
    return {
        "first_mark": max(int(roll_in) - VOLATILITY_MARKS, 0),
        "roll_in": int(roll_in),
        "roll_out": int(roll_out),
        "last_trading": int(month_end),
        "last_mark": min(int(month_end), len(days) - 1),
    }


def _hedged(market: PricedMarket, month: ContractMonth, column: int, life: dict[str, int], counted: Days) -> Records:
    """The note that is cheapest to deliver at the mark of entry, with its futures."""
    future, baskets = month.future, market.baskets
    row = empty_rows(Pair, 1)
    note = int(market.priced.cheapest[life["roll_in"], column])
    first_delivery, last_trading = np.searchsorted(
        counted, np.array([future.first_delivery, future.last_trading], "M8[D]")
    )
    row["hedged"], row["hedge"], row["note"] = True, column, note
    row["coupon"], row["maturity"], row["factor"] = baskets.coupon[note], baskets.maturity[note], baskets.factor[note]
    row["first_mark"], row["last_mark"] = baskets.first_mark[column], baskets.last_mark[column]
    row["roll_in"], row["roll_out"] = life["roll_in"], life["roll_out"]
    row["notice"], row["last_trading"] = first_delivery - NOTICE_DAYS, last_trading
    return row


def _alone(note: OutrightNote, hedge: int, life: dict[str, int]) -> Records:
    """A note without futures; it can be sold to the end, and nobody gives notice of it."""
    row = empty_rows(Pair, 1)
    for name, mark in life.items():
        row[name] = mark
    row["hedge"], row["note"], row["notice"] = hedge, -1, life["last_trading"]
    row["coupon"], row["maturity"] = note.coupon, note.maturity
    return row
