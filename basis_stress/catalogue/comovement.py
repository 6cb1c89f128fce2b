"""The days of a scenario on which yields rose while equities and the dollar fell, as a sentence."""

from collections.abc import Iterable

from basis_data.markets.comovement import moves_together
from basis_data.scenarios.scenario import Scenario
from basis_data.tables.calendars import mark_days
from basis_stress.reporting.formatting import day


def stocks_bonds_dollar(chosen: Scenario) -> str:
    """Name the days, and what is not known; of history's own days, whatever the scenario changes."""
    moves = moves_together(mark_days(chosen.start, chosen.end)).iloc[1:]
    if moves["dollar_pct"].notna().sum() == 0 and moves["equities_pct"].notna().sum() == 0:
        return "neither equities nor the dollar are at hand for these days"
    what = "yields rose while equities and the dollar fell"
    if moves["equities_pct"].isna().all():
        falls = moves.index[(moves["yield_bp"] > 0) & (moves["dollar_pct"] < 0)]
        return f"yields rose while the dollar fell on {_dates(falls)}; equities are not at hand"
    found = moves.index[moves["together"].fillna(False).astype(bool)]
    unknown = int(moves["together"].isna().sum())
    rest = f" ({unknown} days unknown)" if unknown else ""
    return f"{what} on {_dates(found)} of {len(moves)} days{rest}"


def _dates(dates: Iterable[object]) -> str:
    """``10 and 21 April``, or ``none``."""
    named = [day(one) for one in dates]
    if len(named) < 2:
        return named[0] if named else "none"
    return f"{', '.join(named[:-1])} and {named[-1]}"
