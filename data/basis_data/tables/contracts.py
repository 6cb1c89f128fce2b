"""Contract rules of the Treasury futures, from history/contract_specs.csv, and the dates they imply.

No effective dates of these rules were found. Only TY is known to have changed: notes of up to 10 years remaining were
deliverable in December 2017, notes below 8 years since December 2024 at the latest. Assumption: the newer rule starts
with the delivery month 2024-12. At yields below 6% the shortest notes are cheapest to deliver, so the long end of the
basket hardly matters.
"""

import datetime
from dataclasses import dataclass

import numpy as np
import pandas as pd

from basis_data.tables.calendars import DateLike, business_day_offset, day
from basis_data.tables.data_in_use import cached
from basis_data.tables.reader import read
from basis_data.tables.validation import did_you_mean
from basis_engine.base.errors import InputError

TY_BELOW_8_YEARS_FROM = np.datetime64("2024-12-01")
NOTES_ONLY = ("TU", "Z3N", "FV", "TY", "TN")
"""Contracts into which notes, but no aged bonds, are deliverable (their deliverable grade names notes only)."""

ROLL_DAYS = 7
"""Calendar days before the delivery month from which a new position uses the next quarterly contract."""


@dataclass(frozen=True)
class ContractSpec:
    """Rules of a contract: money in USD, points are price per 100 face, terms in whole months.

    Remaining terms are from the first day of the delivery month to maturity, rounded down; limits are inclusive; a
    missing upper limit is 1,000 months.
    """

    code: str
    notional_usd: float
    point_value_usd: float
    tick_points: float
    is_long_factor: bool
    """Conversion factors round the remaining term to quarters (True) or months (False)."""
    min_remaining_months: int
    max_remaining_months: int
    max_original_months: int
    notes_only: bool
    trades_to_month_end: bool
    """Last trading day is the last business day of the month (TU, Z3N, FV), or the seventh before it."""


@dataclass(frozen=True)
class DeliveryDates:
    """Dates of a delivery month, as datetime64[D]."""

    first_delivery_day: np.datetime64
    last_trading_day: np.datetime64
    last_delivery_day: np.datetime64


@cached
def _rules() -> dict[str, list[ContractSpec]]:
    """Read the rules of each contract, older first."""
    rules: dict[str, list[ContractSpec]] = {}
    for row in read("contract_specs").to_dict("records"):
        # TWE has no rule text; the range in CME's list of March 2025 is used.
        low, high = row["min_remaining_months"], row["max_remaining_months"]
        unstated = np.isnan(low) and np.isnan(high)
        contract = ContractSpec(
            code=row["contract"],
            notional_usd=row["notional_usd"],
            point_value_usd=row["point_value_usd"],
            tick_points=row["tick_points"],
            is_long_factor=row["cf_mode"] == "long",
            min_remaining_months=int(row["observed_min_remaining_months_2025"] if unstated else low),
            max_remaining_months=int(row["observed_max_remaining_months_2025"] if unstated else _or_1000(high)),
            max_original_months=int(_or_1000(row["max_original_term_months"])),
            notes_only=row["contract"] in NOTES_ONLY,
            trades_to_month_end=row["last_trading_day"].startswith("last business day"),
        )
        rules.setdefault(row["contract"], []).append(contract)
    return rules


def _or_1000(months: float) -> float:
    """Replace a missing limit by 1,000 months, which never binds."""
    return 1000.0 if np.isnan(months) else months


def codes() -> list[str]:
    """List the codes of contracts that can be traded: all but TWE, whose last trading day was not found."""
    return [code for code in _rules() if code != "TWE"]


def contract(code: str, date: DateLike = "2025-01-01") -> ContractSpec:
    """Return the rules of a contract for the delivery month of a date.

    Raises
    ------
    InputError
        If the code is not a Treasury futures contract.
    """
    rules = _rules()
    if code not in rules:
        raise InputError(f"contract {code!r}: unknown{did_you_mean(code, rules)}; allowed are {', '.join(codes())}")
    older, newer = rules[code][0], rules[code][-1]
    return newer if day(date) >= TY_BELOW_8_YEARS_FROM else older


def code_and_month(name: str) -> tuple[str, str | None]:
    """Return code and delivery month of a contract named `TY`, which leaves the month open, or `TY 2025-06`."""
    code, _, month = name.partition(" ")
    return code, month or None


def month_start(delivery_month: str) -> np.datetime64:
    """Return the first calendar day of a delivery month given as YYYY-MM."""
    try:
        return day(datetime.date.fromisoformat(f"{delivery_month}-01"))
    except ValueError:
        raise InputError(
            f"delivery month {delivery_month!r}: not a month; give it as YYYY-MM, such as 2025-06"
        ) from None


def delivery_month_for(code: str, date: DateLike) -> str:
    """Return the delivery month, YYYY-MM, of a position opened on a date.

    It is the front quarterly month, or the next from seven days before the front month begins: by then the open
    interest has rolled (first position day is two business days before the month).
    """
    contract(code, date)
    looked_ahead = pd.Timestamp(day(date)) + pd.Timedelta(days=ROLL_DAYS)
    months_on = -looked_ahead.month % 3
    front = looked_ahead.to_period("M") + (months_on or 3)
    return str(front)


@cached
def delivery_dates(code: str, delivery_month: str) -> DeliveryDates:
    """Return first delivery, last trading and last delivery day of a delivery month.

    TU, Z3N and FV trade to the last business day of the month and deliver until the third business day after it; the
    others trade to the seventh business day before the last and deliver until the last (specification pages of CME,
    history/contract_specs.csv).

    Raises
    ------
    InputError
        For TWE, whose last trading day was not found.
    """
    rule = contract(code, month_start(delivery_month))
    if code not in codes():
        raise InputError(f"contract {code!r}: its last trading day is not known; allowed are {', '.join(codes())}")
    first = business_day_offset(month_start(delivery_month), 0)
    next_month = month_start(delivery_month).astype("datetime64[M]") + 1
    last_business_day = business_day_offset(next_month.astype("datetime64[D]"), -1)
    if rule.trades_to_month_end:
        return DeliveryDates(first, last_business_day, business_day_offset(last_business_day, 3))
    return DeliveryDates(first, business_day_offset(last_business_day, -7), last_business_day)
