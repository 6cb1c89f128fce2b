"""The market of years: prices of the episodes, dates and factors, no look-ahead, the observed basis, every signal."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from basis_data.markets.expectations import expected_repo, overnight_rate
from basis_data.markets.market_data import market_data
from basis_data.markets.observed_basis import FILLED_DAYS, unreliable
from basis_data.markets.on_the_run import CYCLE_MONTHS, PREMIUM_BP, on_the_run, par_coupon, spreads
from basis_data.markets.pricing import priced_market
from basis_data.multi_year.market import MultiYearMarket, multi_year_market
from basis_data.multi_year.published_basis import published_basis
from basis_data.scenarios.scenario import SCENARIOS, Scenario
from basis_data.tables.calendars import business_day_offset, cash_days, mark_days
from basis_data.tables.contracts import delivery_dates
from basis_data.tables.reader import read
from basis_engine.base.errors import InputError
from basis_engine.bonds.factors import conversion_factor
from basis_engine.bonds.prices import price
from support import naive

CODES = ("TU", "TY", "US")


@pytest.fixture(scope="module")
def hiking() -> MultiYearMarket:
    """Years of negative carry, into the end of the published basis."""
    return multi_year_market("2022-10-03", "2025-03-31", CODES)


@pytest.fixture(scope="module")
def overnight() -> MultiYearMarket:
    """Carried and priced as an episode is."""
    return multi_year_market(
        "2018-11-01", "2019-06-28", CODES, expectations="overnight", basis="none", terms=(), swap_tenors=()
    )


def pair(market: MultiYearMarket, name: str) -> int:
    return market.pairs.names.index(name)


def as_date(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=int(day))


# Prices -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", CODES)
def test_prices_are_those_of_an_episode(overnight: MultiYearMarket, code: str) -> None:
    p = pair(overnight, f"{code} 2019-06")
    row = overnight.pairs.rows[p]
    entry, end = overnight.dates[row.roll_in], np.datetime64("2019-06-21")
    window = {"name": "episode", "start": str(entry), "end": str(end), "contracts": (code,), "curve": "par"}
    data = market_data(Scenario.model_validate({**window, "delivery_month": "2019-06"}))
    # Carried at one rate: an episode reads policy from bills, a market of years by contract or not at all.
    episode = priced_market(replace(data, carry_rate=overnight_rate(data.dates.astype("M8[D]"))))
    days = np.isin(overnight.dates, episode.data.dates.astype("M8[D]"))
    priced, baskets = overnight.priced.priced, overnight.priced.baskets
    np.testing.assert_allclose(priced.futures[days, row.hedge], episode.priced.futures[:, 0], rtol=0, atol=1e-12)
    start, stop = baskets.start[row.hedge : row.hedge + 2]
    assert overnight.priced.cusips[start:stop] == episode.cusips
    np.testing.assert_allclose(priced.clean[days, start:stop], episode.priced.clean, rtol=0, atol=1e-12)
    assert overnight.pairs.cusips[p] == episode.cusips[episode.priced.cheapest[0, 0]]
    assert overnight.initial_margin[days, row.hedge] == pytest.approx(episode.initial_margin[:, 0], rel=1e-12)


def test_a_blank_three_year_yield_keeps_its_distance(hiking: MultiYearMarket) -> None:
    published = read("par_yields").set_index("date").loc[pd.DatetimeIndex(hiking.dates)]
    distance = published["y_3y_pct"] - (2 * published["y_2y_pct"] + published["y_5y_pct"]) / 3
    used = hiking.priced.data.curves.par_yields[:, 5] * 100
    blank = published["y_3y_pct"].isna().to_numpy()
    assert blank.sum() == 16
    assert used[~blank].tolist() == pytest.approx(published["y_3y_pct"][~blank].tolist(), abs=1e-12)
    kept = used - ((2 * published["y_2y_pct"] + published["y_5y_pct"]) / 3).to_numpy()
    assert kept[blank] == pytest.approx(distance["2024-12-06"], abs=1e-12)


def test_outside_its_life_nothing_moves(hiking: MultiYearMarket) -> None:
    notes, futures = np.asarray(hiking.market.notes), np.asarray(hiking.market.futures)
    for table in (notes, futures, hiking.signals):
        assert all(np.isfinite(table[field].astype(float)).all() for field in table.dtype.names)
    for p, row in enumerate(hiking.pairs.rows):
        for span in (slice(None, row.first_mark + 1), slice(row.last_mark, None)):
            assert np.ptp(notes["clean"][span, p]) == np.ptp(notes["accrued"][span, p]) == 0.0
        dead = np.r_[0 : row.first_mark + 1, row.last_mark + 1 : len(notes)]
        assert not notes["coupon_due"][dead, p].any()
        assert not notes["convergence"][dead, p].any()
        assert not hiking.signals["dirty"][np.r_[0 : row.roll_in, row.last_mark + 1 : len(notes)], p].any()
        assert (hiking.signals["dirty"][row.roll_in : row.last_mark + 1, p] > 50).all()


# Dates and factors -------------------------------------------------------------------------------------------------


def test_pairs_are_entered_left_and_delivered_on_their_days(hiking: MultiYearMarket) -> None:
    for name, row in zip(hiking.pairs.names, hiking.pairs.rows, strict=True):
        if not row.hedged:
            continue
        code, month = name.split()
        on = hiking.dates
        before = delivery_dates(code, str(pd.Period(month) - 3)).first_delivery_day
        assert on[row.roll_in] == max(business_day_offset(business_day_offset(before, -2), -10), on[0])
        if row.roll_out < len(on):
            notice = business_day_offset(delivery_dates(code, month).first_delivery_day, -2)
            assert on[row.roll_out] == business_day_offset(notice, -10)
            assert row.notice - row.roll_out == 10
        future = hiking.months[row.hedge].future
        if row.last_trading < len(on):
            assert on[row.last_trading].astype(int) == future.last_trading
        first_day = int(np.datetime64(month, "D").astype(np.int64))
        assert row.factor == conversion_factor(code != "TU", row.coupon, row.maturity, first_day)
        assert hiking.hedges[row.hedge] == name
        assert row.note == hiking.priced.priced.cheapest[row.roll_in, row.hedge]


def test_one_pair_of_each_contract_is_the_front_one(hiking: MultiYearMarket) -> None:
    front = hiking.signals["front"] & (hiking.signals["dirty"] > 0)
    for code in CODES:
        of_code = [p for p, name in enumerate(hiking.pairs.names) if name.startswith(code)]
        assert (front[:, of_code].sum(axis=1) == 1).all()
    assert not (front & ~hiking.signals["tradable"]).any()


def test_days_to_notice_and_last_trading_count_business_days(hiking: MultiYearMarket) -> None:
    p = pair(hiking, "TY 2023-03")
    signals = hiking.signals[np.searchsorted(hiking.dates, np.datetime64("2023-02-01")), p]
    # First delivery Wednesday 1 March, so notice on Monday 27 February; trading ends on 22 March.
    assert signals.days_to_notice == len(cash_days("2023-02-02", "2023-02-27"))
    assert signals.days_to_last_trading == len(cash_days("2023-02-02", "2023-03-22"))


# No look-ahead -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", ["2023-05-10", "2024-07-31", "2024-09-03"])
def test_what_comes_later_changes_nothing_before(hiking: MultiYearMarket, cut: str) -> None:
    shorter = multi_year_market("2022-10-03", cut, CODES)
    days, shared = len(shorter.dates), [pair(hiking, name) for name in shorter.pairs.names]
    assert hiking.signals[:days][:, shared].tobytes() == shorter.signals.tobytes()
    assert tuple(hiking.pairs.cusips[p] for p in shared) == shorter.pairs.cusips
    for p, q in enumerate(shared):
        alive = slice(shorter.pairs.rows[p].first_mark, shorter.pairs.rows[p].last_mark + 1)
        for field in ("clean", "accrued", "coupon_due", "convergence"):
            longer, cropped = (np.asarray(one.market.notes)[field] for one in (hiking, shorter))
            assert longer[alive, q].tobytes() == cropped[alive, p].tobytes()


def test_a_note_counts_from_its_issue(hiking: MultiYearMarket) -> None:
    baskets, priced = hiking.priced.baskets, hiking.priced.priced
    for c in range(len(hiking.months)):
        marks = np.arange(baskets.first_mark[c], baskets.last_mark[c] + 1)
        assert (baskets.known_mark[priced.cheapest[marks, c]] <= marks).all()
    late = [name for name in ("TY 2023-09", "TY 2023-12") if baskets.known_mark[row_of(hiking, name).note] > 0]
    assert late  # 7-year notes issued after the contract was listed are cheapest to deliver


def row_of(market: MultiYearMarket, name: str) -> np.record:
    row: np.record = market.pairs.rows[pair(market, name)]
    return row


def test_expectations_use_what_was_published() -> None:
    days = mark_days("2022-01-03", "2022-12-30")
    ahead = np.linspace(0, 200, len(days))
    assert expected_repo(days, ahead)[:100].tobytes() == expected_repo(days[:100], ahead[:100]).tobytes()
    assert expected_repo(days, 0.0) == pytest.approx(overnight_rate(days), abs=1e-15)


def test_bills_foresee_repo_better_than_one_night() -> None:
    days = mark_days("2018-04-02", "2025-10-01")
    daily = read("repo").set_index("date")["sofr_pct"].asfreq("D").ffill().cumsum() / 100
    for horizon, bills, night in ((91, 18.0, 30.4), (120, 21.0, 37.7)):
        start, end = (daily.loc[pd.DatetimeIndex(days + shift)].to_numpy() for shift in (0, horizon))
        realised = (end - start) / horizon
        foreseen = expected_repo(days, horizon), overnight_rate(days)
        error = [np.sqrt(np.mean((rate - realised) ** 2)) * 1e4 for rate in foreseen]
        assert error == pytest.approx([bills, night], abs=1.0)


# The observed basis ------------------------------------------------------------------------------------------------


def test_the_convention_explains_the_negative_spreads_of_2023(hiking: MultiYearMarket) -> None:
    year = hiking.dates.astype("M8[Y]") == np.datetime64("2023")
    medians = {
        code: [float(np.median(part[year, i]) * 1e4) for part in (hiking.basis.published, hiking.basis.spread)]
        for i, code in enumerate(hiking.basis.codes)
    }
    assert medians["TU"] == pytest.approx([-80, 26], abs=1.5)
    assert medians["TY"] == pytest.approx([-18, 7], abs=1.5)
    assert (hiking.basis.convention < 1e-5).all()  # a day on which the best delivery day changes


def test_what_leaps_between_expiry_and_month_end_is_not_taken() -> None:
    calm = multi_year_market("2019-02-01", "2019-04-30", ("TU", "TY"), terms=(), swap_tenors=())
    days = calm.dates[unreliable("TY", calm.dates)]
    assert [str(day) for day in days] == [f"2019-03-{day}" for day in (21, 22, 25, 26, 27, 28, 29)]
    assert not unreliable("TU", calm.dates).any()
    moves = np.diff(calm.basis.published, axis=0) * 1e4
    assert np.abs(moves).max() < 30  # the published 10-year fell by 99 on the 21st


def test_the_convention_is_nil_where_carry_is_positive() -> None:
    calm = multi_year_market("2021-01-04", "2021-06-30", ("FV", "TY"), terms=())
    assert calm.basis.convention == pytest.approx(0.0, abs=1e-9)


def test_dislocation_converges_to_nil_when_delivery_may_begin(hiking: MultiYearMarket) -> None:
    data, basis = hiking.priced.data, hiking.basis
    for c, future in enumerate(data.futures):
        path = data.dislocation_bp[:, c]
        assert not path[data.settle >= future.first_delivery].any()
        column, left = basis.codes.index(future.code), np.maximum(future.first_delivery - data.settle, 0) / 360
        if np.datetime64(future.listed, "D") < np.datetime64("2024-08-06"):
            assert path == pytest.approx(1e4 * basis.spread[:, column] * left, abs=1e-12)
        else:
            assert not path.any()  # nothing is known: modelled fair


def test_the_net_spread_does_not_jump_when_a_contract_expires_or_a_day_is_blank(hiking: MultiYearMarket) -> None:
    """The published figure does, by 251 bp on 20 December 2023; price follows a net spread that moves like the rest."""
    column = hiking.basis.codes.index("TY")
    day = int(np.searchsorted(hiking.dates, np.datetime64("2023-12-20")))
    rows = read("basis_spreads").set_index("date")["implied_repo_minus_ois_10y_bp"]
    published = np.diff(rows.reindex(pd.DatetimeIndex(hiking.dates)).to_numpy())
    assert np.nanmin(published[day - 3 : day + 2]) < -200.0
    assert np.abs(np.diff(1e4 * hiking.basis.spread[:, column])).max() < 60.0


def test_only_what_is_published_is_called_observed(hiking: MultiYearMarket) -> None:
    rows = read("basis_spreads").set_index("date")
    for c, month in enumerate(hiking.months):
        tenor = {"TU": 2, "TY": 10, "US": 20}[month.future.code]
        blank = rows[f"implied_repo_minus_ois_{tenor}y_bp"].reindex(pd.DatetimeIndex(hiking.dates)).isna().to_numpy()
        blank = blank | unreliable(month.future.code, hiking.dates)
        assert hiking.observed[~blank, c].all()
        for m in np.flatnonzero(blank & (np.arange(len(blank)) > FILLED_DAYS)):
            assert hiking.observed[m, c] == (~blank[m - FILLED_DAYS : m]).any()
    assert not hiking.observed[hiking.dates > np.datetime64("2024-08-13")][:, ~hiking.is_swap].any()
    assert not hiking.observed[:, len(hiking.months) :][:, ~hiking.is_swap[len(hiking.months) :]].any()


def test_the_deferred_contract_shows_the_published_spread() -> None:
    """Fair implied repo plus the dislocation of the second contract is what the authors would have measured."""
    calm = multi_year_market("2019-10-01", "2020-06-30", ("FV",), terms=())
    day = int(np.searchsorted(calm.dates, np.datetime64("2020-03-11")))
    c = calm.hedges.index("FV 2020-06")
    note, settle = calm.priced.priced.cheapest[day, c], calm.priced.data.settle[day]
    baskets, future = calm.priced.baskets, calm.priced.data.futures[c]
    bond = naive.Note("", float(baskets.coupon[note]), as_date(baskets.maturity[note]), float(baskets.factor[note]))
    cheap = float(calm.priced.priced.clean[day, note]) * (1 - float(calm.priced.data.dislocation_bp[day, c]) / 1e4)
    price_now = float(calm.priced.priced.futures[day, c])
    implied = naive.implied_repo(bond, cheap, price_now, as_date(settle), as_date(future.last_delivery))
    assert (implied - calm.priced.path.repo[day, c]) * 1e4 == pytest.approx(83.0, abs=1.0)  # FACTS: 5Y, 11 March


# Signals, independently --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "on"),
    [
        ("TU 2023-03", "2022-12-15"),
        ("TY 2023-06", "2023-03-13"),
        ("TY 2023-12", "2023-10-02"),
        ("US 2024-09", "2024-06-28"),
    ],
)
def test_signals_of_a_hedged_pair(hiking: MultiYearMarket, name: str, on: str) -> None:
    p, m = pair(hiking, name), int(np.searchsorted(hiking.dates, np.datetime64(on)))
    row, signal = hiking.pairs.rows[p], hiking.signals[m, p]
    data, priced, c = hiking.priced.data, hiking.priced.priced, row.hedge
    note = naive.Note("", float(row.coupon), as_date(row.maturity), float(row.factor))
    future, settle = data.futures[c], as_date(data.settle[m])
    clean = float(priced.clean[m, row.note]) * (1 - float(data.dislocation_bp[m, c]) / 1e4)
    fair, repo = float(priced.clean[m, row.note]), float(hiking.priced.path.repo[m, c])
    window = as_date(future.first_delivery), as_date(future.last_delivery)
    delivery = naive.delivery_day(note, fair, settle, repo, *window)
    futures_price = float(priced.futures[m, c])
    assert signal.days_to_delivery == (delivery - settle).days
    implied = naive.implied_repo(note, clean, futures_price, settle, delivery)
    assert signal.implied_repo == pytest.approx(implied, abs=1e-12)
    forward = naive.forward(note, clean, settle, delivery, repo)
    assert signal.net_basis == pytest.approx(forward - futures_price * note.factor, abs=1e-10)
    assert signal.dirty == pytest.approx(clean + naive.accrued(note, settle), abs=1e-10)
    bond = float(row.coupon), int(row.maturity), int(data.settle[m])
    assert price(signal.yield_, *bond) == pytest.approx(clean, abs=1e-9)
    bumped = [price(signal.yield_ + shift, *bond) for shift in (-5e-5, 5e-5)]
    assert signal.note_dv01 == pytest.approx(bumped[0] - bumped[1], rel=1e-5)
    assert signal.hedge_dv01 * row.factor == pytest.approx(signal.note_dv01, rel=0.12)  # near the cheapest's
    assert signal.margin == pytest.approx(row.factor * hiking.initial_margin[m, c] / future.notional_usd, rel=1e-12)
    assert signal.overnight_repo == read("repo").set_index("date").loc[on, "sofr_pct"] / 100
    assert signal.volatility == pytest.approx(realised(hiking, p, m), rel=1e-9)
    ten_year = read("par_yields").set_index("date").loc[:on, "y_10y_pct"].iloc[-21:]
    assert signal.yield_volatility == pytest.approx(np.std(np.diff(ten_year) / 100, ddof=1), rel=1e-9)


def realised(market: MultiYearMarket, p: int, m: int) -> float:
    """Standard deviation of the last twenty days' profit of a pair, from clean prices, accrued interest and coupons."""
    row, data = market.pairs.rows[p], market.priced.data
    note = naive.Note("", float(row.coupon), as_date(row.maturity), float(row.factor))
    worth: list[float] = []
    for k in range(m - 20, m + 1):
        clean = market.priced.priced.clean[k, row.note] * (1 - data.dislocation_bp[k, row.hedge] / 1e4)
        paid = (
            len(naive.coupons_between(note, as_date(data.settle[m - 21]), as_date(data.settle[k]))) * 50 * note.coupon
        )
        interest = naive.accrued(note, as_date(data.settle[k]))
        worth.append(clean + interest + paid - note.factor * market.priced.priced.futures[k, row.hedge])
    return float(np.std(np.diff(worth) / 100, ddof=1))


