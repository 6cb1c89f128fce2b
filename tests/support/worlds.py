"""Worlds made directly of engine rows: one hand-made pair, and random books that meet everything at once."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from basis_engine.simulation.names import EventKind, Unwind
from basis_engine.simulation.rows import ContractRow, Dealers, Fund, FuturesQuote, Mark, NoteQuote, Position, empty_rows
from basis_engine.simulation.run import Run, Setup, assign_positions
from basis_engine.simulation.schedule import CALL_TIME, ROLL_TIME, SETTLEMENT_TIME, Calendar, DatedEvent, build_schedule
from basis_engine.simulation.world import Market

FIRST_DAY = 20_178  # Monday 31 March 2025
COUPON_PERIOD = 182  # days
MINUTES_PER_DAY = 24 * 60


def business_days(count: int, holidays: Iterable[int] = ()) -> NDArray[np.int64]:
    """The first business days from `FIRST_DAY`; ``holidays`` count days from it."""
    days = FIRST_DAY + np.arange(2 * count + 30)
    weekday = (days + 3) % 7 < 5  # 1970-01-01 was a Thursday
    open_days = days[weekday & ~np.isin(days - FIRST_DAY, list(holidays))]
    return open_days[:count].astype(np.int64)


def hand_made(
    clean: ArrayLike,
    futures: ArrayLike | None = None,
    *,
    accrued: ArrayLike = 0.0,
    coupon_due: ArrayLike = 0.0,
    dislocation: ArrayLike = 0.0,
    repo_rate: ArrayLike = 0.0,
    cash_rate: ArrayLike = 0.0,
    minutes: Sequence[int] = (SETTLEMENT_TIME,),
    fund: Mapping[str, float] | None = None,
    position: Mapping[str, float] | None = None,
    contract: Mapping[str, float] | None = None,
    dated: Sequence[DatedEvent] = (),
    repo_time: int = ROLL_TIME,
) -> Setup:
    """One fund with one pair: by default $1m, 20x, 2% haircut, hedged face for face, no costs, no rates.

    ``clean`` has a price per mark: of the first day its last mark only, then ``minutes`` of every day.
    """
    clean = np.asarray(clean, float)
    days = 1 + (len(clean) - 1) // len(minutes)
    dates = business_days(days + 1)
    midnight = dates[:-1] * MINUTES_PER_DAY
    mark_day = np.concatenate(([0], np.repeat(np.arange(1, days), len(minutes))))
    minute = np.concatenate((minutes[-1:], np.tile(minutes, days - 1)))
    marks = empty_rows(Mark, len(clean))
    marks["time"], marks["value_date"] = midnight[mark_day] + minute, dates[mark_day + 1]
    notes = empty_rows(NoteQuote, len(clean)).reshape(-1, 1)
    quotes = empty_rows(FuturesQuote, len(clean)).reshape(-1, 1)
    notes["clean"][:, 0], notes["accrued"][:, 0], notes["coupon_due"][:, 0] = clean, accrued, coupon_due
    quotes["price"][:, 0] = clean if futures is None else futures
    quotes["dislocation"][:, 0] = dislocation
    funds, positions, contracts = empty_rows(Fund, 1), empty_rows(Position, 1), empty_rows(ContractRow, 1)
    fill(funds, {"entry_equity": 1e6, "unwind": Unwind.CURE, "depth_share": 1.0, "drawdown_limit": 1.0, "call_back": 1})
    fill(funds, {"stop_cut": 1.0, "stop_speed": 1.0, "feedback": 1.0})
    fill(positions, {"fund": 0, "contract": 0, "face": 2e7, "contracts": -200.0, "factor": 1.0, "base_haircut": 0.02})
    fill(contracts, {"notional": 1e5, "point_value": 1e3, "initial_margin": 1e3, "seizure_cost": 1.0})
    fill(funds, fund or {})
    fill(positions, position or {})
    fill(contracts, contract or {})
    contracts["announced_margin"] = contracts["initial_margin"]
    assign_positions(funds, positions)
    calendar = Calendar(
        midnight,
        np.broadcast_to(np.asarray(repo_rate, float), days),
        np.broadcast_to(np.asarray(cash_rate, float), days),
        marks["time"],
        mark_day,
        dated,
        repo_time=repo_time,
    )
    return Setup(Market(marks, notes, quotes), build_schedule(calendar), funds, positions, contracts, days)


def fill(rows: Any, values: Mapping[str, float]) -> None:
    """Set fields of every row."""
    for name, value in values.items():
        rows[name] = value


@dataclass(frozen=True)
class Shape:
    """How large a random world is."""

    days: int = 25
    funds: int = 2
    positions: int = 2  # of each fund
    contracts: int = 2
    daily_marks: int = 1
    shorts: bool = True  # notes sold short
    swaps: bool = True  # cleared at a second house
    repo_time: int = ROLL_TIME  # when repo rolls


def random_world(seed: int, shape: Shape) -> Setup:
    """A world of random prices, rates, terms, rules and dated events; entered within every fund's means."""
    rng = np.random.default_rng(seed)
    holidays = rng.choice(2 * shape.days, rng.integers(0, 4), replace=False)
    dates = business_days(shape.days + 1, holidays)
    market, mark_day = _random_market(rng, shape, dates)
    contracts = _random_contracts(rng, shape.contracts)
    _leave_out_swaps(shape, market, contracts)
    positions = _random_positions(rng, shape, dates)
    funds = _random_funds(rng, shape.funds)
    assign_positions(funds, positions)
    _size(rng, market, funds, positions, contracts, shape.shorts)
    calendar = Calendar(
        dates[:-1] * MINUTES_PER_DAY,
        _random_rates(rng, shape.days),
        _random_rates(rng, shape.days),
        np.asarray(market.marks)["time"],
        mark_day,
        _random_events(rng, shape, funds, contracts, market, mark_day),
        repo_time=shape.repo_time,
    )
    return Setup(market, build_schedule(calendar), funds, positions, contracts, shape.days, _random_dealers(rng))


