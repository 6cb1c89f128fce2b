"""Parts of a scenario: each a dated change of yields, funding, margins or flows, checked field by field."""

import datetime
from pathlib import Path
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
    Part,
    Share,
    Tenor,
    known_contracts,
)
from basis_data.tables.layouts import DAY_USD_BN

SHAPES: dict[str, dict[str, float]] = {
    "parallel": {"10y": 1.0},
    "twist": {"2y": -0.5, "10y": 0.0, "30y": 0.5},
    "hump": {"2y": 0.0, "7y": 1.0, "30y": 0.0},
}
"""Share of a move's basis points at each tenor; straight lines between them, level beyond the first and the last.

A twist of 20 bp steepens the 2-year against the 30-year by 20 bp about the 10-year; a hump lifts the belly alone.
"""

_OneContract = Annotated[str, AfterValidator(lambda code: known_contracts((code,))[0])]


class Dated(Part):
    """What stands from its date on."""

    date: Date

    def last_day(self, end: datetime.date) -> datetime.date:
        """Last day on which it stands, in a window to `end`."""
        return end

    def days(self, days: Days) -> slice:
        """Which of a window's business days it stands on; one dated on a holiday begins on the next of them."""
        first = int(np.searchsorted(days, np.datetime64(self.date)))
        last = int(np.searchsorted(days, np.datetime64(self.last_day(datetime.date.max)), side="right"))
        return slice(first, max(first + 1, last))


class Spell(Dated):
    """What stands from its date to `until`, both included."""

    until: Date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        """Refuse an end before the beginning."""
        if self.until is not None and self.until < self.date:
            raise ValueError(f"until: {self.until} given, allowed is {self.date} or later")
        return self

    def last_day(self, end: datetime.date) -> datetime.date:
        """Its `until`, or the end of the window."""
        return self.until or end


class Passing(Spell):
    """A spell that is one day long if no `until` is given."""

    def last_day(self, end: datetime.date) -> datetime.date:
        """Its `until`, or its only day."""
        return self.until or self.date


class MarginNotice(Dated):
    """From its date, the first day in force, futures margins are `multiple` times the level of the day."""

    multiple: Multiple


class HaircutChange(Dated):
    """From its date, repo lenders ask this haircut, in one contract's collateral or in all."""

    haircut: Haircut
    contract: _OneContract | None = None


class RepoRateShift(Spell):
    """From its date until the next shift, repo costs `bp` more than SOFR plus spread.

    With `until` it is a spike: after that day what stood before stands again, and futures, which are carried at
    expected repo, do not move with it. Without, it is a new level, and they do.
    """

    bp: BasisPoints


class NotRolled(Passing):
    """Lenders do not roll this share of the repo that falls due: on its date, or on each day to `until`."""

    share: Share


class Dislocation(Spell):
    """From its date until the next of its contract, cash is cheap against futures by `bp` of price.

    With `until`, what stood before stands again after that day. Without a contract it stands in all.
    """

    bp: Annotated[float, Field(ge=-1000, le=1000, title="basis points of price")]
    contract: _OneContract | None = None


class YieldMove(Passing):
    """Par yields move by `bp` on its date, or in equal parts on each business day to `until`, and stay there.

    `bp` moves the whole curve by a shape; `by_tenor` each tenor by its own, in straight lines between those named:
    `by_tenor = { 2y = 10, 30y = 60 }`. Moves add up.
    """

    bp: Annotated[float, Field(ge=-2000, le=2000, title="basis points")] | None = None
    shape: Literal["parallel", "twist", "hump"] = "parallel"
    by_tenor: dict[Tenor, Annotated[float, Field(ge=-2000, le=2000, title="basis points")]] = Field(default={})

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        """Refuse two ways of saying one thing, and none."""
        if (self.bp is None) == (not self.by_tenor):
            given = "neither" if self.bp is None else "both"
            raise ValueError(f"bp and by_tenor: {given} given, allowed is one of them")
        if self.by_tenor and self.shape != "parallel":
            raise ValueError(f"shape: {self.shape!r} given beside by_tenor, allowed is a shape for bp; drop one")
        return self

    def tenors_bp(self) -> dict[str, float]:
        """Basis points at the tenors that define the move."""
        return self.by_tenor or {tenor: (self.bp or 0.0) * share for tenor, share in SHAPES[self.shape].items()}


class IntradayMark(Dated):
    """Yields published for a moment within the day, percent, at one or more tenors: prices are marked there too."""

    time: Clock
    yields_pct: dict[Tenor, Annotated[float, Field(ge=-5, le=25, title="percent, 4.51 is 4.51%")]] = Field(min_length=1)

    def last_day(self, end: datetime.date) -> datetime.date:
        """Its only day."""
        return self.date


