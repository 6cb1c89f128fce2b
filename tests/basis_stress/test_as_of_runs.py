"""`as_of` in every command: an episode as of its own start is the same run; results say what was put on which day."""

from pathlib import Path

import pandas as pd
import pytest

import basis_stress as bs
from basis_stress.cli.main import main
from basis_stress.single_book.sentences import headline

TABLES = ("summary", "timeline", "positions", "market", "yields_pct", "cash", "calls", "attribution", "events")
LAST = "2026-07-22"


@pytest.mark.parametrize(("name", "start"), [("april-2025", "2025-04-01"), ("march-2020-basis", "2020-02-18")])
def test_a_backtest_as_of_the_first_day_is_the_backtest(name: str, start: str) -> None:
    plain = bs.backtest(name, contract="TY", leverage=40)
    moved = bs.backtest(name, contract="TY", leverage=40, as_of=start)
    for table in TABLES:
        one, other = (getattr(result, table) for result in (moved, plain))
        kept = [name for name in one if not str(name).startswith("base_")]  # as of a day it is compared with that day
        pd.testing.assert_frame_equal(one[kept], other[kept], check_exact=True)


def test_headline_settings_and_assumptions_say_which_day() -> None:
    result = bs.backtest("march-2020", contract="TY", leverage=40, as_of=LAST)
    assert "March 2020 as of 22 July 2026" in headline(result)
    said = " ".join(result.assumptions)
    assert "from the levels of 2026-07-22" in said
    assert "Par yields of 3y are not known" in said
    assert "No note issued after 2026-" in said
    assert result.settings["contracts"] == ["TY 2026-12"]
    assert result.summary["equity_end_usd"].notna().all()


def test_a_book_of_one_date_goes_through_an_episode_of_another() -> None:
    book = pd.DataFrame({"contract": ["TY", "FV"], "contracts": [-2000, -3000], "delivery_month": "2025-06"})
    result = bs.backtest("march-2020", book=book, equity=100e6, as_of="2025-04-01")
    assert result.settings["contracts"] == ["FV 2025-09", "TY 2025-09"]  # as the episode: the month after the front
    assert "2025-06" in " ".join(result.assumptions)
    day = bs.backtest("april-2025", book=book, equity=100e6, as_of="2025-04-02")
    assert day.settings["contracts"] == ["FV 2025-06", "TY 2025-06"]


def test_a_window_that_outlasts_the_front_month_is_charged_the_roll(tmp_path: Path) -> None:
    result = bs.backtest("early-2026", contract="TY", notional=1e9, leverage=20, as_of="2025-08-20")
    assert result.settings["contracts"] == ["TY 2025-12"]
    said = [sentence for sentence in result.assumptions if "front month" in sentence]
    assert len(said) == 1
    assert "beyond the 2025-09 futures" in said[0]
    row = result.positions.iloc[0]
    cost = 2e-4 * (1.4 * 1e9 + 0.7 * 1e5 * abs(row["contracts"]))  # two half spreads of the notes and of the futures
    assert f"charged on 2025-08-27 at four half spreads, 4.2 bp: ${cost:,.0f}" in said[0]
    assert result.attribution["cost"].sum() == pytest.approx(-cost, rel=1e-9)
    swept = bs.sweep(
        "early-2026", contract="TY", notional=1e9, leverage=[10, 20], as_of="2025-08-20", out=tmp_path / "s"
    )
    cell = swept.table().set_index("leverage").loc[20.0]
    assert cell["equity_end"] == result.summary["equity_end_usd"].iloc[0]
    assert not [s for s in bs.backtest("april-2025", as_of="2025-06-12").assumptions if "front month" in s]


def test_breaking_point_sweep_and_paths_take_the_day(tmp_path: Path) -> None:
    found = bs.breaking_point("april-2025", leverage=50, as_of=LAST, steps=20)
    assert found.of.scenario.name == f"april-2025-as-of-{LAST}"
    assert str(found.of.dates()[0]) == LAST
    swept = bs.sweep("april-2025", leverage="20:40:20", as_of=LAST, out=tmp_path / "swept")
    single = bs.backtest("april-2025", contract="TY", leverage=40, as_of=LAST)
    row = swept.table()[lambda rows: rows["leverage"] == 40].iloc[0]
    assert row["equity_end"] == single.summary["equity_end_usd"].iloc[0]
    drawn = bs.simulate_paths("bootstrap", 20, days=20, as_of=LAST)
    assert str(drawn.scenario.start) == LAST


@pytest.mark.parametrize("command", ["backtest", "break"])
def test_a_day_without_data_is_one_sentence(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "april-2025", "--as-of", "2026-08-20"])
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "to 2026-07-22" in error
