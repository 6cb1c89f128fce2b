"""The interface of strategies: the user's own in ten lines, plain or compiled; rules; one sentence for each mistake."""

import doctest
import importlib
import math
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import basis_stress as bs
from basis_data.multi_year.market import multi_year_market
from basis_data.tables.fields import meanings
from basis_engine.simulation.observation import FundView, PairView
from basis_engine.simulation.rows import empty_rows
from basis_strategies import rules
from basis_strategies.library import LIBRARY, find, parse_strategy
from basis_strategies.multi_year_market import MarketRows, market_rows
from basis_strategies.run import StrategyError, run_years
from support import ROOT
from support.worlds import outputs

EXAMPLE = ROOT / "docs" / "examples" / "cheap_basis.py"
WINDOW = {"start": "2019-09-03", "end": "2020-04-30"}


@cache
def months() -> MarketRows:
    return market_rows(multi_year_market(WINDOW["start"], WINDOW["end"], ("TY",), terms=(2,)))


def test_the_users_example_is_ten_lines_and_gives_equal_bytes_plain_and_compiled(tmp_path: Path) -> None:
    """It stands outside the packages, and runs without a change to them."""
    text = EXAMPLE.read_text()
    body = [line for line in text.splitlines() if line.strip() and not line.startswith("import")]
    assert len(body) <= 10
    plain = tmp_path / "plain.py"
    plain.write_text(text.replace("    @bs.compiled\n", ""))
    assert plain.read_text() != text
    played = [run_years(find(f"{path}:CheapBasis")(leverage=15), months()) for path in (EXAMPLE, plain)]
    compiled, interpreted = (outputs(one.run) for one in played)
    assert np.abs(compiled["position_days"]).sum() > 0
    for name, array in compiled.items():
        assert array.tobytes() == interpreted[name].tobytes(), name


def test_the_library_gives_equal_bytes_interpreted() -> None:
    """Without the compiler, in a process of its own, kernels are plain Python: a few weeks are enough."""
    code = (
        "import hashlib, sys; import basis_stress as bs;"
        "r = bs.run_strategy(bs.LongBasis(), '2020-02-18', '2020-03-20');"
        "print(hashlib.sha256(r.daily['equity_usd'].to_numpy().tobytes()).hexdigest())"
    )
    digests = set()
    for off in ("0", "1"):
        run = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "NUMBA_DISABLE_JIT": off},
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(run.stdout)
    assert len(digests) == 1


class Says(bs.Strategy):
    """Decides one number for every pair."""

    number: float = 0.0
    from_day: int = 1
    only_dead: bool = False

    def decide(terms, fund, pairs, target):
        for p in range(len(pairs)):
            if fund.day >= terms.from_day and pairs[p].tradable != terms.only_dead:
                target[p] = terms.number


class Nan(Says):
    """No number on its fifth day."""

    def decide(terms, fund, pairs, target):
        target[:] = 1e6
        if fund.day == 5:
            target[0] = float("nan")


class Raises(Says):
    """A mistake in the user's own code."""

    def decide(terms, fund, pairs, target):
        if fund.day == 4:
            raise ZeroDivisionError("no such share")


class Undecided(bs.Strategy):
    """Forgot to decide."""


