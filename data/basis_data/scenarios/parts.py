"""Parts of a scenario: dated changes of yields, funding, margins and flows, and its `[market]` and `[files]` tables."""

import datetime
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import AfterValidator, Field, model_validator

from basis_data.tables.calendars import Days
from basis_data.tables.fields import (
    BasisPoints,
    Clock,
    Contracts,
    Date,
    Haircut,
    Multiple,
    Share,
    StrictModel,
    Tenor,
    known_contracts,
)
from basis_data.tables.layouts import DAY_USD_BN, MOST_USD
from basis_engine.base.errors import InputError

SHAPES: dict[str, dict[str, float]] = {
    "parallel": {"10y": 1.0},
    "twist": {"2y": -0.5, "10y": 0.0, "30y": 0.5},
    "hump": {"2y": 0.0, "7y": 1.0, "30y": 0.0},
}
"""Share of a move's basis points at each tenor; linear between tenors, constant beyond the first and the last.

A twist of 20 bp steepens the 2-year against the 30-year by 20 bp about the 10-year; a hump lifts the belly alone.
"""

_OneContract = Annotated[str, AfterValidator(lambda code: known_contracts((code,))[0])]


class DatedPart(StrictModel):
    """A change in force from its date on."""

    date: Date
    """First day on which the change is in force; on a holiday the next business day."""

    def last_day(self, end: datetime.date) -> datetime.date:
        """Return the last day on which the change is in force, in a window to `end`."""
        return end

    def days(self, days: Days) -> slice:
        """Select the business days on which the change is in force; on a holiday it starts the next business day."""
        first = int(np.searchsorted(days, np.datetime64(self.date)))
        last = int(np.searchsorted(days, np.datetime64(self.last_day(datetime.date.max)), side="right"))
        return slice(first, max(first + 1, last))


