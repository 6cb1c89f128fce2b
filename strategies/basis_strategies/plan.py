"""Plan of a run at entry: funds with their positions, trading costs, dealers and outside flows."""

from dataclasses import dataclass, field

from basis_data.tables.layouts import MOST_USD
from basis_data.tables.validation import Range, check_ranges
from basis_engine.simulation.names import Unwind


@dataclass(frozen=True)
class PositionPlan:
    """A hedged pair in a contract."""

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
    """A fund: its equity at entry, its positions, and the rules by which it sells."""

    name: str
    equity_usd: float
    positions: tuple[PositionPlan, ...]
    unwind: Unwind = Unwind.CURE
    leverage_target: float = 0.0
    leverage_limit: float = 0.0
    drawdown_limit: float = 1.0
    stop_cut: float = 1.0
    """Share of the book that is sold after the drawdown limit is exceeded."""
    stop_speed: float = 1.0
    """Share of the remaining cut sold per day."""
    risk_limit: float = 0.0
    """Multiple of the value at risk at entry above which the fund sells."""
    risk_speed: float = 0.0
    """Share of the excess sold per day."""
    calm_volatility: float = 0.0
    """Volatility of the price of dealers' balance sheets in calm times, basis points a year."""
    depth_share: float = 0.1
    credit_line_usd: float = 0.0
    credit_spread: float = 0.01
    call_back: float = 1.0
    feedback: float = 1.0
    """Share of its sales that reaches dealers; 0 disables feedback."""
    financing_hedge: float = 0.0
    """Share of overnight repo whose cost is fixed to delivery against policy, by federal funds or SOFR futures."""
    peak_equity_usd: float = 0.0
    """High-water mark at entry, from which drawdown is measured; at least equity at entry."""


EXECUTION_RANGES: dict[str, Range] = {
    "bond_cost_bp": (0.0, 1000.0),
    "futures_cost_bp": (0.0, 1000.0),
    "impact_bp_per_bn": (0.0, 1000.0),
    "depth_usd": (0.0, MOST_USD),
    "seizure_cost": (0.0, 100.0),
}
"""Range of each field of `Execution`; cost and impact together never exceed the price."""

DEALER_RANGES: dict[str, Range] = {
    "slope": (0.0, 1000.0),
    "placement_rate": (0.0, 1.0),
    "capacity_multiple": (1.0, 1000.0),
    "capacity_usd": (0.0, MOST_USD),
    "ceiling": (0.0, 10_000.0),
    "memory": (0.0, 1.0),
    "feedback": (0.0, 1.0),
    "balance_sheet_years": (0.0, 30.0),
}
"""Range of each field of `DealerPlan`."""


@dataclass(frozen=True)
class Execution:
    """Trading costs and market depth, the same for every contract of a run.

    Depth and seizure multiple are assumptions; half spreads are those of the 10-year in normal times (1/64 of a point
    in the note, half a tick in the future); the impact is the effective 0.3 bp of price per $bn of March 2020, an upper
    bound because it attributes all of the widening to sales.
    """

    bond_cost_bp: float = 1.4
    futures_cost_bp: float = 0.7
    impact_bp_per_bn: float = 0.3
    depth_usd: float = 50e9
    """Face per contract and mark; 0 is without limit."""
    seizure_cost: float = 2.0
    """Multiple of cost and impact when legs are seized and sold separately."""

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_ranges("execution", self, EXECUTION_RANGES)


@dataclass(frozen=True)
class DealerPlan:
    """How dealers absorb sales (MODEL of basis_engine.simulation.dealers); by default at no cost."""

    slope: float = 0.0
    """Basis points a year per $bn of inventory."""
    placement_rate: float = 0.0
    """Share of inventory placed with others per day."""
    capacity_multiple: float = 1.0
    """Multiple of the slope above capacity."""
    capacity_usd: float = 90e9
    ceiling: float = 600.0
    """Upper limit of the price of the balance sheet, basis points a year; 0: none."""
    memory: float = 0.94
    """Weight of the day before in the volatility of that price."""
    feedback: float = 1.0
    """Share of the funds' own sales that reaches dealers; 0 disables feedback."""
    balance_sheet_years: float = 0.306
    """Years to delivery over which that price lowers the price of notes."""

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check_ranges("dealers", self, DEALER_RANGES)


BALANCE_SHEET_SHARES = {"TU": 1.0, "FV": 1.0, "TY": 0.7, "TN": 0.7}
"""Share of the price of dealers' balance sheets in each contract's notes; 0 at the long end, which rose in 2020."""


@dataclass(frozen=True)
class Plan:
    """All of a run besides the market."""

    funds: tuple[FundPlan, ...]
    execution: Execution = field(default_factory=Execution)
    dealers: DealerPlan | None = None
    """None: sales have no price besides the costs of execution."""
    outside_sales: tuple[float, ...] = ()
    """Sales by others to dealers, USD on each day of the run."""
    purchases: tuple[float, ...] = ()
    """Purchases by the central bank from dealers, USD on each day of the run."""
