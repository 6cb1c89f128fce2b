"""Result of the market of funds: an episode run with and without feedback, as tables.

The capacity multiple (how much steeper the dealers' balance-sheet spread rises once inventory exceeds capacity) is not
identified by history: inventory stays below capacity in every episode, and 1, 2 and 4 give the same figures. It is
therefore assumed, and a band over several multiples is run on request, for shocks that fill capacity.
"""

import math
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from basis_data.markets.parameters import parameters
from basis_data.markets.positions import leveraged_fund_shorts
from basis_data.scenarios.scenario import Scenario, market_era
from basis_data.tables.data_in_use import data_in_use
from basis_data.tables.reader import read
from basis_engine.base.errors import InputError
from basis_engine.simulation.names import FundColumn, LogEvent, Party, PositionColumn, Status
from basis_strategies.plan import BALANCE_SHEET_SHARES
from basis_stress.funds_market.episodes import FLOWS, Episode, EpisodeMarket, episode_market, era_dealers, run_episode
from basis_stress.reporting.registry import Saved

ASSUMED = (2.0,)
"""Capacity multiple of a run by default: an assumption, which shows in no episode of history."""
CAPACITY_MULTIPLES = (1.0, 2.0, 4.0)
"""Multiples of the band, for shocks that fill dealers' capacity."""
TABLES = ("summary", "shorts", "dealers", "funds", "flows")
_TENORS = {"TU": 2, "FV": 5, "TY": 10}
_RENAMED = {
    "kinks": "capacity_multiples",
    "by_kink": "by_capacity_multiple",
    "rent_years": "years_to_delivery",
}
"""Old names, which work for one release, and the new ones."""


