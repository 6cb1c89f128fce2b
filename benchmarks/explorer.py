"""Sixty steps of a slider of the explorer, and its outcome maps, without browser or network: p50 and p95.

`python -m benchmarks.explorer` prints them; the goals are 100 ms for a book and 250 ms for a map of 100 x 100.
"""

import json
import statistics
from collections.abc import Callable
from functools import partial
from time import perf_counter
from urllib.parse import parse_qsl

import numpy as np

from basis_stress.explorer.answers import answer
from basis_stress.explorer.map_cells import PRICED, SCALE, SHARE
from basis_stress.explorer.maps import outcome_map
from basis_stress.explorer.state import State, read_state

STEPS = 60
SCENARIOS = ("april-2025", "april-2025-perfect-storm")
"""A record, and a counterfactual, whose base is run beside it."""


def state(query: str) -> State:
    """The state of a query string."""
    return read_state(parse_qsl(query), {})


def steps(
    job: Callable[[State], object], scenario: str, slider: str, values: "np.ndarray[tuple[int], np.dtype[np.float64]]"
) -> str:
    """p50 and p95 of a job over the values of a slider, answers as JSON text included."""
    job(state(f"scenario={scenario}&leverage=50"))
    times = []
    for value in values:
        start = perf_counter()
        json.dumps(job(state(f"scenario={scenario}&{slider}={value:.6g}")))
        times.append(1e3 * (perf_counter() - start))
    return f"p50 {statistics.median(times):.0f} ms, p95 {np.percentile(times, 95):.0f} ms"


def main() -> None:
    """Print a line for each kind of step."""
    sliders = {"leverage": (60, 20), "haircut": (0, 0.02), "yield-scale": (0.5, 2), "not-rolled": (0, 0.3)}
    for scenario in SCENARIOS:
        for slider, (low, high) in sliders.items():
            found = steps(lambda each: answer(each, each.run()), scenario, slider, np.linspace(low, high, STEPS))
            print(f"{scenario}, {slider}: {found}")
    for y in ("haircut", "margin_multiple", SCALE, "not_rolled", *PRICED):
        found = steps(partial(_map, y), SCENARIOS[0], "term-share", np.linspace(0, 1, STEPS))
        print(f"map of {SHARE} and {y}: {found}")


def _map(y: str, each: State) -> object:
    """A map over leverage and another axis."""
    return outcome_map(each, SHARE, y)


if __name__ == "__main__":
    main()
