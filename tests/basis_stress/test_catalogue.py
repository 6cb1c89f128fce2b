"""The catalogue: what each scenario says of itself, that every one runs, and what its levers do beside its base."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import basis_stress as bs
from basis_data.markets.market_data import repo_rates
from basis_data.scenarios.scenario import names, scenario
from basis_data.tables.calendars import mark_days
from basis_data.tables.reader import HISTORY
from basis_stress.catalogue.listing import moves_of, scenarios, shown_yields
from support import ROOT

NAMES = names()
PUBLISHED = pd.read_csv(HISTORY / "treasury_par_yields.csv", index_col="date")


def cli(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "basis_stress", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


# What each says --------------------------------------------------------------------------------------------------


def test_there_are_enough_and_each_says_what_it_is() -> None:
    table = scenarios()
    assert len(table) >= 40
    assert table["name"].tolist() == NAMES
    told = table.drop(columns="base")
    assert told.notna().all().all()
    assert not (told == "").any().any()
    assert (table["story"].str.count(r"\. ") == 0).all(), "one line of story"
    assert table["story"].is_unique
    assert (table["story"].str.len() <= 180).all()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_history_says_so(name: str) -> None:
    chosen = scenario(name)
    if chosen.base is not None:
        words = (
            "assumed",
            "Hypothetical",
            "counterfactual",
            "policy lever",
            "transposed",
            "bridge",
            "no rise",
            "published basis",
        )
        assert any(word in chosen.source for word in words)
    else:
        assert not chosen.moves_yields
    for flow in chosen.flows:
        assert flow.source


def test_moves_are_those_of_the_file() -> None:
    """Largest moves of April 2025 and of the fiscal path, worked out from the published closes."""
    closes = PUBLISHED.loc["2025-04-01":"2025-04-30"]
    for tenor in ("2y", "10y", "30y"):
        path = (closes[f"y_{tenor}_pct"] - closes[f"y_{tenor}_pct"].iloc[0]) * 100
        farthest = path.iloc[int(np.abs(path.to_numpy()).argmax())]
        assert f"{tenor} {farthest:+.0f}".replace("-", "−") in moves_of(scenario("april-2025"))
    told = moves_of(scenario("april-2025-perfect-storm"))
    assert told.startswith("2y −54, 10y +62, 30y +78 bp; repo spike +100 bp from 7 to 11 April; ")


@pytest.mark.parametrize(
    ("name", "tenor", "level"),
    [("fiscal-repricing", "10y", 4.90), ("cuts", "10y", 3.50), ("january-2026-from-four", "10y", 4.30)],
)
def test_levels_that_a_title_names(name: str, tenor: str, level: float) -> None:
    path = 100 * shown_yields(scenario(name))[tenor]
    farthest = path.iloc[int((path - path.iloc[0]).abs().argmax())]
    assert farthest == pytest.approx(level, abs=0.005)


def test_the_gilts_rise_by_a_hundred_in_four_days_and_fall_in_one() -> None:
    thirty = 1e4 * shown_yields(scenario("ldi-2022"))["30y"].diff()
    np.testing.assert_allclose(thirty["2026-01-12":"2026-01-20"], [20, 30, 25, 25, -100, 20], atol=1e-9)


# Every one runs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_every_scenario_runs_for_a_single_book(name: str, scale: int) -> None:
    chosen = scenario(name).scaled(scale)
    result = bs.backtest(chosen, contract=chosen.contracts)
    fund = result.summary.loc["fund"]
    assert np.isfinite(result.timeline["equity_usd"]).all()
    assert result.attribution["equity_change"].sum() == pytest.approx(fund["equity_end_usd"], rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_every_scenario_runs_for_the_market(name: str, scale: int) -> None:
    result = bs.backtest(scenario(name).scaled(scale), market=True)
    assert result.capacity_multiples == [2]
    assert np.isfinite(result.summary.drop(columns="amplification")).all().all()
    assert np.isfinite(result.shorts["shorts_usd"]).all()


def test_one_scenario_of_each_kind_runs_for_the_market() -> None:
    for name in ("capital-tariff", "ltcm-1998", "august-2024", "april-2025-intraday"):
        assert bs.backtest(scenario(name).scaled(2), market=True).shorts["shorts_usd"].gt(0).all()


# Beside its base -------------------------------------------------------------------------------------------------


@cache
def market_summary(name: str) -> pd.DataFrame:
    """The market of a scenario, run once."""
    return bs.backtest(name, market=True).summary


def market_figures(name: str, figure: str, kink: float = 2.0) -> tuple[float, float]:
    """A figure without and with a lever."""
    base = scenario(name).base
    assert base is not None
    return tuple(float(market_summary(one).at[kink, figure]) for one in (base, name))


@pytest.mark.parametrize(
    "name", ["slr-relief", "buybacks", "dash-for-cash-response", "minimum-haircut", "central-clearing"]
)
def test_levers_against_outside_sales_do_not_make_them_worse(name: str) -> None:
    without, with_lever = market_figures(name, "peak_dislocation_bp")
    assert 0 < with_lever < without
    without, with_lever = market_figures(name, "worst_return")
    assert without < with_lever < 0


def test_a_comparison_holds_both_runs() -> None:
    table = bs.compare_scenarios("buybacks", market=True)
    assert list(table.columns) == ["april-2025-outside-sales", "buybacks"]
    for name in table:
        assert table.loc[(2.0, "fund_sales_usd"), name] == market_summary(name).at[2.0, "fund_sales_usd"]


def test_buybacks_are_two_orders_smaller_than_the_sales() -> None:
    without, with_lever = market_figures("buybacks", "peak_dislocation_bp")
    assert with_lever / without == pytest.approx(1, abs=0.02)


def test_a_hypothetical_path_is_not_held_against_reports_of_other_days(tmp_path: Path) -> None:
    hypothetical, happened = (bs.backtest(name, market=True) for name in ("capital-tariff", "early-2026"))
    assert len(hypothetical.reported) == 0
    assert len(happened.reported) == 8
    page = hypothetical.report(tmp_path / "tariff.html").read_text()
    assert "In Early 2026 with a tariff on capital, counterfactual" in page
    assert "CFTC report (Tuesdays)" not in page


def test_foreign_selling_widens_the_basis() -> None:
    without, with_sales = market_figures("capital-tariff", "peak_dislocation_bp")
    assert with_sales > without + 10


def test_cross_margining_frees_four_fifths_of_initial_margin() -> None:
    base, offset = (bs.backtest(name, contract="TY") for name in ("march-2020", "cross-margining"))
    first = [one.positions["initial_margin_usd"].iloc[0] for one in (base, offset)]
    assert first[1] == pytest.approx(0.2 * first[0], rel=1e-12)


def test_a_standing_facility_takes_the_spike_out_of_september_2019() -> None:
    capped = scenario("standing-repo-facility")
    rates = repo_rates(capped, mark_days(capped.start, capped.end))
    assert rates[0].max() == pytest.approx(0.0525)
    assert rates[1].max() == pytest.approx(0.0225)
    table = bs.compare_scenarios("standing-repo-facility", contract="TY", leverage=50)
    assert table.loc["return", "standing-repo-facility"] > table.loc["return", "september-2019"]


def test_the_basis_of_march_2020_is_lost_and_comes_back() -> None:
    with_basis, plain = (bs.backtest(name, contract="FV") for name in ("april-2025-basis", "april-2025"))
    gap = with_basis.timeline["equity_usd"] - plain.timeline["equity_usd"]
    value = plain.timeline["bonds_usd"].iloc[0]
    assert gap.min() == pytest.approx(-26e-4 * value, rel=0.02)
    assert abs(gap.iloc[-1]) < 1e-5 * value


def test_cuts_drain_a_short_future_and_a_fiscal_repricing_feeds_it() -> None:
    paid = {
        name: bs.backtest(name, contract="TY").cash["variation_margin"].sum() for name in ("cuts", "fiscal-repricing")
    }
    assert paid["cuts"] < -20e6
    assert paid["fiscal-repricing"] > 20e6


def test_a_scenario_without_a_base_has_nothing_to_be_compared_with() -> None:
    with pytest.raises(bs.InputError, match=r"scenario april-2025, base: none given; name a base in its TOML"):
        bs.compare_scenarios("april-2025")
    twice = bs.compare_scenarios(bs.scenario("april-2025").scaled(2), "april-2025", contract="TY")
    assert list(twice.columns) == ["april-2025", "april-2025, changed"]


# The command -----------------------------------------------------------------------------------------------------


def test_the_command_lists_shows_and_compares(tmp_path: Path) -> None:
    listed = cli("scenarios")
    assert listed.returncode == 0
    for name in NAMES:
        assert f"\n{name}" in "\n" + listed.stdout
    assert max(map(len, listed.stdout.splitlines())) <= 110
    shown = cli("scenarios", "show", "april-2025-perfect-storm", "--out", str(tmp_path / "storm.png"))
    assert "composed   April 2025, yields x2, repo spike +100 bp from 7 to 11 April" in shown.stdout
    assert "10y             4.17  ▃▄▁▁▃▅▆▇█▇▆▅▆▇▇▇▆▅▄▄▃    4.17   3.85   4.79" in shown.stdout
    assert (tmp_path / "storm.png").read_bytes().startswith(b"\x89PNG")
    compared = cli("scenarios", "compare", "april-2025-margin", "--leverage", "30")
    assert compared.returncode == 0
    assert compared.stdout.splitlines()[0].split() == ["april-2025", "april-2025-margin"]
    assert "scenarios show my-scenario.toml --out" in cli("scenarios", "--help").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "april-2024"], "scenario 'april-2024': unknown (did you mean 'april-2025'?)"),
        (["show"], "Missing argument 'NAME'"),
        (["shwo", "april-2025"], "No such command 'shwo'"),
        (["compare", "april-2025"], "scenario april-2025, base: none given"),
        (["compare", "buybacks", "--market", "--leverage", "30"], "--leverage: given with --market"),
    ],
)
def test_mistakes_on_the_command_line(arguments: list[str], words: str) -> None:
    run = cli("scenarios", *arguments)
    assert run.returncode == 2
    assert words in run.stderr
    assert run.stderr.count("\n") == 1


def test_a_listing_prices_nothing() -> None:
    code = (
        "import sys; from basis_stress.cli.main import main; sys.argv[1:] = ['scenarios']; main();"
        "heavy = {'basis_engine.simulation.run', 'basis_data.markets.pricing', 'matplotlib', 'scipy', 'pyarrow'};"
        "heavy &= set(sys.modules);"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
