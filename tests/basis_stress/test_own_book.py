"""A user's own book through a scenario: the figures of its first calls by hand, and every command alike."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import basis_stress as bs
from basis_data.markets.baskets import basket
from basis_engine.base.errors import InputError
from basis_stress.breaking.levers import levered_book

CODES = ("TU", "FV", "TY")
FUTURES = {"TY": 20_000, "FV": 30_000, "TU": 40_000}
HAIRCUT = {"TY": 0.01, "FV": 0.01, "TU": 0.005}
POINT = {"TY": 1_000, "FV": 1_000, "TU": 2_000}
EQUITY, TERM = 2e9, 0.4


def fund(**columns: object) -> pd.DataFrame:
    """Short 20,000 TY, 30,000 FV and 40,000 TU of June 2025, 40% termed for 60 days, in a natural order."""
    rows = {
        "fund": "Macro One",
        "contract": ["ZN", "ZF", "ZT"],
        "contracts": [-20_000, -30_000, -40_000],
        "delivery_month": "2025-06",
        "haircut": [0.01, 0.01, 0.005],
        "term_share": TERM,
        "term_days": 60,
        "credit_line_usd": [1e8, None, None],
    }
    return pd.DataFrame(rows | columns)


@pytest.fixture(scope="module")
def april() -> bs.Result:
    return bs.backtest("april-2025", book=fund(), equity=EQUITY)


def test_entry_by_hand(april: bs.Result) -> None:
    held = april.positions[april.positions["date"] == "2025-04-01"].set_index("contract")
    margin = april.market[april.market["date"] == "2025-04-01"].set_index("contract")["initial_margin_usd"]
    value = held["face_usd"] * (held["clean_price"] + held["accrued_interest"]) / 100
    buffer = EQUITY - sum(HAIRCUT[c] * value[c] + FUTURES[c] * margin[c] for c in CODES)
    assert april.timeline["cash_usd"].iloc[0] == pytest.approx(buffer, abs=1)
    assert april.summary.index.tolist() == ["Macro One"]


def test_the_first_call_is_the_deficit_of_the_term_loan(april: bs.Result) -> None:
    """40% of the notes lost value on 2 April; the lender asks for that, after haircut, and for a night's interest."""
    dirty = (april.positions["clean_price"] + april.positions["accrued_interest"]) * april.positions["face_usd"] / 100
    value = {day: part.to_numpy() for day, part in dirty.groupby(april.positions["date"].astype(str))}
    lent = TERM * (1 - np.array([HAIRCUT[c] for c in CODES])) * value["2025-04-01"]
    sofr = april.yields_pct["sofr"].iloc[0] / 100
    # The entry settles on 2 April, and the marks of 2 April are for settlement on 3 April: one night.
    owed = lent * (1 + sofr / 360)
    deficit = owed - TERM * (1 - np.array([HAIRCUT[c] for c in CODES])) * value["2025-04-02"]
    assert (deficit > 0).all()
    first = april.events[april.events["event"] == "call_raised"].iloc[0]
    assert (first["claim"], first["time"]) == ("repo_margin", pd.Timestamp("2025-04-02 15:00", tz="America/New_York"))
    assert first["amount_usd"] == pytest.approx(deficit.sum(), abs=1)
    paid = april.events[april.events["event"] == "call_paid"].iloc[0]
    assert paid["time"] == pd.Timestamp("2025-04-03 09:00", tz="America/New_York")


def test_the_first_variation_margin_by_hand(april: bs.Result) -> None:
    prices = april.market.pivot(index="date", columns="contract", values="futures_price").loc["2025-04-02":"2025-04-03"]
    rise = prices.iloc[1] - prices.iloc[0]
    owed = sum(FUTURES[c] * POINT[c] * rise[c] for c in CODES)
    call = april.events.query("event == 'call_raised' and claim == 'variation_margin'").iloc[0]
    assert call["amount_usd"] == pytest.approx(owed, abs=1)
    due = april.cash.set_index("date").loc["2025-04-04", "variation_margin"]
    assert due == pytest.approx(-owed, abs=1)


