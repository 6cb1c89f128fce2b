"""Figures in the documents are those that the program computes."""

import importlib.util

import pytest

from support import ROOT


@pytest.mark.parametrize(("document", "blocks"), [("README.md", 11), ("docs/strategies.md", 2)])
def test_a_document_shows_what_the_program_writes(document: str, blocks: int) -> None:
    spec = importlib.util.spec_from_file_location("write", ROOT / "docs" / "write.py")
    assert spec is not None
    assert spec.loader is not None
    write = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(write)
    text = (ROOT / document).read_text(encoding="utf-8")
    assert text.count("<!-- begin:") == blocks
    assert write.filled(text) == text