def _random_market(
    rng: np.random.Generator, shape: Shape, dates: NDArray[np.int64]
) -> tuple[Market, NDArray[np.int64]]:
    """Prices in small, usual or wild steps, with a gap now and then; coupons fall inside the window."""
    minutes = [SETTLEMENT_TIME]
    if shape.daily_marks > 1:
        earlier = np.arange(CALL_TIME + 30, SETTLEMENT_TIME, 30)
        minutes = [*sorted(rng.choice(earlier, shape.daily_marks - 1, replace=False)), SETTLEMENT_TIME]
    mark_day = np.concatenate(([0], np.repeat(np.arange(1, shape.days), len(minutes))))
    minute = np.concatenate(([SETTLEMENT_TIME], np.tile(minutes, shape.days - 1)))
    marks = empty_rows(Mark, len(mark_day))
    marks["time"], marks["value_date"] = dates[mark_day] * MINUTES_PER_DAY + minute, dates[mark_day + 1]
    steps = rng.normal(0.0, rng.choice([1e-4, 3e-3, 3e-2], p=[0.3, 0.5, 0.2]), len(marks))
    steps += rng.normal(0.0, 0.15, len(marks)) * (rng.random(len(marks)) < 0.03)
    level = 100.0 * np.exp(np.cumsum(np.clip(steps, -0.3, 0.3)))
    columns = shape.funds * shape.positions
    notes = empty_rows(NoteQuote, len(marks) * columns).reshape(len(marks), columns)
    for column in range(columns):
        _random_note(rng, notes[:, column], marks["value_date"], level)
    quotes = empty_rows(FuturesQuote, len(marks) * shape.contracts).reshape(len(marks), shape.contracts)
    noise = rng.normal(0.0, rng.choice([0.0, 0.02, 1.0]), quotes.shape)
    quotes["price"] = (level[:, None] + noise) * rng.uniform(0.8, 1.2, shape.contracts)
    quotes["dislocation"] = np.cumsum(rng.normal(0.0, rng.choice([0.0, 1.0, 20.0]), quotes.shape), axis=0)
    quotes["accrual"], quotes["spread"] = rng.normal(0.0, rng.choice([0.0, 0.1]), (2, *quotes.shape))
    return Market(marks, notes, quotes), mark_day


def _random_note(rng: np.random.Generator, quotes: Any, value_date: Any, level: Any) -> None:
    """One note: its price follows the level, its coupons a calendar of their own."""
    coupon, phase = rng.uniform(0.0, 4.0), rng.integers(0, COUPON_PERIOD)
    paid, since = np.divmod(value_date + phase, COUPON_PERIOD)
    quotes["clean"] = level * (1.0 + rng.normal(0.0, rng.choice([0.0, 5e-4]), len(level)))
    quotes["accrued"] = coupon * since / COUPON_PERIOD
    quotes["coupon_due"][1:] = coupon * np.diff(paid)
    quotes["convergence"] = rng.normal(0.0, 0.01, len(level))


def _leave_out_swaps(shape: Shape, market: Market, contracts: Any) -> None:
    """Turn swaps into futures where a shape has none; nothing else is drawn anew."""
    if not shape.swaps:
        contracts["swap"] = False
        quotes = np.asarray(market.futures)
        quotes["accrual"], quotes["spread"] = 0.0, 0.0


