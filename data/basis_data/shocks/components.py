"""Principal components of daily par-curve changes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Components:
    """All components of changes in k tenors, largest first; a day's change is its scores times `loadings`."""

    loadings: Array
    """[k, k] a component per row, of unit length, its largest entry positive."""
    variance: Array
    """[k] of the scores, decimal squared."""
    scores: Array
    """[n, k] of each day."""

    @property
    def explained(self) -> Array:
        """Share of total variance [k]."""
        return np.asarray(self.variance / self.variance.sum())


def components(changes: Array) -> Components:
    """Components of changes [n, k] about zero: over days the mean is a hundredth of the spread and not a forecast.

    Bills have shocks of their own, so that three components leave them out (Litterman and Scheinkman 1991 had bonds
    only); generators therefore use all of them.
    """
    variance, vectors = np.linalg.eigh(products(changes, changes) / len(changes))
    order = np.argsort(variance)[::-1]
    loadings = vectors[:, order].T
    peaks = loadings[np.arange(len(loadings)), np.abs(loadings).argmax(axis=1)]
    loadings = loadings * np.sign(peaks)[:, None]
    return Components(loadings, variance[order], np.einsum("nt,kt->nk", changes, loadings))


def products(left: Array, right: Array) -> Array:
    """Sums over days of products of columns of left [n, i] and right [n, j]: [i, j].

    Not `@`: over thousands of days a linear-algebra library may sum in an order that depends on its threads, and what
    is fitted would then differ in its last digits from machine to machine.
    """
    return np.asarray(np.einsum("ni,nj->ij", left, right))
