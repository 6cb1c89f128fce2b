"""The market of funds: the hedged basis book spread over a population, dealers behind it, others selling beside it."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from basis_data.markets.positions import leveraged_fund_shorts
from basis_data.markets.pricing import PricedMarket
from basis_data.markets.yield_paths import moves_before
from basis_engine.base.errors import InputError
from basis_engine.bonds.prices import modified_duration, yield_to_maturity
from basis_engine.simulation.world import Floats
from basis_strategies.assemble import dirty_price
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_strategies.plan import DealerPlan, Execution, FundPlan, Plan, PositionPlan
from basis_strategies.population import Population, draw_funds
from basis_strategies.swap_spread_funds import swap_spread_book, swap_spread_funds

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
    basis_funds: int
    """How many of the plan's funds, the first ones, hold the basis book; the others hold swap-spread trades alone."""


def book_of_funds(
    market: PricedMarket,
    population: Population,
    dealers: DealerPlan,
    hedged_share: float,
    outside_sales: Floats,
    purchases: Floats,
    swap_book_usd: float = 0.0,
) -> BookOfFunds:
    """Spread the hedged share of the CFTC's gross shorts over a population, and a swap-spread book over its own.

    Parameters
    ----------
    hedged_share
        Share of gross shorts in the market's contracts that is the hedged basis book.
    outside_sales, purchases
        USD sold to dealers by others, and bought from them by the central bank, on each day [m].
    swap_book_usd
        Treasuries held against swaps, USD; the market needs its swaps (`PricedMarket.with_swaps`) if there are any.

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
    basis = draw_funds(population, market, hedged, daily_margin_sd(market, hedged))
    # Feedback is that of basis funds; what swap-spread funds sell reaches dealers whether or not the loop is off.
    basis = [replace(fund, feedback=dealers.feedback) for fund in basis]
    others: list[FundPlan] = []
    if swap_book_usd > 0.0:
        basis = _mixed(basis, market, population.mixed_share * swap_book_usd)
        if population.mixed_share < 1.0:
            others = swap_spread_funds(population, market, (1.0 - population.mixed_share) * swap_book_usd)
    sold, bought = tuple(outside_sales.tolist()), tuple(purchases.tolist())
    plan = Plan((*basis, *others), HALF_SPREADS_ONLY, dealers, sold, bought)
    return BookOfFunds(plan, hedged, float(report["face_usd"].sum()), report["report_date"].iloc[0], len(basis))


def _mixed(funds: list[FundPlan], market: PricedMarket, value_usd: float) -> list[FundPlan]:
    """Give basis funds a swap-spread book of a dollar value, each by its equity, at its own leverage and haircut."""
    if value_usd <= 0.0:
        return funds
    total = sum(fund.equity_usd for fund in funds)
    mixed = []
    for fund in funds:
        worth = value_usd * fund.equity_usd / total
        pairs = swap_spread_book(market, worth, fund.positions[0].haircut)
        asked = sum(abs(pair.contracts) * float(market.entry_margins[pair.contract]) for pair in pairs)
        equity = max(worth / fund.leverage_target, asked + fund.positions[0].haircut * worth)
        mixed.append(replace(fund, equity_usd=fund.equity_usd + equity, positions=(*fund.positions, *pairs)))
    return mixed


def daily_margin_sd(market: PricedMarket, shorts: dict[str, float]) -> float:
    """Standard deviation of a day's variation margin over the book, from yields before the first day."""
    years, moves = moves_before(market.data.scenario.start, market.data.scenario.files.par_yields)
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


BOOK_CONTRACTS = ("TU", "FV", "TY", "US")


def leveraged_fund_book(
    market: PricedMarket, terms: CashFuturesBasis, positions_file: str | Path | None = None
) -> tuple[FundPlan, pd.DataFrame]:
    """Size one fund as the whole book of leveraged funds at the CFTC report nearest to the first day.

    Futures are the gross shorts as reported; notes are face = contracts x notional / conversion factor, so the pair
    is hedged as `CashFuturesBasis` hedges it. Gross shorts are not all basis trades (the share is debated), so this
    is the upper bound of the book. Terms (leverage, haircut, term share, unwind rule) are those of the strategy.

    Returns
    -------
    FundPlan, DataFrame
        The fund, and the rows of the report it was sized from.

    Raises
    ------
    InputError
        If no report is near, a contract is not in it, or terms name a size of their own.
    """
    if terms.equity is not None or terms.notional is not None:
        raise InputError("equity and notional: given together with a book, whose positions fix its size; drop them")
    scenario = market.data.scenario
    shorts = leveraged_fund_shorts(scenario.start, positions_file or scenario.files.positions, scenario.report)
    by_contract = shorts.set_index("contract")["short_contracts"]
    missing = [code for code in market.codes if code not in by_contract.index]
    if missing:
        raise InputError(f"contract {missing[0]}: not in the positions report; it holds {', '.join(by_contract.index)}")
    plan = terms.fund(market)
    positions = tuple(_resized(market, one, float(by_contract[market.codes[one.contract]])) for one in plan.positions)
    value = sum(one.face_usd * dirty_price(market, one.note) / 100 for one in positions)
    fund = replace(plan, name="leveraged funds (CFTC)", equity_usd=value / plan.leverage_target, positions=positions)
    return fund, shorts[shorts["contract"].isin(market.codes)]


def _resized(market: PricedMarket, position: PositionPlan, shorts: float) -> PositionPlan:
    """The same pair at the size of the reported shorts."""
    notional = market.data.futures[position.contract].notional_usd
    face = shorts * notional / float(market.baskets.factor[position.note])
    return replace(position, face_usd=face, contracts=-shorts)
