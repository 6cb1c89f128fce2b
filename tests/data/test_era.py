"""Era inputs: what each episode is given from outside the program, and what is refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from basis_data.markets.as_of import as_of
from basis_data.markets.flows import outside_flows, told
from basis_data.markets.market_data import market_data
from basis_data.markets.positions import leveraged_fund_shorts
from basis_data.markets.weekly_flows import weekly_flows
from basis_data.scenarios.scenario import SCENARIOS, Scenario, market_era, scenario
from basis_data.tables.calendars import Days, mark_days
from basis_data.tables.reader import read
from basis_engine.base.errors import InputError

ERAS = sorted(path.stem for path in SCENARIOS.glob("*.toml") if "[market]" in path.read_text())
EPISODES = [name for name in ERAS if scenario(name).base is None]  # what happened, counterfactuals left out
JUDGED = {"march-2020", "september-2019", "svb-2023", "april-2025", "january-2026"}  # by history/targets.csv
LATER = {"august-2024", "year-end-2025", "march-2026"}  # judged too
HEAD = 'name = "mine"\nstart = 2025-04-01\nend = 2025-04-30\n'
FLOWS = "episode,date,who,kind,usd_bn,source\n"


def window(of: Scenario) -> Days:
    return mark_days(np.datetime64(of.start), np.datetime64(of.end))


def dated(days: Days, first: str, last: str) -> np.ndarray:
    return (days >= np.datetime64(first)) & (days <= np.datetime64(last))


def own(folder: Path, market: str, flows: str | None = None) -> Scenario:
    """A user's scenario with a market part and, if given, flows of its own beside it."""
    files = ""
    if flows is not None:
        (folder / "flows.csv").write_text(FLOWS + flows)
        files = '[files]\nflows = "flows.csv"\n'
    (folder / "mine.toml").write_text(HEAD + files + market)
    return scenario(folder / "mine.toml")


def complaint(of: Scenario) -> str:
    with pytest.raises(InputError) as problem:
        outside_flows(of, window(of))
    assert "\n" not in str(problem.value)
    return str(problem.value)


def test_the_five_episodes_have_a_market() -> None:
    assert set(EPISODES) >= JUDGED


@pytest.mark.parametrize("name", EPISODES)
def test_each_episode_has_its_era(name: str) -> None:
    chosen = scenario(name)
    era = market_era(chosen)
    assert era.era_leverage == (25 if chosen.start.year < 2023 else 20)
    market = market_data(chosen, era.contracts)
    assert all(len(one.basket.cusip) > 0 for one in market.futures)
    assert all(one.last_trading > market.dates[-1] - 31 for one in market.futures)
    assert not np.isnan(market.sofr).any()
    assert not np.isnan(market.effr).any()
    sales, purchases = outside_flows(chosen, market.dates.astype("datetime64[D]"))
    assert sales.shape == purchases.shape == market.dates.shape
    assert min(sales.min(), purchases.min()) >= 0


@pytest.mark.parametrize("name", EPISODES)
def test_positions_were_counted_near_the_start(name: str) -> None:
    chosen = scenario(name)
    shorts = leveraged_fund_shorts(chosen.start, report=chosen.report).set_index("contract")
    assert abs(pd.Timestamp(chosen.start) - shorts["report_date"].iloc[0]) <= pd.Timedelta(days=7)
    assert (shorts.loc[list(market_era(chosen).contracts), "face_usd"] > 1e9).all()


def test_the_contract_of_march_2020_is_june() -> None:
    for name, month in [("march-2020", "2020-06"), ("september-2019", "2019-12"), ("svb-2023", "2023-06")]:
        assert {one.delivery_month for one in market_data(scenario(name)).futures} == {month}


def test_margins_of_march_2020_are_those_of_the_exchange() -> None:
    market = market_data(scenario("march-2020"))
    margin = market.initial_margin_usd(np.full(4, 100.0))[:, market.scenario.contracts.index("TY")]
    assert (margin[0], margin.max()) == (1150, 1850)


def test_flows_of_march_2020_total_what_was_published() -> None:
    march = scenario("march-2020")
    days = window(march)
    sales, purchases = outside_flows(march, days)
    assert sales.sum() / 1e9 == pytest.approx(493, abs=1e-4)
    for first, last, share in [
        ("2020-02-18", "2020-03-01", 0.0),
        ("2020-03-02", "2020-03-06", 0.05),
        ("2020-03-09", "2020-03-20", 0.75),
        ("2020-03-23", "2020-03-31", 0.20),
    ]:
        assert sales[dated(days, first, last)].sum() / sales.sum() == pytest.approx(share, abs=1e-6)
    assert purchases[dated(days, "2020-03-15", "2020-03-31")].sum() / 1e9 == pytest.approx(775, abs=1e-4)
    assert purchases[dated(days, "2020-02-18", "2020-03-14")].sum() / 1e9 == pytest.approx(37)


