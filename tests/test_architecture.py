"""The house: arrows run one way, heavy imports have one home, modules stay short; planted violations are caught."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("basis_stress", "strategies", "data", "engine", "benchmarks")
LINT = "import sys; from importlinter.cli import lint_imports_command as lint; sys.exit(lint(['--no-cache']))"


def modules():
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def imported(path):
    """Top-level names that a module imports anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


def importers(library):
    return {path.relative_to(ROOT).as_posix() for path in modules() if library in imported(path)}


def lint_imports(root):
    return subprocess.run([sys.executable, "-c", LINT], cwd=root, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def copy_of_the_house(tmp_path_factory):
    root = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", root)
    for path in modules():
        target = root / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return root


def test_import_contracts_hold(copy_of_the_house):
    run = lint_imports(copy_of_the_house)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 broken" in run.stdout


@pytest.mark.parametrize(
    ("package", "line", "contract"),
    [
        ("engine", "import data", "Arrows run one way"),
        ("data", "from strategies import cash_futures_basis", "Arrows run one way"),
        ("strategies", "import basis_stress", "Arrows run one way"),
        ("data", "import benchmarks", "Nothing stands on the benchmarks"),
        ("engine", "import pandas", "stay above the engine"),
    ],
)
def test_a_planted_violation_is_caught(copy_of_the_house, package, line, contract):
    planted = copy_of_the_house / package / "planted.py"
    planted.write_text(f"{line}\n")
    try:
        run = lint_imports(copy_of_the_house)
    finally:
        planted.unlink()
    assert run.returncode == 1, run.stdout + run.stderr
    broken = [text for text in run.stdout.splitlines() if text.endswith("BROKEN")]
    assert any(contract in text for text in broken), run.stdout


def test_only_compiling_imports_numba():
    product = {name for name in importers("numba") if not name.startswith("benchmarks/")}
    assert product == {"engine/compile.py", "engine/calling.py"}


def test_the_engine_knows_no_tables():
    for library in ("pandas", "pyarrow", "pydantic", "click", "matplotlib", "jinja2"):
        assert not [name for name in importers(library) if name.startswith("engine/")]


def test_only_the_figures_import_matplotlib():
    drawn = {name for name in importers("matplotlib") if not name.startswith("benchmarks/")}
    assert drawn
    assert all(name.startswith("basis_stress/figures/") for name in drawn)


def test_no_module_needs_scrolling():
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()
    }
    assert not {name: length for name, length in lengths.items() if length > 300}


def test_no_kernel_is_compiled_with_fastmath():
    assert not [path for path in modules() if "fastmath=True" in path.read_text(encoding="utf-8")]


def test_importing_the_package_is_light():
    code = "import sys; import basis_stress; print(*sorted(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert "basis_stress" in loaded
    assert not loaded & {"matplotlib", "pandas_market_calendars", "jinja2", "pyarrow", "scipy"}


def test_every_packaged_directory_is_listed():
    found = {path.parent.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("__init__.py")}
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    assert sorted(listed) == sorted(".".join(path.parts) for path in found)
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} == set(PACKAGES)


def test_steps_are_called_by_kernels_only():
    steps = {
        match[1]
        for source in (ROOT / "engine").glob("*.py")
        for match in re.finditer(r"^@(?:step|part|hot)\ndef (\w+)\(", source.read_text(), re.MULTILINE)
    }
    assert len(steps) > 50
    outside = [path for room in (*PACKAGES, "tests", "docs") for path in (ROOT / room).rglob("*.py")]
    for path in [path for path in outside if path.parent.name != "engine"] + [ROOT / "engine" / "run.py"]:
        names = {
            alias.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("engine")
            for alias in node.names
        }
        assert not names & steps, f"{path.name} imports {names & steps}, which only kernels may call"
