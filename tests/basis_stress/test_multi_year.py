"""Multi-year runs as tables, figures and pages: they add up and compare with published figures."""

import re

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import basis_stress as bs
from basis_engine.base.compile import settings as numba_settings
from basis_strategies.library import LIBRARY
from basis_stress.cli.main import group
from basis_stress.multi_year.comparison import resampled_moments, verdict
from basis_stress.multi_year.figures import by_strategy
from basis_stress.multi_year.performance import DAYS, performance
from basis_stress.multi_year.published_figures import GROSS_BP, beside_published
from basis_stress.multi_year.run import run_strategies

OBSERVED = {"start": "2018-04-02", "end": "2024-08-06"}


@pytest.fixture(scope="module")
def observed() -> bs.MultiYearRun:
    """The long basis of 5-year notes over the days for which the basis is published."""
    return bs.run_strategy(bs.LongBasis(legs=("FV",)), **OBSERVED)


@pytest.fixture(scope="module")
def comparison():
    return bs.compare(bs.LongBasis(), bs.LongBasis(leverage=10), start="2019-06-03", end="2020-06-30", draws=500)


def test_the_tables_add_up(observed: bs.MultiYearRun) -> None:
    daily = observed.daily
    lines = observed.attribution.drop(columns="strategy").groupby("date").sum().sum(axis=1)
    np.testing.assert_allclose(daily["equity_usd"].diff().iloc[1:], lines.iloc[1:], atol=1.0)
    np.testing.assert_allclose((1 + daily["return"]).prod(), daily["equity_usd"].iloc[-1] / 1e8, rtol=1e-12)
    months = (1 + observed.monthly.stack().dropna()).prod()
    assert months == pytest.approx((1 + daily["return"]).prod(), rel=1e-12)
    held = observed.positions.assign(
        usd=lambda rows: rows["face_usd"].abs() * (rows["clean_price"] + rows["accrued_interest"]) / 100
    )
    np.testing.assert_allclose(held.groupby("date")["usd"].sum(), daily.loc[daily["notes_usd"] > 0, "notes_usd"])
    called = observed.events[observed.events["event"] == "call_paid"]
    assert called["amount_usd"].sum() == pytest.approx(daily["called_usd"].sum())


