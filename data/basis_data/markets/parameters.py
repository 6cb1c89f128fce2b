"""Parameters of the market of funds, fitted to March 2020 only, read from a file whose digest is kept with results."""

import hashlib
import tomllib
from pathlib import Path

from pydantic import Field

from basis_data.tables.fields import StrictModel
from basis_data.tables.validation import validated
from basis_engine.base.errors import InputError

FROZEN = Path(__file__).parents[1] / "fitted" / "march-2020.toml"


class Fit(StrictModel):
    """A fit of three parameters for a given kink; the data do not identify the kink."""

    kink: float = Field(ge=1, le=10, title="multiple of the slope beyond capacity")
    slope: float = Field(ge=0, le=100, title="basis points a year per $bn of inventory")
    decay: float = Field(ge=0, le=1, title="share of inventory placed per day")
    risk_speed: float = Field(ge=0, le=1, title="share of the excess over the limit sold per day")
    loss: float = Field(ge=0, title="weighted sum of squared misses of the calibration targets")
    intervals: dict[str, tuple[float, float]] = Field(default_factory=dict)
    """By parameter: range over which the loss, with the others refitted, stays within 1 of its minimum."""


class Parameters(StrictModel):
    """The parameter file: a fit for each kink."""

    source: str
    fits: tuple[Fit, ...] = Field(min_length=1)
    digest: str = ""
    """SHA-256 of the file, first twelve digits."""

    def fit(self, kink: float) -> Fit:
        """Return the fit of a kink."""
        for fit in self.fits:
            if fit.kink == kink:
                return fit
        raise InputError(f"kink: {kink:g} given, allowed are {', '.join(f'{fit.kink:g}' for fit in self.fits)}")


def parameters(path: str | Path | None = None) -> Parameters:
    """Read a parameter file; by default the one that comes with the program.

    Raises
    ------
    InputError
        If the file is missing or not TOML, or a value is out of range.
    """
    file = Path(path or FROZEN)
    try:
        content = file.read_bytes()
        given = tomllib.loads(content.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise InputError(f"{file}: cannot be read as a parameter file ({problem}); write one with calibrate") from None
    return validated(Parameters, {**given, "digest": hashlib.sha256(content).hexdigest()[:12]}, str(file))
