"""Documents show what the program computes, and name files that exist."""

import importlib
import re

import pytest

from support import ROOT

BUILT = ("tutorial/", "gallery/", "reference/")
"""Folders of the site that its build writes; tests/test_site.py follows links into them."""

DOCUMENTS = ["README.md", "CONTRIBUTING.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]


WRITE = importlib.import_module("write")


@pytest.mark.parametrize("document", WRITE.DOCUMENTS)
def test_a_document_shows_what_the_program_writes(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    assert text.count("<!-- begin:") == text.count("<!-- end -->") == WRITE.DOCUMENTS[document]
    assert WRITE.filled(text) == text


def test_the_picture_is_what_the_program_draws() -> None:
    assert WRITE.PICTURE.stat().st_size < 200_000
    assert WRITE.picture() == WRITE.PICTURE.read_text(encoding="utf-8")


def test_every_block_has_a_place() -> None:
    text = "".join((ROOT / document).read_text(encoding="utf-8") for document in WRITE.DOCUMENTS)
    assert set(re.findall("<!-- begin: (.+?) -->", text)) - set(WRITE.BLOCKS) == {
        "ten days of: basis-stress backtest april-2025 --contract TY --leverage 50"
    }
    assert all(f"<!-- begin: {name} -->" in text for name in WRITE.BLOCKS)


@pytest.mark.parametrize("document", sorted({*DOCUMENTS, *WRITE.DOCUMENTS}))
def test_links_and_paths_lead_somewhere(document: str) -> None:
    path = ROOT / document
    text = path.read_text(encoding="utf-8")
    links = [target for target in re.findall(r"\]\(([^)#]+?)\)", text) if not target.startswith(("http", *BUILT))]
    missing = [target for target in links if not (path.parent / target).exists()]
    named = re.findall(r"`((?:basis_stress|engine|strategies|data|benchmarks|tests|docs)/[\w./-]*)`", text)
    assert not missing + [name for name in named if not (ROOT / name).exists()]


def test_the_readme_fits_a_screen_and_a_half() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 140
