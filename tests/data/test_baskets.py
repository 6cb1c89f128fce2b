"""Baskets by rule against what CME listed and the factors it published."""

import numpy as np
import pytest

from basis_data.markets.baskets import basket, deliverable
from basis_data.tables.reader import read

SNAPSHOT = "2025-03-13"
CONTRACTS = ["TU", "Z3N", "FV", "TY", "TN", "TWE", "US", "UB"]
MONTHS = [f"{year}-{month:02d}" for year in (2025, 2026) for month in (3, 6, 9, 12)]


@pytest.mark.parametrize("code", CONTRACTS)
def test_baskets_agree_with_the_published_list(code: str) -> None:
    published = read("baskets")
    for month in MONTHS:
        chosen = published[(published["contract"] == code) & (published["delivery_month"] == month)]
        chosen = chosen.sort_values(["maturity_date", "cusip"])
        ours = basket(code, month, SNAPSHOT)
        assert ours["cusip"].tolist() == chosen["cusip"].tolist(), month
        assert ours["maturity"].tolist() == chosen["maturity_date"].tolist()
        assert ours["issue_date"].tolist() == chosen["issue_date"].tolist()
        np.testing.assert_allclose(ours["coupon"] * 100, chosen["coupon_pct"], rtol=0, atol=1e-12)


def test_factors_agree_with_the_published_ones() -> None:
    published = read("conversion_factors")
    published = published[published["delivery_month"] <= MONTHS[-1]]
    assert len(published) == 420
    for (code, month), rows in published.groupby(["contract", "delivery_month"]):
        ours = basket(str(code), str(month), SNAPSHOT).set_index("cusip")["conversion_factor"]
        assert ours[rows["cusip"]].tolist() == rows["conversion_factor"].tolist()


def test_nothing_is_known_before_it_is_issued() -> None:
    early = set(basket("FV", "2025-06", "2025-02-27")["cusip"])
    later = set(basket("FV", "2025-06", "2025-02-28")["cusip"])
    assert later - early == {"91282CGQ8"}  # re-opened as a 5-year on the 28th
    assert (deliverable("TU", "2025-06", SNAPSHOT)["issue_date"].astype(str) <= "2025-03-17").all()


def test_securities_of_unknown_coupon_are_listed_but_not_priced() -> None:
    listed, priced = deliverable("TU", "2020-06", "2020-02-25"), basket("TU", "2020-06", "2020-02-25")
    assert listed["coupon"].isna().sum() == len(listed) - len(priced) == 2


def test_aged_bonds_are_not_deliverable_into_the_ten_year_note() -> None:
    bonds = set(read("securities").query("type == 'bond'")["cusip"])
    for month in ("2019-12", "2020-06", "2029-06"):
        assert not bonds & set(deliverable("TY", month, month + "-01")["cusip"])
