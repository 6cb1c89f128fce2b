"""GARCH(1,1) with variance targeting.

h' = v (1 - a - b) + a x^2 + b h, with v the mean square of the series; a and b maximise the Gaussian quasi-likelihood,
which is consistent for any innovations (Bollerslev 1986; Francq, Horváth and Zakoïan 2011 for the targeting).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MOST_PERSISTENCE = 0.995
"""Maximum of a + b: an innovation's effect halves within 140 days, so that simulated variances stay bounded."""
_STARTS = ((0.05, 0.94), (0.15, 0.80))


@dataclass(frozen=True)
class Garch:
    """A fitted process, and the variances of the days to which it was fitted."""

    target: float
    """v, the unconditional variance."""
    reaction: float
    """a."""
    memory: float
    """b."""
    variances: Array
    """[n] before each day."""


def variances(series: Array, target: float, reaction: float, memory: float) -> Array:
    """Variance before each day [n], starting from the unconditional variance."""
    from scipy.signal import lfilter  # scipy takes a second to import, which other generators do not need

    drive = target * (1 - reaction - memory) + reaction * np.append(target, series[:-1] ** 2)
    return np.asarray(lfilter([1.0], [1.0, -memory], drive, zi=np.array([memory * target]))[0])


def fit(series: Array) -> Garch:
    """Fit the process to a series [n] with mean zero."""
    target = float(np.mean(series**2))
    found = min((_search(series / np.sqrt(target), start) for start in _STARTS), key=lambda result: result[0])
    _, reaction, memory = found
    return Garch(target, reaction, memory, variances(series, target, reaction, memory))


def _search(unit: Array, start: tuple[float, float]) -> tuple[float, float, float]:
    """Minimise from a start, for a series of unit variance; return loss, a and b."""

    def loss(point: Array) -> float:
        h = variances(unit, 1.0, point[0], point[1])
        return float(np.mean(np.log(h) + unit**2 / h))

    from scipy.optimize import minimize  # scipy takes a second to import, which other generators do not need

    room = {"type": "ineq", "fun": lambda point: MOST_PERSISTENCE - point.sum()}
    result = minimize(loss, start, bounds=[(1e-4, 0.5), (0.0, 0.99)], constraints=[room], method="SLSQP")
    return float(result.fun), float(result.x[0]), float(result.x[1])
