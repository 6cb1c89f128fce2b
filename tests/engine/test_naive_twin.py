"""The naive twin walks April 2025 day by day and lands on the same cents as the engine."""

import functools
import math
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import basis_stress as bs
from basis_data.markets.market_data import MarketData, market_data
from basis_data.scenarios.scenario import Scenario, changed, scenario
from basis_engine.simulation.names import CashLine, PnlLine, column_names
from basis_stress.single_book.term_repo import CURVE_PARTS
from support import naive
from support.naive_fund import Day, Fund, Mark, Pair, Quote, Row, Rules, Terms

FOUR = ["TU", "FV", "TY", "US"]
EQUITY = 100e6


def day(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=int(number))


def notes(data: MarketData, c: int) -> list[naive.Note]:
    basket = data.futures[c].basket
    columns = basket.cusip, basket.coupon.tolist(), map(day, basket.maturity), basket.factor.tolist()
    return [naive.Note(*row) for row in zip(*columns, strict=True)]


@functools.cache  # most cases share their market
def priced(
    basket: tuple[naive.Note, ...],
    settles: tuple[date, ...],
    curves: tuple[tuple[float, ...], ...],
    repos: tuple[float, ...],
    first: date,
    last: date,
) -> list[naive.Fair]:
    days = zip(settles, curves, repos, strict=True)
    return [naive.fair_future(list(basket), settle, list(curve), repo, first, last) for settle, curve, repo in days]


def fair_futures(data: MarketData, c: int) -> list[naive.Fair]:
    """The twin's fair future of every day."""
    future = data.futures[c]
    return priced(
        tuple(notes(data, c)),
        tuple(map(day, data.settle)),
        tuple(map(tuple, data.curves.svensson.tolist())),
        tuple(data.carry_rate.tolist()),
        day(future.first_delivery),
        day(future.last_delivery),
    )


def quotes(data: MarketData, c: int, held: naive.Note, fair: list[naive.Fair]) -> list[Quote]:
    """Prices of every day of a pair in one contract, computed by the twin."""
    settle = [day(number) for number in data.settle]
    cleans = [naive.clean_price(held, settle[m], data.curves.svensson[m].tolist()) for m in range(len(settle))]
    rows = []
    for m in range(len(settle)):
        coupon, earned = 0.0, 0.0
        if m > 0:
            paid = naive.coupons_between(held, settle[m - 1], settle[m])
            coupon = 100 * held.coupon / 2 * len(paid)
            terms = fair[m - 1].delivery, float(data.carry_rate[m - 1])
            # Carry is the spot price less the forward; the spot price is yesterday's on both days.
            earned = naive.forward(held, cleans[m - 1], settle[m], *terms)
            earned -= naive.forward(held, cleans[m - 1], settle[m - 1], *terms)
        accrued = naive.accrued(held, settle[m])
        rows.append(Quote(cleans[m], accrued, coupon, fair[m].price, earned, float(data.dislocation_bp[m, c])))
    return rows


def terms(data: MarketData, c: int, price: float, haircut: float) -> list[Terms]:
    """Haircut and initial margin of every day; margins are announced one day before they hold."""
    future = data.futures[c]
    margins = (price * future.point_value_usd / future.margin.leverage * data.margin_multiple).tolist()
    haircuts = (haircut + data.haircut[:, c] - data.haircut[0, c]).tolist()
    return [Terms(*row) for row in zip(haircuts, margins, [*margins[1:], margins[-1]], strict=True)]


