"""Several strategies in one fund: one pool of cash, so that loss in one forces sales in another."""

from typing import Self

from pydantic import Field, model_validator

from basis_strategies.strategy import FundRules, Strategy


class Portfolio(FundRules):
    """Several strategies behind one pool of cash, each with a share of equity.

    Earns and loses what its strategies do. What ties them together is cash: each sizes by its share of the fund's
    equity, so that a loss in one shrinks all; and a call on one that cash does not meet is cured by the fund's rule,
    which sells from every book.

    Legs, margin, financing: those of the strategies; initial margin is netted within a house, not across strategies.

    >>> from basis_strategies.basis_trades import LongBasis
    >>> from basis_strategies.curve_trades import Steepener
    >>> Portfolio(strategies=(LongBasis(), Steepener()), shares=(0.7, 0.3)).shares
    (0.7, 0.3)
    """

    strategies: tuple[Strategy, ...] = Field(min_length=1, max_length=50, title="strategies, bs.LongBasis() or others")
    """Each with its own legs; their equity and their rules of forced sale are the fund's instead."""
    shares: tuple[float, ...] = Field((), title="decimal shares of equity, one per strategy")
    """Share of the fund's equity that each strategy sizes by; even if not given; they need not sum to 1."""

    @model_validator(mode="after")
    def _one_share_each(self) -> Self:
        """Refuse shares that do not go with the strategies."""
        if self.shares and len(self.shares) != len(self.strategies):
            raise ValueError(f"shares: {len(self.shares)} given for {len(self.strategies)} strategies; give one each")
        if any(not 0.0 < share <= 100.0 for share in self.shares):
            raise ValueError(f"shares: {self.shares} given, allowed is above 0 to 100 each")
        return self

    @property
    def sleeves(self) -> tuple[tuple[Strategy, float], ...]:
        """Strategies with their shares of equity."""
        even = (1.0 / len(self.strategies),) * len(self.strategies)
        return tuple(zip(self.strategies, self.shares or even, strict=True))

    @property
    def name(self) -> str:
        """Its strategies."""
        return f"Portfolio({', '.join(strategy.name for strategy, _ in self.sleeves)})"
