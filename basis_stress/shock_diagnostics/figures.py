"""Diagnostic pictures of a shock generator: generated paths beside the daily curve changes of 1990 to 2026."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import NDArray

from basis_data.shocks.statistics import GROUPS, TENOR_NAMES
from basis_stress.reporting import figure_style as look
from basis_stress.reporting.colours import TENOR
from basis_stress.reporting.pictures import Picture

if TYPE_CHECKING:
    from basis_data.shocks.diagnosis import Clustering, Shapes, Tails
    from basis_data.shocks.margin_check import MarginCheck
    from basis_data.shocks.paths import Paths

Array = NDArray[np.float64]

_FANS = ((0.01, 0.99, 0.14), (0.05, 0.95, 0.2), (0.25, 0.75, 0.3))
_FEW = 5  # paths shown on top of the fan
_TEN_YEAR = TENOR_NAMES.index("10y")
_PLACES = np.arange(len(TENOR_NAMES))


def picture(name: str, title: str, caption: str, draw: Callable[[], Figure]) -> Picture:
    """Draw a picture in the common style."""
    with look.style():
        return Picture(name, title, caption, look.svg(draw()))


def _tenors(axes: Axes) -> None:
    """Label tenors at equal distances."""
    axes.set_xticks(_PLACES, TENOR_NAMES)


def _fan(axes: Axes, values: Array, colour: str) -> None:
    """Quantiles of paths [p, d + 1] by day, and the first few paths."""
    days = np.arange(values.shape[1])
    for low, high, alpha in _FANS:
        ends = np.quantile(values, [low, high], axis=0)
        axes.fill_between(days, *ends, color=colour, alpha=alpha, lw=0, label=f"{high - low:.0%} of paths")
    axes.plot(days, values[:_FEW].T, color=look.INK, lw=0.8, alpha=0.75)
    axes.set_xlim(0, days[-1])


def paths(drawn: Paths) -> Figure:
    """Ten-year yield since the start, repo spread and margin multiple, as fans with a few paths."""
    figure, (top, middle, bottom) = look.new_figure(6.6, 3, (1.4, 1.0, 1.0))
    ten_year = 1e4 * drawn.changes[:, :, _TEN_YEAR].cumsum(axis=1)
    start = np.zeros((len(drawn), 1))
    _fan(top, np.hstack([start, ten_year]), look.BLUE)
    top.set_title("10-year yield since the start, bp")
    look.legend_above(top, 3)
    _fan(middle, np.hstack([start, 1e4 * drawn.repo_spread]), look.ORANGE)
    middle.set_title("Repo over the rate of the day, bp")
    _fan(bottom, np.hstack([start + 1.0, drawn.margin_multiple]), look.GREEN)
    bottom.set_title("Initial margin, multiple of the starting margin")
    bottom.set_xlabel("business days")
    return figure


def moments(table: pd.DataFrame) -> Figure:
    """Standard deviation and excess kurtosis by tenor: bands of simulated histories, and observations."""
    figure = Figure(figsize=(8.0, 3.3), layout="constrained")
    for axes, group, title in zip(
        figure.subplots(1, 2), (GROUPS[0], GROUPS[2]), ("Standard deviation, bp a day", "Excess kurtosis"), strict=True
    ):
        rows = table.loc[group].reindex(TENOR_NAMES)
        axes.vlines(
            _PLACES, rows["joint_low"], rows["joint_high"], color=look.SKY, lw=5, alpha=0.45, label="joint band"
        )
        axes.vlines(_PLACES, rows["low"], rows["high"], color=look.BLUE, lw=5, alpha=0.7, label="95% band")
        axes.plot(_PLACES, rows["observed"], "o", color=look.INK, ms=4.5, label="1990–2026", zorder=3)
        _tenors(axes)
        axes.set_title(title)
        if group == GROUPS[2]:
            axes.set_yscale("log")
            axes.yaxis.set_minor_locator(NullLocator())
            axes.yaxis.set_major_locator(FixedLocator([1, 3, 10, 30, 100, 300, 1000]))
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    figure.axes[0].legend(loc="best", fontsize=8.5)
    return figure


def clustering(found: Clustering) -> Figure:
    """Autocorrelation of absolute changes at lags of 1 to 60 days, four tenors."""
    figure = Figure(figsize=(8.0, 4.6), layout="constrained")
    panels = figure.subplots(2, 2, sharex=True, sharey=True)
    for axes, name, observed, low, high in zip(
        panels.flat, found.tenors, found.observed.T, found.low.T, found.high.T, strict=True
    ):
        lags = np.arange(1, len(observed) + 1)
        axes.fill_between(lags, low, high, color=look.BLUE, alpha=0.25, lw=0, label="95% of simulated histories")
        axes.plot(lags, observed, color=look.INK, lw=1.1, label="1990–2026")
        axes.axhline(0.0, color=look.GREY, lw=0.7)
        axes.set_title(name)
    panels[0, 0].legend(loc="upper right", fontsize=8.5)
    figure.supxlabel("lag, business days", fontsize=9.5)
    return figure


def tails(found: Tails) -> Figure:
    """Share of days with a larger absolute change, four tenors, both axes logarithmic."""
    figure = Figure(figsize=(8.0, 4.8), layout="constrained")
    panels = figure.subplots(2, 2, sharey=True)
    for axes, name, observed, simulated in zip(panels.flat, found.tenors, found.observed, found.simulated, strict=True):
        axes.plot(*simulated, color=look.BLUE, label="generated")
        axes.plot(*observed, ".", color=look.INK, ms=3, label="1990–2026")
        axes.set(xscale="log", yscale="log", xlim=(3.0, 1.15 * max(simulated[0, 0], observed[0, 0])), ylim=(1e-5, 1.0))
        axes.xaxis.set_major_locator(FixedLocator([3, 10, 30, 100, 300, 1000, 3000]))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}%"))
        axes.set_title(name)
    panels[0, 0].legend(loc="lower left", fontsize=8.5)
    figure.supxlabel("absolute change in a day, bp", fontsize=9.5)
    figure.supylabel("share of days with a larger one", fontsize=9.5)
    return figure


def shapes(found: Shapes) -> Figure:
    """First three components, and quantiles of each tenor's move over the horizon."""
    figure = Figure(figsize=(8.0, 3.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    for k, colour in enumerate((look.BLUE, look.ORANGE, look.GREEN)):
        left.plot(_PLACES, found.simulated_loadings[k], color=colour, label=f"component {k + 1}")
        left.plot(_PLACES, found.observed_loadings[k], "o", color=colour, mec=look.INK, ms=4.5)
    left.axhline(0.0, color=look.GREY, lw=0.7)
    left.set_title("Components: lines generated, dots 1990–2026")
    left.legend(loc="best", fontsize=8.5)
    for (low, high), width in ((((0), (-1)), 3.0), ((1, -2), 8.0)):
        right.vlines(_PLACES, found.simulated[low], found.simulated[high], color=look.BLUE, lw=width, alpha=0.45)
    for row in found.observed:
        right.plot(_PLACES, row, "_", color=look.INK, ms=11, mew=1.3)
    right.set_title(f"Moves over {found.horizon} days, bp")
    for axes in (left, right):
        _tenors(axes)
    return figure


def extremes(fits: Sequence[tuple[str, Array, Array, float]]) -> Figure:
    """Exceedances against quantiles of the fitted distribution; each fit is title, observed, fitted and shape."""
    rows = -(-len(fits) // 3)
    figure = Figure(figsize=(8.0, 2.6 * rows), layout="constrained")
    for axes, (title, observed, fitted, shape) in zip(figure.subplots(rows, 3).flat, fits, strict=True):
        most = max(observed[-1], fitted[-1])
        axes.plot([0.0, most], [0.0, most], color=look.GREY, lw=0.9)
        axes.plot(fitted, observed, ".", color=look.BLUE, ms=3.5)
        axes.set_title(f"{title}, shape {shape:+.2f}".replace("-", "−"), fontsize=9)
    figure.supxlabel("quantile of the fitted distribution, standard deviations beyond the threshold", fontsize=9.5)
    figure.supylabel("observed", fontsize=9.5)
    return figure


def margins(check: MarginCheck) -> Figure:
    """CME's margin and the model's, each over its mean, for six contracts."""
    figure = Figure(figsize=(8.0, 4.6), layout="constrained")
    panels = figure.subplots(2, 3, sharey=True)
    for axes, code in zip(panels.flat, check.asked, strict=True):
        axes.step(check.asked[code].index, check.asked[code], color=look.INK, lw=1.1, where="post", label="CME")
        axes.step(check.model[code].index, check.model[code], color=look.GREEN, lw=1.1, where="post", label="model")
        axes.set_title(code)
        axes.tick_params(axis="x", labelsize=8)
        days = pd.DatetimeIndex(check.asked[code].index)
        first, last = days[0].year, days[-1].year
        years = range(first + first % 2, last + 1, 4 if last - first > 8 else 2)
        axes.set_xticks([np.datetime64(str(year)) for year in years], [str(year) for year in years])
    panels[0, 0].legend(loc="upper right", fontsize=8.5)
    figure.supylabel("multiple of its own mean", fontsize=9.5)
    return figure


def impulse(drawn: Paths, profile: Array) -> Figure:
    """Shape of the shock on its first day, and the remaining shock, repo and margin by day."""
    figure, (top, middle, bottom, last) = look.new_figure(7.0, 4, (1.3, 1.0, 0.8, 0.8), shared=False)
    top.bar(_PLACES, 1e4 * profile, 0.6, color=look.BLUE)
    top.axhline(0.0, color=look.INK, lw=0.8)
    _tenors(top)
    top.set_title("Shock on its first day, bp")
    days = np.arange(drawn.changes.shape[1] + 1)
    levels = 1e4 * drawn.levels(np.zeros(len(TENOR_NAMES)))[0]
    for name, colour in (
        ("2y", TENOR["2y"].light),
        ("7y", look.ORANGE),
        ("10y", TENOR["10y"].light),
        ("30y", TENOR["30y"].light),
    ):
        middle.step(days, levels[:, TENOR_NAMES.index(name)], where="post", color=colour, label=name)
    middle.set_title("Yields since the start, bp")
    look.legend_above(middle, 4)
    bottom.step(days, np.append(1.0, drawn.margin_multiple[0]), where="post", color=look.GREEN)
    bottom.set_title("Initial margin, multiple of the starting margin")
    last.step(days, np.append(0.0, 1e4 * drawn.repo_spread[0]), where="post", color=look.ORANGE)
    last.set_title("Repo over the rate of the day, bp")
    last.set_xlabel("business days")
    for axes in (middle, bottom, last):
        axes.set_xlim(0, days[-1])
    return figure
