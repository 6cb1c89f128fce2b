"""A market of years in which nothing moves: one yield, one repo rate, and the basis cheapens by one spread a year."""

from dataclasses import replace
from pathlib import Path

import numpy as np

import basis_data.multi_year.market as years
from basis_data.markets.contract_months import contract_months
from basis_data.markets.observed_basis import observed_basis
from basis_data.markets.pricing import priced_market
from basis_data.multi_year.market import MultiYearMarket
from basis_data.multi_year.pairs import multi_year_pairs
from basis_data.multi_year.rates import multi_year_data
from basis_data.multi_year.swaps import multi_year_swaps
from basis_data.scenarios.scenario import Scenario
from basis_data.tables.calendars import mark_days
from basis_data.tables.validation import validated
from basis_strategies.multi_year_market import MarketRows, market_rows
from basis_strategies.plan import Execution

YIELD, REPO, SPREAD, SWAP_SPREAD = 0.03, 0.024, 0.003, -0.0025
START, END = "2018-04-02", "2018-12-31"
FREE = Execution(bond_cost_bp=0.0, futures_cost_bp=0.0, impact_bp_per_bn=0.0)


def flat_market(
    spread: float = SPREAD, codes=("TU", "FV", "TY"), terms=(2, 5, 10), swaps=(), file=None
) -> MultiYearMarket:
    """Par yields, SOFR and expected repo as they never were; margins, baskets and calendars as they were."""
    given = {"name": "flat", "start": START, "end": END, "contracts": codes, "curve": "par", "haircut": 0.0}
    scenario = validated(Scenario, given, "flat")
    days = mark_days(scenario.start, scenario.end)
    months = contract_months(scenario.contracts, days)
    moved = multi_year_data(scenario, days, months, "overnight")
    rates = dict.fromkeys(("sofr", "repo_rate", "carry_rate", "policy_rate", "cash_rate"), np.full(len(days), REPO))
    curves = replace(moved.curves, par_yields=np.full_like(moved.curves.par_yields, YIELD))
    priced = priced_market(replace(moved, curves=curves, **rates))
    first = np.array([month.future.first_delivery for month in months])
    left = np.maximum(first - priced.data.settle[:, None], 0) / 360
    cheap = replace(priced, data=replace(priced.data, dislocation_bp=1e4 * spread * left))
    pairs = multi_year_pairs(cheap, months, terms)
    trades = multi_year_swaps(cheap.data, pairs, swaps, file)
    return years._quoted(cheap, months, observed_basis(priced, months, scenario.contracts), pairs, trades, terms)


def swap_spreads(folder: Path) -> Path:
    """A user's own file of swap spreads that stand still."""
    rows = ["date,tenor_years,swap_spread_bp"]
    for day in mark_days(START, END):
        rows += [f"{day},{tenor},{1e4 * SWAP_SPREAD:g}" for tenor in (2, 5, 10, 30)]
    path = folder / "swap_spreads.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def flat_stage(folder: Path, spread: float = SPREAD, execution: Execution = FREE, swaps=()) -> MarketRows:
    """The same as rows of the engine, free of costs by default."""
    file = swap_spreads(folder) if swaps else None
    return market_rows(flat_market(spread, swaps=swaps, file=file), execution)