@pytest.fixture(scope="module")
def doubled() -> bs.Result:
    """April 2025 with every move of yields doubled, and repo dearer by 200 basis points throughout."""
    return bs.backtest("april-2025", book=fund(), equity=EQUITY, yield_scale=2.0, scenario_repo_bp=200.0)


def test_april_doubled_with_dear_repo_by_hand(april: bs.Result, doubled: bs.Result) -> None:
    """The moves of yields, the rate of the term loan, the first call, and the first variation margin."""
    tenors = ["2y", "5y", "10y"]
    moves = [result.yields_pct[tenors].iloc[1] - result.yields_pct[tenors].iloc[0] for result in (april, doubled)]
    assert np.allclose(2 * moves[0], moves[1], atol=1e-12)
    dirty = (doubled.positions["clean_price"] + doubled.positions["accrued_interest"]) * doubled.positions["face_usd"]
    value = {day: part.to_numpy() / 100 for day, part in dirty.groupby(doubled.positions["date"].astype(str))}
    after = np.array([1 - HAIRCUT[c] for c in CODES])
    rate = doubled.yields_pct["sofr"].iloc[0] / 100 + 0.02
    # One night of interest, at SOFR and 200 basis points, is added to 40% of what the lender lent.
    owed = TERM * after * value["2025-04-01"] * (1 + rate / 360)
    deficit = (owed - TERM * after * value["2025-04-02"]).clip(0).sum()
    first = doubled.events[doubled.events["event"] == "call_raised"].iloc[0]
    assert (first["claim"], first["time"]) == ("repo_margin", pd.Timestamp("2025-04-02 15:00", tz="America/New_York"))
    assert first["amount_usd"] == pytest.approx(deficit, abs=1)
    prices = doubled.market.pivot(index="date", columns="contract", values="futures_price")
    rise = prices.loc["2025-04-03"] - prices.loc["2025-04-02"]
    call = doubled.events.query("event == 'call_raised' and claim == 'variation_margin'").iloc[0]
    assert call["amount_usd"] == pytest.approx(sum(FUTURES[c] * POINT[c] * rise[c] for c in CODES), abs=1)
    assert call["amount_usd"] > 1.9 * april.events.query("claim == 'variation_margin'")["amount_usd"].iloc[0]


def test_march_2020_is_held_in_its_own_contracts_and_says_so() -> None:
    march = bs.backtest("march-2020-basis", book=fund(), equity=EQUITY)
    assert "held in 2020-06 with the same number of futures" in march.assumptions[0]
    entry = march.positions[march.positions["date"] == march.positions["date"].min()].set_index("contract")
    assert entry["contracts"].to_dict() == {code: -count for code, count in FUTURES.items()}


def test_a_book_of_one_strategy_is_that_strategy() -> None:
    """A book with the sizes and terms of `CashFuturesBasis` gives the same equity, day by day."""
    terms = {"leverage": 35.0, "haircut": 0.01, "term_share": 0.3, "unwind": "hold", "contract": "TY"}
    strategy = bs.backtest("april-2025", **terms)
    entry = strategy.positions.iloc[0]
    rows = {"contract": "TY", "contracts": entry["contracts"], "face_usd": entry["face_usd"], "haircut": 0.01}
    book = pd.DataFrame([rows | {"term_share": 0.3, "unwind": "hold", "cusip": entry["cusip"]}])
    own = bs.backtest("april-2025", book=book, equity=float(strategy.summary["equity_start_usd"].iloc[0]))
    assert np.array_equal(own.timeline["equity_usd"], strategy.timeline["equity_usd"])


