"""Base of strategies, with typed parameters and a decision at 15:30 every day, and portfolios of strategies.

>>> class CheapBasis(Strategy):
...     '''Hold the 10-year basis while it pays more than repo.'''
...     enter_bp: float = 5.0
...     def decide(terms, fund, pairs, target):
...         for p in range(len(pairs)):
...             cheap = pairs[p].implied_repo - pairs[p].expected_repo > terms.enter_bp / 1e4
...             target[p] = 100 / pairs[p].dirty * terms.leverage * fund.equity * (pairs[p].front and cheap)
"""

import re
from collections import namedtuple
from typing import Annotated, Any, ClassVar, Literal, Self, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from basis_data.tables.layouts import LEAST_USD, MOST_USD
from basis_data.tables.validation import did_you_mean, sentence
from basis_engine.base.errors import InputError
from basis_engine.simulation.names import Unwind
from basis_engine.simulation.observation import FundView, PairView, observe
from basis_engine.simulation.world import Floats, Rows

Share = Annotated[float, Field(ge=0, le=1, title="decimal share, 0.2 is 20%")]
BasisPoints = Annotated[float, Field(ge=-1000, le=1000, title="basis points a year")]
Days = Annotated[int, Field(ge=0, le=5000, title="business days")]

UNWINDS = {
    "hold": Unwind.HOLD,
    "cure": Unwind.CURE,
    "target-leverage": Unwind.TARGET_LEVERAGE,
    "stop-out": Unwind.STOP_OUT,
}

LEG = re.compile(r"(TU|FV|TY|US)|(2|5|10|30)Y (on-the-run|off-the-run|swap spread)")
"""Names of legs: a contract's basis, a note without futures, or a note against a swap."""


class FundRules(BaseModel):
    """Equity of a fund, and its rule of forced sales."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        ignored_types=(type(observe),),  # compiled decisions
    )

    equity: float = Field(100e6, ge=LEAST_USD, le=MOST_USD, title="US dollars")
    """Equity at entry."""
    unwind: Literal["hold", "cure", "target-leverage", "stop-out"] = "cure"
    """What forces the fund to sell: nothing (hold to delivery, or default); an unmet call; leverage above its limit; a
    drawdown."""
    sell_first: Literal["pro-rata", "most-liquid"] = "pro-rata"
    """What is sold first: a share of everything, or the pair with the lowest cost of sale."""
    leverage_limit: float = Field(25.0, gt=0, le=1000, title="notes over equity, 25 is 25x")
    """Leverage above which ``target-leverage`` sells."""
    leverage_target: float = Field(20.0, gt=0, le=1000, title="notes over equity, 20 is 20x")
    """Leverage to which ``target-leverage`` sells."""
    drawdown_limit: Share = 0.25
    """Loss from the peak of equity at which ``stop-out`` sells everything for good."""
    depth_share: float = Field(0.1, gt=0, le=1, title="decimal share, 0.1 is 10%")
    """Maximum slice of a forced sale, as a share of the market's depth."""

    def __init__(self, **terms: Any) -> None:
        try:
            super().__init__(**terms)
        except ValidationError as problem:
            raise InputError(sentence(problem, type(self), type(self).__name__)) from None


