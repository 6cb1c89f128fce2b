"""A private package gives strategies and scenarios by entry points, installed as pip installs it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import basis_stress as bs
from basis_data.scenarios.scenario import names
from basis_data.tables.plugins import registered
from basis_strategies.library import find, strategy_names

PROJECT = """
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "our-desk"
version = "1.0"
[project.entry-points."basis_stress.strategies"]
DeskBasis = "our_desk.basis:DeskBasis"
[project.entry-points."basis_stress.scenarios"]
our-desk = "our_desk.scenarios"
[tool.setuptools.package-data]
our_desk = ["scenarios/*"]
"""
STRATEGY = '''
import basis_stress as bs


class DeskBasis(bs.Strategy):
    """Hold the front basis at the leverage of the desk."""

    leverage: float = 12.0

    def decide(terms, fund, pairs, target):
        for p in range(len(pairs)):
            if pairs[p].tradable:
                wanted = terms.leverage * fund.equity if pairs[p].front else 0.0
                target[p] = bs.rules.unless_close(pairs[p].face, 100 * wanted / pairs[p].dirty, 0.05)
'''
SCENARIO = """
name = "desk-april"
title = "April 2025 as the desk fears it"
story = "Repo 200 bp dearer for a week."
source = "An assumption of the desk"
base = "april-2025"
[[repo_rate_shifts]]
date = 2025-04-07
until = 2025-04-11
bp = 200
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which pip installed the private package."""
    source, target = tmp_path_factory.mktemp("our-desk"), tmp_path_factory.mktemp("installed")
    (source / "our_desk" / "scenarios").mkdir(parents=True)
    files = {
        "pyproject.toml": PROJECT,
        "our_desk/__init__.py": "",
        "our_desk/basis.py": STRATEGY,
        "our_desk/scenarios/__init__.py": "raise ImportError('a package of scenarios is not imported')",
        "our_desk/scenarios/desk-april.toml": SCENARIO,
    }
    for name, text in files.items():
        (source / name).write_text(text, encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--no-build-isolation", "--target", target, source], check=True, capture_output=True)
    return target


@pytest.fixture
def installed(package: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The package in this environment, for one test."""
    monkeypatch.syspath_prepend(package)
    registered.cache_clear()
    yield package
    registered.cache_clear()
    for name in [name for name in sys.modules if name.startswith("our_desk")]:
        del sys.modules[name]


def test_without_plugins_there_are_none() -> None:
    assert "DeskBasis" not in strategy_names()
    assert "desk-april" not in names()
    with pytest.raises(bs.InputError, match="unknown"):
        find("DeskBasis")


def test_a_private_scenario_has_a_name(installed: Path) -> None:
    assert "desk-april" in names()
    assert "repo spike +200 bp" in str(bs.scenario("desk-april"))
    assert bs.scenario("desk-april").base == "april-2025"
    dearer = bs.backtest("desk-april", leverage=40).summary["return"].iloc[0]
    assert dearer < bs.backtest("april-2025", leverage=40).summary["return"].iloc[0]
    assert "desk-april" in set(bs.scenarios()["name"])


def test_a_private_strategy_has_a_name(installed: Path) -> None:
    assert find("desk-basis").__name__ == "DeskBasis"
    run = bs.run_strategy(find("DeskBasis")(), "2020-01-02", "2020-03-31")
    assert 11 < run.performance["leverage_mean"].iloc[0] < 13
    listed = bs.strategies().set_index("name")
    assert listed.loc["DeskBasis", "description"] == "Hold the front basis at the leverage of the desk."


def plugin(folder: Path, group: str, line: str) -> None:
    """Write the metadata of an installed package with one entry point."""
    (folder / "theirs-1.0.dist-info").mkdir()
    (folder / "theirs-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (folder / "theirs-1.0.dist-info" / "entry_points.txt").write_text(f"[basis_stress.{group}]\n{line}\n")


@pytest.mark.parametrize(
    ("group", "line", "sentence"),
    [
        ("strategies", "Theirs = no_such_module:Theirs", "Theirs of package theirs: cannot be imported"),
        ("strategies", "Theirs = json:dumps", "is no strategy; name a subclass"),
        ("strategies", "LongBasis = json:dumps", "a name of basis-stress itself; rename it there"),
        ("scenarios", "theirs = no_such_package", "is no folder of scenarios; name a package"),
        ("scenarios", "theirs = basis_data.scenarios", "is a name of basis-stress itself"),
    ],
)
def test_a_wrong_plugin_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: str, line: str, sentence: str
) -> None:
    plugin(tmp_path, group, line)
    monkeypatch.syspath_prepend(tmp_path)
    registered.cache_clear()
    try:
        with pytest.raises(bs.InputError, match=sentence) as mistake:
            bs.strategies() if group == "strategies" else bs.scenarios()
    finally:
        registered.cache_clear()
    assert len(str(mistake.value)) <= 300