# Notes on and off the run ------------------------------------------------------------------------------------------


def test_the_newest_ten_year_of_february_2019() -> None:
    new, old = on_the_run(np.datetime64("2019-02-22"), (10,))
    assert (new.cusip, new.coupon, old.cusip, old.coupon) == ("9128286B1", 0.02625, "9128285M8", 0.03125)


def test_notes_on_the_run_are_the_last_issued_on_the_day(hiking: MultiYearMarket) -> None:
    issued = read("securities").set_index("cusip")
    alone = hiking.pairs.rows[~hiking.pairs.rows["hedged"] & (hiking.pairs.rows["factor"] == 0)]
    for row, note in zip(alone, hiking.pairs.outrights, strict=True):
        chosen_on = pd.Timestamp(hiking.dates[row.roll_in])
        same_term = issued[issued["original_term_years"].round() == note.term]["issue_date"]
        assert issued.loc[note.cusip, "issue_date"] <= chosen_on
        newer = same_term[(same_term > issued.loc[note.cusip, "issue_date"]) & (same_term <= chosen_on)]
        assert len(newer) == note.generation


def test_assumed_coupons_follow_the_treasurys_rule() -> None:
    known = read("securities").dropna(subset="coupon_pct")
    known = known[(known["original_term_years"] == 5) & known["issue_date"].between("2018-04-01", "2024-12-31")]
    assumed = np.array([par_coupon(issue, 5) * 100 for issue in known["issue_date"]])
    # The auction is some days before the issue, so that the rule is off by what yields moved in them.
    assert np.median(np.abs(assumed - known["coupon_pct"])) <= 0.125


