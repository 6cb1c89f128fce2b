"""The smallest joint shock that breaks a book: yields and repo move together, as likely as history makes them.

The cash-futures basis is left out, because no public series of it has days enough beside those of yields and repo.

A shock is a move of ten business days, made at once on a day and kept: three components of the curve, and the spread of
SOFR over the federal funds rate. Its size is the Mahalanobis distance, in standard deviations of such moves since 2018;
of all directions, the search keeps the one in which the book breaks nearest.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.stats import chi2

from basis_data.shocks.components import components, products
from basis_data.shocks.history import history
from basis_data.tables.layouts import TENOR_YEARS
from basis_data.tables.reader import read
from basis_engine.simulation.world import Floats
from basis_strategies.cells import unchanged
from basis_strategies.paths import PathOverrides
from basis_stress.breaking.levers import LeveredBook
from basis_stress.reporting.outcomes import UNTIL

HORIZON = 10
"""Business days of a move; two weeks, the horizon of bank capital rules (Basel 1996)."""
DIRECTIONS, SEED = 256, 1
FARTHEST, STEP = 16.0, 0.5
"""Standard deviations: end and step of the search."""
LOWEST, HIGHEST = -0.03, 0.2
"""Yields beyond which a shock is not run, decimal."""


@dataclass(frozen=True)
class JointShock:
    """The nearest joint shock that breaks a book."""

    distance: float
    """Standard deviations; infinite if none up to `FARTHEST` breaks it."""
    moves: dict[str, float]
    """Basis points, by tenor, and of repo."""
    probability: float
    """Of a move at least as far in ten days, if moves were normal with history's covariance."""
    historic_share: float
    """Of the ten-day windows since 2018 that were at least as far: tails are fatter than normal."""

    def __str__(self) -> str:
        """The shock in a sentence."""
        if not np.isfinite(self.distance):
            return (
                f"No joint shock of yields and repo up to {FARTHEST:g} standard deviations of ten days breaks it "
                "(the basis has no public daily history to join)."
            )
        moves = ", ".join(f"{name} {move:+.0f} bp" for name, move in self.moves.items())
        return (
            f"Nearest joint shock, kept from the second day: {moves}; {self.distance:.1f} standard deviations of ten "
            f"days. Since 2018, {self.historic_share:.1%} of windows were at least as far; were moves normal, "
            f"{self.probability:.1g}."
        )


@cache
def _ten_day_moves() -> tuple[Floats, Floats, Floats]:
    """Ten-day moves since 2018 [n, 4] of three components and repo; their loadings [3, 11]; covariance [4, 4]."""
    rows = read("repo").dropna(subset=["effr_pct"])
    spread = (rows["sofr_pct"] - rows["effr_pct"]).to_numpy(np.float64) / 100
    days = rows["date"].to_numpy().astype("datetime64[D]")
    known = history()
    shared = np.intersect1d(known.dates, days)
    daily = known.changes[np.searchsorted(known.dates, shared)]
    total = np.cumsum(daily, axis=0)
    moves = total[HORIZON:] - total[:-HORIZON]
    at = spread[np.searchsorted(days, shared)]
    loadings = components(moves).loadings[:3]
    sample = np.column_stack([np.einsum("nt,kt->nk", moves, loadings), at[HORIZON:] - at[:-HORIZON]])
    return sample, loadings, products(sample, sample) / len(sample)


def joint_shock(of: LeveredBook, until: str) -> JointShock:
    """Find the joint shock nearest to no move that brings a book to an outcome, or a worse one."""
    sample, loadings, covariance = _ten_day_moves()
    root = np.linalg.cholesky(covariance)
    drawn = np.random.default_rng(SEED).standard_normal((DIRECTIONS, 4))
    directions = np.vstack([np.eye(4), -np.eye(4), drawn / np.linalg.norm(drawn, axis=1, keepdims=True)])
    radii = np.arange(STEP, FARTHEST + STEP / 2, STEP)
    far_away = _broken(of, until, (radii[:, None, None] * directions).reshape(-1, 4) @ root.T, loadings)
    broken = far_away.reshape(len(radii), len(directions))
    if not broken.any():
        return JointShock(float("inf"), {}, 0.0, 0.0)
    first = np.where(broken.any(axis=0), broken.argmax(axis=0), len(radii))
    nearest = directions[first == first.min()]
    fine = radii[first.min()] - STEP + np.arange(1, 21) * STEP / 20
    near = _broken(of, until, (fine[:, None, None] * nearest).reshape(-1, 4) @ root.T, loadings)
    found = near.reshape(len(fine), len(nearest))
    row = int(found.any(axis=1).argmax())
    distance, shock = float(fine[row]), fine[row] * root @ nearest[int(found[row].argmax())]
    inverse = np.linalg.inv(covariance)
    far = np.sqrt(np.einsum("ni,ij,nj->n", sample, inverse, sample))
    curve = shock[:3] @ loadings
    tenors = dict(zip((name.removeprefix("y_").removesuffix("_pct") for name in TENOR_YEARS), curve, strict=True))
    moves = {name: 1e4 * float(tenors[name]) for name in ("2y", "5y", "10y", "30y")} | {"repo": 1e4 * float(shock[3])}
    return JointShock(distance, moves, float(chi2.sf(distance**2, 4)), float((far >= distance).mean()))


def _broken(
    of: LeveredBook, until: str, shocks: Floats, loadings: Floats
) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Whether each shock [s, 4] breaks the book; shocks to yields out of range are left out."""
    data = of.book.market.data
    yields = (
        data.curves.par_yields[None]
        + np.where(np.arange(len(data.dates)) > 0, 1.0, 0.0)[None, :, None] * (shocks[:, :3] @ loadings)[:, None, :]
    )
    inside = np.flatnonzero(((yields > LOWEST) & (yields < HIGHEST) | np.isnan(yields)).all(axis=(1, 2)))
    repo = np.repeat(data.repo_rate[None], len(shocks), 0)
    repo[:, 1:] += shocks[:, 3:]
    broken = np.zeros(len(shocks), np.bool_)
    for start in range(0, len(inside), 2048):
        rows = inside[start : start + 2048]
        outcomes = of.book.outcomes(PathOverrides(par_yields=yields[rows], repo_rate=repo[rows]), unchanged(1))
        broken[rows] = outcomes["outcome"][:, 0] >= UNTIL[until]
    return broken
