"""The weekly trial: the market of funds through every week of history, against the CFTC's change by contract.

Each pair of reports seven days apart is one run: the population holds the first report's shorts, outsiders trade by the
rule of `basis_data.markets.weekly_flows`, and what is left a week later is compared with the second report. Fitted
parameters are frozen. The null predicts no change. The rule and its measures were written down before the first run.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from basis_data.markets.market_data import market_data
from basis_data.markets.parameters import Fit, Parameters, parameters
from basis_data.markets.pricing import priced_market
from basis_data.markets.weekly_flows import weekly_flows
from basis_data.scenarios.scenario import Scenario, market_era
from basis_data.tables.calendars import mark_days
from basis_data.tables.reader import read
from basis_engine.base.errors import InputError
from basis_engine.base.processes import workers
from basis_engine.simulation.names import PositionColumn
from basis_stress.funds_market.episodes import Episode, EpisodeMarket, run_episode
from basis_stress.reporting.registry import write_report

CODES = ("TU", "FV", "TY", "TN")
"""Contracts of the hedged book (`basis_data.scenarios.parts.MarketEra`)."""
FIRST = "2018-01-02"
FALL, QUIET = -5.0, -2.0
"""Percent: a fall, and less than which is none."""
SIZES = (-np.inf, -10.0, -5.0, -2.0, 2.0, np.inf)
"""Percent: edges of the observed change by which the table by size groups weeks."""
LEVERAGE = {"2018-01-01": 25.0, "2023-01-01": 20.0}
"""Median leverage from a date, as in the scenarios of these years (assumption)."""


@dataclass(frozen=True)
class WeeklyTrial:
    """Predicted and observed change of gross shorts."""

    table: pd.DataFrame
    """One row per week and contract: `from`, `to`, `report`, `contract`, `observed_pct`, `predicted_pct`,
    `flow_usd_bn` (net sales of outsiders), `fund_sales_usd_bn`, `rise_bp` (highest balance-sheet spread)."""
    left_out: pd.DataFrame
    """Pairs of reports that were not run, and why."""
    digest: str
    """Of the parameter file."""

    @property
    def summary(self) -> pd.DataFrame:
        """Per contract and in all: weeks, correlation, errors of model and null, false alarms, falls missed and met."""
        groups = {**dict(list(self.table.groupby("contract"))), "all": self.table}
        return pd.DataFrame({name: _scores(rows) for name, rows in groups.items()}).T.rename_axis("contract")

    @property
    def by_size(self) -> pd.DataFrame:
        """Weeks grouped by the size of the observed change: how many, and the mean prediction."""
        cut = pd.cut(self.table["observed_pct"], SIZES)
        rows = self.table.groupby(cut, observed=False)
        return pd.DataFrame(
            {
                "weeks": rows.size(),
                "observed_pct": rows["observed_pct"].mean(),
                "predicted_pct": rows["predicted_pct"].mean(),
                "predicted_falls": rows["predicted_pct"].apply(lambda values: int((values <= QUIET).sum())),
            }
        ).rename_axis("observed change, %")

    def report(self, path: str | Path) -> Path:
        """Write the self-contained HTML page."""
        return write_report(self, path)


def weekly_trial(
    start: str = FIRST,
    end: str | None = None,
    frozen: Parameters | None = None,
    done: Callable[[int, int], None] = lambda count, of: None,
    processes: int = 1,
) -> WeeklyTrial:
    """Run the market of funds through every week with reports from ``start`` to ``end`` (the last report).

    Parameters
    ----------
    done
        Called with the number of weeks that are done, and of all.
    processes
        Processes of this machine that share the weeks; they do not change the result.

    Raises
    ------
    InputError
        If there is no pair of reports in between.
    """
    chosen = frozen or parameters()
    fit, rows, left_out = chosen.fits[len(chosen.fits) // 2], list[dict[str, object]](), []
    pairs = list(pairs_of_reports(start, end))
    with workers(min(processes, len(pairs)) or 1) as each:
        for count, (pair, found) in enumerate(zip(pairs, each(partial(_week, fit), pairs), strict=True), 1):
            if isinstance(found, str):
                left_out.append((*pair[:2], found))
            else:
                rows += found
            done(count, len(pairs))
    if not rows:
        span = f"{start} to {end or 'the last report'}"
        raise InputError(f"weekly trial: no pair of reports a week apart from {span}; choose a longer span")
    return WeeklyTrial(pd.DataFrame(rows), pd.DataFrame(left_out, columns=["from", "to", "reason"]), chosen.digest)


def pairs_of_reports(start: str, end: str | None = None) -> Iterator[tuple[pd.Timestamp, pd.Timestamp, str]]:
    """Yield pairs of reports seven days apart that hold all contracts: futures only, else combined."""
    reports = read("positions")
    reports = reports[reports["contract"].isin(CODES)]
    whole = reports.groupby(["report_type", "report_date"], as_index=False).agg(count=("contract", "count"))
    whole = whole[whole["count"] == len(CODES)]
    dates = {kind: set(whole["report_date"][whole["report_type"] == kind]) for kind in ("FutOnly", "Combined")}
    last = pd.Timestamp(end) if end else max(map(max, dates.values()))
    week = pd.Timedelta(days=7)
    for first in sorted(set().union(*dates.values())):
        kind = next((kind for kind in dates if first in dates[kind] and first + week in dates[kind]), None)
        if kind and pd.Timestamp(start) <= first and first + week <= last:
            yield first, first + week, kind


def _week(fit: Fit, pair: tuple[pd.Timestamp, pd.Timestamp, str]) -> list[dict[str, object]] | str:
    """Run the week between two reports: a row per contract, or why it cannot be run."""
    try:
        return list(_rows(*pair, fit))
    except InputError as problem:
        return str(problem)


def _rows(first: pd.Timestamp, last: pd.Timestamp, report: str, fit: Fit) -> Iterator[dict[str, object]]:
    """Run one week; a row per contract."""
    episode = run_episode(_market(first, last, report), fit)
    positions = read("positions")
    positions = positions[(positions["report_type"] == report) & positions["report_date"].isin([first, last])]
    shorts = positions.set_index(["report_date", "contract"])["lev_money_short_contracts"].astype(float).to_dict()
    dealers, market = episode.dealers, episode.market
    for code, predicted in _predicted(episode).items():
        yield {
            "from": first,
            "to": last,
            "report": report,
            "contract": code,
            "observed_pct": 100 * (shorts[last, code] / shorts[first, code] - 1),
            "predicted_pct": predicted,
            "flow_usd_bn": (market.sales.sum() - market.purchases.sum()) / 1e9,
            "fund_sales_usd_bn": float(dealers["fund_sales"].iloc[-1]),
            "rise_bp": float(dealers["balance_sheet_spread"].max()),
        }


def _market(first: pd.Timestamp, last: pd.Timestamp, report: str) -> EpisodeMarket:
    """The market from one report to the next."""
    leverage = [level for since, level in LEVERAGE.items() if first >= pd.Timestamp(since)][-1]
    scenario = Scenario.model_validate(
        {
            "name": f"week from {first.date()}",
            "start": str(first.date()),
            "end": str(last.date()),
            "contracts": CODES,
            "haircut": 0.0,
            "market": {"era_leverage": leverage, "report": report},
        }
    )
    days = mark_days(np.datetime64(first, "D"), np.datetime64(last, "D"))
    priced = priced_market(market_data(scenario, market_era(scenario).contracts, snapshot_prices=False))
    return EpisodeMarket(scenario, priced, *weekly_flows(days))


def _predicted(episode: Episode) -> dict[str, float]:
    """Change of gross shorts by contract, percent: that of the hedged share, the rest unchanged."""
    contracts = episode.run.position_days[:, :, PositionColumn.CONTRACTS]
    share, codes = market_era(episode.market.scenario).hedged_share, np.array(episode.market.priced.codes)
    of = codes[episode.run.positions["contract"]]
    held = {code: contracts[:, of == code].sum(axis=1) for code in codes}
    return {str(code): float(100 * share * (path[-1] / path[0] - 1)) for code, path in held.items()}


def _scores(rows: pd.DataFrame) -> dict[str, float]:
    """Scores of some weeks."""
    observed, predicted = rows["observed_pct"], rows["predicted_pct"]
    alarm, fell = predicted <= FALL, observed <= FALL
    moved = float(predicted.std()) > 0.0
    return {
        "weeks": len(rows),
        "correlation": float(observed.corr(predicted)) if moved else np.nan,
        "rmse_model": float(np.sqrt(((observed - predicted) ** 2).mean())),
        "rmse_null": float(np.sqrt((observed**2).mean())),
        "alarms": int(alarm.sum()),
        "false_alarms": int((alarm & (observed > QUIET)).sum()),
        "falls": int(fell.sum()),
        "missed_falls": int((fell & (predicted > QUIET)).sum()),
        "met_falls": int((fell & alarm).sum()),
    }
