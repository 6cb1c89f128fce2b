"""Quarterly delivery months of contracts over a window of years: days on which each is listed, entered and left."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from basis_data.markets.margins import MarginPath, margin_path
from basis_data.markets.market_data import FuturesContract, futures_contract
from basis_data.tables.calendars import Days, business_day_offset
from basis_data.tables.contracts import delivery_dates, month_start

NOTICE_DAYS = 2
"""Business days from notice of delivery to delivery (CBOT: position day, notice day, delivery day)."""
ROLL_DAYS = 10
"""Business days before first notice of the old month from which positions may roll to the new month."""
LISTED_MONTHS = 6
"""Months before the delivery month from which a contract is priced, as the second of the two trading."""


@dataclass(frozen=True)
class ContractMonth:
    """A contract in a delivery month, and the days between which it is the front month."""

    future: FuturesContract
    roll_in: np.datetime64
    """First day on which new positions use this month: `ROLL_DAYS` before first notice of the previous month."""
    roll_out: np.datetime64
    """First day on which new positions use the next month."""

    @property
    def name(self) -> str:
        """Name such as 'TY 2019-06'."""
        return f"{self.future.code} {self.future.delivery_month}"


def contract_months(codes: Sequence[str], days: Days) -> tuple[ContractMonth, ...]:
    """List the contract-months that trade on some of the days, by month, then in the order of the codes.

    The basket is that of the day of entry (the last day of the window if entry is after it); each note is in it from
    its issue. The margin is constant outside the days between listing and delivery. The basket of the day of listing
    would lack the 7-year notes that are cheapest to deliver into TY, because they are issued later.
    """
    margins = {code: margin_path(code, days) for code in codes}
    months = pd.period_range(str(days[0]), str(days[-1] + np.timedelta64(31 * LISTED_MONTHS, "D")), freq="M")
    quarterly = [str(month) for month in months if month.month % 3 == 0]
    chosen = []
    for month in quarterly:
        listed = days[min(int(np.searchsorted(days, _months_before(month, LISTED_MONTHS))), len(days) - 1)]
        for code in codes:
            dates = delivery_dates(code, month)
            entry = days[min(int(np.searchsorted(days, _roll_in(month))), len(days) - 1)]
            if dates.last_trading_day >= days[0] and _months_before(month, LISTED_MONTHS) <= days[-1]:
                margin = _within(margins[code], days, listed, dates.last_delivery_day)
                future = futures_contract(code, month, listed, entry, margin)
                chosen.append(ContractMonth(future, _roll_in(month), _roll_in(_next_quarter(month))))
    return tuple(chosen)


def _months_before(month: str, count: int) -> np.datetime64:
    """First day of the month `count` months earlier."""
    first: np.datetime64 = (month_start(month).astype("datetime64[M]") - count).astype("datetime64[D]")
    return first


def _roll_in(month: str) -> np.datetime64:
    """First day on which new positions use a quarterly month."""
    return business_day_offset(_months_before(month, 3), -NOTICE_DAYS - ROLL_DAYS)


def _next_quarter(month: str) -> str:
    """Return the next quarterly month."""
    return str(pd.Period(month, "M") + 3)


def _within(margin: MarginPath, days: Days, first: np.datetime64, last: np.datetime64) -> MarginPath:
    """Hold the margin constant before `first` and after `last`."""
    start, end = np.searchsorted(days, [first, last])
    held = np.clip(np.arange(len(days)), start, min(int(end), len(days) - 1))
    return replace(margin, usd=margin.usd[held], leverage=margin.leverage[held])
