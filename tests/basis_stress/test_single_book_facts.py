"""Facts beside the ledger of one book: parts of the curve line, the mark of term repo, defaults, cash, the base."""

import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import basis_stress as bs
from basis_engine.bonds.delivery import forward_price
from basis_engine.simulation.names import PnlLine
from basis_engine.simulation.run import run
from basis_stress.single_book import sentences
from basis_stress.single_book.default_story import cash_return
from basis_stress.single_book.term_repo import CURVE_PARTS
from support.worlds import hand_made

FLAT = bs.scenario("standstill")
CHEAPER = FLAT.with_repo("2026-01-20", -50)
RUNS: dict[str, dict[str, Any]] = {
    "survives": {"scenario": "april-2025", "leverage": 20, "contract": ["TY", "US", "FV"]},
    "fails at noon": {"scenario": bs.scenario("april-2025-intraday").scaled(2), "leverage": 50},
    "sells": {"scenario": bs.scenario("march-2020").with_dislocation("2020-03-12", 150), "leverage": 60},
    "holds and fails": {"scenario": "april-2025-perfect-storm", "leverage": 50, "unwind": "hold", "credit_line": 5e6},
    "insolvent": {"scenario": bs.scenario("april-2025").with_dislocation("2025-04-09", 250), "leverage": 50},
    "termed out": {"scenario": "march-2020-basis", "leverage": 60, "term_share": 1.0, "term_days": 90},
}


@pytest.fixture(scope="module", params=RUNS)
def result(request: pytest.FixtureRequest) -> bs.Result:
    return bs.backtest(**RUNS[request.param])


def test_the_three_parts_sum_to_the_curve_line_of_the_engine(result: bs.Result) -> None:
    parts = result.attribution[list(CURVE_PARTS)].sum(axis=1).to_numpy()
    curve = result.run.attribution[:, :, PnlLine.CURVE].sum(axis=1)
    gross = float(result.timeline["bonds_usd"].iloc[0])
    np.testing.assert_allclose(parts, curve, rtol=0.0, atol=1e-9 * gross)
    assert "curve" not in result.attribution.columns
    lines = result.attribution.drop(columns=["date", "fund", "equity_change"]).sum(axis=1)
    np.testing.assert_allclose(lines, result.attribution["equity_change"], rtol=0.0, atol=1e-9 * gross)


def test_a_short_future_gains_when_another_note_becomes_the_cheapest(result: bs.Result) -> None:
    """The basket minimum is never above the note that was the cheapest, so the switch gives and never takes."""
    rows = result.positions.merge(result.market[["date", "contract", "ctd_cusip"]], on=["date", "contract"])
    for _, mine in rows.groupby(["fund", "contract"]):
        switched = (mine["ctd_cusip"] != mine["ctd_cusip"].shift()).to_numpy()
        gain = mine["cheapest_switch_usd"].to_numpy()
        assert (gain >= -1e-6 * mine["face_usd"].abs().max() / 1e4).all()
        if len(result.priced.data.intraday.day) == 0:
            assert (np.abs(gain[~switched]) < 1e-6 * mine["face_usd"].abs().max() / 1e4).all()


def test_a_new_level_of_repo_moves_the_future_by_the_change_of_the_forward() -> None:
    """One day, flat yields: the gain is contracts x the cheapest note's forward at the old rate less at the new one."""
    fallen, level = (bs.backtest(of, leverage=20) for of in (CHEAPER, FLAT))
    day = int(np.searchsorted(fallen.priced.data.dates, np.datetime64("2026-01-20").astype(int)))
    market, note = fallen.priced, int(fallen.priced.priced.cheapest[day, 0])
    bond = float(market.baskets.coupon[note]), int(market.baskets.maturity[note]), int(market.path.value_date[day])
    clean, delivery = float(market.priced.clean[day, note]), int(market.priced.delivery[day, 0])
    rates = market.path.repo[[day - 1, day], 0]
    assert rates[1] - level.priced.path.repo[day, 0] == pytest.approx(-0.005)
    old, new = (forward_price(clean, *bond, delivery, float(rate)) / market.baskets.factor[note] for rate in rates)
    row = fallen.positions.iloc[day]
    assert row["expected_repo_usd"] == pytest.approx(row["contracts"] * 1000.0 * (new - old), rel=1e-9)
    assert row["expected_repo_usd"] > 0.0
    residual = [of.attribution["hedge_residual"].iloc[day] for of in (fallen, level)]
    assert residual[0] == pytest.approx(residual[1], abs=1e-9 * row["face_usd"])


def test_a_termed_out_book_does_not_earn_what_it_locked_away() -> None:
    """Haircut 0, all repo to delivery: the future gains 50 bp to delivery, and the locked loan loses as much."""
    days = (pd.Timestamp("2026-03-31") - pd.Timestamp("2026-01-07")).days
    terms = {"leverage": 20, "term_share": 1.0, "term_days": days, "haircut": 0.0}
    found = bs.backtest(CHEAPER, **terms)
    day = int(np.searchsorted(found.priced.data.dates, np.datetime64("2026-01-20").astype(int)))
    loan, plan = found.positions.iloc[day], found.plan.funds[0].positions[0]
    years = (plan.term_maturity - int(found.priced.path.value_date[day])) / 360
    rise = float(found.priced.path.repo[day, 0] - found.priced.path.repo[0, 0])
    mark = loan["term_usd"] * rise * years / (1 + (plan.term_rate + rise) * years)
    assert found.timeline["term_repo_mark_usd"].iloc[day] == pytest.approx(mark, rel=1e-12)
    assert found.timeline["term_repo_mark_usd"].iloc[0] == 0.0
    jump = float(found.timeline["term_repo_mark_usd"].diff().iloc[day])
    assert jump == pytest.approx(-loan["expected_repo_usd"], rel=0.02)
    marked = found.timeline["equity_usd"] + found.timeline["term_repo_mark_usd"]
    pd.testing.assert_series_equal(found.timeline["equity_marked_usd"], marked, check_names=False)


