"""The house: imports run one way without circles, heavy imports have one home, modules stay short.

Every check is a function of a folder, and has seen a planted violation fail.
"""

import ast
import importlib
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from basis_engine.base.compile import CALLEES
from support import ROOT

ROOTS = {"basis_stress": ".", "basis_strategies": "strategies", "basis_data": "data", "basis_engine": "engine"}
"""Packages that are shipped, from the top down, and the folder that holds each."""
LAYERS = (
    ("basis_stress.cli",),
    ("basis_stress.explorer",),
    ("basis_stress.validation", "basis_stress.notebook"),
    ("basis_stress.breaking",),
    ("basis_stress.ensembles", "basis_stress.client_books"),
    ("basis_stress.sweeps",),
    ("basis_stress.catalogue",),
    ("basis_stress.front_door",),
    ("basis_stress.funds_market", "basis_stress.multi_year", "basis_stress.shock_diagnostics"),
    ("basis_stress.single_book",),
    ("basis_stress.bonds",),
    ("basis_stress.reporting",),
    ("basis_strategies",),
    ("basis_data.multi_year", "basis_data.shocks", "basis_data.refresh"),
    ("basis_data.markets",),
    ("basis_data.scenarios",),
    ("basis_data.tables",),
    ("basis_engine.simulation",),
    ("basis_engine.bonds",),
    ("basis_engine.base",),
)
"""Rooms from the top down: a room imports itself and rooms further down; rooms of one line do not import each other."""
FRONT = ("basis_stress", "basis_stress.__main__")
"""The front door: the public names and ``python -m basis_stress``; nothing imports them."""


def sources(root: Path) -> dict[str, Path]:
    """Every module of the packages that are shipped, by its import name."""
    found = {}
    for package, folder in ROOTS.items():
        for path in sorted((root / folder / package).rglob("*.py")):
            parts = path.relative_to(root / folder).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports_of(path: Path, known: set[str]) -> set[str]:
    """Modules of ours that a module imports anywhere in it: in functions and under TYPE_CHECKING too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            within = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (within & known) or {node.module}
    return found & known


def graph(root: Path) -> dict[str, set[str]]:
    """Imports among the modules of ours."""
    modules = sources(root)
    return {name: imports_of(path, set(modules)) - {name} for name, path in modules.items()}


def circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """Sets of nodes that reach each other."""
    reach = {}
    for start in edges:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            for further in edges.get(waiting.pop(), set()) - seen:
                seen.add(further)
                waiting.append(further)
        reach[start] = seen
    return sorted({tuple(sorted(b for b in reach[a] if a in reach[b])) for a in edges if a in reach[a]})


def room_of(module: str) -> str:
    """The room of a module: the longest name in `LAYERS` that it begins with."""
    rooms = [room for line in LAYERS for room in line if f"{module}.".startswith(f"{room}.")]
    assert rooms, f"{module} is in no room of LAYERS"
    return max(rooms, key=len)


def arrows_up(edges: dict[str, set[str]]) -> list[str]:
    """Imports of a room that is not further down."""
    place = {room: depth for depth, line in enumerate(LAYERS) for room in line}
    wrong = []
    for name, targets in edges.items():
        for target in targets:
            if name in FRONT or name in ("basis_data", "basis_engine"):
                continue
            here = room_of(name)
            if target in FRONT or (room_of(target) != here and place[room_of(target)] <= place[here]):
                wrong.append(f"{name} -> {target}")
    return sorted(wrong)


def test_no_circles_and_no_arrows_up() -> None:
    edges = graph(ROOT)
    assert len(edges) > 150
    assert circles(edges) == []
    assert arrows_up(edges) == []


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("basis_stress/single_book/result.py", "from basis_stress.single_book.page import write"),
        ("basis_stress/single_book/result.py", "def late():\n    from basis_stress.single_book.page import write"),
        (
            "data/basis_data/scenarios/parts.py",
            "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from basis_data.scenarios.scenario import Scenario",
        ),
    ],
)
def test_a_planted_circle_is_found(copy_of_the_house: Path, where: str, line: str) -> None:
    path = copy_of_the_house / where
    before = path.read_text(encoding="utf-8")
    path.write_text(f"{before}\n{line}\n", encoding="utf-8")
    try:
        assert len(circles(graph(copy_of_the_house))) == len(circles(graph(ROOT))) + 1
    finally:
        path.write_text(before, encoding="utf-8")


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("basis_stress/reporting/planted.py", "from basis_stress.single_book import views"),
        ("basis_stress/multi_year/planted.py", "import basis_stress.funds_market.figures"),
        ("engine/basis_engine/bonds/planted.py", "from basis_engine.simulation.rows import Fund"),
        ("data/basis_data/tables/planted.py", "def late():\n    import basis_data.scenarios.scenario"),
        ("basis_stress/single_book/planted.py", "import basis_stress"),
    ],
)
def test_a_planted_arrow_up_is_found(copy_of_the_house: Path, where: str, line: str) -> None:
    planted = copy_of_the_house / where
    planted.write_text(f"{line}\n")
    try:
        assert len(arrows_up(graph(copy_of_the_house))) == 1
    finally:
        planted.unlink()


def test_no_room_outgrows_the_house() -> None:
    """The largest room holds less than a fifth of the code."""
    lines: dict[str, int] = defaultdict(int)
    for name, path in sources(ROOT).items():
        if name.count(".") >= (1 if name.startswith("basis_strategies") else 2):
            lines[room_of(name)] += len(path.read_text(encoding="utf-8").splitlines())
    assert max(lines.values()) < 0.2 * sum(lines.values()), dict(lines)


# Libraries -------------------------------------------------------------------------------------------------------


def modules() -> list[Path]:
    return [*sources(ROOT).values(), *sorted((ROOT / "benchmarks").rglob("*.py"))]


def imported(path: Path) -> set[str]:
    """Top-level names that a module imports anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


