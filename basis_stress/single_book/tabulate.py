"""Rows of a run as DataFrames: names instead of enumeration numbers, dates instead of day counts."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from basis_data.markets.pricing import PricedMarket
from basis_data.tables.calendars import to_new_york
from basis_engine.bonds.vectors import implied_repos, net_bases, yields_to_maturity
from basis_engine.simulation.names import (
    CashLine,
    Claim,
    FundColumn,
    LogEvent,
    Outcome,
    Party,
    PositionColumn,
    Status,
    column_names,
)
from basis_engine.simulation.run import Run
from basis_engine.simulation.world import Records
from basis_strategies.plan import Plan
from basis_stress.reporting.outcomes import name_of
from basis_stress.single_book.default_story import cash_return, default_facts, liquidity_facts
from basis_stress.single_book.term_repo import attribution_lines, term_marks

LEVELS = [
    LogEvent.HAIRCUT_CHANGE,
    LogEvent.NOT_ROLLED_CHANGE,
    LogEvent.MARGIN_NOTICE,
    LogEvent.MARGIN_CHANGE,
    LogEvent.LEVERAGE_LIMIT,
    LogEvent.DRAWDOWN_LIMIT,
]
"""Events whose amount is a level (a share, USD per contract, a ratio) and not money."""

_EVENTS = {int(event): event.name.lower() for event in LogEvent}
_CLAIMS = {int(claim): "" if claim == Claim.NONE else claim.name.lower() for claim in Claim}
_PARTIES = {int(party): party.name.lower() for party in Party}

WATERFALL = [
    CashLine.VARIATION_MARGIN,
    CashLine.INITIAL_MARGIN,
    CashLine.REPO_REMARGIN,
    CashLine.HAIRCUT,
    CashLine.REPO_NOT_ROLLED,
]


def days_of(market: PricedMarket) -> pd.DatetimeIndex:
    """Business days of the run."""
    return pd.DatetimeIndex(market.data.dates.astype("datetime64[D]"), name="date").as_unit("ms")


def _long(values: np.ndarray[Any, Any], days: pd.DatetimeIndex, names: list[str], columns: list[str]) -> pd.DataFrame:
    """Array [days, things, columns] as a table with a row per day and thing."""
    table = pd.DataFrame(values.reshape(-1, values.shape[2]), columns=columns)
    table.insert(0, "date", np.repeat(days, len(names)))
    table.insert(1, "fund", np.tile(names, len(days)))
    return table


def _per_fund(run: Run, flows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Flows of positions and funds [days, rows, lines] summed by fund [days, funds, lines]."""
    owner = np.concatenate([run.positions["fund"], np.arange(len(run.funds))])
    totals = np.zeros((len(flows), len(run.funds), flows.shape[2]))
    for row, fund in enumerate(owner):
        totals[:, fund] += flows[:, row]
    return totals


def timeline(run: Run, plan: Plan, market: PricedMarket) -> pd.DataFrame:
    """Balance sheet of every fund after each day's risk limits."""
    table = _long(run.fund_days, days_of(market), [fund.name for fund in plan.funds], column_names(FundColumn))
    table = table.rename(
        columns={name: f"{name}_usd" for name in table.columns if name not in ("date", "fund", "status")}
    )
    table = table.rename(columns={"variation_unsettled_usd": "variation_margin_due_usd"})
    table["status"] = [Status(int(status)).name.lower() for status in table["status"]]
    table["leverage"] = _leverage(run.fund_days).ravel()
    table["term_repo_mark_usd"] = term_marks(run, plan, market).ravel()
    table["equity_marked_usd"] = table["equity_usd"] + table["term_repo_mark_usd"]
    table.insert(0, "time", np.repeat(to_new_york(market.data.minutes), len(plan.funds)))
    return table


def cash(run: Run, plan: Plan, market: PricedMarket) -> pd.DataFrame:
    """Daily cash waterfall of every fund, from opening to closing balance."""
    flows = _per_fund(run, run.cash_flows)
    table = _long(flows, days_of(market), [fund.name for fund in plan.funds], column_names(CashLine))
    closing = np.cumsum(flows.sum(axis=2), axis=0).ravel()
    table.insert(2, "opening_cash_usd", closing - flows.sum(axis=2).ravel())
    table["closing_cash_usd"] = closing
    return table


def attribution(run: Run, plan: Plan, market: PricedMarket) -> pd.DataFrame:
    """Change in equity of every fund and day, line by line; entry capital on day 0 is a line too."""
    names, lines = attribution_lines(run)
    table = _long(_per_fund(run, lines), days_of(market), [fund.name for fund in plan.funds], names)
    table["equity_change"] = np.diff(run.fund_days[:, :, FundColumn.EQUITY], axis=0, prepend=0.0).ravel()
    return table


