"""Scenarios: a window of real days plus what is changed in it, read from TOML and checked field by field."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pandas as pd
from pydantic import AfterValidator, Field, model_validator

from data.era import MarketEra
from data.fields import BasisPoints, Contracts, Date, DeliveryMonth, Haircut, Multiple, Part, Share, known_contracts
from data.validation import did_you_mean, validated
from engine.errors import InputError

SCENARIOS = Path(__file__).parent / "scenarios"


class MarginNotice(Part):
    """From its date, the first day in force, futures margins are `multiple` times the level of the day."""

    date: Date
    multiple: Multiple


class HaircutChange(Part):
    """From its date, repo lenders ask this haircut, in one contract's collateral or in all."""

    date: Date
    haircut: Haircut
    contract: Annotated[str, AfterValidator(lambda code: known_contracts((code,))[0])] | None = None


class RepoRateShift(Part):
    """From its date until the next shift, repo costs `bp` more than SOFR plus spread."""

    date: Date
    bp: BasisPoints


class RollShare(Part):
    """On its date, lenders do not roll this share of the repo that falls due."""

    date: Date
    share: Share


class LossElsewhere(Part):
    """On its date other businesses of the funds (equities, another market's margin) lose money, due in cash next day.

    Give `share` of each fund's equity at entry, or `usd` of all funds together, which each bears by its equity.
    """

    date: Date
    share: Share | None = None
    usd: Annotated[float, Field(gt=0, title="US dollars")] | None = None

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        """Refuse a loss without an amount, or with two."""
        if (self.share is None) == (self.usd is None):
            raise ValueError("share and usd: give one of them")
        return self


class Files(Part):
    """The user's own CSV files (data/SCHEMA.md), by paths relative to the scenario's TOML."""

    par_yields: Path | None = None
    svensson: Path | None = None
    repo: Path | None = None
    margins: Path | None = None
    basis: Path | None = None
    prices: Path | None = None
    positions: Path | None = None
    flows: Path | None = None
    swap_spreads: Path | None = None


class Scenario(Part):
    """A window of days, the contracts in it, the terms of funding, and what is shocked."""

    name: str = Field(min_length=1)
    title: str = ""
    story: str = ""
    source: str = ""
    start: Date
    end: Date
    contracts: Contracts = ("TU", "FV", "TY", "US")
    delivery_month: DeliveryMonth | None = None
    """Delivery month held throughout, as futures are not rolled; the front quarterly month of the first day if none."""
    curve: Literal["auto", "svensson", "par"] = "auto"
    """`auto`: Svensson where it covers the window, since it is fitted to notes like the deliverables."""
    repo_spread_bp: BasisPoints = 0.0
    """Repo costs SOFR plus this."""
    cash_spread_bp: BasisPoints = 0.0
    """Cash and margin earn SOFR less this."""
    haircut: Haircut = 0.0
    margin_multiple: Multiple = 1.0
    margin_notices: tuple[MarginNotice, ...] = ()
    haircut_changes: tuple[HaircutChange, ...] = ()
    repo_rate_shifts: tuple[RepoRateShift, ...] = ()
    roll_shares: tuple[RollShare, ...] = ()
    losses_elsewhere: tuple[LossElsewhere, ...] = ()
    yield_scale: float = Field(default=1.0, ge=-10, le=10, title="multiple of each yield's move from the first day")
    files: Files = Files()
    market: MarketEra | None = None
    """The market of funds around the book; a run of a single book needs none."""

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        """Refuse an empty window, and changes that the run would never reach."""
        if self.end <= self.start:
            raise ValueError(f"end: {self.end} given, allowed is a date after the start {self.start}")
        for field in ("margin_notices", "haircut_changes", "repo_rate_shifts", "roll_shares", "losses_elsewhere"):
            dates = [entry.date for entry in getattr(self, field)]
            outside = [date for date in dates if not self.start <= date <= self.end]
            if outside:
                raise ValueError(
                    f"{field}: {outside[0]} given, allowed is a date inside the window {self.start} to {self.end}"
                )
        return self


def changed(scenario: Scenario, where: str, **changes: Any) -> Scenario:
    """Replace some fields of a scenario, checked like a file's; `where` is what the user would call them."""
    return validated(Scenario, {**scenario.model_dump(), **changes}, where)


def market_era(scenario: Scenario) -> MarketEra:
    """Era inputs of a scenario's market of funds.

    Raises
    ------
    InputError
        If the scenario has no `[market]` part.
    """
    if scenario.market is None:
        raise InputError(
            f"scenario {scenario.name}, market: is missing from its TOML; add a [market] part with its era_leverage"
        )
    return scenario.market


def scenario(name_or_path: str | Path) -> Scenario:
    """Load a scenario by its name, or from the path of a TOML file.

    Raises
    ------
    InputError
        If there is no such scenario, or naming file and field of the first thing wrong in it.
    """
    return _load(_find(name_or_path))


def scenarios() -> pd.DataFrame:
    """Every embedded scenario, a row each: `name`, `title`, `start`, `end`, `story`, `source`."""
    loaded = [_load(path) for path in sorted(SCENARIOS.glob("*.toml"))]
    columns = ["name", "title", "start", "end", "story", "source"]
    return pd.DataFrame([[getattr(one, column) for column in columns] for one in loaded], columns=columns)


def _find(name_or_path: str | Path) -> Path:
    """Path of a scenario's TOML."""
    given = str(name_or_path)
    if given.endswith(".toml") or Path(given).name != given:
        if not Path(given).is_file():
            raise InputError(f"scenario {given}: no such file; give the path of a TOML file or a name")
        return Path(given)
    names = sorted(path.stem for path in SCENARIOS.glob("*.toml"))
    if given not in names:
        raise InputError(f"scenario {given!r}: unknown{did_you_mean(given, names)}; allowed are {', '.join(names)}")
    return SCENARIOS / f"{given}.toml"


def _load(path: Path) -> Scenario:
    """Read and check one TOML file."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise InputError(f"{path}: is not TOML ({problem}); correct that line") from None
    files = given.get("files")
    if isinstance(files, dict):
        given["files"] = {
            key: str(path.parent / file) if isinstance(file, str) else file for key, file in files.items()
        }
    return validated(Scenario, given, str(path))