class LossElsewhere(Dated):
    """On its date other businesses of the funds (equities, another market's margin) lose money, due in cash next day.

    Give `share` of each fund's equity at entry, or `usd` of all funds together, which each bears by its equity.
    """

    share: Share | None = None
    usd: Annotated[float, Field(gt=0, title="US dollars")] | None = None

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        """Refuse a loss without an amount, or with two."""
        if (self.share is None) == (self.usd is None):
            raise ValueError("share and usd: give one of them")
        return self

    def last_day(self, end: datetime.date) -> datetime.date:
        """Its only day."""
        return self.date


class Flow(Passing):
    """What others sell to dealers, or the central bank or the Treasury buys, on each day from its date to `until`.

    They reach the market of funds only: a single book neither sees nor moves dealers' inventory.
    """

    kind: Literal["sale", "purchase"]
    usd_bn: float = Field(ge=0, le=DAY_USD_BN, title="billions of US dollars a day")
    who: str = Field(min_length=1)
    source: str = ""


class MarketEra(Part):
    """The `[market]` part of a scenario: size and terms of its funds and dealers."""

    contracts: Contracts = ("TU", "FV", "TY", "TN")
    """Contracts of the hedged basis book. US and UB stay out: in March 2020 the dislocation of the long end moved the
    other way (data of Siriwardane, Sunderam and Wallen, Segmented Arbitrage)."""
    era_leverage: float = Field(ge=1, le=200, title="times equity, of a whole trade")
    """Level around which the leverage of funds is drawn. Assumption: 20 from 2023, as the Treasury Borrowing Advisory
    Committee takes it for the whole trade (first quarter of 2024); 25 in 2019-20, when margins were about half."""
    hedged_share: float = Field(default=0.75, gt=0, le=1, title="decimal share, 0.75 is 75%")
    """Share of leveraged funds' gross shorts that hedges cash Treasuries: the basis book. Assumption: the published
    sizes, $260-574bn of $1,089bn gross shorts in autumn 2023 and $400-500bn of $774bn in 2020, lie below it."""
    swap_spread_book_usd_bn: Annotated[float, Field(ge=0, le=5000, title="billions of US dollars")] | None = None
    """Treasuries held against swaps by funds that may unwind; no such funds if none is given. Sizes of different
    publishers differ by two times: those here are the Federal Reserve's (Monin, FEDS Notes, 22 June 2026)."""
    swap_spread_leverage: float = Field(default=20.0, ge=1, le=200, title="times equity, of a whole trade")
    """Level around which theirs is drawn, where swap margin and a buffer of five standard deviations leave as much.
    Assumption: no public figure states it."""
    volatility_floor_bp: float = Field(default=6.0, gt=0, le=100, title="basis points a day")
    """Daily volatility of the implied repo spread that funds' risk limits reckon with in calm times. Assumption, inside
    the 3-10 bp of daily changes in 2018-19 (Siriwardane, Sunderam and Wallen)."""
    capacity_usd_bn: float = Field(default=90.0, gt=0, le=10_000, title="billions of US dollars")
    """Inventory beyond which dealers' balance sheets cost more per dollar. Assumption: no public figure states it."""
    ceiling_bp: float = Field(default=600.0, gt=0, le=10_000, title="basis points a year")
    """Level that the dealers' rent approaches and never passes, whatever the inventory. Assumption."""
    buffer_sd: float = Field(default=5.0, ge=0, le=50, title="standard deviations of a day's variation margin")
    """Least cash that a fund starts with. Assumption."""
    haircut_floor: Haircut | None = Field(default=None, title="decimal share of market value, 0.02 is 2%")
    """Least repo haircut that any fund is asked at entry: a rule's, or a clearing house's margin. None today."""
    report: Literal["FutOnly", "Combined"] = "FutOnly"
    """Which report of the CFTC counts the shorts: futures only, or with options where that alone is at hand (July 2024
    to January 2025, May to December 2025)."""
    term_share: Share = 0.0
    """Of basis funds' notes financed to term (90 days). Assumption: no public figure splits overnight and term repo."""
    mixed_share: Share = 0.0
    """Of the swap-spread book that basis funds hold beside their own. Assumption: who holds both is not public."""
    episode: str | None = Field(default=None, min_length=1)
    """Rows of the `flows` table to use; those of the scenario's own name if none is given."""


class Window(Part):
    """Days of history, both included."""

    start: Date
    end: Date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        """Refuse an empty window."""
        if self.end <= self.start:
            raise ValueError(f"end: {self.end} given, allowed is a date after the start {self.start}")
        return self


class Files(Part):
    """The user's own CSV files (data/basis_data/SCHEMA.md), by paths relative to the scenario's TOML."""

    par_yields: Path | None = None
    svensson: Path | None = None
    repo: Path | None = None
    margins: Path | None = None
    basis: Path | None = None
    prices: Path | None = None
    positions: Path | None = None
    flows: Path | None = None
    swap_spreads: Path | None = None
