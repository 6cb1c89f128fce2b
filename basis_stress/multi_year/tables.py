"""Tables of a multi-year run: days, months, profit lines by strategy, positions, events."""

import numpy as np
import pandas as pd

from basis_data.tables.data_in_use import data_in_use
from basis_engine.simulation.names import FundColumn, LogEvent, PnlLine, PositionColumn, Status, column_names
from basis_strategies.run import StrategyRun
from basis_strategies.strategy import Portfolio, first_line
from basis_stress.multi_year.performance import monthly_returns, performance
from basis_stress.multi_year.remarks import assumptions, caveats
from basis_stress.multi_year.result import MultiYearRun
from basis_stress.single_book.tabulate import event_table

QUIET = (LogEvent.PRICE_MOVE, LogEvent.DECISION)
"""Events of every day; the log of a multi-year run leaves them out."""


def tabulate_years(played: StrategyRun) -> MultiYearRun:
    """Compute every table of a run."""
    rules = played.rules
    daily, by_strategy = _daily(played), _attribution(played)
    lines = by_strategy.drop(columns="strategy").groupby("date").sum()
    return MultiYearRun(
        name=rules.name,  # type: ignore[attr-defined]
        description=first_line(type(rules)),
        settings=_settings(played),
        assumptions=assumptions(played),
        caveats=caveats(played, daily),
        performance=performance(rules.name, daily, lines),  # type: ignore[attr-defined]
        daily=daily,
        monthly=monthly_returns(daily),
        attribution=by_strategy,
        positions=_positions(played),
        events=_events(played),
    )


def _days(played: StrategyRun) -> pd.DatetimeIndex:
    """Days of the run."""
    return pd.DatetimeIndex(played.market.dates[: played.days], name="date").as_unit("ms")


def _daily(played: StrategyRun) -> pd.DataFrame:
    """Balance sheet and return of each day."""
    run, days = played.run, played.days
    fund = run.fund_days[:days, 0]
    equity, notes = fund[:, FundColumn.EQUITY], np.abs(_values(played)).sum(axis=1)
    before = np.where(equity[:-1] > 0.0, equity[:-1], np.nan)
    returns = np.concatenate([[0.0], np.nan_to_num(np.diff(equity) / before)])
    cash_rate = played.market.source.priced.data.cash_rate[:days]
    settle = played.market.source.priced.data.settle[:days]
    interest = np.concatenate([[0.0], cash_rate[:-1] * np.diff(settle) / 360.0])
    alive = np.where(equity > 0.0, equity, np.nan)
    basis, observed = _observed(played)
    table = {
        "equity_usd": equity,
        "return": returns,
        "excess_return": returns - interest,
        "drawdown": equity / np.maximum.accumulate(equity) - 1,
        "cash_usd": fund[:, FundColumn.CASH],
        "notes_usd": notes,
        "repo_owed_usd": fund[:, FundColumn.REPO_OWED],
        "initial_margin_usd": fund[:, FundColumn.INITIAL_MARGIN],
        "leverage": np.nan_to_num(notes / alive),
        "margin_to_equity": np.nan_to_num(fund[:, FundColumn.INITIAL_MARGIN] / alive),
        "called_usd": _by_day(played, LogEvent.CALL_PAID),
        "sold_usd": _sold_by_order(played),
        "basis_usd": basis,
        "observed_share": observed,
        "status": [Status(int(status)).name.lower() for status in fund[:, FundColumn.STATUS]],
    }
    return pd.DataFrame(table, _days(played))


def _values(played: StrategyRun) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """Market value of the notes of each position [days, positions], USD."""
    rows = played.run.position_days[: played.days]
    dirty = rows[:, :, PositionColumn.CLEAN] + rows[:, :, PositionColumn.ACCRUED]
    return np.asarray(rows[:, :, PositionColumn.FACE] * dirty / 100)


def _observed(played: StrategyRun) -> tuple["np.ndarray[tuple[int], np.dtype[np.float64]]", ...]:
    """Value of notes held against futures, and the share of it whose dislocation is observed [days]."""
    columns = np.concatenate([sleeve.columns for sleeve in played.sleeves])
    hedged = played.market.pairs["hedged"][columns]
    value = np.abs(_values(played)) * hedged
    observed = played.market.signals["observed"][: played.days, columns]
    total = value.sum(axis=1)
    return total, np.divide((value * observed).sum(axis=1), total, out=np.full(len(total), np.nan), where=total > 0)


