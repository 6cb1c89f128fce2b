"""Standardised innovations of a day [count, k]: bootstrapped, with jumps, or with extreme-value tails."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from basis_data.shocks.components import products

Array = NDArray[np.float64]

TAIL = 0.05
"""Share of days in each tail to which the extreme-value distribution is fitted, after McNeil and Frey (2000)."""
MOST_SHAPE = 0.49
_ROUNDS = 200


class Innovations(Protocol):
    """A distribution of daily innovations, each component with variance about 1."""

    def draw(self, random: np.random.Generator, count: int) -> Array:
        """Draw days [count, k]."""


@dataclass(frozen=True)
class Bootstrapped:
    """Whole days of history, drawn with equal probability: innovations of a day stay together."""

    days: Array
    """[n, k] standardised."""

    def draw(self, random: np.random.Generator, count: int) -> Array:
        """Draw days [count, k]."""
        return self.days[random.integers(0, len(self.days), count)]


@dataclass(frozen=True)
class Jumps:
    """Gaussian days, and days with an additional jump of all components, small or large (Merton 1976, GARCH scale)."""

    shares: Array
    """[s] share of calm days, of days with a jump, of days with a large jump."""
    covariances: Array
    """[s, k, k] of each kind of day."""
    roots: Array
    """[s, k, k] their lower Cholesky factors."""

    def draw(self, random: np.random.Generator, count: int) -> Array:
        """Draw days [count, k]."""
        kind = np.searchsorted(np.cumsum(self.shares[:-1]), random.random(count), side="right")
        normals = random.standard_normal((count, self.roots.shape[-1]))
        return np.asarray(np.einsum("pj,pkj->pk", normals, self.roots[kind]))


@dataclass(frozen=True)
class Extremes:
    """Bootstrapped days with tails drawn from a distribution: history sets when a component is extreme, not how far.

    Exceedances over a threshold follow a generalised Pareto distribution; [2, k] for lower and upper tails.
    """

    days: Array
    """[n, k] standardised."""
    threshold: Array
    """[2, k] positive; for lower tails, of the negative values."""
    shape: Array
    """[2, k]"""
    scale: Array
    """[2, k]"""

    def draw(self, random: np.random.Generator, count: int) -> Array:
        """Draw days [count, k]."""
        drawn = self.days[random.integers(0, len(self.days), count)]
        uniforms = random.random(drawn.shape)
        row, column = np.nonzero((drawn > self.threshold[1]) | (drawn < -self.threshold[0]))
        side = (drawn[row, column] > 0.0).astype(np.int64)
        beyond = pareto(uniforms[row, column], self.shape[side, column], self.scale[side, column])
        drawn[row, column] = np.where(side == 1, 1.0, -1.0) * (self.threshold[side, column] + beyond)
        return drawn


def pareto(uniforms: Array, shape: Array, scale: Array) -> Array:
    """Generalised Pareto sizes for uniforms in [0, 1): scale ((1 - u)^-shape - 1) / shape."""
    exponential = -np.log1p(-uniforms)
    safe = np.where(np.abs(shape) < 1e-9, 1.0, shape)
    return np.asarray(scale * np.where(safe == shape, np.expm1(safe * exponential) / safe, exponential))


def fit_jumps(days: Array, kinds: int = 3) -> Jumps:
    """Fit to standardised days [n, k] a mixture of zero-mean normals, by expectation and maximisation.

    The start puts the largest 1% of days in the last kind and the rest of the largest 10% in the kind before.
    """
    order = (days**2).sum(axis=1).argsort().argsort() / len(days)
    first = np.searchsorted([0.9, 0.99][: kinds - 1], order, side="right")
    weights = 0.02 + 0.94 * np.eye(kinds)[first]
    for _ in range(_ROUNDS):
        covariances = np.array([weighted_covariance(days, weight) for weight in weights.T])
        logs = np.log(weights.mean(axis=0)) + np.column_stack([log_density(days, of_kind) for of_kind in covariances])
        before, weights = weights, np.exp(logs - np.logaddexp.reduce(logs, axis=1)[:, None])
        if np.abs(weights - before).max() < 1e-6:
            break
    return Jumps(weights.mean(axis=0), covariances, np.linalg.cholesky(covariances))


def fit_tails(days: Array) -> Extremes:
    """Fit a generalised Pareto distribution to each tail of standardised days [n, k] by maximum likelihood."""
    fits = np.array([[fit_tail(sign * column) for column in days.T] for sign in (-1.0, 1.0)])
    return Extremes(days, fits[..., 0], fits[..., 1], fits[..., 2])


def fit_tail(values: Array) -> tuple[float, float, float]:
    """Fit exceedances of values [n] over their 95% quantile: threshold, shape (below 1/2: finite variance), scale."""
    from scipy.stats import genpareto  # takes 0.6 s to import, which other generators do not need

    threshold = float(np.quantile(values, 1 - TAIL))
    exceedances = values[values > threshold] - threshold
    shape, _, scale = genpareto.fit(exceedances, floc=0.0)
    if shape > MOST_SHAPE:
        shape, _, scale = genpareto.fit(exceedances, f0=MOST_SHAPE, floc=0.0)
    return threshold, float(shape), float(scale)


def weighted_covariance(days: Array, weight: Array) -> Array:
    """Covariance about zero of days [n, k] with weights [n]: [k, k]."""
    return products(days * weight[:, None], days) / float(weight.sum())


def log_density(days: Array, covariance: Array) -> Array:
    """Log density [n] of a zero-mean normal at each day [n, k], without its constant."""
    root = np.linalg.cholesky(covariance)
    whitened = np.einsum("nk,jk->nj", days, np.linalg.inv(root))
    return np.asarray(-0.5 * (whitened**2).sum(axis=1) - np.log(np.diag(root)).sum())
