"""Generate paths: the same bytes from the same seed, however many threads draw them and however they are cut.

Paths are drawn in blocks of 256. Block b draws from `SeedSequence(seed, spawn_key=(b,))` and from nothing else, whole
even where fewer of its paths are wanted. Path i is therefore path i - 256 b of block b = i // 256 whatever was asked
for besides: how many paths, from which one on, in how many chunks, on how many threads. A block draws day by day, so
that curve changes over fewer days are the first of those over more.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from basis_data.shocks.funding import FundingTerms, margin_multiple, repo_spread
from basis_data.shocks.generators import Generator, generator
from basis_data.shocks.history import history
from basis_data.shocks.samplers import Sampler
from basis_data.tables.layouts import TENOR_YEARS
from basis_data.tables.validation import validated
from basis_engine.base.errors import InputError

Array = NDArray[np.float64]

BLOCK = 256
"""Paths that share a stream of random numbers; part of what a seed means, so never to be tuned."""
CHUNK = 8192
MOST_PATHS, MOST_DAYS, MOST_THREADS = 10_000_000, 20_000, 64
LOWEST_YIELD = -0.01
"""Lowest level of a simulated yield, decimal: the lowest ten-year of a large market so far was -0.9%."""
HIGHEST_YIELD = 0.25
"""Highest level of a simulated yield, decimal: more is refused in a file of par yields too."""


@dataclass(frozen=True)
class Paths:
    """p paths of d business days, from a generator and a seed."""

    generator: str
    seed: int
    first: int
    """Number of the first path here among all of its seed."""
    changes: Array
    """[p, d, 11] of par yields from the day before, decimal, never cut."""
    repo_spread: Array
    """[p, d] over the repo rate of the day, decimal per year."""
    margin_multiple: Array
    """[p, d] initial margin over that of the day before the path."""

    def __len__(self) -> int:
        """Number of paths."""
        return len(self.changes)

    def part(self, first: int, last: int) -> "Paths":
        """The paths from one number up to another, counted from 0 here."""
        there = slice(first, last)
        fields = self.changes[there], self.repo_spread[there], self.margin_multiple[there]
        return Paths(self.generator, self.seed, self.first + first, *fields)

    def levels(self, start: Array) -> Array:
        """Par yields [p, d + 1, 11] from a curve [11] on, decimal, before any bound; NaN tenors stay NaN."""
        moves = np.cumsum(self.changes, axis=1)
        return np.asarray(start + np.concatenate([np.zeros_like(moves[:, :1]), moves], axis=1))

    def yields(self, start: Array) -> Array:
        """Par yields [p, d + 1, 11] from a curve [11] on, decimal, between -1% and 25%.

        A level beyond is shown at the bound, while the path beneath moves on: a later rise of as much brings it back
        to where it would have been, and paths inside the bounds are not touched. `bounded` says how often.
        """
        return np.clip(self.levels(start), LOWEST_YIELD, HIGHEST_YIELD)

    def bounded(self, start: Array) -> float:
        """Share of days and tenors at which `yields` stands at a bound."""
        levels = self.levels(start)[:, 1:]
        return float(((levels < LOWEST_YIELD) | (levels > HIGHEST_YIELD)).mean())


def generate(
    name: str,
    paths: int = 1000,
    days: int = 60,
    seed: int = 0,
    threads: int = 1,
    funding: FundingTerms | dict[str, Any] | None = None,
    **settings: Any,
) -> Paths:
    """Generate paths of the par curve, of repo and of margins.

    Parameters
    ----------
    name
        A generator, see `shocks()`.
    days
        Business days of each path.
    threads
        That draw blocks at the same time; the result does not depend on it.
    funding
        How repo and margins answer (`FundingTerms`), or some of its fields.
    settings
        Of the generator.

    Raises
    ------
    InputError
        Naming the argument that is wrong, and what is allowed.
    """
    check_counts(paths=(paths, MOST_PATHS), days=(days, MOST_DAYS), threads=(threads, MOST_THREADS))
    return _drawn(_plan(name, seed, funding, settings), 0, paths, days, threads)


def chunks(
    name: str,
    paths: int = 1000,
    days: int = 60,
    seed: int = 0,
    threads: int = 1,
    chunk: int = CHUNK,
    funding: FundingTerms | dict[str, Any] | None = None,
    **settings: Any,
) -> Iterator[Paths]:
    """Generate the paths of `generate` so many at a time, for when all would not fit in memory.

    Parameters
    ----------
    chunk
        Paths at a time; a multiple of 256 draws none twice. See `generate` for the rest.

    Raises
    ------
    InputError
        Naming the argument that is wrong, and what is allowed.
    """
    check_counts(
        paths=(paths, MOST_PATHS), days=(days, MOST_DAYS), threads=(threads, MOST_THREADS), chunk=(chunk, paths)
    )
    plan = _plan(name, seed, funding, settings)
    return (
        _drawn(plan, first, min(chunk, paths - first), days, threads) for first in range(0, paths, min(chunk, paths))
    )


@dataclass(frozen=True)
class _Plan:
    """What all blocks of a run share."""

    name: str
    seed: int
    kind: Generator
    sampler: Sampler
    terms: FundingTerms


def _plan(name: str, seed: int, funding: FundingTerms | dict[str, Any] | None, settings: dict[str, Any]) -> _Plan:
    """Check what was given and fit the generator."""
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InputError(f"seed: {seed!r} given, allowed is a whole number from 0")
    kind = generator(name, **settings)
    terms = funding if isinstance(funding, FundingTerms) else validated(FundingTerms, funding or {}, "funding")
    return _Plan(name, seed, kind, _fitted(kind.__class__, kind.model_dump_json()), terms)


@cache
def _fitted(kind: type[Generator], settings: str) -> Sampler:
    """Fit to all of history once per process."""
    return kind.model_validate_json(settings).fit(history())


def _drawn(plan: _Plan, first: int, count: int, days: int, threads: int) -> Paths:
    """Draw paths `first` to `first + count`, each block straight into its place."""
    drawn = Paths(
        plan.name,
        plan.seed,
        first,
        np.empty((count, days, len(TENOR_YEARS))),
        np.empty((count, days)),
        np.empty((count, days)),
    )

    def fill(block: int) -> None:
        low, high = max(block * BLOCK, first), min((block + 1) * BLOCK, first + count)
        there, here = slice(low - first, high - first), slice(low - block * BLOCK, high - block * BLOCK)
        whole = high - low == BLOCK
        changes = drawn.changes[there] if whole else np.empty((BLOCK, days, len(TENOR_YEARS)))
        drawn.repo_spread[there], drawn.margin_multiple[there] = (one[here] for one in _block(plan, block, changes))
        if not whole:
            drawn.changes[there] = changes[here]

    blocks = range(first // BLOCK, (first + count - 1) // BLOCK + 1)
    if threads == 1:
        for block in blocks:
            fill(block)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(fill, blocks))
    return drawn


def _block(plan: _Plan, block: int, changes: Array) -> tuple[Array, Array]:
    """Fill a block's curve changes [256, d, 11]; its repo spread and margin multiple [256, d]."""
    curve, repo = (np.random.default_rng(np.random.SeedSequence(plan.seed, spawn_key=(block, k))) for k in (0, 1))
    start = plan.sampler.draw(curve, changes)
    spread = repo_spread(changes, history(), start, plan.terms, repo if plan.kind.noisy else None)
    return spread, margin_multiple(changes, history(), start, plan.terms)


def check_counts(**given: tuple[int, int]) -> None:
    """Refuse a count that is not a whole number from 1 to its most."""
    for name, (value, most) in given.items():
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise InputError(f"{name}: {value!r} given, allowed is a whole number from 1 to {most:,}")
