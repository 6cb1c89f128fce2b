"""The cube of the site: two crises, four sliders, one file that needs no server and no installation."""

import tempfile
from pathlib import Path

import basis_stress as bs
from basis_stress.sweeps.cube import write

SCENARIOS = ["april-2025", "march-2020-basis"]
AXES = {"buffer": "0.001:0.02:20x", "yield_scale": "0:3:13x", "haircut": "0:0.04:16x", "margin_multiple": "0.5:3:11x"}
MOST_BYTES = 2_000_000


def write_cube(path: Path) -> Path:
    """Run every book and write the page."""
    with tempfile.TemporaryDirectory() as folder:
        swept = bs.sweep(SCENARIOS, curve="par", **AXES, out=Path(folder) / "sweep")  # type: ignore[arg-type]
        made = write(swept, path, "buffer", "yield_scale")
    assert made.stat().st_size < MOST_BYTES, f"{made}: {made.stat().st_size} bytes"
    return made


if __name__ == "__main__":
    print(write_cube(Path(__file__).parent / "_extra" / "cube.html"))
