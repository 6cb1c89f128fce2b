"""The browser of the tests: Debian's chromium."""

import os
import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def needs_chromium() -> None:
    """Skip a module where no browser is installed; fail where one is required."""
    if not CHROMIUM:
        assert os.environ.get("BASIS_STRESS_BROWSER") != "required", "no chromium is installed"
        pytest.skip("no chromium is installed: apt-get install chromium", allow_module_level=True)
