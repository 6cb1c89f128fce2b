"""Nothing a user gives is left out in silence: it is refused in one sentence, or said among the assumptions."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import basis_stress as bs
from basis_data.markets.market_data import market_data
from basis_data.markets.pricing import priced_market
from basis_data.scenarios.scenario import Scenario, scenario
from basis_data.tables.reader import HISTORY
from basis_engine.base.errors import InputError

APRIL = scenario("april-2025")
SATURDAY, SUNDAY = "2025-04-19", "2025-04-20"
TO_SUNDAY = APRIL.but(end=SUNDAY)
"""Its last business day is Thursday 17 April: the 18th is Good Friday."""


def with_files(**files: Path) -> Scenario:
    return APRIL.but(files=files)


def cheapest() -> str:
    market = priced_market(market_data(APRIL, ["TY"]))
    return market.cusips[int(market.priced.cheapest[0, 0])]


def prices(folder: Path, *rows: str) -> Path:
    path = folder / "prices.csv"
    path.write_text("\n".join(["date,cusip,clean_price", *rows]) + "\n")
    return path


def history(folder: Path, name: str) -> pd.DataFrame:
    table = pd.read_csv(HISTORY / name, dtype=str).fillna("")
    return table[table["date"].between("2024-11-01", "2025-05-30")]


@pytest.mark.parametrize(
    ("field", "part"),
    [
        ("margin_notices", {"multiple": 3}),
        ("haircut_changes", {"haircut": 0.3}),
        ("repo_rate_shifts", {"bp": 500}),
        ("not_rolled", {"share": 1}),
        ("dislocations", {"bp": 50}),
        ("other_losses", {"share": 0.5}),
        ("flows", {"kind": "sale", "usd_bn": 5, "who": "others"}),
        ("yield_moves", {"bp": 50}),
    ],
)
def test_a_part_after_the_last_business_day_is_refused(field: str, part: dict[str, object]) -> None:
    with pytest.raises(
        InputError, match=f"{field}: {SATURDAY} given, after the last business day 2025-04-17"
    ) as caught:
        bs.backtest(TO_SUNDAY.but(**{field: [{"date": SATURDAY, **part}]}))
    assert len(str(caught.value)) <= 300


@pytest.mark.parametrize("field", ["repo_rate_shifts", "dislocations"])
def test_a_level_of_a_weekend_is_refused(field: str) -> None:
    with pytest.raises(InputError, match=f"{field}: 2025-04-05 to 2025-04-06 holds no business day"):
        bs.backtest(APRIL.but(**{field: [{"date": "2025-04-05", "until": "2025-04-06", "bp": 50}]}))


def test_prices_that_are_not_used_are_said(tmp_path: Path) -> None:
    day, cusip = APRIL.start, cheapest()
    rows = [f"{day},{cusip},97.5", f"{day},ZZZZZZZZZ,100", f"2025-04-08,{cusip},99"]
    said = bs.backtest(with_files(prices=prices(tmp_path, *rows))).assumptions
    assert any(sentence.startswith("1 rows of prices.csv are not used") for sentence in said)
    assert any("TY 1 of " in sentence and "notes on 2 of 21 days" in sentence for sentence in said)
    alone = bs.backtest(with_files(prices=prices(tmp_path, rows[0]))).assumptions
    assert not any("not used" in sentence for sentence in alone)
    with pytest.raises(InputError, match="no row is used"):
        bs.backtest(with_files(prices=prices(tmp_path, rows[1], f"2025-05-08,{cusip},99")))


def test_prices_as_decimals_are_refused(tmp_path: Path) -> None:
    given = prices(tmp_path, f"{APRIL.start},{cheapest()},1.028")
    with pytest.raises(InputError, match=r"'1.028' given, allowed is 20 to 300, points per 100 face \(102.8"):
        bs.backtest(with_files(prices=given))


def test_a_svensson_file_without_a_day_of_the_window_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "svensson.csv"
    table = history(tmp_path, "treasury_svensson.csv")
    table.to_csv(path, index=False)
    whole = bs.backtest(with_files(svensson=path))
    assert whole.summary.equals(bs.backtest("april-2025").summary)
    table[table["date"] != "2025-04-08"].to_csv(path, index=False)
    with pytest.raises(InputError, match="no row for 2025-04-08"):
        bs.backtest(with_files(svensson=path))
    said = bs.backtest(with_files(svensson=path), curve="par").assumptions
    assert any("svensson.csv is not used" in sentence for sentence in said)


def test_a_federal_funds_rate_blank_on_one_day_is_refused_and_on_all_is_said(tmp_path: Path) -> None:
    path, table = tmp_path / "repo.csv", history(tmp_path, "sofr.csv")
    table.loc[table["date"] == "2025-04-08", "effr_pct"] = ""
    table.to_csv(path, index=False)
    with pytest.raises(InputError, match="column effr_pct: blank on 2025-04-08"):
        bs.backtest(with_files(repo=path))
    table.drop(columns="effr_pct").to_csv(path, index=False)
    assert any("no federal funds rate" in sentence for sentence in bs.backtest(with_files(repo=path)).assumptions)


def test_the_margin_multiple_multiplies_margin_notices() -> None:
    notices = [{"date": "2025-04-07", "multiple": 1.5}]
    own, tripled = (market_data(APRIL.but(margin_notices=notices, margin_multiple=m)).margin_multiple for m in (1, 3))
    assert set(own) == {1.0, 1.5}
    np.testing.assert_array_equal(tripled, 3 * own)
