"""Generate paths: a seed gives the same bytes on any number of threads and in chunks of any size.

Paths are drawn in blocks of 256. Block b uses the streams `SeedSequence(seed, spawn_key=(b, 0 or 1))` only, and is
drawn whole even where fewer of its paths are needed. Path i is therefore path i - 256 b of block b = i // 256, whatever
the number of paths, the first path, the chunks and the threads. A block draws day by day, so that the changes over
fewer days are the first of those over more days.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from basis_data.shocks.funding import FundingTerms, margin_multiple, repo_spread
from basis_data.shocks.generators import Generator, generator
from basis_data.shocks.history import history
from basis_data.shocks.samplers import Sampler
from basis_data.tables.card import Card, as_html, as_text
from basis_data.tables.data_in_use import on_new_data
from basis_data.tables.fields import TENORS
from basis_data.tables.labelled import labelled
from basis_data.tables.layouts import TENOR_YEARS
from basis_data.tables.validation import validated
from basis_engine.base.errors import InputError

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]

BLOCK = 256
"""Paths that share a stream of random numbers; a change would change the paths of every seed."""
CHUNK = 8192
MOST_PATHS, MOST_DAYS, MOST_THREADS = 10_000_000, 20_000, 64
LOWEST_YIELD = -0.01
"""Lowest level of a simulated yield, decimal: the lowest 10-year yield of a large market so far was -0.9%."""
HIGHEST_YIELD = 0.25
"""Highest level of a simulated yield, decimal, as in a file of par yields."""


@dataclass(frozen=True, repr=False)
class Paths:
    """p paths of d business days, from a generator and a seed."""

    generator: str
    seed: int
    first: int
    """Number of the first path among all paths of the seed."""
    changes: Array
    """[p, d, 11] changes of par yields from the day before, decimal, not bounded."""
    repo_spread: Array
    """[p, d] over the repo rate of the day, decimal per year."""
    margin_multiple: Array
    """[p, d] initial margin over that of the day before the path."""

    def __len__(self) -> int:
        """Number of paths."""
        return len(self.changes)

    @property
    def tenors(self) -> tuple[str, ...]:
        """Names of the eleven tenors of a curve, 1mo to 30y."""
        return tuple(TENORS)

    def __repr__(self) -> str:
        """The paths on one line."""
        return as_text(self._card())

    def _repr_html_(self) -> str:
        """The card of a notebook."""
        return as_html(self._card())

    def _card(self) -> Card:
        """Size, seed, and how far each tenor moved by the last day."""
        moved = 1e4 * self.changes.sum(axis=1)
        levels = (1, 5, 50, 95, 99) if len(self) else ()
        rows = [[f"{q}%", *(f"{bp:+.0f}" for bp in np.nanpercentile(moved, q, axis=0)[3::2])] for q in levels]
        head = ["bp by the last day", *self.tenors[3::2]]
        text = (
            f"{len(self):,} paths of {self.changes.shape[1]} business days, seed {self.seed}, from path {self.first}."
        )
        more = "changes, repo_spread, margin_multiple, tenors, yields(start), to_xarray()"
        return Card(f"Paths of {self.generator}", [text], head, rows, more)

    def to_xarray(self) -> "xarray.Dataset":
        """The paths as an xarray Dataset: `change` by path, day and tenor, `repo_spread` and `margin_multiple`.

        Raises
        ------
        InputError
            If xarray is not installed.
        """
        by_day = ("path", "day")
        return labelled(
            {
                "change": ((*by_day, "tenor"), self.changes, "decimal"),
                "repo_spread": (by_day, self.repo_spread, "decimal per year"),
                "margin_multiple": (by_day, self.margin_multiple, "multiple of the margin before the path"),
            },
            {
                "path": np.arange(self.first, self.first + len(self)),
                "day": np.arange(1, self.changes.shape[1] + 1),
                "tenor": list(self.tenors),
            },
            f"{self.generator}, seed {self.seed}",
        )

    def part(self, first: int, last: int) -> "Paths":
        """Select paths `first` to `last`, exclusive, counted from 0."""
        chosen = slice(first, last)
        fields = self.changes[chosen], self.repo_spread[chosen], self.margin_multiple[chosen]
        return Paths(self.generator, self.seed, self.first + first, *fields)

    def levels(self, start: Array) -> Array:
        """Compute par yields [p, d + 1, 11] from a first curve [11], decimal, not bounded; NaN tenors stay NaN."""
        moves = np.cumsum(self.changes, axis=1)
        return np.asarray(start + np.concatenate([np.zeros_like(moves[:, :1]), moves], axis=1))

    def yields(self, start: Array) -> Array:
        """Compute par yields [p, d + 1, 11] from a first curve [11], decimal, clipped to -1% and 25%.

        Only the level shown is clipped, not the path: later changes add to the unclipped level. `bounded` gives the
        share of clipped levels.
        """
        return np.clip(self.levels(start), LOWEST_YIELD, HIGHEST_YIELD)

    def bounded(self, start: Array) -> float:
        """Share of days and tenors at which `yields` is clipped."""
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
        Name of a generator, see `shocks()`.
    days
        Business days of each path.
    threads
        Number of threads that draw blocks; the result does not depend on it.
    funding
        How repo and margins respond to the curve (`FundingTerms`), or some of its fields.
    settings
        Settings of the generator.

    Raises
    ------
    InputError
        If an argument is wrong; the message states what is allowed.
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
    """Generate the paths of `generate` in chunks, where all would not fit in memory.

    Parameters
    ----------
    chunk
        Paths per chunk; a multiple of 256 draws no block twice. See `generate` for the others.

    Raises
    ------
    InputError
        If an argument is wrong; the message states what is allowed.
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
    """Data shared by all blocks of a run."""

    name: str
    seed: int
    kind: Generator
    sampler: Sampler
    terms: FundingTerms


