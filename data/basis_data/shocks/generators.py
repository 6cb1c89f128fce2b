"""Generators of synthetic shocks: settings of each, and its fit to history."""

from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import AfterValidator, Field

from basis_data.shocks.components import Components, components
from basis_data.shocks.garch import Garch
from basis_data.shocks.garch import fit as fit_garch
from basis_data.shocks.history import BILLS, History, turbulence
from basis_data.shocks.innovations import Bootstrapped, Innovations, fit_jumps, fit_tails
from basis_data.shocks.samplers import BlockBootstrap, FactorPaths, Impulse, Sampler
from basis_data.shocks.statistics import TENOR_NAMES
from basis_data.tables.fields import StrictModel
from basis_data.tables.layouts import TENOR_YEARS
from basis_data.tables.validation import did_you_mean, validated
from basis_engine.base.errors import InputError

Array = NDArray[np.float64]

SHAPES: dict[str, dict[str, float]] = {
    "parallel": {"10y": 1.0},
    "steepener": {"2y": -0.5, "30y": 0.5},
    "butterfly": {"2y": -0.5, "7y": 0.5, "30y": -0.5},
}
"""Multiple of the size by tenor: linear in the logarithm of the tenor, constant beyond the last."""

VOLATILITY_DECAY = 0.97
"""Weight of the day before in the volatility that matches joined runs, RiskMetrics' monthly value."""


def _known_shape(given: dict[str, float] | str) -> dict[str, float]:
    """Resolve a named shape; check multiples by tenor."""
    if isinstance(given, str):
        if given not in SHAPES:
            raise ValueError(f"{', '.join(SHAPES)}{did_you_mean(given, SHAPES)}, or multiples by tenor")
        return SHAPES[given]
    if not given or set(given) - set(TENOR_NAMES):
        raise ValueError(f"multiples by tenor, of {', '.join(TENOR_NAMES)}")
    return given


class Generator(StrictModel):
    """Settings of a generator; `fit` returns a sampler."""

    title: ClassVar[str]
    story: ClassVar[str]
    noisy: ClassVar[bool] = True
    """Whether repo has its own shocks in addition to its response to the curve."""

    def fit(self, past: History) -> Sampler:
        """Fit to history."""
        raise NotImplementedError


class ImpulseShock(Generator):
    """A shock on a given day, the same on every path."""

    title = "One shock of a given shape"
    story = "The curve moves by its size times its shape on one day; each day after, a share of it is left."
    noisy = False

    shape: Annotated[dict[str, float] | str, AfterValidator(_known_shape)] = "parallel"
    """Name of a shape, or basis points per basis point by tenor."""
    size_bp: float = Field(default=100.0, ge=-2000, le=2000, title="basis points")
    """Size of the shock at full weight."""
    day: int = Field(default=1, ge=1, le=10_000, title="day of the path, the first is 1")
    """Day on which it comes."""
    kept: float = Field(default=1.0, ge=0, le=1, title="share left a day later, 1 lasts")
    """What is left of it on each following day."""

    def profile(self) -> Array:
        """Shock of each tenor on its day, decimal [11]."""
        shape = _known_shape(self.shape)
        years = np.array([TENOR_YEARS[f"y_{name}_pct"] for name in TENOR_NAMES])
        given = sorted((TENOR_YEARS[f"y_{name}_pct"], multiple) for name, multiple in shape.items())
        multiples = np.interp(np.log(years), np.log([year for year, _ in given]), [multiple for _, multiple in given])
        return np.asarray(self.size_bp / 1e4 * multiples)

    def fit(self, past: History) -> Sampler:
        """Return the shock; nothing is fitted."""
        return Impulse(self.profile(), self.day, self.kept)


class ParallelShock(ImpulseShock):
    """All yields move by the same amount."""

    title = "Parallel shock"
    story = "All yields move by as much on one day."


class SteepenerShock(ImpulseShock):
    """Long yields rise, short yields fall."""

    title = "Steepener"
    story = "The gap from 2 to 30 years widens on one day, half up at 30 years, half down at 2 and below."
    shape: Annotated[dict[str, float] | str, AfterValidator(_known_shape)] = "steepener"
    """Name of a shape, or its weight by tenor."""


class ButterflyShock(ImpulseShock):
    """The belly rises, both wings fall."""

    title = "Butterfly"
    story = "The 7-year yield rises against the 2- and the 30-year on one day, half up, half down."
    shape: Annotated[dict[str, float] | str, AfterValidator(_known_shape)] = "butterfly"
    """Name of a shape, or its weight by tenor."""


