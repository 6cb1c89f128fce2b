"""What a run is given of the market: shapes, alignment with the files, and the scenario's changes."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from basis_data.markets.market_data import market_data
from basis_data.scenarios.scenario import Scenario, scenario
from basis_data.tables.calendars import cash_days
from basis_data.tables.reader import read
from basis_data.tables.validation import validated
from basis_engine.base.errors import InputError
from basis_engine.bonds.curves import PAR, SVENSSON
from support import ROOT


def april(**changes: Any) -> Scenario:
    """April 2025 with something changed."""
    given = {"name": "mine", "start": "2025-04-01", "end": "2025-04-30", **changes}
    return validated(Scenario, given, "mine")


def test_april_2025() -> None:
    market = market_data(scenario("april-2025"))
    assert market.curves.kind == SVENSSON
    assert market.curves.svensson.shape == (21, 6)
    assert market.curves.par_yields.shape == (21, 11)
    assert not np.isnan(market.curves.par_yields).any()
    assert market.haircut.shape == market.dislocation_bp.shape == (21, 4)
    assert [one.delivery_month for one in market.futures] == ["2025-06"] * 4
    assert [one.basket.unpriced for one in market.futures] == [0] * 4
    assert (np.diff(market.minutes) > 0).all()


def test_rates_stand_on_their_own_days() -> None:
    market = market_data(april(scenario_repo_bp=5, cash_spread_bp=10))
    rates = read("repo").set_index("date")["sofr_pct"]
    dates = market.dates.astype("datetime64[D]")
    np.testing.assert_allclose(market.sofr, rates[dates].to_numpy() / 100, rtol=1e-15)
    np.testing.assert_allclose(market.repo_rate - market.sofr, 5e-4, atol=1e-15)
    np.testing.assert_allclose(market.cash_rate - market.sofr, -1e-3, atol=1e-15)
    yields = read("par_yields").set_index("date")["y_10y_pct"]
    np.testing.assert_allclose(market.curves.par_yields[:, 8], yields[dates].to_numpy() / 100, rtol=1e-15)
    assert set(market.settle) <= set(cash_days("2025-04-01", "2025-05-05").astype(np.int64))
    assert (market.settle[:-1] == market.dates[1:]).all()


def test_other_contracts_than_the_scenarios() -> None:
    market = market_data(scenario("april-2025"), ["UB"])
    assert [one.code for one in market.futures] == list(market.scenario.contracts) == ["UB"]
    with pytest.raises(InputError, match=r"run, contracts: \('TY', 'TY'\) given, allowed is each contract once"):
        market_data(scenario("april-2025"), ["TY", "TY"])


def test_changes_start_on_their_date() -> None:
    market = market_data(
        april(
            contracts=["TU", "TY"],
            haircut=0.01,
            haircut_changes=[
                {"date": "2025-04-09", "haircut": 0.03},
                {"date": "2025-04-10", "haircut": 0.05, "contract": "TY"},
            ],
            margin_notices=[{"date": "2025-04-09", "multiple": 1.5}],
            repo_rate_shifts=[{"date": "2025-04-08", "bp": 45}, {"date": "2025-04-10", "bp": 0}],
            not_rolled=[{"date": "2025-04-18", "share": 0.2}],
        )
    )
    on = {str(day): i for i, day in enumerate(market.dates.astype("datetime64[D]"))}
    assert market.haircut[on["2025-04-08"]].tolist() == [0.01, 0.01]
    assert market.haircut[on["2025-04-09"]].tolist() == [0.03, 0.03]
    assert market.haircut[on["2025-04-30"]].tolist() == [0.03, 0.05]
    shift = np.round((market.repo_rate - market.sofr) * 1e4, 9)
    assert shift[on["2025-04-07"] : on["2025-04-11"]].tolist() == [0, 45, 45, 0]
    assert np.flatnonzero(market.not_rolled).tolist() == [on["2025-04-21"]]  # Good Friday's falls on Monday
    margin = market.initial_margin_usd(np.array([103.6, 111.0]))
    assert margin[0] == pytest.approx([103.6 * 2000 / 227.8481, 1850.0])
    raised = np.broadcast_to(1.5 * margin[0], (15, 2))
    np.testing.assert_allclose(margin[on["2025-04-09"] :], raised, rtol=1e-15)


def test_scaled_moves_fall_back_to_par_yields() -> None:
    base, twice = market_data(april(curve="par")), market_data(april(yield_scale=2))
    assert twice.curves.kind == PAR
    assert "scaled by 2" in twice.curves.remark
    moves = base.curves.par_yields - base.curves.par_yields[0]
    np.testing.assert_allclose(twice.curves.par_yields - base.curves.par_yields[0], 2 * moves, atol=1e-15)
    with pytest.raises(InputError, match="only par yields can be scaled"):
        market_data(april(yield_scale=2, curve="svensson"))


def test_curve_is_chosen_by_what_covers_the_window() -> None:
    march = april(start="2020-02-25", end="2020-03-31")
    assert market_data(march).curves.kind == PAR
    with pytest.raises(InputError, match=r"treasury_svensson.csv: the window .* is outside its dates 2024-07-31"):
        market_data(april(start="2020-02-25", end="2020-03-31", curve="svensson"))


def test_a_tenor_blank_on_some_day_is_dropped_on_all() -> None:
    market = market_data(april(start="2024-12-02", end="2025-01-31"))
    absent = np.isnan(market.curves.par_yields)
    assert absent.all(axis=0).tolist() == [False] * 5 + [True] + [False] * 5  # the 3-year
    assert absent.any(axis=0).sum() == 1


def test_own_files(tmp_path: Path) -> None:
    (tmp_path / "basis.csv").write_text("date,contract,basis_bp\n2025-04-09,TY,12.5\n2025-04-11,TY,4\n")
    days = cash_days("2025-04-01", "2025-04-30")
    rates = "".join(f"{day},4.5\n" for day in days)
    (tmp_path / "repo.csv").write_text("date,sofr_pct\n" + rates)
    files = {"basis": tmp_path / "basis.csv", "repo": tmp_path / "repo.csv"}
    market = market_data(april(contracts=["TU", "TY"], files=files))
    assert market.sofr.tolist() == [0.045] * 21
    assert np.isnan(market.effr).all()
    assert market.dislocation_bp[:, 0].tolist() == [0.0] * 21
    assert market.dislocation_bp[5:10, 1].tolist() == [0.0, 12.5, 12.5, 4.0, 4.0]


def test_own_par_yields_are_not_passed_over_for_the_embedded_svensson_curve(tmp_path: Path) -> None:
    yields = read("par_yields")
    path = tmp_path / "yields.csv"
    yields[yields["date"] >= "2025-03-01"].to_csv(path, index=False)
    market = market_data(april(files={"par_yields": path}))
    assert market.curves.kind == PAR
    assert "yields.csv" in market.curves.remark


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"end": "2025-07-30"}, "mine, end: 2025-07-30 is after 2025-07-03, the last delivery day of TU 2025-06"),
        ({"start": "2025-04-05", "end": "2025-04-06"}, "holds 0 business days; give at least 2"),
        ({"start": "2003-04-05", "end": "2003-05-06"}, "sofr.csv: the window 2003-04-07 to 2003-05-06 is outside"),
        ({"contracts": ["Z3N"]}, "no margin for Z3N on 2025-04-01; give a margins file"),
    ],
)
def test_mistakes_are_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as problem:
        market_data(april(**changes))
    assert words in str(problem.value)


def test_a_missing_day_in_own_repo_is_named(tmp_path: Path) -> None:
    path = tmp_path / "repo.csv"
    path.write_text("date,sofr_pct\n2025-04-01,4.39\n2025-04-02,4.37\n2025-04-04,4.35\n2025-05-05,4.3\n")
    with pytest.raises(InputError, match=r"repo.csv, column date: no row for 2025-04-03, a business day"):
        market_data(april(files={"repo": path}))


def test_the_calendar_library_is_imported_only_when_needed() -> None:
    code = "import sys, basis_data.markets.market_data; sys.exit('pandas_market_calendars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
