"""The wheel holds four packages and nothing else, and works beside a user's data.py, engine.py and strategies.py."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from importlib.metadata import packages_distributions, requires, version
from pathlib import Path

import httpx
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support import ROOT

SHIPPED = ("basis_stress", "engine", "data", "strategies", "pyproject.toml", "README.md", "LICENSE")
USERS_FILES = ("data", "engine", "strategies", "tables", "simulation", "benchmarks")
SCRIPT = """
import data, engine, strategies
import basis_stress as bs
import pandas as pd

assert {module.owner for module in (data, engine, strategies)} == {"the user"}
result = bs.backtest("april-2025", contract="TY", leverage=50)
pd.testing.assert_frame_equal(result.timeline, pd.read_parquet("out/timeline.parquet"))
print(bs.__file__)
"""

EXPLORE = """
import sys


def refuse(event, arguments):
    where = arguments[1] if event == "socket.connect" else arguments[:1]
    if event in ("socket.connect", "socket.getaddrinfo") and where[0] not in ("127.0.0.1", "localhost", None):
        raise OSError(f"{event} {where}: there is no network")


sys.modules.update(dict.fromkeys(sys.argv[1:]))  # what pip would not have installed
sys.addaudithook(refuse)
sys.argv = ["basis-stress", "explore", "--no-browser"]
from basis_stress.cli.main import main

main()
"""


def run(command: list[str | Path], folder: Path, code: int = 0) -> str:
    """Run a program in a folder, without the variables that would show it the checkout; return what it prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy: a build folder left in the checkout would add its old files."""
    copy, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(ROOT / name, copy)
    assert int(version("setuptools").split(".")[0]) >= 77, "run `make test`, which installs the setuptools it needs"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--no-build-isolation", "--wheel-dir", built, copy], check=True)
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment into which the wheel alone is installed; dependencies are those of the tests.

    A path file names their folder after the installation, and Python obeys no path files inside that folder: an
    editable installation of the checkout stays out.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    scheme = {"base": str(folder), "platbase": str(folder)}
    scripts, packages = (Path(sysconfig.get_path(name, "venv", scheme)) for name in ("scripts", "purelib"))
    interpreter = scripts / Path(sys.executable).name
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", interpreter]
    run([*pip, "install", "--quiet", "--no-deps", "--no-index", wheel], folder)
    dependencies = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    (packages / "dependencies.pth").write_text("\n".join(sorted(dependencies)), encoding="utf-8")
    return interpreter


@pytest.fixture
def users_folder(tmp_path: Path) -> Path:
    """A folder with the user's own modules, of names that folders of the checkout have too."""
    for name in USERS_FILES:
        (tmp_path / f"{name}.py").write_text('owner = "the user"\n', encoding="utf-8")
    return tmp_path


def test_the_wheel_holds_four_packages_and_their_data(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    packages = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert packages == {"basis_stress", "basis_engine", "basis_strategies", "basis_data"}
    packed = set(names)
    for root, package in (("data", "basis_data"), (".", "basis_stress")):
        files = [path for path in (ROOT / root / package).rglob("*") if path.is_file() and path.suffix != ".pyc"]
        assert len(files) > 100
        assert not {path.relative_to(ROOT / root).as_posix() for path in files} - packed


def test_benchmarks_need_a_checkout_and_say_so_in_one_sentence(python: Path, users_folder: Path) -> None:
    told = run([python, "-m", "basis_stress", "bench"], users_folder, code=2)
    assert "run it in a checkout of basis-stress" in told
    assert len(told.strip().splitlines()) == 1


@pytest.mark.slow
def test_the_main_job_runs_beside_files_of_the_same_names(python: Path, users_folder: Path) -> None:
    """The command and the library: with both, the user's folder is the first place where Python looks for modules."""
    job = "backtest april-2025 --contract TY --leverage 50 --out out --no-report"
    told = run([python, "-m", "basis_stress", *job.split()], users_folder)
    assert "A 50x TY basis book was called and survived April 2025" in told
    (users_folder / "main.py").write_text(SCRIPT, encoding="utf-8")
    location = run([python, "main.py"], users_folder).strip()
    assert Path(location).is_relative_to(python.parent.parent)
    assert run([python.with_name("basis-stress"), "--version"], users_folder).endswith(f"{version('basis-stress')}\n")


def not_installed_with(extra: str) -> list[str]:
    """Top-level modules of this environment that an installation with an extra does not bring."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting, brought = [*project["dependencies"], *project["optional-dependencies"][extra]], {"basis-stress"}
    while waiting:
        wanted = Requirement(waiting.pop())
        name = canonicalize_name(wanted.name)
        if name not in brought and (wanted.marker is None or wanted.marker.evaluate({"extra": ""})):
            brought.add(name)
            waiting += requires(name) or []
    owners = {module: set(map(canonicalize_name, names)) for module, names in packages_distributions().items()}
    return sorted(module for module, names in owners.items() if not names & brought and module.isidentifier())


@pytest.mark.slow
def test_the_explorer_of_an_empty_environment_answers_without_a_network(python: Path, users_folder: Path) -> None:
    """With what `basis-stress[explore]` requires and no more; connections other than to this machine are refused."""
    absent = not_installed_with("explore")
    assert {"pytest", "httpx", "playwright"} <= set(absent)
    assert not {"numpy", "uvicorn", "starlette", "openpyxl"} & set(absent)
    (users_folder / "explore.py").write_text(EXPLORE, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [python, "explore.py", *absent]
    with subprocess.Popen(command, cwd=users_folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            with httpx.Client(timeout=400, follow_redirects=True) as client:
                page = client.get(address)
                assert (
                    "A 50x TY basis book was called and survived April 2025"
                    in client.get(page.url.copy_with(query=b"leverage=50")).text
                )
                sheets = client.get(page.url.copy_with(path="/download/tables.xlsx"))
            assert sheets.content.startswith(b"PK")
        finally:
            process.terminate()
    assert process.returncode == 0