class Bootstrap(Generator):
    """Runs of observed days."""

    title = "Block bootstrap of whole days"
    story = "Runs of real days since 1990, joined where the volatility of bills and of bonds was alike."

    run_days: float = Field(default=40.0, ge=1, le=2000, title="mean business days of a run")
    """Length of the runs of real days that are joined."""
    volatility_classes: int = Field(
        default=5, ge=1, le=20, title="classes of bills' and of bonds' volatility, 1 is any"
    )
    """How finely days are matched by volatility where runs are joined."""

    def fit(self, past: History) -> BlockBootstrap:
        """Sort days into cells of similar volatility of bills and of bonds."""
        scale, tenors = past.changes.std(axis=0), (slice(None, BILLS), slice(BILLS, None))
        classes = [
            turbulence(past.changes[:, some], scale[some], VOLATILITY_DECAY).argsort().argsort()
            * self.volatility_classes
            // len(past.changes)
            for some in tenors
        ]
        cell = np.unique(classes[0] * self.volatility_classes + classes[1], return_inverse=True)[1]
        members = np.argsort(cell, kind="stable")
        first = np.searchsorted(cell[members], np.arange(cell.max() + 2))
        return BlockBootstrap(past.changes, self.run_days, cell, members, first)


class Factors(Generator):
    """Principal components with GARCH variances; a subclass chooses the distribution of innovations."""

    def law(self, days: Array) -> Innovations:
        """Fit the distribution of innovations to standardised days [n, 11]."""
        return Bootstrapped(days)

    def fit(self, past: History) -> FactorPaths:
        """Fit components, their variances, and the distribution of innovations."""
        factors, fits = factor_variances(past)
        after = np.column_stack(
            [fit.target * (1 - fit.reaction - fit.memory) + fit.reaction * factors.scores[:, k] ** 2
             + fit.memory * fit.variances for k, fit in enumerate(fits)]
        )  # fmt: skip
        return FactorPaths(
            factors.loadings,
            np.array([fit.target * (1 - fit.reaction - fit.memory) for fit in fits]),
            np.array([fit.reaction for fit in fits]),
            np.array([fit.memory for fit in fits]),
            after,
            self.law(standardised(factors, fits)),
        )


class GarchFactors(Factors):
    """Bootstrapped innovations."""

    title = "Principal components with GARCH variances"
    story = (
        "Eleven principal components, each with a GARCH(1,1) variance; the standardised surprises of whole days are "
        "drawn from history (filtered historical simulation, Barone-Adesi, Giannopoulos and Vosper 1999)."
    )


class JumpFactors(Factors):
    """Gaussian innovations with jumps."""

    title = "Jump-diffusion of principal components"
    story = "Components diffuse with GARCH variances and jump together, a little or far, both in units of that day's."

    def law(self, days: Array) -> Innovations:
        """Fit calm days, jumps and large jumps."""
        return fit_jumps(days)


class TailFactors(Factors):
    """Innovations with extreme-value tails."""

    title = "Extreme-value tails on principal components"
    story = (
        "As garch, but surprises beyond 5% on either side are drawn from a generalised Pareto law fitted to them, so "
        "that a day worse than any seen can come (McNeil and Frey 2000)."
    )

    def law(self, days: Array) -> Innovations:
        """Fit both tails of each component."""
        return fit_tails(days)


GENERATORS: dict[str, type[Generator]] = {
    "parallel": ParallelShock,
    "steepener": SteepenerShock,
    "butterfly": ButterflyShock,
    "impulse": ImpulseShock,
    "bootstrap": Bootstrap,
    "garch": GarchFactors,
    "jumps": JumpFactors,
    "tails": TailFactors,
}


def generator(name: str, **settings: Any) -> Generator:
    """Build a generator with checked settings.

    Raises
    ------
    InputError
        If there is no such generator, or a setting is wrong.
    """
    if name not in GENERATORS:
        raise InputError(
            f"shocks {name!r}: unknown{did_you_mean(name, GENERATORS)}; allowed are {', '.join(GENERATORS)}"
        )
    return validated(GENERATORS[name], settings, f"shocks {name}")


def shocks() -> pd.DataFrame:
    """List the generators: `name`, `title`, `story`, `settings`."""
    rows = []
    for name, kind in GENERATORS.items():
        settings = [f"{setting}={field.default!r} ({field.title})" if field.title else f"{setting}={field.default!r}"
                    for setting, field in kind.model_fields.items()]  # fmt: skip
        rows.append([name, kind.title, kind.story, ", ".join(settings) or "none"])
    return pd.DataFrame(rows, columns=["name", "title", "story", "settings"])


def factor_variances(past: History) -> tuple[Components, list[Garch]]:
    """Compute the components of history and fit the variance of each."""
    factors = components(past.changes)
    return factors, [fit_garch(column) for column in factors.scores.T]


def standardised(factors: Components, fits: list[Garch]) -> Array:
    """Innovations in units of the day's own volatility [n, k], of variance 1."""
    days = factors.scores / np.sqrt(np.column_stack([fit.variances for fit in fits]))
    return np.asarray(days / np.sqrt((days**2).mean(axis=0)))