def test_purchases_agree_with_the_settled_holdings_of_the_federal_reserve() -> None:
    """Paces stated by day, against balance-sheet rises that were published apart; trades settle the next day."""
    march = scenario("march-2020")
    days = window(march)
    _, purchases = outside_flows(march, days)
    rises = read("fed_holdings").set_index("date")["change_on_week_usd_bn"]
    for first, last, settled in [
        ("2020-03-11", "2020-03-17", "2020-03-18"),
        ("2020-03-18", "2020-03-24", "2020-03-25"),
        ("2020-03-25", "2020-03-31", "2020-04-01"),
    ]:
        assert purchases[dated(days, first, last)].sum() / 1e9 == pytest.approx(rises[settled], rel=0.02)


@pytest.mark.parametrize("name", sorted((JUDGED | LATER) - {"march-2020"}))
def test_judged_episodes_but_march_2020_follow_the_weekly_rule(name: str) -> None:
    of = scenario(name)
    found, rule = outside_flows(of, window(of)), weekly_flows(window(of))
    np.testing.assert_array_equal(found, rule)
    assert rule[0].sum() + rule[1].sum() > 0
    assert "foreign custody" in told(of, window(of))
    assert ("the series ends within these days" in told(of, window(of))) == (name == "march-2026")


def test_march_2020_has_flows_by_day_and_the_rule_has_none_of_its_sellers() -> None:
    """Custody fell by $149bn in the window while the Federal Reserve bought more: dealers' inventory stays nil."""
    march = scenario("march-2020")
    assert market_era(march).outside_flows == "table"
    sales, purchases = weekly_flows(window(march))
    assert sales.sum() < 160e9 < 700e9 < purchases.sum()


def test_the_weekly_rule_follows_an_episode_to_another_day() -> None:
    april = scenario("april-2025")
    moved = as_of(april, "2025-09-02")
    np.testing.assert_array_equal(outside_flows(moved, window(moved)), outside_flows(april, window(april)))


def test_a_flows_table_of_the_users_own_comes_before_the_rule(tmp_path: Path) -> None:
    mine = own(tmp_path, '[market]\nera_leverage = 20\noutside_flows = "weekly"\n', "mine,2025-04-03,me,sale,30,me\n")
    assert outside_flows(mine, window(mine))[0].sum() == 30e9


def test_targets_name_known_episodes() -> None:
    targets = read("targets")
    assert targets["id"].tolist() == [f"T{number:02d}" for number in range(1, 32)]
    assert set(targets["episode"]) - JUDGED - LATER == {"data", "era", "closed form", "population"}
    assert set(targets.loc[targets["role"] == "out-of-sample", "episode"]) == (JUDGED | LATER) - {"march-2020"}


def test_judges_agree_with_the_targets() -> None:
    spreads = read("basis_spreads").set_index("date")
    belly = spreads[["implied_repo_minus_ois_2y_bp", "implied_repo_minus_ois_5y_bp"]]
    assert belly.max().round().tolist() == [95, 92]
    rise = belly.loc["2020-03-12"].mean() - belly.mean(axis=1)
    assert rise["2020-02-18"] == pytest.approx(82, abs=0.5)  # T04
    assert rise["2020-03-03"] == pytest.approx(61, abs=0.5)  # what it is from 3 March
    swap = spreads["ois_swap_minus_treasury_30y_bp"]
    assert (round(swap["2020-02-18"]), round(swap["2020-03-20"])) == (-53, -106)
    ten_year = spreads["implied_repo_minus_ois_10y_bp"]
    assert ten_year["2019-09-19"] - ten_year["2019-09-13"] == pytest.approx(18, abs=0.1)
    dealers = read("dealer_positions").pivot_table(index="as_of_date", columns="bucket", values="net_position_usd_bn")
    beside = [name for name in dealers if name in ("bills", "frns") or name.startswith("tips_")]
    coupons = dealers["treasury_total_incl_tips"] - dealers[beside].sum(axis=1)
    assert coupons["2020-03-18"] - coupons["2020-02-05"] == pytest.approx(58, abs=0.5)


@pytest.mark.parametrize(
    ("target", "start", "ends"),
    [
        ("T02", "2020-03-03", ["2020-03-17", "2020-03-24", "2020-03-31"]),
        ("T03", "2020-02-18", ["2020-03-17", "2020-03-31"]),
        ("T08", "2020-03-03", ["2020-03-10"]),
        ("T13", "2025-04-01", ["2025-04-15"]),
        ("T17", "2019-09-10", ["2019-09-17"]),
        ("T20", "2026-01-13", ["2026-01-27"]),
        ("T28", "2024-07-30", ["2024-08-06", "2024-08-13"]),
        ("T29", "2025-12-16", ["2025-12-30", "2026-01-06"]),
        ("T30", "2026-03-03", ["2026-03-24"]),
    ],
)
def test_targets_of_gross_shorts_are_those_of_the_reports(target: str, start: str, ends: list[str]) -> None:
    published = read("targets").set_index("id").loc[target, "observed"]
    report = "Combined" if target in ("T28", "T29") else "FutOnly"
    first = leveraged_fund_shorts(start, report=report)["face_usd"].sum()
    changes = [100 * (leveraged_fund_shorts(end, report=report)["face_usd"].sum() / first - 1) for end in ends]
    assert changes == pytest.approx([float(one) for one in str(published).split(" | ")], abs=0.06)


