"""The composition of a scenario: its window of days and everything that is changed in it, checked field by field.

Yields of day i = yields of the first day + `yield_scale` x move of the path at day `yield_speed` x i. The path is that
observed in the window, or in the `transposed` days, or `flat`, plus all `yield_moves`.
"""

from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

from basis_data.scenarios.files import Files
from basis_data.scenarios.parts import (
    Dislocation,
    Flow,
    HaircutChange,
    IntradayMark,
    MarginNotice,
    MarketEra,
    NotRolled,
    OtherLoss,
    RepoRateShift,
    Window,
    YieldMove,
)
from basis_data.tables.fields import (
    BasisPoints,
    Clock,
    Contracts,
    Date,
    DeliveryMonth,
    Haircut,
    Multiple,
    Name,
    StrictModel,
    Text,
)
from basis_data.tables.validation import with_new_names

DATED = (
    "yield_moves",
    "repo_rate_shifts",
    "haircut_changes",
    "margin_notices",
    "dislocations",
    "not_rolled",
    "other_losses",
    "intraday",
    "flows",
)
"""Fields that hold dated parts; a scenario built on a base adds its own parts to those of the base."""

RENAMED = {"repo_spread_bp": "scenario_repo_bp", "roll_shares": "not_rolled", "losses_elsewhere": "other_losses"}
"""Old names of fields, which work for one release, and the new ones."""


class Composition(StrictModel):
    """A window of days, the contracts in it, the terms of funding, and the shocks."""

    name: Name
    """Name, also that of its folder of results."""
    title: Text = ""
    """Heading of reports; the name where there is none."""
    story: Text = ""
    """What happens, in a sentence or two."""
    source: Text = ""
    """Where its facts and figures are from, and what is assumed."""
    base: str | None = None
    """Scenario that this one extends and is compared with: fields not given here are the base's, dated parts add up."""
    start: Date
    """First day: books enter at its close."""
    end: Date
    """Last day of the window."""
    contracts: Contracts = ("TU", "FV", "TY", "US")
    """Contracts for which notes and futures are priced where a run names none: `TY`, or `TY 2025-09` for a month."""
    delivery_month: DeliveryMonth | None = None
    """Delivery month held throughout (futures are not rolled); default: front quarterly month of the first day."""
    curve: Literal["auto", "svensson", "par"] = "auto"
    """`auto`: Svensson where it covers the window, because it is fitted to notes like the deliverables."""
    scenario_repo_bp: BasisPoints = 0.0
    """A new level: repo costs SOFR plus this for all loans of the scenario, and futures are carried at it."""
    repo_time: Clock = "08:30"
    """New York time at which repo rolls and its cash reaches a fund; after 09:00, clearing has to be paid before it."""
    cash_spread_bp: BasisPoints = 0.0
    """Cash and margin earn SOFR minus this."""
    haircut: Haircut = 0.0
    """Repo haircut of every note from the first day."""
    margin_multiple: Multiple = 1.0
    """Multiplies each contract's margin on every day, those of margin notices included."""
    margin_notices: tuple[MarginNotice, ...] = ()
    """Changes of futures margins, each from its date."""
    haircut_changes: tuple[HaircutChange, ...] = ()
    """Changes of the haircut, each from its date."""
    repo_rate_shifts: tuple[RepoRateShift, ...] = ()
    """Repo dearer or cheaper than SOFR plus spread, as a spike or a new level."""
    not_rolled: tuple[NotRolled, ...] = ()
    """Repo that lenders refuse to roll."""
    dislocations: tuple[Dislocation, ...] = ()
    """Cash cheap, or rich, against futures."""
    other_losses: tuple[OtherLoss, ...] = ()
    """Losses in other businesses of the funds, due in cash."""
    flows: tuple[Flow, ...] = ()
    """Flows in addition to the rows of the episode in the `flows` table, if any."""
    yield_scale: float = Field(default=1.0, ge=-10, le=10, title="multiple of each yield's move from the first day")
    """Multiple of every move of yields; -1 reverses them."""
    yield_speed: float = Field(default=1.0, gt=0, le=20, title="days of the path per day, 2 is the same moves in half")
    """After the path's last day its last yields stay; dated parts of funding and flows keep their dates."""
    transposed: Window | None = None
    """Yields move as they did on these business days, from the level of the first day of the window."""
    moves_from: Window | None = None
    """Yields, repo, margins, a basis file and outside flows move as they did on these business days, day for day,
    from the levels of the first day of the window (`basis_data.markets.as_of.as_of` fills it)."""
    flat: bool = False
    """Yields stay at the level of the first day, except for `yield_moves`."""
    yield_moves: tuple[YieldMove, ...] = ()
    """Moves of par yields in addition to those of the path."""
    intraday: tuple[IntradayMark, ...] = ()
    """Marks besides the daily closes; the other tenors of the curve are interpolated from those given."""
    files: Files = Files()
    """The user's own data instead of the embedded tables."""
    market: MarketEra | None = None
    """The market of funds; a run of a single book does not need it."""

    @model_validator(mode="before")
    @classmethod
    def _new_names(cls, given: Any) -> Any:
        """Accept old names of fields for one release."""
        return with_new_names(given, RENAMED, cls.__name__) if isinstance(given, dict) else given

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Read a field by its old name, for one release."""
            if name not in RENAMED:
                return super().__getattr__(name)
            return getattr(self, next(iter(with_new_names({name: None}, RENAMED, type(self).__name__))))

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        """Refuse an empty window, and changes dated outside the window."""
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
        """Refuse two paths of yields at once, and a move on the first day, from which moves are measured."""
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
                    "are measured; allowed is a later one"
                )
        return self

    @property
    def moves_yields(self) -> bool:
        """Whether yields differ from those observed in the window."""
        stated = any(bp != 0.0 for move in self.yield_moves for bp in move.tenors_bp().values())
        elsewhere = self.moves_from is not None and self.moves_from.start != self.start
        own_path = self.flat or self.transposed is not None or stated or bool(self.intraday) or elsewhere
        return own_path or self.yield_scale != 1.0 or self.yield_speed != 1.0

    @property
    def report(self) -> str:
        """CFTC report that counts the shorts."""
        return "FutOnly" if self.market is None else self.market.report
