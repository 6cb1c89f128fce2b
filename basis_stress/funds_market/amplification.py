"""How far a fire sale amplifies a shock: the closed form of a linear market, which the engine reproduces."""

import math

BP_PER_USD = 1e-9 * 1e-4
"""From basis points per $bn to a share of price per dollar."""


def amplification(slope: float, leverage: float, book_usd: float, years: float) -> float:
    """Total dislocation over the initial shock, when funds sell back to their leverage after every fall.

    A fall of price by x takes A x off the book A and off equity alike. Funds that hold l times their equity then hold
    (l - 1) A x too much, and sell it; dealers cheapen notes by lambda for each dollar. Every round is lambda (l - 1) A
    of the one before, and all of them add up to 1 / (1 - lambda L A) with L = l - 1, debt over equity.

    Parameters
    ----------
    slope
        Basis points a year per $bn that dealers hold, times the note's share of the rent; none is placed with others.
    leverage
        Book over equity, l.
    book_usd
        Market value of the book of all funds.
    years
        Years to delivery over which the rent is discounted.

    Returns
    -------
    float
        Infinite where lambda L A is 1 or more: each round is then as large as the one before, or larger.

    References
    ----------
    Greenwood, Landier and Thesmar, Vulnerable Banks, Journal of Financial Economics 115 (2015).
    """
    per_dollar = slope * years * BP_PER_USD
    ratio = per_dollar * (leverage - 1.0) * book_usd
    return 1.0 / (1.0 - ratio) if ratio < 1.0 else math.inf
