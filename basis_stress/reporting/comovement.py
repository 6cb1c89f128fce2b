"""The days of a scenario on which yields rose while equities and the dollar fell, as a sentence."""

import pandas as pd

from basis_data.markets.comovement import moves_together
from basis_data.scenarios.scenario import Scenario
from basis_data.tables.calendars import mark_days
from basis_stress.reporting.formatting import day, listing


def stocks_bonds_dollar(chosen: Scenario) -> str:
    """Name the days of history, whatever the scenario changes; of an episode on another day, its own."""
    taken = chosen.moves_from or chosen
    moves = moves_together(mark_days(taken.start, taken.end)).iloc[1:]
    if moves["dollar_pct"].notna().sum() == 0 and moves["equities_pct"].notna().sum() == 0:
        return "neither equities nor the dollar are at hand for these days"
    what = "yields rose while equities and the dollar fell"
    if moves["equities_pct"].isna().all():
        falls = moves.index[(moves["yield_bp"] > 0) & (moves["dollar_pct"] < 0)]
        return f"yields rose while the dollar fell on {_days(falls, len(moves))}; equities are not at hand"
    found = moves.index[moves["together"].fillna(False).astype(bool)]
    unknown = int(moves["together"].isna().sum())
    rest = f" ({unknown} days unknown)" if unknown else ""
    return f"{what} on {_days(found, len(moves))}{rest}"


def _days(dates: pd.Index, number: int) -> str:
    """``2 of 20 days: 10 April and 21 April``, or ``none of 20 days``."""
    named = [day(each) for each in dates]
    return f"{len(named)} of {number} days: {listing(named)}" if named else f"none of {number} days"
