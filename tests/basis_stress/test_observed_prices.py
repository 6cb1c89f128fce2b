"""A snapshot with prices of notes: the cash leg runs on them, and every page and table says what that changes."""

import datetime
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import basis_stress as bs
from basis_data.markets.market_data import market_data
from basis_data.markets.pricing import PricedMarket, priced_market
from basis_data.refresh.snapshot import Draft, write
from basis_data.scenarios.scenario import scenario
from basis_data.tables.data_in_use import use_data
from basis_stress.funds_market.episodes import episode_market
from basis_stress.funds_market.page import assumptions
from basis_stress.single_book.observed_text import told

DEARER = 0.75
"""Points by which the note that is the cheapest to deliver in the model is dearer in the snapshot."""


@pytest.fixture(scope="module")
def modelled() -> PricedMarket:
    """April 2025 on modelled prices."""
    return priced_market(market_data(scenario("april-2025"), ["TY"]))


@pytest.fixture(scope="module")
def dear(modelled: PricedMarket) -> int:
    """The cheapest to deliver of the model."""
    return int(modelled.priced.cheapest[0, 0])


@pytest.fixture(scope="module")
def snapshot(modelled: PricedMarket, dear: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A snapshot in use: all notes as modelled, but one dearer from the second day on; the last day is missing."""
    rows = []
    days = pd.DatetimeIndex(modelled.data.dates.astype("datetime64[D]"))
    for m, day in enumerate(days[:-1]):
        for n, cusip in enumerate(modelled.cusips):
            gap = DEARER if n == dear and m else 0.0
            rows.append((f"{day:%Y-%m-%d}", cusip, float(modelled.priced.clean[m, n]) + gap))
    table = pd.DataFrame(rows, columns=["date", "cusip", "clean_price"]).sort_values(["date", "cusip"])
    draft = Draft(datetime.date(2025, 4, 30))
    draft.tables["fedinvest_prices.csv"] = table.to_csv(index=False, lineterminator="\n")
    folder = write(draft, tmp_path_factory.mktemp("snapshots"))
    use_data(folder)
    yield folder
    use_data(None)


@pytest.fixture(scope="module")
def result(snapshot: Path) -> bs.Result:
    """A book on observed prices."""
    return bs.backtest("april-2025", contract="TY", leverage=20)


def test_the_note_held_has_its_observed_prices(result: bs.Result, modelled: PricedMarket, dear: int) -> None:
    held = result.positions
    assert set(held["cusip"]) == {modelled.cusips[dear]}
    gap = held["clean_price"].to_numpy() - modelled.priced.clean[:, dear]
    np.testing.assert_allclose(gap[1:-1], DEARER, atol=1e-9)
    assert gap[0] == pytest.approx(0.0, abs=1e-9)
    assert gap[-1] == pytest.approx(DEARER, abs=0.02)  # the last day has no price: the spread of the day before


def test_another_note_is_the_cheapest_at_observed_prices(result: bs.Result, modelled: PricedMarket, dear: int) -> None:
    row = result.observed_differences.loc["TY"]
    assert row["cheapest"] == row["cheapest_modelled"] == modelled.cusips[dear]
    tables = [of.deliverables for of in (result, result.modelled) if of is not None]
    ours, theirs = (table[table["cheapest"]].set_index("date")["cusip"] for table in tables)
    assert row["days_cheapest_differs"] == (ours != theirs).sum() > 3
    assert row["lowest_spread_bp"] < -10.0
    assert abs(row["highest_spread_bp"]) < 1e-6


def test_the_difference_to_the_modelled_run_is_told_by_contract(result: bs.Result) -> None:
    """The note held gains its 0.75 points, less what the future gains with another note as the cheapest."""
    row, alone = result.observed_differences.loc["TY"], result.modelled
    assert alone is not None
    assert row["profit_usd"] - row["profit_modelled_usd"] == row["difference_usd"]
    last, notional = result.positions.iloc[-1], result.summary["notional_usd"].iloc[0]
    cash = (last["clean_price"] - alone.positions["clean_price"].iloc[-1]) / 100 * notional
    futures = -(last["futures_price"] - alone.positions["futures_price"].iloc[-1]) * 1000 * -last["contracts"]
    assert row["difference_usd"] == pytest.approx(cash + futures, rel=0.02)
    assert "TY on observed prices" in told(result)[0]


def test_page_tables_and_assumptions_say_so(result: bs.Result, tmp_path: Path) -> None:
    folder = result.save(tmp_path / "run", report=True)
    assert (folder / "deliverables.parquet").exists()
    page = unescape((folder / "report.html").read_text(encoding="utf-8"))
    assert "Observed prices of notes" in page
    said = next(sentence for sentence in result.assumptions if sentence.startswith("Notes are priced as observed"))
    assert "on 20 of 21 days" in said
    assert said in page
    table = result.deliverables
    entry = table[table["date"] == table["date"].min()]
    assert entry["cheapest"].sum() == 1
    assert np.abs(entry["spread_bp"]).max() < 1e-6
    assert entry["implied_repo"].max() == entry["implied_repo"][entry["cheapest"]].item()


@pytest.mark.usefixtures("snapshot")
def test_scaled_yields_have_the_same_spreads() -> None:
    par = scenario("april-2025").but(curve="par")
    once, twice = (bs.backtest(of, contract="TY", leverage=20).priced for of in (par, par.scaled(2.0)))
    assert twice.data.note_spreads is not None
    np.testing.assert_array_equal(twice.baskets.spread, once.baskets.spread)


def test_a_cell_of_a_sweep_is_the_backtest(result: bs.Result, tmp_path: Path) -> None:
    cells = bs.sweep(["april-2025"], out=tmp_path / "sweep", contract="TY", leverage="20,30").table()
    assert cells["equity_end"].iloc[0] == result.summary["equity_end_usd"].iloc[0]


@pytest.mark.usefixtures("snapshot")
def test_the_market_of_funds_stays_on_modelled_prices() -> None:
    """Its parameters are fitted to the dislocation of modelled prices."""
    assert episode_market("april-2025").priced.data.note_spreads is None
    market = bs.backtest("april-2025", market=True)
    assert any("observed prices are not used" in sentence for sentence in assumptions(market))


def test_without_prices_nothing_is_shown(tmp_path: Path) -> None:
    use_data(None)
    plain = bs.backtest("april-2025", contract="TY", leverage=20)
    assert plain.modelled is None
    assert plain.observed_differences.empty
    assert told(plain) == []
    assert not (plain.save(tmp_path / "plain") / "deliverables.parquet").exists()