def test_what_desks_hold_is_ordinary() -> None:
    """A futures tail, naked notes, a futures leg alone, two notes in a contract, a short of notes."""
    cusips = basket("TY", "2025-06", "2025-04-01")["cusip"]
    book = pd.DataFrame(
        {
            "fund": ["A", "A", "A", "B", "B"],
            "contract": ["TY", "TY", "FV", "TU", "TY"],
            "contracts": [-110, None, 0, -50, 200],
            "face_usd": [1e7, 2e7, 3e7, 0, -2e7],
            "cusip": [cusips.iloc[0], cusips.iloc[3], "", "", ""],
            "equity_usd": [5e6, None, None, 3e6, None],
            "lender": ["Bank 1", "Bank 2", "Bank 1", "", ""],
        }
    )
    result = bs.backtest("april-2025", book=book)
    assert result.summary.index.tolist() == ["A", "B"]
    assert (result.summary["outcome"] == "survived").all()
    change = result.attribution.drop(columns=["date", "fund", "equity_change"]).sum(axis=1)
    assert np.allclose(change, result.attribution["equity_change"], atol=1e-3)
    assert result.positions["lender"].iloc[:3].tolist() == ["Bank 1", "Bank 1", "Bank 2"]


def test_a_book_that_cannot_be_carried_is_refused_with_the_figures() -> None:
    with pytest.raises(InputError, match=r"haircut of \$\d.* and initial margin of \$120,\d{3},\d{3} on \$13,7\d\d"):
        bs.backtest("april-2025", book=fund(), equity=2e8)
    with pytest.raises(InputError, match="leverage: given with a book"):
        bs.backtest("april-2025", book=fund(), equity=2e9, leverage=20.0)
    with pytest.raises(InputError, match=r"cusip: 123456789 given, which is not deliverable into TY 2025-06"):
        bs.backtest("april-2025", book=fund().iloc[:1].assign(cusip="123456789"), equity=2e9)


def test_cash_leaves_the_rest_of_equity_out() -> None:
    result = bs.backtest("april-2025", book=fund(cash_usd=[3e8, None, None]), equity=EQUITY)
    assert result.timeline["cash_usd"].iloc[0] == pytest.approx(3e8, abs=1)
    assert "of the equity of Macro One is not in this book" in result.assumptions[0]


def test_every_command_takes_the_book(tmp_path: Path) -> None:
    found = bs.breaking_point("april-2025", "repo_bp", "called", book=fund(), equity=3e8, steps=20)
    assert "Macro One" in str(found)
    swept = bs.sweep(["april-2025", "march-2020"], book=fund(), equity="3e8:2e9:3x", out=tmp_path / "s")
    table = swept.table()
    assert len(table) == 6
    one = bs.backtest("april-2025", book=fund(), equity=3e8)
    cell = table[(table["scenario"] == "april-2025") & (table["equity"] == 3e8)].iloc[0]
    assert cell["equity_end"] == one.summary["equity_end_usd"].iloc[0]
    drawn = bs.simulate_paths("bootstrap", 4, 10, book=fund(), equity=EQUITY)
    assert drawn.leverages[0] == pytest.approx(one.timeline["leverage"].iloc[0] * 3e8 / EQUITY, rel=0.05)


def test_cells_of_a_lever_that_changes_nothing_are_the_backtest() -> None:
    result = bs.backtest("april-2025", book=fund(), equity=3e8)
    of = levered_book("april-2025", "repo_bp", book=fund(), equity=3e8)
    row = of.outcomes(np.array([0.0]))[0, 0]
    assert row["equity"] == result.summary["equity_end_usd"].iloc[0]


