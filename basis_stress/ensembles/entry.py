"""The market that a book enters before generated paths take over."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from basis_data.markets.as_of import scenario_as_of
from basis_data.markets.market_data import MarketData, market_data
from basis_data.scenarios.scenario import Scenario, changed
from basis_data.tables.calendars import DateLike, mark_days
from basis_data.tables.contracts import delivery_dates
from basis_stress.single_book.run import chosen_contracts


def entry_market(
    scenario: str | Path | Scenario, contract: str | Sequence[str] | None, days: int, as_of: DateLike | None = None
) -> MarketData:
    """Market of so many days from the first day of a scenario, in contracts that deliver after them."""
    codes = chosen_contracts(contract)
    chosen = scenario_as_of(scenario, as_of, codes)
    if as_of is not None:  # the month that lasts through the paths, not through the episode
        chosen = changed(chosen, chosen.name, delivery_month=None)
    first = np.datetime64(chosen.start)
    window = mark_days(first, first + 2 * days + 30)[: days + 1]
    chosen = changed(chosen, f"{chosen.name} over {days} business days", end=str(window[-1]), curve="par")
    if chosen.delivery_month is None:
        chosen = changed(chosen, chosen.name, delivery_month=_month_after(codes, window[-1]))
    return market_data(chosen, codes)


def _month_after(codes: Sequence[str], last: np.datetime64) -> str:
    """First quarterly delivery month in which every contract delivers after a day."""
    month = last.astype("datetime64[M]")
    month += (2 - month.astype(int) % 12) % 3
    while any(delivery_dates(code, str(month)).first_delivery_day <= last for code in codes):
        month += 3
    return str(month)