def _random_contracts(rng: np.random.Generator, count: int) -> Any:
    """Contracts of different size, cost and depth; half of the worlds have a market without limit."""
    rows = empty_rows(ContractRow, count)
    rows["notional"] = rng.choice([1e5, 2e5], count)
    rows["swap"] = rng.random(count) < 0.3
    rows["point_value"] = rows["notional"] / 100.0
    rows["initial_margin"] = rows["announced_margin"] = rows["notional"] * rng.uniform(0.002, 0.03, count)
    rows["depth"] = rng.choice([0.0, 1e6, 1e8, 1e10], count)
    rows["bond_cost"], rows["futures_cost"] = rng.uniform(0.0, 5.0, (2, count))
    rows["impact"], rows["seizure_cost"] = rng.uniform(0.0, 3.0, count), rng.uniform(1.0, 4.0, count)
    rows["balance_sheet_share"], rows["balance_sheet_years"] = rng.choice([0.0, 0.7, 1.0], count), 0.3
    return rows


def _random_positions(rng: np.random.Generator, shape: Shape, dates: NDArray[np.int64]) -> Any:
    """Positions sorted by fund, a note each, some of them financed to term."""
    count = shape.funds * shape.positions
    rows = empty_rows(Position, count)
    rows["fund"], rows["bond"] = np.repeat(np.arange(shape.funds), shape.positions), np.arange(count)
    rows["contract"] = rng.integers(0, shape.contracts, count)
    rows["factor"] = rng.uniform(0.8, 1.2, count)
    rows["base_haircut"] = rng.choice([-0.02, -0.005, 0.0, 0.005, 0.02, 0.05], count)
    rows["term_share"] = rng.choice([0.0, 0.0, 0.5, 1.0], count)
    rows["term_rate"] = rng.uniform(-0.01, 0.06, count)
    rows["term_maturity"] = rng.choice(dates, count) + rng.choice([0, 100], count)
    rows["repo_threshold"] = rng.choice([0.0, 0.01], count)
    rows["repo_spread"] = rng.uniform(-0.001, 0.005, count)
    return rows


def _random_funds(rng: np.random.Generator, count: int) -> Any:
    """Funds of every rule, with and without credit."""
    rows = empty_rows(Fund, count)
    rows["entry_equity"] = 10.0 ** rng.uniform(5.0, 9.0, count)
    rows["unwind"] = rng.choice([int(rule) for rule in Unwind], count)
    rows["leverage_target"] = rng.uniform(5.0, 40.0, count)
    rows["leverage_limit"] = rows["leverage_target"] * rng.uniform(1.0, 1.5, count)
    rows["drawdown_limit"] = rng.uniform(0.02, 0.6, count)
    rows["stop_cut"], rows["stop_speed"] = rng.choice([0.6, 1.0], count), rng.choice([1 / 3, 1.0], count)
    rows["feedback"] = rng.choice([0.0, 1.0], count)
    rows["depth_share"] = rng.choice([0.1, 0.5, 1.0], count)
    rows["credit_line"] = rows["entry_equity"] * rng.choice([0.0, 0.1, 0.5], count)
    rows["credit_spread"] = rng.uniform(0.0, 0.03, count)
    rows["call_back"] = rng.choice([0.0, 0.5, 1.0], count)
    rows["risk_limit"], rows["risk_speed"] = rng.uniform(1.0, 1.5, count), rng.uniform(0.05, 1.0, count)
    rows["calm_volatility"] = 6.0
    return rows


def _random_dealers(rng: np.random.Generator) -> Any:
    """Dealers without rent in half of the worlds; otherwise kinked, with and without a ceiling and feedback."""
    rows = empty_rows(Dealers, 1)
    rows["slope"], rows["capacity_multiple"] = rng.choice([0.0, 0.0, 0.5, 2.0]), rng.choice([1.0, 4.0])
    rows["placement_rate"], rows["memory"] = rng.uniform(0.0, 1.0), 0.94
    rows["capacity"], rows["ceiling"] = 90e9, rng.choice([0.0, 600.0])
    return rows


