"""Deliverable securities of a contract, by its rule, with conversion factors.

The rule agrees with the baskets that CME listed on 2025-03-13 for every contract and delivery month to 2026-12. A
re-opened security has its shorter term from the re-opening; history/listings.csv holds only the re-openings in CME's
list, so 7-year notes re-opened as 5-year notes in other years are missing from TU and FV.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basis_data.tables.calendars import DateLike, day
from basis_data.tables.contracts import contract, month_start
from basis_data.tables.data_in_use import cached
from basis_data.tables.reader import read
from basis_engine.base.errors import InputError
from basis_engine.bonds.factors import conversion_factor


@dataclass(frozen=True)
class Basket:
    """Deliverable securities of a contract, n rows by maturity; days since 1970-01-01."""

    cusip: tuple[str, ...]
    coupon: NDArray[np.float64]
    """[n] decimal per year."""
    maturity: NDArray[np.int64]
    """[n] days."""
    factor: NDArray[np.float64]
    """[n] conversion factors."""
    known: NDArray[np.int64]
    """[n] day from which the security is in the basket: its issue, or a later listing."""
    unpriced: int
    """Number of deliverable securities left out because their coupon is unknown."""


@cached
def _listed() -> pd.DataFrame:
    """Securities with each day from which they are listed and the term (months) then: first issue, later listings."""
    securities = read("securities").rename(columns={"issue_date": "listed_from"})
    securities["issue_date"] = securities["listed_from"]
    securities["term_months"] = 12 * securities["original_term_years"]
    matures = securities["maturity_date"].dt
    securities["maturity_month"] = 12 * matures.year + matures.month
    listings = read("listings").assign(term_months=lambda rows: 12 * rows["term_years"])
    later = securities.drop(columns=["listed_from", "term_months"]).merge(
        listings[["cusip", "listed_from", "term_months"]], on="cusip"
    )
    stacked = pd.concat([securities, later], ignore_index=True)
    return stacked.sort_values(["maturity_date", "cusip"], ignore_index=True)


@dataclass(frozen=True)
class _Columns:
    """Columns of `_listed` as arrays: thousands of baskets are chosen from them."""

    cusip: NDArray[np.object_]
    coupon: NDArray[np.float64]
    maturity: NDArray[np.int64]
    listed_from: NDArray[np.int64]
    term_months: NDArray[np.float64]
    maturity_month: NDArray[np.int64]
    is_note: NDArray[np.bool_]


@cached
def _columns() -> _Columns:
    """Columns of `_listed`; coupons are decimal, days since 1970-01-01."""
    listed = _listed()
    return _Columns(
        listed["cusip"].to_numpy(object),
        (listed["coupon_pct"] / 100).to_numpy(np.float64),
        _day_numbers(listed["maturity_date"]),
        _day_numbers(listed["listed_from"]),
        listed["term_months"].to_numpy(np.float64),
        listed["maturity_month"].to_numpy(np.int64),
        (listed["type"] == "note").to_numpy(),
    )


def deliverable(code: str, delivery_month: str, issued_by: DateLike) -> pd.DataFrame:
    """Return the securities that the contract's rule admits, including those of unknown coupon.

    Parameters
    ----------
    code
        Contract code.
    delivery_month
        YYYY-MM.
    issued_by
        Securities issued (or listed by CME) after this date are not yet known.

    Returns
    -------
    DataFrame
        `cusip`, `coupon` (decimal, NaN if unknown), `maturity`, `issue_date`, `listed_from` (its issue or a later
        listing); by maturity, then CUSIP.
    """
    ever = _ever_deliverable(code, delivery_month)
    known = ever[ever["listed_from"] <= pd.Timestamp(day(issued_by))]
    return known.drop_duplicates("cusip").reset_index(drop=True)


@cached
def _ever_deliverable(code: str, delivery_month: str) -> pd.DataFrame:
    """Securities that the contract's rule admits at any day, as `deliverable` has them; a listing is a row."""
    chosen = _listed()[_admitted(code, delivery_month)]
    return pd.DataFrame(
        {
            "cusip": chosen["cusip"],
            "coupon": chosen["coupon_pct"] / 100,
            "maturity": chosen["maturity_date"],
            "issue_date": chosen["issue_date"],
            "listed_from": chosen["listed_from"],
        }
    )


