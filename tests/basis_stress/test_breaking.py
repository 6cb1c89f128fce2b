"""Breaking points: closed forms, fine grids, outcomes that are not monotone, and mistakes in one sentence."""

import re
from typing import Any

import numpy as np
import pytest

import basis_stress as bs
from basis_data.shocks.paths import Paths
from basis_engine.base.errors import InputError
from basis_engine.base.search import BrokenInterval, broken_intervals
from basis_engine.simulation.names import Outcome
from basis_stress.breaking.levers import levered_book
from basis_stress.cli.main import main
from basis_stress.reporting.outcomes import UNTIL, condition

NO_PATHS = Paths("bootstrap", 0, 0, np.empty((0, 5, 11)), np.empty((0, 5)), np.empty((0, 5)))
FLAT = bs.scenario("april-2025").but(flat=True)


def close(found: list[BrokenInterval], expected: list[tuple[float, float]], tolerance: float) -> bool:
    return len(found) == len(expected) and all(
        np.isclose(one.first, first, rtol=0, atol=tolerance) and np.isclose(one.last, last, rtol=0, atol=tolerance)
        for one, (first, last) in zip(found, expected, strict=True)
    )


def test_a_threshold_is_found_to_the_tolerance_from_above() -> None:
    found = broken_intervals(lambda x: x >= 0.7301234, np.linspace(0, 2, 21), 1e-6)
    assert close(found, [(0.7301234, np.inf)], 1e-6)
    assert found[0].first >= 0.7301234


def test_every_stretch_wider_than_a_step_is_found() -> None:
    spans = [(0.31, 0.62), (0.9, 1.111), (1.7, np.inf)]
    found = broken_intervals(
        lambda x: np.any([(x >= a) & (x <= b) for a, b in spans], axis=0), np.linspace(0, 2, 41), 1e-5
    )
    assert close(found, spans, 1e-5)


def test_broken_from_the_start_and_never() -> None:
    grid = np.linspace(0, 1, 11)
    assert broken_intervals(lambda x: x < -1, grid, 1e-3) == []
    assert close(broken_intervals(lambda x: x < 0.25, grid, 1e-4), [(0.0, 0.25)], 1e-4)
    assert broken_intervals(lambda x: x >= 0, grid, 1e-3) == [BrokenInterval(0.0, np.inf)]


def held(leverage: float) -> tuple[float, float]:
    """Free cash of a book of TY at entry, and the value of its notes."""
    row = levered_book(FLAT, "haircut", leverage=leverage, whole_contracts=False).outcomes(np.array([0.0]))[0, 0]
    return float(row["entry_cash"]), float(row["entry_equity"] * row["entry_leverage"])


@pytest.mark.parametrize("leverage", [20.0, 45.0, 60.0])
def test_the_haircut_that_fails_the_first_roll(leverage: float) -> None:
    """No interest accrues by the first morning: it falls short where the rise exceeds the cash."""
    cash, value = held(leverage)
    terms = {"leverage": leverage, "unwind": "hold", "whole_contracts": False}
    found = bs.breaking_point(FLAT.but(end="2025-04-02"), "haircut", "called", **terms)
    assert found.value == pytest.approx(cash / value, abs=1.01e-6)
    assert found.value >= cash / value
    assert (found.constraint, found.day, found.monotone) == ("repo margin", found.of.dates()[1], True)


@pytest.mark.parametrize("leverage", [30.0, 55.0])
def test_the_margin_that_takes_the_last_of_the_cash(leverage: float) -> None:
    """Called at settlement of the first day, due the next morning: all cash but what a flat day moves."""
    cash, value = held(leverage)
    margin = value / leverage - cash
    terms = {"leverage": leverage, "unwind": "hold", "whole_contracts": False}
    found = bs.breaking_point(FLAT.but(end="2025-04-03"), "margin_multiple", "defaulted", **terms)
    assert found.value == pytest.approx(1 + cash / margin, rel=0.01)
    assert found.constraint == "initial margin"


@pytest.mark.parametrize(("until", "leverage"), [("called", 50.0), ("called", 20.0), ("forced_sale", 60.0)])
def test_a_fine_grid_agrees_to_a_thousandth_of_scale(until: str, leverage: float) -> None:
    found = bs.breaking_point("april-2025", "scale", until, leverage=leverage)
    fine = np.arange(0.0, 6.0, 0.001)
    broken = levered_book("april-2025", "scale", leverage=leverage).outcomes(fine)["outcome"][:, 0] >= UNTIL[until]
    assert 0.0 < found.value < 6.0
    assert abs(found.value - fine[broken.argmax()]) <= 0.001


def test_the_replay_of_a_breaking_point_breaks_and_just_below_it_does_not() -> None:
    found = bs.breaking_point("april-2025", leverage=50)
    outcomes = []
    for scale in (found.value, found.value - 1.1 * found.of.lever.tolerance):
        replayed = bs.backtest("april-2025", leverage=50, curve="par", yield_scale=scale)
        row = levered_book("april-2025", "scale", leverage=50).outcomes(np.array([scale]))[0, 0]
        assert replayed.summary["equity_end_usd"].iloc[0] == pytest.approx(row["equity"], rel=1e-12)
        outcomes.append(row["outcome"])
    assert outcomes == [Outcome.CALLED, Outcome.SURVIVED]


