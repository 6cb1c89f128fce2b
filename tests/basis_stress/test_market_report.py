"""The market report and the day-by-day page: self-contained, equal bytes, and the numbers of the run they show."""

import base64
import math
import re

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import basis_stress as bs
from basis_data.markets.parameters import parameters
from basis_engine.base.errors import InputError
from basis_engine.simulation.names import PositionColumn
from basis_stress.cli.main import group
from basis_stress.funds_market import captions as captions_market
from basis_stress.funds_market import figures as figures_market
from basis_stress.funds_market import page as market_report
from basis_stress.funds_market.boundary import FALL, LEVERS, boundaries, find
from basis_stress.funds_market.day_by_day import daily_totals, grouped, sentence
from basis_stress.funds_market.day_by_day_page import boundary_cells, day_cells, outcome_cells, render
from basis_stress.funds_market.episodes import episode_market, run_episode
from basis_stress.funds_market.result import backtest_market, sales_ratio
from basis_stress.funds_market.variants import repo_freeze, run_intensity, variants
from basis_stress.reporting import figure_style as figures_style

FROZEN = parameters()


@pytest.fixture(scope="module", params=["march-2020", "april-2025"])
def result(request):
    return backtest_market(request.param)


@pytest.fixture(scope="module")
def march():
    return run_episode(episode_market("march-2020"), FROZEN.fit(2.0))


@pytest.fixture(scope="module")
def frozen_repo():
    """The repo freeze, which liquidates the book in a few days."""
    variant = next(variant for variant in variants() if variant.name.endswith("repo-freeze"))
    intensity = variant.intensities[1]
    run = run_intensity(variant, intensity, [FROZEN.fit(1.0), FROZEN.fit(2.0)])
    return run, intensity.run(intensity.market(), FROZEN.fit(2.0))


def loads_nothing(page):
    page = re.sub(r"<script type=.module.>.*?</script>", "", page, flags=re.S)
    targets = re.findall(r"""(?:src|href|url|srcset|data)\s*[=(]\s*["']?([^"'\s>)]+)""", page)
    assert all(target.startswith("data:image/svg+xml;base64,") for target in targets)
    assert not re.search(r"<(script|link|iframe|object|embed)\b|@import", page)
    for encoded in re.findall(r"base64,([A-Za-z0-9+/=]+)", page):
        assert not re.search(r'href="(?!#)', base64.b64decode(encoded).decode())
    assert len(page) < 2_000_000


def test_market_report_is_self_contained_and_deterministic(result):
    page = market_report.render(result)
    loads_nothing(page)
    assert page == market_report.render(result)
    for name in ("reading", "summary", "figures", "flows", "daily", "assumptions"):
        assert f'id="{name}"' in page
    assert FROZEN.digest in page
    shown = re.sub(r"<script type=.module.>.*?</script>|base64,[A-Za-z0-9+/=]+", "", page, flags=re.S)
    assert "nan" not in shown.lower().replace("finan", "")


def test_numbers_of_the_page_are_those_of_the_run(march):
    result = backtest_market("march-2020")
    shorts = result.by_capacity_multiple("shorts", "shorts_usd")[2.0]
    np.testing.assert_array_equal(shorts, march.shorts)
    page = market_report.render(result)
    change = 100 * (march.shorts.iloc[-1] / march.shorts.iloc[0] - 1)
    assert f"{change:.2f}".replace("-", "−") in page
    assert f"−{abs(change):.1f}%" in page
    low, high = (-100 * result.summary["shorts_change"]).agg(["min", "max"])
    assert f"fell by {low:.1f}" in captions_market.headline(result)
    assert f"{high:.1f}%" in captions_market.headline(result)
    sold = result.dealers[result.dealers["capacity_multiple"] == 2.0]["fund_sales"].sum()
    assert sold == pytest.approx(1e9 * march.dealers["fund_sales"].iloc[-1], rel=1e-12)


def test_what_is_sold_is_taken(result):
    np.testing.assert_allclose(result.flows.groupby("capacity_multiple")["usd"].sum(), 0.0, atol=1.0)


def test_dislocation_is_what_notes_fell_short_of(march):
    """The price at which funds hold notes is their price before dealers' balance-sheet spread, less the dislocation."""
    day = march.market.days.get_loc(pd.Timestamp("2020-03-12"))
    cheap = march.dislocations.iloc[day]
    without = run_episode(march.market, FROZEN.fit(2.0).model_copy(update={"slope": 0.0}))
    quotes, plain = (run.run.position_days[day, :, PositionColumn.CLEAN] for run in (march, without))
    jump = without.dislocations.iloc[day]
    for p, position in enumerate(march.run.positions):
        code = march.market.priced.codes[position["contract"]]
        fair = plain[p] / (1 - jump[code] / 1e4)
        assert quotes[p] == pytest.approx(fair * (1 - cheap[code] / 1e4), rel=1e-12)


