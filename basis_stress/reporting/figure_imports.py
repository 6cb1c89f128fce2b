"""Import matplotlib in less than half of the time, for the command line, which neither shows its help nor draws in 3D.

While it is imported matplotlib writes the list of properties of every class into docstrings, and loads its axes in
three dimensions: 150 of 330 ms. Python users keep both.
"""

import sys
import warnings

COMMAND_LINE = False
"""Whether this process is a command, which `basis_stress.cli.main` says before any figure is drawn."""


def import_matplotlib() -> None:
    """Import matplotlib, without what no command needs; after the first import nothing changes."""
    if not COMMAND_LINE or "matplotlib.artist" in sys.modules:
        return
    import matplotlib.artist

    axes_in_3d = "mpl_toolkits.mplot3d"
    matplotlib.artist.kwdoc = lambda artist: ""
    sys.modules[axes_in_3d] = None  # type: ignore[assignment]  # an import of it now fails, which matplotlib allows
    try:
        with warnings.catch_warnings(action="ignore"):
            import matplotlib.figure
    finally:
        del sys.modules[axes_in_3d]
