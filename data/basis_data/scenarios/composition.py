"""The composition of a scenario: its window of days and everything that is changed in it, checked field by field.

The yields of day i are those of the first day plus `yield_scale` times the path's move at day `yield_speed` times i;
the path is what was observed in the window, or in `transposed` days, or `flat`, plus every one of `yield_moves`.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from basis_data.scenarios.parts import (
    Dislocation,
    Files,
    Flow,
    HaircutChange,
    IntradayMark,
    LossElsewhere,
    MarginNotice,
    MarketEra,
    NotRolled,
    RepoRateShift,
    Window,
    YieldMove,
)
from basis_data.tables.fields import BasisPoints, Contracts, Date, DeliveryMonth, Haircut, Multiple, Part

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


class Composition(Part):
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