def _plan(name: str, seed: int, funding: FundingTerms | dict[str, Any] | None, settings: dict[str, Any]) -> _Plan:
    """Check the arguments and fit the generator."""
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InputError(f"seed: {seed!r} given, allowed is a whole number from 0")
    kind = generator(name, **settings)
    terms = funding if isinstance(funding, FundingTerms) else validated(FundingTerms, funding or {}, "funding")
    return _Plan(name, seed, kind, _fitted(kind.__class__, kind.model_dump_json()), terms)


@cache
def _fitted(kind: type[Generator], settings: str) -> Sampler:
    """Fit a generator to all of history, once per process."""
    return kind.model_validate_json(settings).fit(history())


on_new_data(_fitted.cache_clear)


def _drawn(plan: _Plan, first: int, count: int, days: int, threads: int) -> Paths:
    """Draw paths `first` to `first + count`, each block into its place."""
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
        place, part = slice(low - first, high - first), slice(low - block * BLOCK, high - block * BLOCK)
        whole = high - low == BLOCK
        changes = drawn.changes[place] if whole else np.empty((BLOCK, days, len(TENOR_YEARS)))
        spread, margin = _block(plan, block, changes)
        drawn.repo_spread[place], drawn.margin_multiple[place] = spread[part], margin[part]
        if not whole:
            drawn.changes[place] = changes[part]

    blocks = range(first // BLOCK, (first + count - 1) // BLOCK + 1)
    if threads == 1:
        for block in blocks:
            fill(block)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(fill, blocks))
    return drawn


def _block(plan: _Plan, block: int, changes: Array) -> tuple[Array, Array]:
    """Fill a block's curve changes [256, d, 11]; return its repo spread and margin multiple [256, d]."""
    curve, repo = (np.random.default_rng(np.random.SeedSequence(plan.seed, spawn_key=(block, k))) for k in (0, 1))
    start = plan.sampler.draw(curve, changes)
    spread = repo_spread(changes, history(), start, plan.terms, repo if plan.kind.noisy else None)
    return spread, margin_multiple(changes, history(), start, plan.terms)


def check_counts(**given: tuple[int, int]) -> None:
    """Refuse a count that is not a whole number from 1 to its maximum."""
    for name, (value, most) in given.items():
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise InputError(f"{name}: {value!r} given, allowed is a whole number from 1 to {most:,}")
