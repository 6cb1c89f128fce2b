"""Era inputs of the market of funds: what is known, or assumed, of it before an episode starts.

They are chosen from sources before a run is looked at, never to make a target fit (history/targets.csv). Positions,
margins and flows of the era are data of their own: history/cftc_tff_treasury.csv, cme_margins.csv and flows.csv.
"""

from typing import Annotated, Literal

from pydantic import Field

from basis_data.tables.fields import Contracts, Haircut, Part, Share


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
