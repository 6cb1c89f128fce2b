"""What a release is made of: one version, valid workflow files and forms, archives that hold what they should."""

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from support import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SCHEMAS = {
    "vendor.github-workflows": sorted((ROOT / ".github" / "workflows").glob("*.yml")),
    "vendor.github-issue-forms": sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml")),
    "vendor.github-issue-config": [ROOT / ".github" / "ISSUE_TEMPLATE" / "config.yml"],
    "vendor.citation-file-format": [ROOT / "CITATION.cff"],
}


def run(*command: str | Path, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a program and return what it prints."""
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_workflows_forms_and_citation_are_valid(schema: str) -> None:
    assert SCHEMAS[schema]
    done = run(sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *SCHEMAS[schema])
    assert done.returncode == 0, done.stdout


def test_a_broken_workflow_is_found(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    text = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
    broken.write_text(text.replace("runs-on:", "run-on:"), encoding="utf-8")
    done = run(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", broken)
    assert done.returncode == 1


def test_the_version_is_in_one_place() -> None:
    cited = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {PROJECT['version']}\n" in cited
    sources = [
        path for name in ("basis_stress", "engine", "data", "strategies") for path in (ROOT / name).rglob("*.py")
    ]
    stated = re.compile(r"^__version__ *= *['\"]\d", re.MULTILINE)
    assert not [path for path in sources if stated.search(path.read_text(encoding="utf-8"))]
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_workflows_run_what_the_readme_says() -> None:
    tests = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
    assert ".ci/run" in tests
    assert all(system in tests for system in ("ubuntu-latest", "macos-latest", "windows-latest"))
    release = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    assert "id-token: write" in release
    assert "secrets." not in release
    assert "twine check --strict" in release


def test_the_container_copies_what_the_wheel_needs() -> None:
    copied = (ROOT / "Containerfile").read_text(encoding="utf-8")
    for name in ("basis_stress", "engine", "data", "strategies", "pyproject.toml", "README.md", "LICENSE"):
        assert re.search(rf"^COPY .*\b{re.escape(name)}\b", copied, re.M), name


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source archive, and the wheel that is built from it, of what git tracks."""
    folder = tmp_path_factory.mktemp("release")
    tracked = run("git", "ls-files").stdout.split("\n")[:-1]
    archive = folder / "tracked.tar"
    with tarfile.open(archive, "w") as tar:
        for name in tracked:
            if (ROOT / name).is_file():
                tar.add(ROOT / name, name)
    (folder / "source").mkdir()
    with tarfile.open(archive) as tar:
        tar.extractall(folder / "source", **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    code = (
        "import setuptools.build_meta as backend, sys\nto = sys.argv[1]\n"
        "print(backend.build_sdist(to)); print(backend.build_wheel(to))"
    )
    done = run(sys.executable, "-c", code, folder, folder=folder / "source")
    assert done.returncode == 0, done.stderr
    return folder


def test_the_archives_hold_what_they_should(built: Path) -> None:
    (wheel,), (source,) = built.glob("*.whl"), built.glob("*.tar.gz")
    held = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in held} == {
        "basis_stress",
        "basis_strategies",
        "basis_data",
        "basis_engine",
        f"basis_stress-{PROJECT['version']}.dist-info",
    }
    for name in ("basis_stress/reporting/columns.csv", "basis_data/scenarios/april-2025.toml", "basis_stress/py.typed"):
        assert name in held
    assert not [name for name in held if re.search(r"\.(pyc|nbc|nbi|so)$|/tests?/", name)]
    with tarfile.open(source) as tar:
        names = {name.split("/", 1)[-1] for name in tar.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "engine/basis_engine/simulation/day.py"} <= names
    assert sum(path.stat().st_size for path in (wheel, source)) < 8_000_000


def test_an_index_would_take_the_archives(built: Path) -> None:
    done = run(sys.executable, "-m", "twine", "check", "--strict", *built.glob("*.whl"), *built.glob("*.tar.gz"))
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("PASSED") == 2
