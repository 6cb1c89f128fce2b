"""Books sized by CFTC positions: a population of funds with dealers and outside flows, or one fund for all shorts."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from basis_data.markets.positions import ReportedShorts, as_numbers, leveraged_fund_shorts, reported_shorts
from basis_data.markets.pricing import PricedMarket
from basis_data.markets.yield_paths import at_maturity, moves_before
from basis_engine.base.errors import InputError
from basis_engine.bonds.prices import modified_duration, yield_to_maturity
from basis_engine.simulation.world import Floats
from basis_strategies.assemble import dirty_price
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_strategies.plan import DealerPlan, Execution, FundPlan, Plan, PositionPlan
from basis_strategies.population import Population, draw_funds
from basis_strategies.swap_spread_funds import swap_spread_book, swap_spread_funds

HALF_SPREADS_ONLY = Execution(impact_bp_per_bn=0.0)
"""In the market of funds the price of dealers' balance sheets is the impact; another in each slice would double it."""


@dataclass(frozen=True)
class BookOfFunds:
    """The plan of a run, and the shorts from which it is sized."""

    plan: Plan
    hedged_shorts: dict[str, float]
    """Contracts sold by the population, by code."""
    gross_shorts_usd: float
    """Face of all gross shorts of leveraged funds in the report, in all contracts."""
    report_date: pd.Timestamp
    basis_funds: int
    """Number of funds, first in the plan, that hold the basis book; the others hold swap-spread trades only."""


def book_of_funds(
    market: PricedMarket,
    population: Population,
    dealers: DealerPlan,
    hedged_share: float,
    outside_sales: Floats,
    purchases: Floats,
    swap_book_usd: float = 0.0,
) -> BookOfFunds:
    """Divide the hedged share of the CFTC's gross shorts among a population, and a swap-spread book among its funds.

    Parameters
    ----------
    hedged_share
        Share of gross shorts in the market's contracts that is the hedged basis book.
    outside_sales, purchases
        Sold to dealers by others, and bought from them by the central bank, USD on each day [m].
    swap_book_usd
        Treasuries held against swaps, USD; if positive, the market needs swaps (`PricedMarket.with_swaps`).

    Raises
    ------
    InputError
        If the positions lack a contract of the market, or the flows do not match its days.
    """
    for flows in (outside_sales, purchases):
        if len(flows) != len(market.data.dates):
            raise InputError(f"flows: {len(flows)} days given, needed are the {len(market.data.dates)} of the window")
    scenario = market.data.scenario
    report = reported_shorts(scenario.start, scenario.files.positions, scenario.report)
    hedged = {code: hedged_share * shorts for code, shorts in _shorts(market, report).items()}
    daily_sd = market.keep("daily_margin_sd", tuple(hedged.items()), lambda: daily_margin_sd(market, hedged))
    # Feedback applies to basis funds; sales of swap-spread funds always reach dealers.
    basis = draw_funds(population, market, hedged, daily_sd, dealers.feedback)
    others: list[FundPlan] = []
    if swap_book_usd > 0.0:
        basis = _mixed(basis, market, population.mixed_share * swap_book_usd)
        if population.mixed_share < 1.0:
            others = swap_spread_funds(population, market, (1.0 - population.mixed_share) * swap_book_usd)
    sold, bought = tuple(outside_sales.tolist()), tuple(purchases.tolist())
    plan = Plan((*basis, *others), HALF_SPREADS_ONLY, dealers, sold, bought)
    return BookOfFunds(plan, hedged, report.face_usd, report.date, len(basis))


def _mixed(funds: list[FundPlan], market: PricedMarket, value_usd: float) -> list[FundPlan]:
    """Add a swap-spread book of a dollar value to basis funds, by equity, at their own leverage and haircut."""
    if value_usd <= 0.0:
        return funds
    total = sum(fund.equity_usd for fund in funds)
    mixed = []
    for fund in funds:
        worth = value_usd * fund.equity_usd / total
        pairs = swap_spread_book(market, worth, fund.positions[0].haircut)
        margin = sum(abs(pair.contracts) * float(market.entry_margins[pair.contract]) for pair in pairs)
        equity = max(worth / fund.leverage_target, margin + fund.positions[0].haircut * worth)
        mixed.append(replace(fund, equity_usd=fund.equity_usd + equity, positions=(*fund.positions, *pairs)))
    return mixed


def daily_margin_sd(market: PricedMarket, shorts: dict[str, float]) -> float:
    """Standard deviation of a day's variation margin, share of the book, from yields before the first day."""
    years, moves = moves_before(market.data.scenario.start, market.data.scenario.files.par_yields)
    gain, value = np.zeros(len(moves)), 0.0
    for code, contracts in shorts.items():
        c = market.codes.index(code)
        note = int(market.priced.cheapest[0, c])
        worth = contracts * market.data.futures[c].point_value_usd * float(market.priced.futures[0, c])
        duration, maturity = _duration(market, note)
        at_tenor = at_maturity(maturity, years, moves)
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

    Futures are the gross shorts as reported; face of notes = contracts x notional / conversion factor, the hedge of
    `CashFuturesBasis`. Not all gross shorts are basis trades (the share is debated), so this is an upper bound of the
    book. Leverage, haircut, term share and unwind rule are those of the strategy.

    Returns
    -------
    FundPlan, DataFrame
        The fund, and the rows of the report it was sized from.

    Raises
    ------
    InputError
        If no report is near, a contract is not in it, or the strategy states equity or notional.
    """
    if terms.equity is not None or terms.notional is not None:
        raise InputError("equity and notional: given together with a book, whose positions fix its size; drop them")
    scenario = market.data.scenario
    shorts = leveraged_fund_shorts(scenario.start, positions_file or scenario.files.positions, scenario.report)
    by_contract = _shorts(market, as_numbers(shorts))
    plan = terms.model_copy(update={"whole_contracts": False}).fund(market)
    positions = tuple(_resized(market, pair, by_contract[market.codes[pair.contract]]) for pair in plan.positions)
    value = sum(pair.face_usd * dirty_price(market, pair.note) / 100 for pair in positions)
    fund = replace(plan, name="leveraged funds (CFTC)", equity_usd=value / plan.leverage_target, positions=positions)
    return fund, shorts[shorts["contract"].isin(market.codes)]


def _shorts(market: PricedMarket, report: ReportedShorts) -> dict[str, float]:
    """Contracts sold short by code; refuse a contract of the market that the report lacks, or of which none is sold."""
    day, given = report.date.date(), report.contracts
    for code in market.codes:
        if code not in given:
            raise InputError(f"contract {code}: not in the report of {day}; it holds {', '.join(given)}")
        if not given[code] > 0:
            raise InputError(
                f"positions, short_contracts: {given[code]:g} given for {code} on {day}, allowed is above 0; "
                "leave the contract out of the run"
            )
    return {code: float(given[code]) for code in market.codes}


def _resized(market: PricedMarket, position: PositionPlan, shorts: float) -> PositionPlan:
    """Resize a pair to the reported shorts."""
    notional = market.data.futures[position.contract].notional_usd
    face = shorts * notional / float(market.baskets.factor[position.note])
    return replace(position, face_usd=face, contracts=-shorts)
