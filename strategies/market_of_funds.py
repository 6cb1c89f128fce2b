"""The market of funds: the hedged basis book spread over a population, dealers behind it, others selling beside it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.calendars import business_day_offset
from data.layouts import TENOR_YEARS
from data.positions import leveraged_fund_shorts
from data.pricing import PricedMarket
from data.windows import read_days
from engine.bonds import modified_duration, yield_to_maturity
from engine.errors import InputError
from engine.world import Floats
from strategies.plan import DealerPlan, Execution, Plan
from strategies.population import Population, draw_funds

HISTORY_DAYS = 60
"""Business days before the first, over which a day's variation margin is measured."""
HALF_SPREADS_ONLY = Execution(impact_bp_per_bn=0.0)
"""In the market of funds dealers' rent is the impact; a second one in each slice would count it twice."""


@dataclass(frozen=True)
class BookOfFunds:
    """The plan of a run, and the shorts it stands for."""

    plan: Plan
    hedged_shorts: dict[str, float]
    """Contracts of the population, by code."""
    gross_shorts_usd: float
    """Face of all gross shorts of leveraged funds in the report, every contract included."""
    report_date: pd.Timestamp


def book_of_funds(
    market: PricedMarket,
    population: Population,
    dealers: DealerPlan,
    hedged_share: float,
    outside_sales: Floats,
    purchases: Floats,
) -> BookOfFunds:
    """Spread the hedged share of the CFTC's gross shorts over a population.

    Parameters
    ----------
    hedged_share
        Share of gross shorts in the market's contracts that is the hedged basis book.
    outside_sales, purchases
        USD sold to dealers by others, and bought from them by the central bank, on each day [m].

    Raises
    ------
    InputError
        If positions do not hold a contract of the market, or the flows are longer than its days.
    """
    for flows in (outside_sales, purchases):
        if len(flows) != len(market.data.dates):
            raise InputError(f"flows: {len(flows)} days given, needed are the {len(market.data.dates)} of the window")
    scenario = market.data.scenario
    report = leveraged_fund_shorts(scenario.start, scenario.files.positions, scenario.report)
    by_code = report.set_index("contract")["short_contracts"]
    missing = [code for code in market.codes if code not in by_code.index]
    if missing:
        raise InputError(
            f"contract {missing[0]}: not in the positions report of {report['report_date'].iloc[0].date()}"
        )
    hedged = {code: hedged_share * float(by_code[code]) for code in market.codes}
    funds = draw_funds(population, market, hedged, daily_margin_sd(market, hedged))
    plan = Plan(tuple(funds), HALF_SPREADS_ONLY, dealers, tuple(outside_sales.tolist()), tuple(purchases.tolist()))
    return BookOfFunds(plan, hedged, float(report["face_usd"].sum()), report["report_date"].iloc[0])


def daily_margin_sd(market: PricedMarket, shorts: dict[str, float]) -> float:
    """Standard deviation of a day's variation margin over the book, from yields before the first day."""
    end = business_day_offset(market.data.scenario.start, -1)
    start = business_day_offset(end, -HISTORY_DAYS)
    days = np.arange(start, end + 1)
    days = np.array([day for day in days if business_day_offset(day, 0) == day])
    rows = read_days("par_yields", days, [], market.data.scenario.files.par_yields)
    tenors = [name for name in TENOR_YEARS if name in rows and rows[name].notna().all()]
    years = np.array([TENOR_YEARS[name] for name in tenors])
    moves = np.diff(rows[tenors].to_numpy(np.float64) / 100, axis=0)
    gain, value = np.zeros(len(moves)), 0.0
    for code, contracts in shorts.items():
        c = market.codes.index(code)
        note = int(market.priced.cheapest[0, c])
        worth = contracts * market.data.futures[c].point_value_usd * float(market.priced.futures[0, c])
        duration, maturity = _duration(market, note)
        at_tenor = np.array([np.interp(maturity, years, move) for move in moves])
        gain += worth * duration * at_tenor
        value += worth
    return float(np.std(gain) / value)


def _duration(market: PricedMarket, note: int) -> tuple[float, float]:
    """Modified duration and years to maturity of a note at entry."""
    settle = int(market.data.settle[0])
    bond = float(market.baskets.coupon[note]), int(market.baskets.maturity[note]), settle
    yield_ = yield_to_maturity(float(market.priced.clean[0, note]), *bond)
    return modified_duration(yield_, *bond), (bond[1] - settle) / 365.25
