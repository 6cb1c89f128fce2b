"""Market data of a window of years: rates, curves and contract-months, without shocks."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from basis_data.markets.contract_months import ContractMonth
from basis_data.markets.curves import Curves
from basis_data.markets.expectations import expected_policy, expected_repo, overnight_rate
from basis_data.markets.intraday import intraday_marks
from basis_data.markets.market_data import MARK_TIME, MarketData
from basis_data.markets.yield_paths import ALWAYS_NEEDED, NEEDS_30_YEARS
from basis_data.scenarios.scenario import Scenario
from basis_data.tables.calendars import Days, new_york_minutes, settlement_date
from basis_data.tables.layouts import TENOR_YEARS
from basis_data.tables.windows import column_or_nan, read_days
from basis_engine.bonds.curves import PAR

Expectations = Literal["bills", "overnight"]


def multi_year_data(
    scenario: Scenario, days: Days, months: Sequence[ContractMonth], expectations: Expectations
) -> MarketData:
    """Gather the market data of some days and contract-months, without dislocation.

    Raises
    ------
    InputError
        If rates or yields do not cover the days.
    """
    repo = read_days("repo", days, ["sofr_pct"])
    sofr, none = repo["sofr_pct"].to_numpy(np.float64) / 100, np.zeros(len(days))
    settle = np.array([settlement_date(day) for day in days]).astype(np.int64)
    curves = _curves(scenario, days)
    if expectations == "bills":
        delivered = np.array([month.future.last_delivery for month in months])
        carried = expected_repo(days, np.maximum(delivered - settle[:, None], 0))
    else:
        carried = overnight_rate(days)
    return MarketData(
        scenario=scenario,
        dates=days.astype(np.int64),
        settle=settle,
        minutes=np.array([new_york_minutes(day, MARK_TIME) for day in days], np.int64),
        curves=curves,
        intraday=intraday_marks(scenario, days, curves.par_yields),
        sofr=sofr,
        effr=column_or_nan(repo, "effr_pct") / 100,
        repo_rate=sofr + scenario.scenario_repo_bp / 1e4,
        carry_rate=carried + scenario.scenario_repo_bp / 1e4,
        policy_rate=expected_policy(days),
        cash_rate=sofr - scenario.cash_spread_bp / 1e4,
        haircut=np.full((len(days), len(months)), scenario.haircut),
        other_haircut=np.full(len(days), scenario.haircut),
        not_rolled=none,
        margin_multiple=np.ones(len(days)),
        dislocation_bp=np.zeros((len(days), len(months))),
        other_loss_share=none,
        other_loss_usd=none,
        futures=tuple(month.future for month in months),
    )


def _curves(scenario: Scenario, days: Days) -> Curves:
    """Par curves; a blank 3-year yield (50 days) keeps its last distance from the line between the 2- and 5-year.

    In a window of weeks a tenor blank on some days is dropped on all. Over years that would lose the data of the other
    days; dropping it on the blank days only would move a four-year note by up to 17 cents per 100 overnight.
    """
    required = ALWAYS_NEEDED + (["y_30y_pct"] if NEEDS_30_YEARS & set(scenario.contracts) else [])
    rows = read_days("par_yields", days, required)
    yields = np.column_stack([column_or_nan(rows, name) for name in TENOR_YEARS]) / 100
    two, three, five = (list(TENOR_YEARS).index(name) for name in ("y_2y_pct", "y_3y_pct", "y_5y_pct"))
    straight = (2 * yields[:, two] + yields[:, five]) / 3
    apart = pd.Series(yields[:, three] - straight).ffill().to_numpy(np.float64)
    blank = np.isnan(yields[:, three])
    yields[blank, three] = (straight + apart)[blank]
    return Curves(
        kind=PAR,
        remark="par yields (a Svensson curve is public for one window only)",
        tenors=np.array(list(TENOR_YEARS.values())),
        par_yields=yields,
        svensson=np.empty((0, 6)),
    )
