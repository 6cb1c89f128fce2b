"""Notes held without futures: the most recently issued of each term, and the one before it, re-chosen every quarter.

The Treasury's par curve is read off the notes most recently issued, so a new note stands on it. An older one yields
more; how much is not public by note, so it is an assumption: each note cheapens from the curve by its premium in equal
steps, over the months until the next of its term is usually issued. A holder of the old against the new earns that
convergence; what the new one's specialness in repo costs the short is for the strategy to state.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basis_data.tables.reader import read

PREMIUM_BP = {2: 0.5, 5: 1.0, 10: 3.0, 30: 2.0}
"""Assumption: yield of a note once it is off the run, over the curve, by term in years."""
CYCLE_MONTHS = {2: 1, 5: 1, 10: 3, 30: 3}
"""Months between new notes of a term."""
ON_THE_RUN, FIRST_OFF_THE_RUN = 0, 1


@dataclass(frozen=True)
class OutrightNote:
    """One note, chosen on one day."""

    term: int
    """Years at issue."""
    generation: int
    """0 the most recently issued on the day, 1 the one before."""
    cusip: str
    coupon: float
    """Decimal per year."""
    coupon_assumed: bool
    """The coupon is not in the data: the par yield before issue, rounded down to an eighth of a percent."""
    issue: int
    """Days since 1970-01-01."""
    maturity: int
    premium: float
    """Decimal, yield over the curve at the end of the cycle."""
    cycle_days: float


def on_the_run(
    chosen_on: np.datetime64, terms: Sequence[int], premium_bp: Mapping[int, float] = PREMIUM_BP
) -> list[OutrightNote]:
    """The newest note of each term that is issued by a day, and the one before it."""
    return [note for term in terms for note in _newest_two(chosen_on, term, premium_bp[term])]


@cache
def _issued(term: int) -> pd.DataFrame:
    """Notes of a term, oldest first."""
    rows = read("securities")
    return rows[rows["original_term_years"].round() == term].sort_values(["issue_date", "maturity_date"])


def _newest_two(chosen_on: np.datetime64, term: int, premium_bp: float) -> list[OutrightNote]:
    """On the run and first off the run."""
    rows = _issued(term)
    newest = rows[rows["issue_date"] <= pd.Timestamp(chosen_on)].tail(2).iloc[::-1]
    return [
        OutrightNote(
            term=term,
            generation=generation,
            cusip=row["cusip"],
            coupon=par_coupon(row["issue_date"], term) if np.isnan(row["coupon_pct"]) else row["coupon_pct"] / 100,
            coupon_assumed=bool(np.isnan(row["coupon_pct"])),
            issue=_day_number(row["issue_date"]),
            maturity=_day_number(row["maturity_date"]),
            premium=premium_bp / 1e4,
            cycle_days=CYCLE_MONTHS[term] * 365.25 / 12,
        )
        for generation, row in enumerate(newest.to_dict("records"))
    ]


def par_coupon(issue: pd.Timestamp, term: int) -> float:
    """Par yield of the last day before issue, down to an eighth of a percent, as the Treasury sets coupons."""
    yields = read("par_yields").set_index("date")[f"y_{term}y_pct"].loc[: issue - pd.Timedelta(days=1)].dropna()
    return float(np.floor(yields.iloc[-1] * 8) / 8 / 100)


def _day_number(when: pd.Timestamp) -> int:
    """Days since 1970-01-01."""
    return int(when.to_datetime64().astype("datetime64[D]").astype(np.int64))


def spreads(notes: Sequence[OutrightNote], settle: NDArray[np.int64]) -> NDArray[np.float64]:
    """Yield of each note over the curve on each day [m, notes], decimal: nil at issue, its premium after a cycle."""
    aged = settle[:, None] - np.array([note.issue for note in notes])
    share = np.clip(aged / np.array([note.cycle_days for note in notes]), 0.0, 1.0)
    over: NDArray[np.float64] = share * np.array([note.premium for note in notes])
    return over
