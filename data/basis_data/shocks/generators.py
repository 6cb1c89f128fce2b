"""The generators: what a user may set of each, and how each is fitted to history."""

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
from basis_data.tables.fields import Part
from basis_data.tables.layouts import TENOR_YEARS
from basis_data.tables.validation import did_you_mean, validated
from basis_engine.base.errors import InputError

Array = NDArray[np.float64]

SHAPES: dict[str, dict[str, float]] = {
    "parallel": {"10y": 1.0},
    "steepener": {"2y": -0.5, "30y": 0.5},
    "butterfly": {"2y": -0.5, "7y": 0.5, "30y": -0.5},
}
"""Multiple of the size by tenor: between two, linear in the logarithm of the tenor; beyond the last, flat."""

VOLATILITY_DECAY = 0.97
"""Weight of the day before in the volatility that joints of runs are matched on, RiskMetrics' monthly value."""


def _known_shape(given: dict[str, float] | str) -> dict[str, float]:
    """A named shape, or multiples by tenor."""
    if isinstance(given, str):
        if given not in SHAPES:
            raise ValueError(f"{', '.join(SHAPES)}{did_you_mean(given, SHAPES)}, or multiples by tenor")
        return SHAPES[given]
    if not given or set(given) - set(TENOR_NAMES):
        raise ValueError(f"multiples by tenor, of {', '.join(TENOR_NAMES)}")
    return given


class Generator(Part):
    """Settings of a generator; `fit` makes what draws."""

    title: ClassVar[str]
    story: ClassVar[str]
    noisy: ClassVar[bool] = True
    """Whether repo has shocks of its own besides those that come with the curve's."""

    def fit(self, past: History) -> Sampler:
        """Fit to history."""
        raise NotImplementedError


class ImpulseShock(Generator):
    """One shock on one day, the same on every path."""

    title = "One shock of a given shape"
    story = "The curve moves by its size times its shape on one day; each day after, a share of it is left."
    noisy = False

    shape: Annotated[dict[str, float] | str, AfterValidator(_known_shape)] = "parallel"
    size_bp: float = Field(default=100.0, ge=-2000, le=2000, title="basis points")
    day: int = Field(default=1, ge=1, le=10_000, title="day of the path, the first is 1")
    kept: float = Field(default=1.0, ge=0, le=1, title="share left a day later, 1 lasts")

    def profile(self) -> Array:
        """Shock of each tenor on arrival, decimal [11]."""
        shape = _known_shape(self.shape)
        years = np.array([TENOR_YEARS[f"y_{name}_pct"] for name in TENOR_NAMES])
        given = sorted((TENOR_YEARS[f"y_{name}_pct"], multiple) for name, multiple in shape.items())
        multiples = np.interp(np.log(years), np.log([year for year, _ in given]), [multiple for _, multiple in given])
        return np.asarray(self.size_bp / 1e4 * multiples)

    def fit(self, past: History) -> Sampler:
        """Nothing is fitted."""
        return Impulse(self.profile(), self.day, self.kept)


class Parallel(ImpulseShock):
    """All yields by the same."""

    title = "Parallel shock"
    story = "All yields move by as much on one day."


class Steepener(ImpulseShock):
    """Long yields up, short yields down."""

    title = "Steepener"
    story = "The gap from 2 to 30 years widens on one day, half up at 30 years, half down at 2 and below."
    shape: Annotated[dict[str, float] | str, AfterValidator(_known_shape)] = "steepener"


class Butterfly(ImpulseShock):
    """The belly up, both wings down."""

    title = "Butterfly"
    story = "The 7-year yield rises against the 2- and the 30-year on one day, half up, half down."
    shape: Annotated[dict[str, float] | str, AfterValidator(_known_shape)] = "butterfly"


class Bootstrap(Generator):
    """Runs of real days."""

    title = "Block bootstrap of whole days"
    story = "Runs of real days since 1990, joined where the volatility of bills and of bonds was alike."

    run_days: float = Field(default=40.0, ge=1, le=2000, title="mean business days of a run")
    volatility_classes: int = Field(
        default=5, ge=1, le=20, title="classes of bills' and of bonds' volatility, 1 is any"
    )

    def fit(self, past: History) -> BlockBootstrap:
        """Sort days into cells of like volatility."""
        scale, parts = past.changes.std(axis=0), (slice(None, BILLS), slice(BILLS, None))
        classes = [
            turbulence(past.changes[:, part], scale[part], VOLATILITY_DECAY).argsort().argsort()
            * self.volatility_classes
            // len(past.changes)
            for part in parts
        ]
        cell = np.unique(classes[0] * self.volatility_classes + classes[1], return_inverse=True)[1]
        members = np.argsort(cell, kind="stable")
        first = np.searchsorted(cell[members], np.arange(cell.max() + 2))
        return BlockBootstrap(past.changes, self.run_days, cell, members, first)


