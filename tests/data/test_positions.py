"""Leveraged-fund shorts: published totals, the nearest report, and a user's own book."""

from pathlib import Path

import pytest

from basis_data.markets.positions import leveraged_fund_shorts
from basis_engine.base.errors import InputError


@pytest.mark.parametrize(
    ("date", "billions"),
    # FEDS Note of 30 August 2023, table 1 (first three); the CFTC report of 1 April 2025.
    [("2019-12-31", 745.52), ("2022-10-04", 433.77), ("2023-05-09", 860.26), ("2025-04-01", 1195.9)],
)
def test_gross_shorts(date: str, billions: float) -> None:
    assert leveraged_fund_shorts(date)["face_usd"].sum() / 1e9 == pytest.approx(billions, abs=0.05)


def test_combined_is_another_series() -> None:
    combined = leveraged_fund_shorts("2025-04-01", report="Combined")
    assert combined["face_usd"].sum() / 1e9 == pytest.approx(1187.8, abs=0.05)


def test_the_last_report_at_or_before_the_date() -> None:
    assert set(leveraged_fund_shorts("2025-04-07")["report_date"].astype(str)) == {"2025-04-01"}
    # Nothing in the fortnight before: the next report stands in.
    assert set(leveraged_fund_shorts("2024-12-31")["report_date"].astype(str)) == {"2025-01-07"}


def test_gap_in_the_reports() -> None:
    with pytest.raises(
        InputError, match=r"no FutOnly report within 14 days of 2025-08-01.* the nearest is of 2025-04-29"
    ):
        leveraged_fund_shorts("2025-08-01")
    with pytest.raises(InputError, match="report 'Futures': unknown; allowed are Combined, FutOnly"):
        leveraged_fund_shorts("2025-04-01", report="Futures")


def test_own_book(tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    path.write_text("report_date,contract,short_contracts\n2025-04-01,TU,10\n2025-04-01,TY,20\n")
    rows = leveraged_fund_shorts("2025-04-02", path)
    assert rows["contract"].tolist() == ["TU", "TY"]
    assert rows["face_usd"].tolist() == [2_000_000, 2_000_000]


def test_own_reports_in_the_cftc_layout(tmp_path: Path) -> None:
    path = tmp_path / "tff.csv"
    path.write_text("report_date,contract,report_type,lev_money_short_contracts\n2025-04-01,TY,FutOnly,7\n")
    assert leveraged_fund_shorts("2025-04-01", path)["short_contracts"].tolist() == [7]


def test_unknown_contract_in_own_book(tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    path.write_text("report_date,contract,short_contracts\n2025-04-01,TZ,10\n")
    with pytest.raises(InputError, match=r"book.csv, row 2, column contract: 'TZ' given, allowed are TU"):
        leveraged_fund_shorts("2025-04-01", path)