def test_months_may_differ_within_a_book() -> None:
    """June and September futures, each against a note of its own basket; on another date as far apart."""
    rows = {
        "contract": ["TY", "TY", "FV"],
        "contracts": [-200, -300, -100],
        "delivery_month": ["2025-06", "2025-09", ""],
    }
    book = pd.DataFrame(rows)
    result = bs.backtest("april-2025", book=book, equity=3e7)
    entry = result.positions[result.positions["date"] == result.positions["date"].min()]
    assert entry["contract"].tolist() == ["FV", "TY 2025-06", "TY 2025-09"]
    months = dict(zip(result.market["contract"], result.market["delivery_month"], strict=True))
    assert months == {"FV": "2025-06", "TY 2025-06": "2025-06", "TY 2025-09": "2025-09"}
    factor = {
        month: basket("TY", month, "2025-04-01").set_index("cusip")["conversion_factor"]
        for month in ("2025-06", "2025-09")
    }
    for label, count in (("TY 2025-06", 200), ("TY 2025-09", 300)):
        row = entry[entry["contract"] == label].iloc[0]
        assert row["face_usd"] == pytest.approx(count * 1e5 / factor[label[3:]][row["cusip"]], rel=1e-12)
    march = bs.backtest("march-2020", book=book, equity=3e7)
    assert set(march.market["delivery_month"]) == {"2020-06", "2020-09"}
    assert march.positions["contract"].head(3).tolist() == ["FV", "TY 2020-06", "TY 2020-09"]
    assert "held in 2020-06, 2020-09 with the same number" in march.assumptions[0]
    alone = [bs.backtest("april-2025", book=book.iloc[[row]], equity=1e7) for row in range(3)]
    for line in ("hedge_residual", "expected_repo", "basis_convergence", "repo_interest"):
        each = sum(float(one.attribution[line].sum()) for one in alone)
        assert each == pytest.approx(float(result.attribution[line].sum()), rel=1e-9), line


def test_a_roll_is_charged_by_hand() -> None:
    """The window of 2020's spring, entered in late July 2026, outlasts September: two half spreads of both legs."""
    result = bs.backtest("april-2025", leverage=20.0, as_of="2026-07-22", start="2025-04-01", end="2025-06-27")
    rolled = result.events[result.events["event"] == "contract_roll"]
    assert len(rolled) == 1
    row = result.positions.iloc[0]
    cost = 2e-4 * (row["face_usd"] * 1.4 + abs(row["contracts"]) * 1e5 * 0.7)
    assert rolled["amount_usd"].iloc[0] == pytest.approx(cost, rel=1e-12)
    assert result.attribution["cost"].sum() == pytest.approx(-cost, rel=1e-9)
    assert result.cash["other_loss"].sum() == pytest.approx(-cost, rel=1e-9)
    lines = result.attribution.drop(columns=["date", "fund", "equity_change"]).sum(axis=1)
    assert np.allclose(lines, result.attribution["equity_change"], atol=1e-3)
    assert "the roll of both legs is charged on 2026-08" in " ".join(result.assumptions)


def test_funds_are_compared_in_scenarios() -> None:
    book = pd.concat([fund(), fund(fund="Macro Two")]).drop(columns="credit_line_usd")
    funds = pd.DataFrame({"fund": ["Macro One", "Macro Two"], "equity_usd": [2e9, 3e9]})
    table = bs.compare_scenarios("april-2025-margin", book=book, funds=funds, as_of="2026-07-22")
    assert table.index.get_level_values(0).unique().tolist() == ["Macro One", "Macro Two"]
    lone = bs.backtest("april-2025-margin", book=book, funds=funds, fund="Macro Two", as_of="2026-07-22")
    assert table["april-2025-margin"]["Macro Two", "equity_end_usd"] == lone.summary["equity_end_usd"].iloc[0]


def test_a_fund_alone_is_held_in_the_months_of_its_book() -> None:
    """A fund of September futures in a book of June and September, through 2020: alone as among the clients."""
    rows = {"fund": ["A", "B", "B"], "contract": "TY", "contracts": [-100, -200, -300], "equity_usd": [1e7, 3e7, None]}
    book = pd.DataFrame(rows | {"delivery_month": ["2025-06", "2025-09", "2025-12"]})
    lone = bs.backtest("march-2020", book=book, fund="B")
    assert lone.positions["contract"].head(2).tolist() == ["TY 2020-09", "TY 2020-12"]
    table = bs.clients(book, "march-2020").table.set_index("fund")
    assert table.loc["B", "equity_end_usd"] == lone.summary["equity_end_usd"].iloc[0]