class Factors(Generator):
    """Principal components with GARCH variances; what surprises them is the subclass's."""

    def law(self, days: Array) -> Innovations:
        """Fit the law of surprises to standardised days [n, 11]."""
        return Bootstrapped(days)

    def fit(self, past: History) -> FactorPaths:
        """Components, their variances, and the surprises that are left."""
        parts, variances = factor_variances(past)
        after = np.column_stack(
            [one.target * (1 - one.reaction - one.memory) + one.reaction * parts.scores[:, k] ** 2
             + one.memory * one.variances for k, one in enumerate(variances)]
        )  # fmt: skip
        return FactorPaths(
            parts.loadings,
            np.array([one.target * (1 - one.reaction - one.memory) for one in variances]),
            np.array([one.reaction for one in variances]),
            np.array([one.memory for one in variances]),
            after,
            self.law(standardised(parts, variances)),
        )


class GarchFactors(Factors):
    """Surprises bootstrapped."""

    title = "Principal components with GARCH variances"
    story = (
        "Eleven principal components, each with a GARCH(1,1) variance; the standardised surprises of whole days are "
        "drawn from history (filtered historical simulation, Barone-Adesi, Giannopoulos and Vosper 1999)."
    )


class JumpFactors(Factors):
    """Surprises diffuse and jump."""

    title = "Jump-diffusion of principal components"
    story = "Components diffuse with GARCH variances and jump together, a little or far, both in units of that day's."

    def law(self, days: Array) -> Innovations:
        """Calm days, jumps, large jumps."""
        return fit_jumps(days)


class TailFactors(Factors):
    """Surprises with extreme-value tails."""

    title = "Extreme-value tails on principal components"
    story = (
        "As garch, but surprises beyond 5% on either side are drawn from a generalised Pareto law fitted to them, so "
        "that a day worse than any seen can come (McNeil and Frey 2000)."
    )

    def law(self, days: Array) -> Innovations:
        """Both tails of each component."""
        return fit_tails(days)


GENERATORS: dict[str, type[Generator]] = {
    "parallel": Parallel,
    "steepener": Steepener,
    "butterfly": Butterfly,
    "impulse": ImpulseShock,
    "bootstrap": Bootstrap,
    "garch": GarchFactors,
    "jumps": JumpFactors,
    "tails": TailFactors,
}


def generator(name: str, **settings: Any) -> Generator:
    """Build a generator with its settings, checked.

    Raises
    ------
    InputError
        If there is no such generator, or naming the first setting that is wrong.
    """
    if name not in GENERATORS:
        raise InputError(
            f"shocks {name!r}: unknown{did_you_mean(name, GENERATORS)}; allowed are {', '.join(GENERATORS)}"
        )
    return validated(GENERATORS[name], settings, f"shocks {name}")


def shocks() -> pd.DataFrame:
    """Every generator, a row each: `name`, `title`, `story`, `settings`."""
    rows = []
    for name, kind in GENERATORS.items():
        fields = [f"{field}={one.default!r} ({one.title})" if one.title else f"{field}={one.default!r}"
                  for field, one in kind.model_fields.items()]  # fmt: skip
        rows.append([name, kind.title, kind.story, ", ".join(fields) or "none"])
    return pd.DataFrame(rows, columns=["name", "title", "story", "settings"])


def factor_variances(past: History) -> tuple[Components, list[Garch]]:
    """Components of history and the variance of each."""
    parts = components(past.changes)
    return parts, [fit_garch(column) for column in parts.scores.T]


def standardised(parts: Components, variances: list[Garch]) -> Array:
    """Surprises in units of the day's own volatility [n, k], of variance one."""
    days = parts.scores / np.sqrt(np.column_stack([one.variances for one in variances]))
    return np.asarray(days / np.sqrt((days**2).mean(axis=0)))
