"""Treasury bond and basis arithmetic over scalars or whole columns.

Arguments broadcast as NumPy arrays do (scalars, lists, arrays, Series); the result is a float when all are
scalars, else an array. Rates are decimals per year (4.25% is 0.0425), prices points per 100 face, dates ISO
text, `date`, `datetime`, `Timestamp` or `datetime64`. Every mistake in an argument raises
`basis_engine.base.errors.InputError`, a `ValueError`, which names the argument, the value and its index.
"""

from numpy.typing import ArrayLike

from basis_engine.bonds import vectors
from basis_stress.bonds.delivery import (
    cheapest_to_deliver,
    conversion_factor,
    futures_price,
    gross_basis,
    implied_repo,
    net_basis,
)
from basis_stress.reporting.inputs import DateLike, Values, over_rows, positive, rates, security

__all__ = [
    "accrued_interest",
    "cheapest_to_deliver",
    "conversion_factor",
    "futures_price",
    "gross_basis",
    "implied_repo",
    "modified_duration",
    "net_basis",
    "price",
    "yield_to_maturity",
]


def accrued_interest(coupon: ArrayLike, maturity: DateLike, settle: DateLike) -> Values:
    """Interest accrued from the last coupon date to settlement, actual/actual semi-annual, per 100 face.

    Parameters
    ----------
    coupon
        Coupon rate, decimal per year.
    maturity, settle
        Dates; settlement before maturity. Month-end maturities pay coupons at month ends.

    Raises
    ------
    InputError
        If a value is not finite, a date cannot be read, or settlement is not before maturity.

    Notes
    -----
    31 CFR 356, appendix B, section I.
    """
    return over_rows(vectors.accrued_interests, **security(coupon, maturity, settle))


def price(yield_to_maturity: ArrayLike, coupon: ArrayLike, maturity: DateLike, settle: DateLike) -> Values:
    """Clean price per 100 face: street convention, simple interest in the last coupon period.

    Parameters
    ----------
    yield_to_maturity
        Yield, decimal per year, semi-annual bond-equivalent; zero and negative yields are allowed.
    coupon, maturity, settle
        As in `accrued_interest`.

    Raises
    ------
    InputError
        As `accrued_interest`.

    Notes
    -----
    31 CFR 356, appendix B, section II; exact at zero and tiny yields (no cancellation).
    """
    yields = rates("yield_to_maturity", yield_to_maturity)
    return over_rows(vectors.clean_prices, yield_to_maturity=yields, **security(coupon, maturity, settle))


def yield_to_maturity(clean_price: ArrayLike, coupon: ArrayLike, maturity: DateLike, settle: DateLike) -> Values:
    """Yield at which `price` is the clean price given, decimal per year, semi-annual bond-equivalent.

    Parameters
    ----------
    clean_price
        Points per 100 face, above zero.
    coupon, maturity, settle
        As in `accrued_interest`.

    Raises
    ------
    InputError
        As `accrued_interest`, and if a price is not above zero.
    """
    clean = positive("clean_price", clean_price)
    return over_rows(vectors.yields_to_maturity, clean_price=clean, **security(coupon, maturity, settle))


def modified_duration(yield_to_maturity: ArrayLike, coupon: ArrayLike, maturity: DateLike, settle: DateLike) -> Values:
    """Relative loss of the price with accrued interest per unit of yield, in years.

    Parameters and errors are those of `price`.
    """
    yields = rates("yield_to_maturity", yield_to_maturity)
    return over_rows(vectors.modified_durations, yield_to_maturity=yields, **security(coupon, maturity, settle))
