"""Scenarios: a window of real days plus what is changed in it, composed of dated parts and checked field by field.

The yields of day i are those of the first day plus `yield_scale` times the path's move at day `yield_speed` times i;
the path is what was observed in the window, or in `transposed` days, or `flat`, plus every one of `yield_moves`.
"""

import tomllib
import warnings
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from basis_data.scenarios.era import MarketEra
from basis_data.scenarios.parts import (
    Dislocation,
    Files,
    Flow,
    HaircutChange,
    IntradayMark,
    LossElsewhere,
    MarginNotice,
    NotRolled,
    RepoRateShift,
    Window,
    YieldMove,
)
from basis_data.scenarios.sentence import sentence
from basis_data.tables.fields import BasisPoints, Contracts, Date, DeliveryMonth, Haircut, Multiple, Part
from basis_data.tables.validation import did_you_mean, validated
from basis_engine.base.errors import InputError

SCENARIOS = Path(__file__).parent
WORDS = ("name", "title", "story", "source")
DATED = (
    "yield_moves",
    "repo_rate_shifts",
    "haircut_changes",
    "margin_notices",
    "dislocations",
    "not_rolled",
    "losses_elsewhere",
    "intraday",
    "flows",
)
"""Fields that hold dated parts; a scenario that stands on a base adds its own to them."""


class Scenario(Part):
    """A window of days, the contracts in it, the terms of funding, and what is shocked."""

    name: str = Field(min_length=1)
    title: str = ""
    story: str = ""
    source: str = ""
    base: str | None = None
    """Scenario that this one stands on, and is compared with: what is not given here is the base's, dated parts add."""
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
    not_rolled: tuple[NotRolled, ...] = ()
    dislocations: tuple[Dislocation, ...] = ()
    losses_elsewhere: tuple[LossElsewhere, ...] = ()
    flows: tuple[Flow, ...] = ()
    """Beside the rows of the `flows` table, if that has any of the episode."""
    yield_scale: float = Field(default=1.0, ge=-10, le=10, title="multiple of each yield's move from the first day")
    yield_speed: float = Field(default=1.0, gt=0, le=20, title="days of the path per day, 2 is the same moves in half")
    """Past the path's last day its last yields stand; dated parts of funding and flows keep their dates."""
    transposed: Window | None = None
    """Yields move as they did in these days, business day by business day, from the level of the first day."""
    flat: bool = False
    """Yields stay where the first day finds them, but for `yield_moves`."""
    yield_moves: tuple[YieldMove, ...] = ()
    intraday: tuple[IntradayMark, ...] = ()
    """Marks beside the daily closes; the other tenors of the curve are bridged from those given."""
    files: Files = Files()
    market: MarketEra | None = None
    """The market of funds around the book; a run of a single book needs none."""

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        """Refuse an empty window, and changes that the run would never reach."""
        if self.end <= self.start:
            raise ValueError(f"end: {self.end} given, allowed is a date after the start {self.start}")
        for field in DATED:
            parts = getattr(self, field)
            dates = [date for part in parts for date in (part.date, getattr(part, "until", None)) if date is not None]
            outside = [date for date in dates if not self.start <= date <= self.end]
            if outside:
                raise ValueError(
                    f"{field}: {outside[0]} given, allowed is a date inside the window {self.start} to {self.end}"
                )
        return self

    @model_validator(mode="after")
    def _one_path(self) -> Self:
        """Refuse two paths of yields at once, and a move on the day from which moves count."""
        if self.flat and self.transposed is not None:
            raise ValueError("flat and transposed: both given, allowed is one path of yields; drop one")
        if self.intraday and (self.flat or self.transposed is not None or self.yield_speed != 1.0):
            raise ValueError("intraday: given beside a path of yields that is not the window's own; drop one")
        if len({(mark.date, mark.time) for mark in self.intraday}) < len(self.intraday):
            raise ValueError("intraday: two marks at one time given, allowed is one; give one a table of tenors")
        for number, move in enumerate(self.yield_moves, 1):
            if move.date == self.start:
                raise ValueError(
                    f"yield_moves, entry {number}, date: {move.date} given, which is the first day, from which moves "
                    "count; allowed is a later one"
                )
        return self

    @property
    def moves_yields(self) -> bool:
        """Whether yields are other than those observed in the window."""
        stated = any(bp != 0.0 for move in self.yield_moves for bp in move.tenors_bp().values())
        own_path = self.flat or self.transposed is not None or stated or bool(self.intraday)
        return own_path or self.yield_scale != 1.0 or self.yield_speed != 1.0

    @property
    def report(self) -> str:
        """Report of the CFTC that counts the shorts of its days."""
        return "FutOnly" if self.market is None else self.market.report

    def __str__(self) -> str:
        """The composition in one sentence."""
        return sentence(self)

    def but(self, **fields: Any) -> Self:
        """The scenario with some fields replaced, checked like a file's."""
        return validated(type(self), {**self.model_dump(), **fields}, self.name)

    def scaled(self, by: float) -> Self:
        """Every move of yields times `by`, on top of the scale it has."""
        return self.but(yield_scale=self.yield_scale * by)

    def at_speed(self, times: float) -> Self:
        """The same moves of yields `times` as fast; below 1, give a later `end` to see them all."""
        return self.but(yield_speed=self.yield_speed * times)

    def with_yields(self, date: Any, bp: float | None = None, until: Any = None, **shape: Any) -> Self:
        """A further move of yields, with `shape='twist'` or 'hump', or `by_tenor={'2y': 10, '30y': 60}` for `bp`."""
        return self._with("yield_moves", date=date, until=until, bp=bp, **shape)

    def with_repo(self, date: Any, bp: float, until: Any = None) -> Self:
        """Dearer repo: a spike to `until`, or a new level."""
        return self._with("repo_rate_shifts", date=date, until=until, bp=bp)

    def with_haircut(self, date: Any, haircut: float, contract: str | None = None) -> Self:
        """Another haircut from a date."""
        return self._with("haircut_changes", date=date, haircut=haircut, contract=contract)

    def with_margin(self, date: Any, multiple: float) -> Self:
        """Futures margins at a multiple from a date."""
        return self._with("margin_notices", date=date, multiple=multiple)

    def with_dislocation(self, date: Any, bp: float, until: Any = None, contract: str | None = None) -> Self:
        """Cash cheap against futures by `bp` of price."""
        return self._with("dislocations", date=date, until=until, bp=bp, contract=contract)

    def with_pull_back(self, date: Any, share: float, until: Any = None) -> Self:
        """Lenders who do not roll a share of what falls due."""
        return self._with("not_rolled", date=date, until=until, share=share)

    def with_sales(self, date: Any, usd_bn: float, until: Any = None, who: str = "others") -> Self:
        """Sales to dealers, $bn a day; they reach the market of funds only."""
        return self._with("flows", kind="sale", date=date, until=until, usd_bn=usd_bn, who=who)

    def with_purchases(self, date: Any, usd_bn: float, until: Any = None, who: str = "the central bank") -> Self:
        """Purchases from dealers, $bn a day; they reach the market of funds only."""
        return self._with("flows", kind="purchase", date=date, until=until, usd_bn=usd_bn, who=who)

    def _with(self, field: str, **part: Any) -> Self:
        """One more dated part."""
        return self.but(**{field: [*self.model_dump()[field], part]})


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
    path = _find(name_or_path)
    return validated(Scenario, _given(path), str(path))


