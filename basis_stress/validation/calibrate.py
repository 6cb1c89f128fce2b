"""Fit the market of funds to March 2020 alone: three parameters per capacity multiple, with profile intervals.

March 2020 does not identify the capacity multiple (how much steeper the balance-sheet spread rises once inventory
exceeds dealers' capacity): the fit is repeated for 1, 2 and 4, and results are always reported as that band.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from basis_data.markets.parameters import Fit
from basis_strategies.plan import BALANCE_SHEET_SHARES, DealerPlan
from basis_strategies.population import Population
from basis_stress.funds_market.episodes import Episode, EpisodeMarket, episode_market, run_episode
from basis_stress.funds_market.result import CAPACITY_MULTIPLES

STARTS = ((0.7, 0.3, 0.08), (1.2, 0.6, 0.045))
"""Starting points: the loss has two minima of nearly equal depth, with slow and with fast placement of inventory."""
LOW, HIGH = (0.01, 0.01, 0.005), (10.0, 0.9, 0.6)
NAMES = ("slope", "placement_rate", "risk_speed")
SEEDS = (0, 1, 2)
"""Seeds of the populations over which each fit is averaged, to avoid fitting a single draw."""
PROFILE_STEPS = (0.6, 0.75, 0.9, 1.1, 1.3, 1.6)
"""Multiples of the fitted value at which the other parameters are refitted."""


def observables(episode: Episode) -> dict[str, float]:
    """Compute the values that the calibration targets measure, in the units of history/targets.csv."""
    spread = episode.dealers["balance_sheet_spread"]
    rise = float(spread["2020-03-11":"2020-03-13"].max())  # the spread is zero on 18 February
    years = DealerPlan().balance_sheet_years
    sold = episode.dealers["fund_sales"]
    return {
        "T02 17 Mar": episode.change("2020-03-03", "2020-03-17"),
        "T02 24 Mar": episode.change("2020-03-03", "2020-03-24"),
        "T02 31 Mar": episode.change("2020-03-03", "2020-03-31"),
        "T03 17 Mar": episode.change("2020-02-18", "2020-03-17"),
        "T03 31 Mar": episode.change("2020-02-18", "2020-03-31"),
        "T04": rise,
        "T05 2y": BALANCE_SHEET_SHARES["TU"] * rise * years,
        "T05 5y": BALANCE_SHEET_SHARES["FV"] * rise * years,
        "T05 10y": BALANCE_SHEET_SHARES["TY"] * rise * years,
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


def misses(market: EpisodeMarket, capacity_multiple: float, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Misses of all targets in units of their tolerance, averaged over populations."""
    fit = Fit(
        capacity_multiple=capacity_multiple, slope=values[0], placement_rate=values[1], risk_speed=values[2], loss=0.0
    )
    runs = [observables(run_episode(market, fit, Population(seed=seed))) for seed in SEEDS]
    return np.array(weighted_misses(runs))


def weighted_misses(runs: Sequence[Mapping[str, float]]) -> list[Any]:
    """Miss of each target by the mean of several runs, in units of its tolerance."""
    return [(np.mean([run[name] for run in runs]) - value) / tolerance for name, (value, tolerance) in TARGETS.items()]


def calibrate(say: Callable[[str], None] = lambda text: None) -> list[Fit]:
    """Fit each capacity multiple; ``say`` is called with a line per fit."""
    market = episode_market("march-2020")
    fits = []
    for capacity_multiple in CAPACITY_MULTIPLES:
        residuals = partial(misses, market, capacity_multiple)
        best = min((_fit(residuals, np.array(start)) for start in STARTS), key=lambda fit: fit.cost)
        loss = 2 * float(best.cost)
        fitted = ", ".join(f"{name} {value:.4g}" for name, value in zip(NAMES, best.x, strict=True))
        say(f"capacity multiple {capacity_multiple:g}: {fitted}, loss {loss:.3g}")
        intervals = dict(_intervals(market, capacity_multiple, best.x, loss))
        fits.append(
            Fit(
                capacity_multiple=capacity_multiple,
                **dict(zip(NAMES, map(float, best.x), strict=True)),
                loss=loss,
                intervals=intervals,
            )
        )
    return fits


def _fit(residuals: Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]], start: np.ndarray[Any, Any]) -> Any:
    """Least squares within bounds; the difference step is wide because daily decisions make the loss uneven."""
    return least_squares(residuals, start, bounds=(LOW, HIGH), x_scale=start, diff_step=0.02, xtol=1e-3, max_nfev=30)


def _intervals(
    market: EpisodeMarket, capacity_multiple: float, best: np.ndarray[Any, Any], loss: float
) -> Iterator[tuple[str, tuple[float, float]]]:
    """Range of each parameter over which the loss, with the others refitted, is at most its minimum plus one."""
    for fixed, name in enumerate(NAMES):
        others = [i for i in range(len(NAMES)) if i != fixed]
        inside = [float(best[fixed])]
        for step in PROFILE_STEPS:
            value = best[fixed] * step

            def residuals(x: np.ndarray[Any, Any], value: float = value) -> np.ndarray[Any, Any]:
                return misses(market, capacity_multiple, np.insert(x, fixed, value))  # noqa: B023

            if not LOW[fixed] <= value <= HIGH[fixed]:
                continue
            bounds = [LOW[i] for i in others], [HIGH[i] for i in others]
            start = np.clip(best[others], *bounds)
            refit = least_squares(residuals, start, bounds=bounds, x_scale=start, diff_step=0.03, max_nfev=6)
            if 2 * refit.cost <= loss + 1:
                inside.append(float(value))
        yield name, (min(inside), max(inside))


def as_toml(fits: list[Fit]) -> str:
    """Format the parameter file."""
    lines = [
        'source = "Fitted by `basis-stress calibrate` to the calibration targets of March 2020 (history/targets.csv)"',
    ]
    for fit in fits:
        lines += ["", "[[fits]]", f"capacity_multiple = {fit.capacity_multiple:g}"]
        lines += [f"{name} = {getattr(fit, name):.6g}" for name in (*NAMES, "loss")]
        lines += ["[fits.intervals]"]
        lines += [f"{name} = [{low:.4g}, {high:.4g}]" for name, (low, high) in fit.intervals.items()]
    return "\n".join(lines) + "\n"