def test_an_outcome_that_is_not_monotone_is_told_so() -> None:
    """Convexity pays: a larger sell-off leaves the short future more than the note loses, which meets the loss."""
    loss = [{"date": "2025-04-14", "share": 0.35}]
    one = FLAT.but(other_losses=loss).with_yields("2025-04-03", bp=100).with_yields("2025-04-22", bp=-100)
    found = bs.breaking_point(one, "scale", "forced_sale", leverage=40, high=5.0)
    fine = np.linspace(0.0, 5.0, 2501)
    broken = levered_book(one, "scale", leverage=40).outcomes(fine)["outcome"][:, 0] >= Outcome.FORCED_SALE
    assert broken[0]
    assert not broken[-1]
    assert not found.monotone
    assert found.value == 0.0
    assert found.brackets["last"].iloc[0] == pytest.approx(fine[(~broken).argmax() - 1], abs=0.002)
    assert "Not monotone: safe again from" in str(found)
    assert found.frontier.borders["safe_above"].any()


def test_the_frontier_is_made_of_breaking_points() -> None:
    laid = bs.frontier("april-2025", leverages=[20, 50, 60, 90], scales=np.arange(0.0, 4.01, 0.05))
    called = laid.borders.query("until == 'called'").set_index("leverage")["scale"]
    for leverage in (20.0, 50.0):
        point = bs.breaking_point("april-2025", leverage=leverage).value
        assert 0.0 <= called[leverage] - point <= 0.05
    assert 90.0 not in called.index  # it cannot be entered
    table = laid.table.set_index(["leverage", "scale"])
    assert (table.loc[90.0, "outcome"] == "not_entered").all()
    assert laid.figure() == laid.figure()


def test_the_largest_leverage_of_scenarios_is_the_least_of_theirs() -> None:
    names = ["april-2025", "march-2020"]
    each = [bs.largest_leverage(name, 1.0, "forced_sale") for name in names]
    both = bs.largest_leverage(names, 1.0, "forced_sale")
    one = bs.largest_leverage(names, 0.5, "forced_sale")
    least, most = sorted(found.leverage for found in each)
    assert both.leverage == pytest.approx(least, abs=0.1)
    assert one.leverage == pytest.approx(most, abs=0.1)


def test_the_largest_leverage_of_paths_counts_them() -> None:
    drawn = bs.generate("bootstrap", 200, 20, seed=4)
    found = bs.largest_leverage(drawn, 0.9, "called")
    at = bs.simulate_paths("bootstrap", 200, 20, seed=4, leverage=[found.leverage, found.leverage + 0.06])
    shares = (at.outcome_numbers < Outcome.CALLED).mean(axis=0)
    assert shares[0] >= 0.9 > shares[1]
    assert found.low < found.leverage < found.high
    assert found.of == 200


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: bs.breaking_point("april-2025", "haircuts"), "'haircuts' given (did you mean 'haircut'?)"),
        (lambda: bs.breaking_point("april-2025", until="dead"), "until: 'dead' given"),
        (lambda: bs.breaking_point("april-2025", high=60.0), "allowed is up to"),
        (lambda: bs.breaking_point("april-2025", low=2.0, high=1.0), "from 2 to 1 given"),
        (lambda: bs.breaking_point("april-2025", low=-1.0), "scaled(-1)"),
        (lambda: bs.breaking_point("april-2025", "not_rolled", high=2.0), "up to 2 given, allowed is up to 1"),
        (lambda: bs.breaking_point("april-2025", leverage=500), "haircut and initial margin allow at most"),
        (lambda: bs.breaking_point("april-2025", steps=0), "steps: 0 given"),
        (lambda: bs.breaking_point("april-2025", day="2025-04-04"), "drop it"),
        (lambda: bs.breaking_point("april-2025", "haircut", day="2025-04-01"), "a day after entry"),
        (lambda: bs.breaking_point("april-2025", "haircut", day="soon"), "day: 'soon' given"),
        (lambda: bs.breaking_point("april-2025", levrage=50), "levrage"),
        (lambda: bs.frontier("april-2025", leverage=50), "give leverages"),
        (lambda: bs.frontier("april-2025", leverages=[]), "leverages: none given"),
        (lambda: bs.frontier("april-2025", scales=[1.0], lever="haircut"), "scales: given beside"),
        (lambda: bs.frontier("april-2025", scales=[99.0]), "no curve of par yields"),
        (lambda: bs.largest_leverage([]), "no scenarios given"),
        (lambda: bs.largest_leverage(NO_PATHS), "no paths"),
        (lambda: bs.largest_leverage("april-2025", 95), "probability: 95 given"),
        (lambda: bs.largest_leverage("april-2025", leverage=20), "what is sought"),
    ],
)  # fmt: skip
def test_mistakes_are_one_sentence(call: Any, words: str) -> None:
    with pytest.raises(InputError) as refused:
        call()
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_command_prints_the_breaking_point_and_writes_one_page(tmp_path: Any, capsys: Any) -> None:
    page = tmp_path / "break.html"
    with pytest.raises(SystemExit) as left:
        main(
            [
                "break",
                "april-2025",
                "--leverage",
                "50",
                "--lever",
                "haircut",
                "--until",
                "forced_sale",
                "--out",
                str(page),
            ]
        )
    assert left.value.code == 0
    found = bs.breaking_point("april-2025", "haircut", "forced_sale", leverage=50)
    assert str(found) in capsys.readouterr().out
    text = page.read_text()
    assert str(found) in text
    loads = re.findall(r"""(?:src|href|url|srcset)\s*[=(]\s*["']?([^"'\s>)]+)""", text)
    assert loads
    assert all(target.startswith("data:image/svg+xml;base64,") for target in loads)
    for until in UNTIL:
        assert f"<td>{condition(until)}</td>" in text