def twin(chosen: Scenario, contracts: list[str], execution: bs.Execution, **given: Any) -> Fund:
    """A fund of $100m, sized by conversion factor in whole contracts, before its first day."""
    data = market_data(chosen, contracts)
    fairs = [fair_futures(data, c) for c in range(len(contracts))]
    held = [fair[0].cheapest for fair in fairs]
    haircut = given.get("haircut", chosen.haircut)
    by_pair = [quotes(data, c, held[c], fairs[c]) for c in range(len(contracts))]
    terms_by_pair = [terms(data, c, fairs[c][0].price, haircut) for c in range(len(contracts))]
    face = EQUITY * given["leverage"] / sum((path[0].clean + path[0].accrued) / 100 for path in by_pair)
    settle = [int(number) for number in data.settle]
    pairs = [
        Pair(
            face,
            -float(round(face * note.factor / future.notional_usd)),
            future.point_value_usd,
            execution.bond_cost_bp,
            execution.futures_cost_bp,
            execution.impact_bp_per_bn,
            slice=execution.depth_usd * 0.1,
            term_share=given.get("term_share", 0.0),
            term_rate=float(data.repo_rate[0]),
            term_matures=settle[0] + given.get("term_days", 90),
            repo_spread=given.get("repo_spread_bp", 0.0) / 10_000,
        )
        for note, future in zip(held, data.futures, strict=True)
    ]
    columns = data.repo_rate.tolist(), data.cash_rate.tolist(), data.not_rolled.tolist()
    marks = [[Mark(*row)] for row in zip(settle, map(list, zip(*by_pair, strict=True)), strict=True)]
    asked = map(list, zip(*terms_by_pair, strict=True))
    days = [Day(*row) for row in zip(marks, *columns, asked, strict=True)]
    rules = Rules(EQUITY, given.get("credit_line", 0.0), sells=given.get("unwind") != "hold")
    return Fund(rules, pairs, days)


CASES: dict[str, dict[str, Any]] = {
    "TY 50x": {"leverage": 50},
    "four contracts, haircut, half term": {"contract": FOUR, "leverage": 20, "haircut": 0.02, "term_share": 0.5},
    "59x, all term": {"leverage": 59, "term_share": 1.0},
    "term matures": {"leverage": 40, "term_share": 0.6, "term_days": 7, "repo_spread_bp": 5.0},
    "negative haircut": {"leverage": 70, "haircut": -0.005},
    "credit line, all term": {"leverage": 59, "term_share": 1.0, "credit_line": 5e6},
    "coupons fall due": {
        "contract": ["TU", "TN", "UB"],
        "leverage": 20,
        "start": "2025-03-25",
        "end": "2025-05-16",
    },
    "margin rises": {"leverage": 50, "margin_notices": [("2025-04-09", 1.3), ("2025-04-22", 0.9)]},
    "margin rises, nothing is sold": {"leverage": 40, "unwind": "hold", "margin_notices": [("2025-04-09", 1.3)]},
    "haircut rises": {"contract": ["TY", "US"], "leverage": 15, "haircut_changes": [("2025-04-09", 0.05)]},
    "haircut rises, term loans called": {
        "leverage": 29,
        "haircut": 0.01,
        "term_share": 0.7,
        "haircut_changes": [("2025-04-08", 0.02)],
    },
    "haircut falls": {"leverage": 15, "haircut": 0.02, "haircut_changes": [("2025-04-09", -0.01)]},
    "repo dearer": {"contract": FOUR, "leverage": 20, "repo_rate_shifts": [("2025-04-04", 45), ("2025-04-15", -20)]},
    "repo not rolled": {"leverage": 30, "not_rolled": [("2025-04-09", 0.02), ("2025-04-10", 0.01)]},
    "release meets a larger call": {
        "leverage": 30,
        "margin_notices": [("2025-04-09", 2.0)],
        "not_rolled": [("2025-04-09", 0.002)],
    },
    "repo not rolled, thin market": {
        "contract": ["FV", "TY"],
        "leverage": 20,
        "haircut": 0.01,
        "not_rolled": [("2025-04-08", 0.03), ("2025-04-14", 0.02)],
        "depth_usd": 0.5e9,
    },
}
SELLS = {"margin rises", "haircut rises", "haircut rises, term loans called", "repo not rolled"}
SELLS |= {"release meets a larger call", "repo not rolled, thin market"}
NAMES = {
    "margin_notices": "multiple",
    "haircut_changes": "haircut",
    "repo_rate_shifts": "bp",
    "not_rolled": "share",
}


