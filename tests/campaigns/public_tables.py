"""Laws of the public tables: random books in random worlds through `bs.clients` and `bs.backtest`, by number of trial.

A trial draws a window of history, dated parts, costs and `BOOKS` funds with books of their own. All run through
`bs.clients`; some of them, and a book that is sized by leverage, also through `bs.backtest`, where every law of the
ledger is checked and both must agree.
"""

from collections.abc import Iterable
from functools import cache, cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

import basis_stress as bs
from basis_data.tables.calendars import mark_days

WINDOWS = ("2020-03-02 2020-03-24", "2025-04-01 2025-04-24", "2023-03-06 2023-03-24", "2019-09-09 2019-09-19")
CONTRACTS = (("TY",), ("FV",), ("TU", "US"), ("TU", "FV", "TY"))
FACE = {"TU": 200_000, "FV": 100_000, "TY": 100_000, "US": 100_000}
"""Of a contract, USD."""
BOOKS = 200
"""Funds of a trial."""
WHOLE = 3
"""Funds of a trial that also run through `bs.backtest`."""
MORE = 4
"""One trial in so many also runs at twice its size, with another future, and with more capital."""
TOLERANCE = 1e-9
"""Relative to the gross flows of a fund."""
UNWINDS = ("hold", "cure", "target-leverage", "stop-out")
FREE = bs.Execution(bond_cost_bp=0, futures_cost_bp=0, impact_bp_per_bn=0, depth_usd=0)
ASSETS = ("cash_usd", "bonds_usd", "initial_margin_usd", "variation_margin_due_usd", "unsettled_trades_usd")
DEFAULTS = ("illiquid", "insolvent")
LOSERS = {
    "lender_loss_usd": "repo_lender",
    "clearing_loss_usd": "clearing_member",
    "credit_loss_usd": "credit_bank",
}
"""Columns of the clients' losses, and the party of each."""
DEBTS = ("repo_owed_usd", "credit_drawn_usd", "other_loss_owed_usd")


