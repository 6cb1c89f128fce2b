"""The cash-futures basis trade: long the cheapest-to-deliver in repo, short the future."""

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from data.pricing import PricedMarket
from engine.bonds import dv01, yield_to_maturity
from engine.errors import InputError
from engine.names import Unwind
from strategies.assemble import dirty_price
from strategies.plan import FundPlan, PositionPlan

Share = Annotated[float, Field(ge=0, le=1, title="decimal share, 0.2 is 20%")]
BasisPoints = Annotated[float, Field(ge=-1000, le=1000, title="basis points")]

UNWINDS = {
    "hold": Unwind.HOLD,
    "cure": Unwind.CURE,
    "target-leverage": Unwind.TARGET_LEVERAGE,
    "stop-out": Unwind.STOP_OUT,
}


class CashFuturesBasis(BaseModel):
    """Long the note that is cheapest to deliver, financed in repo; short the future against it.

    It earns the implied repo rate less what repo costs, a few basis points a year of the notional, times leverage.
    It loses when cash cheapens against futures, when repo rises above the implied rate, and when it is forced to sell
    before delivery. In a rally the short future pays variation margin at once, while the note's gain comes back
    through repo the next morning (overnight) or on request (term).

    Give ``leverage`` (bonds over equity) or ``buffer`` (free cash over bonds, from which leverage follows as
    1 / (haircut + initial margin + buffer)); and ``equity`` or ``notional`` (face, all contracts together).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)

    leverage: float | None = Field(None, gt=0, le=1000, title="bonds over equity, 20 is 20x")
    """Market value of notes over equity at entry; 20 where neither leverage nor buffer is given (TBAC, 2024)."""
    buffer: float | None = Field(None, ge=0, lt=1, title="decimal share of bonds, 0.005 is 0.5%")
    """Free cash at entry as a share of the notes' market value."""
    equity: float | None = Field(None, gt=0, title="US dollars")
    """Equity at entry; $100m where no notional is given."""
    notional: float | None = Field(None, gt=0, title="US dollars of face")
    """Face of the notes, split evenly over the contracts."""
    haircut: float | None = Field(None, ge=-0.1, le=0.5, title="decimal share of market value, 0.02 is 2%")
    """Repo haircut at entry; the scenario's where not given. Zero and negative haircuts exist."""
    term_share: Share = 0.0
    """Share of the notes financed to term; the rest is overnight."""
    term_days: int = Field(90, ge=1, le=3650, title="days")
    """Days to the maturity of term repo, after which it rolls overnight."""
    term_spread_bp: BasisPoints = 0.0
    """Term repo costs the overnight rate of the first day plus this, fixed."""
    repo_spread_bp: BasisPoints = 0.0
    """Overnight repo costs this above the scenario's rate."""
    repo_threshold: Share = 0.0
    """Deficit of term collateral, as a share of its value, below which lenders do not call."""
    sizing: Literal["conversion-factor", "dv01"] = "conversion-factor"
    """Futures per note: face x conversion factor, or equal DV01."""
    whole_contracts: bool = True
    """Round futures to whole contracts."""
    unwind: Literal["hold", "cure", "target-leverage", "stop-out"] = "cure"
    """What makes the fund sell: nothing; a call it could not meet; leverage past its limit; a drawdown."""
    leverage_limit: float = Field(1.5, ge=1, title="multiple of leverage at entry, 1.5 is half as much again")
    """Where ``target-leverage`` sells back to the leverage of entry."""
    drawdown_limit: Share = 0.25
    """Loss from the peak of equity at which ``stop-out`` sells everything."""
    credit_line: float = Field(0.0, ge=0, title="US dollars")
    """Committed credit, drawn after cash and before over-collateral."""
    depth_share: float = Field(0.1, gt=0, le=1, title="decimal share, 0.1 is 10%")
    """Largest slice of an unwind, as a share of the market's depth."""

    @model_validator(mode="after")
    def _one_of_each_pair(self) -> Self:
        """Refuse two ways of saying one thing."""
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
            If haircut, initial margin and buffer together leave no leverage.
        """
        notes = [int(market.priced.cheapest[0, c]) for c in range(len(market.codes))]
        per_face = [dirty_price(market, note) / 100 for note in notes]
        ratios = [self._contracts_per_face(market, c, note) for c, note in enumerate(notes)]
        haircuts = [
            float(market.data.haircut[0, c]) if self.haircut is None else self.haircut for c in range(len(notes))
        ]
        margins = [ratio * market.initial_margin[0, c] for c, ratio in enumerate(ratios)]
        asked = sum(haircuts) / len(notes) + sum(margins) / sum(per_face)
        leverage = self._leverage(asked)
        # Face is split evenly in dollars of face, so that a book of several contracts has one notional.
        total = self.notional or (self.equity or 100e6) * leverage * len(notes) / sum(per_face)
        face = total / len(notes)
        positions = [
            self._position(market, c, notes[c], face, face * ratios[c], haircuts[c]) for c in range(len(notes))
        ]
        return FundPlan(
            name="fund",
            equity_usd=face * sum(per_face) / leverage,
            positions=tuple(positions),
            unwind=UNWINDS[self.unwind],
            leverage_target=leverage,
            leverage_limit=leverage * self.leverage_limit,
            drawdown_limit=self.drawdown_limit,
            depth_share=self.depth_share,
            credit_line_usd=self.credit_line,
        )

    def _leverage(self, asked: float) -> float:
        """Leverage given, or what the buffer leaves after haircut and margin."""
        if self.buffer is None:
            return self.leverage or 20.0
        if asked + self.buffer <= 0:
            raise InputError(
                f"buffer: {self.buffer:g} given, but haircut and initial margin of {asked:.2%} leave no equity; "
                "raise the buffer or the haircut"
            )
        return 1 / (asked + self.buffer)

    def _contracts_per_face(self, market: PricedMarket, c: int, note: int) -> float:
        """Futures to short per dollar of face."""
        future, baskets = market.data.futures[c], market.baskets
        if self.sizing == "conversion-factor":
            return float(baskets.factor[note]) / future.notional_usd
        held, cheapest = (_dv01(market, n) for n in (note, int(market.priced.cheapest[0, c])))
        futures_dv01 = cheapest / float(baskets.factor[market.priced.cheapest[0, c]])
        return held / futures_dv01 / future.notional_usd

    def _position(
        self, market: PricedMarket, c: int, note: int, face: float, contracts: float, haircut: float
    ) -> PositionPlan:
        """One contract's pair."""
        return PositionPlan(
            contract=c,
            note=note,
            face_usd=face,
            contracts=-float(np.round(contracts)) if self.whole_contracts else -contracts,
            haircut=haircut,
            term_share=self.term_share,
            term_rate=float(market.data.repo_rate[0]) + self.term_spread_bp / 1e4,
            term_maturity=int(market.data.settle[0]) + self.term_days,
            repo_spread=self.repo_spread_bp / 1e4,
            repo_threshold=self.repo_threshold,
        )


def _dv01(market: PricedMarket, note: int) -> float:
    """Points per basis point of a note at entry."""
    baskets, settle = market.baskets, int(market.data.settle[0])
    bond = float(baskets.coupon[note]), int(baskets.maturity[note]), settle
    return dv01(yield_to_maturity(float(market.priced.clean[0, note]), *bond), *bond)
