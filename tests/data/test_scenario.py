"""Scenarios: the embedded ones load, and every mistake in a TOML gets one sentence."""

import datetime
from pathlib import Path

import pytest

from basis_data.scenarios.scenario import SCENARIOS, scenario
from basis_engine.base.errors import InputError
from basis_stress.catalogue.listing import scenarios

HEAD = 'name = "mine"\nstart = 2025-04-01\nend = 2025-04-30\n'


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.toml")), ids=lambda path: path.stem)
def test_embedded_scenarios_are_complete(path: Path) -> None:
    loaded = scenario(path.stem)
    assert loaded.name == path.stem
    assert loaded.title
    assert loaded.story
    assert loaded.source


def test_april_2025() -> None:
    april = scenario("april-2025")
    assert (april.start, april.end) == (datetime.date(2025, 4, 1), datetime.date(2025, 4, 30))
    assert april.contracts == ("TU", "FV", "TY", "US")
    row = scenarios().set_index("name").loc["april-2025"]
    assert row["start"] == april.start


def test_own_scenario_with_files_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(HEAD + 'not_rolled = [{ date = "2025-04-09", share = 0.2 }]\n[files]\nrepo = "repo.csv"\n')
    mine = scenario(path)
    assert mine.files.repo == tmp_path / "repo.csv"
    assert mine.not_rolled[0].date == datetime.date(2025, 4, 9)
    assert scenario(str(path)) == mine


def test_unknown_scenario() -> None:
    with pytest.raises(InputError, match=r"'april-2024': unknown \(did you mean 'april-2025'\?\); allowed are"):
        scenario("april-2024")
    with pytest.raises(InputError, match=r"nowhere/x.toml: no such file"):
        scenario("nowhere/x.toml")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("haircutt = 0.02", "haircutt: unknown key (did you mean 'haircut'?); allowed are name"),
        ("haircut = 2", "haircut: 2 given, allowed is less than or equal to 0.5 (decimal share of market value"),
        ("haircut = nan", "haircut: nan given, allowed is a finite number"),
        ('scenario_repo_bp = "five"', "scenario_repo_bp: 'five' given, allowed is a valid number"),
        ("margin_multiple = 0", "margin_multiple: 0 given, allowed is greater than 0 (multiple of"),
        ('curve = "spline"', "curve: 'spline' given, allowed is 'auto', 'svensson' or 'par'"),
        ('contracts = ["TY", "ZB"]', "contracts: ['TY', 'ZB'] given, allowed is some of TU, Z3N, FV"),
        ('contracts = ["TY", "TY"]', "contracts: ['TY', 'TY'] given, allowed is each contract once"),
        ("contracts = []", "contracts: [] given, allowed is at least 1"),
        ("margin_notices = [{ date = 2025-04-09 }]", "margin_notices, entry 1, multiple: is missing"),
        (
            "margin_notices = [{ date = 2025-04-09, multipl = 2 }]",
            "margin_notices, entry 1, multiple: is missing",
        ),
        (
            "margin_notices = [{ date = 2025-04-09, multiple = 2, note = 1 }]",
            "margin_notices, entry 1, note: unknown key; allowed are date, multiple",
        ),
        ("margin_notices = [{ date = 2025-05-09, multiple = 2 }]", "margin_notices: 2025-05-09 given, allowed is a"),
        ("not_rolled = [{ date = 2025-04-09, share = 20 }]", "not_rolled, entry 1, share: 20 given"),
        (
            'haircut_changes = [{ date = 2025-04-09, haircut = 0.02, contract = "TTY" }]',
            "haircut_changes, entry 1, contract: 'TTY' given, allowed is some of TU, Z3N",
        ),
        ("repo_rate_shifts = [{ date = 5, bp = 45 }]", "repo_rate_shifts, entry 1, date: 5 given, allowed is a date"),
        ('[files]\nyields = "x.csv"', "files, yields: unknown key (did you mean 'par_yields'?); allowed are"),
        ("haircut 0.02", "is not TOML"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, line: str, words: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(HEAD + line + "\n")
    with pytest.raises(InputError) as problem:
        scenario(path)
    message = str(problem.value)
    assert message.startswith(str(path))
    assert words in message
    assert "\n" not in message


def test_an_end_before_the_start(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\nstart = 2025-04-01\nend = 2025-03-30\n')
    with pytest.raises(InputError, match="end: 2025-03-30 given, allowed is a date after the start 2025-04-01"):
        scenario(path)


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        ("repo_spread_bp", "scenario_repo_bp", "5"),
        ("roll_shares", "not_rolled", "[{date = 2025-04-03, share = 0.5}]"),
        ("losses_elsewhere", "other_losses", "[{date = 2025-04-03, share = 0.1}]"),
    ],
)
def test_old_names_work_with_a_warning(tmp_path: Path, old: str, new: str, value: str) -> None:
    head = 'name = "mine"\nstart = 2025-04-01\nend = 2025-04-30\n'
    (tmp_path / "old.toml").write_text(f"{head}{old} = {value}\n")
    (tmp_path / "new.toml").write_text(f"{head}{new} = {value}\n")
    with pytest.warns(DeprecationWarning, match=f"old.toml: {old} is now {new}; rename it"):
        renamed = scenario(tmp_path / "old.toml")
    assert renamed == scenario(tmp_path / "new.toml")
    with pytest.warns(DeprecationWarning, match=f"{old} is now {new}"):
        assert getattr(renamed, old) == getattr(renamed, new)
    with pytest.warns(DeprecationWarning, match=f"{old} is now {new}"):
        assert scenario("april-2025").but(**{old: getattr(renamed, new)}) == scenario("april-2025").but(
            **{new: getattr(renamed, new)}
        )