def test_a_term_loan_is_worth_what_is_owed_once_it_matures() -> None:
    found = bs.backtest(CHEAPER, leverage=20, term_share=1.0, term_days=20)
    marks = found.timeline["term_repo_mark_usd"]
    mature = found.priced.path.value_date >= found.plan.funds[0].positions[0].term_maturity
    assert mature.any()
    assert (marks[mature] == 0.0).all()
    assert (marks[~mature].iloc[-3:] < 0.0).all()
    assert (bs.backtest(CHEAPER, leverage=20).timeline["term_repo_mark_usd"] == 0.0).all()


def test_the_facts_of_a_default_are_those_of_its_log(result: bs.Result) -> None:
    row, log = result.summary.iloc[0], result.events
    failed = log[log["event"].isin(["call_failed", "insolvency"])]
    if failed.empty:
        assert row["failed_on"] == "" and pd.isna(row["failed_at"]) and np.isnan(row["missed_call_usd"])  # noqa: PT018
        return
    assert row["failed_at"] == failed["time"].iloc[0]
    lost = row[["loss_of_lenders_usd", "loss_of_clearing_usd", "loss_of_others_usd"]].sum()
    assert lost == pytest.approx(row["loss_beyond_equity_usd"], rel=1e-12)
    assert (row["equity_at_default_usd"] <= 0.0) == (row["outcome"] == "insolvent")
    seized = log[(log["event"] == "seizure") & (log["claim"] == "repo_margin")]["amount_usd"]
    assert row["seized_usd"] == pytest.approx(seized.sum(), rel=1e-12)
    assert 0.8 * row["seized_usd"] < row["seizure_proceeds_usd"] < 1.2 * row["seized_usd"]
    if row["outcome"] == "illiquid":
        assert row["missed_call_usd"] == pytest.approx(failed["amount_usd"].iloc[0], rel=1e-12)
        drawn = log[log["event"] == "credit_drawn"]["amount_usd"].sum()
        assert row["credit_drawn_usd"] == pytest.approx(drawn, rel=1e-12)
        assert row["cash_at_call_usd"] < row["missed_call_usd"]


def test_the_runs_fail_as_named() -> None:
    ends = {name: bs.backtest(**RUNS[name]).summary["outcome"].iloc[0] for name in RUNS}
    assert [ends["fails at noon"], ends["holds and fails"], ends["insolvent"]] == ["illiquid", "illiquid", "insolvent"]


def test_liquidity_facts_are_those_of_plain_loops(result: bs.Result) -> None:
    row, paid, most = result.summary.iloc[0], 0.0, 0.0
    for margin in result.cash["variation_margin"]:
        paid -= margin
        most = max(most, paid)
    peak, deepest = -np.inf, 0.0
    for equity in result.timeline["equity_usd"]:
        peak = max(peak, equity)
        deepest = max(deepest, peak - equity)
    assert row["peak_variation_margin_usd"] == pytest.approx(most, rel=1e-12)
    assert row["deepest_drawdown_usd"] == pytest.approx(deepest, rel=1e-12)
    alive = result.timeline[result.timeline["face_usd"] > 0.0]
    free = (alive["cash_usd"] + alive["variation_margin_due_usd"].clip(upper=0.0)).min()
    assert row["days_of_cash_left"] == pytest.approx(max(free, 0.0) / -result.cash["variation_margin"].min())


def test_cash_earns_what_a_fund_without_positions_earns() -> None:
    rates = np.array([0.01, 0.05, 0.04, 0.03, 0.02])
    setup = hand_made([100.0] * 5, cash_rate=rates, position={"face": 0.0, "contracts": 0.0})
    dates = np.asarray(setup.market.marks)["value_date"]
    market: Any = SimpleNamespace(path=SimpleNamespace(value_date=dates), data=SimpleNamespace(cash_rate=rates))
    assert cash_return(market) == pytest.approx(run(setup).outcomes[0].equity / 1e6 - 1.0, rel=1e-12)


def test_a_counterfactual_shows_the_same_book_without_its_changes() -> None:
    changed, record = (bs.backtest(of, leverage=50) for of in (bs.scenario("april-2025").scaled(2), "april-2025"))
    row, alone = changed.summary.iloc[0], record.summary.iloc[0]
    assert (row["base_outcome"], row["base_return"]) == (alone["outcome"], pytest.approx(alone["return"], rel=1e-12))
    assert record.base is None
    assert (alone["base_outcome"], np.isnan(alone["base_return"])) == ("", True)
    assert "counterfactual (yields x2)" in sentences.headline(changed)
    assert "counterfactual" not in sentences.headline(record)


def test_the_headline_says_when_a_gain_is_a_fall_of_expected_repo() -> None:
    found = bs.backtest("march-2020-basis", leverage=60)
    text, line = sentences.headline(found), float(found.attribution["expected_repo"].sum())
    assert line > 0.9 * found.summary["profit_usd"].iloc[0]
    assert re.search(r"A fall of expected repo, from 1\.\d\d% to \S+%, gave \$\d", text)
    assert "in cash it would have ended at 100.1%" in text
    assert "expected repo" not in sentences.headline(bs.backtest("april-2025", leverage=20))