def test_a_note_cheapens_by_its_premium_over_a_cycle(hiking: MultiYearMarket) -> None:
    notes = on_the_run(np.datetime64("2023-05-25"), (2, 5, 10, 30))
    issue = np.array([note.issue for note in notes])
    over = np.array([spreads(notes, np.array([day]))[0, k] for k, day in enumerate(issue)])
    assert not over.any()
    later = spreads(notes, np.array([issue.max() + 31 * max(CYCLE_MONTHS.values())]))[0]
    assert later * 1e4 == pytest.approx([PREMIUM_BP[note.term] for note in notes])
    assert [note.generation for note in notes] == [0, 1] * 4
    on, off = (pair(hiking, f"10Y 2023-06 {run}-the-run") for run in ("on", "off"))
    m = hiking.pairs.rows[on].roll_in
    par = read("par_yields").set_index("date").loc[str(hiking.dates[m]), "y_10y_pct"] / 100
    assert hiking.signals["yield_"][m, on] == pytest.approx(par, abs=2e-4)
    assert hiking.signals["yield_"][m, off] - par > hiking.signals["yield_"][m, on] - par
    assert not hiking.signals["hedge_dv01"][:, on].any()
    assert hiking.hedges[hiking.pairs.rows[on].hedge] == "10Y"