def _log_days(played: StrategyRun) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Day of each row of the event log."""
    minutes = played.market.source.priced.data.minutes
    return np.searchsorted(minutes.astype("datetime64[m]").astype("datetime64[D]"), _log_dates(played))


def _log_dates(played: StrategyRun) -> "np.ndarray[tuple[int], np.dtype[np.datetime64]]":
    """Date of each row of the event log; dates in New York and UTC agree at the hours of all events."""
    return np.asarray(played.run.log["time"].astype("datetime64[m]").astype("datetime64[D]"))


def _by_day(played: StrategyRun, event: LogEvent) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Amounts of one kind of event, by day, USD."""
    chosen = played.run.log["what"] == event
    days = _log_days(played)[chosen]
    return np.bincount(days, played.run.log["amount"][chosen], played.days)[: played.days].astype(np.float64)


def _sold_by_order(played: StrategyRun) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Face sold by order of a limit, USD by day: sales whose cause is an order."""
    log = played.run.log
    ordered = (log["what"] == LogEvent.SALE) & (log["what"][log["cause"]] == LogEvent.ORDER)
    sold = np.bincount(_log_days(played)[ordered], log["amount"][ordered], played.days)
    return sold[: played.days].astype(np.float64)


def _attribution(played: StrategyRun) -> pd.DataFrame:
    """Profit lines by day and strategy; lines without a position belong to the cash pool."""
    rows = played.run.attribution[: played.days]
    parts = [(sleeve.strategy.name, rows[:, sleeve.first : sleeve.last].sum(axis=1)) for sleeve in played.sleeves]
    parts.append(("cash", rows[:, len(played.run.positions) :].sum(axis=1)))
    tables = [
        pd.DataFrame(lines, _days(played), column_names(PnlLine)).assign(strategy=name).reset_index()
        for name, lines in parts
    ]
    stacked = pd.concat(tables).sort_values("date", kind="stable").reset_index(drop=True)
    return stacked[["date", "strategy", *column_names(PnlLine)]].drop(columns="capital")


def _positions(played: StrategyRun) -> pd.DataFrame:
    """Positions by day; days without one are left out."""
    rows = played.run.position_days[: played.days]
    day, p = np.nonzero(rows[:, :, PositionColumn.FACE])
    columns = np.concatenate([sleeve.columns for sleeve in played.sleeves])
    owner = np.concatenate([[sleeve.strategy.name] * len(sleeve.columns) for sleeve in played.sleeves])
    table = {
        "date": _days(played)[day],
        "strategy": owner[p],
        "pair": np.array(played.market.names)[columns[p]],
        "face_usd": rows[day, p, PositionColumn.FACE],
        "contracts": rows[day, p, PositionColumn.CONTRACTS],
        "clean_price": rows[day, p, PositionColumn.CLEAN],
        "accrued_interest": rows[day, p, PositionColumn.ACCRUED],
        "futures_price": rows[day, p, PositionColumn.FUTURES],
        "repo_owed_usd": rows[day, p, PositionColumn.REPO_OWED],
        "initial_margin_usd": rows[day, p, PositionColumn.INITIAL_MARGIN],
        "implied_repo": played.market.signals["implied_repo"][day, columns[p]],
        "expected_repo": played.market.signals["expected_repo"][day, columns[p]],
        "dislocation_bp": played.market.signals["dislocation"][day, columns[p]],
        "observed": played.market.signals["observed"][day, columns[p]],
    }
    return pd.DataFrame(table)


def _events(played: StrategyRun) -> pd.DataFrame:
    """The event log without price moves and decisions."""
    table = event_table(played.run.log, ["fund"], played.market.hedges)
    return table[~np.isin(played.run.log["what"], QUIET)].reset_index(drop=True)


def _settings(played: StrategyRun) -> dict[str, object]:
    """Settings of the run, by name."""
    given = {name: value for name, value in played.rules.model_dump().items() if name != "strategies"}
    if isinstance(played.rules, Portfolio):
        given["strategies"] = [strategy.name for strategy in played.rules.strategies]
    return {
        "start": str(played.market.dates[0]),
        "end": str(played.market.dates[played.days - 1]),
        **given,
        "data": str(data_in_use()),
    }
