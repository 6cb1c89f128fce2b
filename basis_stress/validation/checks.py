"""Values of the validation table that need no run of an episode: data, arithmetic, closed forms."""

from dataclasses import replace

import numpy as np
import pandas as pd

from basis_data.markets.positions import leveraged_fund_shorts
from basis_data.scenarios.parts import MarketEra
from basis_data.scenarios.scenario import market_era
from basis_data.tables.contracts import contract
from basis_data.tables.reader import read
from basis_engine.bonds.delivery import forward_price
from basis_engine.simulation.names import FundColumn
from basis_engine.simulation.run import run
from basis_strategies.assemble import assemble
from basis_strategies.funds_market import book_of_funds
from basis_strategies.plan import DealerPlan
from basis_strategies.population import Population
from basis_stress.front_door.backtest import backtest
from basis_stress.funds_market.amplification import simulated_amplification
from basis_stress.funds_market.episodes import EpisodeMarket


def reported_totals() -> pd.Series:
    """Gross shorts of leveraged funds by report, all contracts, $bn."""
    reports = read("positions")
    reports = reports[reports["report_type"] == "FutOnly"]
    face = reports["lev_money_short_contracts"] * reports["contract"].map(
        lambda code: contract(code, "2025-01-02").notional_usd
    )
    totals: pd.Series = (face / 1e9).groupby(reports["report_date"]).sum()
    return totals


def reported_change(days: pd.Index) -> pd.Series:
    """Change in gross shorts since the last report at or before the first day, percent, by report."""
    totals = reported_totals()
    first = totals[: days[0]].iloc[-1]
    change: pd.Series = 100 * (totals[days[0] : days[-1]] / first - 1)
    return change


def cftc_totals() -> tuple[float, ...]:
    """Gross shorts of leveraged funds on three dates, $bn."""
    totals = reported_totals()
    return tuple(float(totals[pd.Timestamp(day)]) for day in ("2019-12-31", "2022-10-04", "2023-05-09"))


def variation_margin(scenario: str, spans: tuple[tuple[str, str], ...]) -> tuple[float, ...]:
    """Variation margin of the CFTC book between days, $bn."""
    positions = backtest(scenario, book="cftc", contract=["TU", "FV", "TY", "US"]).positions
    by_day = positions.groupby("date")["variation_margin_due_usd"].sum() / 1e9
    return tuple(float(by_day[start:end].sum()) for start, end in spans)


def variation_margin_2020() -> tuple[float, ...]:
    """Variation margin from 28 February to 9 March 2020, and on to 18 March, $bn."""
    return variation_margin("march-2020", (("2020-03-02", "2020-03-09"), ("2020-03-10", "2020-03-18")))


def variation_margin_2025() -> tuple[float, ...]:
    """Variation margin from 2 to 4 April 2025, and on to 9 April, $bn."""
    return variation_margin("april-2025", (("2025-04-03", "2025-04-04"), ("2025-04-07", "2025-04-09")))


def margin_rises() -> tuple[float, ...]:
    """Largest rises of maintenance margin in March 2020, percent: notes, bonds."""
    margins = read("margins")
    rises = {}
    for code, rows in margins.groupby("contract"):
        level = rows.set_index("date")["maintenance_usd"]
        before = level[:"2020-02-28"].iloc[-1]
        rises[code] = 100 * (level["2020-02-28":"2020-03-31"].max() / before - 1)
    notes = np.mean([rises[code] for code in ("TU", "FV", "TY")])
    return float(notes), float(np.mean([rises[code] for code in ("US", "UB")]))


def margin_leverage() -> float:
    """Notional over margin of the 10-year at $1,150 and 134.84."""
    return 134.84 * contract("TY", "2020-01-02").point_value_usd / 1150


def book_rule(day: str) -> float:
    """Hedged share of leveraged funds' gross shorts in the market's contracts at a combined report, $bn."""
    era = MarketEra(era_leverage=1)
    shorts = leveraged_fund_shorts(day, report="Combined").set_index("contract")["face_usd"]
    return float(era.hedged_share * shorts[list(era.contracts)].sum() / 1e9)


def form_pf() -> float:
    """Treasury repo over the capital behind it, December 2022."""
    facts = read("funding_facts")
    repo = facts[(facts["topic"] == "hedge_fund_repo") & (facts["unit"] == "usd_bn")]["value"]
    return float(repo.max() / repo.min())


def quarter_of_repo() -> float:
    """Effect of 45 bp more repo to a quarter's end on a forward at 100, in 32nds."""
    days = np.array(["2025-04-01", "2025-06-30", "2032-02-15"], "datetime64[D]").astype(np.int64)
    settle, delivery, maturity = (int(day) for day in days)
    dear, cheap = (forward_price(100.0, 0.04, maturity, settle, delivery, repo) for repo in (0.0488, 0.0443))
    return 32 * (dear - cheap)


def amplification() -> float:
    """The engine's amplification over 1 / (1 - k), for the k from 0 to 0.9 at which the ratio is farthest from one."""
    ratios = [simulated_amplification(k) * (1.0 - k) for k in (0.0, 0.2, 0.4, 0.6, 0.8, 0.9)]
    return max(ratios, key=lambda ratio: abs(ratio - 1.0))


def thirty_year_spread(march: EpisodeMarket) -> tuple[float, ...]:
    """30-year swap spread at which swap-spread trades are marked, 18 February and 20 March 2020, basis points."""
    swaps = march.priced.with_swaps().swaps
    assert swaps is not None
    spread = pd.DataFrame(swaps.spread_bp, march.days, swaps.tenors)[30]
    return tuple(float(spread[day]) for day in ("2020-02-18", "2020-03-20"))


FUNDS_SHORT = 77
"""Most leveraged funds short in one Treasury futures contract (5-year), CFTC, 8 April 2025."""
LARGEST = 50
"""Largest funds whose share is computed."""


def concentration(market: EpisodeMarket) -> tuple[float, float]:
    """Shares of exposure and of repo that the 50 largest of a population of `FUNDS_SHORT` hold, percent."""
    era = market_era(market.scenario)
    funds = Population(funds=FUNDS_SHORT, leverage=era.era_leverage, buffer_sd=era.buffer_sd)
    book = book_of_funds(market.priced, funds, DealerPlan(), era.hedged_share, market.sales, market.purchases)
    setup = assemble(book.plan, market.priced)
    first = run(replace(setup, days=1, schedule=setup.schedule[:0])).fund_days[0]
    shares = []
    for column in (FundColumn.BONDS, FundColumn.REPO_OWED):
        held = np.sort(first[:, column])[::-1]
        shares.append(float(100 * held[:LARGEST].sum() / held.sum()))
    return shares[0], shares[1]