# Swap-spread trades ------------------------------------------------------------------------------------------------


def test_swap_spread_trades_are_those_of_an_episode() -> None:
    quarter = multi_year_market("2025-02-03", "2025-06-30", ("TY",))
    window = {"name": "episode", "start": "2025-03-03", "end": "2025-05-16", "contracts": ("TY",), "curve": "par"}
    episode = priced_market(market_data(Scenario.model_validate(window))).with_swaps()
    assert episode.swaps is not None
    days = np.isin(quarter.dates, episode.data.dates.astype("M8[D]"))
    for k, tenor in enumerate(episode.swaps.tenors):
        p = pair(quarter, f"{tenor}Y 2025-06 swap spread")
        row = quarter.pairs.rows[p]
        assert [str(quarter.dates[mark]) for mark in (row.roll_in, row.last_mark)] == ["2025-03-03", "2025-05-16"]
        assert quarter.is_swap[row.hedge]
        assert row.factor == pytest.approx(episode.swaps.note_dv01[k] / episode.swaps.swap_dv01[k], rel=1e-12)
        assert quarter.initial_margin[0, row.hedge] == pytest.approx(episode.swaps.margin_usd[k], rel=1e-12)
        quotes = episode.swaps.quotes
        for mine, theirs in ((quarter.market.notes, quotes.notes), (quarter.market.futures, quotes.swaps)):
            column = p if mine is quarter.market.notes else int(row.hedge)
            for field in np.asarray(theirs).dtype.names:
                ours, other = np.asarray(mine)[field][days, column], np.asarray(theirs)[field][:, k]
                np.testing.assert_allclose(ours, other, rtol=0, atol=1e-12)
    assert not [name for name in multi_year_market("2021-03-01", "2021-05-28", ("TY",)).pairs.names if "swap" in name]


