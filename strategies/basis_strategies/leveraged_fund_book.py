"""The leveraged-fund book: the short futures the CFTC counts, each hedged by the cheapest-to-deliver note."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from basis_data.markets.positions import leveraged_fund_shorts
from basis_data.markets.pricing import PricedMarket
from basis_engine.base.errors import InputError
from basis_strategies.assemble import dirty_price
from basis_strategies.cash_futures_basis import CashFuturesBasis
from basis_strategies.plan import FundPlan, PositionPlan

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