def test_performance_of_a_path_with_known_figures() -> None:
    """A gain of 1% and a loss of 1% in turn, after a first day; half of equity called on the last."""
    days = pd.bdate_range("2024-01-01", periods=DAYS + 1, name="date")
    returns = np.concatenate([[0.0], np.tile([0.01, -0.01], DAYS // 2)])
    equity = 100 * np.cumprod(1 + returns)
    blank = pd.DataFrame(
        0.0, days, ["notes_usd", "basis_usd", "leverage", "margin_to_equity", "called_usd", "sold_usd"]
    )
    daily = blank.assign(equity_usd=equity, **{"return": returns}, excess_return=returns, observed_share=np.nan)
    daily["drawdown"] = equity / np.maximum.accumulate(equity) - 1
    daily.loc[days[-1], "called_usd"] = equity[-2] / 2
    lines = pd.DataFrame(
        0.0,
        days,
        ["coupon_accrual", "repo_interest", "basis_convergence", "dislocation", "swap_spread", "curve", "cost"],
    )
    lines["curve"] = np.diff(equity, prepend=100.0)
    row = performance("path", daily, lines).iloc[0]
    assert row["return_pa"] == pytest.approx((1.01 * 0.99) ** (DAYS / 2) - 1)
    assert row["volatility"] == pytest.approx(0.01 * np.sqrt(DAYS) * np.sqrt(DAYS / (DAYS - 1)))
    assert row["sharpe"] == pytest.approx(0.0, abs=1e-12)
    assert row["max_drawdown"] == pytest.approx(equity[-1] / equity[1] - 1)
    assert (row["drawdown_from"], row["drawdown_to"]) == (days[1], days[-1])
    assert (row["days_called"], row["largest_call_of_equity"]) == (1, pytest.approx(0.5))


def test_gross_profit_lies_in_the_published_range(observed: bs.MultiYearRun) -> None:
    """10 to 50 bp a year of the notes, and March 2020 beside the average fund; each difference has its reason."""
    beside = beside_published(observed)
    assert len(beside) == 2
    assert GROSS_BP[0] <= float(beside["here"][0].split()[0]) <= GROSS_BP[1]
    assert "−7%" in beside["published"][1]
    covered = observed.daily.loc[OBSERVED["start"] : OBSERVED["end"]]
    held = covered["notes_usd"].where(covered["observed_share"] >= 0.5).dropna().index
    notes = covered["notes_usd"].shift().loc[held]
    cost = -observed.lines.loc[held, "cost"].sum() / notes.sum() * DAYS * 1e4
    assert f"costs {cost:.1f} bp" in beside["why"][0]
    assert "sold nothing" in beside["why"][1]
    assert observed.daily.loc["2020-03", "sold_usd"].sum() == 0.0
    march = observed.daily.loc["2020-03-02":"2020-03-31", "equity_usd"]
    assert -0.07 < (march / march.cummax() - 1).min() < -0.01


def test_what_is_modelled_is_labelled() -> None:
    run = bs.run_strategy(bs.LongBasis(), start="2024-06-03", end="2025-06-30")
    assert not run.positions.loc[run.positions["date"] > "2024-08-13", "observed"].any()
    assert run.positions.loc[run.positions["date"] < "2024-08-01", "observed"].any()
    assert 0 < run.performance["observed_share"].iloc[0] < 0.5


@pytest.mark.skipif(numba_settings.DISABLE_JIT, reason="interpreted")
def test_the_whole_library_plays_eight_years() -> None:
    """All but the swap spread, which has its windows."""
    strategies = [kind() for name, kind in LIBRARY.items() if name != "SwapSpread"]
    strategies.append(bs.Portfolio(strategies=(bs.LongBasis(), bs.Steepener()), shares=(0.7, 0.3)))
    runs = run_strategies(strategies)
    runs.append(bs.run_strategy(bs.SwapSpread(), "2025-03-03", "2025-04-30"))
    assert len(runs) == len(LIBRARY) + 1
    assert all(run.daily["equity_usd"].iloc[-1] > 0 for run in runs)


def test_samples_are_blocks_of_the_days_both_share() -> None:
    """Whole blocks of one day are the plain bootstrap; one block of all days is the sample itself."""
    rng = np.random.default_rng(7)
    pair = rng.normal(0.0, 0.01, (250, 2))
    whole = resampled_moments(pair, 50, 250, 1)
    np.testing.assert_allclose(whole, np.tile(np.hstack([pair, pair**2]).mean(axis=0), (50, 1)), atol=1e-15)
    drawn = resampled_moments(pair, 20_000, 1, 1)
    np.testing.assert_allclose(drawn[:, :2].mean(axis=0), pair.mean(axis=0), atol=2e-5)
    np.testing.assert_allclose(drawn[:, :2].std(axis=0), pair.std(axis=0) / np.sqrt(250), rtol=0.03)
    np.testing.assert_array_equal(resampled_moments(pair, 10, 20, 3), resampled_moments(pair, 10, 20, 3))


def test_an_interval_of_nine_in_ten_holds_the_truth_nine_times_in_ten() -> None:
    rng, held = np.random.default_rng(11), 0
    for seed in range(200):
        pair = rng.normal([0.001, 0.0], 0.01, (500, 2))
        means = resampled_moments(pair, 400, 5, seed)[:, 0] - resampled_moments(pair, 400, 5, seed)[:, 1]
        low, high = np.quantile(means, [0.05, 0.95])
        held += low <= 0.001 <= high
    assert 165 <= held <= 195


def test_a_verdict_follows_the_interval(comparison) -> None:
    row = comparison.differences.iloc[0]
    assert row["return_low"] <= row["return_difference"] <= row["return_high"]
    for low, high, words in (
        (0.01, 0.02, "the interval lies above zero"),
        (-0.02, -0.01, "the interval lies below zero"),
        (-0.01, 0.02, "may have"),
    ):
        changed = row.copy()
        changed[["return_low", "return_high"]] = low, high
        assert words in verdict("A", "B", changed, 0.9)
    assert len(comparison.verdicts) == 1


def test_pages_hold_everything_and_equal_runs_give_equal_bytes(tmp_path, observed: bs.MultiYearRun, comparison) -> None:
    page = observed.report(tmp_path / "run.html").read_text(encoding="utf-8")
    for words in ("Performance", "Equity and drawdown", "Returns by month", "Beside published figures", "Assumptions"):
        assert words in page
    assert page.count("data:image/svg+xml") == 4
    assert re.findall("<script[^>]*>", page) == ['<script type="module">']
    assert page == observed.report(tmp_path / "again.html").read_text(encoding="utf-8")
    page = comparison.report(tmp_path / "compare.html").read_text(encoding="utf-8")
    assert comparison.verdicts[0].replace("'", "&#39;") in page
    assert page.count("data:image/svg+xml") == 2


def test_the_command_line_runs_compares_and_shows(tmp_path) -> None:
    def call(*words: str):
        return CliRunner().invoke(group, list(words), catch_exceptions=False)

    window = ("--start", "2020-01-02", "--end", "2020-03-31")
    run = call("run", "LongBasis", "--leverage", "15", "--legs", "TU,FV", *window, "--out", str(tmp_path / "run"))
    assert run.exit_code == 0
    assert {"daily.parquet", "performance.parquet", "report.html"} <= {
        path.name for path in (tmp_path / "run").iterdir()
    }
    compared = call(
        "compare", "LongBasis", "LongBasis:leverage=10", *window, "--out", str(tmp_path / "c"), "--no-report"
    )
    assert "90% interval" in compared.output
    both = ("Portfolio", "LongBasis:legs=FV", "Steepener", "--shares", "0.6,0.4")
    together = call("run", *both, *window, "--out", str(tmp_path / "both"))
    assert "Portfolio(LongBasis(FV), Steepener)" in together.output
    assert "Which strategy it came from" in (tmp_path / "both" / "report.html").read_text()
    owners = pd.read_parquet(tmp_path / "both" / "attribution.parquet")["strategy"]
    assert set(owners) == {"LongBasis(FV)", "Steepener", "cash"}
    with pytest.raises(bs.InputError, match=r"Portfolio, shares: 'x' given, allowed are numbers such as 0.7,0.3"):
        call("run", "Portfolio", "LongBasis", "--shares", "0.6,x")
    assert "MultiContractBasis" in call("strategies").output
    assert "enter_bp" in call("strategies", "show", "LongBasis").output


def test_a_failing_strategy_leaves_its_tables(tmp_path) -> None:
    own = tmp_path / "mine.py"
    own.write_text(
        "import basis_stress as bs\n\n\nclass Mine(bs.Strategy):\n    'Mine.'\n\n"
        "    def decide(terms, fund, pairs, target):\n        target[:] = 1e6 if fund.day < 9 else float('nan')\n"
    )
    with pytest.raises(bs.InputError, match="Mine, 2020-01-15: decided nan"):
        CliRunner().invoke(
            group,
            ["run", f"{own}:Mine", "--start", "2020-01-02", "--end", "2020-02-28", "--out", str(tmp_path / "out")],
            catch_exceptions=False,
        )
    kept = pd.read_parquet(tmp_path / "out" / "daily.parquet")
    assert kept.index[-1] == pd.Timestamp("2020-01-14")


def test_strategies_of_one_name_and_more_than_colours_are_drawn(tmp_path) -> None:
    steps = [bs.LongBasis(leverage=leverage) for leverage in (1, 1, *range(2, 11))]
    run = bs.run_strategy(bs.Portfolio(strategies=steps), "2020-01-02", "2020-02-28")
    page = run.report(tmp_path / "many.html").read_text()
    assert "Which strategy it came from" in page
    picture = by_strategy(run)
    assert len(picture.axes[0].get_legend().get_texts()) == 11  # ten names, and cash


def test_caveats_name_figures_without_data() -> None:
    year = "2020-01-02", "2020-12-31"
    old, swap, basis = (
        bs.run_strategy(strategy, *year) for strategy in (bs.OnTheRunOffTheRun(), bs.SwapSpread(), bs.LongBasis())
    )
    assert "assumption, 3 bp over 3 months (10-year)" in old.caveats[0]
    held = int((swap.daily["notes_usd"] > 0).sum())
    assert 0 < held < 60
    assert swap.performance["days_held"].item() == held
    assert swap.caveats == [
        f"A position was held on {held} of {len(swap.daily)} days; figures a year count all days. Swap "
        "spreads are known from 2020-02-14 to 2020-04-30 and 2025-03-03 to 2025-05-16 unless you give your own."
    ]
    assert basis.caveats == []


def test_a_swap_spread_without_swap_spreads_says_where_they_are() -> None:
    with pytest.raises(bs.InputError, match=r"'10Y swap spread': 2021-01-04 to 2021-06-30 has no 10 .* 2025-05-16; "):
        bs.run_strategy(bs.SwapSpread(), "2021-01-04", "2021-06-30")