def test_swap_spreads_of_ones_own_make_trades_of_every_quarter(tmp_path: Path) -> None:
    file = tmp_path / "swaps.csv"
    days = mark_days("2021-01-04", "2021-12-31")
    file.write_text("date,tenor_years,swap_spread_bp\n" + "".join(f"{d},{t},-20\n" for d in days for t in (5, 10)))
    own = multi_year_market("2021-01-04", "2021-12-31", ("TY",), terms=(), swap_tenors=(5, 10), swap_spreads=file)
    trades = [name for name in own.pairs.names if "swap" in name]
    assert trades == [
        f"{t}Y {q} swap spread" for q in ("2021-03", "2021-06", "2021-09", "2021-12", "2022-03") for t in (5, 10)
    ]
    p = pair(own, "10Y 2021-06 swap spread")
    row, signals = own.pairs.rows[p], own.signals[:, pair(own, "10Y 2021-06 swap spread")]
    alive = slice(row.roll_in + 20, row.last_mark)
    assert (signals["volatility"][alive] < 1e-4).all()  # a swap spread that does not move leaves carry alone
    assert signals["hedge_dv01"][alive] * row.factor == pytest.approx(signals["note_dv01"][alive])
    assert signals["implied_repo"][alive] - signals["expected_repo"][alive] == pytest.approx(0.002)


