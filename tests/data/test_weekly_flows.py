"""Outside flows by one rule, and the days on which stocks, bonds and the dollar fell together."""

import numpy as np
import pandas as pd
import pytest

from basis_data.markets import comovement, weekly_flows
from basis_data.tables.calendars import mark_days
from basis_data.tables.reader import read


def test_a_week_is_spread_equally_and_signs_are_kept() -> None:
    levels = read("fed_flows").set_index("date")[weekly_flows.CUSTODY]
    days = mark_days("2025-04-01", "2025-04-30")
    sales, purchases = weekly_flows.weekly_flows(days)
    week = (days > np.datetime64("2025-04-16")) & (days <= np.datetime64("2025-04-23"))
    assert week.sum() == 4  # Good Friday
    change = levels["2025-04-23"] - levels["2025-04-16"]
    moved = (sales if change < 0 else purchases)[week] / 1e9
    assert moved == pytest.approx(np.full(4, abs(change) / 4), abs=1.0)  # the Federal Reserve may buy besides
    assert sales[0] == purchases[0] == 0.0
    assert (sales >= 0).all()
    assert (purchases >= 0).all()


def test_sales_of_a_window_are_the_falls_of_custody() -> None:
    levels = read("fed_flows").set_index("date")[weekly_flows.CUSTODY]["2022-03-02":"2022-06-29"]
    days = mark_days("2022-03-02", "2022-06-29")
    assert weekly_flows.weekly_flows(days)[0].sum() / 1e9 == pytest.approx(-levels.diff().clip(upper=0).sum())


def test_maturing_debt_of_the_federal_reserve_is_no_sale() -> None:
    days = mark_days("2022-10-05", "2022-10-12")  # quantitative tightening: holdings fall
    held = read("fed_flows").set_index("date")[weekly_flows.HELD]
    custody = read("fed_flows").set_index("date")[weekly_flows.CUSTODY]
    assert held["2022-10-12"] < held["2022-10-05"]
    sales, purchases = weekly_flows.weekly_flows(days)
    change = custody["2022-10-12"] - custody["2022-10-05"]
    assert (purchases.sum() - sales.sum()) / 1e9 == pytest.approx(change)


def test_a_series_that_has_ended_gives_nothing_and_is_named() -> None:
    days = mark_days("2026-03-10", "2026-03-20")
    assert weekly_flows.covered(days) == {weekly_flows.CUSTODY: False, weekly_flows.HELD: True}
    assert weekly_flows.weekly_flows(days)[0].sum() == 0.0


def test_yields_rose_while_equities_and_the_dollar_fell() -> None:
    """By hand from the three files: 10 April 2025, 4.34 to 4.40%; 21 April, 4.34 to 4.42%."""
    moves = comovement.moves_together(mark_days("2025-04-01", "2025-04-30"))
    assert moves.index[moves["together"].fillna(False)].tolist() == [
        pd.Timestamp("2025-04-10"),
        pd.Timestamp("2025-04-21"),
    ]
    assert moves.loc["2025-04-21", "yield_bp"] == pytest.approx(8.0)
    assert not moves["together"].iloc[1:].isna().any()


def test_a_day_is_unknown_only_where_nothing_excludes_it() -> None:
    moves = comovement.moves_together(mark_days("2026-01-13", "2026-01-27")).iloc[1:]
    assert moves["equities_pct"].isna().all()
    assert moves["together"].isna().tolist() == ((moves["yield_bp"] > 0) & (moves["dollar_pct"] < 0)).tolist()
