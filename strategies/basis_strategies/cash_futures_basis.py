"""The cash-futures basis trade: long the cheapest-to-deliver in repo, short the future."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from basis_data.markets.pricing import PricedMarket
from basis_data.tables.layouts import LEAST_USD, MOST_USD
from basis_data.tables.validation import with_new_names
from basis_engine.base.errors import InputError
from basis_engine.bonds.prices import dv01, yield_to_maturity
from basis_engine.simulation.world import Floats
from basis_strategies.assemble import dirty_price
from basis_strategies.books import UNWINDS
from basis_strategies.entry_sizing import BookColumns, Legs, refuse_unhedged, sizes
from basis_strategies.plan import FundPlan, PositionPlan

Share = Annotated[float, Field(ge=0, le=1, title="decimal share, 0.2 is 20%")]
BasisPoints = Annotated[float, Field(ge=-1000, le=1000, title="basis points")]

RENAMED = {"leverage_limit": "leverage_limit_multiple"}
"""Old names of fields, which work for one release, and the new ones."""


class CashFuturesBasis(BaseModel):
    """Long the note that is cheapest to deliver, financed in repo; short the future against it.

    It earns the implied repo rate less the cost of repo, a few basis points a year of the notional, times leverage.
    It loses when cash cheapens against futures, when repo rises above the implied rate, and when it is forced to sell
    before delivery. In a rally the short future pays variation margin at once, while the note's gain is received
    through repo the next morning (overnight) or on request (term).

    Give ``leverage`` (notes over equity) or ``buffer`` (free cash over notes: leverage = 1 / (haircut + initial margin
    + buffer)); and ``equity`` or ``notional`` (face, all contracts together).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    leverage: float | None = Field(None, gt=0, le=1000, title="bonds over equity, 20 is 20x")
    """Market value of notes over equity at entry; 20 where neither leverage nor buffer is given (TBAC, 2024)."""
    buffer: float | None = Field(None, ge=0, lt=1, title="decimal share of bonds, 0.005 is 0.5%")
    """Free cash at entry as a share of the notes' market value."""
    equity: float | None = Field(None, ge=LEAST_USD, le=MOST_USD, title="US dollars")
    """Equity at entry; $100m where no notional is given."""
    notional: float | None = Field(None, ge=LEAST_USD, le=MOST_USD, title="US dollars of face")
    """Face of the notes, divided equally among the contracts."""
    haircut: float | None = Field(None, ge=-0.1, le=0.5, title="decimal share of market value, 0.02 is 2%")
    """Repo haircut at entry; the scenario's where not given. Zero and negative haircuts exist."""
    term_share: Share = 0.0
    """Share of the notes financed to term; the rest is overnight."""
    term_days: int = Field(90, ge=1, le=3650, title="days")
    """Days to the maturity of term repo, after which it rolls overnight."""
    term_spread_bp: BasisPoints = 0.0
    """Term repo costs the overnight rate of the first day plus this, fixed."""
    repo_spread_bp: BasisPoints = 0.0
    """Overnight repo of the fund costs this above the scenario's rate."""
    financing_hedge: Share = 0.0
    """Share of overnight repo whose cost to delivery is fixed against policy by federal funds or SOFR futures. It gains
    when expected policy rises; its variation margin adds to the futures'. 0: the book holds no such hedge."""
    repo_threshold: Share = 0.0
    """Deficit of term collateral, as a share of its value, below which lenders do not call."""
    sizing: Literal["conversion-factor", "dv01"] = "conversion-factor"
    """Futures per note: face x conversion factor, or equal DV01."""
    whole_contracts: bool = True
    """Round futures to whole contracts."""
    unwind: Literal["hold", "cure", "target-leverage", "stop-out"] = "cure"
    """What makes the fund sell: nothing; an unmet call; leverage above its limit; a drawdown."""
    leverage_limit_multiple: float = Field(
        1.5, ge=1, le=1000, title="multiple of leverage at entry, 1.5 is half as much again"
    )
    """Leverage over that at entry, above which ``target-leverage`` sells back to the leverage at entry."""
    drawdown_limit: Share = 0.25
    """Loss from the peak of equity at which ``stop-out`` sells everything."""
    credit_line: float = Field(0.0, ge=0, le=MOST_USD, title="US dollars")
    """Committed credit, drawn after cash and before excess collateral."""
    depth_share: float = Field(0.1, gt=0, le=1, title="decimal share, 0.1 is 10%")
    """Maximum slice of an unwind, as a share of the market's depth."""

    @model_validator(mode="before")
    @classmethod
    def _new_names(cls, given: Any) -> Any:
        """Accept old names of fields for one release."""
        return with_new_names(given, RENAMED, cls.__name__) if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _one_of_each_pair(self) -> Self:
        """Refuse leverage with buffer, and equity with notional."""
        if self.leverage is not None and self.buffer is not None:
            raise ValueError("leverage and buffer: both given, allowed is one of them; drop one")
        if self.equity is not None and self.notional is not None:
            raise ValueError("equity and notional: both given, allowed is one of them; drop one")
        return self

    def fund(self, market: PricedMarket) -> FundPlan:
        """Size the position at the first mark of a market.

        Raises
        ------
        InputError
            If haircut, initial margin and buffer leave no leverage, or the futures of a contract round to none.
        """
        legs = self.legs(market)
        book = self.books(market, legs, {}, 1)
        if not 0.0 < book.sizes.leverage[0] < np.inf:
            raise InputError(
                f"buffer: {self.buffer:g} given, but haircut and initial margin of {book.sizes.required[0]:.2%} "
                "leave no equity; raise the buffer or the haircut"
            )
        refuse_unhedged(book.sizes, 0)
        return FundPlan(
            name="fund",
            positions=tuple(
                PositionPlan(c, note, **{name: column[0, c].item() for name, column in book.positions.items()})
                for c, note in enumerate(legs.notes)
            ),
            unwind=UNWINDS[self.unwind],
            **{name: column[0].item() for name, column in book.funds.items()},
        )

    def legs(self, market: PricedMarket) -> Legs:
        """Choose the pair in each contract: its cheapest note at the first mark, and the futures against it."""
        notes = [int(market.priced.cheapest[0, c]) for c in range(len(market.codes))]
        return Legs(
            notes=tuple(notes),
            dirty=np.array([dirty_price(market, note) for note in notes]),
            futures_per_face=np.array([self._contracts_per_face(market, c, note) for c, note in enumerate(notes)]),
            margin=market.initial_margin[0],
            contracts=tuple(range(len(notes))),
        )

    def books(self, market: PricedMarket, legs: Legs, columns: Mapping[str, Floats], count: int) -> BookColumns:
        """Size many books with these fields, except those for which a column has a value per book.

        Parameters
        ----------
        columns
            [books] by field, and ``margin_multiple`` of the legs' initial margin. A column of leverage replaces the
            field buffer and conversely; equity and notional likewise.

        Returns
        -------
        BookColumns
            What depends on no column has one row, for all books.
        """

        def column(name: str, default: float | None = None) -> Floats:
            given = default if default is not None else getattr(self, name)
            return columns[name] if name in columns else np.array([given])

        first = market.data.haircut[0]
        own = "haircut" in columns or self.haircut is not None
        haircut = np.repeat(column("haircut")[:, None], len(first), 1) if own else first[None]
        by_buffer = "buffer" in columns or (self.buffer is not None and "leverage" not in columns)
        by_notional = "notional" in columns or (self.notional is not None and "equity" not in columns)
        sized = sizes(
            legs,
            haircut,
            column("margin_multiple", 1.0),
            leverage=None if by_buffer else column("leverage", self.leverage or 20.0),
            buffer=column("buffer") if by_buffer else 0.0,
            equity=0.0 if by_notional else column("equity", self.equity or 100e6),
            notional=column("notional") if by_notional else None,
            whole_contracts=self.whole_contracts,
        )
        funds = {
            "equity_usd": sized.equity,
            "leverage_target": sized.leverage,
            "leverage_limit": sized.leverage * column("leverage_limit_multiple"),
            "drawdown_limit": column("drawdown_limit"),
            "depth_share": column("depth_share"),
            "credit_line_usd": column("credit_line"),
            "financing_hedge": column("financing_hedge"),
        }
        loans = {
            "face_usd": sized.face,
            "term_share": column("term_share"),
            "term_rate": float(market.data.repo_rate[0]) + column("term_spread_bp") / 1e4,
            "term_maturity": int(market.data.settle[0]) + column("term_days").astype(np.int64),
            "repo_spread": column("repo_spread_bp") / 1e4,
            "repo_threshold": column("repo_threshold"),
        }
        positions: dict[str, NDArray[Any]] = {
            name: np.repeat(values[:, None], len(first), 1) for name, values in loans.items()
        }
        return BookColumns(sized, funds, positions | {"haircut": haircut, "contracts": sized.contracts})

    def _contracts_per_face(self, market: PricedMarket, c: int, note: int) -> float:
        """Futures to sell per dollar of face."""
        future, baskets = market.data.futures[c], market.baskets
        if self.sizing == "conversion-factor":
            return float(baskets.factor[note]) / future.notional_usd
        held, cheapest = (_dv01(market, n) for n in (note, int(market.priced.cheapest[0, c])))
        futures_dv01 = cheapest / float(baskets.factor[market.priced.cheapest[0, c]])
        return held / futures_dv01 / future.notional_usd


def _dv01(market: PricedMarket, note: int) -> float:
    """DV01 of a note at entry, points per basis point."""
    baskets, settle = market.baskets, int(market.data.settle[0])
    bond = float(baskets.coupon[note]), int(baskets.maturity[note]), settle
    return dv01(yield_to_maturity(float(market.priced.clean[0, note]), *bond), *bond)