@pytest.mark.parametrize(("last_blank", "ends"), [("2021-04-16", "2021-06-30"), ("2021-04-19", "2021-04-09")])
def test_a_swap_spread_is_held_over_a_week_without_one_and_no_longer(
    tmp_path: Path, last_blank: str, ends: str
) -> None:
    file, blank = tmp_path / "swaps.csv", mark_days("2021-04-12", last_blank)
    days = np.setdiff1d(mark_days("2021-01-04", "2021-12-31"), blank)
    file.write_text("date,tenor_years,swap_spread_bp\n" + "".join(f"{d},10,-20\n" for d in days))
    own = multi_year_market("2021-01-04", "2021-12-31", ("TY",), terms=(), swap_tenors=(10,), swap_spreads=file)
    row = own.pairs.rows[pair(own, "10Y 2021-06 swap spread")]
    assert str(own.dates[row.last_mark]) == ends


def test_the_published_basis_of_march_2020_is_what_the_program_makes_of_the_data() -> None:
    embedded = read("basis", SCENARIOS / "march-2020-basis.csv").reset_index(drop=True)
    made = published_basis("march-2020").reset_index(drop=True)
    assert made["basis_bp"].to_numpy() == pytest.approx(embedded["basis_bp"].to_numpy(), abs=0.011)
    assert (made["date"] == embedded["date"].dt.strftime("%Y-%m-%d")).all()
    assert (made["contract"] == embedded["contract"]).all()
    assert embedded.groupby("contract")["basis_bp"].max().round(1).to_dict() == {"FV": 29.5, "TU": 30.2, "TY": 20.7}


