"""Phase boundaries: the smallest change of one kind that makes the hedged basis book fall by more than a tenth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from basis_data.markets.parameters import Fit
from basis_data.scenarios.scenario import Scenario
from basis_engine.base.processes import workers
from basis_engine.base.search import first_crossing, narrowed
from basis_stress.funds_market.episodes import EpisodeMarket
from basis_stress.funds_market.variants import Intensity, as_reported, higher_haircut, higher_margin, repo_freeze

FALL = -0.10
"""Change of the hedged book at the boundary, as a fraction."""
BISECTIONS = 7


@dataclass(frozen=True)
class MarketLever:
    """One quantity that is changed, over a grid from harmless to extreme."""

    name: str
    text_format: str
    axis_format: str
    grid: tuple[float, ...]
    intensity: Callable[[Scenario, float], Intensity]


LEVERAGES = (10, 20, 30, 40, 50, 60, 80, 100, 150, 200)
SHARES = (0.0, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1)
RISES = (0.0, 0.5, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
SALES_BN = (0, 25, 50, 75, 100, 150, 200, 300, 400, 500)

LEVERS = (
    MarketLever(
        "leverage, thin buffers", "{:.0f}x", "{:.0f}x", LEVERAGES, lambda base, x: Intensity("", as_reported(base, x))
    ),
    MarketLever(
        "leverage, thin buffers, margins +50%",
        "{:.0f}x",
        "{:.0f}x",
        LEVERAGES,
        lambda base, x: Intensity("", as_reported(base, x, 1.5)),
    ),
    MarketLever(
        "share of repo not rolled", "{:.2%}", "{:.0%}", SHARES, lambda base, x: Intensity("", repo_freeze(base, x))
    ),
    MarketLever("rise in haircuts", "{:.2%}", "{:.0%}", SHARES, lambda base, x: Intensity("", higher_haircut(base, x))),
    MarketLever(
        "rise in futures margins",
        "{:.0%}",
        "{:.0%}",
        RISES,
        lambda base, x: Intensity("", higher_margin(base, 1.0 + x)),
    ),
    MarketLever(
        "outside sales in a week, $bn", "${:.0f}bn", "{:.0f}", SALES_BN, lambda base, x: Intensity("", base, 1e9 * x)
    ),
)


@dataclass(frozen=True)
class Boundary:
    """Value of one lever at which the book falls by a tenth, for one capacity multiple."""

    lever: MarketLever
    capacity_multiple: float
    outcomes: tuple[float, ...]
    """Change of the hedged book at each point of the grid, as a fraction."""
    critical: float | None
    """Smallest value past which the book falls by more than a tenth; none inside the grid."""
    safe_values: tuple[float, ...]
    """Points of the grid above it where the book falls by less: the outcome is not monotone."""


Crossing = tuple[tuple[float, ...], float | None, tuple[float, ...]]
"""Outcomes, critical value and safe values of a `Boundary`."""


def find(outcome: Callable[[float], float], grid: Sequence[float], bisections: int = BISECTIONS) -> Crossing:
    """Find outcomes on a grid, the first crossing of `FALL` by bisection, and the safe points of the grid beyond it."""
    outcomes = tuple(outcome(value) for value in grid)
    first = int(first_crossing(np.array(outcomes) < FALL))
    if first == len(grid):
        return outcomes, None, ()
    safe = tuple(value for value, fall in zip(grid[first:], outcomes[first:], strict=True) if fall >= FALL)
    if first == 0:
        return outcomes, grid[0], safe
    low, high = grid[first - 1], grid[first]
    tolerance = 1.001 * (high - low) / 2**bisections

    def falls(values: NDArray[np.float64]) -> NDArray[np.bool_]:
        return np.array([outcome(float(value)) < FALL for value in values])

    return outcomes, narrowed(falls, low, high, False, tolerance, points=1)[1], safe


def boundaries(
    base: Scenario, fits: Sequence[Fit], progress: Callable[[str], None] = lambda text: None, processes: int = 1
) -> list[Boundary]:
    """Find the boundary of every lever with every fit; ``processes`` do not change the result."""
    found = []
    with workers(min(processes, len(LEVERS))) as each:
        for lever, crossings in zip(LEVERS, each(partial(_crossings, base, fits), range(len(LEVERS))), strict=True):
            progress(f"phase boundary: {lever.name}")
            found += [Boundary(lever, fit.capacity_multiple, *row) for fit, row in zip(fits, crossings, strict=True)]
    return found


def _crossings(base: Scenario, fits: Sequence[Fit], number: int) -> list[Crossing]:
    """Find the crossing of a lever, by its number, with every fit; each market is priced once."""
    lever = LEVERS[number]

    @cache
    def priced(value: float) -> tuple[Intensity, EpisodeMarket]:
        intensity = lever.intensity(base, value)
        return intensity, intensity.market()

    def outcome(fit: Fit, value: float) -> float:
        intensity, market = priced(value)
        return intensity.run(market, fit).hedged_change

    return [find(partial(outcome, fit), lever.grid) for fit in fits]