class World(NamedTuple):
    """What a trial runs."""

    scenario: bs.Scenario
    positions: pd.DataFrame
    funds: pd.DataFrame
    execution: bs.Execution

    def tables(self, times: float, capital: float) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Positions and funds at some times their size, with more capital."""
        sizes = {name: times * self.positions[name] for name in ("face_usd", "contracts")}
        amounts = {"equity_usd": times * capital, "credit_line_usd": times}
        funds = self.funds.assign(**{name: factor * self.funds[name] for name, factor in amounts.items()})
        return self.positions.assign(**sizes), funds

    def run(self) -> bs.Result:
        """Every table of the books."""
        result: bs.Result = bs.backtest(self.scenario, book=self.positions, funds=self.funds, execution=self.execution)
        return result

    def clients(self, times: float = 1.0, capital: float = 1.0) -> Any:
        """A row of outcomes per book."""
        positions, funds = self.tables(times, capital)
        return bs.clients(positions, self.scenario, funds=funds, execution=self.execution)

    def some(self, numbers: Iterable[int]) -> "World":
        """Some of the funds."""
        funds = self.funds.iloc[list(numbers)]
        return self._replace(funds=funds, positions=self.positions[self.positions["fund"].isin(funds["fund"])])


@cache
def base(window: str, contracts: tuple[str, ...]) -> bs.Scenario:
    """A window of history without dated parts."""
    start, end = window.split()
    return bs.Scenario(name="world", start=start, end=end, contracts=contracts)


@lru_cache(maxsize=128)
def scenario_of(number: int) -> bs.Scenario:
    """A random scenario."""
    rng = np.random.default_rng([16, number])
    scenario = base(str(rng.choice(WINDOWS)), CONTRACTS[rng.integers(len(CONTRACTS))])
    days = [str(day) for day in mark_days(str(scenario.start), str(scenario.end))]

    def parts(most: int, first: int, **fields: Any) -> list[dict[str, Any]]:
        drawn = [{"date": str(rng.choice(days[first:]))} for _ in range(rng.integers(0, most + 1))]
        return [part | {name: float(rng.uniform(*value)) for name, value in fields.items()} for part in drawn]

    return scenario.but(
        haircut=float(rng.choice([0.0, 0.01, 0.03])),
        yield_moves=parts(2, 1, bp=(-150, 150)),
        repo_rate_shifts=parts(2, 0, bp=(0, 300)),
        haircut_changes=parts(2, 0, haircut=(0, 0.1)),
        margin_notices=parts(2, 0, multiple=(0.5, 3)),
        dislocations=parts(2, 0, bp=(-50, 200)),
        not_rolled=parts(1, 1, share=(0, 1)),
        other_losses=[*parts(2, 0, share=(0, 0.6)), *parts(1, 0, usd=(1e5, 1e7))],
    )


def without(scenario: bs.Scenario, amount: str) -> bs.Scenario:
    """A scenario without losses of so many dollars ("usd"), or of a share of equity ("share")."""
    return scenario.but(other_losses=[part for part in scenario.other_losses if getattr(part, amount) is None])


def costs(rng: np.random.Generator) -> bs.Execution:
    """Random, also extreme, costs."""
    extreme = rng.random() < 0.4
    return bs.Execution(
        bond_cost_bp=float(rng.uniform(0, 1000 if extreme else 5)),
        futures_cost_bp=float(rng.uniform(0, 1000 if extreme else 5)),
        impact_bp_per_bn=float(rng.uniform(0, 1000 if extreme else 5)),
        depth_usd=float(rng.choice([0, 1e8, 50e9])),
        seizure_cost=float(rng.choice([1, 2, 100 if extreme else 4])),
    )


def world(seed: int) -> World:
    """The scenario, books and costs of a trial."""
    rng, scenario = np.random.default_rng([17, seed]), scenario_of(seed)
    codes = scenario.contracts or ()
    names = [f"fund {number}" for number in range(BOOKS)]
    equity = 10 ** rng.uniform(5.5, 10, BOOKS)
    funds = pd.DataFrame(
        {
            "fund": names,
            "equity_usd": equity,
            "credit_line_usd": rng.choice([0.0, 1e6], BOOKS),
            "unwind": rng.choice(UNWINDS, BOOKS),
            "leverage_limit_multiple": rng.uniform(1, 2, BOOKS),
            "drawdown_limit": rng.uniform(0, 0.5, BOOKS),
            "depth_share": rng.uniform(0.01, 1, BOOKS),
        }
    )
    positions = pd.DataFrame({"fund": np.repeat(names, len(codes)), "contract": list(codes) * BOOKS})
    count = len(positions)
    haircut = rng.choice([0.0, 0.01, 0.03], count)
    # Haircut and initial margin take at most so much of equity that the book can be entered.
    leverage = np.repeat(rng.uniform(1.0, 25.0, BOOKS), len(codes)) / len(codes)
    leverage = np.minimum(leverage, 0.8 / len(codes) / (haircut + 0.03))
    face = np.repeat(equity, len(codes)) * leverage
    contracts = -np.round(face / positions["contract"].map(FACE) * rng.choice([0.0, 0.9, 1.0, 1.1], count))
    positions = positions.assign(
        face_usd=face,
        contracts=contracts,
        haircut=haircut,
        term_share=rng.choice([0.0, 0.4, 1.0], count),
        term_days=rng.integers(1, 30, count),
        repo_spread_bp=rng.uniform(-20, 200, count),
        lender=rng.choice(["", "one", "two"], count),
    )
    return World(scenario, positions, funds, costs(rng))


@lru_cache(maxsize=64)
def sized(seed: int) -> bs.Result | None:
    """The result of a book sized by leverage in the same scenario; None if it is refused."""
    rng, scenario = np.random.default_rng([18, seed]), scenario_of(seed)
    terms = {
        "equity": float(10 ** rng.uniform(5.5, 10)),
        "leverage": float(rng.choice([2, 8, 15, 20, 25, 30])),
        "unwind": str(rng.choice(UNWINDS)),
        "term_share": float(rng.choice([0, 0.4, 1])),
        "credit_line": float(rng.choice([0, 1e6])),
    }
    try:
        result: bs.Result = bs.backtest(scenario, contract=scenario.contracts, execution=costs(rng), **terms)
    except bs.InputError as problem:
        refusal = str(problem)
    else:
        return result
    assert refusal.startswith(("leverage: ", "equity: ")), refusal
    assert len(refusal) <= 300, "a long sentence"
    return None


def column(table: pd.DataFrame, name: str) -> Any:
    """A column as an array; times without their zone."""
    cells = table[name]
    return cells.dt.tz_localize(None).to_numpy() if isinstance(cells.dtype, pd.DatetimeTZDtype) else cells.to_numpy()


class Tables:
    """The tables of a result, by day and fund."""

    def __init__(self, result: bs.Result) -> None:
        self.result, self.log = result, result.events
        self.names = list(result.summary.index)
        self.dates = column(result.timeline, "date").reshape(-1, len(self.names))[:, 0]
        self.events, self.times = column(self.log, "event"), column(self.log, "time")
        place = {name: number for number, name in enumerate(self.names)}
        self.owner = np.array([place.get(name, -1) for name in column(self.log, "fund")], dtype=np.int64)
        self.outcome = column(result.summary, "outcome")

    def grid(self, table: pd.DataFrame, names: Iterable[str]) -> Any:
        """Columns of a table with a row per day and fund, [days, funds, columns]."""
        return table[list(names)].to_numpy(np.float64).reshape(len(self.dates), len(self.names), -1)

    @cached_property
    def gross(self) -> Any:
        """The largest balance and flow of each fund."""
        balances = np.abs(self.grid(self.result.timeline, [*ASSETS, *DEBTS])).max(axis=(0, 2))
        return balances + np.abs(self.grid(self.result.cash, list(self.result.cash)[2:])).max(axis=(0, 2))

    def near(self, law: str, left: Any, right: Any) -> None:
        """Assert that amounts [..., funds] agree to the tolerance of each fund."""
        off = np.abs(np.asarray(left) - right).reshape(-1, len(self.names)).max(axis=0, initial=0.0)
        wrong = np.flatnonzero(~(off <= TOLERANCE * self.gross + 1e-6))  # also if it is NaN
        assert not len(wrong), f"{law}: {self.names[wrong[0]]}, off by {off[wrong[0]]:g}"

    def has(self, *events: str) -> Any:
        """Whether each fund has an event of these names."""
        found = np.isin(self.events, events) & (self.owner >= 0)
        return np.bincount(self.owner[found], minlength=len(self.names)) > 0

    def total(self, event: str) -> Any:
        """The amounts of an event, by fund."""
        found = (self.events == event) & (self.owner >= 0)
        return np.bincount(self.owner[found], column(self.log, "amount_usd")[found], len(self.names))

    def of(self, fund: int, event: str) -> Any:
        """Rows of an event of one fund."""
        return np.flatnonzero((self.owner == fund) & (self.events == event))


def check_equity(tables: Tables) -> None:
    """Equity is the sum of its lines, and its change that of the attribution."""
    days, lines = tables.result.timeline, tables.result.attribution
    equity = tables.grid(days, ["equity_usd"])[..., 0]
    worth = tables.grid(days, ASSETS).sum(axis=2) - tables.grid(days, DEBTS).sum(axis=2)
    change = np.diff(equity, axis=0, prepend=0.0)
    parts = [name for name in lines if name not in ("date", "fund", "equity_change")]
    tables.near("equity is the sum of its lines", equity, worth)
    tables.near("its change is its attribution", change, tables.grid(lines, parts).sum(axis=2))
    tables.near("the change of the attribution", change, tables.grid(lines, ["equity_change"])[..., 0])


def check_cash(tables: Tables) -> None:
    """Each day's cash lines lead from its opening to its closing balance, which is the next day's opening."""
    cash, ends = tables.result.cash, ("opening_cash_usd", "closing_cash_usd")
    opening, closing = np.moveaxis(tables.grid(cash, ends), 2, 0)
    lines = [name for name in cash if name not in ("date", "fund", *ends)]
    tables.near("cash closes", opening + tables.grid(cash, lines).sum(axis=2), closing)
    tables.near("cash goes on", opening[1:], closing[:-1])
    tables.near("cash is that of the timeline", closing, tables.grid(tables.result.timeline, ["cash_usd"])[..., 0])


def check_losses(tables: Tables) -> None:
    """The loss beyond equity is that of named parties; a defaulted fund ends with nothing held and nothing owed."""
    result = tables.result
    assert (column(tables.log, "party")[tables.events == "loss"] != "").all(), "a loss of nobody"
    lost = column(result.summary, "loss_beyond_equity_usd")
    tables.near("losses are those of named parties", lost, tables.total("loss"))
    tables.near("losses beyond equity", lost, tables.grid(result.attribution, ["default_loss"])[..., 0].sum(axis=0))
    equity = tables.grid(result.timeline, ["equity_usd"])[..., 0]
    failed = np.isin(tables.outcome, DEFAULTS)
    assert (equity[-1][~failed] > 0).all(), "a fund without equity goes on"
    owned = tables.grid(result.timeline, ["face_usd", "bonds_usd", *DEBTS, *ASSETS[2:]])
    count = len(result.positions) // len(tables.dates)
    held = result.positions[["face_usd", "contracts", "repo_owed_usd", "initial_margin_usd"]].to_numpy()
    held, owners = held.reshape(len(tables.dates), count, -1), column(result.positions, "fund")[:count]
    for fund in np.flatnonzero(failed):
        after = tables.dates >= tables.times[tables.of(fund, "estate_settled")].max().astype("M8[D]")
        assert (owned[after, fund] == 0).all(), f"{tables.names[fund]} holds or owes after default"
        assert (held[after][:, owners == tables.names[fund]] == 0).all(), f"{tables.names[fund]} has positions"
        assert len(np.unique(equity[after, fund])) == 1
        assert equity[-1, fund] >= -TOLERANCE * tables.gross[fund] - 1e-6, f"{tables.names[fund]} owes"


def check_outcome(tables: Tables) -> None:
    """Outcomes agree with the events, which are in order of time, each after its cause."""
    outcome, log = tables.outcome, tables.log
    assert (np.diff(tables.times.astype(np.int64)) >= 0).all(), "events out of order"
    assert (column(log, "cause_id") < column(log, "event_id")).all(), "an effect before its cause"
    assert (tables.times >= np.datetime64(str(tables.result.scenario.start))).all(), "an event before the first day"
    defaulted, missed, gone = tables.has("default"), tables.has("call_failed"), tables.has("insolvency")
    quiet = np.isin(outcome, ("survived", "called"))
    assert (defaulted == np.isin(outcome, DEFAULTS)).all(), "default against outcome"
    assert not tables.has("order", "sale", "call_failed")[quiet].any(), "a quiet fund sells"
    assert tables.has("order")[outcome == "forced_sale"].all(), "a forced sale without an order"
    assert missed[outcome == "illiquid"].all(), "illiquid without a missed call"
    assert (outcome[gone] == "insolvent").all(), "insolvency against outcome"
    assert (gone | missed)[outcome == "insolvent"].all(), "insolvent without a reason"
    equity = tables.grid(tables.result.timeline, ["equity_usd"])[..., 0]
    for fund in np.flatnonzero(defaulted & missed):
        check_morning(tables, fund, equity[:, fund])


def check_morning(tables: Tables, fund: int, equity: Any) -> None:
    """A fund that misses a call in the morning is insolvent if its equity of the last record is lost."""
    failed = tables.times[tables.of(fund, "default")][0]
    morning = failed.astype("M8[D]")
    if failed - morning >= np.timedelta64(10, "h"):
        return  # since the last record something was marked
    before, rows = equity[tables.dates < morning][-1], tables.of(fund, "other_loss")
    rows = rows[(tables.times[rows] >= morning) & (tables.times[rows] <= failed)]
    lost = column(tables.log, "amount_usd")[rows].sum()
    if abs(before - lost) > 1e-3 * before:  # interest of the night may decide otherwise
        assert (tables.outcome[fund] == "insolvent") == (before <= lost), f"{tables.names[fund]}: insolvent or illiquid"


def check(result: bs.Result) -> None:
    """Assert every law of one result."""
    tables = Tables(result)
    check_equity(tables)
    check_cash(tables)
    check_losses(tables)
    check_outcome(tables)


def check_clients(found: Any) -> None:
    """Losses are those of named lenders, clearing members and banks, and the outcome agrees with calls and days."""
    rows, lenders = found.table, found.lender_losses
    failed, missed = np.isin(column(rows, "outcome"), DEFAULTS), column(rows, "missed_call_usd") > 0
    money = [name for name in rows if name.endswith("_usd")]
    entered = np.array([str(outcome) != "not_entered" for outcome in rows["outcome"]])  # the others have no end
    assert np.isfinite(rows.loc[entered, money].to_numpy()).all(), "an amount is not finite"
    assert np.isfinite(rows[[name for name in money if name != "equity_end_usd"]].to_numpy()).all(), "not finite"
    lost = lenders.groupby("fund")["loss_usd"].sum().reindex(rows["fund"], fill_value=0.0).to_numpy()
    np.testing.assert_allclose(column(rows, "lender_loss_usd"), lost, rtol=1e-9, atol=1e-3)
    assert (lenders["lender"] != "").all(), "a loss of nobody"
    assert (rows[["lender_loss_usd", "clearing_loss_usd", "credit_loss_usd"]].to_numpy()[~failed] == 0).all()
    end, start = column(rows, "equity_end_usd"), column(rows, "equity_start_usd")
    assert (end[failed] >= -TOLERANCE * column(rows, "notes_usd")[failed] - 1e-6).all(), "a defaulted fund owes"
    assert (end[~failed & entered] > 0).all(), "a fund without equity goes on"
    assert missed[column(rows, "outcome") == "illiquid"].all(), "illiquid without a missed call"
    assert not missed[~failed].any(), "a missed call without default"
    assert (column(rows, "missed_call_usd") > column(rows, "cash_at_hand_usd"))[missed].all(), "a call that cash pays"
    quiet = np.isin(column(rows, "outcome"), ("survived", "called"))
    assert (column(rows, "forced_sales_usd")[quiet] == 0).all(), "a quiet fund sells"
    assert (start > 0).all()


def check_agreement(found: Any, result: bs.Result) -> None:
    """A fund has the same outcome, equity and losses through `bs.clients` and `bs.backtest`."""
    summary, log = result.summary.iloc[0], result.events
    row = found.table.set_index("fund").loc[summary.name]
    assert row["outcome"] == summary["outcome"], "outcomes differ"
    party = column(log, "party")[column(log, "event") == "loss"]
    amounts = column(log, "amount_usd")[column(log, "event") == "loss"]
    pairs = [(row["equity_end_usd"], summary["equity_end_usd"])]
    pairs += [(row[name], amounts[party == who].sum()) for name, who in LOSERS.items()]
    np.testing.assert_allclose(*zip(*pairs, strict=True), rtol=1e-9, atol=TOLERANCE * row["notes_usd"] + 1e-3)


def check_twice(seed: int) -> None:
    """Frictionless books of twice the size have twice every amount."""
    drawn = world(seed)
    drawn = drawn._replace(scenario=without(drawn.scenario, "usd"), execution=FREE)  # dollars do not double
    one, two = (drawn.clients(times).table for times in (1, 2))
    assert (one["outcome"] == two["outcome"]).all(), "another outcome"
    money = [name for name in one if name.endswith("_usd")]
    # Calls are rounded up to cents, and a sale raises a cent more than its call: some dollars of face.
    np.testing.assert_allclose(two[money].to_numpy(), 2 * one[money].to_numpy(), rtol=1e-9, atol=10.0)


def check_past(seed: int) -> None:
    """Nothing before a day depends on what happens on that day or later: prices, margins, haircuts, losses."""
    drawn = world(seed).some(range(WHOLE))
    scenario = drawn.scenario
    days = [str(day) for day in mark_days(str(scenario.start), str(scenario.end))]
    day = days[len(days) // 2]

    def run(bp: float, haircut: float, multiple: float, share: float) -> bs.Result:
        later: dict[str, list[Any]] = {
            "yield_moves": [{"date": day, "bp": bp}],
            "haircut_changes": [{"date": day, "haircut": haircut}],
            "margin_notices": [{"date": days[len(days) // 2 + 2], "multiple": multiple}],  # announced before its date
            "other_losses": [{"date": day, "share": share}],
        }
        early = {name: [part for part in getattr(scenario, name) if str(part.date) < day] for name in later}
        return drawn._replace(
            scenario=scenario.but(**{name: [*early[name], *parts] for name, parts in later.items()})
        ).run()

    one, other = run(5, 0.02, 1.1, 0.01), run(-80, 0.08, 2.5, 0.5)
    for name in ("timeline", "cash", "calls", "attribution", "positions", "events"):
        left, right = (getattr(result, name) for result in (one, other))
        when = "time" if name == "events" else "date"
        rows = [np.flatnonzero(column(table, when) < np.datetime64(day)) for table in (left, right)]
        pd.testing.assert_frame_equal(left.iloc[rows[0]], right.iloc[rows[1]])


def check_capital(seed: int) -> dict[str, int]:
    """More capital under the same notes never fails earlier where nothing is sold before default.

    Returns how many funds of the other rules of unwinding fail earlier with it.
    """
    drawn = world(seed)
    drawn = drawn._replace(scenario=without(drawn.scenario, "share"))  # a share of more capital is more

    def failed(capital: float) -> Any:
        rows = drawn.clients(capital=capital).table
        days = rows["day"].where(rows["outcome"].isin(DEFAULTS), pd.Timestamp.max)
        return days.where(rows["outcome"] != "not_entered", pd.Timestamp.min).to_numpy()

    earlier, rules = failed(1.3) < failed(1.0), column(drawn.funds, "unwind")
    assert not earlier[rules == "hold"].any(), "more capital fails earlier"
    return {
        f"of which with a third more capital, {rule}, failing earlier": int(earlier[rules == rule].sum())
        for rule in UNWINDS
    }


def trial(seed: int) -> dict[str, int]:
    """Check the books of one scenario, and some also at twice their size, with another future, with more capital."""
    drawn = world(seed)
    found = drawn.clients()
    check_clients(found)
    for number in np.random.default_rng(seed).permutation(BOOKS)[:WHOLE].tolist():
        alone = drawn.some([number])  # losses elsewhere in dollars are those of all funds of a run
        if found.table["outcome"].iloc[number] == "not_entered":
            with pytest.raises(bs.InputError, match="give more equity"):
                alone.run()
            continue
        result = alone.run()
        check(result)
        check_agreement(found, result)
    by_leverage = sized.__wrapped__(seed)
    tried = {"books through bs.clients": BOOKS, "of which also through bs.backtest, every table": WHOLE}
    if by_leverage is None:
        tried["books by leverage refused at entry, in one sentence"] = 1
    else:
        check(by_leverage)
        tried["books by leverage through bs.backtest, every table"] = 1
    tried |= {f"of which {outcome}": int(count) for outcome, count in found.table["outcome"].value_counts().items()}
    if seed % MORE == 0:
        check_twice(seed)
        check_past(seed)
        tried |= {"of which at twice the size": BOOKS, "of which with another future": WHOLE}
        tried |= {"of which with a third more capital": BOOKS, **check_capital(seed)}
    return tried