def calls(run: Run, plan: Plan, market: PricedMarket) -> pd.DataFrame:
    """The margin-call waterfall by leg: cash of every position and day that margin and haircuts moved."""
    legs = run.cash_flows[:, : len(run.positions)][:, :, WATERFALL]
    table = _long(legs, days_of(market), _owners(run, plan), [leg.name.lower() for leg in WATERFALL])
    table.insert(2, "contract", np.tile(_contract_codes(run, market), len(run.cash_flows)))
    return table


def positions(run: Run, plan: Plan, market: PricedMarket) -> pd.DataFrame:
    """Every position and day: sizes, prices, basis, implied repo (to the cheapest's delivery day), financing."""
    raw = _long(run.position_days, days_of(market), _owners(run, plan), column_names(PositionColumn))
    notes = [position.note for fund in plan.funds for position in fund.positions]
    table = raw.rename(
        columns={
            "face": "face_usd",
            "clean": "clean_price",
            "accrued": "accrued_interest",
            "futures": "futures_price",
            "repo_owed": "repo_owed_usd",
            "initial_margin": "initial_margin_usd",
            "unmet": "unmet_repo_usd",
            "variation_due": "variation_margin_due_usd",
            "term": "term_usd",
            "term_interest": "term_interest_usd",
            "expected_repo": "expected_repo_usd",
            "cheapest_switch": "cheapest_switch_usd",
        }
    )
    table.insert(2, "contract", np.tile(_contract_codes(run, market), len(run.position_days)))
    table.insert(3, "cusip", np.tile([market.cusips[note] for note in notes], len(run.position_days)))
    return table.assign(**_basis(table, np.tile(notes, len(run.position_days)), run, market))


def _basis(
    table: pd.DataFrame, note: np.ndarray[Any, Any], run: Run, market: PricedMarket
) -> dict[str, np.ndarray[Any, Any]]:
    """Yield, gross and net basis and implied repo of every row; NaN once delivery is here."""
    mark = np.repeat(np.arange(len(run.position_days)), len(run.positions))
    contract = np.tile(run.positions["contract"], len(run.position_days))
    clean, futures = (table[name].to_numpy(copy=True) for name in ("clean_price", "futures_price"))
    # copies can be written: kernels compile apart for what cannot, as the arrays of a table
    bond = market.baskets.coupon[note], market.baskets.maturity[note], market.path.value_date[mark]
    factor, delivery = market.baskets.factor[note], market.priced.delivery[mark, contract]
    yields, nets, repos = (np.full(len(table), np.nan) for _ in range(3))
    yields_to_maturity(clean, *bond, yields)
    net_bases(clean, futures, factor, *bond, delivery, market.path.repo[mark, contract], nets)
    implied_repos(clean, futures, factor, *bond, delivery, repos)
    ahead = delivery > bond[2]
    return {
        "yield_to_maturity": yields,
        "gross_basis": clean - futures * factor,
        "net_basis": np.where(ahead, nets, np.nan),
        "implied_repo": np.where(ahead, repos, np.nan),
    }


def market_table(market: PricedMarket) -> pd.DataFrame:
    """Every contract and day: the future, the cheapest note to deliver, and the initial margin."""
    days, codes = days_of(market), market.labels
    cheapest = market.priced.cheapest.ravel()
    mark = np.repeat(np.arange(len(days)), len(codes))
    bond = market.baskets.coupon[cheapest], market.baskets.maturity[cheapest], market.path.value_date[mark]
    yields = np.empty(len(mark))
    yields_to_maturity(market.priced.clean[mark, cheapest], *bond, yields)
    return pd.DataFrame(
        {
            "date": np.repeat(days, len(codes)),
            "contract": np.tile(codes, len(days)),
            "delivery_month": np.tile([future.delivery_month for future in market.data.futures], len(days)),
            "futures_price": market.priced.futures.ravel(),
            "ctd_cusip": [market.cusips[note] for note in cheapest],
            "ctd_yield": yields,
            "initial_margin_usd": market.initial_margin.ravel(),
            "expected_repo": market.path.repo.ravel(),
        }
    )


def yields_table(market: PricedMarket) -> pd.DataFrame:
    """Par yields and SOFR by day, percent."""
    curves = market.data.curves
    names = [f"{years:g}y" if years >= 1 else f"{round(12 * years)}mo" for years in curves.tenors]
    table = pd.DataFrame(100 * curves.par_yields, index=days_of(market), columns=names)
    table["sofr"] = 100 * market.data.sofr
    return table


