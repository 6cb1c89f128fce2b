"""The whole market in one result: an episode played with every kink, with and without feedback, as plain tables.

The kink (how much steeper dealers' rent rises beyond their capacity) is not identified by March 2020, so that every
figure of a market is a band over kinks, never one number.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from basis_data.markets.parameters import parameters
from basis_data.markets.positions import leveraged_fund_shorts
from basis_data.scenarios.scenario import Scenario
from basis_data.scenarios.scenario import scenario as load_scenario
from basis_engine.base.errors import InputError
from basis_engine.simulation.names import FundColumn, LogEvent, Party, PositionColumn, Status
from basis_strategies.plan import DealerPlan
from basis_stress.funds_market.episodes import FLOWS, Episode, Stage, play, stage
from basis_stress.funds_market.measures import dealers_of, dislocations
from basis_stress.reporting.files import save_tables
from basis_stress.reporting.registry import write_report

KINKS = (1.0, 2.0, 4.0)
TABLES = ("summary", "shorts", "dealers", "funds", "flows")


@dataclass(frozen=True)
class MarketResult:
    """What shorts, dealers and funds did in one episode, a block of rows per kink; money in USD."""

    scenario: Scenario
    source: str
    """The parameter file used: where it comes from, and its digest."""
    capacity_usd: float
    """Inventory beyond which dealers' rent rises faster."""
    rent_years: float
    """Years to delivery over which the rent is discounted."""
    hedged_usd: float
    """Face of the hedged basis book on the first day."""
    reported: "pd.Series[float]"
    """Gross shorts of leveraged funds in the CFTC's weekly reports inside the window, USD."""
    summary: pd.DataFrame
    """One row per kink."""
    shorts: pd.DataFrame
    """Per kink and day: gross shorts, and what they would be if funds' sales did not reach dealers."""
    dealers: pd.DataFrame
    """Per kink and day: inventory, rent (bp a year), flows of the day, dislocation by contract (bp of price)."""
    funds: pd.DataFrame
    """Per kink, day and fund: book (basis or swap spread), notes held, sold since the day before, equity, status."""
    flows: pd.DataFrame
    """Per kink: what each sold (+) and took (-) over the window; they sum to nothing."""

    @property
    def kinks(self) -> list[float]:
        """Kinks played."""
        return [float(kink) for kink in self.summary.index]

    @property
    def days(self) -> pd.DatetimeIndex:
        """Business days of the window."""
        return pd.DatetimeIndex(self.shorts["date"].unique())

    def by_kink(self, table: str, column: str) -> pd.DataFrame:
        """A column of `shorts` or `dealers`, days by kinks."""
        return getattr(self, table).pivot(index="date", columns="kink", values=column)  # type: ignore[no-any-return]

    def save(self, folder: str | Path) -> Path:
        """Write every table as Parquet into a folder; all of them, or none."""
        return save_tables(folder, {name: getattr(self, name) for name in TABLES})

    def report(self, path: str | Path) -> Path:
        """Write the self-contained HTML report."""
        return write_report(self, path)


def backtest_market(
    scenario: str | Path | Scenario,
    kinks: Sequence[float] = KINKS,
    *,
    parameter_file: str | Path | None = None,
    progress: Callable[[str], None] = lambda text: None,
) -> MarketResult:
    """Play an episode with the market of funds.

    Parameters
    ----------
    scenario
        Name, TOML path or `Scenario`; one with a `[market]` part.
    kinks
        Kinks of the parameter file to play, each once.
    parameter_file
        Another file than the one frozen on March 2020.
    progress
        Told what is being done.

    Raises
    ------
    InputError
        If the scenario has no `[market]` part or lacks data, or the file has no such kink.
    """
    if not kinks or len(set(kinks)) < len(kinks):
        raise InputError(f"kinks: {', '.join(map(str, kinks)) or 'none'} given, allowed are one or more, each once")
    frozen = parameters(parameter_file)
    fits = [frozen.fit(kink) for kink in kinks]
    progress("pricing notes and futures")
    on = stage(scenario if isinstance(scenario, Scenario) else load_scenario(scenario))
    pairs = []
    for fit in fits:
        progress(f"playing {len(on.days)} days with kink {fit.kink:g}")
        pairs.append((fit.kink, play(on, fit), play(on, fit, dealers=_without_feedback(on))))
    whom = dealers_of(pairs[0][1])
    return MarketResult(
        scenario=on.scenario,
        source=f"{frozen.source}; digest {frozen.digest}",
        capacity_usd=whom.capacity_usd,
        rent_years=whom.rent_years,
        hedged_usd=pairs[0][1].hedged.iloc[0],
        reported=_reported(on),
        summary=pd.DataFrame([_summary(*pair) for pair in pairs]).set_index("kink"),
        shorts=pd.concat([_shorts(*pair) for pair in pairs], ignore_index=True),
        dealers=pd.concat([_dealers(*pair) for pair in pairs], ignore_index=True),
        funds=pd.concat([_funds(kink, episode) for kink, episode, _ in pairs], ignore_index=True),
        flows=pd.concat([_flows(kink, episode) for kink, episode, _ in pairs], ignore_index=True),
    )