def importers(library: str) -> set[str]:
    return {path.relative_to(ROOT).as_posix() for path in modules() if library in imported(path)}


@pytest.fixture(scope="module")
def copy_of_the_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", root)
    for path in modules():
        target = root / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return root


def test_only_compiling_imports_numba() -> None:
    product = {name for name in importers("numba") if not name.startswith("benchmarks/")}
    assert product == {f"engine/basis_engine/base/{name}.py" for name in ("compile", "numba_callees", "old_numba")}


def test_the_engine_knows_no_tables() -> None:
    for library in ("pandas", "pyarrow", "pydantic", "click", "matplotlib", "jinja2"):
        assert not [name for name in importers(library) if name.startswith("engine/")]


def test_only_the_figures_import_matplotlib() -> None:
    drawn = {name for name in importers("matplotlib") if not name.startswith("benchmarks/")}
    assert drawn
    assert all("figure" in Path(name).name for name in drawn)


def test_no_module_needs_scrolling() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()
    }
    assert not {name: length for name, length in lengths.items() if length > 300}


def test_no_kernel_is_compiled_with_fastmath() -> None:
    assert not [path for path in modules() if "fastmath=True" in path.read_text(encoding="utf-8")]


def test_importing_the_package_is_light() -> None:
    code = "import sys; import basis_stress; print(*sorted(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert "basis_stress" in loaded
    assert not loaded & {"matplotlib", "pandas_market_calendars", "jinja2", "pyarrow", "scipy"}


def test_every_folder_of_modules_is_a_package() -> None:
    """setuptools ships only folders with an ``__init__.py``."""
    assert not [path for path in sources(ROOT).values() if not path.with_name("__init__.py").is_file()]


DECORATORS = {"kernel", "callee", "parallel_kernel", "decision", "compiled"}


def references_from_python(path: Path, callees: set[tuple[str, str]], module: str = "") -> list[str]:
    """Callees that a file refers to outside functions that compile."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = {name: (module, name) for where, name in callees if where == module}
    imported = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                named[alias.asname or alias.name] = (node.module or "", alias.name)
                imported[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            imported |= {alias.asname or alias.name: alias.name for alias in node.names}
    found: list[str] = []

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.FunctionDef):
            used = {name.id for mark in node.decorator_list for name in ast.walk(mark) if isinstance(name, ast.Name)}
            if used & DECORATORS:
                return
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and named.get(node.id) in callees:
            found.append(f"{path.name}:{node.lineno} {node.id}")
        if isinstance(node, ast.Attribute) and (imported.get(ast.unparse(node.value), ""), node.attr) in callees:
            found.append(f"{path.name}:{node.lineno} {ast.unparse(node)}")
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree)
    return found


AHEAD = ROOT / "engine/basis_engine/simulation/ahead.py"
"""It names callees to compile them, and calls none."""


def registered_callees() -> set[tuple[str, str]]:
    """Every callee of the product: `callee` registers each when its module is imported."""
    for name in sources(ROOT):
        if name.startswith(("basis_engine.", "basis_strategies.")):
            importlib.import_module(name)
    return {(module, name) for module, name in CALLEES if module.startswith("basis_")}


def test_callees_are_called_by_kernels_only() -> None:
    """A call from Python crashes the interpreter."""
    callees = registered_callees()
    assert len(callees) > 150
    names = {path: name for name, path in sources(ROOT).items()}
    others = [path for folder in ("benchmarks", "tests", "docs") for path in (ROOT / folder).rglob("*.py")]
    wrong = [
        reference
        for path in [*names, *others]
        if path != AHEAD
        for reference in references_from_python(path, callees, names.get(path, ""))
    ]
    assert not wrong


@pytest.mark.parametrize(
    "planted",
    [
        "from basis_engine.base.compile import portion\nportion(1, 0, 1)",
        "from basis_engine.base.compile import portion as share\ndef late():\n    return share(1, 0, 1)",
        "import basis_engine.base.compile\nbasis_engine.base.compile.portion(1, 0, 1)",
        "from basis_engine.base import compile as compiling\ncompiling.portion(1, 0, 1)",
    ],
)
def test_a_planted_call_of_a_callee_is_found(tmp_path: Path, planted: str) -> None:
    path = tmp_path / "planted.py"
    path.write_text(planted)
    assert len(references_from_python(path, {("basis_engine.base.compile", "portion")})) == 1
