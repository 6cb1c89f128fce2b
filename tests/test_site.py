"""The site builds without a warning, no link is dead, and every public name, column and field is on a page."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from sphinx.util.inventory import InventoryFile

import basis_stress as bs
from support import ROOT

pytestmark = pytest.mark.xdist_group("site")  # one worker builds it once


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it, with every example run."""
    folder = ROOT / "docs" / "_build" / "html"
    build = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", ROOT / "docs", folder]
    shared = tmp_path_factory.getbasetemp().parent  # of all workers of this run
    with FileLock(shared / "site.lock"):
        if not (shared / "site.built").exists():
            done = subprocess.run(build, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr
            (shared / "site.built").touch()
    return folder


def dead_links(site: Path) -> list[str]:
    """What docs/check_links.py finds."""
    spec = importlib.util.spec_from_file_location("check_links", ROOT / "docs" / "check_links.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: list[str] = module.dead_links(site)
    return found


@pytest.mark.slow
def test_no_link_is_dead_and_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    assert len(list(site.rglob("*.html"))) > 40
    assert dead_links(site) == []


@pytest.mark.slow
def test_every_public_name_is_in_the_reference(site: Path) -> None:
    inventory = InventoryFile.loads((site / "objects.inv").read_bytes(), uri="")
    entries = {name for kind in inventory.data.values() for name in kind}
    missing = [name for name in bs.__all__ if f"basis_stress.{name}" not in entries and name != "rules"]
    assert not missing, f"name them in GROUPS of docs/reference_pages.py: {', '.join(missing)}"
    assert any(name.startswith("basis_strategies.rules.") for name in entries)


@pytest.mark.slow
def test_every_column_and_field_is_on_a_page(site: Path) -> None:
    tables = (site / "reference" / "tables.html").read_text(encoding="utf-8")
    rows = bs.data_dictionary()
    assert tables.count("<tr") == len(rows) + rows["table"].nunique()
    fields = (site / "reference" / "fields.html").read_text(encoding="utf-8")
    assert not [name for name in bs.Scenario.model_fields if f">{name}</span>" not in fields]
    commands = (site / "reference" / "command-line.html").read_text(encoding="utf-8")
    assert all(text in commands for text in ("--leverage", "--margin-multiple", "basis-stress sweep-report"))


@pytest.mark.slow
def test_every_example_drew_its_thumbnail(site: Path) -> None:
    examples = sorted((ROOT / "docs" / "examples" / "gallery").glob("plot_*.py"))
    assert len(examples) >= 10
    drawn = {path.name for path in (site / "_images").iterdir()}
    assert not [path.stem for path in examples if f"sphx_glr_{path.stem}_thumb.png" not in drawn]
    assert (site / "searchindex.js").stat().st_size > 50_000  # search works from the disk


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    page = (
        '<a href="there.html#here">a</a><a href="no.html">b</a><a href="#nowhere">c</a><img src="https://x.org/y.png">'
    )
    (tmp_path / "index.html").write_text(page)
    (tmp_path / "there.html").write_text('<p id="here">')
    assert dead_links(tmp_path) == [
        "index.html: no.html",
        "index.html: #nowhere",
        "index.html: loads https://x.org/y.png",
    ]


@pytest.mark.slow
def test_the_site_has_the_cube_in_one_file(site: Path) -> None:
    cube = site / "cube.html"
    assert 100_000 < cube.stat().st_size < 2_000_000
    assert "showCube({" in cube.read_text(encoding="utf-8")
    assert 'href="cube.html"' in (site / "index.html").read_text(encoding="utf-8")