class Strategy(FundRules):
    """Base of every strategy; a subclass adds parameters and ``decide``.

    ``decide(terms, fund, pairs, target)`` reads its parameters (`terms`: a named tuple of the numeric and boolean
    fields), its fund (`basis_engine.simulation.observation.FundView`) and today's pairs (rows of
    `basis_engine.simulation.observation.PairView`), and writes the face wanted of each into ``target``: USD, negative
    sold short, prefilled with the face held. It may be plain Python or ``bs.compiled``; the bytes are equal. It keeps
    no state from one day to the next.
    """

    Terms: ClassVar[type[Any]]
    kinds: ClassVar[dict[str, type[Any]]]
    """Type of each field passed to the decision."""

    legs: tuple[str, ...] = Field(("TY",), min_length=1, title="such as 'TY', '10Y on-the-run', '10Y swap spread'")
    """Legs traded: the basis of a contract, a note without futures, or a note against a swap."""
    leverage: float = Field(20.0, gt=0, le=1000, title="notes over equity, 20 is 20x")
    """Target market value of notes over equity."""
    haircut: float = Field(0.0, ge=-0.1, le=0.5, title="decimal share of market value, 0.02 is 2%")
    """Repo haircut; three quarters of uncleared bilateral Treasury repo has none (OFR pilot, June 2022)."""
    repo_spread_bp: BasisPoints = 0.0
    """Overnight repo of the fund costs this above the repo rate of the market."""
    special_bp: BasisPoints = 0.0
    """Cash lent against notes sold short earns this below the repo rate: their specialness."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Make the class of the named tuple of parameters passed to the decision."""
        hints = get_type_hints(cls)
        kinds = {name: _kind(hints[name]) for name in cls.model_fields}
        cls.kinds = {name: kind for name, kind in kinds.items() if kind is not None}
        # Cached compiled code refers to the class by name, so the class must be found by that name.
        cls.Terms = namedtuple("Terms", cls.kinds)  # type: ignore[misc]
        cls.Terms.__module__, cls.Terms.__qualname__ = cls.__module__, f"{cls.__qualname__}.Terms"

    @field_validator("legs")
    @classmethod
    def _known_legs(cls, legs: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse unknown legs and legs given twice."""
        for leg in legs:
            if not LEG.fullmatch(leg):
                guess = did_you_mean(leg, ("TU", "FV", "TY", "US", "10Y on-the-run", "10Y off-the-run"))
                raise ValueError(
                    "TU, FV, TY or US, or 2Y, 5Y, 10Y or 30Y and on-the-run, off-the-run or swap spread, of which "
                    f"{leg!r} is none{guess}"
                )
        if len(set(legs)) < len(legs):
            raise ValueError("each leg once")
        return legs

    def terms(self) -> Any:
        """Return the numeric and boolean fields as a named tuple for the decision."""
        return self.Terms(**{name: kind(getattr(self, name)) for name, kind in self.kinds.items()})

    def decide(terms, fund: FundView, pairs: Rows[PairView], target: Floats) -> None:
        """Write the faces wanted today into ``target``."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """Name with the parameters that differ from their defaults."""
        given = ["+".join(self.legs)] if self.legs != type(self).model_fields["legs"].default else []
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if name != "legs" and value != field.default:
                given.append(f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}")
        return f"{type(self).__name__}({', '.join(given)})" if given else type(self).__name__


def own_document(kind: type[Any]) -> str:
    """Return a strategy's own docstring; empty without one, also where pydantic inherits one."""
    return (vars(kind).get("__doc__") or "").strip()


def first_line(kind: type[Any]) -> str:
    """Return the first line of a strategy's own docstring; empty without one."""
    return next(iter(own_document(kind).splitlines()), "")


def _kind(hint: Any) -> type[Any] | None:
    """Return float, int or bool; None for a field not passed to the decision, such as names."""
    choices = {type(choice) for choice in get_args(hint)} if get_origin(hint) is Literal else {hint}
    kind = choices.pop() if len(choices) == 1 else None
    return kind if kind in (float, int, bool) else None


class Portfolio(FundRules):
    """Several strategies with a common pool of cash, each with a share of equity.

    Earns and loses what its strategies do. They share cash: each sizes by its share of the fund's equity, so that a
    loss in one reduces all; and if cash does not meet a call on one, the fund's rule sells from every book.

    Legs, margin, financing: those of the strategies; margin is netted within a clearing house, not across strategies.

    >>> from basis_strategies.hedged_trades import LongBasis
    >>> from basis_strategies.curve_trades import Steepener
    >>> Portfolio(strategies=(LongBasis(), Steepener()), shares=(0.7, 0.3)).shares
    (0.7, 0.3)
    """

    strategies: tuple[Strategy, ...] = Field(min_length=1, max_length=50, title="strategies, bs.LongBasis() or others")
    """Each with its own legs; equity and rules of forced sale are the fund's, not theirs."""
    shares: tuple[float, ...] = Field((), title="decimal shares of equity, one per strategy")
    """Share of the fund's equity by which each strategy sizes; equal by default; they need not sum to 1."""

    @model_validator(mode="after")
    def _one_share_each(self) -> Self:
        """Refuse shares of another number than the strategies, or out of range."""
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
        """Name with those of its strategies."""
        return f"Portfolio({', '.join(strategy.name for strategy, _ in self.sleeves)})"
