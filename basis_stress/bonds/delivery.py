"""From the bond to the future, over scalars or whole columns.

Conversion factors, basis, implied repo, fair futures price and cheapest to deliver. Conventions of arguments
and errors are those of `basis_stress.bonds.prices`, which offers these functions too. Money is simple, actual/360.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from basis_engine.base.errors import InputError
from basis_engine.bonds import vectors
from basis_stress.reporting.inputs import (
    DateLike,
    Values,
    days,
    first_days_of_month,
    in_order,
    over_rows,
    positive,
    rates,
    refuse,
    security,
    together,
)

MONTH_CONTRACTS = ("TU", "Z3N", "FV")
QUARTER_CONTRACTS = ("TY", "TN", "TWE", "US", "UB")


def _security_to_delivery(
    coupon: ArrayLike, maturity: DateLike, settle: DateLike, delivery: DateLike
) -> dict[str, NDArray[Any]]:
    """Checked terms of the security, bought at settlement to be delivered."""
    terms = {**security(coupon, maturity, settle), "delivery": days("delivery", delivery)}
    in_order("settle", terms["settle"], "delivery", terms["delivery"])
    in_order("delivery", terms["delivery"], "maturity", terms["maturity"])
    return terms


def _quotes(clean_price: ArrayLike, futures_price: ArrayLike, conversion_factor: ArrayLike) -> dict[str, NDArray[Any]]:
    """Checked prices of the two legs."""
    return {
        "clean_price": positive("clean_price", clean_price),
        "futures_price": positive("futures_price", futures_price),
        "conversion_factor": positive("conversion_factor", conversion_factor),
    }


def conversion_factor(contract: ArrayLike, coupon: ArrayLike, maturity: DateLike, delivery_month: DateLike) -> Values:
    """Conversion factor, to four decimals.

    Parameters
    ----------
    contract
        TU, Z3N, FV (remaining term in months), TY, TN, TWE, US or UB (in quarters).
    coupon
        Coupon rate, decimal per year; rounded to an eighth of a percent.
    maturity
        Date.
    delivery_month
        ``YYYY-MM``, or any date in the month.

    Raises
    ------
    InputError
        If the contract is unknown, or maturity is not after the first day of the delivery month.

    Notes
    -----
    CME Group, "Calculating U.S. Treasury Futures Conversion Factors".
    """
    codes = np.asarray(contract, dtype=np.str_)
    known = (*MONTH_CONTRACTS, *QUARTER_CONTRACTS)
    sentence = f"contract: '{{code}}' given; allowed are {', '.join(known)}"
    refuse(~np.isin(codes, known), sentence, code=codes)
    first_day, last_day = first_days_of_month("delivery_month", delivery_month), days("maturity", maturity)
    in_order("delivery_month", first_day, "maturity", last_day)
    return over_rows(
        vectors.conversion_factors,
        contract=np.isin(codes, QUARTER_CONTRACTS),
        coupon=rates("coupon", coupon, lowest=0.0),
        maturity=last_day,
        delivery_month=first_day,
    )


def gross_basis(clean_price: ArrayLike, futures_price: ArrayLike, conversion_factor: ArrayLike) -> Values:
    """Clean price less futures price times conversion factor, in points per 100 face.

    Raises
    ------
    InputError
        If a value is not a finite number above zero.
    """
    clean, futures, factor = together(
        ("clean_price", "futures_price", "conversion_factor"),
        *_quotes(clean_price, futures_price, conversion_factor).values(),
    )
    basis = clean - futures * factor
    return basis if clean.ndim else float(basis)


def implied_repo(
    clean_price: ArrayLike,
    futures_price: ArrayLike,
    conversion_factor: ArrayLike,
    coupon: ArrayLike,
    maturity: DateLike,
    settle: DateLike,
    delivery: DateLike,
    *,
    reinvestment_rate: ArrayLike | None = None,
) -> Values:
    """Rate earned by buying the bond, selling the future and delivering: simple, actual/360, decimal.

    Parameters
    ----------
    clean_price, futures_price
        Points per 100 face.
    conversion_factor
        As published, above zero.
    coupon, maturity, settle
        As in `basis_stress.bonds.prices.price`.
    delivery
        Delivery date, after settlement and before maturity.
    reinvestment_rate
        Rate at which coupons paid before delivery are reinvested, actual/360 (multiply an actual/365 rate by
        360/365). By default they earn the implied repo rate itself.

    Raises
    ------
    InputError
        As `basis_stress.bonds.prices.price`, and if a price is not above zero or the dates are not in order.

    Notes
    -----
    Burghardt and Belton, "The Treasury Bond Basis", chapter 2.
    """
    columns = {
        **_quotes(clean_price, futures_price, conversion_factor),
        **_security_to_delivery(coupon, maturity, settle, delivery),
    }
    if reinvestment_rate is None:
        return over_rows(vectors.implied_repos, **columns)
    reinvested = rates("reinvestment_rate", reinvestment_rate)
    return over_rows(vectors.implied_repos_reinvested, **columns, reinvestment_rate=reinvested)


def futures_price(
    clean_price: ArrayLike,
    conversion_factor: ArrayLike,
    coupon: ArrayLike,
    maturity: DateLike,
    settle: DateLike,
    delivery: DateLike,
    repo_rate: ArrayLike,
    *,
    reinvestment_rate: ArrayLike | None = None,
) -> Values:
    """Futures price at which buying the bond to deliver it earns the repo rate: forward / conversion factor.

    Parameters
    ----------
    clean_price, conversion_factor, coupon, maturity, settle, delivery
        As in `implied_repo`.
    repo_rate
        Term repo rate from settlement to delivery, simple, actual/360, decimal.
    reinvestment_rate
        As in `implied_repo`; by default the repo rate.

    Raises
    ------
    InputError
        As `implied_repo`.
    """
    repo = rates("repo_rate", repo_rate)
    reinvested = repo if reinvestment_rate is None else rates("reinvestment_rate", reinvestment_rate)
    forward = over_rows(
        vectors.forward_prices,
        clean_price=positive("clean_price", clean_price),
        **_security_to_delivery(coupon, maturity, settle, delivery),
        repo_rate=repo,
        reinvestment_rate=reinvested,
    )
    factor = positive("conversion_factor", conversion_factor)
    forwards, factor = together(("the bond", "conversion_factor"), np.asarray(forward), factor)
    return forwards / factor if factor.ndim else float(forwards / factor)


def net_basis(
    clean_price: ArrayLike,
    futures_price: ArrayLike,
    conversion_factor: ArrayLike,
    coupon: ArrayLike,
    maturity: DateLike,
    settle: DateLike,
    delivery: DateLike,
    repo_rate: ArrayLike,
) -> Values:
    """Basis net of carry (BNOC): gross basis less carry to delivery, in points per 100 face.

    Parameters and errors are those of `implied_repo` and `futures_price`.
    """
    return over_rows(
        vectors.net_bases,
        **_quotes(clean_price, futures_price, conversion_factor),
        **_security_to_delivery(coupon, maturity, settle, delivery),
        repo_rate=rates("repo_rate", repo_rate),
    )


def cheapest_to_deliver(
    clean_price: ArrayLike,
    futures_price: ArrayLike,
    conversion_factor: ArrayLike,
    coupon: ArrayLike,
    maturity: DateLike,
    settle: DateLike,
    delivery: DateLike,
) -> int | NDArray[np.int64]:
    """Position, along the last axis, of the bond with the highest implied repo rate.

    Parameters are those of `implied_repo`; at least one is an array, whose last axis is the basket. The
    answer is an integer for one basket, else an array of integers. The lowest gross basis can be another
    bond.

    Raises
    ------
    InputError
        As `implied_repo`, and if every argument is a scalar.
    """
    repo = implied_repo(clean_price, futures_price, conversion_factor, coupon, maturity, settle, delivery)
    if isinstance(repo, float):
        raise InputError("cheapest_to_deliver: one bond given; give the basket as arrays, one bond per element")
    cheapest = np.argmax(repo, axis=-1)
    return cheapest if repo.ndim > 1 else int(cheapest)