def _size(rng: np.random.Generator, market: Market, funds: Any, positions: Any, contracts: Any, shorts: bool) -> None:
    """Faces and hedges at up to 80x, within what haircut and initial margin leave; not all are hedged well."""
    notes = np.asarray(market.notes)[0]
    quotes = np.asarray(market.futures)[0]
    for fund in funds:
        own = positions[fund.first : fund.last]
        leverage = np.exp(rng.uniform(np.log(2.0), np.log(80.0)))
        values = fund.entry_equity * leverage * rng.dirichlet(np.ones(len(own)))
        clean = notes["clean"][own["bond"]] * (1.0 - quotes["dislocation"][own["contract"]] / 1e4)
        dirty = clean + notes["accrued"][own["bond"]]
        terms = contracts[own["contract"]]
        side = np.where((rng.random(len(own)) < 0.2) & shorts, -1.0, 1.0)
        own["term_share"][side < 0.0] = 0.0
        own["face"] = side * values / dirty * 100.0
        hedge = rng.choice([0.0, 1.0, 1.0, 1.0, 1.2, -0.2])
        own["contracts"] = -hedge * own["face"] * own["factor"] / terms["notional"]
        asked = np.sum(own["base_haircut"] * values + np.abs(own["contracts"]) * terms["initial_margin"])
        share = min(1.0, 0.95 * fund.entry_equity / asked) if asked > 0.0 else 1.0
        own["face"] *= share
        own["contracts"] *= share


def _random_rates(rng: np.random.Generator, days: int) -> NDArray[np.float64]:
    """Rates below, at and above zero, with a spike now and then."""
    spikes = rng.uniform(0.0, 0.1, days) * (rng.random(days) < 0.05)
    return rng.choice([-0.01, 0.0, 0.03, 0.06]) + rng.normal(0.0, 0.001, days) + spikes


def _random_events(
    rng: np.random.Generator, shape: Shape, funds: Any, contracts: Any, market: Market, mark_day: Any
) -> list[DatedEvent]:
    """Haircuts, roll shares, margins, outside flows, redemptions and deliveries on random days."""
    events = []

    def day() -> int:
        return int(rng.integers(1, shape.days))

    for _ in range(rng.integers(0, 3)):
        contract = int(rng.integers(-1, shape.contracts))
        rise = float(rng.choice([-0.005, 0.0, 0.01, 0.03, 0.1]))
        events.append(DatedEvent(day(), EventKind.HAIRCUT_CHANGE, ROLL_TIME, rise, contract))
    for share in rng.choice([0.0, 0.1, 0.3, 1.0], rng.integers(0, 3)):
        events += [DatedEvent(day(), EventKind.NOT_ROLLED_CHANGE, ROLL_TIME, float(share))]
    for sold in rng.choice([-4e10, 2e10, 1e11], rng.integers(0, 4)):
        events += [DatedEvent(day(), EventKind.OUTSIDE_FLOW, CALL_TIME + 30, float(sold))]
    for _ in range(rng.integers(0, 3)):
        fund = int(rng.integers(0, shape.funds))
        amount = float(funds[fund].entry_equity * rng.choice([0.05, 0.3, 1.0]))
        events.append(DatedEvent(day(), EventKind.REDEMPTION, CALL_TIME + 15, amount, fund=fund))
    for _ in range(rng.integers(0, 3)):
        fund = int(rng.integers(0, shape.funds))
        amount = float(funds[fund].entry_equity * rng.choice([0.02, 0.2, 1.5]))
        events.append(DatedEvent(day(), EventKind.OTHER_LOSS, CALL_TIME + 60, amount, fund=fund))
    for contract in range(shape.contracts):
        if rng.random() < 0.5:
            at, level = day(), float(contracts[contract].initial_margin * rng.choice([0.5, 1.5, 3.0]))
            events.append(DatedEvent(max(at - 1, 1), EventKind.MARGIN_NOTICE, SETTLEMENT_TIME, level, contract))
            events.append(DatedEvent(at, EventKind.MARGIN_CHANGE, SETTLEMENT_TIME, level, contract))
        if rng.random() < 0.3:
            final = day()
            events.append(DatedEvent(final, EventKind.FINAL_SETTLEMENT, SETTLEMENT_TIME, contract=contract))
            last = int(np.flatnonzero(mark_day == final)[-1])
            np.asarray(market.futures)["price"][last:, contract] = market.futures[last, contract].price
            if final + 1 < shape.days:
                delivery = int(rng.integers(final + 1, min(final + 6, shape.days)))
                events.append(DatedEvent(delivery, EventKind.DELIVERY, ROLL_TIME, contract=contract))
    return events


def outputs(run: Run) -> dict[str, NDArray[Any]]:
    """Every array a run hands back, by name."""
    return {field.name: np.asarray(getattr(run, field.name)) for field in fields(run)}


def digest(runs: Iterable[Run]) -> str:
    """SHA-256 of every byte that runs hand back."""
    total = hashlib.sha256()
    for run in runs:
        for array in outputs(run).values():
            total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()