def names() -> list[str]:
    """Names of the embedded scenarios."""
    return sorted(path.stem for path in SCENARIOS.glob("*.toml"))


def _find(name_or_path: str | Path, beside: Path | None = None) -> Path:
    """Path of a scenario's TOML; a path given in a file counts from that file."""
    given = str(name_or_path)
    where = f"scenario {given!r}" if beside is None else f"{beside}, base: {given!r}"
    if given.endswith(".toml") or Path(given).name != given:
        path = Path(given) if beside is None else beside.parent / given
        if not path.is_file():
            raise InputError(
                f"{where.replace(repr(given), given)}: no such file; give the path of a TOML file or a name"
            )
        return path
    if given not in names():
        raise InputError(
            f"{where}: unknown{did_you_mean(given, names())}; allowed are the {len(names())} that `basis-stress "
            "scenarios` lists, or the path of a TOML file"
        )
    return SCENARIOS / f"{given}.toml"


def _given(path: Path, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    """What a TOML file gives, over what its base gives."""
    if path.resolve() in above:
        raise InputError(f"{path}, base: this file stands on itself; name another base, or none")
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise InputError(f"{path}: is not TOML ({problem}); correct that line") from None
    if "roll_shares" in given:
        warnings.warn(f"{path}: roll_shares is now not_rolled; rename it", DeprecationWarning, stacklevel=2)
        given.setdefault("not_rolled", given.pop("roll_shares"))
    files = given.get("files")
    if isinstance(files, dict):
        given["files"] = {
            key: str(path.parent / file) if isinstance(file, str) else file for key, file in files.items()
        }
    if not isinstance(given.get("base"), str):
        return given
    under = _find(given["base"], path)
    base = _given(under, (*above, path.resolve()))
    validated(Scenario, base, str(under))  # a mistake in the base is named by the base's file
    if under.parent != SCENARIOS:
        given["base"] = str(under)  # a path counted from this file, which a later reader does not know
    return _over(base, given)


def _over(base: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """A scenario's own fields over its base's: tables key by key, dated parts added, words never inherited."""
    merged = {key: value for key, value in base.items() if key not in WORDS}
    if isinstance(merged.get("market"), dict):
        merged["market"] = {"episode": base["name"], **merged["market"]}
    for key, value in given.items():
        under = merged.get(key)
        if key in DATED and isinstance(under, list) and isinstance(value, list):
            merged[key] = [*under, *value]
        elif key in ("files", "market") and isinstance(under, dict) and isinstance(value, dict):
            merged[key] = {**under, **value}
        else:
            merged[key] = value
    return merged
