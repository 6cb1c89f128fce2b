"""A small synthetic result for the report's tests: plausible numbers, no engine."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from basis_data.scenarios.scenario import Scenario

TEN_YEAR = [4.17, 4.20, 4.06, 4.01, 4.15, 4.26, 4.34, 4.40, 4.48, 4.38, 4.35, 4.29, 4.34, 4.42]
DAYS = pd.to_datetime([f"2025-04-{d:02d}" for d in (1, 2, 3, 4, 7, 8, 9, 10, 11, 14, 15, 16, 17, 21)])
TABLES = ("summary", "timeline", "positions", "cash", "calls", "attribution", "events")
SHIFT = {"2y": -0.35, "5y": -0.22, "10y": 0.0, "30y": 0.38}
DURATION = {"TU": 1.8, "FV": 4.1, "TY": 6.0, "US": 11.5}
PRICE = {"TU": 103.6, "FV": 108.2, "TY": 111.4, "US": 117.5}


def _clock(day: pd.Timestamp, hour: int) -> pd.Timestamp:
    return (day + pd.Timedelta(hours=hour)).tz_localize("America/New_York")


def _default(fails: int | None, margin: np.ndarray, equity: pd.Series) -> dict:
    """What a fund failed on, if it did."""
    gone = fails is not None
    return {
        "failed_on": "variation margin" if gone else "",
        "failed_at": _clock(DAYS[fails], 9) if gone else pd.NaT,
        "missed_call_usd": -margin[fails] if gone else np.nan,
        "cash_at_call_usd": 1e6 if gone else np.nan,
        "credit_drawn_usd": 0.0 if gone else np.nan,
        "equity_at_default_usd": 2e6 if gone else np.nan,
        "seized_usd": 5e9 if gone else np.nan,
        "seizure_proceeds_usd": 4.9e9 if gone else np.nan,
        "loss_of_lenders_usd": max(-equity.iloc[-1], 0.0) if gone else np.nan,
        "loss_of_clearing_usd": 0.0 if gone else np.nan,
        "loss_of_others_usd": 0.0 if gone else np.nan,
    }


def _events(fund: str, contract: str, margin: np.ndarray, failed: int | None) -> list[dict]:
    rows: list[dict] = []
    for i, cash in enumerate(margin):
        if cash >= 0 or (failed is not None and i > failed):
            continue
        outcome = "call_failed" if i == failed else "call_paid"
        common = {"fund": fund, "contract": contract, "amount_usd": -cash}
        rows.append(
            {
                "time": _clock(DAYS[i - 1], 15),
                "event": "call_raised",
                "cause": "price_move",
                "party": "clearing_member",
                **common,
            }
        )
        rows.append(
            {"time": _clock(DAYS[i], 9), "event": outcome, "cause": "call_raised", "party": "clearing_member", **common}
        )
        if i == failed:
            rows.append(
                {
                    "time": _clock(DAYS[i], 9),
                    "event": "default",
                    "cause": "call_failed",
                    "party": "clearing_member",
                    **common,
                }
            )
            rows += [
                {
                    "time": _clock(DAYS[j], 12),
                    "event": "sale",
                    "cause": "default",
                    "party": "dealers",
                    **common,
                    "amount_usd": 5e8 / (1 + j - i),
                }
                for j in range(i, min(i + 4, len(DAYS)))
            ]
    return rows


def build(contracts: tuple[str, ...] = ("TY",), funds: int = 1, failed: int | None = None) -> SimpleNamespace:
    """A result of ``funds`` funds in ``contracts``; the last fund fails its call on day ``failed`` (a row)."""
    n, rng = len(DAYS), np.random.default_rng(7)
    move = np.diff(TEN_YEAR, prepend=TEN_YEAR[0]) / 100
    names = [f"fund-{i + 1:02d}" for i in range(funds)] if funds > 1 else ["basis"]
    tables: dict[str, list] = {k: [] for k in TABLES}
    for rank, fund in enumerate(names):
        equity0, ratio = 2e7 / (1 + rank) ** 0.9, 50.0 if funds == 1 else float(rng.uniform(12, 35))
        face = equity0 * ratio
        fails = failed if rank == funds - 1 else None
        alive = np.arange(n) <= (n if fails is None else fails)
        margin, change = np.zeros(n), np.zeros(n)
        for contract in contracts:
            leg = face / len(contracts)
            settle = PRICE[contract] * (1 - DURATION[contract] * np.cumsum(move))
            vm = -leg / 100 * np.diff(settle, prepend=settle[0]) * alive
            im = np.where(np.arange(n) == 7, -leg * 0.002, 0.0) * alive
            remargin = -vm * 0.9 + rng.normal(0, leg * 1e-5, n) * alive
            haircut = np.where(np.arange(n) == 9, -leg * 0.001, 0.0) * alive
            margin += vm + im
            dislocation = -leg * np.where((np.arange(n) > 3) & (np.arange(n) < 8), 2e-4, -1e-4) * alive
            change += dislocation
            tables["calls"].append(
                pd.DataFrame(
                    {
                        "date": DAYS,
                        "fund": fund,
                        "contract": contract,
                        "variation_margin": vm,
                        "initial_margin": im,
                        "repo_remargin": remargin,
                        "haircut": haircut,
                        "repo_not_rolled": 0.0,
                    }
                )
            )
            tables["positions"].append(
                pd.DataFrame(
                    {
                        "date": DAYS,
                        "fund": fund,
                        "contract": contract,
                        "cusip": "91282CFV8",
                        "face_usd": leg * alive,
                        "contracts": -leg / 1e5 * alive,
                        "clean_price": settle,
                        "futures_price": settle,
                    }
                )
            )
            tables["events"] += _events(fund, contract, vm, fails)
        legs = (
            pd.concat(tables["calls"][-len(contracts) :])
            .groupby("date")[["variation_margin", "initial_margin", "repo_remargin", "haircut", "repo_not_rolled"]]
            .sum()
            .reset_index(drop=True)
        )
        lines = legs.assign(
            coupon=0.0,
            repo_interest=-face * 0.043 / 360 * alive,
            cash_interest=equity0 * 0.0001,
            sales=0.0,
            credit_line=0.0,
            cost=0.0,
        )
        closing = equity0 * 0.6 + lines.sum(axis=1).cumsum()
        tables["cash"].append(
            lines.assign(
                date=DAYS, fund=fund, opening_cash_usd=closing.shift(fill_value=equity0 * 0.6), closing_cash_usd=closing
            )
        )
        default_loss = np.where(np.arange(n) == (fails if fails is not None else -1), -equity0 * 1.1, 0.0)
        carry = face * 0.0412 / 360 * alive
        attribution = pd.DataFrame(
            {
                "date": DAYS,
                "fund": fund,
                "coupon_accrual": carry,
                "repo_interest": lines["repo_interest"],
                "cash_interest": lines["cash_interest"],
                "hedge_residual": face * move * 0.1 * alive,
                "basis_convergence": face * 2e-5 * alive,
                "dislocation": change,
                "swap_spread": 0.0,
                "cost": 0.0,
                "default_loss": default_loss,
            }
        )
        attribution["equity_change"] = attribution.drop(columns=["date", "fund"]).sum(axis=1)
        equity = equity0 + attribution["equity_change"].cumsum()
        bonds = face * alive * (1 - 0.06 * np.cumsum(move))
        tables["attribution"].append(attribution)
        status = np.where(alive, "active", "closed")
        tables["timeline"].append(
            pd.DataFrame(
                {
                    "time": [_clock(d, 15) for d in DAYS],
                    "date": DAYS,
                    "fund": fund,
                    "equity_usd": equity,
                    "cash_usd": closing.clip(lower=0),
                    "bonds_usd": bonds,
                    "repo_owed_usd": bonds * 0.98,
                    "initial_margin_usd": face * 0.011 * alive,
                    "variation_margin_due_usd": np.append(margin[1:], 0.0),
                    "leverage": np.where(equity > 0, bonds / equity, np.nan),
                    "face_usd": face * alive,
                    "status": status,
                }
            )
        )
        tables["summary"].append(
            {
                "fund": fund,
                "equity_start_usd": equity0,
                "equity_end_usd": max(equity.iloc[-1], 0.0),
                "profit_usd": equity.iloc[-1] - equity0,
                "return": equity.iloc[-1] / equity0 - 1,
                "leverage_start": ratio,
                "leverage_max": ratio * 1.1,
                "notional_usd": face,
                "calls": int((margin < 0).sum()),
                "calls_paid_usd": -margin[margin < 0].sum(),
                "largest_call_usd": -margin.min(),
                "lowest_cash_usd": closing.min(),
                "forced_sales_usd": 0.0,
                "worst_day": DAYS[4],
                "worst_day_profit_usd": float(change.min()),
                "outcome": "survived" if fails is None else "illiquid",
                "loss_beyond_equity_usd": max(-equity.iloc[-1], 0.0),
                "peak_variation_margin_usd": -min(margin.cumsum().min(), 0.0),
                "deepest_drawdown": 0.1,
                "days_of_cash_left": 1.5,
                "cash_return": 0.0034,
                "base_outcome": "",
                "base_return": np.nan,
                "term_repo_mark_usd": 0.0,
                "return_marked": equity.iloc[-1] / equity0 - 1,
                **_default(fails, margin, equity),
            }
        )
    frames = {k: pd.concat(v, ignore_index=True) for k, v in tables.items() if k not in ("summary", "events")}
    events = pd.DataFrame(tables["events"]).sort_values("time", kind="stable", ignore_index=True)
    market = [
        pd.DataFrame(
            {
                "date": DAYS,
                "contract": c,
                "futures_price": PRICE[c] * (1 - DURATION[c] * np.cumsum(move)),
                "ctd_cusip": "91282CFV8",
                "ctd_yield": 0.04,
                "initial_margin_usd": 1850.0,
                "expected_repo": 0.0433,
            }
        )
        for c in contracts
    ]
    yields = pd.DataFrame({t: np.array(TEN_YEAR) + s for t, s in SHIFT.items()}, index=DAYS)
    return SimpleNamespace(
        scenario=Scenario(
            name="april-2025",
            title="April 2025",
            start=DAYS[0].date(),
            end=DAYS[-1].date(),
            source="US Treasury; New York Fed",
            story="Tariffs were announced on 2 April; yields fell for two days and then rose for a week.",
        ),
        settings={"contract": ", ".join(contracts), "leverage": 50.0, "haircut": 0.02, "unwind": "cure"},
        assumptions=["Initial margin is 2% of price: the level of April 2025 is not public here."],
        summary=pd.DataFrame(tables["summary"]).set_index("fund"),
        market=pd.concat(market, ignore_index=True),
        yields_pct=yields.assign(sofr=4.36),
        observed_differences=pd.DataFrame(),
        deliverables=pd.DataFrame(columns=["date", "observed_price"]),
        events=events.assign(event_id=events.index, cause_id=-1, claim="variation_margin"),
        **frames,
    )
