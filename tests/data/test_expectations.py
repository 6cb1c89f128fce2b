"""The rate that carries notes to delivery follows policy at once and no single night."""

from pathlib import Path

import numpy as np
import pytest

from basis_data.markets.expectations import carry_rate
from basis_data.tables.calendars import mark_days


def test_one_night_of_september_2019_does_not_carry_notes_to_december() -> None:
    days = mark_days("2019-09-10", "2019-09-18")
    rates = carry_rate(days)
    assert rates == pytest.approx(np.full(len(days), 0.0215), abs=0.0025)
    assert np.ptp(rates) < 0.003  # SOFR rose by 3 points on the 17th


def test_a_cut_is_carried_the_day_it_is_in_force() -> None:
    before, after = carry_rate(mark_days("2020-03-03", "2020-03-04"))
    assert before - after == pytest.approx(0.005, abs=5e-4)


def test_without_a_federal_funds_rate_it_is_the_repo_rate(tmp_path: Path) -> None:
    file = tmp_path / "repo.csv"
    file.write_text("date,sofr_pct\n2025-04-01,4.39\n2025-04-02,4.37\n")
    assert carry_rate(mark_days("2025-04-01", "2025-04-02"), file) == pytest.approx([0.0439, 0.0437])