class PeriodPart(DatedPart):
    """A change in force from its date to `until`, both included; to the end of the window without `until`."""

    until: Date | None = None
    """Last day on which the change is in force; where absent, see the kind of change."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        """Refuse an end before the beginning."""
        if self.until is not None and self.until < self.date:
            raise ValueError(f"until: {self.until} given, allowed is {self.date} or later")
        return self

    def last_day(self, end: datetime.date) -> datetime.date:
        """Return `until`, or the end of the window."""
        return self.until or end


class DayOrPeriodPart(PeriodPart):
    """A change in force from its date to `until`; on its date only without `until`."""

    def last_day(self, end: datetime.date) -> datetime.date:
        """Return `until`, or the date."""
        return self.until or self.date


class MarginNotice(DatedPart):
    """From its date to the next notice, futures margins are `multiple` times what they would be.

    That is their own level of the day, times the scenario's `margin_multiple`. The date is the first day in force.
    """

    multiple: Multiple
    """Margin over what it would be that day."""


class HaircutChange(DatedPart):
    """From its date, repo lenders require this haircut, on the collateral of one contract or of all."""

    haircut: Haircut
    """New haircut."""
    contract: _OneContract | None = None
    """Contract whose notes it applies to; all where absent."""


class RepoRateShift(PeriodPart):
    """From its date until the next shift, repo costs `bp` more than SOFR plus spread.

    With `until` it is a spike: the previous level returns after that day, and futures do not move, because they are
    carried at expected repo. Without `until` it is a new level, and futures move with it.
    """

    bp: BasisPoints
    """Repo costs this more, negative is less."""


class NotRolled(DayOrPeriodPart):
    """Share of the repo falling due that lenders do not roll: on its date, or on each day to `until`."""

    share: Share
    """Share of the repo falling due that is refused; 0.8 means 80% refused."""

    def days(self, days: Days) -> slice:
        """Select the business days; refuse the day of entry, on which the fund borrows and no repo falls due."""
        chosen = super().days(days)
        if chosen.start == 0 and self.share > 0.0:
            raise InputError(
                f"not_rolled, date: {self.date} given, the day of entry, on which no repo falls due; date it later, or "
                "start the window earlier"
            )
        return chosen


class Dislocation(PeriodPart):
    """From its date until the next dislocation of its contract, cash is cheap against futures by `bp` of price.

    With `until`, the previous level returns after that day. Without a contract it applies to all.
    """

    bp: Annotated[float, Field(ge=-1000, le=1000, title="basis points of price")]
    """Cash is cheap against futures by this, negative is rich."""
    contract: _OneContract | None = None
    """Contract it applies to; all where absent."""


class YieldMove(DayOrPeriodPart):
    """Par yields move by `bp` on its date, or in equal steps on each business day to `until`, and stay there.

    `bp` moves the whole curve by a shape; `by_tenor` gives the move of single tenors, linear between them:
    `by_tenor = { 2y = 10, 30y = 60 }`. Several moves add up.
    """

    bp: Annotated[float, Field(ge=-2000, le=2000, title="basis points")] | None = None
    """Size of the move of the shape; positive is a rise of yields."""
    shape: Literal["parallel", "twist", "hump"] = "parallel"
    """Shape of the move over tenors."""
    by_tenor: dict[Tenor, Annotated[float, Field(ge=-2000, le=2000, title="basis points")]] = Field(default={})
    """Moves of single tenors, basis points, linear between them."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        """Require exactly one of `bp` and `by_tenor`."""
        if (self.bp is None) == (not self.by_tenor):
            given = "neither" if self.bp is None else "both"
            raise ValueError(f"bp and by_tenor: {given} given, allowed is one of them")
        if self.by_tenor and self.shape != "parallel":
            raise ValueError(f"shape: {self.shape!r} given beside by_tenor, allowed is a shape for bp; drop one")
        return self

    def tenors_bp(self) -> dict[str, float]:
        """Return the move in basis points at the tenors that define it."""
        return self.by_tenor or {tenor: (self.bp or 0.0) * share for tenor, share in SHAPES[self.shape].items()}


class IntradayMark(DatedPart):
    """Yields published for a time within the day, percent, at one or more tenors: prices are marked then too."""

    time: Clock
    """New York time of the mark."""
    yields_pct: dict[Tenor, Annotated[float, Field(ge=-5, le=25, title="percent, 4.51 is 4.51%")]] = Field(min_length=1)
    """Par yields by tenor at that time."""

    def last_day(self, end: datetime.date) -> datetime.date:
        """Return the date."""
        return self.date


class OtherLoss(DatedPart):
    """A loss on its date in other businesses of the funds (equities, margin of another market), due in cash next day.

    Give `share` of each fund's equity at entry, or `usd` of all funds together, divided by equity. A loss on the day of
    entry follows entry: it is booked and due the next morning.
    """

    share: Share | None = None
    """Loss as a share of each fund's equity at entry."""
    usd: Annotated[float, Field(gt=0, le=MOST_USD, title="US dollars")] | None = None
    """Loss of all funds together, divided by equity."""

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        """Require exactly one of `share` and `usd`."""
        if (self.share is None) == (self.usd is None):
            raise ValueError("share and usd: give one of them")
        return self

    def last_day(self, end: datetime.date) -> datetime.date:
        """Return the date."""
        return self.date


class Flow(DayOrPeriodPart):
    """Sales to dealers by others, or purchases by the central bank or the Treasury, on each day to `until`.

    Flows affect the market of funds only: a single book has no dealers.
    """

    kind: Literal["sale", "purchase"]
    """Sale to dealers, or purchase from them."""
    usd_bn: float = Field(ge=0, le=DAY_USD_BN, title="billions of US dollars a day")
    """Size on each day."""
    who: str = Field(min_length=1)
    """Who sells or buys, as reports name them."""
    source: str = ""
    """Where the figure is from."""


