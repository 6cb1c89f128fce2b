"""What a strategy decides at entry, before the engine sees it: funds, and the positions behind each."""

import math
from dataclasses import dataclass, field

from basis_data.tables.validation import check_ranges
from basis_engine.simulation.names import Unwind


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
    stop_cut: float = 1.0
    """Share of the book that is sold once the drawdown limit is passed."""
    stop_speed: float = 1.0
    """Share of what is left of that cut, sold per day."""
    risk_limit: float = 0.0
    """Multiple of the value at risk of entry past which the fund sells."""
    risk_speed: float = 0.0
    """Share of the excess sold per day."""
    calm_volatility: float = 0.0
    """Of dealers' rent in quiet times, basis points a year."""
    depth_share: float = 0.1
    credit_line_usd: float = 0.0
    credit_spread: float = 0.01
    call_back: float = 1.0
    feedback: float = 1.0
    """Share of its sales that reaches dealers; 0 switches the loop off."""
    peak_equity_usd: float = 0.0
    """High-water mark at entry, from which drawdown is measured; equity at entry if that is higher."""


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
        check_ranges("execution", self, dict.fromkeys(vars(self), (0.0, math.inf)))


@dataclass(frozen=True)
class DealerPlan:
    """How dealers take what is sold (MODEL of basis_engine.simulation.dealers); the default takes everything at no rent."""

    slope: float = 0.0
    """Basis points a year per $bn of inventory."""
    decay: float = 0.0
    """Share of inventory placed with others per day."""
    kink: float = 1.0
    """Slope beyond capacity, as a multiple."""
    capacity_usd: float = 90e9
    ceiling: float = 600.0
    """Basis points a year that the rent approaches and never passes; 0 is without a ceiling."""
    memory: float = 0.94
    """Of yesterday's volatility of the rent."""
    feedback: float = 1.0
    """Share of the funds' own sales that reaches dealers; 0 switches the loop off."""
    rent_years: float = 0.306
    """Years to delivery over which the rent is discounted."""

    def __post_init__(self) -> None:
        """Refuse dealers that cannot exist."""
        ranges = dict.fromkeys(vars(self), (0.0, math.inf))
        shares = dict.fromkeys(("decay", "memory", "feedback"), (0.0, 1.0))
        check_ranges("dealers", self, {**ranges, **shares, "kink": (1.0, math.inf)})


RENT_SHARES = {"TU": 1.0, "FV": 1.0, "TY": 0.7, "TN": 0.7}
"""Share of dealers' rent that cheapens each contract's notes; none at the long end: it moved the other way in 2020."""


@dataclass(frozen=True)
class Plan:
    """Everything a run holds besides the market."""

    funds: tuple[FundPlan, ...]
    execution: Execution = field(default_factory=Execution)
    dealers: DealerPlan | None = None
    """None: the market takes what is sold and asks nothing for it, beyond the costs of execution."""
    outside_sales: tuple[float, ...] = ()
    """USD per day of the run that others sell to dealers."""
    purchases: tuple[float, ...] = ()
    """USD per day of the run that the central bank buys from dealers."""
