"""A scenario as of another day: the episode's moves on that day's curve, contracts, baskets, positions and rates.

Business day i of the episode becomes business day i from the day given. Yields, repo and margins keep their moves and
take that day's levels; haircuts, the basis and flows keep their values, because no daily level of them is public.
"""

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from basis_data.markets.baskets import basket
from basis_data.markets.market_data import MarketData
from basis_data.markets.positions import NEAREST_DAYS
from basis_data.markets.yield_paths import ALWAYS_NEEDED, NEEDS_30_YEARS
from basis_data.scenarios.composition import DATED
from basis_data.scenarios.scenario import Scenario
from basis_data.scenarios.scenario import scenario as load_scenario
from basis_data.scenarios.sentence import span
from basis_data.tables.calendars import DateLike, Days, business_day_offset, day, mark_days
from basis_data.tables.contracts import code_and_month, delivery_dates, delivery_month_for
from basis_data.tables.fields import TENORS
from basis_data.tables.reader import read
from basis_data.tables.validation import validated
from basis_engine.base.errors import InputError

POSITION_DAYS = 2
"""Business days from the first position day to the first delivery day (CBOT: position, notice, delivery)."""
NOTES_MISSING_AFTER = pd.Timedelta(days=45)
"""Days without a new note after which the list of securities is taken to have ended: every month has auctions."""


def as_of(scenario: Scenario, when: DateLike, contracts: Sequence[str] | None = None) -> Scenario:
    """Return a scenario whose moves begin on another day.

    Parameters
    ----------
    scenario
        The episode, with all its changes.
    when
        Business day of entry, with a whole par curve and SOFR in the data.
    contracts
        Contracts of the run, by default the scenario's: its delivery month lasts to the end of the window.

    Raises
    ------
    InputError
        If the day is not a business day or lacks data, or the episode is one as of another day already.
    """
    if scenario.moves_from is not None:
        raise InputError(f"as_of: {scenario.name} is as of {scenario.start} already; give the scenario itself")
    first = day(when)
    codes = tuple(dict.fromkeys(code_and_month(name)[0] for name in contracts or scenario.contracts))
    past = mark_days(scenario.start, scenario.end)
    days = _as_many(first, len(past), scenario.name)
    _check_levels(codes, first)
    given = scenario.model_dump()
    given |= {field: [_redated(part, past, days) for part in given[field]] for field in DATED}
    moved_from = f"Moves of {past[0]} to {past[-1]}, put on the curve, contracts and rates of {first}"
    given |= {
        "name": f"{scenario.name}-as-of-{first}",
        "title": _title(scenario, first),
        "source": f"{moved_from}. {scenario.source}".strip(),
        "base": None,
        "contracts": codes if contracts is None else scenario.contracts,
        "start": str(first),
        "end": str(days[-1]),
        "delivery_month": _month(scenario, codes, past, days),
        "moves_from": {"start": str(past[0]), "end": str(past[-1])},
        "files": {**given["files"], "prices": None, "svensson": None},
    }
    if scenario.market is not None:
        episode = scenario.market.episode or scenario.name
        given["market"] |= {"episode": episode, "report": _report(scenario, first)}
    return validated(Scenario, given, f"{scenario.name} as of {first}")


def _as_many(first: np.datetime64, count: int, name: str) -> Days:
    """Return `count` business days from a day on, which must be one itself."""
    days = mark_days(first, first + 2 * count + 30)[:count]
    if days[0] != first:
        raise InputError(f"as_of: {first} given for {name}, which is no business day; the next is {days[0]}")
    return days


def _check_levels(codes: Sequence[str], first: np.datetime64) -> None:
    """Refuse a day without a whole par curve or without SOFR, and name the last that has both."""
    needed = ALWAYS_NEEDED + (["y_30y_pct"] if NEEDS_30_YEARS & set(codes) else [])
    yields = read("par_yields").set_index("date")[needed]
    rates = read("repo").set_index("date")["sofr_pct"]
    whole = yields.dropna().index.intersection(rates.index)
    at = pd.Timestamp(first)
    if at in whole:
        return
    where = f"as_of: {first} given, allowed are business days with rates and a whole curve, {whole[0].date()} to"
    if at in yields.index and at in rates.index:
        blank = next(name for name in needed if np.isnan(float(yields[name][at])))
        blank = blank.removeprefix("y_").removesuffix("_pct")
        raise InputError(f"{where} {whole[-1].date()}; the {blank} par yield of {first} is not in the data")
    lacking = "par yield" if at not in yields.index else "SOFR"
    raise InputError(f"{where} {whole[-1].date()}; there is no {lacking} of {first}")


def _redated(part: dict[str, Any], past: Days, days: Days) -> dict[str, Any]:
    """Move a dated part by its index among the business days; a holiday counts as the next business day."""
    index = min(int(np.searchsorted(past, np.datetime64(part["date"]))), len(past) - 1)
    moved = {**part, "date": str(days[index])}
    if part.get("until") is not None:
        last = int(np.searchsorted(past, np.datetime64(part["until"]), side="right")) - 1
        moved["until"] = str(days[max(last, index)])
    return moved


