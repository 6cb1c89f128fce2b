"""What a strategy decides at entry, before the engine sees it: funds, and the positions behind each."""

import math
from dataclasses import dataclass, field

from engine.errors import InputError
from engine.names import Unwind


@dataclass(frozen=True)
class PositionPlan:
    """A hedged pair in one contract."""

    contract: int
    """Index in the market's contracts."""
    note: int
    """Row of the market's stacked baskets."""
    face_usd: float
    contracts: float
    """Negative: short."""
    haircut: float
    term_share: float = 0.0
    term_rate: float = 0.0
    term_maturity: int = 0
    """Days since 1970-01-01."""
    repo_spread: float = 0.0
    repo_threshold: float = 0.0


@dataclass(frozen=True)
class FundPlan:
    """One fund: its equity at entry, its positions, and the rules by which it lets go."""

    name: str
    equity_usd: float
    positions: tuple[PositionPlan, ...]
    unwind: Unwind = Unwind.CURE
    leverage_target: float = 0.0
    leverage_limit: float = 0.0
    drawdown_limit: float = 1.0
    depth_share: float = 0.1
    credit_line_usd: float = 0.0
    credit_spread: float = 0.01
    call_back: float = 1.0


@dataclass(frozen=True)
class Execution:
    """What trading costs and how much the market takes: one set of terms for every contract of a run.

    Depth and seizure multiple are assumptions; half spreads are those of the 10-year in normal times
    (1/64 of a point in the note, half a tick in the future); the impact is the effective 0.3 bp of price per
    $bn of March 2020, an upper bound because it loads every cause of the widening onto sales.
    """

    bond_cost_bp: float = 1.4
    futures_cost_bp: float = 0.7
    impact_bp_per_bn: float = 0.3
    depth_usd: float = 50e9
    """Face per contract and mark; 0 is without limit."""
    seizure_cost: float = 2.0
    """Multiple of cost and impact when legs are seized and sold one by one."""

    def __post_init__(self) -> None:
        """Refuse costs below zero, and what is no number."""
        for name, value in vars(self).items():
            if not isinstance(value, int | float) or not 0 <= value < math.inf:
                raise InputError(f"execution, {name}: {value!r} given, allowed is a finite number of 0 or more")


@dataclass(frozen=True)
class Plan:
    """Everything a run holds besides the market."""

    funds: tuple[FundPlan, ...]
    execution: Execution = field(default_factory=Execution)
