"""Facts of a fund beyond its balance sheet: what a default was, how near it came to one, and what cash earns."""

from typing import Any

import numpy as np
import pandas as pd

from basis_data.markets.pricing import PricedMarket
from basis_data.tables.calendars import to_new_york
from basis_engine.simulation.names import CashLine, Constraint, FundColumn, LogEvent, Party, Status
from basis_engine.simulation.run import Run
from basis_stress.reporting.outcomes import name_of

Facts = dict[str, Any]

LENDERS, CLEARING = (Party.REPO_LENDER,), (Party.CLEARING_MEMBER,)


def default_facts(run: Run, f: int) -> Facts:
    """What a fund failed on: the call, its size and time, cash and credit; what was seized, fetched, and lost by whom.

    Amounts are NaN, and texts empty, for a fund that did not default.
    """
    row = run.outcomes[f]
    log = run.log[run.log["fund"] == f]
    at = log["time"][np.isin(log["what"], [LogEvent.CALL_FAILED, LogEvent.INSOLVENCY])]
    failed = len(at) > 0
    missed = failed and row.missed_call > 0.0

    def usd(amount: float, known: bool = failed) -> float:
        return float(amount) if known else np.nan

    def lost(*parties: Party) -> float:
        return usd(log["amount"][(log["what"] == LogEvent.LOSS) & np.isin(log["party"], parties)].sum())

    return {
        "failed_on": name_of(Constraint(int(row.failure))) if failed else "",
        "failed_at": to_new_york(at[:1])[0] if failed else pd.NaT,
        "missed_call_usd": usd(row.missed_call, missed),
        "cash_at_call_usd": usd(row.missed_call_cash, missed),
        "credit_drawn_usd": usd(row.missed_call_credit, missed),
        "equity_at_default_usd": usd(row.default_equity),
        "seized_usd": usd(row.seized),
        "seizure_proceeds_usd": usd(row.seizure_proceeds),
        "loss_of_lenders_usd": lost(*LENDERS),
        "loss_of_clearing_usd": lost(*CLEARING),
        "loss_of_others_usd": lost(*(party for party in Party if party not in (*LENDERS, *CLEARING))),
    }


def liquidity_facts(run: Run, f: int) -> Facts:
    """How near a fund came to a default: variation margin paid on balance, drawdown, days of cash.

    ``days_of_cash_left`` is the thinnest free cash (after the variation margin struck that day) over the largest
    variation margin paid on one day: how many such days it would have paid, without what repo lenders advance.
    """
    owner = np.concatenate([run.positions["fund"], np.arange(len(run.funds))])
    margin = run.cash_flows[:, owner == f, CashLine.VARIATION_MARGIN].sum(axis=1)
    equity = run.fund_days[:, f, FundColumn.EQUITY]
    peak = np.maximum.accumulate(equity)
    alive = run.fund_days[:, f, FundColumn.STATUS] != Status.CLOSED
    free = run.fund_days[:, f, FundColumn.CASH] + np.minimum(run.fund_days[:, f, FundColumn.VARIATION_UNSETTLED], 0.0)
    worst = max(-float(margin.min()), 0.0)
    thinnest = max(float(free[alive].min()), 0.0) if alive.any() else 0.0
    return {
        "peak_variation_margin_usd": max(-float(np.cumsum(margin).min()), 0.0),
        "deepest_drawdown": float(np.max(1.0 - equity / peak)),
        "deepest_drawdown_usd": float(np.max(peak - equity)),
        "days_of_cash_left": thinnest / worst if worst > 0.0 else np.inf,
    }


def cash_return(market: PricedMarket) -> float:
    """Return of cash left alone over the run, decimal: each night at the rate that a fund's cash earns."""
    nights = np.diff(market.path.value_date[:-1])
    return float(np.prod(1.0 + market.data.cash_rate[1:-1] * nights / 360.0) - 1.0)
