"""Held to delivery: a frictionless basis position earns its implied repo less realised financing, on any path.

Take face A of a note bought for V0 = A (P0 + AI0) / 100, a short of A CF / 100 points in the future at F0, equity E0,
haircut and costs zero, all repo overnight, and one rate r_i for repo, cash and initial margin on night i of d_i days.
Let R(a, b) be the product of 1 + r_i d_i / 360 over the nights from a to b, and d the delivery day.

Whatever the note is worth on the way, what the fund owes lenders and what it holds in cash move together: a higher
mark brings a larger loan and as much cash, at one rate. So "cash and margin less repo" is a bank account that starts
at E0 - V0 on the first settlement, grows by R, and takes in three things: coupons I_j on t_j; variation margin v_t,
struck at t and paid at 09:00 of the next business day, due_t; and on delivery the invoice A (F CF + AI_d) / 100 at the
final settlement price F. The sum of all v_t is -A CF (F - F0) / 100, so the final price cancels, and

    E(d) - E0 R = [A (F0 CF + AI_d) / 100 + sum I_j - V0]    implied repo at entry: what delivery earns on V0
                  - V0 (R - 1)                               realised financing
                  + sum I_j (R(t_j, d) - 1)                  coupons reinvested
                  + sum v_t (R(due_t, d) - 1)                interest on variation margin

E0 (R - 1) is the interest on the fund's own equity, initial margin included, which earns the rate of cash. No term
holds a price between entry and delivery, but for the interest on variation margin.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import basis_stress as bs
from basis_data.markets.margins import initial_margin_schedule
from basis_engine.base.errors import InputError
from basis_engine.bonds.delivery import forward_price, implied_repo
from basis_engine.simulation.names import EventKind, FundColumn, Unwind
from basis_engine.simulation.rows import ContractRow, Fund, FuturesQuote, Mark, NoteQuote, Position, empty_rows
from basis_engine.simulation.run import Run, Setup, assign_positions, run
from basis_engine.simulation.schedule import ROLL_TIME, SETTLEMENT_TIME, Calendar, DatedEvent, build_schedule
from basis_engine.simulation.world import Market
from support import naive

FACE, POINT_VALUE, FACTOR = 1e9, 1000.0, 0.8437
EPOCH = date(1970, 1, 1)


def number(day: date) -> int:
    return (day - EPOCH).days


@dataclass(frozen=True)
class Path:
    """A path from entry (day 0) to delivery (the last day); final settlement is some days before."""

    days: list[date]  # one more than there are marks: the last mark's settlement
    note: naive.Note
    cleans: list[float]
    futures: list[float]
    rates: list[float]  # of the night that follows each day
    final: int  # day of the final settlement
    equity: float
    margin_rise: float  # multiple of initial margin, from the second day on


@st.composite
def paths(draw: Any, coupon_inside: bool | None = None, constant_rate: bool = False) -> Path:
    marks = draw(st.integers(4, 15))
    gaps = draw(st.lists(st.sampled_from([1, 1, 1, 3, 4]), min_size=marks, max_size=marks))
    start = date(2025, 3, 3) + timedelta(days=draw(st.integers(0, 30)))
    days = [start + timedelta(days=sum(gaps[:i])) for i in range(marks + 1)]
    with_coupon = draw(st.booleans()) if coupon_inside is None else coupon_inside
    pays = days[draw(st.integers(2, marks - 1))] if with_coupon else days[1]
    pays -= timedelta(days=draw(st.integers(0, 1)) if with_coupon and (pays - days[1]).days > 1 else 0)
    note = naive.Note("held", draw(st.floats(0, 0.08)), date(2032, pays.month, min(pays.day, 28)), FACTOR)
    points = st.floats(60, 140)
    rate = st.floats(-0.02, 0.12)
    rates = [draw(rate)] * marks if constant_rate else draw(st.lists(rate, min_size=marks, max_size=marks))
    return Path(
        days=days,
        note=note,
        cleans=draw(st.lists(points, min_size=marks, max_size=marks)),
        futures=draw(st.lists(points, min_size=marks, max_size=marks)),
        rates=rates,
        final=draw(st.integers(1, marks - 2)),
        equity=draw(st.floats(2.5, 4)) * FACE,
        margin_rise=draw(st.sampled_from([1.0, 0.5, 2.0])),
    )


def coupons(path: Path) -> list[tuple[int, float]]:
    """(Day of payment, USD): a coupon is paid on its date or on the first business day after it."""
    return [
        (m + 1, FACE * path.note.coupon / 2)
        for m in range(1, len(path.cleans))
        for _ in naive.coupons_between(path.note, path.days[m], path.days[m + 1])
    ]


def world(path: Path) -> Setup:
    """The path as rows of the engine; every day has one mark, at 15:00 of a place where midnight is midnight UTC."""
    marks = len(path.cleans)
    midnight = np.array([number(day) for day in path.days[:-1]]) * 24 * 60
    rows = empty_rows(Mark, marks)
    rows["time"], rows["value_date"] = midnight + SETTLEMENT_TIME, [number(day) for day in path.days[1:]]
    notes = empty_rows(NoteQuote, marks).reshape(marks, 1)
    notes["clean"][:, 0] = path.cleans
    notes["accrued"][:, 0] = [naive.accrued(path.note, day) for day in path.days[1:]]
    for m in range(1, marks):
        paid = naive.coupons_between(path.note, path.days[m], path.days[m + 1])
        notes["coupon_due"][m, 0] = 50 * path.note.coupon * len(paid)
    futures = empty_rows(FuturesQuote, marks).reshape(marks, 1)
    futures["price"][:, 0] = path.futures
    contracts = empty_rows(ContractRow, 1)
    contracts["notional"], contracts["point_value"] = 100 * POINT_VALUE, POINT_VALUE
    contracts["initial_margin"] = contracts["announced_margin"] = 2_000.0
    funds, positions = empty_rows(Fund, 1), empty_rows(Position, 1)
    funds["entry_equity"], funds["unwind"] = path.equity, Unwind.HOLD
    positions["fund"] = positions["contract"] = positions["bond"] = 0
    positions["face"], positions["factor"] = FACE, FACTOR
    positions["contracts"] = -FACE * FACTOR / 100 / POINT_VALUE
    assign_positions(funds, positions)
    rates = np.array(path.rates)
    dated = (
        DatedEvent(1, EventKind.MARGIN_CHANGE, SETTLEMENT_TIME, 2_000.0 * path.margin_rise, contract=0),
        DatedEvent(path.final, EventKind.FINAL_SETTLEMENT, SETTLEMENT_TIME, contract=0),
        DatedEvent(marks - 1, EventKind.DELIVERY, ROLL_TIME, contract=0),
    )
    calendar = Calendar(midnight, rates, rates, rows["time"].copy(), np.arange(marks), dated)
    return Setup(Market(rows, notes, futures), build_schedule(calendar), funds, positions, contracts, marks)


def growth(path: Path, start: int, end: int) -> float:
    """R: what 1 becomes from the morning of one day to the morning of another."""
    product = 1.0
    for i in range(start, end):
        product *= 1 + path.rates[i] * (path.days[i + 1] - path.days[i]).days / 360
    return product


def variation(path: Path) -> list[float]:
    """USD struck on each day, the first being zero; nothing after the final settlement."""
    moves = np.diff(path.futures[: path.final + 1], prepend=path.futures[0])
    return (-FACE * FACTOR / 100 * moves).tolist()


def terms(path: Path) -> tuple[float, float, float, float]:
    """Delivery gain, realised financing, reinvested coupons, interest on variation margin."""
    d = len(path.cleans) - 1
    paid = FACE * (path.cleans[0] + naive.accrued(path.note, path.days[1])) / 100
    invoice = FACE * (path.futures[0] * FACTOR + naive.accrued(path.note, path.days[d])) / 100
    received = [(t, amount) for t, amount in coupons(path) if t <= d]
    gain = invoice + sum(amount for _, amount in received) - paid
    financing = paid * (growth(path, 1, d) - 1)
    reinvested = sum(amount * (growth(path, t, d) - 1) for t, amount in received)
    on_variation = sum(v * (growth(path, t + 1, d) - 1) for t, v in enumerate(variation(path)))
    return gain, financing, reinvested, on_variation


def equities(outcome: Run) -> np.ndarray[Any, Any]:
    return outcome.fund_days[:, 0, FundColumn.EQUITY]


@given(paths())
@settings(max_examples=200, deadline=None)
def test_held_to_delivery_earns_implied_repo_less_financing(path: Path) -> None:
    outcome = run(world(path))
    gain, financing, reinvested, on_variation = terms(path)
    profit = equities(outcome)[-1] - path.equity * growth(path, 1, len(path.cleans) - 1)
    assert outcome.positions["face"][0] == outcome.positions["contracts"][0] == 0.0
    assert profit == pytest.approx(gain - financing + reinvested + on_variation, abs=1e-12 * FACE)


@given(paths())
@settings(max_examples=100, deadline=None)
def test_equity_on_the_way_is_the_bank_account_and_the_note(path: Path) -> None:
    """Repo is owed to the settlement date of the mark, cash earns its interest the next morning: add that night."""
    outcome = run(world(path))
    assert np.diff(equities(outcome)) == pytest.approx(outcome.attribution[1:].sum(axis=(1, 2)), abs=1e-12 * FACE)
    bought = FACE * (path.cleans[0] + naive.accrued(path.note, path.days[1])) / 100
    struck = variation(path)
    for m in range(1, path.final):
        bank = (path.equity - bought) * growth(path, 1, m + 1)
        bank += sum(amount * growth(path, min(t, m + 1), m + 1) for t, amount in coupons(path) if t <= m + 1)
        bank += sum(v * growth(path, t + 1, m + 1) for t, v in enumerate(struck[: m + 1]))
        note = FACE * (path.cleans[m] + naive.accrued(path.note, path.days[m + 1])) / 100
        row = outcome.fund_days[m, 0]
        night = (row[FundColumn.CASH] + row[FundColumn.INITIAL_MARGIN]) * (growth(path, m, m + 1) - 1)
        assert row[FundColumn.EQUITY] + night == pytest.approx(bank + note, abs=1e-12 * FACE)


@given(paths(coupon_inside=False, constant_rate=True))
@settings(max_examples=100, deadline=None)
def test_implied_repo_less_repo_times_days(path: Path) -> None:
    """The textbook's statement, with what it leaves out: overnight compounding and variation-margin interest."""
    d = len(path.cleans) - 1
    days = (path.days[d] - path.days[1]).days
    maturity, settle, delivery = number(path.note.maturity), number(path.days[1]), number(path.days[d])
    earned = implied_repo(path.cleans[0], path.futures[0], FACTOR, path.note.coupon, maturity, settle, delivery)
    bought = FACE * (path.cleans[0] + naive.accrued(path.note, path.days[1])) / 100
    textbook = bought * (earned - path.rates[0]) * days / 360
    compounding = -bought * (growth(path, 1, d) - 1 - path.rates[0] * days / 360)
    profit = equities(run(world(path)))[-1] - path.equity * growth(path, 1, d)
    assert profit == pytest.approx(textbook + compounding + terms(path)[3], abs=1e-12 * FACE)


