"""A strategy: typed parameters and one decision, asked every day at 15:30.

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
from typing import Annotated, Any, ClassVar, Literal, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

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
"""What a leg may be called: a contract's basis, a note alone, or a note against a swap."""


class FundRules(BaseModel):
    """What any fund has, whatever it trades: equity, and the rule by which it lets go when it must."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        ignored_types=(type(observe),),  # compiled decisions
    )

    equity: float = Field(100e6, gt=0, le=1e13, title="US dollars")
    """Equity at entry."""
    unwind: Literal["hold", "cure", "target-leverage", "stop-out"] = "cure"
    """What makes the fund sell against its will: nothing (hold to delivery, or fail); a call that it could not meet;
    leverage past its limit; a drawdown."""
    sell_first: Literal["pro-rata", "most-liquid"] = "pro-rata"
    """What is sold then: a share of everything, or what costs least to sell before the rest."""
    leverage_limit: float = Field(25.0, gt=0, le=1000, title="notes over equity, 25 is 25x")
    """Where ``target-leverage`` sells."""
    leverage_target: float = Field(20.0, gt=0, le=1000, title="notes over equity, 20 is 20x")
    """Where ``target-leverage`` sells down to."""
    drawdown_limit: Share = 0.25
    """Loss from the peak of equity at which ``stop-out`` sells everything, once and for all."""
    depth_share: float = Field(0.1, gt=0, le=1, title="decimal share, 0.1 is 10%")
    """Largest slice of a forced sale, as a share of the market's depth."""

    def __init__(self, **terms: Any) -> None:
        try:
            super().__init__(**terms)
        except ValidationError as problem:
            raise InputError(sentence(problem, type(self), type(self).__name__)) from None


class Strategy(FundRules):
    """Base of every strategy; a subclass adds parameters and ``decide``.

    ``decide(terms, fund, pairs, target)`` reads its parameters (`terms`: a named tuple of the numbers and switches
    among the fields), its fund (`basis_engine.simulation.observation.FundView`) and today's pairs (rows of `basis_engine.simulation.observation.PairView`), and writes
    the face that it wants of each into ``target``: USD, negative sold short, prefilled with what is held. It may be
    plain Python or ``bs.compiled``; the bytes are equal. It keeps nothing from one day to the next.
    """

    Terms: ClassVar[type[Any]]
    kinds: ClassVar[dict[str, type[Any]]]
    """Fields that the decision sees, and what each is."""

    legs: tuple[str, ...] = Field(("TY",), min_length=1, title="such as 'TY', '10Y on-the-run', '10Y swap spread'")
    """What it trades, leg by leg: the basis of a contract, a note alone, or a note against a swap."""
    leverage: float = Field(20.0, gt=0, le=1000, title="notes over equity, 20 is 20x")
    """Market value of notes over equity that it aims at."""
    haircut: float = Field(0.0, ge=-0.1, le=0.5, title="decimal share of market value, 0.02 is 2%")
    """Repo haircut; three quarters of uncleared bilateral Treasury repo has none (OFR pilot, June 2022)."""
    repo_spread_bp: BasisPoints = 0.0
    """Overnight repo costs this above SOFR."""
    special_bp: BasisPoints = 0.0
    """Cash lent against notes sold short earns this below SOFR: how special they are."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Make the tuple in which the decision sees its parameters."""
        hints = get_type_hints(cls)
        kinds = {name: _kind(hints[name]) for name in cls.model_fields}
        cls.kinds = {name: kind for name, kind in kinds.items() if kind is not None}
        # Compiled code kept on disk refers to the class by its name, so it needs a place where it is found.
        cls.Terms = namedtuple("Terms", cls.kinds)  # type: ignore[misc]
        cls.Terms.__module__, cls.Terms.__qualname__ = cls.__module__, f"{cls.__qualname__}.Terms"

    @field_validator("legs")
    @classmethod
    def _known_legs(cls, legs: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse legs that no market has."""
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
        """The numbers and switches among the fields, as the decision sees them."""
        return self.Terms(**{name: kind(getattr(self, name)) for name, kind in self.kinds.items()})

    def decide(terms, fund: FundView, pairs: Rows[PairView], target: Floats) -> None:
        """Write today's faces into ``target``; a subclass says how."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """Its name with the parameters that differ from their defaults."""
        given = ["+".join(self.legs)] if self.legs != type(self).model_fields["legs"].default else []
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if name != "legs" and value != field.default:
                given.append(f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}")
        return f"{type(self).__name__}({', '.join(given)})" if given else type(self).__name__


def _kind(hint: Any) -> type[Any] | None:
    """float, int or bool; None for what a decision does not see, such as names."""
    choices = {type(choice) for choice in get_args(hint)} if get_origin(hint) is Literal else {hint}
    kind = choices.pop() if len(choices) == 1 else None
    return kind if kind in (float, int, bool) else None
