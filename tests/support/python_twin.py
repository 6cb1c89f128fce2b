"""The plain-Python twin: the naive fund of the tests, given the days and the terms of a setup."""

import math
from typing import Any

from basis_engine.base.errors import InputError
from basis_engine.simulation.names import Unwind
from basis_engine.simulation.run import Setup
from support.naive_fund import Day, Fund, Mark, Pair, Quote, Rules, Terms
from support.timeline import Timeline, timeline


def naive_fund(setup: Setup, days: list[Day]) -> Fund:
    """The fund of a setup on its first day; its `walk` may be called once."""
    fund: Any = setup.funds[0]
    rules: dict[str, Any] = {
        Unwind.HOLD: {"sells": False},
        Unwind.TARGET_LEVERAGE: {name: fund[name] for name in ("leverage_limit", "leverage_target")},
        Unwind.STOP_OUT: {name: fund[name] for name in ("drawdown_limit", "stop_cut", "stop_speed")},
        Unwind.VALUE_AT_RISK: {
            name: fund[name] for name in ("risk_limit", "risk_speed") if fund["calm_volatility"] > 0
        },
    }.get(fund["unwind"], {})
    rules |= {"credit_line": float(fund["credit_line"]), "credit_spread": float(fund["credit_spread"])}
    given = Rules(float(fund["entry_equity"]), recall_share=float(fund["call_back"]), **rules)
    return Fund(given, [_pair(setup, row) for row in setup.positions], days)


def _pair(setup: Setup, row: Any) -> Pair:
    contract: Any = setup.contracts[row["contract"]]
    names = {"term_share": "term_share", "term_rate": "term_rate", "threshold": "repo_threshold"}
    names |= {"face": "face", "contracts": "contracts", "repo_spread": "repo_spread"}
    given: dict[str, Any] = {name: float(row[field]) for name, field in names.items()}
    given |= {name: float(contract[name]) for name in ("point_value", "bond_cost", "futures_cost", "impact")}
    most = float(contract["depth"] * setup.funds["depth_share"][0]) or math.inf
    return Pair(**given, slice=most, term_matures=int(row["term_maturity"]))


def naive_days(setup: Setup) -> list[Day]:
    """The days of a setup of one fund; refuses dealers who charge, and all that the timeline refuses."""
    if setup.dealers["slope"][0] != 0.0 or setup.contracts["balance_sheet_share"].any():
        raise InputError(
            "benchmarks: dealers who charge for balance sheet were given, which the Python twin does not do; "
            "set slope and balance_sheet_share to 0"
        )
    path = timeline(setup)
    marks = _marks(setup, path)
    columns = setup.positions["contract"]
    levels = path.haircut_rise[:, columns] + setup.positions["base_haircut"], path.initial_margin, path.announced_margin
    terms = zip(*(level.tolist() for level in (levels[0], levels[1][:, columns], levels[2][:, columns])), strict=True)
    days = path.first_mark, path.last_mark, path.repo_rate, path.cash_rate, path.not_rolled
    return [
        Day(marks[first : last + 1], repo, cash, not_rolled, [Terms(*pair) for pair in zip(*asked, strict=True)])
        for first, last, repo, cash, not_rolled, asked in zip(*(column.tolist() for column in days), terms, strict=True)
    ]


def _marks(setup: Setup, path: Timeline) -> list[Mark]:
    notes = path.notes[["clean", "accrued", "coupon_due", "convergence"]][:, setup.positions["bond"]].tolist()
    futures = path.futures[["price", "dislocation"]][:, setup.positions["contract"]].tolist()
    quotes = [
        [Quote(clean, accrued, coupon, price, earned, moved)
         for (clean, accrued, coupon, earned), (price, moved) in zip(*rows, strict=True)]
        for rows in zip(notes, futures, strict=True)
    ]  # fmt: skip
    cycle, due = set(path.cycle_mark.tolist()), set(path.pay_mark.tolist())
    dates, losses = path.value_date.tolist(), path.other_loss.tolist()
    return [
        Mark(settle, quote, loss, m in cycle, m in due)
        for m, (settle, quote, loss) in enumerate(zip(dates, quotes, losses, strict=True))
    ]
