"""Samplers: fitted generators that draw curve changes for blocks of paths, a day at a time."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from basis_data.shocks.innovations import Innovations

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


class Sampler(Protocol):
    """A fitted generator."""

    def draw(self, random: np.random.Generator, changes: Array) -> Integers | None:
        """Fill curve changes [count, days, 11], decimal.

        All random numbers of a day are drawn before those of the next, so that fewer days are the first of more days.
        Returns the row of history after which each path begins [count], which sets its first volatility; None where
        that is the average.
        """


@dataclass(frozen=True)
class BlockBootstrap:
    """Runs of whole days of history of random length; the next run begins on a day of similar volatility.

    This is the stationary bootstrap (Politis and Romano 1994) with matched joints (Carlstein, Do, Hall, Hesterberg and
    Künsch 1998). The last day of history is followed by the first, and a joint picks each day of the same cell with
    equal probability: both keep all days equally likely, so that moments and covariances are those of history for any
    length of runs.
    """

    changes: Array
    """[n, 11] of history."""
    run_days: float
    """Mean length of a run."""
    cell: Integers
    """[n] cell of each day; days of a cell have similar volatility."""
    members: Integers
    """[n] days ordered by cell."""
    first: Integers
    """[cells + 1] position in `members` of the first day of each cell."""

    def draw(self, random: np.random.Generator, changes: Array) -> Integers:
        """See `Sampler.draw`."""
        count, days, _ = changes.shape
        start: Integers = np.asarray(random.integers(0, len(self.changes), count))
        today: Integers = start
        for day in range(days):
            joint = random.random((2, count))
            cell = self.cell[today]
            size = self.first[cell + 1] - self.first[cell]
            alike = self.members[self.first[cell] + (joint[1] * size).astype(np.int64)]
            today = (np.where(joint[0] * self.run_days < 1.0, alike, today) + 1) % len(self.changes)
            changes[:, day] = self.changes[today]
        return start


@dataclass(frozen=True)
class FactorPaths:
    """Components of the curve, each with its own GARCH variance, with joint innovations."""

    loadings: Array
    """[k, 11]"""
    constant: Array
    """[k] v (1 - a - b)."""
    reaction: Array
    """[k] a."""
    memory: Array
    """[k] b."""
    variances: Array
    """[n, k] after each day of history."""
    innovations: Innovations

    def draw(self, random: np.random.Generator, changes: Array) -> Integers:
        """See `Sampler.draw`."""
        count, days, _ = changes.shape
        start: Integers = np.asarray(random.integers(0, len(self.variances), count))
        variance = self.variances[start]
        for day in range(days):
            scores = np.sqrt(variance) * self.innovations.draw(random, count)
            # Not `@`: a linear-algebra library may sum in an order that depends on its threads, which changes bytes.
            np.einsum("pk,kt->pt", scores, self.loadings, out=changes[:, day])
            variance = self.constant + self.reaction * scores**2 + self.memory * variance
        return start


@dataclass(frozen=True)
class Impulse:
    """The same shock on every path: it arrives on a day and decays."""

    profile: Array
    """[11] shock on its day, decimal."""
    day: int
    """Day of the path, from 1."""
    kept: float
    """Share of the shock left a day later; 1: it lasts."""

    def draw(self, random: np.random.Generator, changes: Array) -> None:
        """See `Sampler.draw`; nothing is random."""
        since = np.arange(1, changes.shape[1] + 1) - self.day
        level = np.where(since >= 0, self.kept ** np.maximum(since, 0), 0.0)
        changes[:] = np.diff(level, prepend=0.0)[:, None] * self.profile
