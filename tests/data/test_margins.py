"""Margins: CME's where public, assumed leverage after, a user's own instead."""

from pathlib import Path

import numpy as np
import pytest

from basis_data.markets.margins import initial_margin_schedule
from basis_data.tables.calendars import mark_days
from basis_data.tables.contracts import contract
from basis_data.tables.reader import read
from basis_engine.base.errors import InputError


def test_march_2020_ten_year_rose_from_1150_to_1850() -> None:
    usd, source = initial_margin_schedule("TY", mark_days("2020-02-25", "2020-03-31"), 131.0)
    assert usd[0] == 1150
    assert usd.max() == usd[-1] == 1850
    assert "CME margins" in source


@pytest.mark.parametrize(("code", "price", "leverage"), [("TY", 111.0, 60.0), ("FV", 108.0, 70.0)])
def test_assumed_leverage_in_2025(code: str, price: float, leverage: float) -> None:
    usd, source = initial_margin_schedule(code, mark_days("2025-04-01", "2025-04-30"), price)
    np.testing.assert_allclose(usd, price * 1000 / leverage, rtol=1e-12)
    assert source == f"assumed {leverage:g}x margin leverage from 2023-01-01"


def test_other_contracts_scale_with_the_last_public_margin_per_notional() -> None:
    last = read("margins").groupby("contract")["maintenance_usd"].last()
    share = {code: last[code] / contract(code).notional_usd for code in last.index}
    assumed = read("margins_assumed").set_index("contract")["margin_leverage"]
    for code in ("TU", "TN", "US", "UB"):
        assert assumed[code] == pytest.approx(60 * share["TY"] / share[code], rel=1e-5)
    assert assumed["FV"] == 70 < 60 * share["TY"] / share["FV"]


def test_the_assumption_starts_in_2023() -> None:
    days = mark_days("2022-12-29", "2023-01-04")
    usd, _ = initial_margin_schedule("TY", days, 112.2)
    assert usd[days < np.datetime64("2023-01-01")].tolist() == [1500.0, 1500.0]
    assert usd[days > np.datetime64("2023-01-01")] == pytest.approx([1870.0, 1870.0])


def test_own_margins(tmp_path: Path) -> None:
    days = mark_days("2025-04-01", "2025-04-10")
    path = tmp_path / "margins.csv"
    path.write_text("contract,date,initial_usd\nTY,2025-01-02,2000\nTY,2025-04-09,2500\n")
    usd, source = initial_margin_schedule("TY", days, 111.0, path)
    assert usd.tolist() == [2000.0] * 6 + [2500.0] * 2
    assert "margins.csv" in source
    path.write_text("contract,date,initial_usd,maintenance_usd\nTY,2025-01-02,2200,2000\n")
    assert initial_margin_schedule("TY", days, 111.0, path)[0].tolist() == [2000.0] * 8
    with pytest.raises(InputError, match=r"margins.csv: no margin for FV on 2025-04-01; give a margins file"):
        initial_margin_schedule("FV", days, 108.0, path)