def _without_feedback(on: Stage) -> DealerPlan:
    """The era's dealers, whom funds' own sales do not reach."""
    era = on.scenario.market
    assert era is not None  # `stage` has refused a scenario without it
    return DealerPlan(capacity_usd=era.capacity_usd_bn * 1e9, ceiling=era.ceiling_bp, feedback=0.0)


def _reported(on: Stage) -> "pd.Series[float]":
    """Gross shorts of every weekly report dated inside the window; none where yields are not those of its days."""
    path = on.scenario.files.positions
    reports = [leveraged_fund_shorts(day, path, on.scenario.report) for day in on.days]
    totals = {one["report_date"].iloc[0]: float(one["face_usd"].sum()) for one in reports}
    series = pd.Series(totals, dtype=float).sort_index()
    if on.scenario.moves_yields and not on.scenario.intraday:
        return series.iloc[:0]
    return series[(series.index >= on.days[0]) & (series.index <= on.days[-1])]


def _shorts(kink: float, episode: Episode, without: Episode) -> pd.DataFrame:
    """Gross shorts with and without feedback."""
    return pd.DataFrame(
        {
            "date": episode.stage.days,
            "kink": kink,
            "shorts_usd": episode.shorts.to_numpy(),
            "without_feedback_usd": without.shorts.to_numpy(),
        }
    )


def _dealers(kink: float, episode: Episode, without: Episode) -> pd.DataFrame:
    """Dealers by day: level of the inventory, flows of the day, rent and what it does to each contract's notes."""
    table = episode.dealers.reset_index(names="date")
    for name in FLOWS:
        table[name] = table[name].diff().fillna(table[name])
    table[["inventory", *FLOWS]] *= 1e9
    table.insert(1, "kink", kink)
    table["rent_without_feedback"] = without.dealers["rent"].to_numpy()
    return pd.concat([table, dislocations(episode).reset_index(drop=True)], axis=1)


def _funds(kink: float, episode: Episode) -> pd.DataFrame:
    """Funds by day, in the order of their size."""
    run = episode.run
    days, count = run.fund_days.shape[:2]
    face = run.fund_days[:, :, FundColumn.FACE]
    sold = np.diff(face, axis=0, prepend=face[:1])
    return pd.DataFrame(
        {
            "date": np.repeat(episode.stage.days, count),
            "kink": kink,
            "fund": np.tile([fund.name for fund in episode.book.plan.funds], days),
            "book": np.tile(np.where(np.arange(count) < episode.book.basis_funds, "basis", "swap spread"), days),
            "face_usd": face.ravel(),
            "sold_usd": -sold.ravel(),
            "equity_usd": run.fund_days[:, :, FundColumn.EQUITY].ravel(),
            "status": [Status(int(one)).name.lower() for one in run.fund_days[:, :, FundColumn.STATUS].ravel()],
        }
    )


def _summary(kink: float, episode: Episode, without: Episode) -> dict[str, float]:
    """The figures of one kink."""
    held, rents, dealers = episode.hedged, dislocations(episode), episode.dealers
    sold, alone = dealers["fund_sales"].iloc[-1], without.dealers["fund_sales"].iloc[-1]
    return {
        "kink": kink,
        "shorts_start_usd": float(episode.shorts.iloc[0]),
        "shorts_end_usd": float(episode.shorts.iloc[-1]),
        "shorts_change": float(episode.shorts.iloc[-1] / episode.shorts.iloc[0] - 1),
        "hedged_change": float(held.iloc[-1] / held.iloc[0] - 1),
        "without_feedback_change": float(without.shorts.iloc[-1] / without.shorts.iloc[0] - 1),
        "fund_sales_usd": 1e9 * float(sold),
        "fund_sales_without_feedback_usd": 1e9 * float(alone),
        "swap_sales_usd": 1e9 * float(dealers["swap_sales"].iloc[-1]),
        "amplification": float(sold / alone) if alone > 0 else np.nan,
        "peak_dislocation_bp": float(rents.to_numpy().max()),
        "peak_inventory_usd": 1e9 * float(dealers["inventory"].max()),
        "worst_return": float(episode.returns.min()),
        "defaults": episode.defaults,
    }


def _flows(kink: float, episode: Episode) -> pd.DataFrame:
    """Who sold to dealers and who took it from them, USD; what is left is what dealers placed with investors."""
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
    return pd.DataFrame({"kink": kink, "who": list(rows), "usd": [float(value) for value in rows.values()]})


def _seized(episode: Episode) -> float:
    """Market value of the notes of basis trades that lenders sold for failed funds."""
    log, run = episode.run.log, episode.run
    ours = log[(log["what"] == LogEvent.SEIZURE) & (log["party"] == Party.REPO_LENDER)]
    ours = ours[ours["contract"] < len(episode.stage.market.codes)]
    day = np.searchsorted(episode.stage.market.data.minutes, ours["time"], side="right") - 1
    quote = run.position_days[day, ours["position"]]
    dirty = quote[:, PositionColumn.CLEAN] + quote[:, PositionColumn.ACCRUED]
    return float((ours["amount"] * dirty / 100).sum())
