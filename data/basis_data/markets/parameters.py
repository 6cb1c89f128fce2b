"""Parameters of the market of funds: fitted on March 2020 alone and kept in a file; results carry its digest."""

import hashlib
import tomllib
from pathlib import Path

from pydantic import Field

from basis_data.tables.fields import StrictModel
from basis_data.tables.files import read_bytes
from basis_data.tables.validation import validated
from basis_engine.base.errors import InputError

MOST_MULTIPLE = 10
FROZEN = Path(__file__).parents[1] / "fitted" / "march-2020.toml"


class Fit(StrictModel):
    """One fit: three numbers, for a capacity multiple that is assumed because the data do not identify it."""

    capacity_multiple: float = Field(ge=1, le=MOST_MULTIPLE, title="multiple of the slope beyond capacity")
    slope: float = Field(ge=0, le=100, title="basis points a year per $bn of inventory")
    placement_rate: float = Field(ge=0, le=1, title="share of inventory placed per day")
    risk_speed: float = Field(ge=0, le=1, title="share of the excess over the limit sold per day")
    loss: float = Field(ge=0, title="weighted sum of squared misses of the calibration targets")
    trade_off: tuple[tuple[float, float, float], ...] = ()
    """Placement rate, the slope refitted at it, and the loss: the two can be exchanged for each other."""
    intervals: dict[str, tuple[float, float]] = Field(default_factory=dict)
    """Range of each parameter over which the loss, with the others refitted, is at most its minimum plus one."""


class Parameters(StrictModel):
    """The parameter file: one fit, or one for each capacity multiple."""

    source: str
    fits: tuple[Fit, ...] = Field(min_length=1)
    expected_repo: str = ""
    """Digest of fitted/expected-repo.toml at the time of the fit."""
    digest: str = ""
    """SHA-256 of the file, first twelve digits."""

    def fit(self, capacity_multiple: float) -> Fit:
        """Look up the fit of a capacity multiple; a single fit serves for any, with that multiple assumed."""
        for fit in self.fits:
            if fit.capacity_multiple == capacity_multiple:
                return fit
        if len(self.fits) == 1 and 1 <= capacity_multiple <= MOST_MULTIPLE:
            return self.fits[0].model_copy(update={"capacity_multiple": float(capacity_multiple)})
        given = ", ".join(f"{fit.capacity_multiple:g}" for fit in self.fits)
        allowed = f"1 to {MOST_MULTIPLE}" if len(self.fits) == 1 else given
        raise InputError(f"capacity multiple: {capacity_multiple:g} given, allowed are {allowed}")


def parameters(path: str | Path | None = None) -> Parameters:
    """Read a parameter file; by default the one that comes with the program.

    Raises
    ------
    InputError
        If the file is missing, is not TOML, or holds a value out of range.
    """
    file = Path(path or FROZEN)
    try:
        content = read_bytes(file, "a parameter file, which calibrate writes")
        given = tomllib.loads(content.decode("utf-8"))
    except InputError:
        raise
    except (ValueError, RecursionError) as problem:
        raise InputError(f"{file}: cannot be read as a parameter file ({problem}); write one with calibrate") from None
    return validated(Parameters, {**given, "digest": hashlib.sha256(content).hexdigest()[:12]}, str(file))