@pytest.mark.parametrize(
    ("strategy", "told"),
    [
        (Nan(), "Nan, 2019-09-10: decided nan of TY 2019-09; decide a number"),
        (
            Says(number=1e12, from_day=3),
            r"Says, 2019-09-06: decided \$1,000,000,000,000 of TY 2019-09, but haircut and",
        ),
        (Says(number=-1e12), r"Says, 2019-09-04: decided -\$1,000,000,000,000 of TY 2019-09, but haircut"),
        (
            Says(number=1e6, only_dead=True),
            r"Says, 2019-..-..: decided \$1,000,000 of TY 20..-..*does not trade that day",
        ),
        (Raises(), r"Raises, 2019-09-09: decide raised ZeroDivisionError \(no such share\); correct it"),
        (Undecided(), "Undecided: has no decision; give the class decide"),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, bs.Strategy) else "",
)
def test_a_wrong_decision_is_one_sentence_and_keeps_the_days_before(strategy: bs.Strategy, told: str) -> None:
    with pytest.raises(StrategyError, match=told) as caught:
        bs.run_strategy(strategy, **WINDOW)
    assert "\n" not in str(caught.value)
    day = re.search(r"\d{4}-\d\d-\d\d", str(caught.value))
    if day and day[0] > "2019-09-05":
        kept = caught.value.result
        assert str(kept.daily.index[-1].date()) < day[0]
        assert kept.daily["equity_usd"].iloc[-1] == pytest.approx(1e8, rel=0.1)


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        ({"leverage": -1}, "LongBasis, leverage: -1 given, allowed is greater than 0"),
        ({"leverage": "much"}, "LongBasis, leverage: 'much' given, allowed is"),
        ({"leverag": 20}, r"LongBasis, leverag: unknown key \(did you mean 'leverage'\?\)"),
        (
            {"legs": ("TX",)},
            r"LongBasis, legs: \('TX',\) given, allowed is TU, FV, TY or US, .* of which 'TX' is none",
        ),
        ({"legs": ()}, "LongBasis, legs: .* allowed is at least 1"),
        ({"legs": ("TY", "TY")}, "LongBasis, legs: .*each leg once"),
        ({"unwind": "never"}, "LongBasis, unwind: 'never' given"),
        ({"band": math.nan}, "LongBasis, band: nan given"),
    ],
)
def test_a_wrong_parameter_is_one_sentence(terms: dict[str, object], told: str) -> None:
    with pytest.raises(bs.InputError, match=told) as caught:
        bs.LongBasis(**terms)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("LongBases", r"unknown \(did you mean 'LongBasis'\?\)"),
        ("nowhere.py:Mine", "strategy file 'nowhere.py': not found"),
        ("LongBasis:leverage", "'leverage' given, allowed is parameter=value"),
        ("LongBasis:leverage=many", "leverage: 'many' given"),
    ],
)
def test_a_wrong_name_is_one_sentence(text: str, told: str) -> None:
    with pytest.raises(bs.InputError, match=told):
        parse_strategy(text)


def test_what_is_said_is_what_is_built() -> None:
    assert (
        parse_strategy("long-basis:leverage=30,legs=TU+FV,enter-bp=10").name
        == "LongBasis(TU+FV, leverage=30, enter_bp=10)"
    )
    assert parse_strategy("Steepener:side=-1").side == -1  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", LIBRARY.values(), ids=list(LIBRARY))
def test_every_strategy_says_when_it_makes_and_loses_money(kind: type[bs.Strategy]) -> None:
    told = " ".join((kind.__doc__ or "").split())
    for word in ("Earns", "Loses", "Legs", "Margin", "inancing", ">>>"):
        assert word in told or word.lower() in told, word
    assert all(meanings(kind).values())
    assert kind().name == kind.__name__


def one(row: type, **values: float):
    """A row with some values."""
    rows = empty_rows(row, 1)
    for name, value in values.items():
        rows[name] = value
    return rows[0]


@settings(deadline=None)
@given(st.lists(st.floats(-1.0, 1.0), min_size=2, max_size=30))
def test_hysteresis_changes_its_mind_only_past_the_levels(signals: list[float]) -> None:
    held = False
    for signal in signals:
        now = rules.worth_holding(held, signal, 0.3, -0.2)
        assert now == (signal > -0.2 if held else signal > 0.3)
        held = now


@settings(deadline=None)
@given(st.floats(0.1, 100), st.floats(-0.05, 0.2), st.floats(0, 0.1), st.floats(0, 0.05), st.floats(0, 3))
def test_affordable_leverage_is_affordable(leverage, haircut, margin, buffer, growth) -> None:
    sized = rules.affordable_leverage(leverage, haircut, margin, buffer, growth)
    assert sized <= leverage
    assert sized * (haircut + margin + buffer + growth * margin) <= 1 + 1e-12