def test_own_flows(tmp_path: Path) -> None:
    rows = "mine,2025-04-03,foreign,sale,30,me\nmine,2025-04-03,funds,sale,10,me\nmine,2025-04-04,fed,purchase,5,me\n"
    mine = own(tmp_path, "[market]\nera_leverage = 20\n", rows)
    sales, purchases = outside_flows(mine, window(mine))
    assert sales[:4].tolist() == [0, 0, 40e9, 0]
    assert purchases[:4].tolist() == [0, 0, 0, 5e9]
    borrowed = own(tmp_path, '[market]\nera_leverage = 20\nepisode = "april-2025"\n')
    assert outside_flows(borrowed, window(borrowed))[0].sum() == 0


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("capacity_usd_bn = -90", "capacity_usd_bn: -90 given, allowed is greater than 0 (billions of US dollars)"),
        ("era_leverage = 0.5", "era_leverage: 0.5 given, allowed is greater than or equal to 1 (times equity"),
        ("hedged_share = 75", "hedged_share: 75 given, allowed is less than or equal to 1 (decimal share"),
        ("volatility_floor_bp = 0", "volatility_floor_bp: 0 given, allowed is greater than 0"),
        ("swap_spread_book_usd_bn = -1", "swap_spread_book_usd_bn: -1 given, allowed is greater than or equal to 0"),
        ("ceiling_bp = inf", "ceiling_bp: inf given, allowed is a finite number"),
        ("capacity = 90", "capacity: unknown key (did you mean 'capacity_usd_bn'?); allowed are contracts"),
        ('contracts = ["ZN"]', "contracts: ['ZN'] given, allowed is some of TU"),
        ("hedged_share = 0.5", "era_leverage: is missing; give it"),
    ],
)
def test_an_era_that_cannot_be(tmp_path: Path, line: str, words: str) -> None:
    leverage = "" if "era_leverage" in line + words else "era_leverage = 20\n"
    with pytest.raises(InputError) as problem:
        own(tmp_path, f"[market]\n{leverage}{line}\n")
    assert str(problem.value).startswith(f"{tmp_path / 'mine.toml'}, market, ")
    assert words in str(problem.value)


def test_a_month_that_is_not_quarterly(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"delivery_month: '2025-05' given, allowed is a month of the March quarterly"):
        own(tmp_path, 'delivery_month = "2025-05"\n')


def test_a_scenario_without_a_market(tmp_path: Path) -> None:
    assert complaint(own(tmp_path, "")).startswith("scenario mine, market: is missing from its TOML; add a [market]")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("mine,2025-04-03,all,sale,2500,me\n", "row 2, column usd_bn: '2500' given, allowed is 0 to 2,000, billions"),
        ("mine,2025-04-03,all,sale,-5,me\n", "row 2, column usd_bn: '-5' given, allowed is 0 to 2,000"),
        (
            "mine,2025-04-03,a,sale,1500,me\nmine,2025-04-03,b,sale,700,me\n",
            "column usd_bn: sales of 2,200 on 2025-04-03, allowed is at most 2,000 billions of US dollars a day",
        ),
        ("mine,2025-04-03,all,buy,5,me\n", "row 2, column kind: 'buy' given, allowed are sale, purchase"),
        ("mine,2025-04-18,all,sale,5,me\n", "row 2, column date: 2025-04-18 given, which is no business day"),
        ("mine,2024-04-18,all,sale,5,me\n", "no row of 'mine' from 2025-04-01 to 2025-04-30, the window"),
        ("april,2025-04-03,all,sale,5,me\n", "column episode: no row of 'mine'; there are april; add rows"),
    ],
)
def test_flows_that_cannot_be(tmp_path: Path, rows: str, words: str) -> None:
    message = complaint(own(tmp_path, "[market]\nera_leverage = 20\n", rows))
    assert message.startswith(str(tmp_path / "flows.csv"))
    assert words in message


def test_an_episode_without_flows(tmp_path: Path) -> None:
    message = complaint(own(tmp_path, '[market]\nera_leverage = 20\nepisode = "march-2002"\n'))
    assert "flows.csv, column episode: no row of 'march-2002' (did you mean 'march-2020'?)" in message