@cached
def _admitted(code: str, delivery_month: str) -> NDArray[np.bool_]:
    """Apply a contract's limits on remaining term, original term and kind of security to the rows of `_listed`."""
    first_day, listed = month_start(delivery_month), _columns()
    rule, first = contract(code, first_day), pd.Timestamp(first_day)
    remaining = listed.maturity_month - (12 * first.year + first.month)
    admitted: NDArray[np.bool_] = (remaining >= rule.min_remaining_months) & (remaining <= rule.max_remaining_months)
    admitted &= listed.term_months <= rule.max_original_months
    if rule.notes_only:
        admitted &= listed.is_note
    return admitted


def basket(code: str, delivery_month: str, issued_by: DateLike) -> pd.DataFrame:
    """Return the deliverable basket with conversion factors.

    A security of unknown coupon cannot be priced and is left out; `deliverable` lists it.

    Returns
    -------
    DataFrame
        `cusip`, `coupon` (decimal), `maturity`, `issue_date`, `listed_from`, `conversion_factor`; by maturity, then
        CUSIP.
    """
    return with_factors(deliverable(code, delivery_month, issued_by), code, delivery_month)


def with_factors(securities: pd.DataFrame, code: str, delivery_month: str) -> pd.DataFrame:
    """Drop securities of unknown coupon from `deliverable`'s table and add conversion factors."""
    securities = securities.dropna(subset="coupon").reset_index(drop=True)
    coupon, maturity = securities["coupon"].to_numpy(np.float64), _day_numbers(securities["maturity"])
    securities["conversion_factor"] = _factors(code, delivery_month, coupon, maturity)
    return securities


def _factors(
    code: str, delivery_month: str, coupon: NDArray[np.float64], maturity: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Conversion factors of securities."""
    first_day = month_start(delivery_month)
    is_long, month = contract(code, first_day).is_long_factor, int(first_day.astype(np.int64))
    pairs = zip(coupon.tolist(), maturity.tolist(), strict=True)
    return np.array([conversion_factor(is_long, rate, matures, month) for rate, matures in pairs])


@cached
def known_basket(code: str, month: str, known_on: np.datetime64) -> Basket:
    """Collect the deliverable securities known on a day; kept, because long commands price thousands of markets."""
    listed = _columns()
    admitted = np.flatnonzero(_admitted(code, month) & (listed.listed_from <= day(known_on).astype(np.int64)))
    repeated = listed.cusip[admitted[1:]] == listed.cusip[admitted[:-1]]  # later listings follow the first
    admitted = np.delete(admitted, np.flatnonzero(repeated) + 1)
    rows = admitted[~np.isnan(listed.coupon[admitted])]
    if not len(rows):
        what = f"contract {code}: no note that may be delivered in {month} had been issued by {known_on}"
        raise InputError(f"{what}; leave {code} out, or choose a shorter window or an earlier delivery month")
    coupon, maturity = listed.coupon[rows], listed.maturity[rows]
    return Basket(
        cusip=tuple(listed.cusip[rows]),
        coupon=coupon,
        maturity=maturity,
        factor=_factors(code, month, coupon, maturity),
        known=listed.listed_from[rows],
        unpriced=len(admitted) - len(rows),
    )


def stacked(baskets: Sequence[Basket]) -> pd.DataFrame:
    """Stack baskets: `cusip`, `coupon` and `maturity` of their notes, in order."""
    return pd.DataFrame(
        {
            "cusip": [cusip for each in baskets for cusip in each.cusip],
            "coupon": np.concatenate([each.coupon for each in baskets]),
            "maturity": np.concatenate([each.maturity for each in baskets]),
        }
    )


def _day_numbers(dates: "pd.Series[Any]") -> NDArray[np.int64]:
    """Days since 1970-01-01."""
    return dates.to_numpy().astype("datetime64[D]").astype(np.int64)
