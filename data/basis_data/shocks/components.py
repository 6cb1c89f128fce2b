"""Principal components of daily par-curve changes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Components:
    """All components of changes in k tenors, largest first; change of a day = its scores x `loadings`."""

    loadings: Array
    """[k, k] a component per row, of unit length, with its largest entry positive."""
    variance: Array
    """[k] of the scores, decimal squared."""
    scores: Array
    """[n, k] of each day."""

    @property
    def explained(self) -> Array:
        """Share of total variance [k]."""
        return np.asarray(self.variance / self.variance.sum())


def components(changes: Array) -> Components:
    """Compute components of changes [n, k] about zero: the daily mean is 1% of the spread and no forecast.

    Generators use all components, because bills have their own shocks, which three components omit (Litterman and
    Scheinkman 1991 used bonds only).
    """
    variance, vectors = np.linalg.eigh(products(changes, changes) / len(changes))
    order = np.argsort(variance)[::-1]
    loadings = vectors[:, order].T
    peaks = loadings[np.arange(len(loadings)), np.abs(loadings).argmax(axis=1)]
    loadings = loadings * np.sign(peaks)[:, None]
    return Components(loadings, variance[order], np.einsum("nt,kt->nk", changes, loadings))


def products(left: Array, right: Array) -> Array:
    """Sum over days the products of columns of left [n, i] and right [n, j]: [i, j].

    Not `@`: over thousands of days a linear-algebra library may sum in an order that depends on its threads, and fits
    would then differ in their last digits between machines.
    """
    return np.asarray(np.einsum("ni,nj->ij", left, right))