# Closed forms ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("haircut", "buffer"), [(0.0, 0.0), (0.02, 0.005), (-0.005, 0.01)])
def test_maximum_leverage(haircut: float, buffer: float) -> None:
    """1 / (haircut + initial margin + buffer), and not a hair more."""
    terms = {"contract": "TY", "haircut": haircut, "whole_contracts": False}
    entry = bs.backtest("april-2025", **terms, buffer=buffer).timeline.iloc[0]
    margin = entry["initial_margin_usd"] / entry["bonds_usd"]
    assert entry["leverage"] == pytest.approx(1 / (haircut + margin + buffer), rel=1e-12)
    assert entry["cash_usd"] == pytest.approx(buffer * entry["bonds_usd"], rel=1e-9, abs=1e-3)
    most = 1 / (haircut + margin)
    assert bs.backtest("april-2025", **terms, leverage=most * (1 - 1e-9)).summary["leverage_start"].iloc[0] > 0
    with pytest.raises(InputError, match=f"allow at most {most:.1f}x"):
        bs.backtest("april-2025", **terms, leverage=most * 1.001)


def test_margin_leverage_of_the_ten_year() -> None:
    """Futures price of 134.84 over a maintenance margin of $1,150: 117x."""
    margin, _ = initial_margin_schedule("TY", np.array(["2020-02-28"], "datetime64[D]"), 134.84)
    assert margin[0] == 1150
    assert round(134.84 * POINT_VALUE / margin[0]) == 117


def test_form_pf_leverage() -> None:
    """$553bn of repo on $9.9bn of capital: 55.9x at a zero haircut."""
    entry = bs.backtest("april-2025", contract="TY", haircut=0.0, leverage=553 / 9.9, equity=9.9e9).timeline.iloc[0]
    assert entry["repo_owed_usd"] == pytest.approx(553e9, rel=1e-12)
    assert round(entry["repo_owed_usd"] / entry["equity_usd"], 1) == 55.9


def test_repo_dearer_by_45_bp_for_a_quarter() -> None:
    """A note at 100 costs 11 basis points of price more to carry for 90 days: 3.6 thirty-seconds."""
    bond = 100.0, 0.04, number(date(2032, 2, 29)), number(date(2025, 2, 28)), number(date(2025, 2, 28)) + 90
    dearer = forward_price(*bond, 0.0433 + 0.0045) - forward_price(*bond, 0.0433)
    assert round(dearer * 100) == 11
    assert round(dearer * 32, 1) == 3.6
