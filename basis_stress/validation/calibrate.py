"""Fit the market of funds to March 2020 alone: three parameters, with profile intervals, and repo's half-life apart.

The rise of dealers' inventory is among the targets, because without it the slope and the placement rate of inventory
are exchangeable. March 2020 does not identify the capacity multiple (how much steeper the balance-sheet spread rises
once inventory exceeds capacity): inventory stays below it in every episode, and `CAPACITY_MULTIPLE` is an assumption.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from scipy.optimize import least_squares

from basis_data.markets import expected_spread
from basis_data.markets.parameters import Fit
from basis_data.scenarios.scenario import market_era
from basis_data.tables.data_in_use import cached
from basis_data.tables.reader import read
from basis_engine.base.processes import workers
from basis_stress.funds_market.episodes import EpisodeMarket, episode_market, era_population, run_episode
from basis_stress.validation.calibration_targets import observables, weighted_misses

T = TypeVar("T")
Values = np.ndarray[Any, Any]

CAPACITY_MULTIPLE = 2.0
"""Assumed, with data of no kind: regulation tightens somewhere, and the relief of a capacity rise needs a value > 1."""
STARTS = ((0.7, 0.3, 0.08), (1.2, 0.6, 0.045))
"""Starting points: the loss has two minima of nearly equal depth, with slow and with fast placement of inventory."""
LOW, HIGH = (0.01, 0.01, 0.005), (10.0, 0.9, 0.6)
NAMES = ("slope", "placement_rate", "risk_speed")
SEEDS = (0, 1, 2)
"""Seeds of the populations over which each fit is averaged, to avoid fitting a single draw."""
PROFILE_STEPS = (0.4, 0.6, 0.75, 0.9, 1.1, 1.3, 1.6, 2.5)
"""Multiples of the fitted value at which the other parameters are refitted."""


def misses(market: EpisodeMarket, values: Values) -> Values:
    """Misses of all targets in units of their tolerance, averaged over populations."""
    fit = Fit(
        capacity_multiple=CAPACITY_MULTIPLE, slope=values[0], placement_rate=values[1], risk_speed=values[2], loss=0.0
    )
    runs = [
        observables(run_episode(market, fit, replace(era_population(market_era(market.scenario)), seed=seed)))
        for seed in SEEDS
    ]
    return np.array(weighted_misses(runs))


def calibrate(
    say: Callable[[str], None] = lambda text: None,
    done: Callable[[int, int], None] = lambda count, of: None,
    processes: int = 1,
) -> Fit:
    """Fit the three parameters, and refit them around each value of one.

    Parameters
    ----------
    say
        Called with the fitted values.
    done
        Called with the number of fits that are done, and of all.
    processes
        Processes of this machine that share the fits; they do not change the result.
    """
    count = len(STARTS) + len(NAMES) * len(PROFILE_STEPS)
    with workers(processes) as each:
        fits = list(_counted(each(_fit, STARTS), 0, lambda number: done(number, count)))
        best = min(fits, key=lambda fit: fit.cost)
        loss, values = 2 * float(best.cost), tuple(map(float, best.x))
        fitted = dict(zip(NAMES, values, strict=True))
        say(f"{', '.join(f'{name} {value:.4g}' for name, value in fitted.items())}, loss {loss:.3g}; intervals ...")
        points = [(values, fixed, step) for fixed in range(len(NAMES)) for step in PROFILE_STEPS]
        refits = list(_counted(each(_refit, points), len(STARTS), lambda number: done(number, count)))
    profiles = {
        name: [row for point, row in zip(points, refits, strict=True) if point[1] == fixed and row is not None]
        for fixed, name in enumerate(NAMES)
    }
    near = {name: [row[0] for row in rows if row[-1] <= loss + 1] for name, rows in profiles.items()}
    return Fit(
        capacity_multiple=CAPACITY_MULTIPLE,
        **fitted,
        loss=loss,
        trade_off=tuple((rate, float(others[0]), cost) for rate, others, cost in profiles["placement_rate"]),
        intervals={name: (min(fitted[name], *near[name]), max(fitted[name], *near[name])) for name in NAMES},
    )


def _counted(results: Iterable[T], before: int, done: Callable[[int], None]) -> Iterator[T]:
    """Pass results on, and report how many there are."""
    for count, result in enumerate(results, before + 1):
        done(count)
        yield result


@cached
def _march_2020() -> EpisodeMarket:
    """The market of all fits, priced once per process."""
    return episode_market("march-2020")


def _residuals(values: Values) -> Values:
    """Misses of all targets."""
    return misses(_march_2020(), values)


def _fit(start: tuple[float, ...]) -> Any:
    """Least squares within bounds; the difference step is wide because daily decisions make the loss uneven."""
    return least_squares(
        _residuals, np.array(start), bounds=(LOW, HIGH), x_scale=start, diff_step=0.02, xtol=1e-3, max_nfev=30
    )


def _refit(point: tuple[tuple[float, ...], int, float]) -> tuple[float, Values, float] | None:
    """Refit the others with one parameter at a multiple of its fitted value: the value, the others, and the loss.

    None if the value is out of bounds.
    """
    best, fixed, step = point
    others = [i for i in range(len(NAMES)) if i != fixed]
    value = best[fixed] * step
    if not LOW[fixed] <= value <= HIGH[fixed]:
        return None
    bounds = [LOW[i] for i in others], [HIGH[i] for i in others]
    start = np.clip([best[i] for i in others], *bounds)
    refit = least_squares(
        lambda x: _residuals(np.insert(x, fixed, value)),
        start,
        bounds=bounds,
        x_scale=start,
        diff_step=0.03,
        max_nfev=6,
    )
    return value, refit.x, 2 * float(refit.cost)


def as_toml(fit: Fit) -> str:
    """Format the parameter file."""
    points = ", ".join(f"[{rate:.4g}, {slope:.4g}, {loss:.4g}]" for rate, slope, loss in fit.trade_off)
    lines = [
        'source = "Fitted by `basis-stress calibrate` to the calibration targets of March 2020 (history/targets.csv)"',
        f'expected_repo = "{expected_spread.digest()}"',
        "",
        "[[fits]]",
        f"capacity_multiple = {fit.capacity_multiple:g}",
        *(f"{name} = {getattr(fit, name):.6g}" for name in (*NAMES, "loss")),
        f"trade_off = [{points}]",
        "[fits.intervals]",
        *(f"{name} = [{low:.4g}, {high:.4g}]" for name, (low, high) in fit.intervals.items()),
    ]
    return "\n".join(lines) + "\n"


def fit_expected_repo() -> str:
    """Fit the half-life of repo's expected spread, and format its file."""
    rates = read("repo").set_index("date")
    return expected_spread.as_toml(expected_spread.forecast_errors(rates["sofr_pct"] - rates["effr_pct"]))
