"""Figures in README.md are those that the program computes."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_readme_shows_what_the_program_writes() -> None:
    spec = importlib.util.spec_from_file_location("write", ROOT / "docs" / "write.py")
    assert spec is not None
    assert spec.loader is not None
    write = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(write)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.count("<!-- begin:") == 11
    assert write.filled(text) == text
