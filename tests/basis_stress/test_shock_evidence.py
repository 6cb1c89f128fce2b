"""Generators reproduce history within their bands, predict held-back decades as known, and the page reports it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from basis_data.shocks.diagnosis import oddities
from basis_data.shocks.evidence import DECADES, Evidence, predicts, reproduces, simulated_statistics
from basis_data.shocks.generators import generator
from basis_data.shocks.history import History, history
from basis_data.shocks.paths import generate
from basis_data.shocks.samplers import FactorPaths
from basis_data.shocks.statistics import INDEX, statistics
from basis_stress.cli.main import group, main
from basis_stress.shock_diagnostics.page import diagnose, headline, render

RANDOM = ["bootstrap", "garch", "jumps", "tails"]


def groups(table: pd.DataFrame) -> set[str]:
    """Groups of statistics with something outside the joint band."""
    return set(table[~table["inside_joint"]].index.get_level_values(0))


def test_the_bootstrap_reproduces_history() -> None:
    table = reproduces(generator("bootstrap"), 150).table()
    assert len(table) == 110
    assert table["inside_joint"].all()
    assert table["inside"].sum() >= 105  # one in twenty may lie outside


def test_evidence_can_fail() -> None:
    """Days drawn one by one lose clustering; components with a constant variance lose tails too."""
    table = reproduces(generator("bootstrap", run_days=1, volatility_classes=1), 60).table()
    assert table.loc["standard deviation, bp", "inside"].all()
    assert not table.loc["clustering, 21-60 days", "inside_joint"].any()
    past = history()
    root = np.linalg.cholesky(np.cov(past.changes.T))

    class Normal:
        def draw(self, random: np.random.Generator, changes: np.ndarray) -> None:
            changes[:] = random.standard_normal(changes.shape) @ root.T

    flat = Evidence(statistics(past.seen), simulated_statistics(Normal(), past, 60, 0)).table()
    assert not flat.loc["excess kurtosis", "inside_joint"].any()
    assert not flat.loc["clustering, 1-5 days", "inside_joint"].any()


def test_simulations_have_the_gaps_of_the_stretch() -> None:
    past = history()
    early = slice(0, 700)  # no 1-month and no 20-year yield
    stretch = History(past.dates[early], past.changes[early], past.observed[early])
    table = Evidence(
        statistics(stretch.seen), simulated_statistics(generator("bootstrap").fit(past), stretch, 30, 0)
    ).table()
    assert not {"1mo", "20y", "1mo-3mo", "10y-20y"} & set(table.index.get_level_values(1))
    assert len(table) == 9 + 36 + 4 * 9


def test_equal_seeds_simulate_equal_statistics() -> None:
    sampler, past = generator("garch").fit(history()), history()
    stretch = History(past.dates[:300], past.changes[:300], past.observed[:300])
    first, again = (simulated_statistics(sampler, stretch, 120, 3) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (120, len(INDEX))


def test_a_fit_has_not_seen_what_was_held_back() -> None:
    whole, rest = (generator("garch").fit(past) for past in (history(), history(DECADES["last ten years"])))
    assert isinstance(whole, FactorPaths)
    assert len(rest.variances) < len(whole.variances)
    assert not np.allclose(rest.loadings, whole.loadings, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", RANDOM)
def test_every_generator_reproduces_history(name: str) -> None:
    """All 110 statistics of 1990-2026 in the joint band; in their own bands but for the clustering of bills."""
    table = reproduces(generator(name), 1000).table()
    assert table["inside_joint"].all()
    outside = table[~table["inside"]]
    assert not set(outside.index.get_level_values(0)) & {"standard deviation, bp", "correlation"}
    assert len(outside) <= {"bootstrap": 5, "garch": 8, "jumps": 12, "tails": 8}[name]


KNOWN_OUTSIDE = {
    "last ten years": {"standard deviation, bp", "correlation", "clustering, 1-5 days"},
    "2000s": {"standard deviation, bp", "correlation", "clustering, 1-5 days"},
    "1990s": {"correlation", "clustering, 1-5 days", "clustering, 6-20 days", "clustering, 21-60 days"},
    "2010s": {"standard deviation, bp", "correlation"},
}
"""Statistics of a held-back decade that some generators miss; kept as found, not tuned."""
MOST_OUTSIDE = {"last ten years": 4, "2000s": 7, "1990s": 4, "2010s": 16}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["garch", "jumps", "tails"])
@pytest.mark.parametrize("held_back", list(DECADES))
def test_component_generators_foretell_a_decade_but_for_what_is_known(name: str, held_back: str) -> None:
    table = predicts(generator(name), held_back, 2000).table()
    assert (~table["inside_joint"]).sum() <= MOST_OUTSIDE[held_back]
    assert groups(table) <= KNOWN_OUTSIDE[held_back]
    bonds = table.loc["standard deviation, bp"].loc[["7y", "10y", "30y"]]
    assert bonds["inside_joint"].all()


@pytest.mark.slow
def test_nothing_fitted_before_foretells_bills_at_the_floor() -> None:
    """From 2010 to 2019 the policy rate lay at zero for six years: bills moved less than in any simulated decade."""
    for name in RANDOM:
        table = predicts(generator(name), "2010s", 1000).table()
        bills = table.loc["standard deviation, bp"].loc[["3mo", "6mo", "1y"]]
        assert (bills["observed"] < bills["joint_low"]).all()


def test_the_page_of_a_random_generator(tmp_path: Path) -> None:
    arguments = ["shocks", "show", "tails", "--paths", "60", "--days", "20", "--simulations", "20"]
    done = CliRunner().invoke(group, [*arguments, "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    page = (tmp_path / "shocks.html").read_text()
    for figure in ("paths", "moments", "clustering", "tails", "shapes", "extremes", "margins"):
        assert f'<figure id="{figure}">' in page
    assert "http" not in page.replace("newyorkfed", "").split("<footer>")[0]
    evidence = pd.read_parquet(tmp_path / "evidence.parquet")
    assert set(evidence["stretch"]) == {"1990–2026", *DECADES}
    days = pd.read_parquet(tmp_path / "summary.parquet")
    assert days["day"].max() == 20
    assert set(days["of"]) >= {"1mo", "30y", "repo", "margin"}
    middle = days.query("of == 'margin' and quantile == 0.5").set_index("day")["value"]
    assert middle[1] == 1.0


def test_equal_seeds_write_equal_pages() -> None:
    first, again = (render(diagnose("butterfly", 2, 10, 1, size_bp=40, day=3)) for _ in range(2))
    assert first == again
    assert "7-year yield rises" in first
    sentence = (
        "parallel: on day 1 the 2-, 10- and 30-year yields move by −30, −30 and −30 bp, and the move is permanent."
    )
    assert headline(diagnose("parallel", 1, 5, size_bp=-30)) == sentence


def test_oddities_are_counted() -> None:
    up, down = (oddities(generate("parallel", 2, 4, size_bp=size, day=3)) for size in (-3, -600))
    assert str(up.start) == "2026-02-27"  # the 3-year yield was not published after it
    assert (up.negative, up.bounded, up.steeper) == (0.0, 0.0, 0.0)
    assert (down.negative, down.bounded, down.steeper) == (0.5, 0.5, 0.0)
    assert oddities(generate("steepener", 2, 4, size_bp=1500, day=2)).steeper == 0.75


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["show"], "shocks show: name a generator, one of parallel"),
        (["show", "garhc"], "did you mean 'garch'?"),
        (["show", "parallel", "--set", "size"], "--set: 'size' given, allowed is SETTING=VALUE"),
        (["show", "parallel", "--set", "size_bp=big"], "shocks parallel, size_bp: 'big' given"),
        (["show", "parallel", "--set", "sise_bp=1"], "did you mean 'size_bp'?"),
        (["show", "garch", "--simulations", "3"], "simulations: 3 given, allowed is 20 or more"),
        (["show", "garch", "--paths", "0"], "paths: 0 given"),
    ],
)
def test_a_wrong_command_gets_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["shocks", *arguments, "--out", str(tmp_path)])
    assert left.value.code == 2
    said = [line for line in capsys.readouterr().err.splitlines() if not line.endswith("...")]
    assert len(said) == 1
    assert sentence in said[0]


def test_the_command_lists_every_generator() -> None:
    done = CliRunner().invoke(group, ["shocks"])
    assert done.exit_code == 0
    assert [line for line in done.output.splitlines() if line and not line.startswith(" ")] == [
        "parallel", "steepener", "butterfly", "impulse", *RANDOM,
    ]  # fmt: skip
