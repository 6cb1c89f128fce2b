"""Sales and purchases by those outside the market of funds, USD a day: rows of a table, or the weekly rule."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basis_data.markets.moves import source_days
from basis_data.markets.weekly_flows import NAMES, covered, weekly_flows
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
    """Return outside sales and purchases of an episode on each day, with the scenario's own; others' rows are ignored.

    Parameters
    ----------
    scenario
        A scenario with a `[market]` table, whose `outside_flows` chooses between the weekly rule and rows of the flows
        table, and whose `episode` (by default the scenario's name) selects the rows.
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
    sales, purchases = _by_week(scenario, days) if by_week(scenario) else _by_row(scenario, days)
    for flow in scenario.flows:
        (sales if flow.kind == "sale" else purchases)[_days_of(flow, days, scenario.name)] += flow.usd_bn * 1e9
    return sales, purchases


def by_week(scenario: Scenario) -> bool:
    """Return whether outside flows follow the weekly rule; a flows table of the user's own comes first."""
    return market_era(scenario).outside_flows == "weekly" and scenario.files.flows is None


def told(scenario: Scenario, days: Days) -> str:
    """Say where outside flows come from."""
    own = "; the scenario adds its own" if any(flow.usd_bn for flow in scenario.flows) else ""
    if not by_week(scenario):
        return f"Outside flows are those of history/flows.csv, zero where no figure is known (an assumption){own}"
    short = [NAMES[name] for name, whole in covered(source_days(scenario, days)).items() if not whole]
    ended = "" if not short else f"; {' and '.join(short)}: the series ends within these days, and counts as zero after"
    return (
        "Outsiders sell what foreign custody at the Federal Reserve falls by, week by week in equal parts, and the "
        f"Federal Reserve buys what its holdings rise by: one rule for every week, no figure of who sold{ended}{own}"
    )


def _by_week(scenario: Scenario, days: Days) -> tuple[Array, Array]:
    """Flows of the weekly rule; a day that a window repeats, beyond the end of its episode, has none."""
    past = source_days(scenario, days)
    once = np.append(True, past[1:] != past[:-1])
    sales, purchases = weekly_flows(past)
    return sales * once, purchases * once


def _by_row(scenario: Scenario, days: Days) -> tuple[Array, Array]:
    """Flows by the rows of an episode; none if the file has no row of it, and the scenario has flows of its own."""
    episode = market_era(scenario).episode or scenario.name
    file, flows = source_of("flows", scenario.files.flows), read("flows", scenario.files.flows)
    if scenario.flows and episode not in set(flows["episode"]):
        return np.zeros(len(days)), np.zeros(len(days))
    past = source_days(scenario, days)
    rows = _rows(episode, past, flows, file)
    return _daily(rows, "sale", past, file), _daily(rows, "purchase", past, file)


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
