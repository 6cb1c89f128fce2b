"""Phase boundaries: how far one thing must go before the hedged basis book falls by more than a tenth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from basis_data.markets.parameters import Fit
from basis_data.scenarios.scenario import Scenario
from basis_stress.funds_market.episodes import Stage
from basis_stress.funds_market.variants import Intensity, as_told, dearer_margin, higher_haircut, repo_freeze

FALL = -0.10
BISECTIONS = 7


@dataclass(frozen=True)
class Lever:
    """One thing that is moved, over a grid from harmless to extreme."""

    name: str
    unit: str
    """How a value is written."""
    axis: str
    """How a value is written on an axis."""
    grid: tuple[float, ...]
    dose: Callable[[Scenario, float], Intensity]


LEVERAGES = (10, 20, 30, 40, 50, 60, 80, 100, 150, 200)
SHARES = (0.0, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1)
RISES = (0.0, 0.5, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
SALES_BN = (0, 25, 50, 75, 100, 150, 200, 300, 400, 500)

LEVERS = (
    Lever("leverage, thin buffers", "{:.0f}x", "{:.0f}x", LEVERAGES, lambda base, x: Intensity("", as_told(base, x))),
    Lever(
        "leverage, thin buffers, margins +50%",
        "{:.0f}x",
        "{:.0f}x",
        LEVERAGES,
        lambda base, x: Intensity("", as_told(base, x, 1.5)),
    ),
    Lever("share of repo not rolled", "{:.2%}", "{:.0%}", SHARES, lambda base, x: Intensity("", repo_freeze(base, x))),
    Lever("rise in haircuts", "{:.2%}", "{:.0%}", SHARES, lambda base, x: Intensity("", higher_haircut(base, x))),
    Lever(
        "rise in futures margins",
        "{:.0%}",
        "{:.0%}",
        RISES,
        lambda base, x: Intensity("", dearer_margin(base, 1.0 + x)),
    ),
    Lever(
        "outside sales in a week, $bn", "${:.0f}bn", "{:.0f}", SALES_BN, lambda base, x: Intensity("", base, 1e9 * x)
    ),
)


@dataclass(frozen=True)
class Boundary:
    """Where one lever's outcome crosses the line, at one kink."""

    lever: Lever
    kink: float
    outcomes: tuple[float, ...]
    """Change of the hedged book at each point of the grid."""
    critical: float | None
    """Least value past which the book falls by more than a tenth; none inside the grid."""
    safe_again: tuple[float, ...]
    """Points of the grid above it where the book falls by less: the outcome is not monotone."""


def find(
    outcome: Callable[[float], float], grid: Sequence[float], bisections: int = BISECTIONS
) -> tuple[tuple[float, ...], float | None, tuple[float, ...]]:
    """Outcomes on a grid, the first crossing of `FALL` by bisection, and the points beyond it that are safe again."""
    outcomes = tuple(outcome(value) for value in grid)
    first = next((i for i, fall in enumerate(outcomes) if fall < FALL), None)
    if first is None:
        return outcomes, None, ()
    safe = tuple(value for value, fall in zip(grid[first:], outcomes[first:], strict=True) if fall >= FALL)
    if first == 0:
        return outcomes, grid[0], safe
    low, high = grid[first - 1], grid[first]
    for _ in range(bisections):
        middle = (low + high) / 2
        if outcome(middle) < FALL:
            high = middle
        else:
            low = middle
    return outcomes, high, safe


def boundaries(
    base: Scenario, fits: Sequence[Fit], progress: Callable[[str], None] = lambda text: None
) -> list[Boundary]:
    """Boundary of every lever at every kink."""
    found = []
    for lever in LEVERS:
        progress(f"phase boundary: {lever.name}")
        seen: dict[float, tuple[Intensity, Stage]] = {}
        for fit in fits:

            def outcome(value: float, fit: Fit = fit, lever: Lever = lever) -> float:
                if value not in seen:  # noqa: B023
                    dose = lever.dose(base, value)
                    seen[value] = dose, dose.stage()  # noqa: B023
                dose, on = seen[value]  # noqa: B023
                held = dose.play(on, fit).hedged
                return float(held.iloc[-1] / held.iloc[0] - 1)

            outcomes, critical, safe = find(outcome, lever.grid)
            found.append(Boundary(lever, fit.kink, outcomes, critical, safe))
    return found
