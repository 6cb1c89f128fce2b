"""Notes held without futures: on the run (the newest of each term) and first off the run, re-chosen every quarter.

The Treasury fits its par curve to the notes most recently issued, so a new note is on the curve. An older note yields
more; how much is not public by note. Assumption: each note cheapens from the curve to its premium in equal daily steps,
over the months until the next note of its term is usually issued. Long the old note, short the new note earns that
convergence; the strategy states how special the new note is in repo.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basis_data.tables.data_in_use import cached
from basis_data.tables.reader import read

PREMIUM_BP = {2: 0.5, 5: 1.0, 10: 3.0, 30: 2.0}
"""Assumption: yield over the curve of a note that is off the run, basis points, by term in years."""
CYCLE_MONTHS = {2: 1, 5: 1, 10: 3, 30: 3}
"""Months between new notes of a term."""
ON_THE_RUN, FIRST_OFF_THE_RUN = 0, 1


@dataclass(frozen=True)
class OutrightNote:
    """A note, chosen on a day."""

    term: int
    """Years at issue."""
    generation: int
    """0: the most recently issued on the day; 1: the note before it."""
    cusip: str
    coupon: float
    """Decimal per year."""
    coupon_assumed: bool
    """The coupon is not in the data; it is the par yield before issue, rounded down to an eighth of a percent."""
    issue: int
    """Days since 1970-01-01."""
    maturity: int
    premium: float
    """Yield over the curve at the end of the cycle, decimal."""
    cycle_days: float


def on_the_run(
    chosen_on: np.datetime64, terms: Sequence[int], premium_bp: Mapping[int, float] = PREMIUM_BP
) -> list[OutrightNote]:
    """Choose the newest note of each term issued by a day, and the note before it."""
    return [note for term in terms for note in _newest_two(chosen_on, term, premium_bp[term])]


@cached
def _issued(term: int) -> pd.DataFrame:
    """List the notes of a term, oldest first."""
    rows = read("securities")
    return rows[rows["original_term_years"].round() == term].sort_values(["issue_date", "maturity_date"])


def _newest_two(chosen_on: np.datetime64, term: int, premium_bp: float) -> list[OutrightNote]:
    """Choose the notes on the run and first off the run."""
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
    """Par yield of the last day before issue, rounded down to 1/8%, as the Treasury sets coupons; decimal."""
    yields = read("par_yields").set_index("date")[f"y_{term}y_pct"].loc[: issue - pd.Timedelta(days=1)].dropna()
    return float(np.floor(yields.iloc[-1] * 8) / 8 / 100)


def _day_number(when: pd.Timestamp) -> int:
    """Days since 1970-01-01."""
    return int(when.to_datetime64().astype("datetime64[D]").astype(np.int64))


def spreads(notes: Sequence[OutrightNote], settle: NDArray[np.int64]) -> NDArray[np.float64]:
    """Yield of each note over the curve on each day [m, notes], decimal: 0 at issue, the premium after a cycle."""
    aged = settle[:, None] - np.array([note.issue for note in notes])
    share = np.clip(aged / np.array([note.cycle_days for note in notes]), 0.0, 1.0)
    over: NDArray[np.float64] = share * np.array([note.premium for note in notes])
    return over
