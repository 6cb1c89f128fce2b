"""The browser of the tests: Debian's chromium."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def needs_chromium() -> None:
    """Skip a module where no browser is installed; fail where one is required."""
    if not CHROMIUM:
        assert os.environ.get("BASIS_STRESS_BROWSER") != "required", "no chromium is installed"
        pytest.skip("no chromium is installed: apt-get install chromium", allow_module_level=True)


@contextmanager
def launched() -> Iterator[Browser]:
    """A headless browser, closed at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