def events(run: Run, plan: Plan, market: PricedMarket) -> pd.DataFrame:
    """The event log by name, each row with the event that caused it; ``level`` where the amount is not money."""
    return event_table(run.log, [fund.name for fund in plan.funds], market.labels)


def event_table(log: Any, funds: Sequence[str], contracts: Sequence[str]) -> pd.DataFrame:
    """Rows of `basis_engine.simulation.rows.Log` by name."""
    return pd.DataFrame(event_columns(log, funds, contracts))


def event_columns(log: Any, funds: Sequence[str], contracts: Sequence[str]) -> dict[str, Any]:
    """Columns of the event log by name."""
    names = [_EVENTS[what] for what in log["what"].tolist()]
    is_level = np.isin(log["what"], LEVELS)
    return {
        "event_id": np.arange(len(log)),
        "time": to_new_york(log["time"]),
        "fund": [funds[fund] if fund >= 0 else "" for fund in log["fund"].tolist()],
        "contract": [contracts[contract] if contract >= 0 else "" for contract in log["contract"].tolist()],
        "event": names,
        "claim": [_CLAIMS[claim] for claim in log["claim"].tolist()],
        "cause": [names[cause] if cause >= 0 else "" for cause in log["cause"].tolist()],
        "cause_id": log["cause"].astype(np.int64),
        "amount_usd": np.where(is_level, np.nan, log["amount"]),
        "level": np.where(is_level, log["amount"], np.nan),
        "party": [_PARTIES.get(party, "") for party in log["party"].tolist()],
    }


def summary(run: Run, plan: Plan, market: PricedMarket, base: "Records | None" = None) -> pd.DataFrame:
    """One row per fund: its outcome, equity at start and end, calls, what it failed on, and the same in cash."""
    days, marks, idle = days_of(market), term_marks(run, plan, market), cash_return(market)
    rows: dict[str, dict[str, Any]] = {}
    for f, fund in enumerate(plan.funds):
        daily = run.fund_days[:, f]
        equity, leverage = daily[:, FundColumn.EQUITY], _leverage(daily)
        change = np.diff(equity)
        end = float(equity[-1])
        losses = run.log["amount"][(run.log["what"] == LogEvent.LOSS) & (run.log["fund"] == f)]
        rows[fund.name] = {
            "outcome": name_of(Outcome(int(run.outcomes["outcome"][f]))),
            "equity_start_usd": fund.equity_usd,
            "equity_end_usd": end,
            "profit_usd": end - fund.equity_usd,
            "return": end / fund.equity_usd - 1,
            "leverage_start": float(leverage[0]),
            "leverage_max": float(np.fmax.reduce(leverage)),
            "notional_usd": float(daily[0, FundColumn.FACE]),
            "calls": int(run.funds["calls"][f]),
            "calls_paid_usd": float(run.funds["calls_paid"][f]),
            "largest_call_usd": float(run.funds["largest_call"][f]),
            "lowest_cash_usd": float(run.funds["lowest_cash"][f]),
            "forced_sales_usd": float(run.funds["sold"][f]),
            "worst_day": days[1 + int(change.argmin())],
            "worst_day_profit_usd": float(change.min()),
            "loss_beyond_equity_usd": float(losses.sum()),
            **liquidity_facts(run, f),
            "term_repo_mark_usd": float(marks[-1, f]),
            "return_marked": (end + float(marks[-1, f])) / fund.equity_usd - 1,
            "cash_return": idle,
            "base_outcome": "" if base is None else name_of(Outcome(int(base["outcome"][f]))),
            "base_return": np.nan if base is None else float(base["equity"][f]) / fund.equity_usd - 1,
            **default_facts(run, f),
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("fund")
    moments = pd.Series([row["failed_at"] for row in rows.values()], table.index, dtype=object)
    table["failed_at"] = pd.DatetimeIndex(moments.array, dtype=to_new_york(np.zeros(0, np.int64)).dtype)
    return table


def _leverage(daily: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Notes over equity, of rows of `FundColumn`; NaN without equity."""
    equity = daily[..., FundColumn.EQUITY]
    leverage: np.ndarray[Any, Any] = daily[..., FundColumn.BONDS] / np.where(equity > 0.0, equity, np.nan)
    return leverage


def _owners(run: Run, plan: Plan) -> list[str]:
    """Fund name of every position."""
    return [plan.funds[fund].name for fund in run.positions["fund"]]


def _contract_codes(run: Run, market: PricedMarket) -> list[str]:
    """Contract code of every position."""
    return [market.labels[contract] for contract in run.positions["contract"]]
