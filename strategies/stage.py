"""The stage of a long run: the market of years as rows of the engine, the same for every strategy that plays on it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from data.calendars import Days
from data.long_market import CODES, LongMarket
from data.swaps import NOTIONAL_USD, SwapMarket, swap_market
from engine.errors import InputError
from engine.rows import Contract, empty_rows
from engine.schedule import build_schedule
from engine.signals import VOLATILITY_MARKS, Pair, Signal
from engine.swaps import beside
from engine.world import Floats, Integers, Market, Records
from strategies.assemble import calendar, contract_rows
from strategies.plan import Execution, Plan

COST_MULTIPLES = {"TU": 0.25, "FV": 0.5, "TY": 1.0, "US": 2.0, "2Y": 0.25, "5Y": 0.5, "10Y": 1.0, "30Y": 2.0}
"""Half spreads over those of the 10-year: of futures by their ticks (an eighth, a quarter, half and one of 1/32);
notes stand in about the same ratios (5-, 10-, 30-year: 0.25, 0.5 and 1 of 1/32 before March 2020; 2-year assumed)."""


@dataclass(frozen=True)
class Stage:
    """m days, p pairs, h hedges."""

    dates: Days
    market: Market
    """Notes [m, p], futures and swaps [m, h]."""
    schedule: Records
    contracts: Records
    """[h] rows of `engine.rows.Contract`."""
    pairs: Records
    """[p] rows of `engine.signals.Pair`."""
    names: tuple[str, ...]
    """[p]"""
    hedge: Floats
    """[p] contracts added with each dollar of face."""
    signals: Records
    """[m, p] rows of `engine.signals.Signal`."""
    hedges: tuple[str, ...]
    """[h] what contracts are called."""
    source: LongMarket

    def columns(self, leg: str) -> Integers:
        """Pairs of a leg, by quarter: 'TY' has 'TY 2019-06' and so on, '10Y on-the-run' '10Y 2019-06 on-the-run'.

        Raises
        ------
        InputError
            If this market has none.
        """
        head, _, tail = leg.partition(" ")
        found = [p for p, name in enumerate(self.names) if name.split(" ")[0] == head and name.endswith(tail)]
        if head in CODES:
            found = [p for p in found if len(self.names[p].split(" ")) == 2]
        if not found:
            raise InputError(f"leg {leg!r}: this market has none; build it with that leg")
        return np.array(found, np.int64)


def stage(
    market: LongMarket,
    execution: Execution | None = None,
    swap_tenors: Sequence[int] = (),
    swap_spreads: Path | None = None,
) -> Stage:
    """Lay out a market of years, with swaps of some tenors beside the futures where asked.

    ``swap_spreads`` is the user's own file of them.

    Raises
    ------
    InputError
        If swap spreads are asked for on days on which none are public.
    """
    priced, plan = market.priced, Plan((), execution or Execution())
    months = [month.future.notional_usd for month in market.months]
    bare = Stage(
        dates=market.dates,
        market=market.market,
        schedule=build_schedule(replace(calendar(plan, priced), decides=True)),
        contracts=_contracts(plan, market),
        pairs=market.pairs.rows,
        names=market.pairs.names,
        hedge=_per_face(market.pairs.rows, months),
        signals=market.signals,
        hedges=market.hedges,
        source=market,
    )
    if not len(swap_tenors):
        return bare
    scenario = priced.data.scenario
    files = scenario.files.model_copy(update={"swap_spreads": swap_spreads})
    data = replace(priced.data, scenario=scenario.model_copy(update={"files": files}))
    return _with_swaps(bare, plan.execution, swap_market(data, swap_tenors))


def _per_face(pairs: Records, notionals: Sequence[float]) -> Floats:
    """Futures per dollar of face: conversion factor over notional, short; none for notes alone."""
    per: Floats = np.zeros(len(pairs))
    for p, pair in enumerate(pairs):
        if pair["hedged"]:
            per[p] = -pair["factor"] / notionals[pair["hedge"]]
    return per


def _contracts(plan: Plan, market: LongMarket) -> Records:
    """Contract-months, then the columns of notes alone, which only cost what notes cost to trade."""
    futures = contract_rows(plan, market.priced)
    alone = empty_rows(Contract, len(market.hedges) - len(futures))
    rows: Records = np.concatenate([futures, alone]).view(futures.dtype)
    for row, name in zip(rows, market.hedges, strict=True):
        _charge(row, plan.execution, COST_MULTIPLES[name.split(" ")[0]])
    return rows


def _charge(row: Contract, execution: Execution, multiple: float) -> None:
    """What trading costs, by tenor."""
    row.bond_cost, row.futures_cost = multiple * execution.bond_cost_bp, multiple * execution.futures_cost_bp
    row.impact, row.depth, row.seizure_cost = (
        execution.impact_bp_per_bn,
        execution.depth_usd,
        execution.seizure_cost,
    )


def _with_swaps(bare: Stage, execution: Execution, swaps: SwapMarket) -> Stage:
    """The stage with a pair for each tenor, struck on the first day and held as long as the window lasts."""
    count, first, last = len(swaps.tenors), len(bare.contracts), len(bare.dates) - 1
    contracts, pairs = empty_rows(Contract, count), empty_rows(Pair, count)
    ratio = swaps.note_dv01 / swaps.swap_dv01
    contracts["swap"], contracts["notional"], contracts["point_value"] = True, NOTIONAL_USD, NOTIONAL_USD / 100
    contracts["initial_margin"] = contracts["announced_margin"] = swaps.margin_usd
    for row, tenor in zip(contracts, swaps.tenors, strict=True):
        _charge(row, execution, COST_MULTIPLES[f"{tenor}Y"])
    pairs["hedged"], pairs["hedge"], pairs["note"], pairs["factor"] = True, first + np.arange(count), -1, ratio
    for name in ("roll_out", "notice", "last_trading"):
        pairs[name] = last + 1
    pairs["last_mark"] = last
    return replace(
        bare,
        market=beside(bare.market, swaps.quotes, np.arange(count)),
        contracts=np.concatenate([bare.contracts, contracts]).view(bare.contracts.dtype),
        pairs=np.concatenate([bare.pairs, pairs]).view(bare.pairs.dtype),
        names=bare.names + tuple(f"{tenor}Y swap spread" for tenor in swaps.tenors),
        hedge=np.concatenate([bare.hedge, -ratio / NOTIONAL_USD]),
        hedges=bare.hedges + swaps.names,
        signals=np.hstack([bare.signals, _swap_signals(bare, swaps, ratio)]).view(bare.signals.dtype),
    )


def _swap_signals(bare: Stage, swaps: SwapMarket, ratio: Floats) -> Records:
    """Signals of the tenors: prices, funding and margin; the swap spread stands where a basis has its carry."""
    notes, quotes = np.asarray(swaps.quotes.notes), np.asarray(swaps.quotes.swaps)
    days, count = quotes.shape
    rows = empty_rows(Signal, days * count).reshape(days, count)
    rate = bare.source.priced.data.repo_rate[:, None]
    rows["overnight_repo"] = rows["expected_repo"] = rate
    rows["implied_repo"] = rate - swaps.spread_bp / 1e4
    rows["dirty"], rows["futures"], rows["factor"] = notes["clean"] + notes["accrued"], quotes["price"], ratio
    rows["note_dv01"], rows["hedge_dv01"] = swaps.note_dv01, swaps.swap_dv01
    rows["margin"] = ratio * swaps.margin_usd / NOTIONAL_USD
    left = days - np.arange(days)[:, None]
    rows["days_to_notice"] = rows["days_to_last_trading"] = left
    rows["front"] = rows["tradable"] = rows["observed"] = True
    profits = np.diff(rows["dirty"] - ratio * rows["futures"], axis=0, prepend=np.nan) + notes["coupon_due"]
    window = pd.DataFrame(profits / 100).rolling(VOLATILITY_MARKS, min_periods=2)
    rows["volatility"] = window.std().fillna(0.0).to_numpy()
    return rows
