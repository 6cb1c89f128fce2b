"""Compare strategies over the same days, with paired bootstrap intervals of their differences.

Days are drawn in blocks (Politis and Romano 1992, circular), the same days for both of a pair: shocks common to both
cancel, and the days after a bad day stay with it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basis_engine.base.errors import InputError
from basis_strategies.strategy import Portfolio, Strategy
from basis_stress.multi_year.performance import DAYS
from basis_stress.multi_year.result import MULTI_YEAR_TABLES, MultiYearRun
from basis_stress.multi_year.run import run_strategies
from basis_stress.reporting.files import Content, save_tables
from basis_stress.reporting.registry import Reported, render_report

Array = NDArray[np.float64]

BLOCK_DAYS = 20
"""Business days in a block: a month, in which most calls and their aftermath fall."""


@dataclass(frozen=True, repr=False)
class Comparison(Reported):
    """Several strategies over the same days."""

    runs: tuple[MultiYearRun, ...]
    performance: pd.DataFrame
    """One row per strategy."""
    differences: pd.DataFrame
    """One row per strategy but the first: its difference from the first, with the interval."""
    draws: int
    block_days: int
    level: float

    @property
    def verdicts(self) -> list[str]:
        """A sentence per difference: better, worse, or within the range of chance."""
        return [verdict(str(name), self.runs[0].name, row, self.level) for name, row in self.differences.iterrows()]

    @property
    def caveats(self) -> list[str]:
        """Caveats on the figures, by strategy."""
        return [f"{run.name}: {caveat}" for run in self.runs for caveat in run.caveats]

    def save(self, folder: str | Path, *, report: bool = False) -> Path:
        """Write the tables as Parquet, those of each run in a folder of its own, and on request report.html.

        Raises
        ------
        InputError
            If the folder cannot be written.
        """
        tables: dict[str, Content] = {"performance": self.performance, "differences": self.differences}
        tables |= {"report.html": render_report(self)} if report else {}
        for number, run in enumerate(self.runs, 1):
            tables |= {f"strategy-{number}/{name}": getattr(run, name) for name in MULTI_YEAR_TABLES}
        return save_tables(folder, tables, replaces="strategy-*")


def compare(
    *strategies: Strategy | Portfolio,
    draws: int = 4000,
    block_days: int = BLOCK_DAYS,
    level: float = 0.9,
    seed: int = 1,
    **window: Any,
) -> Comparison:
    """Run strategies over the same days and test whether the later ones are better than the first, or lucky.

    Parameters
    ----------
    strategies
        Two or more, for instance ``bs.LongBasis()`` and ``bs.LongBasis(enter_bp=10, exit_bp=0)``.
    draws, block_days, level, seed
        Bootstrap samples, business days to a block, share of samples inside the interval, seed.
    **window
        Parameters of `run_strategy`: ``start``, ``end``, ``execution`` and the rest.

    Raises
    ------
    InputError
        If there are fewer than two strategies, two are the same, or a number is out of range.
    """
    for name, value, low, high in (
        ("draws", draws, 100, 1_000_000),
        ("block_days", block_days, 1, 500),
        ("level", level, 0.5, 0.999),
    ):
        if not low <= value <= high:
            raise InputError(f"compare, {name}: {value} given, allowed is {low} to {high}")
    names = [strategy.name for strategy in strategies]
    if len(names) < 2 or len(set(names)) < len(names):
        raise InputError(f"compare: {', '.join(names) or 'nothing'} given; give two strategies or more, each once")
    runs = run_strategies(strategies, **window)
    rows = [differ(run, runs[0], draws, block_days, level, seed) for run in runs[1:]]
    return Comparison(
        runs=tuple(runs),
        performance=pd.concat([run.performance for run in runs]),
        differences=pd.DataFrame(rows, pd.Index(names[1:], name="strategy")),
        draws=draws,
        block_days=block_days,
        level=level,
    )


def differ(
    run: MultiYearRun, other: MultiYearRun, draws: int, block_days: int, level: float, seed: int
) -> dict[str, object]:
    """One strategy less another: mean return a year and Sharpe ratio, with intervals."""
    pair = np.column_stack([years.daily["excess_return"].to_numpy()[1:] for years in (run, other)])
    samples = resampled_moments(pair, draws, block_days, seed)
    row: dict[str, object] = {}
    for name, figure in (("return", _mean_difference), ("sharpe", _sharpe_difference)):
        drawn = figure(samples)
        low, high = np.nanquantile(drawn, [(1 - level) / 2, (1 + level) / 2])
        row |= {
            f"{name}_difference": float(figure(_moments(pair)[None])[0]),
            f"{name}_low": float(low),
            f"{name}_high": float(high),
            f"{name}_share_better": float(np.nanmean(drawn > 0)),
        }
    row["correlation"] = float(np.corrcoef(pair.T)[0, 1]) if (pair.std(axis=0) > 0).all() else np.nan
    return row


def resampled_moments(pair: Array, draws: int, block_days: int, seed: int) -> Array:
    """First and second moments [draws, 4] of samples of whole blocks of days, the same days of both columns.

    Blocks wrap around the end; the last one is cut so that a sample has as many days as there are.
    """
    days = len(pair)
    sums = np.vstack([np.zeros(4), np.cumsum(np.tile(np.hstack([pair, pair * pair]), (2, 1)), axis=0)])
    blocks = -(-days // block_days)
    random = np.random.default_rng(np.random.SeedSequence(seed))
    starts = random.integers(0, days, (draws, blocks))
    length = np.full(blocks, min(block_days, days))
    length[-1] = days - block_days * (blocks - 1)
    total: Array = (sums[starts + length] - sums[starts]).sum(axis=1) / days
    return total


def _moments(pair: Array) -> Array:
    """First and second moments [4] of the days in their own order."""
    moments: Array = np.hstack([pair, pair * pair]).mean(axis=0)
    return moments


def _mean_difference(moments: Array) -> Array:
    """Difference of mean returns, per year."""
    difference: Array = (moments[:, 0] - moments[:, 1]) * DAYS
    return difference


def _sharpe_difference(moments: Array) -> Array:
    """Difference of Sharpe ratios, per year; NaN where either is constant."""
    mean, square = moments[:, :2], moments[:, 2:]
    variance = square - mean * mean
    # The variance of a constant is rounding error.
    deviation = np.sqrt(np.where(variance > 1e-12 * square, variance, np.nan))
    sharpe = np.sqrt(DAYS) * mean / deviation
    difference: Array = sharpe[:, 0] - sharpe[:, 1]
    return difference


def verdict(name: str, other: str, row: "pd.Series[Any]", level: float) -> str:
    """Describe a difference in a sentence."""
    low, high, difference = row["return_low"], row["return_high"], row["return_difference"]
    size = f"{abs(100 * difference):.2f}% a year {'more' if difference > 0 else 'less'} than {other}"
    interval = f"{level:.0%} interval {_signed(100 * low)}% to {_signed(100 * high)}%"
    if low > 0:
        return f"{name} earned {size} ({interval}): the interval lies above zero in these years."
    if high < 0:
        return f"{name} earned {size} ({interval}): the interval lies below zero in these years."
    lucky = "lucky" if difference > 0 else "unlucky"
    return f"{name} earned {size}, but may have been {lucky}: the {interval} spans zero."


def _signed(number: float) -> str:
    """A number with its sign, a true minus."""
    return f"{number:+.2f}".replace("-", "−")
