"""Fit the market of funds to March 2020, and to nothing else: three numbers for each kink, with profile intervals.

The kink (how much steeper rent rises beyond dealers' capacity) is not identified by March 2020: the fit is repeated for
1, 2 and 4, and results are always reported as that band.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from basis_data.markets.parameters import Fit
from basis_strategies.plan import RENT_SHARES, DealerPlan
from basis_strategies.population import Population
from basis_stress.funds_market.episodes import Episode, Stage, play, stage

KINKS = (1.0, 2.0, 4.0)
STARTS = ((0.7, 0.3, 0.08), (1.2, 0.6, 0.045))
"""The loss has two basins, of slow and of fast placement of inventory, nearly as deep: both are searched."""
LOW, HIGH = (0.01, 0.01, 0.005), (10.0, 0.9, 0.6)
NAMES = ("slope", "decay", "risk_speed")
SEEDS = (0, 1, 2)
"""Populations over which each fit is averaged, so that no single draw is fitted."""
PROFILE_STEPS = (0.6, 0.75, 0.9, 1.1, 1.3, 1.6)
"""Multiples of the fitted value at which the others are refitted."""


def observables(episode: Episode) -> dict[str, float]:
    """What the calibration targets measure, from one run of March 2020 (units of history/targets.csv)."""
    rent = episode.dealers["rent"]
    rise = float(rent["2020-03-11":"2020-03-13"].max())  # it starts from nothing on 18 February
    years = DealerPlan().rent_years
    sold = episode.dealers["fund_sales"]
    return {
        "T02 17 Mar": episode.change("2020-03-03", "2020-03-17"),
        "T02 24 Mar": episode.change("2020-03-03", "2020-03-24"),
        "T02 31 Mar": episode.change("2020-03-03", "2020-03-31"),
        "T03 17 Mar": episode.change("2020-02-18", "2020-03-17"),
        "T03 31 Mar": episode.change("2020-02-18", "2020-03-31"),
        "T04": rise,
        "T05 2y": RENT_SHARES["TU"] * rise * years,
        "T05 5y": RENT_SHARES["FV"] * rise * years,
        "T05 10y": RENT_SHARES["TY"] * rise * years,
        "T06": float(sold.iloc[-1] - sold["2020-02-28"]),
        "T07 trough": float(100 * episode.returns.min()),
    }


TARGETS = {
    "T02 17 Mar": (-8.6, 4.0),
    "T02 24 Mar": (-12.4, 4.0),
    "T02 31 Mar": (-17.4, 6.0),
    "T03 17 Mar": (-11.6, 4.0),
    "T03 31 Mar": (-20.1, 6.0),
    "T04": (82.0, 20.0),
    "T05 2y": (24.0, 7.2),
    "T05 5y": (26.0, 7.8),
    "T05 10y": (17.0, 5.1),
    "T06": (119.5, 28.5),
    "T07 trough": (-7.0, 3.0),
}
"""Observed value and tolerance of each calibration target (history/targets.csv; T06 is the middle of 91 to 148)."""


def misses(on: Stage, kink: float, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Misses of all targets in units of their tolerance, averaged over populations."""
    fit = Fit(kink=kink, slope=values[0], decay=values[1], risk_speed=values[2], loss=0.0)
    runs = [observables(play(on, fit, Population(seed=seed))) for seed in SEEDS]
    return np.array(
        [(np.mean([run[name] for run in runs]) - value) / tolerance for name, (value, tolerance) in TARGETS.items()]
    )


def calibrate(say: Callable[[str], None] = lambda text: None) -> list[Fit]:
    """Fit each kink; ``say`` is told of progress."""
    on = stage("march-2020")
    fits = []
    for kink in KINKS:
        best = min((_fit(partial(misses, on, kink), np.array(start)) for start in STARTS), key=lambda fit: fit.cost)
        loss = 2 * float(best.cost)
        fitted = ", ".join(f"{name} {value:.4g}" for name, value in zip(NAMES, best.x, strict=True))
        say(f"kink {kink:g}: {fitted}, loss {loss:.3g}")
        intervals = dict(_intervals(on, kink, best.x, loss))
        fits.append(Fit(kink=kink, **dict(zip(NAMES, map(float, best.x), strict=True)), loss=loss, intervals=intervals))
    return fits


def _fit(residuals: Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]], start: np.ndarray[Any, Any]) -> Any:
    """Least squares within bounds; steps wide enough to see past the granularity of daily decisions."""
    return least_squares(residuals, start, bounds=(LOW, HIGH), x_scale=start, diff_step=0.02, xtol=1e-3, max_nfev=30)


def _intervals(
    on: Stage, kink: float, best: np.ndarray[Any, Any], loss: float
) -> Iterator[tuple[str, tuple[float, float]]]:
    """Range of each parameter over which the loss, the others refitted, stays within one of the least."""
    for fixed, name in enumerate(NAMES):
        others = [i for i in range(len(NAMES)) if i != fixed]
        inside = [float(best[fixed])]
        for step in PROFILE_STEPS:
            value = best[fixed] * step

            def residuals(x: np.ndarray[Any, Any], value: float = value) -> np.ndarray[Any, Any]:
                return misses(on, kink, np.insert(x, fixed, value))  # noqa: B023

            if not LOW[fixed] <= value <= HIGH[fixed]:
                continue
            bounds = [LOW[i] for i in others], [HIGH[i] for i in others]
            start = np.clip(best[others], *bounds)
            refit = least_squares(residuals, start, bounds=bounds, x_scale=start, diff_step=0.03, max_nfev=6)
            if 2 * refit.cost <= loss + 1:
                inside.append(float(value))
        yield name, (min(inside), max(inside))


def as_toml(fits: list[Fit]) -> str:
    """Text of the parameter file."""
    lines = [
        'source = "Fitted by `basis-stress calibrate` to the calibration targets of March 2020 (history/targets.csv)"',
    ]
    for fit in fits:
        lines += ["", "[[fits]]", f"kink = {fit.kink:g}"]
        lines += [f"{name} = {getattr(fit, name):.6g}" for name in (*NAMES, "loss")]
        lines += ["[fits.intervals]"]
        lines += [f"{name} = [{low:.4g}, {high:.4g}]" for name, (low, high) in fit.intervals.items()]
    return "\n".join(lines) + "\n"
