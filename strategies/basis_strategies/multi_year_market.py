"""The market of a window of years as rows of the engine, the same for every strategy."""

from dataclasses import dataclass, replace

import numpy as np

from basis_data.markets.swaps import spread_windows
from basis_data.multi_year.market import CODES, MultiYearMarket
from basis_data.multi_year.swaps import FEWEST_DAYS
from basis_data.tables.calendars import Days
from basis_engine.base.errors import InputError
from basis_engine.simulation.rows import ContractRow, empty_rows
from basis_engine.simulation.schedule import build_schedule
from basis_engine.simulation.world import Floats, Integers, Market, Records
from basis_strategies.assemble import calendar, contract_rows
from basis_strategies.plan import Execution, Plan

COST_MULTIPLES = {"TU": 0.25, "FV": 0.5, "TY": 1.0, "US": 2.0, "2Y": 0.25, "5Y": 0.5, "10Y": 1.0, "30Y": 2.0}
"""Half spreads over those of the 10-year, from the ticks of the futures (1/8, 1/4, 1/2 and 1 of 1/32); notes have about
the same ratios (5-, 10-, 30-year: 0.25, 0.5 and 1 of 1/32 before March 2020; 2-year assumed)."""


@dataclass(frozen=True)
class MarketRows:
    """m days, p pairs, h hedges."""

    dates: Days
    quotes: Market
    """Notes [m, p], futures and swaps [m, h]."""
    schedule: Records
    contracts: Records
    """[h] rows of `basis_engine.simulation.rows.ContractRow`."""
    pairs: Records
    """[p] rows of `basis_engine.simulation.signals.Pair`."""
    names: tuple[str, ...]
    """[p]"""
    hedge: Floats
    """[p] contracts added with each dollar of face."""
    signals: Records
    """[m, p] rows of `basis_engine.simulation.signals.Signal`."""
    hedges: tuple[str, ...]
    """[h] names of the contracts."""
    source: MultiYearMarket

    def columns(self, leg: str) -> Integers:
        """Find the pairs of a leg by quarter: 'TY' has 'TY 2019-06' ..., '10Y on-the-run' '10Y 2019-06 on-the-run' ...

        Raises
        ------
        InputError
            If the market has no such pair.
        """
        head, _, tail = leg.partition(" ")
        found = [p for p, name in enumerate(self.names) if name.split(" ")[0] == head and name.endswith(tail)]
        if head in CODES:
            found = [p for p in found if len(self.names[p].split(" ")) == 2]
        if not found:
            raise InputError(f"leg {leg!r}: {self._why_not(tail)}")
        return np.array(found, np.int64)

    def _why_not(self, tail: str) -> str:
        """Explain why a leg is missing, and what to do."""
        window = f"{self.dates[0]} to {self.dates[-1]}"
        if tail != "swap spread":
            return f"the market of {window} was built without it; build it with that leg"
        return (
            f"{window} has no {FEWEST_DAYS} business days of a quarter with swap spreads; those of the program cover "
            f"{' and '.join(spread_windows())}; choose such a window, or give your own file"
        )


def market_rows(market: MultiYearMarket, execution: Execution | None = None) -> MarketRows:
    """Lay out the rows of a market of years; ``execution`` gives trading costs."""
    plan = Plan((), execution or Execution())
    return MarketRows(
        dates=market.dates,
        quotes=market.market,
        schedule=build_schedule(replace(calendar(plan, market.priced), decides=True)),
        contracts=_contracts(plan, market),
        pairs=market.pairs.rows,
        names=market.pairs.names,
        hedge=_per_face(market.pairs.rows, market.notionals),
        signals=market.signals,
        hedges=market.hedges,
        source=market,
    )


def _per_face(pairs: Records, notionals: Floats) -> Floats:
    """Contracts per dollar of face: conversion factor (or swap notional per face) over notional; 0 without a hedge."""
    per: Floats = np.where(pairs["factor"] > 0.0, -pairs["factor"] / notionals[pairs["hedge"]], 0.0)
    return per


def _contracts(plan: Plan, market: MultiYearMarket) -> Records:
    """Fill the rows of contract-months, of notes without futures (trading costs only), and of swaps."""
    futures = contract_rows(plan, market.priced)
    others = empty_rows(ContractRow, len(market.hedges) - len(futures))
    rows: Records = np.concatenate([futures, others]).view(futures.dtype)
    for row, name in zip(rows, market.hedges, strict=True):
        _charge(row, plan.execution, COST_MULTIPLES[name.split(" ")[0]])
    swaps = market.is_swap
    rows["swap"][swaps] = True
    rows["notional"][swaps], rows["point_value"][swaps] = market.notionals[swaps], market.notionals[swaps] / 100
    rows["initial_margin"][swaps] = rows["announced_margin"][swaps] = market.initial_margin[0, swaps]
    return rows


def _charge(row: ContractRow, execution: Execution, multiple: float) -> None:
    """Fill the trading costs of a contract, by tenor."""
    row.bond_cost, row.futures_cost = multiple * execution.bond_cost_bp, multiple * execution.futures_cost_bp
    row.impact, row.depth, row.seizure_cost = (
        execution.impact_bp_per_bn,
        execution.depth_usd,
        execution.seizure_cost,
    )