def test_rules_do_what_they_say() -> None:
    assert [rules.left_to_roll(day, 4) for day in (9, 5, 3, 1, 0, -2)] == [1.0, 1.0, 0.5, 0.0, 0.0, 0.0]
    assert rules.volatility_leverage(20.0, 0.1, 0.01) == pytest.approx(0.1 / (0.01 * 252**0.5))
    assert rules.volatility_leverage(20.0, 0.0, 0.01) == 20.0
    assert rules.carry_to_risk(0.002, 0.0004, 0.0) == 1.0
    assert rules.carry_to_risk(0.002, 0.0004, 1.0) == pytest.approx(0.002 / (0.0004 * 252**0.5))
    assert rules.unless_close(100.0, 104.0, 0.05) == 100.0
    assert rules.unless_close(100.0, 106.0, 0.05) == 106.0
    assert rules.unless_close(100.0, 0.0, 0.05) == 0.0
    fund = one(FundView, equity=90.0, high_equity=100.0, days_in=3, book=2000.0)
    assert rules.may_hold(fund, 0.11, 5)
    assert not rules.may_hold(fund, 0.09, 5)
    assert not rules.may_hold(one(FundView, days_out=4), 1.0, 5)
    assert rules.may_hold(one(FundView, days_out=5), 1.0, 5)
    assert rules.value_at_risk_leverage(20.0, 0.0, 0.001) == 20.0
    assert rules.value_at_risk_leverage(20.0, 0.02, 0.001) == pytest.approx(0.02 / 0.002326)
    assert rules.face_of(99.0, one(PairView, dirty=99.0)) == 100.0


def test_a_stop_lets_go_and_enters_again() -> None:
    stopped = bs.run_strategy(bs.LongBasis(leverage=40, stop=0.03, wait_days=10), **WINDOW).daily["notes_usd"]
    held = (stopped > 0).to_numpy()
    changes = np.flatnonzero(np.diff(held.astype(int)))
    assert len(changes) >= 3  # in, out, in again
    assert changes[2] - changes[1] >= 10


def test_a_value_at_risk_limit_lets_go_as_volatility_rises() -> None:
    """March 2020 triples the volatility of the basis: without a limit only margins make the book smaller."""
    free, limited = (
        bs.run_strategy(bs.LongBasis(leverage=40, var_limit=limit), "2020-01-02", "2020-04-30") for limit in (0.0, 0.01)
    )
    calm, wild = slice("2020-02-03", "2020-02-14"), slice("2020-03-19", "2020-03-31")
    assert limited.daily["leverage"][wild].mean() < 0.5 * limited.daily["leverage"][calm].mean()
    assert free.daily["leverage"][wild].mean() > 0.7 * free.daily["leverage"][calm].mean()


def test_no_engine_module_names_a_strategy() -> None:
    """What a strategy is, the engine does not know: adding one changes nothing in it."""
    for path in (ROOT / "engine" / "basis_engine").rglob("*.py"):
        for name in (*LIBRARY, "Portfolio", "CheapBasis"):
            assert name not in path.read_text(), f"{path.name} names {name}"


@pytest.mark.parametrize("module", ["hedged_trades", "curve_trades", "strategy"])
def test_worked_examples_run(module: str) -> None:
    failed, run = doctest.testmod(importlib.import_module(f"basis_strategies.{module}"), optionflags=doctest.ELLIPSIS)
    assert run > 0
    assert failed == 0


@pytest.mark.parametrize("kind", [bs.LongBasis, bs.ShortBasis, bs.HoldToDelivery, bs.CalendarRoll])
def test_the_stated_leverage_is_of_the_whole_book(kind: type[bs.Strategy]) -> None:
    """Two legs and four are as levered as one: each has an equal share."""
    for legs in (("TY",), ("TU", "FV"), ("TU", "FV", "TY", "US")):
        daily = bs.run_strategy(kind(legs=legs, leverage=15), "2019-02-01", "2019-07-01").daily
        assert 14 < daily["leverage"].max() < 16, legs
