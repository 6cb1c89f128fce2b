"""Licences of everything that an installation brings: from the metadata of installed packages, without a network."""

import re
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
PERMISSIVE = {
    "MIT", "MIT-0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "Apache-2.0", "Apache", "ISC", "PSF-2.0",
    "Python-2.0", "Unlicense", "HPND", "MIT-CMU", "Zlib", "NCSA", "LLVM-exception", "CC0-1.0", "BSL-1.0", "matplotlib",
}  # fmt: skip
WEAK = {"certifi": "MPL-2.0", "tqdm": "MPL-2.0"}
"""Copyleft of the file alone, allowed by name."""
WORDS = (
    ("Apache", "Apache-2.0"), ("BSD", "BSD-3-Clause"), ("MIT", "MIT"), ("ISC", "ISC"), ("PSF", "PSF-2.0"),
    ("Python Software Foundation", "PSF-2.0"), ("HPND", "HPND"), ("Unlicense", "Unlicense"), ("MPL", "MPL-2.0"),
    ("Mozilla", "MPL-2.0"), ("matplotlib", "matplotlib"), ("Zlib", "Zlib"),
)  # fmt: skip


def installed() -> dict[str, Distribution]:
    """What the package requires with the extras that users install, and what that requires, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    waiting = [
        *project["dependencies"],
        *extras["cluster"],
        *extras["xarray"],
        *extras["excel"],
        *extras.get("explore", []),
    ]
    found: dict[str, Distribution] = {}
    while waiting:
        wanted = Requirement(waiting.pop())
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        if name in found or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue  # an extra that is not installed here
        waiting += found[name].requires or []
    return found


def licences(of: Distribution) -> set[str]:
    """Identifiers of a package's licence: its SPDX expression, or words of its classifiers and licence field."""
    given = of.metadata
    if expression := given.get("License-Expression"):
        return set(re.split(r"\s+(?:AND|OR|WITH)\s+|[()\s]+", expression)) - {""}
    texts = [text for text in given.get_all("Classifier") or [] if text.startswith("License ::")]
    texts += [(given.get("License") or "")[:200]]
    return {name for text in texts for word, name in WORDS if re.search(rf"\b{word}\b", text, re.IGNORECASE)}


PACKAGES = installed()


@pytest.mark.parametrize("name", sorted(PACKAGES))
def test_every_installed_package_has_a_permissive_licence(name: str) -> None:
    found = licences(PACKAGES[name])
    assert found, f"{name}: no licence in its metadata"
    assert found <= PERMISSIVE | {WEAK.get(name, "MIT")}, f"{name}: {found}"


def test_the_list_is_that_of_an_installation() -> None:
    assert {"numpy", "pandas", "numba", "llvmlite", "scipy", "matplotlib", "pydantic-core", "python-dateutil"} <= set(
        PACKAGES
    )


def test_a_licence_that_is_not_permissive_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(PACKAGES["numpy"]), "metadata", {"License-Expression": "GPL-3.0-only"})
    assert not licences(PACKAGES["numpy"]) <= PERMISSIVE