# Mistakes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"codes": ("TX",)}, "TX"),
        (
            {"start": "2017-01-03"},
            "market of years, start: 2017-01-03 given, allowed is 2018-04-02, the first day of SOFR",
        ),
        (
            {"start": "2030-01-01"},
            "market of years, start: 2030-01-01 given, the last day of the data in use is 2026-04-17",
        ),
        (
            {"end": "2027-01-04"},
            "market of years, end: 2027-01-04 given, the last day of the data in use is 2026-04-17",
        ),
        ({"start": "2019-01-05", "end": "2019-01-06"}, "holds 0 business days"),
        ({"terms": (3,)}, r"market of years, terms: 3 given, allowed are 2, 5, 10, 30"),
        (
            {"expectations": "forwards"},
            r"market of years, expectations: 'forwards' given, allowed are bills, overnight",
        ),
        ({"basis": "all"}, r"market of years, basis: 'all' given, allowed are observed, none"),
        ({"haircut": 3.0}, "haircut"),
        (
            {"swap_tenors": (7,)},
            r"market of years, swap_tenors: 7 given, allowed are 2, 5, 10, 30, of which spreads are known",
        ),
    ],
)
def test_mistakes_get_one_sentence(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        multi_year_market(**given)  # type: ignore[arg-type]