def played(case: dict[str, Any]) -> tuple[bs.Result, list[Row]]:
    """The engine's result and the twin's rows."""
    case = dict(case)
    shocks = {
        shock: [{"date": on, field: value} for on, value in case.pop(shock)]
        for shock, field in NAMES.items()
        if shock in case
    }
    window = {name: case.pop(name) for name in ("start", "end") if name in case}
    chosen = changed(scenario("april-2025"), "test", **shocks, **window)
    execution = bs.Execution(depth_usd=case.pop("depth_usd", 50e9))
    contracts = case.pop("contract", ["TY"])
    result = bs.backtest(chosen, contract=contracts, execution=execution, **case)
    return result, twin(chosen, contracts, execution, **case).walk()


def assert_equal(result: bs.Result, rows: list[Row]) -> None:
    """Every day's balance, every line of cash and of attribution, every position."""
    equal = functools.partial(np.testing.assert_allclose, rtol=1e-9, atol=1e-12 * EQUITY)
    assert set().union(*(row.flows for row in rows)) <= set(column_names(CashLine))
    assert set().union(*(row.gains for row in rows)) <= set(column_names(PnlLine))
    equal(result.timeline["equity_usd"], [row.equity for row in rows])
    equal(result.timeline["cash_usd"], [row.cash for row in rows])
    for line in column_names(CashLine):
        equal(result.cash[line], [row.flows.get(line, 0.0) for row in rows], err_msg=line)
    gains = result.attribution.assign(curve=result.attribution[list(CURVE_PARTS)].sum(axis=1))
    for line in column_names(PnlLine):
        equal(gains[line], [row.gains.get(line, 0.0) for row in rows], err_msg=line)
    equal(result.positions["face_usd"], [face for row in rows for face in row.faces])
    equal(result.positions["contracts"], [count for row in rows for count in row.contracts])


@pytest.mark.parametrize("name", CASES)
def test_the_engine_is_its_twin(name: str) -> None:
    result, rows = played(CASES[name])
    assert_equal(result, rows)
    assert (result.summary["forced_sales_usd"].iloc[0] > 0) == (name in SELLS)


def test_with_cash_dislocated_from_futures(tmp_path: Path) -> None:
    basis = tmp_path / "basis.csv"
    basis.write_text("date,contract,basis_bp\n2025-04-01,TY,1\n2025-04-04,TY,12\n2025-04-09,TY,30\n2025-04-16,TY,-4\n")
    chosen = changed(scenario("april-2025"), "test", files={"basis": basis})
    result = bs.backtest(chosen, leverage=30, haircut=0.01)
    rows = twin(chosen, ["TY"], bs.Execution(), leverage=30, haircut=0.01).walk()
    assert_equal(result, rows)
    assert result.attribution["dislocation"].min() < -1e6


@pytest.mark.parametrize("code", ["TU", "FV", "TY", "TN", "US", "UB"])
def test_futures_and_cheapest_to_deliver_are_the_twins(code: str) -> None:
    chosen = scenario("april-2025")
    market = bs.backtest(chosen, contract=code, leverage=5).market
    fair = fair_futures(market_data(chosen, [code]), 0)
    np.testing.assert_allclose(market["futures_price"], [one.price for one in fair], rtol=1e-12)
    assert market["ctd_cusip"].tolist() == [one.cheapest.cusip for one in fair]


def test_twin_prices_a_par_note_at_par() -> None:
    """The twin's own anchor: on a flat curve of 4% compounded twice a year a 4% note is worth 100."""
    continuous = 100 * 2 * math.log1p(0.02)
    note = naive.Note("flat", 0.04, date(2032, 8, 31), 1.0)
    for settle in (date(2025, 2, 28), date(2028, 2, 29), date(2031, 8, 31)):
        assert naive.accrued(note, settle) == 0.0
        assert naive.clean_price(note, settle, [continuous, 0, 0, 0, 1, 1]) == pytest.approx(100, rel=1e-14)