def test_every_figure_has_data_and_a_sentence(result):
    with figures_style.style():
        for _, _, draw, caption in figures_market.FIGURES:
            assert all(panel.has_data() for panel in draw(result).axes if panel.get_ylabel() != "% of capacity")
            assert caption(result).endswith(".")
            assert "nan" not in caption(result)


def test_tables_and_report_are_written(result, tmp_path):
    folder = result.save(tmp_path / "market")
    assert {path.stem for path in folder.iterdir()} == {"summary", "shorts", "dealers", "funds", "flows"}
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "flows.parquet"), result.flows)
    assert result.report(tmp_path / "report.html").read_text(encoding="utf-8").rstrip().endswith("</html>")


def test_backtest_takes_the_market():
    result = bs.backtest("march-2020", market=True)
    assert result.capacity_multiples == [2.0]
    with pytest.raises(InputError, match=r"leverage: given with the market"):
        bs.backtest("march-2020", market=True, leverage=50)
    with pytest.raises(InputError, match="capacity multiple: 30 given, allowed are 1 to 10"):
        backtest_market("march-2020", capacity_multiples=[30.0])
    with pytest.raises(InputError, match="each once"):
        backtest_market("march-2020", capacity_multiples=[])


def test_command_prints_the_run(tmp_path):
    run = CliRunner().invoke(group, ["backtest", "march-2020", "--market", "--no-report", "--out", str(tmp_path)])
    assert run.exit_code == 0, run.output
    assert "2020-03-31" in run.stdout
    assert market_report.daily_table(backtest_market("march-2020")) in run.stdout


def test_a_repo_freeze_liquidates_the_book_day_by_day(frozen_repo):
    _, run = frozen_repo
    days = daily_totals(run)
    assert sum(day.sold for day in days) == pytest.approx(1e9 * run.dealers["fund_sales"].iloc[-1], rel=1e-9)
    assert sum(day.failed for day in days) == run.defaults > 0
    first = next(day for day in days if day.failed)
    assert first.date == pd.Timestamp("2025-04-08")  # called on the 7th, due on the 8th
    assert f"{first.failed} funds had no cash left" in sentence(first)
    rows = grouped(days, "2025-04-17")
    assert rows[-1][0] == "21–30 April"
    assert sum(totals.sold for _, totals, _ in rows) == pytest.approx(sum(day.sold for day in days), rel=1e-12)


def test_day_by_day_page_shows_its_runs(frozen_repo):
    run, _ = frozen_repo
    base = variants()[0].intensities[0].scenario
    few = boundaries(base, [FROZEN.fit(1.0)])
    variant_runs = [run] * 3
    page = render(variant_runs, few, FROZEN)
    loads_nothing(page)
    assert page == render(variant_runs, few, FROZEN)
    assert f"{run.changes[0]:.1%}".replace("-", "−") in outcome_cells([run])[1][0]
    assert len(boundary_cells(few)[1]) == len(LEVERS)
    assert day_cells(run)[1][0][0].endswith("April")


def test_boundary_is_where_the_book_falls_by_a_tenth():
    base = variants()[0].intensities[0].scenario
    lever = next(lever for lever in LEVERS if lever.name == "share of repo not rolled")
    outcomes, critical, safe = find(lambda x: -x, (0.0, 0.05, 0.2, 0.4))
    assert (outcomes, safe) == ((0.0, -0.05, -0.2, -0.4), ())
    assert critical == pytest.approx(-FALL, abs=2e-3)
    assert find(lambda x: 0.0, (0.0, 1.0)) == ((0.0, 0.0), None, ())
    assert find(lambda x: -0.2 if x == 1 else 0.0, (0, 1, 2))[2] == (2,)
    intensity = lever.intensity(base, 0.02)
    assert intensity.scenario == repo_freeze(base, 0.02)
    assert intensity.run(intensity.market(), FROZEN.fit(1.0)).hedged_change < FALL


def test_old_names_work_with_a_warning(result):
    with pytest.warns(DeprecationWarning, match="MarketResult.by_kink is now MarketResult.by_capacity_multiple"):
        old = result.by_kink("shorts", "shorts_usd")
    pd.testing.assert_frame_equal(old, result.by_capacity_multiple("shorts", "shorts_usd"))
    with pytest.raises(AttributeError, match="no attribute 'knks'"):
        _ = result.knks
    help_text = CliRunner().invoke(group, ["unrolled", "--help"])
    assert "basis-stress: unrolled is now day-by-day" in help_text.stderr
    assert "results/day-by-day.html" in help_text.stdout


def test_sales_that_feedback_alone_causes_are_infinitely_more() -> None:
    assert [sales_ratio(*sold) for sold in ((0.0, 0.0), (3.0, 2.0), (3.0, 0.0))] == [1.0, 1.5, math.inf]
