"""Published figures for the basis trade beside the same figures of a multi-year run."""

import numpy as np
import pandas as pd

from basis_data.tables.reader import read
from basis_stress.multi_year.performance import DAYS, GROSS
from basis_stress.multi_year.result import MultiYearRun

GROSS_BP = (10.0, 50.0)
"""Basis points a year of notional, before leverage: J.P. Morgan's option-adjusted net basis of 2018-20 and since
mid-2022, as reported by Glicoes, Iorio, Monin and Petrasek (FEDS Notes, 8 March 2024)."""
OBSERVED = pd.Timestamp("2018-04-02"), pd.Timestamp("2024-08-06")
"""Days of the research data on the basis."""
SQUEEZE = pd.Timestamp("2020-03-02"), pd.Timestamp("2020-03-31")


def beside_published(run: MultiYearRun) -> pd.DataFrame:
    """`figure`, `published`, `here`, `why`: a row per figure that the run's window covers.

    Empty unless the run held a basis of which most was observed.
    """
    rows = []
    daily = run.daily.loc[OBSERVED[0] : OBSERVED[1]]
    held = daily["notes_usd"].where(daily["observed_share"] >= 0.5).dropna()
    if len(held) > 250:
        lines = run.lines
        earned = lines.loc[held.index, GROSS].sum(axis=1)
        notes = daily["notes_usd"].shift().loc[held.index]
        gross = float(earned.sum() / notes.sum() * DAYS * 1e4)
        cost = float(-lines.loc[held.index, "cost"].sum() / notes.sum() * DAYS * 1e4)
        low, high = GROSS_BP
        where = "inside" if low <= gross <= high else "below" if gross < low else "above"
        rows.append(
            {
                "figure": "gross profit a year over notes held, before leverage and costs",
                "published": f"{low:.0f} to {high:.0f} bp",
                "here": f"{gross:.1f} bp",
                "why": f"It is {where} the range, which is of quotes to delivery. Here daily marks are counted; "
                f"trading, which quotes leave out, costs {cost:.1f} bp of it at the assumed half spreads.",
            }
        )
    march = run.daily.loc[SQUEEZE[0] : SQUEEZE[1]]
    if len(march) > 15 and float(march["leverage"].mean()) > 0:
        rows.append(_march(run, march))
    return pd.DataFrame(rows, columns=["figure", "published", "here", "why"])


def _march(run: MultiYearRun, march: pd.DataFrame) -> dict[str, str]:
    """Compare March 2020 with the average fund that trades Treasuries."""
    targets = read("targets").set_index("id")
    target = float(str(targets.loc["T07", "observed"]))
    before = float(run.daily["equity_usd"].shift().loc[march.index[0]])
    equity = np.concatenate([[1.0], march["equity_usd"].to_numpy() / before])
    month, trough = float(equity[-1] - 1), float((equity / np.maximum.accumulate(equity)).min() - 1)
    lines = run.lines.loc[march.index].sum() / before
    sold = "sold nothing" if (march["sold_usd"] == 0).all() else "sold some of its book"
    return {
        "figure": "return in March 2020",
        "published": f"{target:.0f}% for the average fund that trades Treasuries".replace("-", "−"),
        "here": f"{100 * month:+.1f}% over the month, {100 * trough:+.1f}% from peak to trough".replace("-", "−"),
        "why": f"At {march['leverage'].mean():.0f}x the dislocation came to {_signed(lines['dislocation'])} by month "
        f"end: the published basis returned within weeks and the fund {sold}. {_signed(lines['curve'])} is the "
        "fall of expected repo: the fund borrows overnight, futures are priced at the term rate. The average fund held "
        "other trades too (off-the-run notes, swap spreads), sold into the trough, and paid wider spreads than those "
        "assumed here.",
    }


def _signed(share: float) -> str:
    """A share of equity with its sign."""
    return f"{100 * share:+.1f}% of equity".replace("-", "−")
