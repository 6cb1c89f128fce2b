"""The weekly trial: its pairs of reports, its scores by hand, and one quarter of history."""

import numpy as np
import pandas as pd
import pytest

from basis_engine.base.errors import InputError
from basis_stress.validation.weekly import WeeklyTrial, pairs_of_reports, weekly_trial
from basis_stress.validation.weekly_page import headline, text


def made(observed: list[float], predicted: list[float]) -> WeeklyTrial:
    weeks = pd.date_range("2024-01-02", periods=len(observed), freq="7D")
    table = pd.DataFrame({"from": weeks, "to": weeks + pd.Timedelta(days=7), "contract": "TY"})
    table = table.assign(observed_pct=observed, predicted_pct=predicted, flow_usd_bn=0.0, rise_bp=0.0)
    return WeeklyTrial(table, pd.DataFrame(columns=["from", "to", "reason"]), "digest")


def test_scores_by_hand() -> None:
    scores = made([-12.0, -6.0, 0.0, 3.0], [-8.0, 0.0, -5.0, 0.0]).summary.loc["all"]
    assert scores[["weeks", "alarms", "false_alarms", "falls", "missed_falls", "met_falls"]].tolist() == [
        4,
        2,
        1,
        2,
        1,
        1,
    ]
    assert scores["rmse_model"] == pytest.approx(np.sqrt((16 + 36 + 25 + 9) / 4))
    assert scores["rmse_null"] == pytest.approx(np.sqrt((144 + 36 + 9) / 4))


def test_a_model_that_never_moves_has_no_correlation_and_is_no_better_than_the_null() -> None:
    still = made([-12.0, 1.0], [0.0, 0.0])
    assert np.isnan(still.summary.loc["all", "correlation"])
    assert "the model never moved; error" in headline(still)
    assert "no better than" in headline(still)
    assert "missed 1 of 1" in headline(still)


def test_pairs_are_a_week_apart_and_of_one_kind() -> None:
    pairs = list(pairs_of_reports("2024-06-01", "2025-02-28"))
    assert all(last - first == pd.Timedelta(days=7) for first, last, _ in pairs)
    assert {kind for _, _, kind in pairs} == {"FutOnly", "Combined"}  # futures only is missing from July to December
    assert len({first for first, _, _ in pairs}) == len(pairs)


def test_a_quarter_with_the_cuts_of_the_pandemic_runs(tmp_path) -> None:
    trial = weekly_trial("2020-03-03", "2020-03-24")
    assert len(trial.table) == 3 * 4
    assert (trial.table["predicted_pct"] <= 1e-9).all()  # funds sell when forced and never add
    page = trial.report(tmp_path / "weekly.html").read_text(encoding="utf-8")
    assert headline(trial) in page.replace("&#39;", "'")
    assert "contract" in text(trial)


def test_a_span_without_a_pair_is_refused() -> None:
    with pytest.raises(InputError, match="no pair of reports a week apart from 2030-01-01"):
        weekly_trial("2030-01-01")
