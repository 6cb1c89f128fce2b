"""The programs on the site's pages run as they stand there, page by page, each in an empty folder."""

import re
from pathlib import Path

import pytest

from support import ROOT

PAGES = sorted((ROOT / "docs" / "how-to").glob("*.md"))


def programs(page: Path) -> list[str]:
    """The Python cells of a page, in order."""
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", [page for page in PAGES if programs(page)], ids=lambda page: page.stem)
def test_the_programs_of_a_page_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cells: dict[str, object] = {}
    for number, cell in enumerate(programs(page), 1):
        exec(compile(cell, f"{page.name}, program {number}", "exec"), cells)  # the pages are ours


def test_there_are_programs_to_run() -> None:
    assert sum(len(programs(page)) for page in PAGES) >= 9