def _title(scenario: Scenario, first: np.datetime64) -> str:
    """Title with the day before its colon: 'March 2020 as of 22 July 2026: the dash for cash'."""
    when = datetime.date.fromisoformat(str(first))
    head, colon, rest = (scenario.title or scenario.name).partition(":")
    return f"{head} as of {when.day} {when:%B %Y}{colon}{rest}"


def _quarters(month: str) -> int:
    """Quarters since year 0."""
    return pd.Period(month, "M").year * 4 + pd.Period(month, "M").quarter


def _month(scenario: Scenario, codes: Sequence[str], past: Days, days: Days) -> str | None:
    """Delivery month as many quarters after the front month as the episode's, of those that last and have notes.

    A later month is taken if that one ends within the window, an earlier one if no note is known yet that it admits;
    None for the front month.
    """
    front = pd.Period(delivery_month_for(codes[0], days[0]), "M")
    own = pd.Period(delivery_month_for(codes[0], past[0]), "M")
    ahead = (pd.Period(scenario.delivery_month or str(own), "M") - own).n // 3
    months = [str(front + 3 * later) for later in range(ahead + 9)]
    lasting = [
        month for month in months if all(delivery_dates(code, month).last_delivery_day >= days[-1] for code in codes)
    ]
    wanted = next(month for month in lasting if month >= str(front + 3 * ahead))
    earlier = [month for month in lasting if month <= wanted and all(len(basket(c, month, days[0])) for c in codes)]
    chosen = earlier[-1] if earlier else wanted
    return None if chosen == str(front) else chosen


def _report(scenario: Scenario, first: np.datetime64) -> str:
    """CFTC report of the episode, or the other one if only that has a week near the day."""
    reports = read("positions", scenario.files.positions) if scenario.files.positions is None else None
    if reports is None:
        return scenario.report
    near = (reports["report_date"] - pd.Timestamp(first)).abs() <= pd.Timedelta(days=NEAREST_DAYS)
    kinds = set(reports.loc[near, "report_type"])
    return scenario.report if scenario.report in kinds or not kinds else kinds.pop()


def scenario_as_of(
    given: str | Path | Scenario, when: DateLike | None = None, contracts: Sequence[str] | None = None
) -> Scenario:
    """Load a scenario, and put it on another day if one is given."""
    loaded = given if isinstance(given, Scenario) else load_scenario(given)
    return loaded if when is None else as_of(loaded, when, contracts)


def remarks(data: MarketData) -> list[str]:
    """Sentences on what a run as of another day takes from where; none for other runs."""
    scenario = data.scenario
    if scenario.moves_from is None:
        return []
    first = np.datetime64(int(data.dates[0]), "D")
    episode = span(scenario.moves_from.start, scenario.moves_from.end)
    said = [
        f"As of {first}: yields, repo and margins move, business day for business day, as they did in the episode "
        f"({episode}), from the levels of {first}; contracts, notes and positions are those of {first}.",
        "Haircuts, the basis and outside flows have the values of the episode, as no daily levels of them are public.",
    ]
    blank = [name for name, column in zip(TENORS, data.curves.par_yields.T, strict=True) if np.isnan(column).any()]
    if blank:
        said.append(
            f"Par yields of {', '.join(blank)} are not known on both {first} and the episode's days: the curve is "
            "interpolated between its other tenors."
        )
    issues = read("securities")["issue_date"]
    newest = issues[issues <= pd.Timestamp(first)].max()
    if pd.Timestamp(first) - newest > NOTES_MISSING_AFTER:
        said.append(f"No note issued after {newest.date()} is known: baskets lack those auctioned since.")
    if data.sofr.min() < 0.0:
        said.append(f"SOFR falls to {data.sofr.min():.2%}: the episode's fall is larger than the level of {first}.")
    return said


def roll_days(data: MarketData) -> list[int]:
    """Number of the business day on which each contract has to be left for the later month held; 0: never.

    It is the last on which the short may not yet be assigned a delivery: the one before the front month's position day.
    """
    days = data.dates.astype("datetime64[D]")
    rolls = []
    for future in data.futures:
        front = delivery_month_for(future.code, days[0])
        dates = delivery_dates(future.code, front)
        ends = data.scenario.moves_from is not None and dates.last_delivery_day < days[-1]
        left = business_day_offset(dates.first_delivery_day, -POSITION_DAYS - 1)
        rolls.append(max(int(np.searchsorted(days, left)), 1) if ends and front < future.delivery_month else 0)
    return rolls


def outlasted(data: MarketData) -> tuple[str, str] | None:
    """Front month of the day of entry that ends within the window, and the later month held instead; None if none."""
    days = data.dates.astype("datetime64[D]")
    for future in data.futures if data.scenario.moves_from is not None else ():
        front = delivery_month_for(future.code, days[0])
        if front < future.delivery_month and delivery_dates(future.code, front).last_delivery_day < days[-1]:
            return front, future.delivery_month
    return None
