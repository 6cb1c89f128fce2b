"""Performance of daily returns: carry, return, volatility, Sharpe ratio, drawdown, worst month, margin, calls."""

from typing import Any

import numpy as np
import pandas as pd

DAYS = 252
"""Business days in a year."""
CARRY = ["coupon_accrual", "repo_interest", "basis_convergence"]
"""Lines that are earned if nothing but time passes."""
GROSS = [*CARRY, "dislocation", "swap_spread", "curve"]
"""Lines of the trade itself: before costs, interest on cash, and losses that others bear."""


def performance(name: str, daily: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Compute one row of figures.

    Parameters
    ----------
    daily
        By date: `equity_usd`, `return`, `excess_return`, `notes_usd`, `margin_to_equity`, `leverage`, `drawdown`,
        `called_usd`, `sold_usd`, `observed_share`.
    lines
        By date: the lines of attribution, USD.
    """
    years = len(daily.index[1:]) / DAYS
    before = daily["equity_usd"].shift().iloc[1:]
    returns, excess = daily["return"].iloc[1:], daily["excess_return"].iloc[1:]
    volatility = float(returns.std(ddof=1) * np.sqrt(DAYS))
    months = monthly_returns(daily).stack().dropna()
    notes = float(daily["notes_usd"].mean())
    deepest = daily["drawdown"].idxmin()
    per_equity = lines.iloc[1:].div(before, axis=0).sum() / years
    row = {
        "return_pa": float(np.prod(1 + returns.to_numpy()) ** (1 / years) - 1),
        "excess_return_pa": float(excess.mean() * DAYS),
        "volatility": volatility,
        "sharpe": float(excess.mean() * DAYS / volatility) if volatility > 0 else np.nan,
        "carry_pa": float(per_equity[CARRY].sum()),
        "cost_pa": float(per_equity["cost"]),
        "gross_bp_of_notes": float(lines[GROSS].to_numpy().sum() / years / notes * 1e4) if notes > 0 else np.nan,
        "max_drawdown": float(daily["drawdown"].min()),
        "drawdown_from": daily["equity_usd"].loc[:deepest].idxmax(),
        "drawdown_to": deepest,
        "worst_day": returns.idxmin(),
        "worst_day_return": float(returns.min()),
        "worst_month": _month(months.idxmin()),
        "worst_month_return": float(np.min(months.to_numpy())),
        "leverage_mean": float(daily["leverage"].mean()),
        "leverage_max": float(daily["leverage"].max()),
        "margin_to_equity_mean": float(daily["margin_to_equity"].mean()),
        "margin_to_equity_max": float(daily["margin_to_equity"].max()),
        "days_called": int((daily["called_usd"] > 0).sum()),
        "largest_call_of_equity": float(np.max(daily["called_usd"].to_numpy()[1:] / before.to_numpy())),
        "days_sold_by_order": int((daily["sold_usd"] > 0).sum()),
        "days_held": int((daily["notes_usd"] > 0).sum()),
        "observed_share": _observed(daily),
        "profit_usd": float(daily["equity_usd"].iloc[-1] - daily["equity_usd"].iloc[0]),
    }
    return pd.DataFrame([row], index=pd.Index([name], name="strategy"))


def monthly_returns(daily: pd.DataFrame) -> pd.DataFrame:
    """Compounded returns, years by months; blank where the run has no day."""
    growth = 1 + daily["return"].iloc[1:]
    days = growth.index.to_series().dt
    by_month = growth.groupby([days.year, days.month]).prod() - 1
    return by_month.rename_axis(["year", "month"]).unstack("month").reindex(columns=range(1, 13))


def _month(key: Any) -> str:
    """``2020-03`` of a year and a month."""
    year, month = key
    return f"{year}-{month:02d}"


def _observed(daily: pd.DataFrame) -> float:
    """Share of days, weighted by the basis held, on which its dislocation was observed; NaN if none was held."""
    held = daily["basis_usd"]
    return float((daily["observed_share"].fillna(0.0) * held).sum() / held.sum()) if held.sum() > 0 else np.nan