@dataclass(frozen=True, repr=False)
class MarketResult(Saved):
    """Shorts, dealers and funds in one episode, a block of rows per capacity multiple; money in USD."""

    TABLES = TABLES
    scenario: Scenario
    source: str
    """Origin and digest of the parameter file."""
    capacity_usd: float
    """Inventory beyond which the balance-sheet spread rises faster."""
    years_to_delivery: float
    """Years over which the balance-sheet spread is discounted."""
    hedged_usd: float
    """Face of the hedged basis book on the first day."""
    reported: "pd.Series[float]"
    """Gross shorts of leveraged funds in the CFTC's weekly reports inside the window, USD."""
    summary: pd.DataFrame
    """One row per capacity multiple."""
    shorts: pd.DataFrame
    """Per multiple and day: gross shorts, and what they would be if funds' sales did not reach dealers."""
    dealers: pd.DataFrame
    """Per multiple and day: inventory, balance-sheet spread (bp a year), the day's flows, dislocation (bp of price)."""
    funds: pd.DataFrame
    """Per multiple, day and fund: book (basis or swap spread), notes held, sold that day, equity, status."""
    flows: pd.DataFrame
    """Per multiple: sales (+) and purchases (-) of each group over the window; they sum to zero."""

    @property
    def capacity_multiples(self) -> list[float]:
        """Capacity multiples that were run."""
        return [float(multiple) for multiple in self.summary.index]

    @property
    def middle(self) -> float:
        """The middle capacity multiple."""
        return self.capacity_multiples[len(self.summary) // 2]

    @property
    def days(self) -> pd.DatetimeIndex:
        """Business days of the window."""
        return pd.DatetimeIndex(self.shorts["date"].unique())

    def by_capacity_multiple(self, table: str, column: str) -> pd.DataFrame:
        """A column of `shorts` or `dealers`, days by capacity multiples."""
        pivoted: pd.DataFrame = getattr(self, table).pivot(index="date", columns="capacity_multiple", values=column)
        return pivoted

    def observed_basis(self) -> pd.DataFrame:
        """Rise of implied repo over OIS since the first day, as basis points of price over the term to delivery.

        Days of the window that history/basis_spreads.csv covers, by contract; empty if it lacks all or the first.
        """
        table = read("basis_spreads").set_index("date")
        table = table[(table.index >= self.days[0]) & (table.index <= self.days[-1])]
        codes = [code for code in _TENORS if code in self.dealers and code in BALANCE_SHEET_SHARES]
        if table.empty or not codes:
            return pd.DataFrame()
        spreads = table[[f"implied_repo_minus_ois_{_TENORS[code]}y_bp" for code in codes]].set_axis(codes, axis=1)
        rise = (spreads - spreads.bfill().iloc[0]) * self.years_to_delivery
        return rise.dropna(how="all")

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Return an attribute by its old name, with a warning."""
            if name not in _RENAMED:
                raise AttributeError(f"MarketResult has no attribute {name!r}")
            warnings.warn(f"MarketResult.{name} is now MarketResult.{_RENAMED[name]}", DeprecationWarning, stacklevel=2)
            return getattr(self, _RENAMED[name])


def backtest_market(
    scenario: str | Path | Scenario,
    capacity_multiples: Sequence[float] = ASSUMED,
    *,
    parameter_file: str | Path | None = None,
    progress: Callable[[str], None] = lambda text: None,
) -> MarketResult:
    """Run an episode with the market of funds.

    Parameters
    ----------
    scenario
        Name, TOML path or `Scenario`; it needs a `[market]` part.
    capacity_multiples
        Capacity multiples to run, each once; several give a band.
    parameter_file
        Replaces the file that was fitted on March 2020.
    progress
        Called with a line of text before each step.

    Raises
    ------
    InputError
        If the scenario has no `[market]` part or lacks data, or the file has no such capacity multiple.
    """
    if not capacity_multiples or len(set(capacity_multiples)) < len(capacity_multiples):
        given = ", ".join(map(str, capacity_multiples)) or "none"
        raise InputError(f"capacity_multiples: {given} given, allowed are one or more, each once")
    frozen = parameters(parameter_file)
    fits = [frozen.fit(multiple) for multiple in capacity_multiples]
    progress("pricing notes and futures")
    market = episode_market(scenario)
    isolated = era_dealers(market_era(market.scenario), feedback=0.0)  # funds' own sales do not reach these dealers
    runs = []
    for fit in fits:
        progress(f"running {len(market.days)} days with capacity multiple {fit.capacity_multiple:g}")
        runs.append((fit.capacity_multiple, run_episode(market, fit), run_episode(market, fit, dealers=isolated)))
    first = runs[0][1]
    return MarketResult(
        scenario=market.scenario,
        source=f"{frozen.source}; digest {frozen.digest}; data: {data_in_use()}",
        capacity_usd=first.dealer_plan.capacity_usd,
        years_to_delivery=first.dealer_plan.balance_sheet_years,
        hedged_usd=first.hedged.iloc[0],
        reported=_reported(market),
        summary=pd.DataFrame(
            [_summary(episode, without) for _, episode, without in runs],
            pd.Index([multiple for multiple, _, _ in runs], name="capacity_multiple"),
        ),
        shorts=_stacked((multiple, _shorts(episode, without)) for multiple, episode, without in runs),
        dealers=_stacked((multiple, _dealers(episode, without)) for multiple, episode, without in runs),
        funds=_stacked((multiple, _funds(episode)) for multiple, episode, _ in runs),
        flows=_stacked(((multiple, _flows(episode)) for multiple, episode, _ in runs), place=0),
    )


def _stacked(tables: Iterable[tuple[float, pd.DataFrame]], place: int = 1) -> pd.DataFrame:
    """Stack one table per capacity multiple, with a column that names it."""
    parts = []
    for multiple, table in tables:
        table.insert(place, "capacity_multiple", multiple)
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def _reported(market: EpisodeMarket) -> "pd.Series[float]":
    """Gross shorts, USD, of every weekly report dated inside the window; empty if the scenario changes the yields."""
    path = market.scenario.files.positions
    if market.scenario.moves_from is not None:
        return pd.Series(dtype=float)  # no report has counted these days
    reports = [leveraged_fund_shorts(day, path, market.scenario.report) for day in market.days]
    totals = {report["report_date"].iloc[0]: float(report["face_usd"].sum()) for report in reports}
    series = pd.Series(totals, dtype=float).sort_index()
    if market.scenario.moves_yields and not market.scenario.intraday:
        return series.iloc[:0]
    return series[(series.index >= market.days[0]) & (series.index <= market.days[-1])]


def _shorts(episode: Episode, without: Episode) -> pd.DataFrame:
    """Gross shorts by day with and without feedback, USD."""
    return pd.DataFrame(
        {
            "date": episode.market.days,
            "shorts_usd": episode.shorts.to_numpy(),
            "without_feedback_usd": without.shorts.to_numpy(),
        }
    )


def _dealers(episode: Episode, without: Episode) -> pd.DataFrame:
    """Dealers by day: inventory, flows of the day, balance-sheet spread and each contract's dislocation."""
    table = episode.dealers.reset_index(names="date")
    for name in FLOWS:
        table[name] = table[name].diff().fillna(table[name])
    table[["inventory", *FLOWS]] *= 1e9
    table["spread_without_feedback"] = without.dealers["balance_sheet_spread"].to_numpy()
    return pd.concat([table, episode.dislocations.reset_index(drop=True)], axis=1)


def _funds(episode: Episode) -> pd.DataFrame:
    """Funds by day, largest first."""
    run = episode.run
    days, count = run.fund_days.shape[:2]
    face = run.fund_days[:, :, FundColumn.FACE]
    sold = np.diff(face, axis=0, prepend=face[:1])
    return pd.DataFrame(
        {
            "date": np.repeat(episode.market.days, count),
            "fund": np.tile([fund.name for fund in episode.book.plan.funds], days),
            "book": np.tile(np.where(np.arange(count) < episode.book.basis_funds, "basis", "swap spread"), days),
            "face_usd": face.ravel(),
            "sold_usd": -sold.ravel(),
            "equity_usd": run.fund_days[:, :, FundColumn.EQUITY].ravel(),
            "status": [Status(int(status)).name.lower() for status in run.fund_days[:, :, FundColumn.STATUS].ravel()],
        }
    )


def sales_ratio(sold: float, alone: float) -> float:
    """Sales with feedback over sales without it: 1 where nobody sells, infinite where funds sell only with feedback."""
    if alone > 0.0:
        return sold / alone
    return 1.0 if sold == 0.0 else math.inf


def _summary(episode: Episode, without: Episode) -> dict[str, float]:
    """Summary figures of one capacity multiple."""
    dealers = episode.dealers
    sold, alone = dealers["fund_sales"].iloc[-1], without.dealers["fund_sales"].iloc[-1]
    return {
        "shorts_start_usd": float(episode.shorts.iloc[0]),
        "shorts_end_usd": float(episode.shorts.iloc[-1]),
        "shorts_change": episode.shorts_change,
        "hedged_change": episode.hedged_change,
        "without_feedback_change": without.shorts_change,
        "fund_sales_usd": 1e9 * float(sold),
        "fund_sales_without_feedback_usd": 1e9 * float(alone),
        "swap_sales_usd": 1e9 * float(dealers["swap_sales"].iloc[-1]),
        "amplification": sales_ratio(float(sold), float(alone)),
        "peak_dislocation_bp": float(episode.dislocations.to_numpy().max()),
        "peak_inventory_usd": 1e9 * float(dealers["inventory"].max()),
        "worst_return": float(episode.returns.min()),
        "defaults": episode.defaults,
    }


def _flows(episode: Episode) -> pd.DataFrame:
    """Sales of each group to dealers, USD; the remainder is what dealers placed with other investors."""
    dealers = 1e9 * episode.dealers[["inventory", *FLOWS]]
    seized = _seized(episode)
    last = dealers.iloc[-1]
    sold = dealers["fund_sales"] + dealers["swap_sales"]
    waiting = sold.iloc[-1] - sold.iloc[-2]  # reaches dealers' books at the next mark
    rows = {
        "outside investors": last["outside_sales"],
        "swap-spread trades": last["swap_sales"],
        "basis trades, by order": last["fund_sales"] - seized,
        "lenders, seized notes of failed basis funds": seized,
        "central bank": -last["purchases"],
        "dealers, at the end": -last["inventory"] - waiting,
    }
    rows["other investors, through dealers"] = -sum(rows.values())
    return pd.DataFrame({"group": list(rows), "usd": [float(value) for value in rows.values()]})


def _seized(episode: Episode) -> float:
    """Market value of the notes of basis trades that lenders sold for failed funds, USD."""
    log, run = episode.run.log, episode.run
    ours = log[(log["what"] == LogEvent.SEIZURE) & (log["party"] == Party.REPO_LENDER)]
    ours = ours[ours["contract"] < len(episode.market.priced.codes)]
    day = np.searchsorted(episode.market.priced.data.minutes, ours["time"], side="right") - 1
    quote = run.position_days[day, ours["position"]]
    dirty = quote[:, PositionColumn.CLEAN] + quote[:, PositionColumn.ACCRUED]
    return float((ours["amount"] * dirty / 100).sum())
