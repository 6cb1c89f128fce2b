"""Pairs of a window of years: for each quarter the cheapest note of each contract, and notes on and off the run."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from basis_data.markets.contract_months import NOTICE_DAYS, ContractMonth
from basis_data.markets.on_the_run import ON_THE_RUN, OutrightNote, on_the_run
from basis_data.markets.pricing import PricedMarket
from basis_data.tables.calendars import Days, business_day_offset, cash_days
from basis_data.tables.contracts import month_start
from basis_engine.simulation.rows import empty_rows
from basis_engine.simulation.signals import VOLATILITY_MARKS, Pair
from basis_engine.simulation.world import Records

DAYS_AHEAD = np.timedelta64(7, "D")
"""Calendar days before a quarter on which its notes without futures are chosen."""
DAYS_PAST = 400
"""Calendar days after the end of the window over which business days are counted."""


@dataclass(frozen=True)
class MultiYearPairs:
    """p pairs, by delivery month: pairs with futures in the order of the contracts, then notes without by term.

    Swap-spread trades, if any, come last.
    """

    rows: Records
    """[p] rows of `basis_engine.simulation.signals.Pair`."""
    names: tuple[str, ...]
    """[p]"""
    cusips: tuple[str, ...]
    """[p] empty for the par note of a swap-spread trade."""
    outrights: tuple[OutrightNote, ...]
    """Notes without futures, in the order of their pairs."""


def multi_year_pairs(market: PricedMarket, months: Sequence[ContractMonth], terms: Sequence[int]) -> MultiYearPairs:
    """Choose each quarter's notes on its first day of new positions, or on the first day of the window."""
    days = market.data.dates.astype("datetime64[D]")
    counted = days_and_more(days)
    quarters: dict[str, list[int]] = {}
    for column, month in enumerate(months):
        if month.roll_in <= days[-1]:
            quarters.setdefault(month.future.delivery_month, []).append(column)
    rows: list[Records] = []
    names: list[str] = []
    outrights: list[OutrightNote] = []
    for quarter, columns in quarters.items():
        for column in columns:
            rows.append(_hedged(market, months[column], column, counted))
            names.append(months[column].name)
        life = life_alone(quarter, days, counted)
        if life["roll_in"] >= len(days):
            continue
        for note in on_the_run(days[life["roll_in"]], terms):
            rows.append(_alone(note, len(months) + terms.index(note.term), life))
            names.append(f"{note.term}Y {quarter} {'on' if note.generation == ON_THE_RUN else 'off'}-the-run")
            outrights.append(note)
    stacked = np.concatenate(rows).view(rows[0].dtype)
    alone = iter(outrights)
    cusips = [market.cusips[row["note"]] if row["hedged"] else next(alone).cusip for row in stacked]
    return MultiYearPairs(stacked, tuple(names), tuple(cusips), tuple(outrights))


def days_and_more(days: Days) -> Days:
    """Business days of a window and of `DAYS_PAST` days after it, so that marks after its end can be counted."""
    return np.union1d(days, cash_days(days[-1], days[-1] + np.timedelta64(DAYS_PAST, "D")))


def life_alone(quarter: str, days: Days, counted: Days) -> dict[str, int]:
    """Marks at which a quarter's trades without futures are entered, rolled, and closed at the latest.

    They follow issues, not notices: new 10- and 30-year notes are issued in the middle of the month before.
    """
    month = month_start(quarter).astype("datetime64[M]")
    first_of = [(month + ahead).astype("datetime64[D]") for ahead in (-3, 0, 1)]
    roll_in, roll_out, month_end = np.searchsorted(
        counted, [first_of[0] - DAYS_AHEAD, first_of[1] - DAYS_AHEAD, business_day_offset(first_of[2], -1)]
    )
    return {
        "first_mark": max(int(roll_in) - VOLATILITY_MARKS, 0),
        "roll_in": int(roll_in),
        "roll_out": int(roll_out),
        "last_trading": int(month_end),
        "last_mark": min(int(month_end), len(days) - 1),
    }


def _hedged(market: PricedMarket, month: ContractMonth, column: int, counted: Days) -> Records:
    """Pair the note that is cheapest to deliver at the mark of entry with its futures."""
    future, baskets = month.future, market.baskets
    row = empty_rows(Pair, 1)
    entered = [month.roll_in, month.roll_out]
    first_delivery, last_trading, roll_in, roll_out = np.searchsorted(
        counted, np.array([future.first_delivery, future.last_trading, *entered], "M8[D]")
    )
    note = int(market.priced.cheapest[roll_in, column])
    row["hedged"], row["hedge"], row["note"] = True, column, note
    row["coupon"], row["maturity"], row["factor"] = baskets.coupon[note], baskets.maturity[note], baskets.factor[note]
    row["first_mark"], row["last_mark"] = baskets.first_mark[column], baskets.last_mark[column]
    row["roll_in"], row["roll_out"] = roll_in, roll_out
    row["notice"], row["last_trading"] = first_delivery - NOTICE_DAYS, last_trading
    return row


def _alone(note: OutrightNote, hedge: int, life: dict[str, int]) -> Records:
    """Row of a note without futures; it has no delivery notice and trades to the end."""
    row = empty_rows(Pair, 1)
    for name, mark in life.items():
        row[name] = mark
    row["hedge"], row["note"], row["notice"] = hedge, -1, life["last_trading"]
    row["coupon"], row["maturity"] = note.coupon, note.maturity
    return row
