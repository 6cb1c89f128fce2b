"""Sales and purchases by those outside the market of funds, USD a day, from history/flows.csv or the user's file."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basis_data.markets.moves import source_days
from basis_data.scenarios.parts import Flow
from basis_data.scenarios.scenario import Scenario, market_era
from basis_data.tables.calendars import Days
from basis_data.tables.layouts import DAY_USD_BN
from basis_data.tables.reader import read
from basis_data.tables.validation import did_you_mean
from basis_data.tables.windows import source_of
from basis_engine.base.errors import InputError

Array = NDArray[np.float64]


def outside_flows(scenario: Scenario, days: Days) -> tuple[Array, Array]:
    """Return outside sales and purchases of an episode on each day; rows dated outside the days are ignored.

    Parameters
    ----------
    scenario
        A scenario with a `[market]` table, whose `episode` (by default the scenario's name) selects the rows.
    days
        Ascending business days [m].

    Returns
    -------
    sales, purchases
        USD [m], both positive; zero on a day without a row.

    Raises
    ------
    InputError
        If the scenario has no `[market]` table, the file has no row of the episode within the days, a row is dated on
        a day that is no business day, or a day's sales or purchases exceed `DAY_USD_BN`.
    """
    episode = market_era(scenario).episode or scenario.name
    file, flows = source_of("flows", scenario.files.flows), read("flows", scenario.files.flows)
    if scenario.flows and episode not in set(flows["episode"]):
        sales, purchases = np.zeros(len(days)), np.zeros(len(days))
    else:
        past = source_days(scenario, days)
        rows = _rows(episode, past, flows, file)
        sales, purchases = _daily(rows, "sale", past, file), _daily(rows, "purchase", past, file)
    for flow in scenario.flows:
        (sales if flow.kind == "sale" else purchases)[_days_of(flow, days, scenario.name)] += flow.usd_bn * 1e9
    return sales, purchases


def _days_of(flow: Flow, days: Days, name: str) -> slice:
    """Select the days of a scenario's own flow."""
    chosen = flow.days(days)
    if chosen.start == 0 and flow.usd_bn:
        raise InputError(
            f"scenario {name}, flows: a flow on {days[0]}, the day of entry, on which nothing trades; date it later, "
            "or start the window earlier"
        )
    return chosen


def _rows(episode: str, days: Days, flows: pd.DataFrame, file: Path) -> pd.DataFrame:
    """Return the rows of an episode within the days; refuse rows on other days."""
    names = list(flows["episode"].unique())
    if episode not in names:
        raise InputError(
            f"{file}, column episode: no row of {episode!r}{did_you_mean(episode, names)}; there are "
            f"{', '.join(names)}; add rows (zero if there is no flow), or name one of them as episode in [market]"
        )
    rows = flows[flows["episode"] == episode]
    dates = rows["date"].to_numpy().astype("datetime64[D]")
    inside = (dates >= days[0]) & (dates <= days[-1])
    if not inside.any():
        raise InputError(
            f"{file}, column date: no row of {episode!r} from {days[0]} to {days[-1]}, the window; add rows "
            "(zero if there is no flow), or name another episode in [market]"
        )
    closed = inside & ~np.isin(dates, days)
    entering = inside & (dates == days[0]) & (rows["usd_bn"].to_numpy() != 0)
    if entering.any():
        raise InputError(
            f"{file}, row {rows.index[int(entering.argmax())]}, column date: a flow on {days[0]}, the day of entry, on "
            "which nothing trades; date it later, or start the window earlier"
        )
    if closed.any():
        at = int(closed.argmax())
        raise InputError(
            f"{file}, row {rows.index[at]}, column date: {dates[at]} given, which is no business day; "
            "date the flow on the business day of its trade"
        )
    chosen: pd.DataFrame = rows[inside]
    return chosen


def _daily(rows: pd.DataFrame, kind: str, days: Days, file: Path) -> Array:
    """Sum flows of a kind by day, USD [m]."""
    chosen = rows[rows["kind"] == kind]
    positions = np.searchsorted(days, chosen["date"].to_numpy().astype("datetime64[D]"))
    usd_bn: Array = np.bincount(positions, chosen["usd_bn"], len(days)).astype(np.float64)
    if usd_bn.max() > DAY_USD_BN:
        raise InputError(
            f"{file}, column usd_bn: {kind}s of {usd_bn.max():,.0f} on {days[usd_bn.argmax()]}, allowed is at most "
            f"{DAY_USD_BN:,.0f} billions of US dollars a day; no market takes more"
        )
    return usd_bn * 1e9
