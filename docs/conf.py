"""Build the site: `make docs`. Reference pages are written from docstrings and models, examples are run."""

import os
import sys
import warnings
from pathlib import Path
from typing import Any

os.environ.setdefault("MPLBACKEND", "agg")
HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), *(str(HERE.parent / folder) for folder in ("", "engine", "data", "strategies"))]

import cube  # noqa: E402
import reference_pages  # noqa: E402

from basis_stress.reporting.html import _version  # noqa: E402
from basis_stress.reporting.registry import CARDS  # noqa: E402

project = "basis-stress"
author = "The basis-stress authors"
copyright = "the basis-stress authors, Apache-2.0"
release = version = _version()

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_gallery.gen_gallery",
    "sphinx_click",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = [
    "_build",
    "_extra",
    "examples",
    "**/GALLERY_HEADER.rst",
    "**/*.ipynb",
]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nitpicky = False
suppress_warnings = ["config.cache"]  # the order of the gallery is a function

autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_rtype = False

sphinx_gallery_conf = {
    "examples_dirs": ["examples/tutorial", "examples/gallery"],
    "gallery_dirs": ["tutorial", "gallery"],
    "filename_pattern": r"/(plot|step)_",
    "within_subsection_order": "FileNameSortKey",
    "capture_repr": ("_repr_html_", "__repr__"),
    "remove_config_comments": True,
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "min_reported_time": 1e9,
    "write_computation_times": False,
    "image_scrapers": ("matplotlib",),
    "nested_sections": False,
    "thumbnail_size": (400, 240),
}
warnings.filterwarnings("ignore", message=".*FigureCanvasAgg is non-interactive.*")

html_theme = "furo"
html_title = "basis-stress"
html_static_path = ["_static"]
html_extra_path = ["_extra"]
html_show_sphinx = False
html_copy_source = False


def setup(app: Any) -> None:
    """Write reference pages and the cube before sources are read, and give the tables of the benchmarks a heading."""
    reference_pages.write_all(HERE / "reference")
    cube.write_cube(HERE / "_extra" / "cube.html")
    app.connect("source-read", add_heading)
    app.connect("autodoc-process-signature", hide_constructor)


def add_heading(app: Any, page: str, source: list[str]) -> None:
    """Begin the page that `basis-stress bench` writes with a heading."""
    if page == "performance/bench":
        source[0] = f"# Benchmarks\n\n{source[0]}"


def hide_constructor(app: Any, what: str, name: str, value: Any, options: Any, signature: str, returns: str) -> Any:
    """Show results without the arguments of their class: users get them from functions."""
    return ("", None) if what == "class" and name.rpartition(".")[2] in CARDS else None