class MarketEra(StrictModel):
    """The `[market]` table of a scenario: size of its funds and dealers, as known or assumed before the episode starts.

    Values are chosen from sources before any run, never to make a target fit (history/targets.csv). Positions, margins
    and flows of the era are separate data: history/cftc_tff_treasury.csv, cme_margins.csv and flows.csv.
    """

    contracts: Contracts = ("TU", "FV", "TY", "TN")
    """Contracts of the hedged basis book. US and UB are excluded: in March 2020 the dislocation of the long end moved
    the other way (data of Siriwardane, Sunderam and Wallen, Segmented Arbitrage)."""
    era_leverage: float = Field(ge=1, le=200, title="times equity, of a whole trade")
    """Median leverage of funds. Assumption: 20 from 2023, the value of the Treasury Borrowing Advisory Committee for
    the whole trade (first quarter of 2024); 25 in 2019-20, when margins were about half."""
    hedged_share: float = Field(default=0.75, gt=0, le=1, title="decimal share, 0.75 is 75%")
    """Share of leveraged funds' gross shorts that hedges cash Treasuries: the basis book. Assumption: the published
    sizes, $260-574bn of $1,089bn gross shorts in autumn 2023 and $400-500bn of $774bn in 2020, lie below it."""
    swap_spread_book_usd_bn: Annotated[float, Field(ge=0, le=5000, title="billions of US dollars")] | None = None
    """Treasuries held against swaps by funds that may unwind; without it there are no such funds. Published sizes
    differ by a factor of two: these are the Federal Reserve's (Monin, FEDS Notes, 22 June 2026)."""
    swap_spread_leverage: float = Field(default=20.0, ge=1, le=200, title="times equity, of a whole trade")
    """Median leverage of swap-spread funds, where swap margin and a buffer of five standard deviations allow it.
    Assumption: no public figure states it."""
    volatility_floor_bp: float = Field(default=6.0, gt=0, le=100, title="basis points a day")
    """Daily volatility of the implied repo spread that funds' risk limits assume in calm times. Assumption, within the
    3-10 bp of daily changes in 2018-19 (Siriwardane, Sunderam and Wallen)."""
    capacity_usd_bn: float = Field(default=90.0, gt=0, le=10_000, title="billions of US dollars")
    """Inventory above which dealers' balance sheets cost more per dollar. Assumption: no public figure states it."""
    ceiling_bp: float = Field(default=600.0, gt=0, le=10_000, title="basis points a year")
    """Upper limit of the price of dealers' balance sheets, approached at very large inventory. Assumption."""
    buffer_sd: float = Field(default=5.0, ge=0, le=50, title="standard deviations of a day's variation margin")
    """Minimum cash of a fund at the start. Assumption."""
    haircut_floor: Haircut | None = Field(default=None, title="decimal share of market value, 0.02 is 2%")
    """Minimum repo haircut of any fund at entry, set by a rule or by a clearing house. No such minimum exists today."""
    report: Literal["FutOnly", "Combined"] = "FutOnly"
    """CFTC report that counts the shorts: futures only, or with options where only that report is available (July 2024
    to January 2025, May to December 2025)."""
    financing_hedge: Share = 1.0
    """Share of basis funds' overnight repo that is hedged against policy. Assumption: the hedge is described for this
    trade (CME, "Hedging Repo Exposure in the Treasury Basis", 27 February 2019); no public figure states the share."""
    term_share: Share = 0.0
    """Share of basis funds' notes financed to term (90 days). Assumption: no public figure splits the two."""
    mixed_share: Share = 0.0
    """Share of the swap-spread book that basis funds hold beside their own. Assumption: no public figure exists."""
    outside_flows: Literal["table", "weekly"] = "table"
    """What outsiders sell to dealers and buy from them: the rows of the `flows` table, or by week the changes of
    foreign custody and of the Federal Reserve's holdings (`basis_data.markets.weekly_flows`)."""
    episode: str | None = Field(default=None, min_length=1)
    """Episode of the `flows` table to use; the scenario's own name by default."""


class Window(StrictModel):
    """Days of history, both included."""

    start: Date
    """First day."""
    end: Date
    """Last day."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        """Refuse an empty window."""
        if self.end <= self.start:
            raise ValueError(f"end: {self.end} given, allowed is a date after the start {self.start}")
        return self
